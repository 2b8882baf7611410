#!/usr/bin/python3
"""Every call that can fail fails once, in order: memory, write, sync, rename, open, read, over collect, assess, report and
verify. After each: no crash, the right exit code, one clear line on stderr, nothing half written, the store whole. With
AddressSanitizer beside it for all but memory, so that leaks and wild frees show.
All of the first calls are tried, then a stride that grows; FAULT_ALL=1 tries every one."""
import filecmp, glob, os, re, shutil, subprocess, sys, tempfile

source = os.environ.get("SOURCE_DIR", ".")
build = os.environ["BUILD_DIR"]
checked = os.environ["KEYCUSTODY"]
plain = os.path.join(build, "tests", "keycustody_plain")
har = os.path.join(source, "tests", "fault", "small.har")
if not os.path.exists(har):
    print("skipped: tests/fault/small.har is missing")
    sys.exit(77)
asan = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
work = tempfile.mkdtemp(prefix="kc-fault-")
wrong, runs = [], 0


def run(args, kind=None, n=0, count=None, cwd=None):
    env = dict(os.environ, LC_ALL="C", ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1:exitcode=99",
               UBSAN_OPTIONS="halt_on_error=1:exitcode=99")
    memory = kind == "memory"
    program = plain if memory else checked
    lib = os.path.join(build, "tests", "libfault_memory.so" if memory else "libfault_io.so")
    env["LD_PRELOAD"] = lib if memory else asan + ":" + lib
    if n:
        env["FAULT"] = f"{kind}:{n}"
    if count:
        env["FAULT_COUNT"] = count
    return subprocess.run([program] + args, env=env, capture_output=True, text=True, timeout=300)


def tree(path):
    return sorted(os.path.relpath(os.path.join(d, f), path) for d, _, fs in os.walk(path) for f in fs)


def sample(total, dense, most):
    if os.environ.get("FAULT_ALL"):
        return range(1, total + 1)
    chosen = list(range(1, min(total, dense) + 1))
    rest = total - len(chosen)
    step = max(1, rest // max(1, most))
    last = range(max(dense + 1, total - 7), total + 1)  # after the result has its name a failure must not deny it
    return sorted({*chosen, *range(dense + 1, total + 1, step), *last})


def judge(name, kind, n, done, ok, codes=(1,)):
    """ok(done) says whether the outcome on disk fits the exit code."""
    where = f"{name} {kind}:{n}"
    if done.returncode < 0 or done.returncode == 99 or "AddressSanitizer" in done.stderr or "runtime error" in done.stderr:
        wrong.append(f"{where}: crashed or leaked ({done.returncode}): {done.stderr[-1500:]}")
        return
    if done.returncode not in (0, 4) + tuple(codes):
        wrong.append(f"{where}: exit {done.returncode}: {done.stderr[-300:]}")
    if done.returncode in codes and done.returncode == 1:
        said = [l for l in done.stderr.splitlines() if l.startswith("keycustody: ")]
        if len(said) != 1:
            wrong.append(f"{where}: {len(said)} error lines: {done.stderr[-300:]}")
    trouble = ok(done)
    if trouble:
        wrong.append(f"{where}: {trouble} (exit {done.returncode}: {done.stderr[-200:]})")


def kinds(args, fresh):
    """How many calls of each kind a run without faults makes; memory is counted on the plain program."""
    totals = {}
    for group in ("memory", "io"):
        fresh()
        count = os.path.join(work, "count")
        done = run(args, "memory" if group == "memory" else "write", 0, count)
        if done.returncode not in (0, 4):
            print(f"without faults: exit {done.returncode}: {done.stderr}")
            sys.exit(1)
        for line in open(count):
            name, number = line.split()
            if (name == "memory") == (group == "memory"):
                totals[name] = int(number)
    return totals


def loop(name, args, fresh, ok, codes=(1,)):
    global runs
    for kind, total in kinds(args, fresh).items():
        for n in sample(total, *((40, 30) if kind == "memory" else (14, 6))):
            fresh()
            runs += 1
            judge(name, kind, n, run(args, kind, n), ok, codes)


try:
    base = os.path.join(work, "base")
    store, packs = os.path.join(work, "store"), os.path.join(work, "packs")
    collect = ["collect", "--replay", har, "--taken-at", "2026-09-30T12:00:00Z", "--store"]
    first = subprocess.run([plain] + collect + [base], capture_output=True, text=True)
    if first.returncode not in (0, 4):
        print(first.stderr)
        sys.exit(1)

    def fresh_store():
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(base, store)

    second = ["collect", "--replay", har, "--taken-at", "2026-10-30T12:00:00Z", "--store", store]

    def store_whole(done):
        listed = subprocess.run([plain, "verify", store, "--allow-unsigned"], capture_output=True, text=True)
        if listed.returncode != 0:
            # a failure after the rename and before the list of hashes is mended by the next collection
            subprocess.run([plain] + ["collect", "--replay", har, "--taken-at", "2026-11-30T12:00:00Z", "--store", store],
                           capture_output=True)
            listed = subprocess.run([plain, "verify", store, "--allow-unsigned"], capture_output=True, text=True)
            if listed.returncode != 0:
                return f"the store does not verify: {listed.stdout[-400:]}{listed.stderr[-200:]}"
        return None

    loop("collect", second, fresh_store, store_whole)

    fresh_store()
    def shape(text): # the two programs differ in their own hash, which the JSON names
        return re.sub(r'"sha256": ?"[0-9a-f]{64}"', "", text, count=1)
    want = shape(subprocess.run([plain, "assess", "--store", store, "--format", "json"], capture_output=True, text=True).stdout)
    loop("assess", ["assess", "--store", store, "--format", "json"], lambda: None,
         lambda done: "other findings" if done.returncode in (0, 4) and shape(done.stdout) != want else None)

    def fresh_packs():
        shutil.rmtree(packs, ignore_errors=True)
        os.mkdir(packs)

    report = ["report", "--store", store, "--out", packs]
    goods = []  # one for each program: the report names the hash of the one that made it
    for program in (plain, checked):
        fresh_packs()
        subprocess.run([program] + report, capture_output=True)
        whole = tree(packs)
        goods.append(os.path.join(work, f"good-{len(goods)}"))
        shutil.copytree(packs, goods[-1])

    def pack_whole(done):
        seen = tree(packs)
        stays = [f for f in seen if f.startswith(".keycustody-")]
        if done.returncode in (0, 4) and stays and "the next report into that folder removes it" in done.stderr:
            # the pack is whole; what it was made in could not be removed, which is said, and the next report does it
            subprocess.run([plain] + report + ["--as-of", "2026-12-01T00:00:00Z"], capture_output=True)
            if any(f.startswith(".keycustody-") for f in tree(packs)):
                return f"the next report does not clear up: {stays[:3]}"
            seen = [f for f in seen if f not in stays]
        if done.returncode in (0, 4):
            if seen != whole:
                return f"other files: {set(seen) ^ set(whole)}"
            differ = []
            for good in goods:
                _, bad, odd = filecmp.cmpfiles(packs, good, [f for f in whole if "/data/" in f and "options" not in f], shallow=False)
                differ.append(bad + odd)
            return None if [] in differ else f"other bytes: {min(differ, key=len)}"
        if seen and "out of memory" in done.stderr and all(f.startswith(".keycustody-") for f in seen):
            # exhausted memory ends the program at once; what it was making has no pack's name, and the next report takes it away
            subprocess.run([plain] + report, capture_output=True)
            seen = tree(packs)
            return None if seen == whole else f"the next report does not clear up: {(set(seen) ^ set(whole))}"
        return f"left behind: {seen[:5]}" if seen else None

    loop("report", report, fresh_packs, pack_whole)
    fresh_packs()
    subprocess.run([plain] + report, capture_output=True)
    pack = next(p for p in glob.glob(packs + "/*") if os.path.isdir(p))
    loop("verify", ["verify", pack, "--allow-unsigned"], lambda: None, lambda done: None, codes=(1, 5))

    key, cert = os.path.join(work, "key.pem"), os.path.join(work, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj", "/CN=Maker",
                    "-days", "30", "-out", cert], check=True, capture_output=True)

    def signed_whole(done):
        made = [p for p in glob.glob(packs + "/*") if os.path.isdir(p)]
        if done.returncode in (0, 4):
            listed = subprocess.run([plain, "verify", made[0], "--trust", cert], capture_output=True, text=True)
            whole = listed.returncode == 0 and "certified" in listed.stdout and "its own signature is by" in listed.stdout
            return None if whole else f"does not verify: {listed.stdout[-400:]}"
        return f"left behind: {made}" if made else None

    sign = report + ["--sign-key", key, "--sign-cert", cert]
    loop("report, signed", sign, fresh_packs, signed_whole)
    fresh_packs()
    subprocess.run([plain] + sign, capture_output=True)
    pack = next(p for p in glob.glob(packs + "/*") if os.path.isdir(p))
    loop("verify, signed", ["verify", pack, "--trust", cert], lambda: None, lambda done: None, codes=(1, 5))
finally:
    shutil.rmtree(work, ignore_errors=True)
for w in wrong[:40]:
    print(w)
print(f"{runs} runs, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
