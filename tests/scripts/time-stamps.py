#!/usr/bin/python3
"""Time stamps by an authority that is a real program of Debian's (`openssl ts`) on loopback: asked for, kept in the signature,
checked by verify and by the stock openssl with the commands of README-auditor.md; refused where the answer is junk, late, of
another question or by a certificate that may not stamp; pending and mended where the authority does not answer."""
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(os.environ.get("SOURCE_DIR", ".")).resolve()
KC = os.environ["KEYCUSTODY"]
HAR = str(ROOT / "tests" / "fault" / "small.har")
wrong = []
W = pathlib.Path(tempfile.mkdtemp(prefix="kc-tsa-"))
CNF = """[ca]
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
[tsa_ext]
extendedKeyUsage = critical,timeStamping
[mail_ext]
extendedKeyUsage = emailProtection
[signer_ext]
keyUsage = critical,digitalSignature
[tsa]
serial = tsa.serial
signer_cert = tsa.crt
signer_key = tsa.key
certs = ca.crt
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def check(what, fine, said=""):
    if not fine:
        wrong.append(what)
        print(f"FAILED: {what}: {str(said)[-500:]}")


def sh(line):
    done = subprocess.run(["bash", "-c", line], cwd=W, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"FAILED: {line}: {done.stderr}")
    return done.stdout


def kc(*words):
    done = subprocess.run([KC, *map(str, words)], cwd=W, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def keys():
    (W / "c.cnf").write_text(CNF)
    (W / "index").write_text("")
    sh("echo 01 > serial; echo 01 > tsa.serial; for k in ca tsa mail signer brief; do openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $k.key; done")
    sh("openssl req -x509 -new -key ca.key -subj '/CN=Stamp Root' -days 30 -config <(printf '[req]\\ndistinguished_name=d\\n[d]\\n') -out ca.crt")
    for name, ext in (("tsa", "tsa_ext"), ("mail", "mail_ext"), ("signer", "signer_ext")):
        sh(f"openssl req -new -key {name}.key -subj '/CN=Test {name}' -out {name}.csr && openssl ca -batch -notext -config c.cnf -extensions {ext} "
           f"-days 20 -keyfile ca.key -cert ca.crt -in {name}.csr -out {name}.crt 2>&1")


class Authority(http.server.BaseHTTPRequestHandler):
    old, seen = b"", []

    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        Authority.seen.append((self.path, self.headers.get("Content-Type"), self.headers.get("Authorization")))
        (W / "q").write_bytes(query)
        cert = "-signer mail.crt -inkey mail.key" if self.path == "/mail" else ""
        status, body = 200, b"<html>busy</html>"
        if self.path not in ("/junk", "/down", "/replay"):
            subprocess.run(["bash", "-c", f"openssl ts -reply -config c.cnf -section tsa {cert} -queryfile q -out r"], cwd=W, capture_output=True, check=False)
            body = (W / "r").read_bytes()
        if self.path == "/replay":
            body = Authority.old
        if self.path == "/down":
            status = 503
        Authority.old = Authority.old or body
        self.send_response(status)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *a):
        pass


def snapshots(store):
    return kc("snapshots", "--store", store)[1]


def seals(tsa, dead):
    sign = ("--sign-key", "signer.key", "--sign-cert", "signer.crt")
    take = ("collect", "--replay", HAR, "--store")
    code, said = kc(*take, "s", "--taken-at", "2026-09-30T12:00:00Z", *sign, "--tsa", tsa + "/good")
    check("a seal is stamped", code in (0, 4) and "pending" not in said and "stamped" in snapshots("s"), said + snapshots("s"))
    code, said = kc("verify", "s", "--trust", "ca.crt", "--tsa-trust", "ca.crt")
    check("verify shows the stamp", code == 0 and re.search(r"time stamp of 20\d\d-.*by CN=Test tsa, whom ca.crt vouches for", said), said)
    code, said = kc("verify", "s")
    check("without trust it says so", code == 0 and "whose that is was not checked: --tsa-trust" in said, said)
    check("a stamp of nobody known is none", kc("verify", "s", "--tsa-trust", "signer.crt")[0] == 5)
    check("required and there", kc("verify", "s", "--trust", "ca.crt", "--tsa-trust", "ca.crt", "--require-time-stamp")[0] == 0)
    code, said = kc(*take, "s", "--taken-at", "2026-10-30T12:00:00Z", *sign, "--tsa", dead)
    check("no answer stops no collection", code in (0, 4) and "time stamp pending" in said and "keycustody seal" in said, said)
    check("it is marked", "pending" in snapshots("s"), snapshots("s"))
    check("required and not there", kc("verify", "s", "--trust", "ca.crt", "--tsa-trust", "ca.crt", "--require-time-stamp")[0] == 5)
    code, said = kc("seal", "--store", "s", "--tsa", tsa + "/junk")
    check("junk mends nothing", code == 1 and "no time stamp response" in said and "pending" in snapshots("s"), said)
    code, said = kc("seal", "--store", "s", "--tsa", tsa + "/good")
    check("seal mends it", code == 0 and "1 stamped now" in said and "pending" not in snapshots("s"), said + snapshots("s"))
    check("and it holds", kc("verify", "s", "--trust", "ca.crt", "--tsa-trust", "ca.crt", "--require-time-stamp")[0] == 0)
    check("once", "0 stamped now" in kc("seal", "--store", "s", "--tsa", tsa + "/good")[1])
    kc(*take, "bare", "--taken-at", "2026-09-30T12:00:00Z")
    code, said = kc("seal", "--store", "bare", *sign)
    check("a seal that was never made", code == 0 and "1 sealed now" in said and kc("verify", "bare", "--trust", "ca.crt")[0] == 0, said)
    seal = next((W / "s/snapshots").glob("*.p7s"))
    whole = seal.read_bytes()
    at = whole.rindex(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e") + 400  # inside the token
    seal.chmod(0o600)
    seal.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    code, said = kc("verify", "s", "--trust", "ca.crt", "--tsa-trust", "ca.crt")
    check("one bit in the stamp", code == 5 and "time stamp" in said, said)
    seal.write_bytes(whole)
    code, said = kc("seal", "--store", "s")
    check("usage", code == 2 and "--tsa URL" in said, said)
    code, said = kc(*take, "x", "--taken-at", "2026-09-30T12:00:00Z", "--tsa", tsa)
    check("nothing to stamp", code == 2 and not (W / "x").exists(), said)


def packs(tsa, dead):
    make = ("report", "--store", "s", "--sign-key", "signer.key", "--sign-cert", "signer.crt", "--out")
    code, said = kc(*make, "packs", "--tsa", tsa + "/good")
    pack = next((W / "packs").glob("KC-*/"), None)
    check("a pack is stamped", code == 0 and pack, said)
    if not pack:
        return
    code, said = kc("verify", str(pack) + ".zip", "--trust", "ca.crt", "--tsa-trust", "ca.crt", "--require-time-stamp")
    check("its zip verifies", code == 0 and "tagmanifest-sha256.txt.p7s: time stamp of" in said and "data/report.pdf: time stamp of" in said, said)
    sh("openssl pkcs12 -export -inkey signer.key -in signer.crt -certfile ca.crt -passout pass:canary-4711 -out signer.p12; printf 'canary-4711\\nmore\\n' > pass")
    code, said = kc("report", "--store", "s", "--out", "p12", "--sign-key", "signer.p12", "--sign-pass-file", "pass")
    check("PKCS#12 and its pass phrase in a file", code == 0 and "signed by CN=Test signer" in said, said)
    os.environ["KEYCUSTODY_SIGN_PASS"] = "canary-4711"
    code, said = kc("report", "--store", "s", "--out", "p12-env", "--sign-key", "signer.p12")
    check("and in the environment", code == 0, said)
    os.environ["KEYCUSTODY_SIGN_PASS"] = "wrong"
    code, said = kc("report", "--store", "s", "--out", "p12-none", "--sign-key", "signer.p12")
    check("a wrong one", code == 1 and "does not open it" in said and not (W / "p12-none").exists(), said)
    del os.environ["KEYCUSTODY_SIGN_PASS"]
    done = subprocess.run(["setsid", KC, "report", "--store", "s", "--out", "p12-none", "--sign-key", "signer.p12"], cwd=W, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    check("none, and nobody to ask", done.returncode == 1 and "no pass phrase was given" in done.stderr, done.stderr)
    check("the pass phrase is nowhere", subprocess.run(["grep", "-rlaF", "canary-4711", "p12", "p12-env", "s"], cwd=W, capture_output=True, check=False).returncode == 1)
    before = {p: p.read_bytes() for p in pack.rglob("*") if p.is_file()}
    code, said = kc("sign", str(pack) + "/", "--sign-key", "signer.p12", "--sign-pass-file", "pass", "--tsa", tsa + "/good")
    check("a reviewer signs", code == 0 and "tagmanifest-sha256.txt.reviewed-by.p7s" in said, said)
    check("and touches nothing", all(p.read_bytes() == b for p, b in before.items()) and len(list(pack.rglob("*.p7s"))) == 3, list(pack.rglob("*.p7s")))
    for place in (pack, str(pack) + ".zip"):
        code, said = kc("verify", place, "--trust", "ca.crt", "--tsa-trust", "ca.crt", "--require-time-stamp")
        check("both signatures hold", code == 0 and "reviewed-by.p7s: signed by CN=Test signer" in said, said)
    code, said = kc("sign", pack, "--sign-key", "signer.p12", "--sign-pass-file", "pass")
    check("once in a role", code == 1 and "there already" in said, said)
    subprocess.run(["cp", str(pack) + ".zip", "alone.zip"], cwd=W, check=True)
    code, said = kc("sign", "alone.zip", "--sign-key", "signer.key", "--sign-cert", "signer.crt", "--role", "approved-by")
    check("a zip alone", code == 0 and "approved-by.p7s: signed" in kc("verify", "alone.zip", "--trust", "ca.crt")[1] and not (W / "alone").exists(), said)
    code, said = kc("sign", "alone.zip", "--sign-key", "signer.key", "--sign-cert", "signer.crt", "--role", "approved-by")
    check("once in a role, in a zip", code == 1 and said.count("keycustody: ") == 1 and kc("verify", "alone.zip", "--trust", "ca.crt")[0] == 0, said)
    code, said = kc("sign", "alone.zip", "--sign-key", "signer.key", "--sign-cert", "signer.crt", "--role", "../x")
    check("a role is a word", code == 1 and "--role" in said, said)
    subprocess.run(["cp", "-r", pack, "broken"], cwd=W, check=True)
    (W / "broken/data/report.txt").write_text("no")
    code, said = kc("sign", "broken", "--sign-key", "signer.key", "--sign-cert", "signer.crt", "--role", "x")
    check("what is not whole is not signed", code == 1 and "does not verify" in said and not list((W / "broken").glob("*.x.p7s")), said)
    code, said = kc("verify", pack, "--trust", "ca.crt", "--tsa-trust", "ca.crt", "--format", "json")
    doc = json.loads(said) if said.startswith("{") else {}
    check("verify for programs", code == 0 and doc.get("holds") is True and doc["failed"] == 0
          and sum("time stamp of" in line["words"] and line["result"] == "pass" for line in doc["lines"]) >= 2, said)
    code, said = kc("verify", pack, "--trust", "tsa.crt", "--format", "json")
    check("and what does not hold", code == 5 and json.loads(said)["failed"] > 0 and any(line["result"] == "fail" for line in json.loads(said)["lines"]), said)
    sh("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out reader.key && openssl req -x509 -new -key reader.key -subj /CN=Reader -days 9 -out reader.crt"
       " && openssl req -x509 -new -key mail.key -subj /CN=Second -days 9 -out second.crt")
    code, said = kc("report", "--store", "s", "--out", "sealed", "--encrypt-to", "reader.crt", "--encrypt-to", "second.crt")
    letter = next((W / "sealed").glob("*.zip.p7m"), None)
    check("the zip is encrypted too", code == 0 and letter and "encrypted " in said and letter.stat().st_mode & 0o777 == 0o600, said)
    for cert, key in (("reader.crt", "reader.key"), ("second.crt", "mail.key")):
        sh(f"openssl cms -decrypt -binary -inform DER -in {letter} -recip {cert} -inkey {key} -out opened.zip && cmp opened.zip {str(letter)[:-4]}")
    check("nobody else reads it", subprocess.run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", letter, "-recip", "signer.crt", "-inkey", "signer.key",
                                                  "-out", "no"], cwd=W, capture_output=True, check=False).returncode != 0)
    code, said = kc("report", "--store", "s", "--out", "unsealed", "--encrypt-to", "reader.key")
    check("not a certificate", code == 1 and "holds no certificate" in said and not (W / "unsealed").exists(), said)
    text = (pack / "README-auditor.md").read_text(encoding="utf-8")
    block = re.search(r"The signature carries a time stamp.*?```sh\n(.*?)```", text, re.S).group(1)
    for name in ("TSA.pem", "CA.pem"):
        (pack.parent / name).write_bytes((W / "ca.crt").read_bytes())
    done = subprocess.run(["bash", "-euc", block.replace("TSA.pem", "../TSA.pem")], cwd=pack, capture_output=True, text=True, check=False)
    check("the auditor's commands", done.returncode == 0 and "Verification: OK" in done.stdout + done.stderr and "Time stamp:" in done.stdout, done.stdout + done.stderr)
    sign = re.search(r"```sh\n(openssl cms -verify.*?)```", text, re.S).group(1).replace("CA.pem", "../CA.pem")
    done = subprocess.run(["bash", "-euc", sign], cwd=pack, capture_output=True, text=True, check=False)
    check("openssl cms accepts a stamped signature", "CAdES Verification successful" in done.stderr, done.stderr)
    for what, url, words in (("no answer", dead, "no time stamp"), ("junk", tsa + "/junk", "no time stamp response"), ("a fault", tsa + "/down", "HTTP status 503"),
                             ("an answer to another question", tsa + "/replay", "does not hold"), ("a certificate that may not stamp", tsa + "/mail", "")):
        code, said = kc(*make, "none", "--tsa", url)
        left = list((W / "none").iterdir()) if (W / "none").exists() else []
        check(f"{what}: no pack", code == 1 and words in said and said.count("keycustody: ") == 1 and not left, (code, said, left))
    check("no token was sent anywhere", all(a is None and t == "application/timestamp-query" for _, t, a in Authority.seen), Authority.seen)


def brief(tsa):
    """A certificate that ends: the stamp, by somebody who is trusted, keeps the signature good; nothing else does."""
    end = time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + 6))
    sh(f"openssl req -new -key brief.key -subj '/CN=Brief' -out brief.csr && openssl ca -batch -notext -config c.cnf -extensions signer_ext "
       f"-startdate 200101000000Z -enddate {end} -keyfile ca.key -cert ca.crt -in brief.csr -out brief.crt 2>&1")
    sign = ("--sign-key", "brief.key", "--sign-cert", "brief.crt")
    code, said = kc("seal", "--store", "later", *sign, "--tsa", tsa + "/good")
    check("sealed in time", code == 0, said)
    stop = time.time() + 20
    while kc("verify", "later", "--trust", "ca.crt")[0] == 0 and time.time() < stop:
        time.sleep(0.5)
    code, said = kc("verify", "later", "--trust", "ca.crt")
    check("expired, and the stamp is nobody's", code == 5 and "expired" in said, said)
    code, said = kc("verify", "later", "--trust", "ca.crt", "--tsa-trust", "ca.crt")
    check("expired, and stamped before", code == 0, said)


def main():
    if not os.path.exists(HAR):
        print("skipped: tests/fault/small.har is missing")
        return 77
    keys()
    server = http.server.HTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tsa = f"http://127.0.0.1:{server.server_port}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{free.getsockname()[1]}"
    seals(tsa, dead)
    packs(tsa, dead)
    kc("collect", "--replay", HAR, "--store", "later", "--taken-at", "2026-09-30T12:00:00Z")
    brief(tsa)
    subprocess.run(["chmod", "-R", "u+w", str(W)], check=False)
    subprocess.run(["rm", "-rf", str(W)], check=False)
    print(f"{len(Authority.seen)} stamps asked for: {len(wrong)} wrong")
    return 1 if wrong else 0


sys.exit(main())
