"""Runs a command and says what it took: wall time, processor time, and the peak of memory of it and all its children together."""
import os
import subprocess
import tempfile
import time


class Cost:
    def __init__(self, wall, cpu, memory, own, said):
        self.wall, self.cpu, self.memory, self.own, self.said = wall, cpu, memory, own, said # seconds, bytes


def tree(pid):
    """pid and its descendants."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as f:
                    waiting += [int(x) for x in f.read().split()]
        except OSError:
            pass
    return found


def held(pid):
    """Memory of a process: its share of all pages, and the part that no file backs, in bytes."""
    total = own = 0
    try:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            for line in f:
                word = line.split()
                if word[0] == "Pss:":
                    total = int(word[1]) * 1024
                elif word[0] == "Pss_Anon:":
                    own = int(word[1]) * 1024
    except OSError:
        pass
    return total, own


def run(command, allowed=(0,), env=None):
    """Cost of a command; what it says on stderr is kept. Ends the bench when it ends with another code."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=env)
        memory = own = pid = 0
        while not pid:
            sums = [held(p) for p in tree(process.pid)]
            memory, own = max(memory, sum(t for t, _ in sums)), max(own, sum(o for _, o in sums))
            time.sleep(0.02)
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    if process.returncode not in allowed:
        raise SystemExit(f"{' '.join(command)}: exit {process.returncode}: {text[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, memory, own, text)
