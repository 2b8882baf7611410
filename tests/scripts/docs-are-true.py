#!/usr/bin/python3
"""What README.md and docs/ say is so: commands and options exist, links lead somewhere, the example mapping is one, the
policies are called what the documents call them."""
import glob, json, os, re, subprocess, sys, tempfile

root, program = os.environ.get("SOURCE_DIR", "."), os.environ["KEYCUSTODY"]
wrong = []
helps = {}


def help_of(command):
    if command not in helps:
        done = subprocess.run([program, command, "--help"], capture_output=True, text=True)
        helps[command] = done.stdout if done.returncode == 0 else None
    return helps[command]


files = [os.path.join(root, "README.md")] + sorted(glob.glob(os.path.join(root, "docs", "*.md")) + glob.glob(os.path.join(root, "samples", "*.md")))
commands = 0
for path in files:
    name, text = os.path.relpath(path, root), open(path, encoding="utf-8").read()
    joined = text.replace("\\\n", " ")
    for line in re.findall(r"(?:^|[`|(] ?)(keycustody [^`|\n]*)", joined, re.M):
        words = line.split()
        if len(words) < 2 or not re.fullmatch(r"[a-z]+", words[1]):
            continue
        # a sentence about the program is no command line
        if help_of(words[1]) is None:
            if any(w.startswith("--") for w in words):
                wrong.append(f"{name}: keycustody {words[1]}: no such command")
            continue
        commands += 1
        for option in [w.split("=")[0].rstrip(".,;:)") for w in words if w.startswith("--")]:
            if option != "--help" and option not in help_of(words[1]):
                wrong.append(f"{name}: keycustody {words[1]} has no option {option}")
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"https?:", link) and not os.path.exists(os.path.join(os.path.dirname(path), link)):
            wrong.append(f"{name}: {link} is not there")
    for place in re.findall(r"`((?:src|tests|mappings|samples|report-templates|docs|cmake)/[\w./-]*)`", text):
        if not os.path.exists(os.path.join(root, place)):
            wrong.append(f"{name}: names {place}, which is not there")

mapping = open(os.path.join(root, "docs", "mapping.md"), encoding="utf-8").read()
block = re.search(r"^```json\n(.*?)^```$", mapping, re.M | re.S).group(1)
with tempfile.TemporaryDirectory() as work:
    example = os.path.join(work, "key-policy.json")
    open(example, "w", encoding="utf-8").write(block)
    done = subprocess.run([program, "frameworks", "lint", example], capture_output=True, text=True)
    if done.returncode != 0:
        wrong.append(f"docs/mapping.md: the example does not lint: {done.stdout}{done.stderr}")
    # and a mapping with one wrong name is refused with the place named
    broken = json.loads(block)
    broken["controls"][0]["relations"][0]["check"] = "no-such-check"
    open(example, "w", encoding="utf-8").write(json.dumps(broken, indent=1))
    done = subprocess.run([program, "frameworks", "lint", example], capture_output=True, text=True)
    if done.returncode == 0 or "/controls/0/relations/0/check" not in done.stdout + done.stderr:
        wrong.append("frameworks lint does not find an unknown check")

signing = open(os.path.join(root, "docs", "signing.md"), encoding="utf-8").read()
with tempfile.TemporaryDirectory() as work:
    example = os.path.join(work, "engagement.json")
    open(example, "w", encoding="utf-8").write(re.search(r"^```json\n(.*?)^```$", signing, re.M | re.S).group(1))
    # nobody of that role is in it: said only of a file without a mistake
    done = subprocess.run([program, "sign", work, "--engagement", example, "--role", "nobody"], capture_output=True, text=True)
    if "gives no key of a signer nobody" not in done.stderr:
        wrong.append(f"docs/signing.md: the engagement file is none: {done.stderr}")

if not commands:
    wrong.append("no command line was found in the documents")
for w in wrong:
    print(w)
print(f"{len(files)} documents, {commands} command lines, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
