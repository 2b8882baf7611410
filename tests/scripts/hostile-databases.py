#!/usr/bin/python3
"""Databases of a pack or a store that were made to hurt whoever opens them: verify refuses each with a line that names the file, in
time, and leaves nothing beside it. The pack's own signer made them, so that hashes and signature fit."""
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests"))
from made_pack import TRUST, W, check, collect, copy, files_of, hash_again, keys, kc, report, run, sign_again, signer

FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


def schema(path, line, *values):
    """Writes what SQLite itself would not let in."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA writable_schema = ON")
    db.execute(line, values)
    db.commit()
    db.close()


def statements(path, *lines):
    db = sqlite3.connect(path)
    for line in lines:
        db.execute(line)
    db.commit()
    db.close()


def bytes_at(path, at, data):
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(data)


def pages(path):
    """Every second page after the first filled with one byte."""
    size = os.path.getsize(path)
    for at in range(4096, size - 4095, 8192):
        bytes_at(path, at, b"\xff" * 4096)


def cut(path):
    os.truncate(path, os.path.getsize(path) // 2)


def other(path):
    """A view instead of the table that everything else hangs on; table: of facts or of a snapshot."""
    table = "finding" if path.name == "facts.db" else "exchange"
    statements(path, f"ALTER TABLE {table} RENAME TO moved", f"CREATE VIEW {table} AS {FOREVER}")


def extension(path):
    statements(path, "CREATE VIRTUAL TABLE words USING fts5(x)")


def function(column):
    """A column or an index that calls what is not to be called."""
    def deed(path):
        table = "finding" if path.name == "facts.db" else "exchange"
        schema(path, "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = ?", f"CREATE TABLE {table}(", f"CREATE TABLE {table}({column},", table)
    return deed


def ahead(path):
    """Its header asks for a log beside it, to be made where there is none. Nothing else is wrong with it."""
    bytes_at(path, 18, b"\2\2")


def huge(path):
    bytes_at(path, 28, b"\xff\xff\xff\xff")


def odd_page(path):
    bytes_at(path, 16, b"\0\1")


def nonsense(path):
    path.write_bytes(b"no database, " * 1000)


def empty(path):
    path.write_bytes(b"")


def recursion(path):
    """A schema that cannot be read."""
    schema(path, "UPDATE sqlite_schema SET sql = 'CREATE VIEW v AS SELECT * FROM v' WHERE rowid = (SELECT max(rowid) FROM sqlite_schema WHERE type = 'table')")


def blob(path):
    """An answer that says it unpacks to two gigabytes, and a text of 8 MB where a status is read."""
    if path.name == "facts.db":
        statements(path, "UPDATE finding SET title = printf('%.*c', 8000000, 'x')")
    else:
        for_all = sqlite3.connect(path)
        for (trigger,) in for_all.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            for_all.execute(f'DROP TRIGGER "{trigger}"')
        for_all.execute("UPDATE sqlar SET sz = 2000000000 WHERE name <> 'SHA256SUMS'")
        for_all.commit()
        for_all.close()


DEEDS = (("a view that never ends", other), ("a table by an extension", extension), ("a column that calls an extension", function("evil TEXT AS (load_extension('/tmp/x'))")),
         ("a column of a gigabyte", function("evil BLOB AS (zeroblob(2000000000))")), ("a check that writes", function("evil TEXT CHECK (writefile('/tmp/kc-evil', 'x'))")),
         ("a log beside it", ahead), ("more pages than there are", huge), ("pages of 1 byte", odd_page), ("damaged pages", pages), ("cut off", cut), ("no database", nonsense),
         ("empty", empty), ("a schema that names itself", recursion), ("too long values", blob))


def put(pack, name, deed):
    """The deed done to a copy of the pack, which is hashed and signed again by its own signer."""
    here = copy(pack)
    path = here / name
    path.chmod(0o600)
    try:
        deed(path)
    except sqlite3.Error as e:
        check(f"{name}: {deed.__name__} can be made", False, e)
    for left in here.rglob("*.db-*"):
        left.unlink()
    if name != "data/facts.db":
        doc = json.loads((here / "data/chain.json").read_text())
        doc["snapshots"][-1]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        (here / "data/chain.json").write_text(json.dumps(doc) + "\n")
        (here / (name + ".p7s")).unlink(missing_ok=True)
    hash_again(here)
    sign_again(here, "key")
    return here


def main():
    keys()
    collect("store", "2026-09-30T12:00:00Z")
    pack = report("packs", *signer("key"))
    snapshot = next(n for n in files_of(pack) if n.endswith(".db") and "snapshots" in n)
    for name in ("data/facts.db", snapshot):
        for what, deed in DEEDS:
            here = put(pack, name, deed)
            before, start = files_of(here), time.monotonic()
            code, said = kc("verify", here, *TRUST, "--deep")
            took = time.monotonic() - start
            fails = [line for line in said.splitlines() if line.startswith("FAIL")]
            fine = code == 5 and any(name in line for line in fails)
            check(f"{name}: {what}", fine or (deed is ahead and code in (0, 5)), f"exit {code}: {said}")
            check(f"{name}: {what}: in time", took < 60, took)
            check(f"{name}: {what}: nothing beside it", files_of(here) == before, set(files_of(here)) ^ set(before))
    check("nothing was written", not os.path.exists("/tmp/kc-evil"))
    for what, deed in DEEDS:
        store = W / "work/store"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(W / "store", store)
        path = next((store / "snapshots").glob("*.db"))
        path.chmod(0o600)
        deed(path)
        for left in store.rglob("*.db-*"):
            left.unlink()
        (store / "SHA256SUMS").chmod(0o600)
        (store / "SHA256SUMS").write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  snapshots/{path.name}\n")
        before = files_of(store)
        code, said = kc("verify", store)
        fine = code == 5 and any(line.startswith("FAIL") and path.name in line for line in said.splitlines())
        check(f"a store: {what}", (fine or (deed is ahead and code == 0)) and files_of(store) == before, f"exit {code}: {said}")


run(main)
