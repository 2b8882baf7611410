#!/usr/bin/python3
"""Whatever goes wrong on the way to Azure: a collection ends in bounded time, and its result is either that of a run without
faults or says exactly what is missing, with exit code 4. No verdict becomes a pass through a fault. Each fault alone, then
mixed by seed."""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests", "standin"))
import live

SECONDS = 100  # no run may take longer: the deadline, and room for a busy machine
BOUNDS = ("--deadline", "45s", "--timeout", "4s")

# rule, must the result be whole (the fault can be overcome) or must it not, or may it be either (None)
ALONE = [
    ("throttle,first=1,retry_after=1,path=*/disks", True), ("throttle,path=*/disks", False),
    ("throttle,first=2,probability=0.3", True), ("limit,burst=5,rate=20", True),
    ("error,first=1", True), ("error,status=503,first=1,retry_after=1,path=*/vaults", True), ("error,path=*/vaults", False),
    ("error,status=502,first=1,path=*/managedClusters", True), ("error,status=408,first=1,path=*/disks", True),
    ("reset,first=1,path=*/diskEncryptionSets", True), ("reset,path=*/vaults/*/keys/*", False),
    ("reset,every=7,times=6", True), ("stream-reset,first=1,probability=0.4", True), ("stream-reset,path=*/disks", False),
    ("goaway,every=5", True), ("hang,first=1,path=*/disks", True), ("hang,path=*/roleAssignments", False),
    ("slow,delay=300,path=*/disks", True), ("truncate,first=1,path=*/managedClusters", True),
    ("truncate,path=*/managedClusters", False), ("drip,delay=1,bytes=2000,path=*/disks", True),
    ("drip,delay=500,bytes=1,path=*/disks", False), ("invalid-json,first=1,path=*/disks", None),
    ("invalid-json,path=*/disks", False), ("html,first=1,path=*/vaults", True), ("html,path=*/vaults", False),
    ("html,status=403,path=*/vaults", False), ("foreign-next,path=*/disks", False), ("next-loop,path=*/disks", False),
    ("relative-next,path=*/disks", False), ("null-value,path=*/vaults", False),
    ("forbidden,path=/subscriptions/85dca2ae*", False), ("forbidden,path=*/Microsoft.Compute/disks", False),
    ("key-rbac,path=*/vaults/*/keys/*", False), ("not-registered,text=Microsoft.KeyVault,path=*a84ac03d*/managedHSMs", True),
    ("old-version,text=2024-03-02 2023-10-02,path=*/disks", True), ("old-version,text=2019-01-01,path=*/disks", False),
    ("redirect,path=*/disks", False), ("challenge,path=*/disks", False), ("claims", True), ("expired,nth=20", True),
    ("expired,every=15,times=3", None), ("error,status=500,first=1,path=*/oauth2/*", True),
    ("slow-tls,delay=500", True), ("gone,path=*/subscriptions/85dca2ae*/disks", False),
    ("html,path=*/oauth2/*", False), ("error,path=*/oauth2/*", False), ("hang,path=*/oauth2/*", False),
    ("truncate,path=*/oauth2/*", False), ("invalid-json,path=*/oauth2/*", False), ("html,path=/metadata/*", False),
    ("error,status=503,first=2,path=/metadata/*", True), ("throttle,first=1,retry_after=1,path=/metadata/*", True), ("reset,first=1,path=/metadata/*", True),
    ("echo,path=*/disks", False), ("echo,status=200,path=*/disks", False), ("echo,status=403,path=*/vaults", False),
    ("empty,path=*/disks", False), ("empty,path=*/managedClusters,times=1", False), ("empty,path=*/vaults", False),
    ("forbidden,path=*/Microsoft.ResourceGraph/*", None), ("html,path=*/Microsoft.ResourceGraph/*", None),
    ("forbidden,path=/subscriptions", False), ("null-value,path=/subscriptions", False), ("empty,path=/subscriptions", False),
]
MIXED = ["throttle,retry_after=1", "error", "error,status=503", "reset", "stream-reset", "hang", "slow,delay=200", "truncate",
         "drip,delay=2,bytes=500", "invalid-json", "html", "next-loop", "foreign-next", "forbidden", "redirect", "challenge",
         "claims", "goaway", "null-value"]

wrong, told = [], {"whole": 0, "not whole": 0, "refused": 0}
upstream = live.after_graph()


def assess(store):
    """{(check, subject): status}, {checks whose population is not known}; None while the program cannot judge."""
    done = subprocess.run([live.KC, "assess", "--store", str(store), "--format", "json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 4):
        return None
    findings = json.loads(done.stdout)["findings"]
    unknown = {f["check"] for f in findings if (f["reason"] or "").startswith("population not known")}
    return {(f["check"], f["subject"].lower()): f["status"] for f in findings}, unknown


def missing(clean, now):
    """What the clean run read and this one did not, and does not account for."""
    gapped = {r for r, _ in now.gaps} | {r for r, _ in now.none}
    for place, complete in clean.lists.items():
        if not complete or place in now.none:
            continue
        resource, subject = place
        if now.lists.get(place) == 1:
            if now.bodies.get(place) != clean.bodies.get(place) and place not in now.gaps:
                yield f"{resource} of {subject or '/'}: another answer, and no word of it"
        elif place in now.lists and place not in now.gaps:
            yield f"{resource} of {subject or '/'}: not read to its end, and no gap says so"
        elif place not in now.lists and not upstream[resource] & gapped:
            yield f"{resource} of {subject or '/'}: was not asked for, and nothing that it follows from is a gap"


def judge(name, clean, verdicts, store):
    """No pass that the clean run does not have; no fail that is gone without a word."""
    now = assess(store)
    if not now or not verdicts:
        return
    (before, _), (after, unknown) = verdicts, now
    for place, status in after.items():
        if status == "pass" and before.get(place) != "pass":
            wrong.append(f"{name}: {place}: {before.get(place)} became pass")
    for place, status in before.items():
        if status == "fail" and place not in after and place[0] not in unknown:
            wrong.append(f"{name}: {place}: a fail is gone, and its population is said to be known")


def run(work, name, rules, clean, verdicts, whole, seed=1, cert="good", more=()):
    store = pathlib.Path(tempfile.mkdtemp(dir=work))
    options = [word for rule in rules for word in ("--rule", rule)] + ["--seed", str(seed), "--latency", "2", *more]
    with live.Standin(work, *options, cert=cert) as s:
        begun = time.monotonic()
        code, said = s.collect(store, *BOUNDS, seconds=SECONDS)
        took = time.monotonic() - begun
        thief = [r for r in s.requests() if r["at"] == "thief"]
    if os.environ.get("KC_VERBOSE"):
        print(f"{name}: exit {code}, {took:.1f} s", flush=True)
    if thief:
        wrong.append(f"{name}: somebody else's server was asked: {thief[0]['method']} {thief[0]['target'][:80]}")
    if code not in (0, 1, 4):
        wrong.append(f"{name}: exit {code}: {said[-400:]}")
        return
    if code == 1:
        told["refused"] += 1
        if live.snapshots(store):
            wrong.append(f"{name}: exit 1, and a snapshot was added")
        if whole:
            wrong.append(f"{name}: exit 1, and the fault can be overcome: {said[-400:]}")
        return
    now = live.Snapshot(store)
    lost = list(missing(clean, now))
    wrong.extend(f"{name}: {w}" for w in lost[:5])
    more = set(now.gaps) - set(clean.gaps)
    told["not whole" if more else "whole"] += 1
    if whole is True and more:
        wrong.append(f"{name}: not whole: {sorted(more)[:3]}: {said[-300:]}")
    if whole is False and not more:
        wrong.append(f"{name}: no gap beside those of the clean run")
    if now.gaps and code != 4:
        wrong.append(f"{name}: exit {code} with {len(now.gaps)} gaps")
    judge(name, clean, verdicts, store)


def main():
    live.need_live()
    with tempfile.TemporaryDirectory() as work:
        store = os.path.join(work, "clean")
        with live.Standin(work) as s:
            code, said = s.collect(store)
        if code not in (0, 4):
            sys.exit(f"FAILED: the run without faults: exit {code}: {said}")
        clean, verdicts = live.Snapshot(store), assess(store)
        seeds = int(os.environ.get("KC_SEEDS", "4" if live.QUICK else "40"))
        with ThreadPoolExecutor(max_workers=6) as pool: # most of the time is spent in waiting
            runs = [pool.submit(run, work, rule, [rule], clean, verdicts, whole) for rule, whole in ALONE]
            runs += [pool.submit(run, work, f"certificate: {cert}", [], clean, verdicts, False, cert=cert)
                     for cert in ("expired", "wrong")]
            runs.append(pool.submit(run, work, "HTTP/1.1", [], clean, verdicts, True, more=["--http1"]))
            runs.append(pool.submit(run, work, "sign-in hangs in mid-run", ["hang,path=*/oauth2/*,nth=2"], clean, verdicts, None,
                                    more=["--token-seconds", "4", "--latency", "600"]))
            for seed in range(1, seeds + 1):
                dice = random.Random(seed)
                rules = [f"{rule},probability={dice.choice((0.02, 0.05, 0.1))}" for rule in dice.sample(MIXED, 4)]
                runs.append(pool.submit(run, work, f"seed {seed}: {'; '.join(rules)}", rules, clean, verdicts, None, seed))
            for one in runs:
                one.result()
    for w in wrong:
        print(f"FAILED: {w}")
    print(f"{len(ALONE) + 4} faults alone, {seeds} mixed: " + ", ".join(f"{n} {word}" for word, n in told.items()) +
          ("" if verdicts else "; no verdicts: this program cannot judge"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
