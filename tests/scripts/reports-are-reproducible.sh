#!/bin/bash
# The same store and options give the same bytes: elsewhere, later, in another time zone, language and umask.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
make_pack "$work/one"
sleep 2
mkdir "$work/elsewhere"
cp -a "$store" "$work/elsewhere/other name"
(export TZ=Asia/Tokyo LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 HOME=/nonexistent
 umask 022
 cd "$work/elsewhere"
 store="other name" make_pack "$work/two")
id=$(basename "$(find "$work/one" -mindepth 1 -maxdepth 1 -type d)")
[ -d "$work/two/$id" ] || fail "another pack id: $(ls "$work/two")"
diff -r "$work/one/$id" "$work/two/$id" || fail "the folders differ"
cmp "$work/one/$id.zip" "$work/two/$id.zip" || fail "the zips differ"

# signed twice, the PDF without its signature is the same: the command of README-auditor.md
for n in 1 2; do
  make_pack "$work/signed$n" --sign-key "$work/key.pem" --sign-cert "$work/cert.pem"
  cut=$(grep -h "grep -abo '%%EOF'" "$work/signed$n"/*/README-auditor.md)
  (cd "$work/signed$n"/*/ && bash -euo pipefail -c "$cut") >"$work/unsigned$n"
  [ "$(wc -c <"$work/unsigned$n")" = 68 ] || fail "no hash of the unsigned PDF: $cut"
done
cmp "$work/unsigned1" "$work/unsigned2" || fail "the PDF before its signature differs"
cmp "$work/signed1"/*/data/report.pdf "$work/signed2"/*/data/report.pdf >"$work/cmp.log" && fail "two signatures with the same bytes: was it signed?"

# other options: another id
make_pack "$work/three" --framework pci-dss
[ ! -e "$work/three/$id" ] || fail "the id says nothing about the frameworks"

# an existing pack is refused, and nothing else is left in OUT
before=$(ls -A "$work/one")
"$kc" report --store "$store" --out "$work/one" ${engagement:+--engagement "$engagement"} >"$work/again.log" 2>&1 && fail "an existing pack was replaced"
grep -q 'is there already' "$work/again.log" || { cat "$work/again.log"; fail "refused with other words"; }
[ "$(ls -A "$work/one")" = "$before" ] || fail "something was left behind: $(ls -A "$work/one")"
find "$work/one" -perm /077 | grep . && fail "files that others can read"
echo "$id twice, byte by byte"
