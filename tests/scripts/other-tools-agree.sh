#!/bin/bash
# Signatures are good to those who share no code with us: GnuTLS (certtool) and GnuPG (gpgsm, libksba and libgcrypt) judge them as
# OpenSSL does, for every kind of key, and see when one byte of what was signed is another.
for tool in certtool gpgsm; do
  command -v $tool >/dev/null || { echo "skipped: $tool is not installed (tests/run.sh installs it)"; exit 77; }
done
. "${SOURCE_DIR:?}/tests/made-pack.sh"
export GNUPGHOME=$work/gpg
mkdir -m 700 "$GNUPGHOME"
echo disable-crl-checks >"$GNUPGHOME/gpgsm.conf" # what was kept is another script's (revocation)
openssl x509 -in "$ca" -noout -fingerprint -sha1 | sed 's/.*=//; s/$/ S relax/' >"$GNUPGHOME/trustlist.txt"
gpgsm --batch --import "$ca" 2>"$work/log" || { cat "$work/log"; fail "gpgsm does not take the authority"; }
trap 'gpgconf --kill all; chmod -R u+w "$work"; rm -rf "$work"' EXIT

cd "$pack"
cp tagmanifest-sha256.txt "$work/other"
sed -i '1s/^./x/' "$work/other"
gnutls() { certtool --p7-verify --inder --load-ca-certificate "$ca" --load-data "$2" --infile "$1" >"$work/log" 2>&1 && grep -q 'Signature status: ok' "$work/log"; }
gnupg() { gpgsm --batch --verify "$1" "$2" >"$work/log" 2>&1 && grep -q 'Good signature' "$work/log"; }
agree() { # agree FILE
  for judge in gnutls gnupg; do
    $judge "$1" tagmanifest-sha256.txt || { cat "$work/log"; fail "$judge does not accept $1"; }
    $judge "$1" "$work/other" && { cat "$work/log"; fail "$judge accepts $1 over another list"; }
  done
  return 0
}
agree tagmanifest-sha256.txt.p7s
count=1
for kind in rsa:2048:pkcs1 rsa:3072:pss rsa:4096:pkcs1 ec:P-256 ec:P-384; do
  IFS=: read -r type size padding <<<"$kind"
  role=$(echo "$kind" | tr 'P:' 'p-')
  case $type in
    rsa) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$size" -out "$work/k.pem" 2>"$work/log" ;;
    ec) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$size" -out "$work/k.pem" 2>"$work/log" ;;
  esac
  openssl req -new -key "$work/k.pem" -subj "/CN=Signer $role" -out "$work/k.csr"
  openssl x509 -req -in "$work/k.csr" -CA "$ca" -CAkey "$work/ca.key" -days 30 -out "$work/k.crt" 2>"$work/log"
  "$kc" sign . --role "$role" --sign-key "$work/k.pem" --sign-cert "$work/k.crt" ${padding:+--sign-padding "$padding"} >"$work/log" 2>&1 </dev/null ||
    { cat "$work/log"; fail "sign with $kind"; }
  agree "tagmanifest-sha256.txt.$role.p7s"
  count=$((count + 1))
done
echo "$count signatures are good to GnuTLS and to GnuPG, and none over another list"
