"""For scripts: the stand-in as a Python object, a live collection against it, and what a snapshot holds."""
import glob
import hashlib
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import zlib

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", ".")).resolve()
KC = os.environ["KEYCUSTODY"]
TENANT = "f4e897cc-7f4f-48e4-a54a-fe807230023d"  # of the recordings in samples/
READER = (ROOT / "samples" / "principal").read_text().strip()
HAR = str(ROOT / "samples" / "2026-09.har")
QUICK = bool(os.environ.get("KC_QUICK"))


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def need_live():
    """A program that was built without the live transport has nothing to show here."""
    usage = subprocess.run([KC, "collect", "--help"], capture_output=True, text=True, check=False)
    if "--cloud" not in usage.stdout + usage.stderr:
        skip("this program collects from recordings alone")


class Standin:
    """with Standin(work, options...) as s: a running server; s.url, s.thief, s.secret, ... as start.sh names them."""

    def __init__(self, work, *options, har=HAR, cert="good", tenant=TENANT, oid=READER):
        command = [str(ROOT / "tests" / "standin" / "start.sh"), str(work), "--recording", har, "--tenant", tenant,
                   "--oid", oid, *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "CERT": cert})
        if done.returncode:
            sys.exit(f"FAILED: the stand-in does not start: {done.stderr}")
        values = dict(word.split("=", 1) for word in done.stdout.split())
        for name, value in values.items():
            setattr(self, name[8:].lower(), value.strip("'"))
        self.pid = int(self.pid)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        os.kill(self.pid, 15)
        while os.path.exists(f"/proc/{self.pid}"):
            try:
                with open(f"/proc/{self.pid}/stat", encoding="utf-8") as f:
                    if f.read().split()[2] == "Z":
                        break
            except FileNotFoundError:
                break
        said = pathlib.Path(self.dir, "err").read_text(encoding="utf-8")
        if said:
            sys.exit(f"FAILED: the stand-in said: {said[:2000]}")

    def requests(self):
        with open(self.log, encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def secrets(self):
        """Everything that may be found nowhere: the tokens that were given, and the client's secret."""
        with open(self.tokens, encoding="utf-8") as f:
            return [line.strip() for line in f] + [self.secret]

    def env(self, **more):
        """Who signs in, and nothing of the caller's own."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "IDENTITY_", "MSI_", "IMDS_"))}
        return {**kept, "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": "22222222-2222-4222-8222-222222222222",
                "AZURE_CLIENT_SECRET": self.secret, **more}

    def command(self, store, *options):
        return [KC, "collect", "--store", str(store), "--cloud", self.url, "--ca-file", self.ca, *map(str, options)]

    def collect(self, store, *options, seconds=120, **env):
        """(exit code, everything it said). It must end in `seconds`."""
        try:
            done = subprocess.run(self.command(store, *options), capture_output=True, text=True, check=False,
                                  timeout=seconds, env=self.env(**env))
        except subprocess.TimeoutExpired:
            return None, f"it did not end in {seconds} s"
        return done.returncode, done.stdout + done.stderr


def snapshots(store):
    return sorted(glob.glob(os.path.join(store, "snapshots", "*.db")))


def inflate(data, size):
    return data if data is None or len(data) == size else zlib.decompress(data)


class Snapshot:
    """What the newest snapshot of a store says was read, and what was not. Places are (resource, subject)."""

    def __init__(self, store):
        self.path = snapshots(store)[-1]
        db = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        rows = db.execute("SELECT resource, lower(subject), complete, code FROM listing").fetchall()
        self.lists = {(r, s): c for r, s, c, _ in rows}
        # Azure said that the provider is not registered: its word that there is none
        self.none = {(r, s) for r, s, _, code in rows if code == "MissingSubscriptionRegistration"}
        self.gaps = {(r, s): c for r, s, c in db.execute("SELECT resource, lower(subject), code FROM gap")}
        self.bodies = {}
        for r, s, size, data in db.execute(
                "SELECT e.resource, lower(e.subject), a.sz, a.data FROM exchange e JOIN sqlar a ON a.name = 'answers/' || e.sha256 "
                "WHERE e.status = 200 AND e.usable ORDER BY e.n"):
            # the stand-in's port differs from run to run
            body = re.sub(rb"https://localhost:\d+", b"https://localhost", inflate(data, size))
            self.bodies.setdefault((r, s), set()).add(hashlib.sha256(body).hexdigest())
        db.close()


def every_byte(path):
    """The file as it is and, where it is a database, every value in it, inflated."""
    with open(path, "rb") as f:
        yield f.read()
    if not path.endswith(".db"):
        return
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.text_factory = bytes
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        for row in db.execute(f'SELECT * FROM "{table.decode()}"'):
            for value in row:
                if isinstance(value, bytes):
                    yield value
                    try:
                        yield zlib.decompress(value)
                    except zlib.error:
                        pass
    db.close()


def holds(paths, secrets):
    """The files below `paths` that hold one of the secrets (as text, or either half of it)."""
    needles = []
    for secret in secrets:
        parts = [secret] + [p for p in secret.split(".")[1:] if len(p) > 20]
        needles += [p.encode() for p in parts]
    found = []
    for top in paths:
        top = str(top)
        files = [top] if os.path.isfile(top) else [os.path.join(d, n) for d, _, names in os.walk(top) for n in names]
        for name in files:
            if any(n in block for block in every_byte(name) for n in needles):
                found.append(name)
    return found


def after_graph():
    """{resource: every resource that it is asked after, over any number of steps}."""
    direct = {}
    for name in glob.glob(str(ROOT / "src" / "azure" / "*.sql")):
        fields = {}
        for line in open(name, encoding="utf-8"):
            if not line.startswith("-- "):
                break
            key, colon, value = line[3:].partition(":")
            if colon and not key.startswith(" "):
                fields[key] = value.strip()
        direct[fields["resource"]] = [w.strip() for w in fields.get("after", "").split(",") if w.strip()]

    def all_of(r, seen):
        for up in direct.get(r, []):
            if up not in seen:
                seen.add(up)
                all_of(up, seen)
        return seen

    return {r: all_of(r, set()) for r in direct}
