#!/usr/bin/python3
"""Whatever is done to a finished pack or a store is found, and the line that says so names what: bits turned at random places of the
folder and of the zip, files added, dropped, renamed, doubled or swapped, findings edited and hashed again with and without a key, what
a hostile zip can hold, a chain of snapshots with a quarter missing or moved, clocks that were set. Untouched packs raise no alarm.
KC_SEED=N repeats a run, KC_PLACES=N turns N bits."""
import concurrent.futures
import glob
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import struct
import sys
import warnings
import zipfile

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests"))
from made_pack import (HAR, KC, LIST, PLAIN, QUICK, TAGS, W, check, collect, copy, files_of, found, hash_again, holds, kc, keys, report, run, serve, sh, sign_again,
                       signer, verify)

SEED = int(os.environ.get("KC_SEED", "20261125"))
PLACES = int(os.environ.get("KC_PLACES", "150" if QUICK else "1000"))


# ---- bits

def places(rng, folder, names, count):
    """Every file three times at least, the rest by size."""
    sizes = {n: (folder / n).stat().st_size for n in names}
    list_ = [n for n in names if sizes[n]] * 3
    if len(list_) > count:
        list_ = rng.sample(list_[:len(list_) // 3], min(count, len(list_) // 3))
    list_ += rng.choices(names, [sizes[n] for n in names], k=count - len(list_))
    return [(n, rng.randrange(sizes[n]), rng.randrange(8)) for n in list_]


def turn(path, at, bit):
    with open(path, "r+b") as f:
        f.seek(at)
        b = f.read(1)[0]
        f.seek(at)
        f.write(bytes([b ^ (1 << bit)]))


def by_two(work, jobs):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [row for rows in pool.map(work, (0, 1), (jobs[0::2], jobs[1::2])) for row in rows]


def bits_of_folder(pack, rng):
    names = files_of(pack)

    def work(n, jobs):
        here, out = copy(pack, f"bits{n}"), []
        for i, (name, at, bit) in enumerate(jobs):
            turn(here / name, at, bit)
            code, said = verify(here, program=PLAIN if i % 4 else KC)
            turn(here / name, at, bit)
            named = [line for line in said.splitlines() if name in line and (line.startswith("FAIL") or line.startswith("note") and "issuer is not known here" in line)]
            # a certificate that came along and that nobody here can judge is named by a note
            out.append((code == 5 or (code == 0 and name.endswith(".p7s"))) and bool(named) or (name, at, bit, code, said))
        return out
    jobs = places(rng, pack, names, PLACES)
    missed = [row for row in by_two(work, jobs) if row is not True]
    check(f"{len(jobs)} bits of a folder of {len(names)} files", not missed, missed[:3])
    check("every file was hit", {j[0] for j in jobs} >= set(names) or PLACES < len(names))


def members(path):
    with zipfile.ZipFile(path) as z:
        return {i.filename: z.read(i) for i in z.infolist()}


def harmless_places(data):
    """Of an archive's bytes those that say nothing about the files: times, versions, attributes (APPNOTE.TXT 4.3.7, 4.3.12)."""
    out = set()
    end = struct.unpack("<I", data[-6:-2])[0]
    at = end
    while data[at:at + 4] == b"PK\1\2":
        n, m, k = struct.unpack("<3H", data[at + 28:at + 34])
        local = struct.unpack("<I", data[at + 42:at + 46])[0]
        out |= set(range(at + 4, at + 8)) | set(range(at + 12, at + 16)) | set(range(at + 36, at + 42)) # versions, time, attributes
        out |= {at + 8, at + 9} | set(range(at + 46 + n, at + 46 + n + m)) # flags, extra fields
        out |= set(range(local + 4, local + 8)) | set(range(local + 10, local + 14))
        x = struct.unpack("<H", data[local + 28:local + 30])[0]
        out |= {local + 6, local + 7} | set(range(local + 30 + n, local + 30 + n + x))
        at += 46 + n + m + k
    return out


def bits_of_zip(zipped, rng):
    data = zipped.read_bytes()
    good, harmless = members(zipped), harmless_places(data)
    jobs = [(rng.randrange(len(data)), rng.randrange(8)) for _ in range(PLACES // 5)]
    jobs += [(at, rng.randrange(8)) for at in rng.sample(sorted(harmless), PLACES // 20)]
    list_ = struct.unpack("<I", data[-6:-2])[0]
    jobs += [(rng.randrange(list_, len(data)), rng.randrange(8)) for _ in range(PLACES // 20)]

    def work(n, jobs):
        path, out = W / f"bits{n}.zip", []
        for i, (at, bit) in enumerate(jobs):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            path.write_bytes(changed)
            code, said = verify(path, program=PLAIN if i % 4 else KC)
            fine = code == 5 and "FAIL" in said
            if code == 0: # then the files must be the very same
                try: # a place that says nothing, or one of the bits that fill up the last byte of a deflated stream (RFC 1951, 3.2.3)
                    fine = members(path) == good and (at in harmless or at < list_)
                except (zipfile.BadZipFile, NotImplementedError, RuntimeError): # Python is stricter about versions and flags
                    fine = at in harmless
            out.append(fine or (at, bit, code, said))
        return out
    missed = [row for row in by_two(work, jobs) if row is not True]
    check(f"{len(jobs)} bits of a zip", not missed, missed[:3])


# ---- files

def files(pack, other, rng):
    names = files_of(pack)
    for name in rng.sample(names, 6 if QUICK else 16):
        here = copy(pack)
        os.remove(here / name)
        found(f"{name} dropped", here, "signature" if name == TAGS + ".p7s" else name)
        here = copy(pack)
        os.rename(here / name, here / (name + "x"))
        found(f"{name} renamed", here, name if name == TAGS else name + "x") # without the list nothing is known to be too much
        here = copy(pack)
        shutil.copy(here / name, here / (os.path.dirname(name) + "/" * ("/" in name) + "copy-" + os.path.basename(name)))
        if name != TAGS + ".p7s":
            found(f"{name} doubled", here, "copy-" + os.path.basename(name))
    for name in ("data/extra", "extra", "data/new/deep/file", "data/.hidden", "x.tsr", TAGS + ".tsr", "x.p7s", "data/facts.db-journal", "data/facts.db-wal",
                 "data/snapshots/20300101T000000Z-00000000.db"):
        here = copy(pack)
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(b"x")
        found(f"{name} added", here, name)
    for name in (".p7s.ocsp-1.der", ".p7s.crl-2.pem", ".p7s.other"): # the first two are names that may stand beside a signature
        here = copy(pack)
        (here / (TAGS + name)).write_bytes(b"x")
        found(f"{name} added", here, name.rsplit(".p7s.")[1])
    here = copy(pack)
    here = here.rename(here.parent / other.name)
    found("named as another pack", here, pack.name, other.name)
    holds("named as nobody's", here.rename(here.parent / "evidence"))
    for name in ("data/report.txt", "tagmanifest-sha256.txt.p7s"):
        here = copy(pack)
        os.remove(here / name)
        os.symlink(pack / name, here / name)
        found(f"{name} a link", here, name)
    shared = [n for n in names if (other / n).exists() and (other / n).read_bytes() != (pack / n).read_bytes()]
    check("two packs differ", len(shared) >= 8, shared)
    for name in shared:
        here = copy(pack)
        shutil.copy(other / name, here / name)
        found(f"{name} of another pack", here, name)
    here = copy(pack)
    one, two = "data/findings.json", "data/controls.json"
    os.rename(here / one, here / "t")
    os.rename(here / two, here / one)
    os.rename(here / "t", here / two)
    found("two files swapped", here, two)
    here = copy(pack)
    for name in (LIST, TAGS, TAGS + ".p7s"):
        shutil.copy(other / name, here / name)
    found("all lists of another pack", here, "data/report.pdf")


def edited(pack):
    """A finding made good, and everything hashed again."""
    here = copy(pack)
    db = sqlite3.connect(here / "data/facts.db")
    check("there is a finding to edit", db.execute("UPDATE finding SET status = 'pass' WHERE n = (SELECT min(n) FROM finding WHERE status = 'fail')").rowcount == 1)
    db.commit()
    db.close()
    found("a finding edited", here, "data/facts.db", "changed")
    hash_again(here)
    found("a finding edited and hashed again", here, TAGS + ".p7s")
    found("the same for one who trusts nobody", here, TAGS + ".p7s", trust=())
    sign_again(here, "other")
    found("and signed by another key", here, TAGS + ".p7s", "certificate")
    found("whose signature has no stamp", here, TAGS + ".p7s", "no time stamp", "data/options.json", trust=())
    found("deep, too, though hashes and signature fit", here, TAGS + ".p7s", more=("--deep",))


def resigned(plain):
    here = copy(plain)
    sign_again(here, "other")
    found("another key's signature", here, TAGS + ".p7s", "certificate")
    sign_again(here, "second")
    found("another key of the same CA over the lists alone", here, "data/")
    theirs = report("theirs", *signer("other"))
    found("a pack made anew with another key", theirs, TAGS + ".p7s", "certificate")
    holds("without trust the line says what was not checked", theirs, "CN=Test other", "whose that is was not checked: --trust CA.pem", trust=())


def signatures(pack):
    name = TAGS + ".p7s"
    here = copy(pack)
    os.remove(here / name)
    found("no signature", here, "signature", "unsigned")
    here = copy(pack)
    data = (here / name).read_bytes()
    (here / name).write_bytes(data + b"x")
    found("bytes behind a signature", here, name)
    (here / name).write_bytes(data[:-1])
    found("a signature cut off", here, name)
    here = copy(pack)
    sh(f"openssl cms -sign -cades -binary -outform DER -in {here / 'bag-info.txt'} -signer key.crt -inkey key.key -md sha256 -out {here / name}")
    found("the signer's signature of something else", here, name)
    sh(f"openssl cms -sign -cades -binary -outform DER -in {here / TAGS} -signer key.crt -inkey key.key -md sha256 -out {here / name}")
    found("a signature whose stamp was left out", here, name, "no time stamp")
    here = copy(pack)
    seal = next(n for n in files_of(here) if n.endswith(".db.p7s"))
    shutil.copy(here / seal, here / name)
    found("the seal as the pack's signature", here, name)
    here = copy(pack)
    with open(here / "data/report.pdf", "ab") as f:
        f.write(b"\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n1 1\n0000000000 00000 n\r\ntrailer\n<< /Size 2 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n")
    found("an increment of the PDF", here, "data/report.pdf: changed")
    hash_again(here)
    sign_again(here, "key")
    found("the same, hashed and signed again by the pack's own key", here, "data/report.pdf")
    sh(f"openssl ts -query -data {pack / TAGS} -sha256 -cert -out ask && openssl ts -reply -config tsa.cnf -section tsa -queryfile ask -out answer")
    here = copy(pack)
    shutil.copy(W / "answer", here / (TAGS + ".tsr"))
    holds("a stamp beside the pack", here, TAGS + ".tsr: " + TAGS + " was there at 20")
    found("of nobody who is trusted", here, TAGS + ".tsr", trust=("--trust", "ca.pem", "--tsa-trust", "other-ca.pem"))
    shutil.copy(W / "answer", here / "bagit.txt.tsr")
    found("a stamp of another file", here, "bagit.txt.tsr")


# ---- zip

warnings.simplefilter("ignore") # of names that stand there twice


def entry(z, name, data=b"x", mode=0o100644, **more):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr, info.compress_type = 3, mode << 16, more.pop("compress", zipfile.ZIP_STORED)
    for key, value in more.items():
        setattr(info, key, value)
    z.writestr(info, data)


def zips(pack, zipped):
    top = pack.name + "/"
    path = W / "t.zip"
    for what, name, said in (("..", "../evil", "evil"), (".. behind the folder", top + "../evil", "evil"), ("an absolute name", "/etc/evil", "/etc/evil"),
                             ("a drive", "C:/evil", "C:/evil"), ("a backslash", top + "data\\evil", "evil"), ("a second name", top + "data/report.txt", "twice"),
                             ("another case", top + "DATA/report.txt", "twice"), ("beside the folder", "evil", "evil"), ("another folder", "KC-other/x", "KC-other/x"),
                             ("a dot", top + "./x", "./x"), ("an empty part", top + "data//x", "data//x"), ("a control character", top + "a\nb", "zip"),
                             ("a name not of ASCII", top + "r\u00e9port", "zip"), ("a file below a file", top + "data/report.txt/x", "data/report.txt/x"),
                             ("a long name", top + "n" * 300, "nnn"), ("a stranger", top + "data/stranger", "data/stranger")):
        shutil.copy(zipped, path)
        with zipfile.ZipFile(path, "a") as z:
            entry(z, name)
        found(f"zip: {what}", path, said)
    for what, mode in (("a link", 0o120777), ("a pipe", 0o010644), ("a device", 0o020644), ("a folder that is a file", 0o040755)):
        shutil.copy(zipped, path)
        with zipfile.ZipFile(path, "a") as z:
            entry(z, top + "data/special", b"/etc/passwd", mode)
        found(f"zip: {what}", path, "data/special")
    shutil.copy(zipped, path)
    with zipfile.ZipFile(path, "a") as z: # a gigabyte of zeros in a megabyte: it goes nowhere near the disk
        entry(z, top + "data/bomb", bytes(64 << 20), compress=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as z:
        at = z.getinfo(top + "data/bomb").header_offset
    where = data.rindex(b"PK\1\2")
    for place in (at + 22, where + 24):
        data[place:place + 4] = struct.pack("<I", 1000)
    path.write_bytes(data)
    found("zip: a bomb that tells a small size", path, "data/bomb")
    sparse(path, top)
    found("zip: more than anybody unpacks", path, "zip", "refused")
    good = zipped.read_bytes()
    list_ = struct.unpack("<I", good[-6:-2])[0]
    end = good[-22:]
    for what, data in (("bytes before it", b"MZ" + good), ("bytes behind it", good + b"x"), ("a comment", good[:-2] + b"\1\0x"), ("half of it", good[:len(good) // 2]),
                       ("empty", b""), ("no zip", b"PK\3\4" + bytes(100)),
                       ("bytes that belong to no entry", good[:list_] + b"hidden" + good[list_:-22] + end[:16] + struct.pack("<I", list_ + 6) + b"\0\0"),
                       ("bytes behind the list", good[:-22] + b"hidden" + end)):
        path.write_bytes(data)
        found(f"zip: {what}", path, "zip")
    shutil.copy(zipped, path)
    with zipfile.ZipFile(path, "a") as z: # Info-ZIP's unzip takes the second name
        entry(z, top + "data/extra", extra=struct.pack("<HHBI", 0x7075, 5 + 7, 1, 0) + b"../evil")
    found("zip: a second name in an extra field", path, "second name")
    overlapped = bytearray(good)
    first = struct.unpack("<I", good[list_ + 42:list_ + 46])[0]
    second = list_ + 46 + sum(struct.unpack("<3H", good[list_ + 28:list_ + 34]))
    overlapped[second + 42:second + 46] = struct.pack("<I", first)
    path.write_bytes(overlapped)
    found("zip: two entries that share bytes", path, "zip")
    with zipfile.ZipFile(zipped) as z, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for i in z.infolist():
            if not i.filename.endswith("data/report.txt"):
                out.writestr(i, z.read(i))
    found("zip: a file left out", path, "data/report.txt: missing")
    check("nothing stays behind", not glob.glob(os.environ.get("TMPDIR", "/tmp") + "/keycustody-verify-*/" + pack.name))


def sparse(path, top):
    """Two entries of 40 GB each, as they claim; there is a byte of each."""
    out, rows = b"", b""
    for name in (top + "a", top + "b"):
        n = name.encode()
        extra = struct.pack("<HHQQ", 1, 16, 40 << 30, 1)
        head = struct.pack("<HHHHHIIIHH", 45, 0, 8, 0, 0x21, 0, 0xffffffff, 0xffffffff, len(n), len(extra))
        rows += b"PK\1\2" + struct.pack("<H", 0x32d) + head + struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, len(out)) + n + extra
        out += b"PK\3\4" + head + n + extra + b"\0"
    path.write_bytes(out + rows + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 2, 2, len(rows), len(out), 0))


# ---- chain, stores, clocks

def put_json(path, doc):
    path.write_text(json.dumps(doc, indent=1) + "\n")


def chains(pack):
    """The signer himself rewrites the list: hashes and signature fit."""
    def rewritten(change):
        here = copy(pack)
        doc = json.loads((here / "data/chain.json").read_text())
        change(doc["snapshots"])
        put_json(here / "data/chain.json", doc)
        hash_again(here)
        sign_again(here, "key")
        return here
    ids = [s["id"] for s in json.loads((pack / "data/chain.json").read_text())["snapshots"]]
    check("a chain of three", len(ids) == 3, ids)
    found("the first snapshot dropped", rewritten(lambda s: s.pop(0)), "chain", ids[1])
    found("one in the middle dropped", rewritten(lambda s: s.pop(1)), "chain", ids[2])
    found("the newest dropped, which is in the pack", rewritten(lambda s: s.pop()), "chain")
    found("two in another order", rewritten(lambda s: s.insert(0, s.pop(1))), "chain", ids[0])
    found("one dated before the one before it", rewritten(lambda s: s[1].update(taken_at="2020-01-01T00:00:00Z")), "chain", ids[1])
    found("two of the same time", rewritten(lambda s: s[1].update(taken_at=s[0]["taken_at"])), "chain", ids[1])
    found("one listed twice", rewritten(lambda s: s.insert(1, dict(s[0]))), "chain", ids[0])
    found("another hash", rewritten(lambda s: s[0].update(sha256="0" * 64)), "chain", ids[1])

    def mended(s): # the list hangs together; the snapshot in the pack still names the one that was dropped
        s.pop(1)
        s[1]["previous"] = s[0]["sha256"]
    found("one dropped and the list mended", rewritten(mended), "data/snapshots/")


def stores(tsa):
    store = W / "store"

    def changed(change):
        here = W / "work" / "store"
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(store, here)
        sh(f"chmod -R u+w {here}")
        rows = (here / "SHA256SUMS").read_text().splitlines(True)
        change(here, rows)
        (here / "SHA256SUMS").write_text("".join(rows))
        return here, rows
    holds("an untouched store", store, "3 snapshots, each whole")
    names = [row[66:].strip() for row in (store / "SHA256SUMS").read_text().splitlines()]
    for i in range(2):
        here, _ = changed(lambda d, rows, i=i: (os.remove(d / names[i]), os.remove(d / (names[i] + ".p7s")), rows.pop(i)))
        found(f"snapshot {i} of a store dropped, from its list too", here, os.path.basename(names[i + 1]))
    found("a snapshot dropped", changed(lambda d, rows: os.remove(d / names[0]))[0], os.path.basename(names[0]), "missing")
    found("two rows in another order", changed(lambda d, rows: rows.insert(0, rows.pop(1)))[0], os.path.basename(names[0]))
    found("a snapshot added", changed(lambda d, rows: shutil.copy(d / names[0], d / names[0].replace("snapshots/2026", "snapshots/2025")))[0], "snapshots/2025")

    def again(d, rows): # edited and its hash put into the list: the seal and the next one's word tell
        db = sqlite3.connect(d / names[0])
        db.execute("DROP TRIGGER IF EXISTS snapshot_fixed")
        db.execute("PRAGMA user_version = 1")
        for (trigger,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{trigger}"')
        db.execute("UPDATE snapshot SET taken_at = '2026-03-30T12:00:00Z'")
        db.commit()
        db.close()
        rows[0] = hashlib.sha256((d / names[0]).read_bytes()).hexdigest() + rows[0][64:]
    here, _ = changed(again)
    found("a snapshot back-dated, and its hash in the list", here, os.path.basename(names[0]))
    found("whose seal does not fit", here, os.path.basename(names[0]), "seal")
    found("which the next one does not follow", here, os.path.basename(names[1]), "it follows")
    code, said = kc("collect", "--store", "store", "--replay", HAR, "--taken-at", "2026-09-30T11:59:59Z")
    check("none that is older than the newest is taken", code == 1 and "2026-09-30T12:00:00Z" in said, said)
    clocks(tsa)


def clocks(tsa):
    collect("future", "2026-09-30T12:00:00Z", *signer("key", tsa + "+172800"))
    found("a stamp of the day after tomorrow", "future", "still to come")
    found("by whoever it is", "future", "still to come", trust=())
    collect("past", "2026-09-30T12:00:00Z", *signer("key", tsa + "-172800"))
    found("a stamp older than the collection", "past", "was stamped at", "one of the clocks was set", trust=())
    collect("ahead", "2030-01-01T00:00:00Z", *signer("key", tsa))
    found("a snapshot of a time to come", "ahead", "was stamped at", "2030-01-01")
    code, said = verify("store")
    check("one that was stamped long after is named", code == 0 and re.search(r"note .*was stamped \d+ days after", said), said)
    late = report("late", *signer("key", tsa + "-7200"), store="store")
    found("a pack stamped before the seal that it holds", late, "data/snapshots/", "after the pack that holds it", trust=())


# ---- no false alarm

def untouched(packs):
    for pack in packs:
        holds(f"{pack.parent.name}: untouched", pack)
        holds("as a zip", str(pack) + ".zip")
        out = W / f"{pack.parent.name}-tools"
        out.mkdir()
        cp = f"cd {pack.parent} && "
        sh(cp + f"/usr/bin/python3 -m zipfile -c {out}/python.zip {pack.name}")
        for tool, line in (("zip", f"zip -q -r {out}/zip.zip {pack.name}"), ("zip", f"zip -q -r - {pack.name} >{out}/pipe.zip"), ("bsdtar", f"bsdtar -a -cf {out}/bsdtar.zip {pack.name}"),
                           ("7z", f"7z a -bso0 {out}/7z.zip {pack.name}")):
            if shutil.which(tool):
                sh(cp + line)
        for path in sorted(out.glob("*.zip")):
            holds(f"zipped by {path.stem}", path)


def main():
    print(f"seed {SEED}, {PLACES} places")
    rng = random.Random(SEED)
    keys()
    tsa = serve()
    for day in ("2026-03-31", "2026-06-30", "2026-09-30"):
        collect("store", day + "T12:00:00Z", *signer("key", tsa))
    pack = report("packs", *signer("key", tsa))
    other = report("hipaa", "--framework", "hipaa", *signer("key", tsa))
    plain = report("plain", *signer("key"))
    code, said = kc("sign", other, *signer("second", tsa))
    check("a second signer", code == 0, said)
    untouched((pack, other, plain))
    files(pack, other, rng)
    edited(pack)
    resigned(plain)
    signatures(pack)
    zips(pack, pathlib.Path(str(pack) + ".zip"))
    chains(plain)
    stores(tsa)
    bits_of_folder(pack, rng)
    bits_of_zip(pathlib.Path(str(pack) + ".zip"), rng)


run(main)
