#!/bin/bash
# A key that was made in a token (SoftHSM, over PKCS#11) and never leaves it signs a pack; the stock openssl accepts what it signed.
if ! command -v softhsm2-util >/dev/null || ! command -v pkcs11-tool >/dev/null || ! openssl engine pkcs11 >/dev/null 2>&1; then
  echo "skipped: softhsm2, opensc or libengine-pkcs11-openssl is not installed"
  exit 77
fi
. "${SOURCE_DIR:?}/tests/made-pack.sh"
module=$(find /usr/lib -name libsofthsm2.so | head -n 1)
mkdir "$work/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$work/tokens" >"$work/softhsm.conf"
export SOFTHSM2_CONF=$work/softhsm.conf PKCS11_MODULE_PATH=$module
# what the engine and the token's library keep until the end is theirs
export ASAN_OPTIONS=detect_leaks=0
softhsm2-util --init-token --free --label test --pin 4711 --so-pin 0815 >"$work/hsm.log" 2>&1 || { cat "$work/hsm.log"; fail "no token"; }
tool() { pkcs11-tool --module "$module" --token-label test --login --pin 4711 "$@" >>"$work/hsm.log" 2>&1 || { cat "$work/hsm.log"; fail "pkcs11-tool $*"; }; }
printf '4711\n' >"$work/pin"
printf '1234\n' >"$work/wrong"

id=1
for kind in rsa:2048 EC:prime256v1 EC:secp384r1; do
  uri="pkcs11:token=test;id=%0$id;type=private"
  tool --keypairgen --key-type "$kind" --id 0$id --label "k$id"
  openssl req -new -engine pkcs11 -keyform engine -key "$uri;pin-value=4711" -subj "/CN=Token $kind" -out "$work/t.csr" >>"$work/hsm.log" 2>&1 ||
    { cat "$work/hsm.log"; fail "a request for $kind"; }
  openssl x509 -req -in "$work/t.csr" -CA "$ca" -CAkey "$work/ca.key" -days 30 -out "$work/t$id.pem" 2>>"$work/hsm.log"
  "$kc" sign "$pack" --role "by-token-$id" --sign-key "$uri" --sign-cert "$work/t$id.pem" --sign-pass-file "$work/pin" >"$work/log" 2>&1 </dev/null ||
    { cat "$work/log"; fail "$kind signs no pack"; }
  sig=$(sed -n 's/^signature //p' "$work/log")
  (cd "$pack" && openssl cms -verify -cades -binary -inform DER -in "$(basename "$sig")" -content tagmanifest-sha256.txt -CAfile "$ca" \
    -purpose any -out /dev/null) 2>"$work/log" || { cat "$work/log"; fail "openssl does not accept $kind"; }
  echo "$kind: signed in the token, accepted by openssl"
  id=$((id + 1))
done

# the certificate may lie in the token too
openssl x509 -in "$work/t2.pem" -outform DER -out "$work/t2.der"
tool --write-object "$work/t2.der" --type cert --id 02 --label k2
KEYCUSTODY_SIGN_PASS=4711 "$kc" sign "$pack" --role by-token-alone --sign-key "pkcs11:token=test;id=%02" >"$work/log" 2>&1 </dev/null ||
  { cat "$work/log"; fail "the certificate in the token"; }
grep -q 'signed by CN=Token EC:prime256v1' "$work/log" || { cat "$work/log"; fail "another certificate"; }
"$kc" verify "$pack" --trust "$ca" >"$work/log" || { cat "$work/log"; fail "verify"; }
echo "four signatures of the token hold"
make_pack "$work/whole" --sign-key "pkcs11:token=test;id=%03" --sign-cert "$work/t3.pem" --sign-pass-file "$work/pin"
"$kc" verify "$work/whole"/KC-*.zip --trust "$ca" >"$work/log" || { cat "$work/log"; fail "verify of a report"; }
grep -q 'pass.*report.pdf.*Token EC:secp384r1' "$work/log" || { cat "$work/log"; fail "the PDF is not signed by the token"; }
grep -q 'pass.*evidence.xlsx: its own signature is by the certificate that signed' "$work/log" || { cat "$work/log"; fail "the workbook is not signed by the token"; }
echo "a report, its PDF and its workbook too, is signed by the token"

refused() { # refused WORDS ARGUMENTS...
  words=$1
  shift
  "$kc" sign "$pack" --role never "$@" >"$work/log" 2>&1 </dev/null && { cat "$work/log"; fail "signed: $*"; }
  grep -q "$words" "$work/log" || { cat "$work/log"; fail "another reason than: $words"; }
  grep -q 1234 "$work/log" && fail "a PIN was printed"
  return 0
}
refused "the PIN right" --sign-key "pkcs11:token=test;id=%01" --sign-cert "$work/t1.pem" --sign-pass-file "$work/wrong"
refused "no private key" --sign-key "pkcs11:token=test;id=%09" --sign-cert "$work/t1.pem" --sign-pass-file "$work/pin"
refused "leave out pin-value" --sign-key "pkcs11:token=test;id=%01;pin-value=1234" --sign-cert "$work/t1.pem"
refused "does not belong to the key" --sign-key "pkcs11:token=test;id=%01" --sign-cert "$work/t2.pem" --sign-pass-file "$work/pin"
tool --write-object "$work/t2.der" --type cert --id 03 --label k3
refused "does not belong to the key" --sign-key "pkcs11:token=test;id=%03" --sign-pass-file "$work/pin"
refused "holds no certificate" --sign-key "pkcs11:token=test;id=%01" --sign-pass-file "$work/pin"
PKCS11_MODULE_PATH=$work/absent.so refused "no private key\|cannot be loaded" --sign-key "pkcs11:token=test;id=%01" --sign-cert "$work/t1.pem" --sign-pass-file "$work/pin"
find "$pack" -name '*never*' | grep -q . && fail "a refused signature was written"
echo "wrong PINs, absent keys and other certificates are refused"
