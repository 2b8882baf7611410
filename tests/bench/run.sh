#!/bin/bash
# Time and memory of collect, assess and report on made-up tenants, and of report beside two pairs of Python libraries that write
# the same rows: tests/bench/run.sh [--large] [--rows N] [--keep FOLDER]. See README.md beside it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"
# shellcheck disable=SC2086
kc_install $kc_build python3 python3-openpyxl python3-reportlab python3-xlsxwriter poppler-utils
kc_make "$root/build/bench" -DCMAKE_BUILD_TYPE=Release -DKC_TESTS=OFF -DKC_BENCH=ON
exec /usr/bin/python3 "$root/tests/bench/bench.py" --program "$root/build/bench/keycustody" --draw "$root/build/bench/draw" "$@"
