#!/usr/bin/python3
"""Every way to sign in, against a server that checks what it is given: the signature, the claims and the thumbprint of an
assertion, the header that proves where a request is from, the content of the agent's file. A wrong secret signs nobody in,
and the message says what was tried. Tokens are renewed in mid-run."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests", "standin"))
import live

ARC = pathlib.Path("/var/opt/azcmagent/tokens")  # where the agent of Azure Arc keeps its files; nothing else is believed
NOBODY = {"AZURE_CLIENT_ID": "", "AZURE_CLIENT_SECRET": "", "AZURE_TENANT_ID": ""}
wrong, ways = [], []


def signs_in(s, work, name, expected, *options, **env):
    """A collection that must be whole, signed in with `expected` (None: it must be refused)."""
    store = pathlib.Path(tempfile.mkdtemp(dir=work), "store")
    code, said = s.collect(store, "--timeout", "5s", *options, **{k: str(v) for k, v in env.items()})
    ways.append(name)
    if expected and (code != 4 or f"signed in with {expected}" not in said or len(live.Snapshot(store).gaps) != 2):
        wrong.append(f"{name}: exit {code}: {said[-600:]}")
    if not expected and code != 1:
        wrong.append(f"{name}: exit {code}, it ought to be refused: {said[-300:]}")
    for path in live.holds([store], s.secrets()):
        wrong.append(f"{name}: a secret is in {path}")
    if any(secret in said for secret in s.secrets()):
        wrong.append(f"{name}: a secret is in the messages")
    return said


def entra(s, work, ca):
    key = {"AZURE_CLIENT_SECRET": ""}
    signs_in(s, work, "a secret", "Environment")
    said = signs_in(s, work, "a wrong secret", None, "--credential", "Environment", AZURE_CLIENT_SECRET="not-the-secret")
    if "AADSTS7000215" not in said or "not-the-secret" in said:
        wrong.append(f"a wrong secret: the message: {said[-300:]}")
    signs_in(s, work, "a certificate, PEM", "Environment", AZURE_CLIENT_CERTIFICATE_PATH=ca / "client-both.pem", **key)
    signs_in(s, work, "a certificate, PKCS#12", "Environment", AZURE_CLIENT_CERTIFICATE_PATH=ca / "client.p12",
             AZURE_CLIENT_CERTIFICATE_PASSWORD="pass", **key)
    signs_in(s, work, "a certificate, wrong password", None, "--credential", "Environment",
             AZURE_CLIENT_CERTIFICATE_PATH=ca / "client.p12", AZURE_CLIENT_CERTIFICATE_PASSWORD="fail", **key)
    other = pathlib.Path(work, "other.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(other) + ".key", "-out", str(other) + ".crt",
                    "-days", "2", "-subj", "/CN=other"], check=True, capture_output=True)
    other.write_text(pathlib.Path(str(other) + ".key").read_text() + pathlib.Path(str(other) + ".crt").read_text())
    said = signs_in(s, work, "another certificate", None, "--credential", "Environment", AZURE_CLIENT_CERTIFICATE_PATH=other, **key)
    if "AADSTS700027" not in said:
        wrong.append(f"another certificate: the message: {said[-300:]}")


def federation(s, work, file):
    file.write_text("made-by-another-issuer.aaaa.bbbb\n", encoding="utf-8")
    more = {"AZURE_CLIENT_SECRET": "", "AZURE_FEDERATED_TOKEN_FILE": file}
    signs_in(s, work, "workload identity", "WorkloadIdentity", **more)
    signs_in(s, work, "workload identity, by name", "WorkloadIdentity", "--credential", "WorkloadIdentity", **more)
    empty = pathlib.Path(work, "stale")
    empty.write_text("an-old-one.aaaa.bbbb", encoding="utf-8")
    signs_in(s, work, "workload identity, another token", None, "--credential", "WorkloadIdentity",
             **{**more, "AZURE_FEDERATED_TOKEN_FILE": empty})


def managed(s, work):
    plain, who = f"http://127.0.0.1:{s.plain}", {**NOBODY, "AZURE_CLIENT_ID": s.client}
    signs_in(s, work, "IMDS", "ManagedIdentity", AZURE_POD_IDENTITY_AUTHORITY_HOST=plain, **NOBODY)
    signs_in(s, work, "IMDS, a user-assigned identity", "ManagedIdentity", AZURE_POD_IDENTITY_AUTHORITY_HOST=plain, **who)
    signs_in(s, work, "IMDS, an identity that is not there", None, "--credential", "ManagedIdentity",
             AZURE_POD_IDENTITY_AUTHORITY_HOST=plain, **{**who, "AZURE_CLIENT_ID": "99999999-9999-4999-8999-999999999999"})
    signs_in(s, work, "App Service", "ManagedIdentity", IDENTITY_ENDPOINT=plain + "/msi/token", IDENTITY_HEADER="proof", **NOBODY)
    signs_in(s, work, "App Service, 2017", "ManagedIdentity", MSI_ENDPOINT=plain + "/msi/token", MSI_SECRET="proof", **NOBODY)
    signs_in(s, work, "App Service, wrong header", None, "--credential", "ManagedIdentity", IDENTITY_ENDPOINT=plain + "/msi/token",
             IDENTITY_HEADER="guess", **NOBODY)
    signs_in(s, work, "Cloud Shell", "ManagedIdentity", MSI_ENDPOINT=plain + "/oauth2/token", **NOBODY)


def arc(work):
    """The agent's folder is the system's: made here only where it is not there, and taken away again."""
    if os.geteuid() != 0 or ARC.exists():
        print("Azure Arc: left out, its folder cannot be made here")
        return
    made = next(p for p in [*reversed(ARC.parents), ARC] if not p.exists())
    ARC.mkdir(parents=True)
    try:
        (ARC / "test.key").write_text("what-the-agent-wrote", encoding="utf-8")
        with live.Standin(work, "--arc-key", ARC / "test.key") as s:
            plain = f"http://127.0.0.1:{s.plain}"
            signs_in(s, work, "Azure Arc", "ManagedIdentity", IMDS_ENDPOINT=plain,
                     IDENTITY_ENDPOINT=plain + "/metadata/identity/oauth2/token", **NOBODY)
    finally:
        shutil.rmtree(made)


def renewal(work):
    """Runs that take longer than their token."""
    for name, more in {"renewed before its end": ["--latency", "1500", "--token-seconds", "8"],
                       "renewed when the server says so": ["--latency", "500", "--refresh-seconds", "1"],
                       "renewed when it is refused": ["--rule", "expired,nth=30"]}.items():
        with live.Standin(work, *more) as s:
            signs_in(s, work, name, "Environment")
            given = len(s.secrets()) - 1
            refused = [r for r in s.requests() if r["status"] == 401]
            if given < 2:
                wrong.append(f"{name}: {given} token was given, so nothing was shown")
            if name != "renewed when it is refused" and refused:
                wrong.append(f"{name}: {len(refused)} requests were refused")


def main():
    live.need_live()
    with tempfile.TemporaryDirectory() as work:
        file = pathlib.Path(work, "federated")
        with live.Standin(work, "--federated", file, "--identity-header", "proof") as s:
            entra(s, work, pathlib.Path(s.ca).parent)
            federation(s, work, file)
            managed(s, work)
            nobody = {**NOBODY, "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9", "PATH": "/nowhere"}
            said = signs_in(s, work, "nobody", None, **nobody)
            for name in ("Environment", "WorkloadIdentity", "ManagedIdentity", "AzureCLI"):
                if name not in said:
                    wrong.append(f"nobody: {name} is not in the message: {said[-600:]}")
            said = signs_in(s, work, "AZURE_TOKEN_CREDENTIALS", None, AZURE_TOKEN_CREDENTIALS="ManagedIdentityCredential",
                            AZURE_POD_IDENTITY_AUTHORITY_HOST="http://127.0.0.1:9")
            if "AzureCLI" in said:
                wrong.append(f"AZURE_TOKEN_CREDENTIALS: it does not narrow: {said[-300:]}")
        arc(work)
        renewal(work)
    for w in wrong:
        print(f"FAILED: {w}")
    print(f"{len(ways)} ways to sign in, {len(wrong)} not as they ought to be")
    return 1 if wrong else 0


sys.exit(main())
