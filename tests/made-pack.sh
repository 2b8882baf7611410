# Sourced by scripts of tests: a store made from the recordings of samples/, a key, and a pack signed with it, in $work.
# After it: $kc (the program), $work, $store, $pack (folder of the signed pack), $zip, $ca (certificate to trust), $recordings
# (paths, one a line, oldest first) and $principal (who made them).
set -eu
kc=${KEYCUSTODY:?path of the program}
root=${SOURCE_DIR:?path of the source tree}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export LC_ALL=C

if [ ! -e "$root/samples/recordings" ]; then
  echo "skipped: samples/ holds no recordings"
  exit 77
fi
principal=$(cat "$root/samples/principal")
engagement=$(find "$root/samples" -maxdepth 1 -name 'engagement*.json' | head -n 1)

fail() { echo "FAILED: $*"; exit 1; }

ca=$work/ca.pem
(cd "$work" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -subj "/CN=Test CA" -days 30 -out ca.pem &&
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj "/O=Test/CN=Pack Maker" -out key.csr &&
  openssl x509 -req -in key.csr -CA ca.pem -CAkey ca.key -days 30 -out cert.pem) >"$work/openssl.log" 2>&1 || { cat "$work/openssl.log"; exit 1; }

store=$work/store
recordings=
grep -v '^#' "$root/samples/recordings" >"$work/recordings"
while read -r har taken_at; do # 4: something was not read, which a sample may show
  har=$root/samples/$har
  "$kc" collect --store "$store" --replay "$har" --taken-at "$taken_at" --principal "$principal" \
    --sign-key "$work/key.pem" --sign-cert "$work/cert.pem" >"$work/collect.log" 2>&1 </dev/null || [ $? = 4 ] || { cat "$work/collect.log"; exit 1; }
  recordings="$recordings${recordings:+
}$har"
done <"$work/recordings"

make_pack() { # make_pack OUT [options]: a report of the store; prints its log on failure
  out=$1
  shift
  "$kc" report --store "$store" --out "$out" ${engagement:+--engagement "$engagement"} "$@" >"$work/report.log" 2>&1 ||
    { cat "$work/report.log"; fail "report"; }
}
make_pack "$work/packs" --sign-key "$work/key.pem" --sign-cert "$work/cert.pem"
pack=$(find "$work/packs" -mindepth 1 -maxdepth 1 -type d)
zip=$pack.zip
