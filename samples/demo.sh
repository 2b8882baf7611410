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

# Keys of this machine, made once: a root, the authority below it that issues, whoever makes packs, and whoever reviews them. Real
# packs are signed with the organisation's own.
ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
if [ ! -e "$keys/review.csr" ]; then
  rm -rf "$keys"
  mkdir -p "$keys"
  (
    umask 077
    cd "$keys"
    openssl req -x509 "${ec[@]}" -keyout ca.key -subj "/O=keycustody demo/CN=Demo root" -days 365 -out ca.pem
    printf 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n' >issuing.ext
    openssl req "${ec[@]}" -keyout issuing.key -subj "/O=keycustody demo/CN=Demo issuing authority" -out issuing.csr
    openssl x509 -req -in issuing.csr -CA ca.pem -CAkey ca.key -extfile issuing.ext -days 365 -out issuing.pem
    openssl req "${ec[@]}" -keyout key.pem -subj "/O=keycustody demo/CN=Pack maker" -out cert.csr
    openssl req "${ec[@]}" -keyout review-key.pem -subj "/O=keycustody demo/CN=Pack reviewer" -out review.csr
  ) 2>/dev/null
fi

# An authority of this machine that stamps and says whether a certificate was revoked, for as long as the demo runs; a real one is
# somebody else's. The certificates name its address.
coproc TSA { umask 077; exec /usr/bin/python3 "$root/samples/tsa.py" "$keys"; }
trap 'kill "$TSA_PID" 2>/dev/null || true' EXIT
read -r tsa <&"${TSA[0]}"
(
  cd "$keys"
  printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\nauthorityInfoAccess=OCSP;URI:%socsp\n' "$tsa" >person.ext
  : >issued
  for serial in 01:cert 02:review; do
    openssl x509 -req -in "${serial#*:}.csr" -CA issuing.pem -CAkey issuing.key -set_serial "0x${serial%:*}" -extfile person.ext -days 90 \
      -out "${serial#*:}.pem" 2>/dev/null
    printf 'V\t%s\t\t%s\tunknown\t/CN=%s\n' "$(date -u -d '90 days' +%y%m%d%H%M%SZ)" "${serial%:*}" "${serial#*:}" >>issued
    cat issuing.pem >>"${serial#*:}.pem"
  done
)
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
