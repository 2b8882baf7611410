#!/bin/bash
# The recipe of docs/record.md, as it stands there, run with Debian's mitmproxy, curl and jq: it gives a recording without any
# credential that holds what the tenant answered, byte by byte.
set -euo pipefail
kc=${KEYCUSTODY:?path of the program}
root=${SOURCE_DIR:?path of the source tree}
for tool in mitmdump curl jq sqlite3; do
  command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; chmod -R u+w "$work"; rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
export PYTHONDONTWRITEBYTECODE=1
token=canary-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

# Azure, behind a proxy of our own, with a certificate of our own
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/azure.key" -out "$work/azure.pem" -days 2 \
  -subj /CN=management.azure.com -addext subjectAltName=DNS:management.azure.com 2>/dev/null
har=$root/samples/2026-08.har
/usr/bin/python3 "$root/tests/tenant/serve.py" "$har" "$work/azure.pem" "$work/azure.key" "$token" "$work/port" &
server=$!
for _ in $(seq 100); do [ -e "$work/port" ] || sleep 0.1; done
mkdir -p "$work/home/.mitmproxy" "$work/bin" "$work/recipe"
printf 'mode: upstream:http://127.0.0.1:%s\nssl_verify_upstream_trusted_ca: %s\n' "$(cat "$work/port")" "$work/azure.pem" >"$work/home/.mitmproxy/config.yaml"
printf '#!/bin/sh\necho %s\n' "$token" >"$work/bin/az"
chmod +x "$work/bin/az"
ln -s "$kc" "$work/bin/keycustody"

# the files of the document, by the name in their first line
/usr/bin/python3 - "$root/docs/record.md" "$work/recipe" <<'PY'
import os, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
for block in re.findall(r"^```\w+\n(.*?)^```$", text, re.M | re.S):
    named = re.match(r"# ([\w.-]+): ", block)
    name = named.group(1) if named else "look.sh" if block.startswith("jq ") else None
    if name:
        open(os.path.join(sys.argv[2], name), "w", encoding="utf-8").write(block)
assert sorted(os.listdir(sys.argv[2])) == ["look.sh", "no-credentials.py", "record.sh"], os.listdir(sys.argv[2])
PY
[ -e /usr/share/doc/mitmproxy/examples/contrib/har_dump.py ] || mitmdump --options 2>/dev/null | grep -q '^hardump' ||
  { echo "skipped: this mitmproxy comes without har_dump.py"; exit 77; }
export HOME=$work/home PATH=$work/bin:$PATH PORT=$((20000 + RANDOM % 20000))
(cd "$work/recipe" && bash record.sh) >"$work/log" 2>&1 || { cat "$work/log"; fail "record.sh"; }
cat "$work/log"

[ "$(cd "$work/recipe" && bash look.sh)" = 0 ] || fail "the recording holds credentials"
! grep -rq "$token" "$work/recipe" || fail "the token was written down: $(grep -rl "$token" "$work/recipe")"

# the same snapshot as from the recording that the server gave away
taken=2026-08-31T16:00:00Z
principal=$(cat "$root/samples/principal")
for i in given recorded; do
  [ $i = given ] && file=$har || file=$work/recipe/tenant.har
  rc=0
  "$kc" collect --store "$work/$i" --replay "$file" --taken-at $taken --principal "$principal" >"$work/$i.log" 2>&1 || rc=$?
  [ $rc = 4 ] || { cat "$work/$i.log"; fail "$i: exit code $rc"; }
  ! grep -q credentials "$work/$i.log" || fail "$i: collect warns of credentials"
  sqlite3 -readonly "$work/$i"/snapshots/*.db "SELECT resource, subject, page, status, sha256 FROM exchange ORDER BY 1, 2, 3;
    SELECT resource, subject, code FROM gap ORDER BY 1, 2" >"$work/$i.rows"
done
diff "$work/given.rows" "$work/recorded.rows" || fail "another snapshot"
echo "$(wc -l <"$work/recorded.rows") answers and gaps, each the same"
