#!/bin/bash
# Every test, with sanitizers: installs what is missing, builds, runs ctest, and ends with one line: N passed, N failed, N skipped.
#   tests/run.sh [--quick] [-R REGEX]    --quick: installs no office suite and no Java; tests that want them are skipped
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../cmake/setup.sh"
export LC_ALL=C.UTF-8
build=$root/build/tests
packages=$kc_full only=()
while [ $# -gt 0 ]; do
  case $1 in
    --quick) packages=$kc_quick && export KC_QUICK=1 ;;
    -R) only=(-R "${2:?a pattern of names}") && shift ;;
    *) sed -n '2,3s/^# *//p' "$0" >&2 && exit 2 ;;
  esac
  shift
done

# shellcheck disable=SC2086
kc_install $packages
echo "builds with sanitizers in ${build#"$root"/}"
kc_make "$build" -DKC_SANITIZE=ON
rc=0
ctest --test-dir "$build" -j "$(nproc)" --output-on-failure --no-tests=error "${only[@]}" --test-output-size-passed 1000000 \
  --output-junit "$build/tests.xml" || rc=$?

# ctest's own closing lines do not count what was skipped.
/usr/bin/python3 - "$build/tests.xml" <<'PY'
import sys
import xml.etree.ElementTree as xml
suite = xml.parse(sys.argv[1]).getroot()
passed, failed, skipped = [], [], []
for case in suite.iter("testcase"):
    name, said = case.get("name"), (case.findtext("system-out") or "").splitlines()
    if case.find("failure") is not None:
        failed.append(name)
    elif case.find("skipped") is not None:
        words = [l.split(":", 1)[1] for l in said if l.startswith("skipped:")]
        skipped.append(name + (":" + words[-1] if words else ""))
    else:
        passed.append(name)
    # a part of a program of tests may be left out: cmocka names it twice
    parts = [l.split("]", 1)[1].strip() for l in said if l.startswith("[  SKIPPED ]") and "test(s)" not in l]
    skipped += [f"{name}: {part}" for part in sorted(set(parts))]
for name in skipped:
    print("skipped:", name)
for name in failed:
    print("failed:", name)
print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
PY
exit $rc
