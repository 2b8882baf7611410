#!/bin/bash
# samples/make.py gives the committed recordings byte by byte, and collecting them ends with the gaps that samples/README.md
# tells of, and no other.
set -eu
kc=${KEYCUSTODY:?path of the program}
root=${SOURCE_DIR:?path of the source tree}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

export PYTHONDONTWRITEBYTECODE=1
LC_ALL=C TZ=Asia/Tokyo /usr/bin/python3 "$root/samples/make.py" "$work"
# the small recording of the tests of faults
"$root/tests/bench/make-tenant" --clusters 2 --subscriptions 1 --disks 14 --keys 3 "$work/small.har" >"$work/log"
cmp "$root/tests/fault/small.har" "$work/small.har" || fail "tests/bench/make-tenant gives another tests/fault/small.har"

grep -v '^#' "$root/samples/recordings" >"$work/recordings"
principal=$(cat "$root/samples/principal")
while read -r har taken_at; do
  cmp "$root/samples/$har" "$work/$har" || fail "samples/make.py gives another $har"
  rc=0
  "$kc" collect --store "$work/store" --replay "$root/samples/$har" --taken-at "$taken_at" --principal "$principal" >"$work/log" 2>&1 </dev/null || rc=$?
  [ "$rc" = 4 ] || { cat "$work/log"; fail "$har: exit code $rc"; }
  ! grep -q credentials "$work/log" || fail "$har holds credentials"
done <"$work/recordings"

for snapshot in "$work"/store/snapshots/*.db; do
  sqlite3 -readonly "$snapshot" "SELECT substr(taken_at, 1, 7), g.resource, g.code, count(*) FROM gap g, snapshot GROUP BY 2, 3 ORDER BY 2, 3"
done >"$work/gaps"
diff - "$work/gaps" <<'GAPS' || fail "other gaps than intended"
2026-07|crypto_key|Forbidden|1
2026-07|deleted_vault|AuthorizationFailed|1
2026-07|key_version|Forbidden|1
2026-07|policy_assignment|AuthorizationFailed|1
2026-07|policy_exemption|AuthorizationFailed|1
2026-07|policy_set|AuthorizationFailed|1
2026-07|role_assignment|AuthorizationFailed|1
2026-07|role_definition|AuthorizationFailed|1
2026-08|crypto_key|Forbidden|1
2026-08|key_version|Forbidden|1
2026-09|crypto_key|Forbidden|1
2026-09|key_version|Forbidden|1
GAPS
echo "3 recordings, $(wc -l <"$work/gaps") kinds of gaps, as intended"
