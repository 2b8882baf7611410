#!/bin/bash
# One truth: findings.json, controls.json, the workbook, the PDF and report.txt show the same findings, results and numbers.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
pdftotext -layout "$pack/data/report.pdf" "$work/pdf.txt"
/usr/bin/python3 - "$pack/data" "$work/pdf.txt" <<'PY'
import json, os, re, sqlite3, sys
import openpyxl
data, pdf = sys.argv[1], open(sys.argv[2], encoding="utf-8").read()
text = open(os.path.join(data, "report.txt"), encoding="utf-8").read()
findings = json.load(open(os.path.join(data, "findings.json")))
controls = json.load(open(os.path.join(data, "controls.json")))
chain = json.load(open(os.path.join(data, "chain.json")))
book = openpyxl.load_workbook(os.path.join(data, "evidence.xlsx"))
facts = sqlite3.connect(f"file:{data}/facts.db?mode=ro", uri=True)
wrong = []
def same(what, a, b):
    if a != b:
        wrong.append(f"{what}: {a!r} and {b!r}"[:600])
def rows(name, key):
    out = {}
    for sheet in book.sheetnames:
        if sheet != name and not re.fullmatch(re.escape(name) + r" \(\d+\)", sheet):
            continue
        lines = book[sheet].iter_rows(values_only=True)
        head = next(lines)
        for line in lines:
            row = dict(zip(head, line))
            out[tuple(row[k] for k in key)] = row
    return out
words = lambda status: status.replace("-", " ")

# every finding in the workbook, with its words
sheet = rows("Findings", ["Finding"])
same("findings", {(f["id"],) for f in findings["findings"]}, set(sheet))
for f in findings["findings"]:
    row = sheet.get((f["id"],))
    if row:
        same(f["id"] + " status", words(f["status"]), row["Status"])
        same(f["id"] + " subject", f["subject"], row["Subject id"])
        for ours, theirs in (("severity", "Severity"), ("check", "Test"), ("reason", "Reason"), ("observed", "Observed"), ("expected", "Expected")):
            same(f["id"] + " " + ours, " ".join((f[ours] or "").split()), " ".join((row[theirs] or "").split()))

# counts
by = {}
for f in findings["findings"]:
    by[f["status"]] = by.get(f["status"], 0) + 1
for status, name in (("pass", "pass"), ("fail", "fail"), ("not-assessed", "not_assessed"), ("not-applicable", "not_applicable")):
    counted = {k.replace("-", "_"): v for k, v in findings["counts"].items()}.get(name)
    same(f"findings.json counts {status}", counted, by.get(status, 0))
tests = rows("Tests", ["Test"])
for check in {f["check"] for f in findings["findings"]}:
    mine = [f["status"] for f in findings["findings"] if f["check"] == check]
    for status, column in (("pass", "Pass"), ("fail", "Fail"), ("not-assessed", "Not assessed"), ("not-applicable", "Not applicable")):
        same(f"{check} {status}", mine.count(status), tests[(check,)][column])

# controls
sheet = rows("Controls", ["Framework", "Control"])
n = 0
for framework in controls["frameworks"]:
    results = {}
    for c in framework["controls"]:
        n += 1
        row = sheet.get((framework["title"], c["control"]))
        if row is None:
            wrong.append(f"{c['control']} is not in the workbook")
            continue
        same(c["control"] + " result", c["result"], row["Result"])
        for name, page in (("PDF", pdf), ("report.txt", text)):
            if c["control"] not in page:
                wrong.append(f"{c['control']} is not in the {name}")
same("controls", n, len(sheet))

# gaps, evidence, clusters
same("gaps", {g["ref"] for g in findings["gaps"]}, {k[0] for k in rows("Gaps", ["Gap"]) if k[0] and k[0].startswith("G-")})
same("evidence", facts.execute("SELECT count(*) FROM exchange").fetchone()[0],
     len([k for k in rows("Evidence", ["Evidence"]) if k[0] and k[0].startswith("E-")]))
sheet = rows("Clusters and chains", ["Cluster id"])
same("clusters", {c["cluster"] for c in findings["custody"]}, {k[0] for k in sheet if k[0] and k[0].startswith("/")})
for c in findings["custody"]:
    row = sheet.get((c["cluster"],))
    if row:
        same(c["cluster"] + " custody", words(c["status"]), row["Key custody"])
        same(c["cluster"] + " weakest", c["weakest"] or "", row["Weakest link"] or "")

# the pages: PDF and text name the same findings, all of them known, and every page's pack id
ids = lambda page: set(re.findall(r"\bF-[0-9a-f]{8}\b", page))
known = {f["id"] for f in findings["findings"]}
same("findings on the pages", ids(pdf), ids(text))
if not ids(text) <= known:
    wrong.append(f"pages name unknown findings: {ids(text) - known}")
failing = {f["id"] for f in findings["findings"] if f["status"] == "fail"}
if len(failing) <= 200 and not failing <= ids(text):
    wrong.append(f"failing findings that no page names: {sorted(failing - ids(text))[:5]}")
gaps = lambda page: set(re.findall(r"\bG-\d{4,}\b", page))
same("gaps on the pages", gaps(pdf), gaps(text))
for name, page in (("PDF", pdf), ("report.txt", text)):
    if findings["pack"] not in page:
        wrong.append(f"{name} does not name the pack")
same("pack", findings["pack"], controls["pack"])
same("pack", findings["pack"], chain["pack"])
same("snapshot", findings["snapshot"], chain["judged"])
for w in wrong[:40]:
    print(w)
print(len(known), "findings,", n, "controls,", len(wrong), "differences")
sys.exit(1 if wrong else 0)
PY
