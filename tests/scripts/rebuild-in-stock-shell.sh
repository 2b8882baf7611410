#!/bin/bash
# data/rebuild.sql, run by the stock sqlite3 shell, makes every fact table again from the raw answers: row by row those of facts.db.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
(cd "$pack/data" && sqlite3 -bail "$work/again.db" <rebuild.sql) >"$work/rebuild.log" 2>&1 || { cat "$work/rebuild.log"; fail "rebuild.sql"; }
tables=$(sqlite3 "$work/again.db" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
count=0
for t in $tables; do
  a=$(sqlite3 -readonly "$pack/data/facts.db" "SELECT count(*) FROM pragma_table_info('$t')")
  [ "$a" -gt 0 ] || fail "facts.db has no table $t"
  for db in "$work/again.db" "$pack/data/facts.db"; do
    sqlite3 -readonly "$db" ".mode quote" "SELECT * FROM \"$t\"" | sort >"$work/rows.$(basename "$db")"
  done
  cmp -s "$work/rows.again.db" "$work/rows.facts.db" || { diff "$work/rows.again.db" "$work/rows.facts.db" | head -n 6; fail "table $t differs"; }
  count=$((count + 1))
done
for t in aks_cluster node_pool disk disk_encryption_set vault crypto_key role_assignment; do
  echo "$tables" | grep -qx "$t" || fail "rebuild.sql does not make $t"
done
echo "$count tables, each the same"
