#!/bin/bash
# The engagement file names who signs: report and sign take the keys from there, the cover prints who is to sign, in which role
# and why, and no secret can stand in the file, which goes into the pack.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
mkdir "$work/e" "$work/away"
(cd "$work/e" && openssl genrsa -out plain.key 2048 && openssl req -new -key plain.key -subj "/CN=Marlene Vogt" -out r.csr &&
  openssl x509 -req -in r.csr -CA ../ca.pem -CAkey ../ca.key -days 30 -out review.crt &&
  openssl pkey -in plain.key -aes256 -passout pass:geheim -out review.key && printf 'geheim\n' >pass) >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
rm "$work/e/plain.key" "$work/e/r.csr"
cp "$work/key.pem" "$work/cert.pem" "$work/e"
cat >"$work/e/engagement.json" <<'END'
{"format": 1, "organisation": "Talbrück", "signers": [
  {"role": "prepared-by", "name": "Internal Audit", "function": "Evidence collection", "reason": "Evidence as recorded", "key": "key.pem", "certificate": "cert.pem"},
  {"role": "reviewed-by", "name": "Marlene Vogt", "reason": "Scope reviewed", "key": "review.key", "certificate": "review.crt", "pass-file": "pass", "padding": "pss"},
  {"role": "approved-by", "name": "The CISO"}]}
END
cd "$work/away" # files are beside the engagement file, not here
"$kc" report --store "$store" --out packs --engagement ../e/engagement.json >"$work/log" 2>&1 </dev/null || { cat "$work/log"; fail "report"; }
grep -q 'signed by CN=Pack Maker' "$work/log" || { cat "$work/log"; fail "report is not signed as the file says"; }
made=$(find packs -mindepth 1 -maxdepth 1 -type d)
"$kc" sign "$made" --engagement ../e/engagement.json >"$work/log" 2>&1 </dev/null || { cat "$work/log"; fail "sign"; }
grep -q 'signature tagmanifest-sha256.txt.reviewed-by.p7s' "$work/log" || { cat "$work/log"; fail "the role"; }
(cd "$made" && openssl cms -verify -cades -binary -inform DER -in tagmanifest-sha256.txt.reviewed-by.p7s -content tagmanifest-sha256.txt -CAfile "$ca" \
  -purpose any -out /dev/null) 2>"$work/log" || { cat "$work/log"; fail "openssl does not accept the reviewer"; }
openssl cms -cmsout -print -noout -inform DER -in "$made/tagmanifest-sha256.txt.reviewed-by.p7s" | grep -q rsassaPss || fail "the padding"
"$kc" verify "$made.zip" --trust "$ca" --deep >"$work/log" || { cat "$work/log"; fail "verify --deep"; }
[ "$(sqlite3 -readonly "$made/data/facts.db" 'SELECT group_concat(role) FROM (SELECT role FROM signer ORDER BY position)')" = prepared-by,reviewed-by,approved-by ] ||
  fail "facts.db names others"
pdftotext -layout -l 1 "$made/data/report.pdf" "$work/cover.txt"
for words in 'Prepared by .*Internal Audit .*Evidence as recorded' 'Evidence collection' 'Reviewed by .*Marlene Vogt .*Scope reviewed' 'Approved by .*The CISO'; do
  grep -q "$words" "$work/cover.txt" || { cat "$work/cover.txt"; fail "the cover does not say: $words"; }
done
grep -rq 'geheim' "$made" && fail "the pass phrase is in the pack"
echo "key, certificate, pass phrase file, padding and role come from the engagement file; the cover names all three"

refused() { # refused CODE WORDS ARGUMENTS...
  code=$1 words=$2 got=0
  shift 2
  "$@" >"$work/log" 2>&1 </dev/null || got=$?
  [ "$got" = "$code" ] || { cat "$work/log"; fail "exit $got, not $code: $*"; }
  grep -q -e "$words" "$work/log" || { cat "$work/log"; fail "another reason than: $words"; }
}
refused 1 'gives no key of a signer approved-by' "$kc" sign "$made" --engagement ../e/engagement.json --role approved-by
refused 1 'gives no key of a signer stranger' "$kc" sign "$made" --engagement ../e/engagement.json --role stranger
refused 1 'review.key: the pass phrase does not open it' "$kc" sign "$made" --engagement ../e/engagement.json --role reviewed-by --sign-pass-file ../cert.pem
refused 1 'there already' "$kc" sign "$made" --engagement ../e/engagement.json
refused 2 'nothing to sign with' "$kc" sign "$made" --engagement ../e/engagement.json --role approved-by --tsa http://localhost:1
sed 's/"key.pem"/"gone.pem"/' ../e/engagement.json >../e/gone.json
refused 1 'gone.pem: cannot read' "$kc" report --store "$store" --out other --engagement ../e/gone.json
sed 's/"pass-file": "pass"/"pass": "geheim"/' ../e/engagement.json >../e/secret.json
refused 1 'unknown field "pass"' "$kc" report --store "$store" --out other --engagement ../e/secret.json
refused 1 'unknown field "pass"' "$kc" sign "$made" --engagement ../e/secret.json
"$kc" sign "$made" --engagement ../e/engagement.json --role approved-by --sign-key ../key.pem --sign-cert ../cert.pem >"$work/log" 2>&1 </dev/null ||
  { cat "$work/log"; fail "options go before the file"; }
[ -e other ] && [ -n "$(ls -A other)" ] && fail "a refused report left something"
echo "what is missing or wrong in it is named"
