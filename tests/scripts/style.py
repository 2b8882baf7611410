#!/usr/bin/python3
"""The sources are as .clang-format lays them out, and .clang-tidy finds nothing in src/ (that part takes minutes of processor
time; a quick run leaves it out)."""
import concurrent.futures, glob, json, os, shutil, subprocess, sys

root = os.path.abspath(os.environ.get("SOURCE_DIR", "."))
build = os.environ["BUILD_DIR"]
sources = sorted(glob.glob(f"{root}/src/**/*.[ch]", recursive=True) + glob.glob(f"{root}/tests/**/*.[ch]", recursive=True))
if not shutil.which("clang-format"):
    print("skipped: clang-format is not installed")
    sys.exit(77)
form = subprocess.run(["clang-format", "--dry-run", "--Werror", *sources], cwd=root, capture_output=True, text=True)
wrong = [line for line in form.stderr.splitlines() if "error:" in line]
if form.returncode and not wrong:
    wrong = [form.stderr]


def tidy(files):
    # the build is gcc's: clang is told to pass over options that it does not know
    done = subprocess.run(["clang-tidy", "-p", build, "--quiet", "--extra-arg=-Wno-unknown-warning-option", *files], cwd=root,
                          capture_output=True, text=True)
    said = [line for line in done.stdout.splitlines() if " error: " in line or " warning: " in line]
    return said or ([f"{files}: {done.stderr[-500:]}"] if done.returncode else [])


known = {entry["file"] for entry in json.load(open(f"{build}/compile_commands.json"))}
files = [s for s in sources if s.endswith(".c") and "/src/" in s and s in known]
if not files:
    wrong.append("compile_commands.json names no source")
checked = "clang-tidy left out"
if shutil.which("clang-tidy") and not os.environ.get("KC_QUICK"):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for said in pool.map(tidy, [files[i::40] for i in range(40)]):
            wrong += said
    checked = f"clang-tidy: {len(files)} sources"
for line in wrong[:60]:
    print(line.replace(root + "/", ""))
print(f"{len(sources)} files, {checked}: {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
