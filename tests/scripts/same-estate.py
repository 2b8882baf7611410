#!/usr/bin/python3
"""The same estate told otherwise is judged the same. Azure writes ids in any letter case, lists in any order and in pages of any
size, nothing as absent, null, false or empty, and new members from one day to the next; a recording holds its entries in any
order. Each of these is done to the sample recordings, alone and together: every finding, link, custody verdict and gap must
stay what it was.

SEEDS=N tries N of each kind (default 2)."""
import concurrent.futures
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile

root = os.environ.get("SOURCE_DIR", ".")
plain = os.path.join(os.environ["BUILD_DIR"], "tests", "keycustody_plain")
hars = sorted(glob.glob(os.path.join(root, "samples", "*.har")))
principal = open(os.path.join(root, "samples", "principal"), encoding="utf-8").read().strip()
work = tempfile.mkdtemp()


def walk(value, change):
    """Every string of an answer, changed."""
    if isinstance(value, dict):
        return {(change(k) if k.startswith("/") else k): walk(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [walk(v, change) for v in value]
    return change(value) if isinstance(value, str) else value


def each(value, do):
    """Every object of an answer, innermost first."""
    for v in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        each(v, do)
    if isinstance(value, dict):
        do(value)


def swap(rng, text):
    how = rng.randrange(3)
    return text.lower() if how == 0 else text.upper() if how == 1 else "".join(c.upper() if rng.random() < 0.5 else c.lower() for c in text)


def case(rng, entry, body):
    """Ids, GUIDs, hosts of key URLs. What is the path of a nextLink goes back as it came."""
    def change(text):
        if re.fullmatch(r"/(subscriptions|providers)/[\x21-\x7e]*", text) or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
            return swap(rng, text)
        m = re.fullmatch(r"(https://[^/]+\.(?:vault|managedhsm)\.azure\.net)(.*)", text)
        return swap(rng, m.group(1)).replace("HTTPS", "https").replace("Https", "https") + m.group(2) if m else text
    more = body.pop("nextLink", None)
    body = walk(body, change)
    if more is not None:
        body["nextLink"] = more
    return body


def order(rng, entry, body):
    def shuffle(o):
        for v in o.values():
            if isinstance(v, list):
                rng.shuffle(v)
        members = list(o.items())
        rng.shuffle(members)
        o.clear()
        o.update(members)
    each(body, shuffle)
    return body


def news(rng, entry, body):
    def add(o):
        if "/" not in "".join(o) and rng.random() < 0.5:  # not into a map whose keys are ids
            o[f"new{rng.randrange(9)}"] = rng.choice([None, 7, "x", [], {"enabled": True, "diskEncryptionSetID": "no"}])
    properties = [o for o in (body.get("value") if isinstance(body.get("value"), list) else [body]) if isinstance(o, dict)]
    for o in properties:
        add(o)
        if isinstance(o.get("properties"), dict):
            add(o["properties"])
    return body


ABSENT = object()
# (a member by which an object is known, a member of it, the ways in which Azure says that there is none)
NONE = [
    ("activeKey", "previousKeys", ([], None, ABSENT)), ("activeKey", "rotationToLatestKeyVersionEnabled", (False, None, ABSENT)),
    ("activeKey", "federatedClientId", ("", "None", None, ABSENT)), ("activeKey", "autoKeyRotationError", (None, ABSENT)),
    ("agentPoolProfiles", "diskEncryptionSetID", ("", None, ABSENT)), ("osDiskType", "enableEncryptionAtHost", (False, None, ABSENT)),
    ("vaultUri", "enablePurgeProtection", (False, None, ABSENT)), ("vaultUri", "enableRbacAuthorization", (False, None, ABSENT)),
    ("recoveryLevel", "exp", (None, ABSENT)), ("recoveryLevel", "nbf", (None, ABSENT)), ("kty", "rotationPolicy", (None, ABSENT)),
    ("enforcementMode", "notScopes", ([], None, ABSENT)), ("categoryGroup", "category", (None, ABSENT)), ("category", "categoryGroup", (None, ABSENT)),
]


def absence(rng, entry, body):
    def none(o):
        for known, member, ways in NONE:
            if known in o and o.get(member, ABSENT) in ways:
                o[member] = rng.choice(ways)
                if o[member] is ABSENT:
                    del o[member]
    each(body, none)
    return body


KINDS = {"letter case": case, "order": order, "new members": news, "absence": absence}


def paged(rng, entries):
    """Every whole list becomes pages, empty ones among them."""
    out = []
    for entry in entries:
        body = json.loads(entry["response"]["content"]["text"])
        rows = body.get("value") if isinstance(body, dict) else None
        if entry["response"]["status"] != 200 or not isinstance(rows, list) or body.get("nextLink") or entry["request"]["method"] != "GET":
            out.append(entry)
            continue
        cuts = sorted(rng.randrange(len(rows) + 1) for _ in range(rng.randrange(1, 4)))
        url = entry["request"]["url"]
        for n, (a, b) in enumerate(zip([0, *cuts], [*cuts, len(rows)])):
            page = json.loads(json.dumps(entry))
            page["request"]["url"] = url if n == 0 else f"{url}&%24skiptoken={n}"
            page["request"].pop("queryString", None)
            more = {"nextLink": f"{url}&%24skiptoken={n + 1}"} if n < len(cuts) else rng.choice([{}, {"nextLink": None}, {"nextLink": ""}])
            page["response"]["content"]["text"] = json.dumps({**body, "value": rows[a:b], **more}, ensure_ascii=False)
            out.append(page)
    return out


def told(har, kinds, seed):
    rng = random.Random(seed)
    new = json.loads(json.dumps(har))
    for entry in new["log"]["entries"]:
        try:
            body = json.loads(entry["response"]["content"]["text"])
        except (ValueError, KeyError):
            continue
        for kind in kinds:
            if kind in KINDS and isinstance(body, dict):
                body = KINDS[kind](rng, entry, body)
        entry["response"]["content"]["text"] = json.dumps(body, ensure_ascii=False)
    if "pages" in kinds:
        new["log"]["entries"] = paged(rng, new["log"]["entries"])
    if new == har and kinds != ["entries"]:
        sys.exit(f"FAILED: {kinds} changed nothing, so nothing is shown")
    if "entries" in kinds:
        rng.shuffle(new["log"]["entries"])  # what is asked twice is answered alike: pages and retries have their own URLs
    return new


def judge(har, name):
    path, store = os.path.join(work, name + ".har"), os.path.join(work, name)
    json.dump(har, open(path, "w", encoding="utf-8"))
    done = subprocess.run([plain, "collect", "--store", store, "--replay", path, "--taken-at", "2027-01-01T00:00:00Z", "--principal", principal],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 4):
        return f"collect: exit {done.returncode}: {done.stderr[-300:]}"
    done = subprocess.run([plain, "assess", "--store", store, "--format", "json"], capture_output=True, text=True, check=False)
    os.remove(path)
    if done.returncode not in (0, 4):
        return f"assess: exit {done.returncode}: {done.stderr[-300:]}"
    doc = json.loads(done.stdout)
    out = {("finding", f["check"], f["subject"].lower()): (f["status"], bool(f.get("limit"))) for f in doc["findings"]}
    ids = {f["id"]: (f["check"], f["subject"].lower()) for f in doc["findings"]}
    for c in doc["custody"]:
        out["custody", c["cluster"].lower()] = (c["status"], c["weakest"], c["etcd"])
        for link in c["links"]:
            out["link", c["cluster"].lower(), link["link"]] = (link["status"], tuple(sorted(ids[i] for i in link["findings"])))
    out["gaps"] = sorted((g["resource"], (g["scope"] or "").lower(), g["code"] or "") for g in doc["gaps"])
    out["complete"] = doc["complete"]
    return out


def throttled(har):
    return len({(e["request"]["method"], e["request"]["url"]) for e in har["log"]["entries"]}) < len(har["log"]["entries"])


def main():
    if not hars:
        print("skipped: samples/ holds no recording (*.har)")
        return 77
    wrong, jobs = [], []
    seeds = int(os.environ.get("SEEDS", "2"))
    recordings = [json.load(open(h, encoding="utf-8")) for h in hars]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        before = list(pool.map(lambda i: judge(recordings[i], f"before-{i}"), range(len(hars))))
        for i, har in enumerate(recordings):
            for kinds in (["letter case"], ["order"], ["new members"], ["absence"], ["pages"], ["entries"], [*KINDS, "pages"], [*KINDS, "pages", "entries"]):
                if "entries" in kinds and throttled(har):
                    continue
                for seed in range(seeds):
                    name = f"{i}-{'-'.join(kinds)}-{seed}".replace(" ", "_")
                    jobs.append((i, f"{os.path.basename(hars[i])}, {', '.join(kinds)}, seed {seed}",
                                 pool.submit(lambda har=har, kinds=kinds, seed=seed, name=name: judge(told(har, kinds, seed), name))))
        for i, what, job in jobs:
            after = job.result()
            if isinstance(after, str):
                wrong.append(f"{what}: {after}")
                continue
            for key in sorted({*before[i], *after}, key=str):
                if before[i].get(key) != after.get(key):
                    wrong.append(f"{what}: {key}: {str(before[i].get(key))[:160]} became {str(after.get(key))[:160]}")
    for w in wrong[:30]:
        print(w)
    print(f"{len(jobs)} tellings of {len(hars)} recordings, {sum(len(b) for b in before)} things compared in each: {len(wrong)} wrong")
    return 1 if wrong else 0


sys.exit(main())
