#!/bin/bash
# A collection that is killed at any moment, or whose disk fills up, leaves the store whole: what was in the chain before is in it
# after, verify finds nothing, and the next collection succeeds.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
har=$(echo "$recordings" | tail -n 1)
principal="--principal $principal"
kills=${KILLS:-60}
base=$work/base
cp -a "$store" "$base"
before=$(sha256sum <"$base/SHA256SUMS")

collect() { # collect STORE UTC
  # shellcheck disable=SC2086
  "$kc" collect --store "$1" --replay "$har" --taken-at "$2" $principal
}
whole() { # whole STORE: what was there before is there still, and nothing is broken
  "$kc" verify "$1" --allow-unsigned >"$work/verify.log" 2>&1 || { cat "$work/verify.log"; fail "$2: the store does not verify"; }
  head -c "$(stat -c %s "$base/SHA256SUMS")" "$1/SHA256SUMS" | sha256sum | grep -qx "$before" || fail "$2: the chain lost a line"
}

start=$(date +%s%N)
cp -a "$base" "$work/timed"
collect "$work/timed" 2027-01-01T00:00:00Z >/dev/null 2>&1 || [ $? = 4 ] || fail "a collection without faults"
took=$((($(date +%s%N) - start) / 1000000))

echo "kill -9 at $kills moments of $took ms"
killed=0
for i in $(seq "$kills"); do
  chmod -R u+w "$work/k" 2>/dev/null || true
  rm -rf "$work/k"
  cp -a "$base" "$work/k"
  # shellcheck disable=SC2086 # not the function: what is killed must be the program, not a shell that waits for it
  "$kc" collect --store "$work/k" --replay "$har" --taken-at 2027-01-01T00:00:00Z $principal >/dev/null 2>&1 &
  pid=$!
  sleep "$(printf '%d.%03d' $((took * i / kills / 1000)) $((took * i / kills % 1000)))"
  kill -9 $pid 2>/dev/null && killed=$((killed + 1))
  wait $pid 2>/dev/null || true
  # what a killed run left half is no snapshot; a snapshot on its way into the chain is finished or dropped by the next run
  rc=0
  collect "$work/k" 2027-02-01T00:00:00Z >"$work/next.log" 2>&1 || rc=$?
  [ $rc = 0 ] || [ $rc = 4 ] || { cat "$work/next.log"; fail "kill $i: the next collection: exit $rc"; }
  whole "$work/k" "kill $i"
  [ -z "$(find "$work/k" -name '*.partial*' -o -name '*.next')" ] || fail "kill $i: left behind: $(find "$work/k" -name '*.partial*')"
done
echo "$killed of $kills were still running when they were killed"
[ "$killed" -gt $((kills / 4)) ] || fail "hardly any run was killed: the times are wrong"

echo "a full disk"
size=$(du -sk "$base" | cut -f 1)
if mkdir "$work/full" && mount -t tmpfs -o size=$((size + 64))k tmpfs "$work/full" 2>/dev/null; then
  trap 'umount "$work/full" 2>/dev/null || true; chmod -R u+w "$work"; rm -rf "$work"' EXIT
  full=0
  for room in 8 40 120 400 1200; do
    mount -o remount,size=$((size + room + 200))k "$work/full"
    chmod -R u+w "$work/full"; rm -rf "$work/full/store"
    cp -a "$base" "$work/full/store"
    used=$(df -k --output=used "$work/full" | tail -n 1)
    mount -o remount,size=$((used + room))k "$work/full"
    rc=0
    TMPDIR=$work/full collect "$work/full/store" 2027-01-01T00:00:00Z >/dev/null 2>"$work/full.log" || rc=$?
    if [ $rc = 1 ]; then
      full=$((full + 1))
      [ "$(grep -c '^keycustody: ' "$work/full.log")" -ge 1 ] || { cat "$work/full.log"; fail "$room KiB of room: no message"; }
    elif [ $rc != 0 ] && [ $rc != 4 ]; then
      cat "$work/full.log"
      fail "$room KiB of room: exit $rc"
    fi
    mount -o remount,size=$((size + 8000))k "$work/full"
    [ -z "$(find "$work/full/store" -name '*.partial')" ] || fail "$room KiB of room: a partial file stayed"
    whole "$work/full/store" "$room KiB of room"
  done
  umount "$work/full"
  [ $full -gt 0 ] || fail "the disk never filled up"
  echo "$full of 5 collections met a full disk"
else
  echo "no right to mount a small file system: only the killed runs were tried"
fi
