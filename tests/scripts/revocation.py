#!/usr/bin/python3
"""Whether the signer's certificate was revoked: asked of a real OCSP responder (`openssl ocsp` on loopback) or read in a CRL when a
pack is signed, kept beside the signature, judged by verify from the pack alone and by the stock openssl with the commands of
README-auditor.md. Revoked signs nothing; what cannot be had is warned of and claimed nowhere; an answer of another certificate,
of a stranger, of another question or of last month is none, neither when it is asked for nor when somebody puts it there."""
import http.server
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", ".")).resolve()
KC = os.environ["KEYCUSTODY"]
HAR = str(ROOT / "tests" / "fault" / "small.har")
W = pathlib.Path(tempfile.mkdtemp(prefix="kc-revocation-"))
TAGS = "tagmanifest-sha256.txt.p7s"
wrong = []
DATES = " ".join(f"-{word}date {time.strftime('%y%m%d%H%M%SZ', time.gmtime(time.time() + days * 86400))}" for word, days in (("start", -60), ("end", 60)))
CNF = """[req]
distinguished_name = d
[d]
[ca]
default_ca = c
[c]
database = index
new_certs_dir = .
serial = serial
crlnumber = crlnumber
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = keyCertSign,cRLSign
subjectKeyIdentifier = hash
[mid]
basicConstraints = critical,CA:TRUE
keyUsage = keyCertSign,cRLSign,digitalSignature
crlDistributionPoints = URI:http://127.0.0.1:%(web)d/mid.crl
[real]
authorityInfoAccess = OCSP;URI:http://127.0.0.1:%(real)d/
[web]
keyUsage = critical,digitalSignature
authorityInfoAccess = OCSP;URI:http://127.0.0.1:%(web)d/ocsp
[list]
crlDistributionPoints = URI:ldap://127.0.0.1/x, URI:http://127.0.0.1:%(web)d/list.crl
[both]
authorityInfoAccess = OCSP;URI:http://127.0.0.1:%(web)d/down
crlDistributionPoints = URI:http://127.0.0.1:%(web)d/list.crl
[responder]
extendedKeyUsage = OCSPSigning
noCheck = ignored
[stamps]
extendedKeyUsage = critical,timeStamping
[plain]
keyUsage = critical,digitalSignature
[tsa]
serial = tsa.serial
signer_cert = stamps.crt
signer_key = stamps.key
certs = ca.crt
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def check(what, fine, said=""):
    if not fine:
        wrong.append(what)
        print(f"FAILED: {what}: {str(said)[-900:]}")


def sh(line):
    done = subprocess.run(["bash", "-c", line], cwd=W, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"FAILED: {line}: {done.stderr}")
    return done.stdout


def kc(*words):
    done = subprocess.run([KC, *map(str, words)], cwd=W, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def free_port():
    """One that no program gets without asking for it: below Linux's own (ip_local_port_range)."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) != 0:
                return port


# ---- DER, as far as an OCSP response needs it (X.690)

def der(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + size + body


def parts(body):
    out = []
    while body:
        n, at = body[1], 2
        if n > 128:
            at = 2 + (n & 127)
            n = int.from_bytes(body[2:at], "big")
        out.append((body[0], body[at:at + n], body[:at + n]))
        body = body[at + n:]
    return out


def resigned(answer, change, key):
    """The same OCSP response with its signed part changed (at the same length) and signed again."""
    (outer,) = parts(answer)
    status, wrapped = parts(outer[1])
    kind, octets = parts(parts(wrapped[1])[0][1])
    signed, algorithm, _, *certs = parts(parts(octets[1])[0][1])
    (W / "tbs").write_bytes(change(signed[2]))
    sh(f"openssl dgst -sha256 -sign {key} -out tbs.sig tbs")
    basic = der(0x30, (W / "tbs").read_bytes() + algorithm[2] + der(3, b"\0" + (W / "tbs.sig").read_bytes()) + b"".join(c[2] for c in certs))
    return der(0x30, status[2] + der(0xa0, der(0x30, kind[2] + der(4, basic))))


def moved(days):
    """Every time in the signed part, by so many days."""
    def one(match):
        at = time.mktime(time.strptime(match.group(1).decode(), "%Y%m%d%H%M%S"))
        return b"\x18\x0f" + time.strftime("%Y%m%d%H%M%S", time.localtime(at + days * 86400)).encode() + b"Z"
    return lambda signed: re.sub(rb"\x18\x0f(\d{14})Z", one, signed)


# ---- the authorities

def keys(real, web):
    (W / "c.cnf").write_text(CNF.replace("noCheck = ignored\n", "") % {"real": real, "web": web})
    (W / "index").write_text("")
    sh("echo 01 > serial; echo 01 > crlnumber; echo 01 > tsa.serial")
    for name in ("ca", "other-ca"):
        sh(f"openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -subj '/CN=Root {name}' -config c.cnf -out {name}.csr &&"
           f"openssl ca -selfsign -batch -notext -config c.cnf -extensions root {DATES} -keyfile {name}.key -in {name}.csr -out {name}.crt")
    for name, ext in (("mid", "mid"), ("real", "real"), ("late", "real"), ("web", "web"), ("gone", "web"), ("list", "list"), ("both", "both"), ("listed", "list"),
                      ("responder", "responder"), ("stamps", "stamps"), ("plain", "plain")):
        issue(name, ext, "ca")
    issue("leaf", "web", "mid")
    sh("cat leaf.crt mid.crt ca.crt > leaf.pem")
    sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout stranger.key -subj '/CN=Stranger' -days 30 -config c.cnf -extensions responder -out stranger.crt")
    lists()


def issue(name, ext, issuer):
    sh(f"openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -subj '/CN=Test {name}' -config c.cnf -out {name}.csr &&"
       f"openssl ca -batch -notext -config c.cnf -extensions {ext} {DATES} -keyfile {issuer}.key -cert {issuer}.crt -in {name}.csr -out {name}.crt &&"
       f"cat {name}.crt {issuer}.crt > {name}.pem")


def lists():
    sh("openssl ca -config c.cnf -gencrl -crldays 7 -keyfile ca.key -cert ca.crt -out now.crl.pem && openssl crl -in now.crl.pem -outform DER -out list.crl; cp list.crl mid.crl")


def revoke(name):
    sh(f"openssl ca -config c.cnf -keyfile ca.key -cert ca.crt -revoke {name}.crt -crl_reason keyCompromise")
    lists()


class Web(http.server.BaseHTTPRequestHandler):
    mode, seen, old = "good", [], {}

    def answer(self, query):
        ca = "mid" if Web.mode == "mid" else "ca"
        by = {"stranger": "stranger", "unentitled": "plain", "issuer": "ca"}.get(Web.mode, "mid" if Web.mode == "mid" else "responder")
        (W / "q").write_bytes(query)
        if Web.mode == "other":
            sh("openssl ocsp -issuer ca.crt -cert plain.crt -no_nonce -reqout q")
        if Web.mode == "nonceless":
            sh("openssl ocsp -issuer ca.crt -cert web.crt -no_nonce -reqout q")
        if Web.mode == "unknown":
            sh("openssl ocsp -issuer ca.crt -serial 0x7777 -no_nonce -reqout q")
        sh(f"openssl ocsp -index index -CA {ca}.crt -rsigner {by}.crt -rkey {by}.key -reqin q -respout r -nmin 60")
        body = (W / "r").read_bytes()
        if Web.mode == "expired":
            body = resigned(body, moved(-30), "responder.key")
        if Web.mode == "ancient":
            body = resigned(body, moved(-90), "responder.key")
        if Web.mode == "future":
            body = resigned(body, moved(3), "responder.key")
        if Web.mode == "replay":
            body = Web.old["good"]
        if Web.mode == "trylater":
            body = bytes.fromhex("30030a0103")
        Web.old[Web.mode] = body
        return body

    def send(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        Web.seen.append(("GET", self.path, None))
        path = W / self.path.lstrip("/")
        self.send(*((200, "application/pkix-crl", path.read_bytes()) if path.exists() else (404, "text/plain", b"no")))

    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        Web.seen.append(("POST", self.path, self.headers.get("Content-Type")))
        if self.path == "/tsa":
            (W / "tsq").write_bytes(query)
            sh("openssl ts -reply -config c.cnf -section tsa -queryfile tsq -out tsr")
            return self.send(200, "application/timestamp-reply", (W / "tsr").read_bytes())
        if Web.mode == "hang":
            time.sleep(60)
        if self.path == "/down" or Web.mode == "down":
            return self.send(503, "text/html", b"<html>busy</html>")
        if Web.mode == "junk":
            return self.send(200, "application/ocsp-response", b"<html>welcome</html>")
        return self.send(200, "application/ocsp-response", self.answer(query))

    def log_message(self, *a):
        pass


class Maker:
    """Packs of the one store, each in a folder of its own."""
    count, tsa = 0, None

    @classmethod
    def report(cls, who, *more, stamp=True):
        cls.count += 1
        out = f"out{cls.count}"
        code, said = kc("report", "--store", "s", "--out", out, "--sign-key", f"{who}.key", "--sign-cert", f"{who}.pem", *(("--tsa", cls.tsa) if stamp else ()), *more)
        pack = next((W / out).glob("KC-*/"), None) if (W / out).exists() else None
        return code, said, pack


def verify(pack, *more):
    return kc("verify", pack, "--trust", "ca.crt", "--tsa-trust", "ca.crt", *more)


def kept(pack):
    return sorted(p.name[len(TAGS):] for p in pack.glob(TAGS + ".*"))


def asking():
    """What comes of asking, by a responder of every kind."""
    for mode, suffixes, words in (
            ("good", [".ocsp-1.der"], ""), ("issuer", [".ocsp-1.der"], ""), ("nonceless", [".ocsp-1.der"], ""),
            ("down", [], "HTTP status 503"), ("junk", [], "no OCSP response"), ("trylater", [], "the responder says trylater"), ("other", [], "about another certificate"),
            ("stranger", [], "not signed by the certificate's issuer"), ("unentitled", [], "not signed by the certificate's issuer"), ("unknown", [], "about another certificate"),
            ("expired", [], "it held until"), ("ancient", [], "older than the certificate"), ("future", [], "of the future"), ("replay", [], "answers another question")):
        Web.mode = mode
        code, said, pack = Maker.report("web", stamp=False)
        check(f"{mode}: a pack is made", code == 0 and pack, said)
        if not pack:
            continue
        warned = [line for line in said.splitlines() if "whether the certificate of CN=Test web was revoked is not known" in line]
        check(f"{mode}: kept, or one warning", kept(pack) == suffixes and len(warned) == (0 if suffixes else 1) and words in "".join(warned), (kept(pack), said))
        code, said = verify(pack)
        check(f"{mode}: it verifies", code == 0 and ("was not revoked as of" in said if suffixes else "is not known: no answer is kept" in said), said)
        check(f"{mode}: nothing is proven without a stamp", "pass  " + TAGS + ": the certificate" not in said, said)
        code, said = verify(str(pack) + ".zip")
        check(f"{mode}: so does its zip", code == 0, said)
        text = (pack / "README-auditor.md").read_text(encoding="utf-8")
        check(f"{mode}: README-auditor.md speaks of it, or not", ("openssl ocsp -respin" in text) == bool(suffixes))
    Web.mode = "good"


def respond(real):
    """The responder, which reads its index when it starts."""
    with open(W / "responder.log", "wb") as log:
        done = subprocess.Popen(["openssl", "ocsp", "-port", str(real), "-index", "index", "-CA", "ca.crt", "-rsigner", "responder.crt", "-rkey", "responder.key", "-nmin", "60"],
                                cwd=W, stdout=log, stderr=log)
    stop = time.time() + 20
    while "waiting for OCSP client connections" not in (W / "responder.log").read_text() and time.time() < stop:
        time.sleep(0.1)
    return done


def good(real, responder):
    code, said, pack = Maker.report("real")
    check("a real responder: kept", code == 0 and pack and kept(pack) == [".ocsp-1.der"] and "is not known" not in said, said)
    if not pack:
        return responder
    for place in (pack, str(pack) + ".zip"):
        code, said = verify(place, "--require-time-stamp")
        for what in (TAGS, "data/report.pdf"):
            check(f"{what}: said and held", code == 0 and re.search(rf"pass  {re.escape(what)}: the certificate of CN=Test real was not revoked (as of|at the stamped time,) 20.*by CN=Test responder", said), said)
    code, said = kc("verify", pack)
    check("without trust it is a note", code == 0 and "note  " + TAGS + ": the certificate of CN=Test real was not revoked, says its issuer" in said
          and "whose that is was not checked" in said, said)
    code, said = kc("verify", pack, "--trust", "ca.crt")
    check("so it is without a trusted stamp", code == 0 and re.search(rf"note  {re.escape(TAGS)}: the certificate of CN=Test real was not revoked as of", said), said)
    code, said = kc("sign", pack, "--sign-key", "web.key", "--sign-cert", "web.pem", "--tsa", Maker.tsa)
    names = sorted(p.name for p in pack.glob("*.ocsp-*"))
    check("a reviewer's is kept beside his", code == 0 and names == [TAGS + ".ocsp-1.der", "tagmanifest-sha256.txt.reviewed-by.p7s.ocsp-1.der"], (said, names))
    for place in (pack, str(pack) + ".zip"):
        code, said = verify(place)
        check("both are judged", code == 0 and re.search(r"pass  \S*reviewed-by.p7s: the certificate of CN=Test web was not revoked (as of|at the stamped)", said), said)
    code, said = verify(pack, "--deep")
    check("and all of it again", code == 0 and "was not revoked" in said, said)
    auditor(pack)
    altered(pack)
    time.sleep(1.1)
    revoke("real")
    responder.terminate()
    responder.wait()
    responder = respond(real)
    answer = sh(f"openssl ocsp -issuer ca.crt -cert real.crt -url http://127.0.0.1:{real}/ -CAfile ca.crt -respout later.der 2>&1")
    check("the responder knows", "revoked" in answer, answer)
    copy = changed(pack, "later", lambda d: shutil.copy(W / "later.der", d / (TAGS + ".ocsp-1.der")))
    code, said = verify(copy)
    check("revoked after the stamp", code == 0 and re.search(r"pass  .*CN=Test real was revoked at 20.* \(keyCompromise\), after the stamped time", said), said)
    code, said = kc("verify", copy, "--trust", "ca.crt")
    check("revoked, and no stamp that is trusted", code == 5 and re.search(r"FAIL  .*CN=Test real was revoked at 20.*and no time stamp that is trusted", said), said)
    code, said, none = Maker.report("real")
    check("revoked signs nothing", code == 1 and not none and said.count("keycustody: ") == 1
          and re.search(r"the certificate of CN=Test real was revoked at 20\S+ \(keyCompromise\), says CN=Test responder: nothing is signed with it", said), said)
    code, said = kc("sign", pack, "--sign-key", "real.key", "--sign-cert", "real.pem", "--role", "again")
    check("nor as a reviewer", code == 1 and "was revoked at" in said and not list(pack.glob("*.again.p7s*")), said)
    return responder


def changed(pack, name, how):
    copy = W / "changed" / name / pack.name
    shutil.copytree(pack, copy)
    how(copy)
    return copy


def altered(pack):
    """What somebody does to the files of a pack."""
    mine, theirs = TAGS + ".ocsp-1.der", "tagmanifest-sha256.txt.reviewed-by.p7s.ocsp-1.der"
    answer = (pack / mine).read_bytes()
    flips = 0
    for at in range(0, len(answer), 97):
        def flip(copy, at=at):
            (copy / mine).write_bytes(answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1:])
        code, said = verify(changed(pack, f"flip{at}", flip))
        flips += code == 5
    check("a bit of an answer", flips == len(range(0, len(answer), 97)), flips)
    for name, how, words in (
            ("cut", lambda d: (d / mine).write_bytes(answer[:-9]), "no OCSP response"),
            ("tail", lambda d: (d / mine).write_bytes(answer + b"x"), "no OCSP response"),
            ("empty", lambda d: (d / mine).write_bytes(b""), "no OCSP response"),
            ("long", lambda d: (d / mine).write_bytes(answer + b"x" * 70000), mine),
            ("of the reviewer", lambda d: shutil.copy(d / theirs, d / mine), "about another certificate"),
            ("of a stranger", lambda d: (d / mine).write_bytes(resigned(answer, lambda b: b, "stranger.key")), "not signed by"),
            ("of last month", lambda d: (d / mine).write_bytes(resigned(answer, moved(-30), "responder.key")), "the stamped time"),
            ("of before the certificate", lambda d: (d / mine).write_bytes(resigned(answer, moved(-90), "responder.key")), "not yet valid"),
            ("a place too far", lambda d: (d / mine).rename(d / (TAGS + ".ocsp-2.der")), "about no certificate behind this signature"),
            ("no place", lambda d: (d / mine).rename(d / (TAGS + ".ocsp-9.der")), "added"),
            ("of no signature", lambda d: shutil.copy(d / mine, d / "tagmanifest-sha256.txt.none.p7s.ocsp-1.der"), "belongs to no signature"),
            ("a list that is none", lambda d: (d / (TAGS + ".crl-1.pem")).write_text("x"), "no CRL"),
            ("in a folder", lambda d: shutil.copy(d / mine, d / "data/x.p7s.ocsp-1.der"), "added"),
            ("a link", lambda d: ((d / mine).unlink(), (d / mine).symlink_to("/etc/passwd")), mine)):
        code, said = verify(changed(pack, name, how))
        check(f"an answer {name}", code == 5 and any("FAIL" in line and words in line for line in said.splitlines()), said)
    code, said = verify(changed(pack, "dropped", lambda d: (d / mine).unlink()))
    check("an answer that is gone is a note", code == 0 and "note  " + TAGS + ": whether its certificate was revoked is not known: no answer is kept" in said, said)
    code, said = verify(changed(pack, "again", lambda d: (d / mine).write_bytes(resigned(answer, lambda b: b, "responder.key"))))
    check("and this test signs answers as a responder does", code == 0, said)


def auditor(pack):
    text = (pack / "README-auditor.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n((?:(?!```).)*openssl ocsp -respin.*?)```", text, re.S)
    check("README-auditor.md has the commands", block)
    if not block:
        return
    (pack.parent / "CA.pem").write_bytes((W / "ca.crt").read_bytes())
    done = subprocess.run(["bash", "-euc", block.group(1).replace("CA.pem", "../CA.pem")], cwd=pack, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    check("the auditor's commands", done.returncode == 0 and "Response verify OK" in said and ": good" in said, said)


def lists_instead():
    code, said, pack = Maker.report("list")
    check("a list: kept", code == 0 and pack and kept(pack) == [".crl-1.pem"], said)
    if pack:
        code, said = verify(pack)
        check("a list: said and held", code == 0 and re.search(r"pass  .*CN=Test list was not revoked .*list \(CRL\) of .* by CN=Root ca", said), said)
        sh(f"openssl crl -in {pack}/{TAGS}.crl-1.pem -noout -CAfile ca.crt")
        text = (pack / "README-auditor.md").read_text(encoding="utf-8")
        block = re.search(r"```sh\n((?:(?!```).)*-crl_check.*?)```", text, re.S)
        (pack.parent / "CA.pem").write_bytes((W / "ca.crt").read_bytes())
        done = subprocess.run(["bash", "-euc", block.group(1).replace("CA.pem", "../CA.pem") if block else "false"], cwd=pack, capture_output=True, text=True, check=False)
        check("a list: the auditor's commands", done.returncode == 0 and ": OK" in done.stdout, done.stdout + done.stderr)
        good_list = (pack / f"{TAGS}.crl-1.pem").read_text()
        sh("openssl ca -config c.cnf -gencrl -crldays 7 -keyfile other-ca.key -cert other-ca.crt -out strange.pem")
        for name, body, words in (("of another authority", (W / "strange.pem").read_text(), "list of another issuer"), ("with a word before", "x\n" + good_list, "something besides"),
                                  ("twice", good_list * 2, "something besides"), ("with a bit changed", good_list[:200] + ("A" if good_list[200] != "A" else "B") + good_list[201:], "")):
            code, said = verify(changed(pack, "list " + name, lambda d, body=body: (d / f"{TAGS}.crl-1.pem").write_text(body)))
            check(f"a list {name}", code == 5 and any("FAIL" in line and words in line for line in said.splitlines()), said)
    code, said, pack = Maker.report("both")
    check("a list where the responder is down", code == 0 and pack and kept(pack) == [".crl-1.pem"], said)
    revoke("listed")
    code, said, pack = Maker.report("listed")
    check("on the list signs nothing", code == 1 and not pack and re.search(r"CN=Test listed was revoked at 20\S+ \(keyCompromise\), says CN=Root ca", said), said)
    Web.mode = "mid"
    code, said, pack = Maker.report("leaf")
    check("a chain: both are kept", code == 0 and pack and kept(pack) == [".crl-2.pem", ".ocsp-1.der"], said)
    if pack:
        code, said = verify(pack)
        check("a chain: both are judged", code == 0 and re.search(r"pass  .*CN=Test leaf was not revoked", said) and re.search(r"pass  .*CN=Test mid was not revoked", said), said)
    Web.mode = "good"
    revoke("mid")
    code, said, pack = Maker.report("leaf")
    check("a chain: the middle is revoked", code == 1 and not pack and "the certificate of CN=Test mid was revoked at" in said, said)


def seals():
    """Of a store, and of the copy in a pack."""
    sign = ("--sign-key", "web.key", "--sign-cert", "web.pem")
    code, said = kc("collect", "--replay", HAR, "--store", "t", "--taken-at", "2026-09-30T12:00:00Z", *sign, "--tsa", Maker.tsa)
    kept = list((W / "t/snapshots").glob("*.db.p7s.ocsp-1.der"))
    check("beside a seal", code in (0, 4) and len(kept) == 1 and kept[0].stat().st_mode & 0o777 == 0o400, (said, kept))
    held = r"pass  snapshots/\S*\.db: the certificate of CN=Test web was not revoked"
    code, said = verify("t")
    check("a store: said and held", code == 0 and re.search(held, said), said)
    kc("collect", "--replay", HAR, "--store", "t", "--taken-at", "2026-10-30T12:00:00Z")
    Web.mode = "down"
    code, said = kc("seal", "--store", "t", *sign)
    check("a seal without: one warning", code == 0 and said.count("is not known") == 1 and len(list((W / "t/snapshots").glob("*.ocsp-*"))) == 1, said)
    Web.mode = "good"
    kc("collect", "--replay", HAR, "--store", "t", "--taken-at", "2026-11-20T12:00:00Z")
    code, said = kc("seal", "--store", "t", *sign, "--tsa", Maker.tsa)
    check("a later seal", code == 0 and "is not known" not in said and len(list((W / "t/snapshots").glob("*.ocsp-*"))) == 2, said)
    code, said = verify("t")
    check("a store: each its own", code == 0 and len(re.findall(held, said)) == 2 and said.count("is not known: no answer") == 1, said)
    code, said = kc("report", "--store", "t", "--out", "sealed", "--sign-key", "plain.key", "--sign-cert", "plain.pem")
    pack = next((W / "sealed").glob("KC-*/"))
    code, said = verify(pack)
    check("and all of that pack again", verify(pack, "--deep")[0] == 0, verify(pack, "--deep")[1])
    check("and in the pack", code == 0 and re.search(r"pass  data/snapshots/\S*\.db: the certificate of CN=Test web was not revoked", said), said)
    shutil.copy(kept[0], W / "t/snapshots/20300101T000000Z-00000000.db.p7s.ocsp-1.der")
    code, said = verify("t")
    check("of no snapshot", code == 5 and "added: the chain does not list it" in said, said)


def revoked_before():
    """Nobody could be asked when it was signed; the answer is put there later."""
    revoke("gone")
    Web.mode = "down"
    code, said, pack = Maker.report("gone")
    check("nobody could be asked", code == 0 and pack and "is not known" in said, said)
    Web.mode = "good"
    code, said = kc("collect", "--replay", HAR, "--store", "u", "--taken-at", "2026-09-30T12:00:00Z", "--sign-key", "gone.key", "--sign-cert", "gone.pem")
    check("revoked seals nothing", code == 1 and "CN=Test gone was revoked at" in said and said.count("keycustody: ") == 1 and not (W / "u").exists(), said)
    sh("openssl ocsp -issuer ca.crt -cert gone.crt -reqout q2 && openssl ocsp -index index -CA ca.crt -rsigner responder.crt -rkey responder.key -reqin q2 -respout gone.der -nmin 60")
    if pack:
        shutil.copy(W / "gone.der", pack / (TAGS + ".ocsp-1.der"))
        code, said = verify(pack)
        check("revoked before the stamp", code == 5 and re.search(r"FAIL  .*CN=Test gone was revoked at 20.* \(keyCompromise\), before the stamped time", said), said)


def others():
    sh("cp web.crt alone.pem; cp web.key alone.key")
    code, said, pack = Maker.report("alone")
    check("no issuer at hand: one warning", code == 0 and pack and not kept(pack) and said.count("cannot be asked: its issuer's certificate is not with it") == 1, said)
    Web.mode, start = "hang", time.monotonic()
    code, said, pack = Maker.report("web", stamp=False)
    check("a responder that never answers: a warning, and not for long", code == 0 and pack and not kept(pack) and said.count("is not known") == 1
          and time.monotonic() - start < 40, (said, time.monotonic() - start))
    Web.mode = "good"
    before = len(Web.seen)
    code, said, pack = Maker.report("plain", stamp=False)
    check("no address in it: nobody is asked, nothing is said", code == 0 and pack and not kept(pack) and len(Web.seen) == before and "revoked" not in said, said)
    check("what was sent", all(kind in ("application/ocsp-request", "application/timestamp-query", None) for _, _, kind in Web.seen), Web.seen)


def main():
    if not os.path.exists(HAR):
        print("skipped: tests/fault/small.har is missing")
        return 77
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    real = free_port()
    keys(real, server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Maker.tsa = f"http://127.0.0.1:{server.server_port}/tsa"
    responder = respond(real)
    try:
        code, said = kc("collect", "--replay", HAR, "--store", "s", "--taken-at", "2026-09-30T12:00:00Z")
        check("a store", code in (0, 4), said)
        asking()
        responder = good(real, responder)
        lists_instead()
        seals()
        revoked_before()
        others()
    finally:
        responder.terminate()
        responder.wait()
        subprocess.run(["chmod", "-R", "u+w", str(W)], check=False)
        shutil.rmtree(W, ignore_errors=True)
    print(f"{Maker.count} packs, {len(Web.seen)} requests: {len(wrong)} wrong")
    return 1 if wrong else 0


sys.exit(main())
