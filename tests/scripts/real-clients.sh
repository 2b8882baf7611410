#!/bin/bash
# Azure's own clients and keycustody read the same tenant from the same server: Debian's az signs in, keycustody takes its
# token from that az, and what az and the SDK for Python then list is held against facts.db (standin/clients.py).
set -eu
kc=${KEYCUSTODY:?} root=${SOURCE_DIR:?} work=$(mktemp -d) pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8
fail() { echo "FAILED: $*"; exit 1; }
skip() { echo "skipped: $*"; exit 77; }

"$kc" collect --help 2>&1 | grep -q -- --cloud || skip "this program collects from recordings alone"
command -v az >/dev/null || skip "Debian's azure-cli is not installed (tests/run.sh installs it)"
/usr/bin/python3 -c 'import azure.mgmt.compute, azure.mgmt.keyvault, azure.mgmt.authorization' 2>/dev/null ||
  skip "Debian's python3-azure is not installed (tests/run.sh installs it)"

tenant=f4e897cc-7f4f-48e4-a54a-fe807230023d
eval "$("$root/tests/standin/start.sh" "$work" --recording "$root/samples/2026-09.har" --tenant $tenant \
  --oid "$(cat "$root/samples/principal")")"
pid=$STANDIN_PID
for name in $(env | grep -oE '^(AZURE|IDENTITY|MSI|IMDS)_[A-Z_]*'); do unset "$name"; done
export REQUESTS_CA_BUNDLE=$STANDIN_CA AZURE_CONFIG_DIR=$work/az AZURE_CORE_COLLECT_TELEMETRY=no STANDIN_URL
quiet() { "$@" >"$work/said" 2>&1 || { cat "$work/said"; fail "$1 $2 $3"; }; }
quiet az cloud register -n Fake --endpoint-active-directory "$STANDIN_URL/adfs" --endpoint-resource-manager "$STANDIN_URL" \
  --endpoint-active-directory-resource-id https://management.core.windows.net/ --endpoint-management "$STANDIN_URL" \
  --suffix-keyvault-dns .vault.localhost
quiet az cloud set -n Fake
quiet az login --service-principal -u "$STANDIN_CLIENT" -p "$STANDIN_SECRET" --tenant adfs
before=$(wc -l <"$STANDIN_TOKENS")

rc=0
"$kc" collect --store "$work/store" --cloud "$STANDIN_URL" --ca-file "$STANDIN_CA" --credential AzureCLI >"$work/said" 2>&1 || rc=$?
[ $rc = 0 ] || [ $rc = 4 ] || { cat "$work/said"; fail "collect: exit $rc"; }
grep -q "signed in with AzureCLI" "$work/said" || { cat "$work/said"; fail "it did not sign in with az"; }
[ "$(sqlite3 "$work"/store/snapshots/*.db 'SELECT principal_id, tenant_id FROM snapshot')" = "$STANDIN_OID|$tenant" ] ||
  fail "the snapshot does not name the caller of the token"
echo "keycustody took its token from az ($(($(wc -l <"$STANDIN_TOKENS") - before)) given)"

"$kc" report --store "$work/store" --out "$work/packs" >"$work/said" 2>&1 || { cat "$work/said"; fail "report"; }
/usr/bin/python3 "$root/tests/standin/clients.py" "$work"/packs/*/data/facts.db
