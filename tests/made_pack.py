"""For scripts of tests: keys, an authority that stamps (`openssl ts` on loopback, its clock moved at will), stores and packs in a
folder that goes again, and what verify says of them. Environment as for every script of tests: KEYCUSTODY, SOURCE_DIR, BUILD_DIR."""
import hashlib
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", ".")).resolve()
KC = os.environ["KEYCUSTODY"]
# Built without sanitizers it starts in a third of the time.
PLAIN = os.path.join(os.environ.get("BUILD_DIR", "."), "tests/keycustody_plain")
PLAIN = PLAIN if os.path.exists(PLAIN) else KC
QUICK = bool(os.environ.get("KC_QUICK"))
HAR = str(ROOT / "tests/fault/small.har")
W = pathlib.Path(tempfile.mkdtemp(prefix="kc-packs-"))
TRUST = ("--trust", "ca.pem", "--tsa-trust", "tsa-ca.pem")
LIST, TAGS = "manifest-sha256.txt", "tagmanifest-sha256.txt"
wrong, done = [], 0
TSA = """[ca]
default_ca = c
[c]
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
[ext]
extendedKeyUsage = critical,timeStamping
[tsa]
serial = tsa.serial
signer_cert = tsa.pem
signer_key = tsa.key
certs = tsa-ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def check(what, fine, said=""):
    global done
    done += 1
    if not fine:
        wrong.append(what)
        print(f"FAILED: {what}: {str(said)[-1500:]}", flush=True)


def sh(line, **more):
    end = subprocess.run(["bash", "-ec", line], cwd=W, capture_output=True, text=True, check=False, **more)
    if end.returncode:
        sys.exit(f"FAILED: {line}: {end.stderr}")
    return end.stdout


def kc(*words, env=None, program=KC):
    end = subprocess.run([program, *map(str, words)], cwd=W, capture_output=True, text=True, check=False, env={**os.environ, **env} if env else None)
    return end.returncode, end.stdout + end.stderr


def verify(path, *more, trust=TRUST, program=KC):
    return kc("verify", path, *trust, *more, program=program)


def found(what, path, *names, trust=TRUST, more=()):
    """Exit 5, and a line of a failure that names it."""
    code, said = verify(path, *more, trust=trust)
    fails = [line for line in said.splitlines() if line.startswith("FAIL")]
    check(what, code == 5 and any(all(n in line for n in names) for line in fails), f"exit {code}, wanted {names}\n{said}")


def holds(what, path, *names, trust=TRUST, more=()):
    code, said = verify(path, *more, trust=trust)
    check(what, code == 0 and all(n in said for n in names), f"exit {code}, wanted {names}\n{said}")


# ---- keys, an authority that stamps, stores and packs

class Authority(http.server.BaseHTTPRequestHandler):
    lock = threading.Lock()

    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        moved = re.fullmatch(r"/([+-]\d+)", self.path)
        with Authority.lock:
            (W / "q").write_bytes(query)
            shift = {"LD_PRELOAD": str(W / "moved.so"), "MOVED": moved[1]} if moved else {}
            subprocess.run(["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "q", "-out", "r"], cwd=W, check=True,
                           capture_output=True, env={**os.environ, **shift})
            body = (W / "r").read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


CLOCK = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static time_t by(void) { const char *t = getenv("MOVED"); return t ? atoll(t) : 0; }
time_t time(time_t *out) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); if (out) *out = t.tv_sec; return t.tv_sec; }
int gettimeofday(struct timeval *tv, void *zone) { struct timespec t; (void)zone; clock_gettime(CLOCK_REALTIME, &t); tv->tv_sec = t.tv_sec; tv->tv_usec = t.tv_nsec / 1000; return 0; }
int clock_gettime(clockid_t id, struct timespec *t)
{
    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int rc = real(id, t);
    if (id == CLOCK_REALTIME) t->tv_sec += by();
    return rc;
}
"""


def keys():
    (W / "tsa.cnf").write_text(TSA)
    (W / "index").write_text("")
    (W / "moved.c").write_text(CLOCK)
    sh("echo 01 >serial; echo 01 >tsa.serial; cc -shared -fPIC -o moved.so moved.c -ldl;"
       "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'; for k in ca other-ca; do openssl req -x509 $new -keyout $k.key -subj \"/CN=Test $k\" -days 90 -out $k.pem; done;"
       "for k in key second other; do openssl req $new -keyout $k.key -subj \"/O=Test/CN=Test $k\" -out $k.csr; done;"
       "for k in key second; do openssl x509 -req -in $k.csr -CA ca.pem -CAkey ca.key -days 60 -out $k.crt; cat ca.pem >>$k.crt; done;"
       "openssl x509 -req -in other.csr -CA other-ca.pem -CAkey other-ca.key -days 60 -out other.crt;"
       # valid for years: its clock is to be set back
       "openssl req $new -keyout tsa-ca.key -subj '/CN=Test tsa-ca' -out tsa-ca.csr;"
       "openssl ca -batch -notext -selfsign -config tsa.cnf -extensions root -startdate 200101000000Z -days 9000 -keyfile tsa-ca.key -in tsa-ca.csr -out tsa-ca.pem;"
       "openssl req $new -keyout tsa.key -subj '/CN=Test tsa' -out tsa.csr;"
       "openssl ca -batch -notext -config tsa.cnf -extensions ext -startdate 200101000000Z -days 3000 -keyfile tsa-ca.key -cert tsa-ca.pem -in tsa.csr -out tsa.pem")


def signer(name, tsa=None):
    return ("--sign-key", f"{name}.key", "--sign-cert", f"{name}.crt", *(("--tsa", tsa) if tsa else ()))


def collect(store, taken_at, *sign, har=HAR, env=None):
    code, said = kc("collect", "--store", store, "--replay", har, "--taken-at", taken_at, *sign, env=env)
    if code not in (0, 4):
        sys.exit(f"FAILED: collect: {said}")


def report(out, *more, store="store"):
    code, said = kc("report", "--store", store, "--out", out, *more)
    if code:
        sys.exit(f"FAILED: report: {said}")
    return next(p for p in (W / out).iterdir() if p.is_dir())


def files_of(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def copy(pack, name="t"):
    to = W / "work" / name / pack.name
    shutil.rmtree(to.parent, ignore_errors=True)
    shutil.copytree(pack, to)
    return to


def hash_again(pack):
    """What anybody can do after an edit: both manifests and the count of bytes made to fit."""
    data = sorted(n for n in files_of(pack) if n.startswith("data/"))
    (pack / LIST).write_text("".join(f"{hashlib.sha256((pack / n).read_bytes()).hexdigest()}  {n}\n" for n in data))
    info = (pack / "bag-info.txt").read_text()
    size = sum((pack / n).stat().st_size for n in data)
    (pack / "bag-info.txt").write_text(re.sub(r"Payload-Oxum: .*", f"Payload-Oxum: {size}.{len(data)}", info))
    tags = sorted(n for n in files_of(pack) if not n.startswith("data/") and n != TAGS and not (n.endswith((".p7s", ".tsr")) and "/" not in n))
    (pack / TAGS).write_text("".join(f"{hashlib.sha256((pack / n).read_bytes()).hexdigest()}  {n}\n" for n in tags))


def sign_again(pack, name):
    sh(f"openssl cms -sign -cades -binary -outform DER -in {pack / TAGS} -signer {name}.crt -inkey {name}.key -md sha256 -out {pack / TAGS}.p7s")


def serve():
    """Starts the authority; gives its URL. Behind it "+86400" or "-86400" moves its clock by so many seconds."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def run(main):
    """Ends the script with main's code, and with the folder gone."""
    if not os.path.exists(HAR):
        print("skipped: tests/fault/small.har is missing")
        sys.exit(77)
    try:
        main()
        print(f"{done} deeds and runs, {len(wrong)} wrong")
        sys.exit(1 if wrong else 0)
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(W)], check=False)
        shutil.rmtree(W, ignore_errors=True)
