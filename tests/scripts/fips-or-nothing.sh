#!/bin/bash
# --fips computes with OpenSSL's FIPS provider or not at all: where there is none (as on Debian), every command that knows it
# refuses before it has written anything.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
key=(--sign-key "$work/key.pem" --sign-cert "$work/cert.pem")
har=$(printf '%s\n' "$recordings" | head -n 1)

if openssl list -providers -provider fips -provider base >/dev/null 2>&1; then
  "$kc" sign "$pack" --role fips "${key[@]}" --fips || fail "sign with the FIPS provider"
  openssl genrsa -out "$work/rsa.pem" 2048 2>/dev/null
  openssl req -x509 -key "$work/rsa.pem" -subj /CN=RSA -days 3 -out "$work/rsa.crt"
  openssl pkey -in "$work/rsa.pem" -aes256 -passout pass:x -out "$work/locked.pem"
  KEYCUSTODY_SIGN_PASS=x "$kc" report --store "$store" --out "$work/fips" --sign-key "$work/locked.pem" --sign-cert "$work/rsa.crt" \
    --sign-padding pss --encrypt-to "$work/rsa.crt" --fips || fail "a report with the FIPS provider"
  cat "$ca" "$work/rsa.crt" >"$work/both.pem" # the snapshot was sealed by another
  "$kc" verify "$work"/fips/KC-*.zip --trust "$work/both.pem" --deep --fips >"$work/log" || { grep FAIL "$work/log"; fail "verify of that report"; }
  openssl pkcs12 -export -inkey "$work/rsa.pem" -in "$work/rsa.crt" -passout pass:x -out "$work/rsa.p12"
  KEYCUSTODY_SIGN_PASS=x "$kc" sign "$pack" --role p12 --sign-key "$work/rsa.p12" --fips >"$work/log" 2>&1 && fail "PKCS#12 with the FIPS provider"
  grep -q 'not approved' "$work/log" || { cat "$work/log"; fail "PKCS#12 with the FIPS provider: another reason"; }
  "$kc" verify "$pack" --trust "$ca" --fips || fail "verify with the FIPS provider"
  echo "the FIPS provider signs and verifies"
  exit 0
fi

refuses() { # refuses COMMAND...: exit 1, one line that says why
  rc=0
  "$kc" "$@" --fips >"$work/log" 2>&1 </dev/null || rc=$?
  [ $rc = 1 ] || { cat "$work/log"; fail "$1 --fips ends with $rc"; }
  grep -q '^keycustody: --fips: OpenSSL has no working FIPS provider here' "$work/log" || { cat "$work/log"; fail "$1 does not say why"; }
}
before=$(find "$pack" "$store" | sort)
refuses collect --store "$work/none" --replay "$har" "${key[@]}"
refuses collect --store "$work/none" --replay "$har"
refuses report --store "$store" --out "$work/none" "${key[@]}"
refuses sign "$pack" "${key[@]}"
refuses seal --store "$store" --tsa http://127.0.0.1:1/
refuses verify "$pack" --trust "$ca"
[ ! -e "$work/none" ] || fail "something was written"
[ "$before" = "$(find "$pack" "$store" | sort)" ] || fail "something was added"
echo "five commands refuse, and write nothing"
