#!/usr/bin/python3
"""Keys that stay in Azure Key Vault sign snapshots, packs, PDFs and reviews: RSA (PKCS#1 v1.5 and PSS), EC P-256 and P-384, by
key and by certificate. The stand-in's vault really signs; the stock openssl judges what came of it. The vault sees digests
alone, no secret behind a certificate is asked for, and what refuses says so before any work is done."""
import glob
import hashlib
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests", "standin"))
import live

live.need_live()
KINDS = {"rsa": ["RSA", "rsa_keygen_bits:2048"], "rsa3": ["RSA", "rsa_keygen_bits:3072"],
         "ec": ["EC", "ec_paramgen_curve:P-256"], "ec384": ["EC", "ec_paramgen_curve:P-384"]}
wrong = []


def run(*words, cwd=None, env=None):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False, cwd=cwd, env=env,
                          stdin=subprocess.DEVNULL)


def must(*words, cwd=None):
    done = run(*words, cwd=cwd)
    if done.returncode:
        sys.exit(f"FAILED: {' '.join(map(str, words))}: {done.stdout}{done.stderr}")
    return done.stdout


def expect(good, what):
    if not good:
        wrong.append(what)
        print(f"FAILED: {what}")


def make_keys(keys):
    """A root, an authority below it, and a key of each kind with its certificate; NAME.chain.pem as a maker has it."""
    must("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "root.pem", "-subj",
         "/CN=Root", "-days", "30", "-out", "ca.pem", cwd=keys)
    pathlib.Path(keys, "mid.ext").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n", encoding="utf-8")
    must("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "mid.pem", "-subj", "/CN=Mid",
         "-out", "mid.csr", cwd=keys)
    must("openssl", "x509", "-req", "-in", "mid.csr", "-CA", "ca.pem", "-CAkey", "root.pem", "-extfile", "mid.ext", "-days", "30",
         "-out", "mid.crt.pem", cwd=keys)
    for name, (kind, option) in KINDS.items():
        must("openssl", "genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", f"{name}.key", cwd=keys)
        must("openssl", "req", "-new", "-key", f"{name}.key", "-subj", f"/O=Talbrück/CN=Vault key {name}", "-utf8", "-out", "x.csr",
             cwd=keys)
        must("openssl", "x509", "-req", "-in", "x.csr", "-CA", "mid.crt.pem", "-CAkey", "mid.pem", "-days", "30", "-out",
             f"{name}.crt", cwd=keys)
        both = pathlib.Path(keys, f"{name}.crt").read_text(encoding="utf-8") + pathlib.Path(keys, "mid.crt.pem").read_text(encoding="utf-8")
        pathlib.Path(keys, f"{name}.chain.pem").write_text(both, encoding="utf-8")


def openssl_accepts(folder, signature, ca):
    return must("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", signature, "-content",
                "tagmanifest-sha256.txt", "-CAfile", ca, "-purpose", "any", "-out", os.devnull, cwd=folder) == ""


def algorithms(folder, signature):
    text = must("openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", signature, cwd=folder)
    return re.findall(r"signatureAlgorithm:\s+algorithm: (\S+)", text)[-1], re.findall(r"digestAlgorithm:\s+algorithm: (\S+)", text)[-1]


def client_agrees(work, keys):
    """Azure's own client signs at the stand-in too, and its signature fits the certificate: the stand-in's vault is one."""
    try:
        from azure.core.credentials import AccessToken
        from azure.keyvault.keys import KeyClient
        from azure.keyvault.keys.crypto import CryptographyClient, SignatureAlgorithm
    except ImportError:
        print("skipped: azure-keyvault-keys is not installed")
        return
    digest = hashlib.sha256(b"what the client signs").digest()
    pathlib.Path(work, "digest").write_bytes(digest)
    find = socket.getaddrinfo  # names below localhost are this machine (RFC 6761, section 6.3)
    socket.getaddrinfo = lambda host, *more, **named: find("localhost" if host.endswith(".localhost") else host, *more, **named)
    with live.Standin(work, "--vaults", "vault.localhost", "--vault-keys", keys) as s:
        body = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": "22222222-2222-4222-8222-222222222222",
                                       "client_secret": s.secret, "scope": "https://vault.azure.net/.default"}).encode()
        context = ssl.create_default_context(cafile=s.ca)
        with urllib.request.urlopen(f"{s.url}/{live.TENANT}/oauth2/v2.0/token", body, context=context) as answer:
            token = AccessToken(json.load(answer)["access_token"], 2000000000)
        credential = type("Given", (), {"get_token": lambda self, *scopes, **named: token})()
        named = {"connection_verify": s.ca, "verify_challenge_resource": False}
        vault = f"https://signing.vault.localhost:{s.port}"
        for name, algorithm in (("rsa", SignatureAlgorithm.rs256), ("rsa3", SignatureAlgorithm.ps256), ("ec", SignatureAlgorithm.es256)):
            key = KeyClient(vault, credential, **named).get_key(name)
            signature = CryptographyClient(key, credential, **named).sign(algorithm, digest).signature
            if name == "ec":
                from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
                signature = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
            pathlib.Path(work, "signature").write_bytes(signature)
            padding = ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"] if name == "rsa3" else []
            must("openssl", "pkeyutl", "-verify", "-certin", "-inkey", os.path.join(keys, f"{name}.crt"), "-in", os.path.join(work, "digest"),
                 "-sigfile", os.path.join(work, "signature"), "-pkeyopt", "digest:sha256", *padding)
    socket.getaddrinfo = find
    print("Azure's own client signs with three of the keys, as keycustody does")


def main():
    with tempfile.TemporaryDirectory() as work:
        keys = os.path.join(work, "keys")
        os.mkdir(keys)
        make_keys(keys)
        with live.Standin(work, "--vaults", "vault.localhost", "--vault-keys", keys) as s:
            vault = f"https://signing.vault.localhost:{s.port}"
            azure = ["--cloud", s.url, "--ca-file", s.ca]
            env = s.env()
            ca = os.path.join(keys, "ca.pem")
            store, packs = os.path.join(work, "store"), os.path.join(work, "packs")

            def kc(*words, **more):
                return run(live.KC, *words, env={**env, **more})

            def chain(name):
                return os.path.join(keys, f"{name}.chain.pem")

            # a snapshot of a recording, sealed by the vault, and a report
            done = kc("collect", "--store", store, "--replay", live.HAR, "--taken-at", "2026-09-30T06:00:00Z", "--principal",
                      live.READER, "--sign-key", f"{vault}/certificates/ec", "--sign-cert", chain("ec"), *azure)
            expect(done.returncode in (0, 4) and glob.glob(store + "/snapshots/*.db.p7s"), f"collect: {done.stderr}")
            done = kc("report", "--store", store, "--out", packs, "--sign-key", f"{vault}/keys/rsa3", "--sign-cert", chain("rsa3"), *azure)
            expect(done.returncode == 0, f"report: {done.stderr}")
            pack = glob.glob(packs + "/KC-*/")[0].rstrip("/")
            expect(algorithms(pack, "tagmanifest-sha256.txt.p7s") == ("rsaEncryption", "sha256"), "the report's algorithms")
            openssl_accepts(pack, "tagmanifest-sha256.txt.p7s", ca)
            done = kc("verify", pack, "--trust", ca)
            expect("data/evidence.xlsx: its own signature is by the certificate that signed" in done.stdout, f"the workbook: {done.stdout}")
            expect( "Vault key rsa3" in done.stdout, f"report says: {done.stdout}")

            # every kind, every way to name it; the certificate alone has no chain: the auditor needs the authority
            whole = ca + ".both"
            pathlib.Path(whole).write_text(pathlib.Path(ca).read_text(encoding="utf-8") +
                                           pathlib.Path(keys, "mid.crt.pem").read_text(encoding="utf-8"), encoding="utf-8")
            version = None
            for name, options, seen in (
                    ("rsa", [], ("rsaEncryption", "sha256")), ("rsa", ["--sign-padding", "pss"], ("rsassaPss", "sha256")),
                    ("rsa3", ["--sign-padding", "pkcs1"], ("rsaEncryption", "sha256")), ("ec", [], ("ecdsa-with-SHA256", "sha256")),
                    ("ec384", [], ("ecdsa-with-SHA384", "sha384"))):
                for form in ("keys", "certificates", "version"):
                    role = f"{name}-{form}-{len(options)}"
                    url = f"{vault}/{'keys' if form == 'version' else form}/{name}"
                    if form == "version":
                        version = json.loads(run("curl", "-sS", "--cacert", s.ca, "-H", f"Authorization: Bearer {open(s.tokens, encoding='utf-8').read().split()[-1]}",
                                                 f"{vault}/certificates/{name}?api-version=7.5").stdout)["kid"].rsplit("/", 1)[1]
                        url += f"/{version}"
                    cert = [] if form == "certificates" else ["--sign-cert", chain(name)]
                    done = kc("sign", pack, "--role", role, "--sign-key", url, *cert, *options, *azure)
                    expect(done.returncode == 0, f"{role}: {done.stderr}")
                    if done.returncode == 0:
                        p7s = f"tagmanifest-sha256.txt.{role}.p7s"
                        openssl_accepts(pack, p7s, ca if cert else whole)
                        expect(algorithms(pack, p7s) == seen, f"{role}: {algorithms(pack, p7s)}")
            done = kc("verify", pack, "--trust", whole)
            expect(done.returncode == 0 and done.stdout.count("signed") >= 16, f"verify: {done.stdout}{done.stderr}")
            print(f"{len(glob.glob(pack + '/*.p7s'))} signatures of the vault's keys are accepted by openssl and by verify")

            # seal: one snapshot without a seal gets it
            os.remove(glob.glob(store + "/snapshots/*.db.p7s")[0])
            done = kc("seal", "--store", store, "--sign-key", f"{vault}/keys/ec384", "--sign-cert", chain("ec384"), *azure)
            expect(done.returncode == 0 and "1 sealed now" in done.stdout, f"seal: {done.stdout}{done.stderr}")

            # what the vault was asked
            asked = [r for r in s.requests() if ".vault.localhost" in r.get("host", "") + r["headers"].get("host", "") +
                     r["headers"].get(":authority", "")]
            expect(asked, "no request of the vault is in the log")
            for r in asked:
                path = r["target"].split("?")[0]
                good = (r["method"] == "POST" and re.fullmatch(r"/keys/[a-z0-9]+(/[0-9a-f]{32})?/sign", path)) or (
                    r["method"] == "GET" and re.fullmatch(r"/certificates/[a-z0-9]+", path))
                expect(good, f"the vault was asked {r['method']} {path}")

            def refused(words, *options, code=1, **more):
                done = kc("sign", pack, "--role", "never", *options, *azure, **more)
                expect(done.returncode == code and words in done.stderr and done.stderr.count("\n") <= 2,
                       f"instead of \"{words}\": exit {done.returncode}: {done.stderr}")

            refused("give it with --sign-cert", "--sign-key", f"{vault}/keys/rsa")
            refused("no signature by the key of this certificate", "--sign-key", f"{vault}/keys/rsa", "--sign-cert", chain("rsa3"))
            refused("incompatible", "--sign-key", f"{vault}/keys/rsa", "--sign-cert", chain("ec"))
            refused("HTTP status 404", "--sign-key", f"{vault}/keys/none", "--sign-cert", chain("ec"))
            refused("write the key as", "--sign-key", f"{vault}/secrets/rsa", "--sign-cert", chain("rsa"))
            refused("write the key as", "--sign-key", f"{vault}/keys/rsa/../ec", "--sign-cert", chain("rsa"))
            refused("no vault of", "--sign-key", f"https://localhost:{s.thief}/keys/rsa", "--sign-cert", chain("rsa"))
            refused("no vault of", "--sign-key", "https://signing.vault.azure.net/keys/rsa", "--sign-cert", chain("rsa"))
            refused("an EC key does not sign by RSA-PSS", "--sign-key", f"{vault}/keys/ec", "--sign-cert", chain("ec"), "--sign-padding", "pss")
            refused("write pkcs1 or pss", "--sign-key", f"{vault}/keys/ec", "--sign-cert", chain("ec"), "--sign-padding", "oaep", code=2)
            refused("--credential", "--sign-key", f"{vault}/keys/ec", "--sign-cert", chain("ec"), "--credential", "Nobody")
            refused("cannot read", "--sign-key", f"{vault}/keys/ec", "--sign-cert", os.path.join(keys, "none.pem"))
            refused("cannot sign in", "--sign-key", f"{vault}/keys/ec", "--sign-cert", chain("ec"), AZURE_CLIENT_SECRET="", AZURE_CLIENT_ID="",
                    AZURE_TENANT_ID="", PATH="/nonexistent")
            expect(not glob.glob(pack + "/*never*"), "a refused signature was written")
            expect(not [r for r in s.requests() if r["at"] == "thief"], "somebody else's server was asked")
            held = live.holds([store, packs], s.secrets())
            expect(not held, f"a token or the secret is in {held}")

        client_agrees(work, keys)
        for rule, words in (("error,path=*/sign,status=403", "needed: permission keys/sign"),
                            ("error,path=/certificates/*,status=403", "needed: permission certificates/get"),
                            ("html,path=*/sign", "HTML"), ("invalid-json,path=*/sign", "sign"), ("echo,path=*/sign", "400"),
                            ("reset,path=*/sign", "closed")):
            with live.Standin(work, "--vaults", "vault.localhost", "--vault-keys", keys, "--rule", rule) as s:
                done = run(live.KC, "sign", pack, "--role", "never", "--sign-key", f"https://signing.vault.localhost:{s.port}/certificates/ec",
                           "--cloud", s.url, "--ca-file", s.ca, env=s.env())
                said = done.stdout + done.stderr
                expect(done.returncode == 1 and not any(x in said for x in s.secrets()), f"{rule}: exit {done.returncode}: {said}")
                expect(words in said or rule.startswith("reset"), f"{rule}: {said}")
                print(f"{rule}: {done.stderr.strip()}")
        with live.Standin(work, "--vaults", "vault.localhost", "--vault-keys", keys, "--rule", "throttle,path=*/sign,times=2,retry_after=1") as s:
            done = run(live.KC, "sign", pack, "--role", "patient", "--sign-key", f"https://signing.vault.localhost:{s.port}/certificates/ec",
                       "--cloud", s.url, "--ca-file", s.ca, env=s.env())
            expect(done.returncode == 0, f"throttled twice: {done.stderr}")
    sys.exit(1 if wrong else 0)


main()
