#!/usr/bin/python3
"""The commands of README-auditor.md, taken from the file in the pack, on a machine where keycustody was never installed: a minimal
Debian (debootstrap) with what the file says is needed and no more, without a network. Each succeeds there; on a copy that was tampered
with each fails or says something else. The machine is kept in the build folder; it is made from the mirror and with the proxy that apt
of this machine uses. Not root, no debootstrap, no mirror: skipped."""
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests"))
from made_pack import TAGS, W, check, collect, copy, keys, report, run, serve, sign_again, signer

PLACE = pathlib.Path(os.environ.get("BUILD_DIR", "/var/tmp")).resolve() / "fresh-machine"
TREE = PLACE / "tree"


def skip(why):
    print("skipped:", why)
    shutil.rmtree(W, ignore_errors=True)
    sys.exit(77)


def said(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=False, **more)


def needed(readme):
    """The programs that the file names, as far as they are packages of their own."""
    words = re.findall(r"`([a-z0-9]+)`", re.search(r"You need no keycustody:.*?\n\n", readme, re.S)[0])
    return [w for w in words if re.search(r"^Package: " + re.escape(w) + "$", said("apt-cache", "show", w).stdout, re.M)]


def mirror():
    """Where apt gets this release from, with which key."""
    release = dict(line.rstrip("\n").split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
    codename = release.get("VERSION_CODENAME", "").strip('"')
    for line in said("apt-get", "indextargets", "--format", "$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(SIGNED_BY)", "Created-By: Packages").stdout.splitlines():
        uri, name, component, signed_by = line.split("|")
        if name == codename and component == "main":
            return uri, codename, signed_by
    skip("apt knows no mirror of this machine's release")


def machine(packages):
    """Made once; the folder's name tells of what."""
    uri, codename, signed_by = mirror()
    made = PLACE / "made-of"
    of = f"{uri} {codename} {' '.join(packages)}\n"
    if made.exists() and made.read_text() == of:
        return
    if said("apt-helper" if shutil.which("apt-helper") else "/usr/lib/apt/apt-helper", "download-file", f"{uri.rstrip('/')}/dists/{codename}/Release", str(W / "Release")).returncode:
        skip(f"the mirror {uri} does not answer")
    shutil.rmtree(PLACE, ignore_errors=True)
    (PLACE / "debs").mkdir(parents=True)
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for scheme in ("http", "https"):
        proxy = re.search(r'"(.+)"', said("apt-config", "dump", "--format", '%f "%v"%n', f"Acquire::{scheme}::Proxy").stdout)
        if proxy:
            env[f"{scheme}_proxy"] = proxy[1]
    key = ["--keyring", signed_by] if signed_by.startswith("/") else []
    done = said("debootstrap", "--variant=minbase", *key, f"--cache-dir={PLACE / 'debs'}", "--include=" + ",".join(packages), codename, str(TREE), uri, env=env)
    if done.returncode:
        sys.exit(f"FAILED: debootstrap: {(done.stdout + done.stderr)[-1500:]}")
    shutil.rmtree(PLACE / "debs")
    made.write_text(of)


def inside(folder, commands):
    """Runs them in that folder of the machine: no network, no process and no variable of this one."""
    line = f"mount -t proc proc '{TREE}/proc' && exec chroot '{TREE}' /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C /bin/bash -euo pipefail -c \"$1\" - "
    done = subprocess.run(["unshare", "-n", "-m", "-p", "-f", "sh", "-c", line, "-", f"cd '{folder}'\n{commands}"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", check=False)
    return done.returncode, done.stdout + done.stderr


def bring(pack, name):
    """A copy of the pack on the machine, with the certificates that the auditor has from elsewhere."""
    to = TREE / name / pack.name
    shutil.rmtree(to.parent, ignore_errors=True)
    shutil.copytree(pack, to)
    shutil.copy(W / "ca.pem", to / "CA.pem")
    shutil.copy(W / "tsa-ca.pem", to / "TSA.pem")
    return f"/{name}/{pack.name}"


def turn(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def tamper(pack):
    """Everything in it that some command looks at."""
    here = copy(pack)
    db = sqlite3.connect(here / "data/facts.db")
    db.executescript("DELETE FROM aks_cluster WHERE id = (SELECT min(id) FROM aks_cluster)")
    db.close()
    snapshot = next((here / "data/snapshots").glob("*.db"))
    db = sqlite3.connect(snapshot)
    for (trigger,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{trigger}"')
    db.execute("UPDATE snapshot SET recording_sha256 = replace(recording_sha256, '1', '2')")
    db.execute("INSERT INTO sqlar(name, mode, mtime, sz, data) VALUES ('../evil', 33152, 0, 1, x'78')")
    db.commit()
    db.close()
    turn(here / "data/report.pdf", 2000)
    with open(here / "data/report.txt", "a", encoding="utf-8") as f:
        f.write("x")
    sign_again(here, "other")
    turn(here / TAGS, 3)
    return here


def main():
    keys()
    tsa = serve()
    collect("store", "2026-09-30T12:00:00Z", *signer("key", tsa))
    pack = report("packs", *signer("key", tsa))
    readme = (pack / "README-auditor.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.M | re.S)
    packages = needed(readme)
    check("what is needed is named", {"openssl", "sqlite3"} <= set(packages), packages)
    machine(packages)
    check("nothing of keycustody is there", not list(TREE.rglob("*keycustody*")) and not (TREE / "usr/bin/python3").exists())
    check("no network", inside("/", "cat < /dev/tcp/127.0.0.1/9")[0] != 0)
    good, bad = bring(pack, "auditor"), bring(tamper(pack), "tampered")
    told = 0
    for n, block in enumerate(blocks, 1):
        code, text = inside(good, block)
        check(f"command {n} of README-auditor.md: {block}", code == 0, f"exit {code}: {text}")
        other_code, other = inside(bad, block)
        check(f"on a tampered pack command {n} tells: {block}", other_code != 0 or other != text, other)
        told += other_code != 0
    check("most end with an exit code of their own", told * 2 > len(blocks), told)
    for name in ("auditor", "tampered", "answers"):
        shutil.rmtree(TREE / name, ignore_errors=True)
    print(f"{len(blocks)} commands on a Debian with {', '.join(packages)}; {told} of them fail on a tampered pack, the others say something else")


if os.environ.get("KC_QUICK"):
    skip("left out of the short run: it makes a machine")
if os.geteuid() != 0:
    skip("not root: a machine cannot be made")
if not shutil.which("debootstrap"):
    skip("debootstrap is not installed")
if said("unshare", "-n", "-m", "-p", "-f", "true").returncode:
    skip("this root may not make namespaces")
run(main)
