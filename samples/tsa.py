#!/usr/bin/python3
"""A time stamp authority for the demo, on this machine alone: `openssl ts` behind HTTP (RFC 3161 section 3.4); at /ocsp it says
whether a certificate was revoked: `openssl ocsp` over the list `issued` there, as issuing.pem (RFC 6960 appendix A.1).
tsa.py FOLDER: makes its key and certificate there (tsa-ca.pem is what to trust), prints its URL, and serves until it is ended.
Nobody vouches for its clock: a real stamp comes from an authority that others trust."""
import http.server
import pathlib
import subprocess
import sys

CONFIG = """[req]
distinguished_name = name
[name]
[ext]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
serial = tsa-serial
signer_cert = tsa.pem
signer_key = tsa.key
certs = tsa-ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
folder = pathlib.Path(sys.argv[1])


def openssl(*words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def keys():
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365", "-config", "tsa.cnf")
    (folder / "tsa.cnf").write_text(CONFIG, encoding="ascii")
    (folder / "tsa-serial").write_text("01\n", encoding="ascii")
    openssl("req", "-x509", *key, "-keyout", "tsa-ca.key", "-subj", "/O=keycustody demo/CN=Demo time stamp CA", "-addext", "basicConstraints=critical,CA:TRUE",
            "-out", "tsa-ca.pem")
    openssl("req", *key[:5], "-config", "tsa.cnf", "-keyout", "tsa.key", "-subj", "/O=keycustody demo/CN=Demo time stamps", "-out", "tsa.csr")
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "tsa-ca.pem", "-CAkey", "tsa-ca.key", "-days", "365", "-extfile", "tsa.cnf", "-extensions", "ext",
            "-out", "tsa.pem")


class Stamps(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        (folder / "tsa.query").write_bytes(self.rfile.read(min(int(self.headers.get("Content-Length", "0")), 65536)))
        ocsp = self.path == "/ocsp"
        if ocsp:
            openssl("ocsp", "-index", "issued", "-CA", "issuing.pem", "-rsigner", "issuing.pem", "-rkey", "issuing.key", "-nmin", "60", "-reqin", "tsa.query",
                    "-respout", "tsa.reply")
        else:
            openssl("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "tsa.query", "-out", "tsa.reply")
        body = (folder / "tsa.reply").read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/ocsp-response" if ocsp else "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


if not (folder / "tsa.pem").exists():
    keys()
server = http.server.HTTPServer(("127.0.0.1", 0), Stamps)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
