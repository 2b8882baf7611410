#!/bin/bash
# Every test, run by the stock sqlite3 shell on the pack's facts.db, gives exactly the findings of findings.json.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
mkdir "$work/rows"
for sql in "$pack"/data/checks/*.sql; do
  slug=$(basename "$sql" .sql)
  sqlite3 -safe -readonly -json "$pack/data/facts.db" <"$sql" >"$work/rows/$slug.json" 2>"$work/rows/$slug.err" || { cat "$work/rows/$slug.err"; fail "$slug"; }
  [ ! -s "$work/rows/$slug.err" ] || { cat "$work/rows/$slug.err"; fail "$slug warns"; }
done
/usr/bin/python3 - "$pack/data/findings.json" "$work/rows" <<'PY'
import json, os, sys
doc = json.load(open(sys.argv[1]))
ours = {}
for f in doc["findings"]:
    ours.setdefault(f["check"], []).append(f)
total = 0
for name in sorted(os.listdir(sys.argv[2])):
    if not name.endswith(".json"):
        continue
    slug, text = name[:-5], open(os.path.join(sys.argv[2], name)).read()
    rows = json.loads(text) if text.strip() else []
    mine = ours.pop(slug, [])
    assert len(rows) == len(mine), (slug, len(rows), len(mine))
    for row, f in zip(rows, mine):
        assert row["subject"] == f["subject"], (slug, row["subject"], f["subject"])
        for field in ("status", "observed", "expected", "reason", "limit"):
            assert (row[field] or "") == (f[field] or ""), (slug, row["subject"], field, row[field], f[field])
        tokens = (row["evidence"] or "").split()
        assert len(tokens) == len(f["evidence"]), (slug, row["subject"], tokens)
        for token, e in zip(tokens, f["evidence"]):
            n, _, pointer = token.partition("#")
            assert int(n) == int(e["ref"].split("-")[1]) and pointer == (e["pointer"] or ""), (slug, token, e)
    total += len(rows)
assert not ours, ("no SQL in the pack for", list(ours))
print(total, "findings, each the same")
PY
