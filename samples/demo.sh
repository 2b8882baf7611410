#!/bin/bash
# From nothing to a verified evidence pack: installs what is missing, builds, takes three snapshots of the invented tenant, writes
# a pack, has it signed and stamped, verifies it, and says where to look. Run again, it takes seconds.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../cmake/setup.sh"
export LC_ALL=C.UTF-8
build=$root/build/demo store=$root/build/demo/store packs=$root/build/demo/packs keys=$root/build/demo/keys
kc=$build/keycustody

# shellcheck disable=SC2086
kc_install $kc_build openssl python3
echo "builds the program in ${build#"$root"/}"
kc_make "$build" -DCMAKE_BUILD_TYPE=Release -DKC_TESTS=OFF

# Keys and certificates of this machine, made once: a root, the authority below it that issues, whoever makes packs, and whoever
# reviews them. Real packs are signed with the organisation's own.
if [ ! -e "$keys/review.pem" ]; then
  rm -rf "$keys"
  mkdir -p "$keys"
  (
    umask 077
    cd "$keys"
    ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    openssl req -x509 "${ec[@]}" -keyout ca.key -subj "/O=keycustody demo/CN=Demo root" -days 365 -out ca.pem
    printf 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n' >issuing.ext
    printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n' >person.ext
    openssl req "${ec[@]}" -keyout issuing.key -subj "/O=keycustody demo/CN=Demo issuing authority" -out request.pem
    openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -extfile issuing.ext -days 365 -out issuing.pem
    for who in "key:cert:Pack maker" "review-key:review:Pack reviewer"; do
      IFS=: read -r key cert name <<<"$who"
      openssl req "${ec[@]}" -keyout "$key.pem" -subj "/O=keycustody demo/CN=$name" -out request.pem
      openssl x509 -req -in request.pem -CA issuing.pem -CAkey issuing.key -extfile person.ext -days 365 -out "$cert.pem"
      cat issuing.pem >>"$cert.pem"
    done
  ) 2>/dev/null
fi

# An authority of this machine that stamps, for as long as the demo runs; a real one is somebody else's.
coproc TSA { umask 077; exec /usr/bin/python3 "$root/samples/tsa.py" "$keys"; }
trap 'kill "$TSA_PID" 2>/dev/null || true' EXIT
read -r tsa <&"${TSA[0]}"
sign=(--sign-key "$keys/key.pem" --sign-cert "$keys/cert.pem" --tsa "$tsa")

echo "takes three snapshots of the invented tenant in samples/"
chmod -R u+w "$store" 2>/dev/null || true
rm -rf "$store"
principal=$(cat "$root/samples/principal")
grep -v '^#' "$root/samples/recordings" | while read -r har taken_at; do
  rc=0
  "$kc" collect --store "$store" --replay "$root/samples/$har" --taken-at "$taken_at" --principal "$principal" \
    "${sign[@]}" >"$build/collect.log" 2>&1 </dev/null || rc=$?
  # 4: something in scope was not read; the sample shows how that is reported
  [ $rc = 0 ] || [ $rc = 4 ] || { cat "$build/collect.log" >&2; exit 1; }
  tail -n 1 "$build/collect.log" | sed "s/^/  $har: /"
done

echo "writes the evidence pack"
chmod -R u+w "$packs" 2>/dev/null || true
rm -rf "$packs"
"$kc" report --store "$store" --out "$packs" --engagement "$root/samples/engagement.json" "${sign[@]}" \
  >"$build/report.log" 2>&1 </dev/null || { cat "$build/report.log" >&2; exit 1; }
pack=$(find "$packs" -mindepth 1 -maxdepth 1 -type d)

echo "has it reviewed: a second signature, beside the maker's"
"$kc" sign "$pack" --role reviewed-by --sign-key "$keys/review-key.pem" --sign-cert "$keys/review.pem" --tsa "$tsa" \
  >"$build/sign.log" 2>&1 </dev/null || { cat "$build/sign.log" >&2; exit 1; }

echo "verifies it"
"$kc" verify "$pack" --trust "$keys/ca.pem" --tsa-trust "$keys/tsa-ca.pem" --require-time-stamp

cat <<END

the report      $pack/data/report.pdf
the workbook    $pack/data/evidence.xlsx
for an auditor  $pack.zip (starts with README-auditor.md)
the program     $kc
try next        $kc assess --store $store
END
