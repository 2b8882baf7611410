#!/usr/bin/python3
"""Losing evidence makes nothing better. Each answer of the sample recording is deleted, refused, emptied, and, where it is a list,
replaced by an empty list: no finding, custody link, custody verdict or control result may turn into pass, no failing subject may
vanish without a row that says "population not known", and the result is never called complete.

LOSSES=N tries N answers of each kind, spread over the recording (default: all)."""
import concurrent.futures, copy, glob, json, os, re, subprocess, sys, tempfile, shutil

root = os.environ.get("SOURCE_DIR", ".")
plain = os.path.join(os.environ["BUILD_DIR"], "tests", "keycustody_plain")
hars = sorted(glob.glob(os.path.join(root, "samples", "*.har")))
if not hars:
    print("skipped: samples/ holds no recording (*.har)")
    sys.exit(77)
har = json.load(open(hars[len(hars) // 2], encoding="utf-8"))
principal = open(os.path.join(root, "samples", "principal"), encoding="utf-8").read().strip()
work = tempfile.mkdtemp()

mappings = [json.load(open(f, encoding="utf-8")) for f in sorted(glob.glob(os.path.join(root, "mappings", "*.json"))) if "controls" in json.load(open(f, encoding="utf-8"))]
policy = {t["name"]: t["adopted"] for t in json.load(open(os.path.join(root, "mappings", "policy.json"), encoding="utf-8"))["thresholds"]}
threshold = {}
for f in glob.glob(os.path.join(root, "src", "checks", "*.sql")):
    m = re.search(r"^-- threshold: *(.*)$", open(f, encoding="utf-8").read(), re.M)
    threshold[os.path.basename(f)[:-4]] = [w for w in re.split(r"[ ,]+", m.group(1)) if w] if m else []


def roll_up(findings):
    """contracts.md, From findings to controls, written a second time."""
    by = {}
    for f in findings:
        by.setdefault(f["check"], []).append(f["status"])
    out = {}
    for m in mappings:
        for c in m["controls"]:
            direct = [r["check"] for r in c["relations"] if r["relation"] == "D" and all(policy.get(t) for t in threshold.get(r["check"], []))]
            seen = [s for check in direct for s in by.get(check, ["not-assessed"])]
            out[m["id"], c["id"]] = ("exceptions noted" if "fail" in seen else "not assessed" if "not-assessed" in seen
                                     else "no exceptions noted in the part tested" if "pass" in seen else "to be shown by hand")
    return out


def judge(recording, name):
    folder = os.path.join(work, name)
    os.mkdir(folder)
    path, store = os.path.join(folder, "r.har"), os.path.join(folder, "store")
    json.dump(recording, open(path, "w", encoding="utf-8"))
    try:
        done = subprocess.run([plain, "collect", "--store", store, "--replay", path, "--taken-at", "2027-01-01T00:00:00Z", "--principal", principal],
                              capture_output=True, text=True)
        if done.returncode not in (0, 4):
            return None, f"collect: exit {done.returncode}: {done.stderr[-300:]}"
        done = subprocess.run([plain, "assess", "--store", store, "--format", "json"], capture_output=True, text=True)
        if done.returncode not in (0, 4):
            return None, f"assess: exit {done.returncode}: {done.stderr[-300:]}"
        return json.loads(done.stdout), None
    finally:
        shutil.rmtree(folder)


def index(doc):
    findings = {(f["check"], f["subject"].lower()): f["status"] for f in doc["findings"]}
    unknown = {f["check"] for f in doc["findings"] if f["reason"].startswith("population not known")}
    links = {(c["cluster"].lower(), l["link"]): l["status"] for c in doc["custody"] for l in c["links"]}
    custody = {c["cluster"].lower(): c["status"] for c in doc["custody"]}
    etcd = {c["cluster"].lower(): c["etcd"] for c in doc["custody"]}
    return findings, unknown, links, custody, etcd, roll_up(doc["findings"])


def is_list(entry):
    try:
        body = json.loads(entry["response"]["content"]["text"])
    except ValueError:
        return False
    return isinstance(body, dict) and isinstance(body.get("value"), list) and body["value"] != [] and entry["response"]["status"] == 200


def lose(at, how):
    other = copy.copy(har)
    other["log"] = dict(har["log"])
    entries = other["log"]["entries"] = list(har["log"]["entries"])
    entry = copy.deepcopy(entries[at])
    content = entry["response"]["content"]
    content.pop("encoding", None)
    if how == "deleted":
        del entries[at]
        return other
    if how == "refused":
        entry["response"]["status"] = 403
        content["text"] = '{"error":{"code":"AuthorizationFailed","message":"The client does not have authorization to perform the action."}}'
    elif how == "emptied":
        content["text"] = ""
    else:
        content["text"] = '{"value":[]}'
    content["size"] = len(content["text"])
    entries[at] = entry
    return other


def compare(base, after, how):
    wrong = []
    names = ("finding", None, "link", "custody", "etcd", "control")
    for what, before, now in zip(names, base, after):
        if what is None:
            continue
        good = {"pass", "not-applicable", "attested", "no exceptions noted in the part tested", "to be shown by hand"}
        for key, status in now.items():
            was = before.get(key)
            if was is not None and was != status and status in good and not (was == "pass" and status == "not-applicable"):
                # a set, a disk or a pool that no answer names any more is out of the chain; the finding on it must be, too
                wrong.append(f"{what} {key}: {was} became {status}")
    for key, status in base[0].items():
        if status == "fail" and key not in after[0] and key[0] not in after[1]:
            wrong.append(f"finding {key}: a failing subject vanished, and nothing says that the population is not known")
    return wrong


base_doc, trouble = judge(har, "base")
if trouble:
    print(trouble)
    sys.exit(1)
base = index(base_doc)
entries = har["log"]["entries"]
jobs = []
for how in ("deleted", "refused", "emptied", "list emptied"):
    mine = [i for i in range(len(entries)) if how != "list emptied" or is_list(entries[i])]
    # An exemption that is taken out of a list of exemptions leaves no trace; nothing can tell.
    mine = [i for i in mine if how != "list emptied" or "policyexemptions" not in entries[i]["request"]["url"].lower()]
    most = int(os.environ.get("LOSSES", "0"))
    if most and len(mine) > most:
        mine = [mine[i * len(mine) // most] for i in range(most)]
    jobs += [(i, how) for i in mine]


def run(job):
    at, how = job
    doc, trouble = judge(lose(at, how), f"{at}-{how.replace(' ', '-')}")
    where = f"{how}: {entries[at]['request']['method']} {entries[at]['request']['url'][:160]}"
    if trouble:
        return [f"{where}: {trouble}"]
    out = [f"{where}: {w}" for w in compare(base, index(doc), how)]
    if how != "list emptied" and doc["complete"]:
        out.append(f"{where}: the result is called complete")
    return out


try:
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        wrong = [w for found in pool.map(run, jobs) for w in found]
finally:
    shutil.rmtree(work, ignore_errors=True)
for w in wrong[:60]:
    print(w)
print(f"{len(jobs)} losses, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
