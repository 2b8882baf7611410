#!/usr/bin/python3
"""verify --deep: a signed, stamped and countersigned pack is judged and written again on a machine that has the pack alone, without a
network; and what its own signer altered before he hashed and signed is found, with the first difference."""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
import zlib

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests"))
from made_pack import KC, ROOT, TRUST, W, check, collect, copy, found, hash_again, holds, kc, keys, report, run, serve, sh, sign_again, signer

DEEP = ("--deep",)
WORDS = ("judged again: from the answers in", "data/report.txt: written again it is the same", "data/findings.json: written again it is the same",
         "data/controls.json: written again it is the same", "data/report.pdf: drawn again it is the same", "data/evidence.xlsx: written again it is the same")


def alone(pack):
    """No network, nothing of a home, another folder, the pack on a file system that nobody writes to."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "-m", "true"], check=False, capture_output=True).returncode:
        print("left out: without a network, since this is not root's own machine")
        return
    for name in ("empty", "tmp", "place"):
        (W / name).mkdir(exist_ok=True)
    for name in ("ca.pem", "tsa-ca.pem"):
        shutil.copy(W / name, W / "tmp" / name)
    line = (f"mount --bind {pack} {W}/place && mount -o remount,bind,ro {W}/place && ! touch {W}/place/x 2>/dev/null && cd / && "
            f"exec env -i HOME={W}/empty TMPDIR={W}/tmp {KC} verify {W}/place --trust {W}/tmp/ca.pem --tsa-trust {W}/tmp/tsa-ca.pem --require-time-stamp --deep")
    before = sorted(p.name for p in (W / "tmp").iterdir())
    end = subprocess.run(["unshare", "-n", "-m", "sh", "-c", line], capture_output=True, text=True, check=False)
    check("offline, read only, from the pack alone", end.returncode == 0 and all(w in end.stdout for w in WORDS), end.stdout + end.stderr)
    check("nothing stays behind", sorted(p.name for p in (W / "tmp").iterdir()) == before and not list((W / "empty").iterdir()))


def again(pack, name="key"):
    hash_again(pack)
    sign_again(pack, name)


def text(pack, name, old, new, *said):
    here = copy(pack)
    path = here / "data" / name
    data = path.read_text()
    check(f"{name} holds {old}", old in data)
    path.write_text(data.replace(old, new, 1))
    again(here)
    found(f"{name}: {old} became {new}", here, "data/" + name, *said, more=DEEP)


def tables(pack):
    def sql(what, line, *said):
        here = copy(pack)
        db = sqlite3.connect(here / "data/facts.db")
        db.executescript(line)
        db.close()
        again(here)
        found(what, here, *said, more=DEEP)
    fails = "(SELECT min(n) FROM finding WHERE status = 'fail')"
    sql("a finding made good", f"UPDATE finding SET status = 'pass' WHERE n = {fails}", "data/facts.db", "finding", "status: pass; the answers give: fail")
    sql("which its own test does not give", f"UPDATE finding SET status = 'pass' WHERE n = {fails}", "data/checks/", "another status")
    sql("a control made good", "UPDATE control_result SET fail = 0 WHERE fail > 0", "data/facts.db", "control_result", ", fail: 0; the answers give: ")
    sql("a fact that no test looks at", "UPDATE aks_cluster SET name = 'other'", "data/facts.db", "aks_cluster", "other")
    sql("a finding left out", f"DELETE FROM finding WHERE n = {fails}", "data/facts.db", "finding")
    sql("a table more", "CREATE TABLE more(x)", "data/facts.db", "tables and views")
    sql("a view in a table's place", "ALTER TABLE control_result RENAME TO t; CREATE VIEW control_result AS SELECT * FROM t", "data/facts.db")


def drawn(bare):
    """Signed over by hand, since the PDF's own signature would tell before: an unsigned pack, then a signature of the pack alone."""
    here = copy(bare)
    path = here / "data/report.pdf"
    pdf = path.read_bytes()
    done = False
    for m in re.finditer(rb"\bstream\r?\n", pdf):
        inflate = zlib.decompressobj()
        try:
            plain = inflate.decompress(pdf[m.end():])
        except zlib.error:
            continue
        size = len(pdf) - m.end() - len(inflate.unused_data)
        # two letters of a word change places
        packed = zlib.compress(re.sub(rb"\(\0([A-Z])\0([a-z])\0", rb"(\0\2\0\1\0", plain, count=1), 9)
        if b" Tj" in plain and inflate.eof and len(packed) <= size:
            pdf = pdf[:m.end()] + packed + bytes(size - len(packed)) + pdf[m.end() + size:]
            done = pdf != path.read_bytes()
        if done:
            break
    check("there is a page to alter", done)
    path.write_bytes(pdf)
    again(here)
    code, said = kc("verify", here, *TRUST)
    check("hashes and signature say nothing", code == 0, said)
    found("two letters of the PDF changed places", here, "data/report.pdf", "page", more=DEEP)


def book(bare, part, old, new, *said):
    here = copy(bare)
    path = here / "data/evidence.xlsx"
    with zipfile.ZipFile(path) as z:
        parts = [(i, z.read(i)) for i in z.infolist()]
    hit = [re.search(old, data) for i, data in parts if i.filename == part]
    check(f"{part} holds {old}", hit and hit[0])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for i, data in parts:
            z.writestr(i, re.sub(old, new, data, count=1) if i.filename == part else data)
    again(here)
    found(f"a workbook whose {part} was altered", here, "data/evidence.xlsx", *said, more=DEEP)


def main():
    keys()
    tsa = serve()
    for day in ("2026-06-30", "2026-09-30"):
        collect("store", day + "T12:00:00Z", *signer("key", tsa))
    pack = report("packs", *signer("key", tsa))
    code, said = kc("sign", pack, *signer("second", tsa))
    check("a reviewer signs", code == 0, said)
    holds("signed, stamped, signed by a second", pack, *WORDS, more=DEEP)
    holds("its zip", str(pack) + ".zip", *WORDS, more=DEEP)
    alone(pack)
    (W / "engagement.json").write_text(json.dumps({"format": 1, "organisation": "Contoso \u017d"}))
    shutil.copy(ROOT / "mappings/hipaa-security-rule.json", W / "own.json")
    for name, more in (("one", ("--framework", "pci-dss")), ("order", ("--framework", "hipaa", "--framework", "pci-dss")), ("own", ("--framework", "own.json")),
                       ("dated", ("--as-of", "2026-10-31T00:00:00Z")), ("for", ("--engagement", "engagement.json")), ("folder", ("--template", ROOT / "report-templates/default"))):
        holds(f"a report with {more[0]} {more[1]}", report(name, *more), *WORDS, trust=("--allow-unsigned",), more=DEEP)
    plain = report("plain", *signer("key"))
    tables(plain)
    finding = next(f for f in json.loads((plain / "data/findings.json").read_text())["findings"] if f["status"] == "fail")
    text(plain, "findings.json", f'"{finding["id"]}"', '"F-00000000"', "line ", "F-00000000", finding["id"])
    text(plain, "findings.json", '"complete": false', '"complete": true', 'line 12: "', "true")
    text(plain, "controls.json", "exceptions noted", "no exceptions seen", "line ", "exceptions noted")
    text(plain, "report.txt", "exceptions noted", "no exceptions seen", "line ", "exceptions noted")
    text(plain, "rebuild.sql", "CREATE", "create", "line ")
    bare = report("bare")
    drawn(bare)
    book(bare, "xl/worksheets/sheet3.xml", rb'(<c r="A3"[^>]*><v>)\d+', rb"\g<1>1", "sheet ", "cell A3")
    book(bare, "xl/sharedStrings.xml", rb"<t>fail</t>", b"<t>pass</t>", "text ", "pass", "fail")
    book(bare, "xl/styles.xml", rb"<sz ", b"<sz  ", "xl/styles.xml")
    here = copy(bare)
    with zipfile.ZipFile(here / "data/evidence.xlsx", "a") as z:
        z.writestr("xl/worksheets/sheet99.xml", "<worksheet/>")
    again(here)
    found("a sheet more", here, "data/evidence.xlsx", "sheet99", more=DEEP)



run(main)
