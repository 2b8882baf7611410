#!/usr/bin/python3
"""A collection is killed (SIGKILL) at random moments: what the store held before is still there and whole, nothing half is
added, and the next run works. SIGINT and SIGTERM end it with exit 130 and add nothing. 200 times; 20 with KC_QUICK."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests", "standin"))
import live

TIMES = int(os.environ.get("KC_KILLS", "20" if live.QUICK else "200"))
wrong = []


def verify(store, when):
    done = subprocess.run([live.KC, "verify", "--allow-unsigned", str(store)], capture_output=True, text=True, check=False)
    if done.returncode:
        wrong.append(f"{when}: verify: exit {done.returncode}: {(done.stdout + done.stderr)[-300:]}")


def begin(s, store):
    return subprocess.Popen(s.command(store), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=s.env())


def main():
    live.need_live()
    dice = random.Random(int(os.environ.get("KC_SEED", "1")))
    with tempfile.TemporaryDirectory() as work, live.Standin(work, "--latency", "15") as s:
        store = pathlib.Path(work, "store")
        begun = time.monotonic()
        code, said = s.collect(store)
        took = time.monotonic() - begun
        if code not in (0, 4):
            sys.exit(f"FAILED: the first run: exit {code}: {said}")
        first = live.Snapshot(store)
        kept = {p: pathlib.Path(p).read_bytes() for p in live.snapshots(store)}
        killed = finished = 0
        for n in range(TIMES):
            run = begin(s, store)
            time.sleep(dice.uniform(0, took * 1.1))
            run.send_signal(signal.SIGKILL)
            _, said = run.communicate()
            killed += run.returncode == -signal.SIGKILL
            finished += run.returncode in (0, 4)
            if run.returncode not in (-signal.SIGKILL, 0, 4):
                wrong.append(f"kill {n}: exit {run.returncode}: {said[-300:]}")
            for path, content in kept.items():
                if not os.path.exists(path) or pathlib.Path(path).read_bytes() != content:
                    wrong.append(f"kill {n}: {os.path.basename(path)} is not what it was")
            for path in live.snapshots(store):
                if path not in kept:
                    kept[path] = pathlib.Path(path).read_bytes()
            if n % 20 == 0 or n == TIMES - 1:
                verify(store, f"kill {n}")
        if not killed:
            wrong.append("no run was killed before its end")
        for number in (signal.SIGINT, signal.SIGTERM):
            before = live.snapshots(store)
            asked = len(s.requests())
            run = begin(s, store)
            late = time.monotonic() + 60
            while len(s.requests()) < asked + 15 and run.poll() is None and time.monotonic() < late: # it has begun, and is far from its end
                time.sleep(0.01)
            run.send_signal(number)
            _, said = run.communicate()
            if run.returncode != 130 or live.snapshots(store) != before:
                wrong.append(f"{number.name}: exit {run.returncode}, {len(live.snapshots(store)) - len(before)} snapshots added")
        code, said = s.collect(store)
        last = live.Snapshot(store)
        if code not in (0, 4) or last.lists != first.lists or last.bodies != first.bodies or last.gaps != first.gaps:
            wrong.append(f"the last run is not as the first: exit {code}: {said[-300:]}")
        verify(store, "the end")
        left = sorted(p.name for p in (store / "snapshots").iterdir() if p.suffix not in (".db", ".p7s"))
        if left:
            wrong.append(f"left over: {left[:5]}")
        secrets = live.holds([store], s.secrets())
        if secrets:
            wrong.append(f"a token is in {secrets[:3]}")
    for w in wrong:
        print(f"FAILED: {w}")
    print(f"{TIMES} runs, {killed} killed, {finished} faster than that; {len(kept)} snapshots, all whole")
    return 1 if wrong else 0


sys.exit(main())
