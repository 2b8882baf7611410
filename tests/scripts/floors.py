#!/usr/bin/python3
"""The house rules that a compiler does not see: which floor may include which, one file for each outside library,
file sizes, no words that promise later work."""
import fnmatch, os, re, sys

root = os.environ.get("SOURCE_DIR", ".")
floors = {"base": 0, "lib": 1, "store": 2, "azure": 3, "judge": 3, "report": 4, "render": 5, "pack": 6, "cmd": 7}
libraries = {
    "sqlite3.h": {"lib/db.c"}, "zlib.h": {"lib/db.c", "lib/deflate.c"}, "cjson/": {"lib/json.c"}, "zip.h": {"lib/zip.c"},
    "openssl/": {"lib/digest.c", "lib/sign*", "lib/stamp.c", "lib/revocation*", "lib/envelope.c", "lib/wipe.c", "lib/assertion.c", "lib/fips.c"}, "xlsxwriter.h": {"render/xlsx*"}, "curl/": {"lib/http.c"},
    "hpdf": {"render/pdf*"}, "libxml/": {"lib/xml.c"},
}
wrong = []
for folder, _, names in sorted(os.walk(os.path.join(root, "src"))):
    for name in sorted(names):
        if not name.endswith((".c", ".h")):
            continue
        path = os.path.join(folder, name)
        rel = os.path.relpath(path, os.path.join(root, "src"))
        floor = rel.split("/")[0] if "/" in rel else None
        text = open(path, encoding="utf-8").read()
        lines = text.split("\n")
        if len(lines) > 600:
            wrong.append(f"{rel}: {len(lines)} lines: more than 600")
        for at, line in enumerate(lines, 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if m and floor:
                other = m.group(1).split("/")[0]
                if other not in floors:
                    wrong.append(f"{rel}:{at}: include {m.group(1)} from src/, by its floor")
                elif floors[other] > floors[floor]:
                    wrong.append(f"{rel}:{at}: {floor} must not know {other}")
                elif floors[other] == floors[floor] and other != floor:
                    wrong.append(f"{rel}:{at}: {floor} and {other} do not see each other")
            m = re.match(r'\s*#\s*include\s+<([^>]+)>', line)
            if m:
                for library, owners in libraries.items():
                    if m.group(1).startswith(library) and not any(fnmatch.fnmatch(rel, o) for o in owners):
                        wrong.append(f"{rel}:{at}: {m.group(1)} is included in {', '.join(sorted(owners))} only")
            if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                wrong.append(f"{rel}:{at}: promises later work")
for w in wrong:
    print(w)
print(f"{len(wrong)} broken")
sys.exit(1 if wrong else 0)
