#!/usr/bin/python3
"""A second opinion. tests/opinion judges a snapshot's raw answers anew, in Python, from the documents alone: no line of C or SQL is
shared. Every subject of every check must come to the same status as keycustody's own findings, for the sample recordings, with and
without the engagement file and the caller's name, and for variants of the newest: one answer changed by rule, drawn by seed.

VARIANTS=N draws N (default 100), SEED=S starts elsewhere (default 1)."""
import concurrent.futures
import glob
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

root = os.environ.get("SOURCE_DIR", ".")
sys.path.insert(0, os.path.join(root, "tests", "opinion"))
sys.dont_write_bytecode = True
import disks  # noqa: E402
import estate  # noqa: E402
import keys  # noqa: E402
import rights  # noqa: E402
import vary  # noqa: E402

plain = os.path.join(os.environ["BUILD_DIR"], "tests", "keycustody_plain")
samples = os.path.join(root, "samples")
principal = open(os.path.join(samples, "principal"), encoding="utf-8").read().strip()
engagement = os.path.join(samples, "engagement.json")
work = tempfile.mkdtemp()
CHECKS = {**disks.CHECKS, **keys.CHECKS, **rights.CHECKS}


def run(*args):
    done = subprocess.run([plain, *args], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 4):
        raise RuntimeError(f"{args[0]}: exit {done.returncode}: {done.stderr[-300:]}")
    return done.stdout


def tolerate(check, ours, other):
    """What the documents leave open, each time towards caution. It holds for variants; the samples must agree to the word."""
    unknown = {s for s, (status, reason) in other.items() if status == estate.NOT and reason.startswith("population not known")}
    for s in sorted({*ours, *other}):
        mine, (status, reason) = ours.get(s), other.get(s, (None, ""))
        # keycustody holds lists against each other (nodes against disks, pools against scale sets) and withdraws its total: no subject of ours.
        superfluous = mine is None and s in unknown
        # An item of which a member has the wrong type has no row of its own; the row of what it was listed in says so.
        left_out = status is None and any(u == "/".join(s.split("/")[:3]) or s.startswith(u) for u in unknown)
        # An answer of which a member has the wrong type may be left aside whole, and what it says of others with it.
        aside = status == estate.NOT and "WrongType" in reason
        # Lists that tell one assignment differently: a fail may rest on one of them, a pass may not.
        contradiction = check == "policy-cmk-enforced" and mine == estate.NOT and status == estate.FAIL
        if superfluous or left_out or aside or contradiction:
            ours.pop(s, None)
            other.pop(s, None)


def differences(store, options, varied=False):
    """(check, subject, the opinion's status, keycustody's, its reason) where they differ, and how many were compared."""
    doc = json.loads(run("assess", "--store", store, "--format", "json", *options))
    policy = {p["name"]: (p["value"], p["adopted"]) for p in doc["policy"]}
    e = estate.Estate(glob.glob(os.path.join(store, "snapshots", "*.db"))[0], policy)
    theirs = {}
    for f in doc["findings"]:
        theirs.setdefault(f["check"], {})[estate.key(f["subject"])] = (f["status"], f["reason"])
    out, compared = [], 0
    for check in sorted({*CHECKS, *theirs}):
        ours, other = CHECKS[check](e) if check in CHECKS else {}, theirs.get(check, {})
        if not e.whole("subscription", ""):
            ours["/subscriptions"] = estate.NOT  # what there is at all is not known
        if varied:
            tolerate(check, ours, other)
        compared += len({*ours, *other})
        out += [(check, s, ours.get(s), *other.get(s, (None, ""))) for s in sorted({*ours, *other}) if ours.get(s) != other.get(s, (None, ""))[0]]
    return out, compared


def compare(name, har, at, options, who=True, varied=False):
    store = os.path.join(work, name)
    try:
        run("collect", "--store", store, "--replay", har, "--taken-at", at, *(["--principal", principal] if who else []))
        return differences(store, options, varied)
    except Exception as err:  # pylint: disable=broad-except
        return [("", "", "an answer", f"{type(err).__name__}: {err}", "")], 0
    finally:
        shutil.rmtree(store, ignore_errors=True)


def variant(n, har, at, seed):
    path = os.path.join(work, f"variant-{n}.har")
    new, what = vary.vary(har, random.Random(seed))
    with open(path, "w", encoding="utf-8") as f:
        json.dump(new, f, ensure_ascii=False)
    out = compare(f"variant-{n}", path, at, ["--engagement", engagement] if n % 4 == 0 else [], varied=True)
    os.remove(path)
    return what, *out


def main():
    with open(os.path.join(samples, "recordings"), encoding="utf-8") as f:
        recordings = [line.split() for line in f if line.strip() and not line.startswith("#")]
    if not recordings:
        print("FAILED: samples/recordings names none")
        return 1
    wrong, compared, jobs = [], 0, []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for har, at in recordings:
            for who in (True, False):
                for options in ([], ["--engagement", engagement]):
                    name = f"{har}, {'caller known' if who else 'caller unknown'}{', engagement' if options else ''}"
                    jobs.append((name, pool.submit(compare, name.replace(" ", "_"), os.path.join(samples, har), at, options, who)))
        har, at = recordings[-1]
        with open(os.path.join(samples, har), encoding="utf-8") as f:
            newest = json.load(f)
        seed = int(os.environ.get("SEED", "1"))
        count = int(os.environ.get("VARIANTS", "100"))
        jobs += [(f"seed {seed + n}", pool.submit(variant, n, newest, at, seed + n)) for n in range(count)]
        for name, job in jobs:
            *what, out, number = job.result()
            compared += number
            wrong += [(f"{name}: {what[0]}" if what else name, *o) for o in out]
    for what, check, subject, ours, theirs, reason in wrong[:int(os.environ.get("SHOW", "30"))]:
        grade = "FALSE PASS" if theirs in ("pass", "not-applicable") and ours in ("fail", "not-assessed") else "differs"
        print(f"{grade}: {what}\n  {check}: {subject}: opinion {ours}, keycustody {theirs}: {reason}")
    print(f"{len(jobs)} snapshots, {len(CHECKS)} checks, {compared} verdicts compared: {len(wrong)} differ")
    shutil.rmtree(work)
    return 1 if wrong else 0


sys.exit(main())
