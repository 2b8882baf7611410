"""Runs a command and says what it took: wall time, processor time, and the peak of memory of it and all its children together."""
import os
import subprocess
import time


class Cost:
    def __init__(self, wall, cpu, memory, own, code, said):
        self.wall, self.cpu, self.memory, self.own, self.code, self.said = wall, cpu, memory, own, code, said


def tree(pid):
    """pid and its descendants."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as f:
                    todo += [int(x) for x in f.read().split()]
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


def run(command, allowed=(0,), **more):
    """Cost of a command; its output is kept in .said. Raises when it ends with another code."""
    start = time.perf_counter()
    with open("/dev/null") as nothing:
        process = subprocess.Popen(command, stdin=nothing, stdout=more.get("stdout", subprocess.DEVNULL), stderr=subprocess.PIPE, text=True)
    memory = own = 0
    os.set_blocking(process.stderr.fileno(), False)
    said = ""
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        said += process.stderr.read() or ""
        if pid:
            break
        sums = [held(p) for p in tree(process.pid)]
        memory = max(memory, sum(t for t, _ in sums))
        own = max(own, sum(o for _, o in sums))
        time.sleep(0.02)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode not in allowed:
        raise SystemExit(f"{' '.join(command)}: exit {process.returncode}: {said[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, max(memory, usage.ru_maxrss * 1024 if not memory else 0), own, process.returncode, said)
