#!/bin/sh
# start.sh DIR [options of standin]: starts the stand-in with a certificate of its own CA and prints, for eval:
#   STANDIN_PID, STANDIN_PORT, STANDIN_URL, STANDIN_CA, STANDIN_LOG, STANDIN_TOKENS, STANDIN_THIEF, STANDIN_PLAIN
# and who may sign in: STANDIN_TENANT, STANDIN_CLIENT, STANDIN_SECRET, STANDIN_OID. CERT=expired or wrong takes another
# certificate (ca.sh). The program is $STANDIN, or tests/standin in $BUILD_DIR. It ends with: kill "$STANDIN_PID"
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$1
shift
"$here/ca.sh" "$dir/ca"
program=${STANDIN:-${BUILD_DIR:?}/tests/standin}
cert=$dir/ca/${CERT:-good}
tenant=11111111-1111-4111-8111-111111111111 client=22222222-2222-4222-8222-222222222222
oid=33333333-3333-4333-8333-333333333333 last=
for word; do # what an option says instead
  case $last in --tenant) tenant=$word ;; --client) client=$word ;; --oid) oid=$word ;; esac
  last=$word
done
secret=s3cret-$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
run=$(mktemp -d "$dir/run.XXXXXX")
"$program" --cert "$cert.pem" --key "$cert.key" --secret "$secret" --tenant "$tenant" --client "$client" --oid "$oid" \
  --client-cert "$dir/ca/client.pem" --thief --plain \
  --log "$run/requests.jsonl" --token-list "$run/tokens" "$@" >"$run/out" 2>"$run/err" &
pid=$!
echo "$secret" >"$run/secret"
for _ in $(seq 200); do
  grep -qs ready "$run/out" && break
  kill -0 "$pid" 2>/dev/null || { cat "$run/err" >&2; exit 1; }
  sleep 0.05
done
grep -qs ready "$run/out" || { kill "$pid"; echo "the stand-in did not start" >&2; exit 1; }
port=$(awk '$1 == "port" { print $2 }' "$run/out")
cat <<END
STANDIN_PID=$pid STANDIN_PORT=$port STANDIN_URL=https://localhost:$port STANDIN_CA='$dir/ca/ca.pem'
STANDIN_LOG='$run/requests.jsonl' STANDIN_TOKENS='$run/tokens' STANDIN_SECRET=$secret STANDIN_DIR='$run'
STANDIN_THIEF=$(awk '$1 == "thief" { print $2 }' "$run/out") STANDIN_PLAIN=$(awk '$1 == "plain" { print $2 }' "$run/out")
STANDIN_TENANT=$tenant STANDIN_CLIENT=$client STANDIN_OID=$oid
END
