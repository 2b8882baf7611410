#!/usr/bin/python3
"""What samples/README.md tells of the invented tenant is what keycustody finds in its recordings: key custody of each cluster in each
month, and the number of clusters, pools, disks and keys."""
import json, os, re, shutil, subprocess, sys, tempfile

root, program = os.environ.get("SOURCE_DIR", "."), os.environ["KEYCUSTODY"]
samples = os.path.join(root, "samples")
text = open(os.path.join(samples, "README.md"), encoding="utf-8").read()
principal = open(os.path.join(samples, "principal"), encoding="utf-8").read().strip()
told = {m[0]: [cell.strip() for cell in m[1].split("|")] for m in re.findall(r"^\| `(aks-[\w-]+)` \| ([^`\n]*) \|$", text, re.M)}
work, wrong = tempfile.mkdtemp(), []


def run(*arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    if done.returncode not in (0, 4):
        sys.exit(f"{arguments[0]}: exit {done.returncode}: {done.stderr}")
    return done.stdout


try:
    months = [line.split() for line in open(os.path.join(samples, "recordings"), encoding="utf-8") if not line.startswith("#")]
    seen = {}
    for i, (har, taken_at) in enumerate(months):
        run("collect", "--store", work, "--replay", os.path.join(samples, har), "--taken-at", taken_at, "--principal", principal)
        found = json.loads(run("assess", "--store", work, "--format", "json", "--engagement", os.path.join(samples, "engagement.json")))
        for chain in found["custody"]:
            weakest = chain["weakest"] or ""
            cell = {"pass": "holds", "fail": "does not hold: " + weakest, "not-assessed": "not assessed: " + weakest}[chain["status"]]
            seen.setdefault(chain["cluster"].rsplit("/", 1)[1], ["not seen"] * len(months))[i] = cell
    for name in sorted(set(seen) | set(told)):
        if seen.get(name) != told.get(name):
            wrong.append(f"{name}: README.md tells {told.get(name)}, keycustody finds {seen.get(name)}")
    # the population of the last month
    subjects = {}
    for f in found["findings"]:
        subjects.setdefault(f["check"], set()).add(f["subject"].lower())
    counted = {"AKS clusters": len(seen), "node pools": len(subjects["pool-encryption-at-host"]), "disks of clusters": len(subjects["disk-encrypted"]),
               "keys": len([s for s in subjects["key-hsm"] if "/keys/" in s])}
    for words, count in counted.items():
        if f"{count} {words}" not in text:
            wrong.append(f"{count} {words} are found; README.md tells another number")
finally:
    shutil.rmtree(work, ignore_errors=True)
for w in wrong:
    print(w)
print(f"{len(told)} clusters in {len(months)} months, {len(wrong)} wrong")
sys.exit(1 if wrong or not told else 0)
