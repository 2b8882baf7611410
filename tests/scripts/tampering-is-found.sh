#!/bin/bash
# A bit turned anywhere in a pack's folder or zip, and files added, dropped, renamed, doubled or swapped, are found and named.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
"$kc" verify "$pack" --trust "$ca" >"$work/v" || { cat "$work/v"; fail "the untouched pack"; }
cat >"$work/tamper.py" <<'PY'
import os, random, subprocess, sys, zipfile
kc, pack, zipped, ca, rounds = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
random.seed(20261124)
def verify(path):
    return subprocess.run([kc, "verify", path, "--trust", ca], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
files = sorted(os.path.join(d, f) for d, _, fs in os.walk(pack) for f in fs)
sizes = [os.path.getsize(f) for f in files]
def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        b = f.read(1)[0]
        f.seek(at)
        f.write(bytes([b ^ (1 << random.randrange(8))]))
        return b
def restore(path, at, b):
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(bytes([b]))
def same(path):
    z = zipfile.ZipFile(path)
    there = {os.path.relpath(f, os.path.dirname(pack)): f for f in files}
    return set(z.namelist()) == set(there) and all(z.read(n) == open(f, "rb").read() for n, f in there.items())
missed = 0
for i in range(rounds):
    f = files[i] if i < len(files) else random.choices(files, sizes)[0]
    size = os.path.getsize(f)
    if not size:
        continue
    at = random.randrange(size)
    os.chmod(f, 0o600)
    b = flip(f, at)
    r = verify(pack)
    restore(f, at, b)
    if r.returncode != 5 or os.path.basename(f) not in r.stdout:
        print("not found:", f, at, r.returncode, r.stdout)
        missed += 1
for i in range(rounds // 4):
    at = random.randrange(os.path.getsize(zipped))
    b = flip(zipped, at)
    r = verify(zipped)
    if r.returncode == 0 and not same(zipped): # dates and rights in a zip mean nothing; what is in it must be the pack
        print("zip byte", at, "not found")
        missed += 1
    restore(zipped, at, b)
    if r.returncode not in (0, 5):
        print("zip byte", at, "exit code", r.returncode, r.stdout)
        missed += 1
r = verify(pack)
assert r.returncode == 0, r.stdout
print(rounds + rounds // 4, "bits turned,", missed, "not found")
sys.exit(1 if missed else 0)
PY
/usr/bin/python3 "$work/tamper.py" "$kc" "$pack" "$zip" "$ca" "${ROUNDS:-120}"

echo "parts of another pack"
make_pack "$work/other" --framework hipaa --sign-key "$work/key.pem" --sign-cert "$work/cert.pem"
other=$(find "$work/other" -mindepth 1 -maxdepth 1 -type d)
for part in data/report.pdf data/findings.json manifest-sha256.txt tagmanifest-sha256.txt tagmanifest-sha256.txt.p7s; do
  rm -rf "$work/t"
  cp -a "$pack" "$work/t"
  cp "$other/$part" "$work/t/$part"
  rc=0
  "$kc" verify "$work/t" --trust "$ca" >"$work/v" || rc=$?
  [ "$rc" = 5 ] || fail "$part of another pack: exit code $rc"
done
echo "each found"
