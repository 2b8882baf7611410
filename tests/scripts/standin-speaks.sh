#!/bin/bash
# The stand-in for Azure keeps its own promises: sign-in, tokens, errors, and every fault as curl sees it, on HTTP/2 and 1.1.
set -eu
root=${SOURCE_DIR:?} work=$(mktemp -d) pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
export LC_ALL=C
fail() { echo "FAILED: $*"; [ -z "${STANDIN_LOG:-}" ] || tail -n 3 "$STANDIN_LOG"; exit 1; }
har=$root/samples/2026-09.har
subscription=/subscriptions/$(grep -o '"/subscriptions/[0-9a-f-]\{36\}' "$har" | head -n 1 | cut -d/ -f3)
[ ${#subscription} = 51 ] || subscription=/subscriptions/$(grep -o 'subscriptions/[0-9a-f-]\{36\}' "$har" | head -n 1 | cut -d/ -f2)
disks="$subscription/providers/Microsoft.Compute/disks?api-version=2025-01-02"
count=0

start() { # start [options]: a server; $token is good for it
  [ -z "$pid" ] || { kill "$pid"; wait "$pid" 2>/dev/null || true; }
  eval "$("$root/tests/standin/start.sh" "$work" --recording "$har" "$@")"
  pid=$STANDIN_PID
  token=$(sign_in "client_secret=$STANDIN_SECRET" | python3 -c 'import json,sys; print(json.load(sys.stdin).get("access_token", ""))')
}
sign_in() { # sign_in FORM [scope]
  curl -sS --cacert "$STANDIN_CA" "$STANDIN_URL/$STANDIN_TENANT/oauth2/v2.0/token" -d "grant_type=client_credentials" \
    -d "client_id=$STANDIN_CLIENT" --data-urlencode "scope=${2:-https://management.azure.com/.default}" -d "$1"
}
get() { # get PATH [curl options]: body in $work/body, head in $work/head; prints status and curl's exit code
  local path=$1 code=0
  shift
  curl -sS -g --max-time 2 --cacert "$STANDIN_CA" -H "Authorization: Bearer $token" -D "$work/head" -o "$work/body" \
    -w '%{http_code}' "$@" "$STANDIN_URL$path" 2>"$work/curl" || code=$?
  [ $code != 55 ] || code=56 # whether sending or receiving meets the reset is a matter of time
  echo " $code"
}
expect() { # expect WHAT EXPECTED GOT
  count=$((count + 1))
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3': $(head -c 300 "$work/body") $(cat "$work/curl")"
}
said() { # said WHAT PATTERN FILE
  count=$((count + 1))
  grep -qi -- "$2" "$work/$3" || fail "$1: no '$2' in the $3: $(head -c 400 "$work/$3")"
}

start
[ -n "$token" ] || fail "no token"
for http in --http2 --http1.1; do
  expect "subscriptions $http" "200 0" "$(get '/subscriptions?api-version=2022-12-01' $http)"
  said "subscriptions $http" '"value"' body
done
expect "letters of another case" "200 0" "$(get "$(echo "$disks" | sed 's/Microsoft.Compute/microsoft.COMPUTE/')")"
expect "another api-version" "200 0" "$(get "${disks%=*}=2030-01-01")"
expect "nothing there" "404 0" "$(get "$subscription/resourceGroups/no/providers/Microsoft.Compute/disks/no?api-version=1")"
said "nothing there" ResourceNotFound body
expect "no such subscription" "404 0" "$(get "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Compute/disks?api-version=1")"
said "no such subscription" SubscriptionNotFound body
expect "not a reader" "405 0" "$(get "$disks" -X DELETE)"
good=$token token=wrong
expect "a token of nobody" "401 0" "$(get "$disks")"
said "a token of nobody" 'www-authenticate: Bearer' head
token=$(sign_in "client_secret=$STANDIN_SECRET" "https://vault.azure.net/.default" | sed 's/.*access_token":"\([^"]*\).*/\1/')
expect "a token for vaults" "401 0" "$(get "$disks")"
said "a token for vaults" InvalidAuthenticationTokenAudience body
token=$good
sign_in "client_secret=wrong" >"$work/body"
said "a wrong secret" AADSTS7000215 body
sign_in "client_secret=$STANDIN_SECRET" "https://graph.example/.default" >"$work/body"
said "a wrong resource" AADSTS500011 body
sign_in "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=a.b.c" >"$work/body"
said "a bad assertion" AADSTS700027 body
curl -sS "http://127.0.0.1:$STANDIN_PLAIN/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/" >"$work/body"
said "IMDS without its header" 'metadata header' body
curl -sS -H Metadata:true "http://127.0.0.1:$STANDIN_PLAIN/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/" >"$work/body"
said "IMDS" '"expires_in":"3600"' body
if "${BUILD_DIR:?}/tests/standin" --recording "$har" --cert "$work/ca/good.pem" --key "$work/ca/good.key" --listen 0.0.0.0 2>"$work/body"; then
  fail "it listens on every address"
fi
said "another address" 'only 127' body

start --token-seconds 1
sleep 2
expect "an old token" "401 0" "$(get "$disks")"
said "an old token" ExpiredAuthenticationToken body

start --vaults vault.localhost
vault=$(grep -o 'https://[a-z0-9-]*.vault.azure.net/keys/[a-z0-9-]*' "$har" | head -n 1)
key=/keys/${vault##*/} vault=${vault#https://}
token=$(sign_in "client_secret=$STANDIN_SECRET" "https://vault.azure.net/.default" | sed 's/.*access_token":"\([^"]*\).*/\1/')
STANDIN_URL=https://${vault%%.*}.vault.localhost:$STANDIN_PORT
expect "a vault's keys" "200 0" "$(get '/keys?api-version=7.5')"
said "a vault's keys" "\"kid\":\"$STANDIN_URL$key\"" body
expect "a key" "200 0" "$(get "$key?api-version=7.5")"
said "a key" '"kty":"RSA' body
expect "its versions" "200 0" "$(get "$key/versions?api-version=7.5")"
expect "its rotation policy" "200 0" "$(get "$key/rotationpolicy?api-version=7.5")"
said "its rotation policy" lifetimeActions body
expect "no such key" "404 0" "$(get '/keys/none?api-version=7.5')"
token=$good
expect "a token of another server" "401 0" "$(get "$key?api-version=7.5")"
said "a token of another server" 'bearer authorization="https://localhost:[0-9]*/.*", resource="https://vault.azure.net"' head

# fault, options of the rule, expected status and exit code on HTTP/2, on HTTP/1.1, what must be in head or body
while IFS='|' read -r rule h2 h1 where pattern; do
  start --rule "$rule,path=*/disks"
  for http in --http2 --http1.1; do
    expect "$rule $http" "$([ $http = --http2 ] && echo "$h2" || echo "$h1")" "$(get "$disks" $http)"
    [ -z "$where" ] || said "$rule $http" "$pattern" "$where"
  done
  expect "$rule, another path" "200 0" "$(get '/subscriptions?api-version=2022-12-01')"
done <<'END'
throttle,retry_after=7|429 0|429 0|head|^retry-after: 7
error,status=503,retry_after=2|503 0|503 0|head|^retry-after: 2
error|500 0|500 0|body|InternalServerError
reset|000 56|000 56||
stream-reset|000 92|000 56||
hang|000 28|000 28||
truncate|200 92|200 18||
drip,delay=1,bytes=100000|200 0|200 0|body|"value"
drip,delay=1000,bytes=1|200 28|200 28||
slow,delay=200|200 0|200 0|body|"value"
goaway|200 0|200 0|body|"value"
html|200 0|200 0|head|^content-type: text/html
foreign-next|200 0|200 0|body|"nextLink":"https://localhost:[0-9]*/subscriptions
next-loop|200 0|200 0|body|"nextLink":"https://localhost:[0-9]*/subscriptions.*/disks?api-version=2025-01-02"
relative-next|200 0|200 0|body|"nextLink":"/subscriptions
null-value|200 0|200 0|body|{"value":null}
empty|200 0|200 0|body|{"value":\[\]}
forbidden|403 0|403 0|body|perform action 'Microsoft.Compute/disks/read' over scope '/subscriptions/[0-9a-f-]*'
key-rbac|400 0|400 0|body|ForbiddenByRbac
not-registered,text=Microsoft.Compute|409 0|409 0|body|MissingSubscriptionRegistration
gone|404 0|404 0|body|ResourceNotFound
old-version,text=2024-03-02 2023-10-02|400 0|400 0|body|supported api-versions are '2024-03-02, 2023-10-02'
redirect|307 0|307 0|head|^location: https://localhost
challenge,text=https://evil.example|401 0|401 0|head|resource="https://evil.example"
echo|400 0|400 0|body|Bearer ey
other-tenant|401 0|401 0|body|InvalidAuthenticationTokenTenant
claims|401 0|401 0|head|insufficient_claims
limit,burst=0,rate=0.5|429 0|429 0|head|^retry-after: 2
END
cat >"$work/config" <<'END'
{"seed": 3, "http1": true, "rules": [{"rule": "throttle", "path": "*/disks", "retry_after": 3}, {"rule": "gone", "nth": 1}]}
END
start --config "$work/config"
expect "a file of rules" "404 0 429 0 200 0" \
  "$(get '/subscriptions?api-version=2022-12-01') $(get "$disks") $(get '/subscriptions?api-version=2022-12-01')"
grep -q '"http":"2"' "$STANDIN_LOG" && fail "http1 of a file is not heeded"
start --rule 'invalid-json,path=*/disks'
expect "invalid-json" "200 0" "$(get "$disks")"
python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$work/body" 2>/dev/null && fail "invalid-json is JSON"
start --rule 'expired,times=1'
expect "a token taken back" "401 0" "$(get "$disks")"
expect "it stays so" "401 0" "$(get "$disks")"
start --rule 'throttle,first=1'
expect "the first of each URL" "429 0 200 0" "$(get "$disks") $(get "$disks")"
start --rule 'throttle,nth=2'
expect "the second" "200 0 429 0 200 0" "$(get "$disks") $(get "$disks") $(get "$disks")"
start --rule 'limit,burst=2,rate=0.001'
expect "a limit" "200 0 200 0 429 0" "$(get "$disks") $(get "$disks") $(get "$disks")"
said "a limit" 'remaining-subscription-reads: 0' head
outcome() { for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do get "$disks"; done | tr '\n' ' '; }
start --rule 'error,probability=0.5' --seed 7
one=$(outcome)
start --rule 'error,probability=0.5' --seed 7
expect "a seed" "$one" "$(outcome)"
case $one in *200*500* | *500*200*) ;; *) fail "half of the time: $one" ;; esac
start --rule 'slow-tls,delay=1500'
curl -sS --max-time 1 --cacert "$STANDIN_CA" "$STANDIN_URL/metadata/endpoints" >/dev/null 2>&1 && fail "slow-tls is not slow"
for cert in expired wrong; do
  kill "$pid"
  eval "$(CERT=$cert "$root/tests/standin/start.sh" "$work" --recording "$har")"
  pid=$STANDIN_PID
  expect "certificate: $cert" "000 60" "$(get "$disks")"
done
kill "$pid"
wait "$pid" 2>/dev/null || true
pid=
for log in "$work"/run.*/err; do
  [ ! -s "$log" ] || fail "$(head -n 20 "$log")"
done
echo "$count promises kept"
