#!/bin/bash
# What comes from outside is read by code that was fuzzed: tests/fuzz/fuzz_*.c, each with its seeds, for a few seconds. With
# clang it is libFuzzer; without, the seeds alone. For longer: FUZZ_SECONDS=3600 tests/scripts/fuzz-short.sh
set -euo pipefail
root=${SOURCE_DIR:-.}
work=${BUILD_DIR:-$(mktemp -d)}/fuzz
seconds=${FUZZ_SECONDS:-${KC_QUICK:+3}}
seconds=${seconds:-12}
mkdir -p "$work"
sources=("$root"/src/base/*.c "$root"/src/lib/{json,json_scan,wipe,http}.c "$root"/src/azure/{har,url,answer,secret,challenge,cloud,retry,limit}.c)
sources+=("$root"/src/lib/digest.c "$root"/src/pack/pdf_{read,words,check}.c)
sources+=("$root"/src/lib/{sign,sign_holder,sign_key,sign_parts,sign_pkcs11,sign_raw,stamp,xml,zip,zip_layout,deflate}.c "$root"/src/pack/manifest.c "$root"/src/pack/ooxml_*.c)
flags=(-std=c11 -g -O1 -D_GNU_SOURCE '-DKC_VERSION="fuzz"' -I"$root/src" -Wno-unused-command-line-argument)
read -ra libs <<<"$(pkg-config --cflags --libs libcjson libcurl libcrypto libzip libxml-2.0 zlib | tr '\n' ' ')"
# the table of files inside the program is made by the build; none is needed here
echo '#include "base/embed.h"
const struct embed_row embed_rows[] = {{0, 0, 0}};' >"$work/rows.c"
fuzzer=
if command -v clang >/dev/null; then
  echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n); int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return !d && n; }' >"$work/try.c"
  clang -fsanitize=fuzzer,address "$work/try.c" -o "$work/try" 2>/dev/null && fuzzer=1
fi
for target in "$root"/tests/fuzz/fuzz_*.c; do
  name=$(basename "$target" .c)
  seeds=$root/tests/fuzz/corpus/${name#fuzz_}
  # what a target needs besides stands in its first comment
  read -ra more <<<"$(sed -n 's/^ \* links: \(.*\) \*\/$/\1/p' "$target")"
  more=("${more[@]/#/$root/src/}")
  [ -n "$(ls "$seeds")" ] || { echo "FAILED: $name has no seeds"; exit 1; }
  if [ -n "$fuzzer" ]; then
    clang "${flags[@]}" -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined "$target" "${sources[@]}" "${more[@]}" "$work/rows.c" "${libs[@]}" -o "$work/$name"
    mkdir -p "$work/$name.new"
    (cd "$work" && "./$name" -max_total_time="$seconds" -max_len=4096 -timeout=5 -print_final_stats=1 "$name.new" "$seeds" >"$name.log" 2>&1) ||
      { tail -30 "$work/$name.log"; echo "FAILED: $name"; exit 1; }
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log") inputs"
  else
    cc "${flags[@]}" -Wno-error -fsanitize=address,undefined -fno-sanitize-recover=undefined "$target" "$root/tests/fuzz/driver.c" "${sources[@]}" "${more[@]}" "$work/rows.c" "${libs[@]}" -o "$work/$name"
    "$work/$name" "$seeds"/* || { echo "FAILED: $name"; exit 1; }
    echo "$name: $(ls "$seeds" | wc -l) seeds, no libFuzzer here"
  fi
done
