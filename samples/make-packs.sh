#!/bin/bash
# Makes samples/packs/ again: what the demo makes, as finished packs that can be looked at without building anything; and
# docs/answer.png, the second page of the newest report. Signed with a key that is thrown away afterwards; ca.pem beside the
# packs is what verify and openssl are to trust. Every run gives other ids: a snapshot has a random id and the time at which it
# was taken.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../cmake/setup.sh"
export LC_ALL=C.UTF-8
# shellcheck disable=SC2086
kc_install $kc_build openssl poppler-utils
kc_make "$root/build/demo" -DCMAKE_BUILD_TYPE=Release -DKC_TESTS=OFF
kc=$root/build/demo/keycustody out=$root/samples/packs
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

(
  cd "$work"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -subj "/O=keycustody samples/CN=CA of the sample packs" -days 7300 -out ca.pem
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj "/O=keycustody samples/CN=Maker of the sample packs" -out key.csr
  openssl x509 -req -in key.csr -CA ca.pem -CAkey ca.key -days 7300 -out cert.pem
) 2>/dev/null
# The packs name no folder of this machine, and, where that can be done, another host.
cp "$root"/samples/*.har "$root/samples/engagement.json" "$work"
cd "$work"
sign=(--sign-key key.pem --sign-cert cert.pem)
elsewhere=(unshare --uts --map-root-user sh -c 'hostname samples && exec "$@"' sh)
"${elsewhere[@]}" true 2>/dev/null || elsewhere=()
grep -v '^#' "$root/samples/recordings" | while read -r har taken_at; do
  rc=0
  "${elsewhere[@]}" "$kc" collect --store store --replay "$har" --taken-at "$taken_at" --principal "$(cat "$root/samples/principal")" "${sign[@]}" \
    >log 2>&1 </dev/null || rc=$?
  [ $rc = 0 ] || [ $rc = 4 ] || { cat log >&2; exit 1; }
  # a pack after the first and after the last recording of the quarter
  [ "${har#2026-08}" != "$har" ] || "$kc" report --store store --out packs --engagement engagement.json "${sign[@]}" >log 2>&1 </dev/null ||
    { cat log >&2; exit 1; }
done

rm -rf "$out"
mkdir -p "$out"
cp "$work/ca.pem" "$out/ca.pem"
for zip in "$work"/packs/*.zip; do
  pack=${zip%.zip}
  id=$(basename "$pack")
  "$kc" verify "$zip" --trust "$work/ca.pem" >"$work/log" || { cat "$work/log" >&2; exit 1; }
  install -m 644 "$zip" "$out/$id.zip"
  install -m 644 "$pack/data/report.pdf" "$out/$id-report.pdf"
  install -m 644 "$pack/data/evidence.xlsx" "$out/$id-evidence.xlsx"
done
{
  echo "# Finished packs"
  echo
  echo "Made by \`samples/make-packs.sh\` from the recordings of an [invented tenant](../README.md). The zip is the pack; the report and the"
  echo "workbook beside it are copies of those in it, to be opened here."
  echo
  echo "| pack | state of | report | workbook |"
  echo "|---|---|---|---|"
  for zip in "$out"/*.zip; do
    id=$(basename "$zip" .zip)
    day=${id#KC-}
    echo "| [$id.zip]($id.zip) | ${day:0:4}-${day:4:2}-${day:6:2} | [PDF]($id-report.pdf) | [XLSX]($id-evidence.xlsx) |"
  done
  echo
  echo "\`keycustody verify samples/packs/$id.zip --trust samples/packs/ca.pem\` checks one; README-auditor.md in it tells how to do that"
  echo "with stock tools. The key that signed was thrown away."
} >"$out/README.md"
newest=$(find "$out" -name '*-report.pdf' | sort | tail -n 1)
pdftoppm -r 110 -f 2 -l 2 -singlefile -png "$newest" "$root/docs/answer"
ls -l "$out" "$root/docs/answer.png"
