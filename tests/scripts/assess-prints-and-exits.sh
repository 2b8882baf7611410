#!/bin/bash
# assess and checks: what is printed where, in 80 columns, without colour in a pipe, and with which exit code.
set -eu
kc=${KEYCUSTODY:?path of the program}
root=${SOURCE_DIR:?path of the source tree}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export LC_ALL=C
fail() { echo "FAILED: $*"; exit 1; }
code() { want=$1; shift; got=0; "$@" >"$work/out" 2>"$work/err" || got=$?; [ "$got" = "$want" ] || { cat "$work/out" "$work/err"; fail "exit $got, not $want: $*"; }; }

# a tenant that can be read completely by the account that reads it
made=$("$root/tests/bench/make-tenant" --clusters 6 --subscriptions 2 --disks 20 --keys 4 "$work/tenant.har")
reader=$(echo "$made" | grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
whole=$work/whole part=$work/part
code 0 "$kc" collect --store "$whole" --replay "$work/tenant.har" --principal "$reader" --taken-at 2026-09-30T12:00:00Z
code 0 "$kc" collect --store "$part" --replay "$work/tenant.har" --taken-at 2026-09-30T12:00:00Z # nobody knows who read it

echo "exit codes"
code 0 "$kc" assess --store "$whole"
grep -q '^FAIL ' "$work/out" || fail "the tenant has failures"
[ ! -s "$work/err" ] || { cat "$work/err"; fail "standard error is for gates"; }
code 3 "$kc" assess --store "$whole" --fail-on medium
grep -qE '^[1-9][0-9]* findings? of severity medium or above failed$' "$work/err" || { cat "$work/err"; fail "no count"; }
code 0 "$kc" assess --store "$whole" --check disk-encrypted --fail-on low
code 3 "$kc" assess --store "$whole" --check key-hsm --fail-on low
code 0 "$kc" assess --store "$whole" --check key-hsm --fail-on critical
code 4 "$kc" assess --store "$part"
code 4 "$kc" assess --store "$part" --fail-on low
[ "$(wc -l <"$work/err")" = 2 ] || { cat "$work/err"; fail "4 beats 3, and both counts are named"; }
code 2 "$kc" assess
code 2 "$kc" assess --store "$whole" --format xml
code 2 "$kc" assess --store "$whole" --severity grave
code 2 "$kc" assess --store "$whole" --fail-on never
code 2 "$kc" assess --store "$whole" --check no-such-check
code 2 "$kc" assess --store "$whole" extra
code 1 "$kc" assess --store "$work/nothing"
code 1 "$kc" assess --store "$whole" --snapshot ffffffff
code 1 "$kc" assess --store "$whole" --engagement "$work/nothing.json"
code 0 "$kc" assess --store "$whole" --snapshot "$("$kc" snapshots --store "$whole" --format json | grep -oE '"id": "[0-9a-f]{8}"' | cut -d'"' -f4)"
if [ -e /dev/full ]; then
  for form in table json csv; do
    got=0
    "$kc" assess --store "$whole" --format $form >/dev/full 2>"$work/err" || got=$?
    [ "$got" = 1 ] || fail "a full disk behind $form: exit $got"
  done
fi

echo "the table"
code 4 "$kc" assess --store "$part"
awk 'length > 80 { print; bad = 1 } END { exit bad }' "$work/out" || fail "a line is wider than 80 columns"
grep -q $'\033' "$work/out" && fail "colour in a pipe"
grep -nE '^(FAIL|NOT ASSESSED|What holds|Key custody)' "$work/out" | sed -E 's/^[0-9]+:(FAIL|NOT|What|Key).*/\1/' | uniq | tr '\n' ' ' >"$work/order"
grep -qx 'FAIL NOT What Key ' "$work/order" || { cat "$work/order"; fail "not worst first"; }
grep -qE '^6 clusters: [0-9]+ hold at every link' "$work/out" || fail "no count of clusters"
grep -q '^Not complete' "$work/out" || fail "nothing says that it is not complete"
if command -v script >/dev/null; then
  colours() { TERM=xterm script -qec "$1" /dev/null </dev/null | grep -c $'\033' || true; }
  [ "$(colours "$kc assess --store $whole")" != 0 ] || fail "no colour on a terminal"
  [ "$(colours "env NO_COLOR=1 $kc assess --store $whole")" = 0 ] || fail "colour although NO_COLOR is set"
  [ "$(colours "env TERM=dumb $kc assess --store $whole")" = 0 ] || fail "colour on a dumb terminal"
fi
code 0 "$kc" assess --store "$whole" --check disk-encrypted --check disk-cmk
grep -q key-hsm "$work/out" && fail "a check that was not asked for"
code 0 "$kc" assess --store "$whole" --severity high
grep -q 'medium' "$work/out" && fail "a severity that was not asked for"

echo "JSON and CSV hold the same findings"
code 0 "$kc" assess --store "$whole" --format json
cp "$work/out" "$work/findings.json"
code 0 "$kc" assess --store "$whole" --format csv
/usr/bin/python3 - "$work/findings.json" "$work/out" <<'PY'
import csv, json, sys
doc = json.load(open(sys.argv[1]))
rows = list(csv.DictReader(open(sys.argv[2], newline="", encoding="utf-8")))
assert doc["complete"] is True and len(rows) == len(doc["findings"]) > 100
for row, f in zip(rows, doc["findings"]):
    for k in ("id", "check", "title", "subject", "status", "severity", "basis", "observed", "expected", "reason", "limit", "danger"):
        assert row[k] == (f[k] or "").replace("\n", " "), (f["id"], k, row[k], f[k])
    assert len(row["evidence"].split()) == len(f["evidence"])
counts = doc["counts"]
for status in ("pass", "fail", "not-applicable", "not-assessed"):
    assert counts[status.replace("-", "_")] == sum(f["status"] == status for f in doc["findings"]), status
assert counts["population"] == counts["pass"] + counts["fail"] + counts["not_assessed"] + counts["not_applicable"] - sum(f["reason"] == "none found in scope" for f in doc["findings"])
assert all((f["remedy"] is not None) == (f["status"] in ("fail", "not-assessed")) for f in doc["findings"])
assert len(doc["custody"]) == 6 and all(len(c["links"]) == 8 for c in doc["custody"])
ids = {f["id"] for f in doc["findings"]}
assert all(i in ids for c in doc["custody"] for l in c["links"] for i in l["findings"])
print(len(rows), "findings")
PY
code 0 "$kc" assess --store "$whole" --format json
cmp -s "$work/out" "$work/findings.json" || fail "not the same bytes the second time"

echo "a snapshot that was changed is not judged"
db=$(find "$part/snapshots" -name '*.db')
chmod u+w "$db"
printf x | dd of="$db" bs=1 seek=5000 conv=notrunc 2>/dev/null
code 1 "$kc" assess --store "$part"
grep -q 'changed since it was taken' "$work/err" || { cat "$work/err"; fail "other words"; }

echo "checks"
code 0 "$kc" checks
[ "$(wc -l <"$work/out")" = "$(find "$root/src/checks" -name '*.sql' | wc -l)" ] || fail "checks lists another number"
awk 'length > 80 { bad = 1 } END { exit bad }' "$work/out" || fail "a line of checks is wider than 80 columns"
for sql in "$root"/src/checks/*.sql; do
  slug=$(basename "$sql" .sql)
  code 0 "$kc" checks show "$slug"
  tail -c "$(stat -c %s "$sql")" "$work/out" | cmp -s - "$sql" || fail "checks show $slug prints another SQL"
done
code 2 "$kc" checks show no-such-check
code 2 "$kc" checks show
code 2 "$kc" checks list disk-cmk
[ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -newer "$work/tenant.har" -name '*etilqs*' 2>/dev/null)" ] || fail "a temporary database was left behind"
echo "as promised"
