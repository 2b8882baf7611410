#!/usr/bin/python3
"""Somebody else's server gets nothing: not by a nextLink that leads there, not by a redirect, not by a vault whose host is
outside the cloud's suffix, not by a challenge that names another resource or another place to sign in. And nothing that a
collection leaves behind holds a token or the secret: store, messages, log, recording, pack, core file."""
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests", "standin"))
import live

BOUNDS = ("--deadline", "45s", "--timeout", "4s")
KEYS = "key-rbac,path=*/vaults/*/keys/*"  # then the vaults themselves are the second way
CASES = {
    "a nextLink": ["foreign-next,path=*/disks"],
    "every nextLink": ["foreign-next"],
    "a nextLink at our own host, another port": ["foreign-next,path=*/managedClusters,to={thief}"],
    "a nextLink with a user in it": ["foreign-next,path=*/disks,to=https://localhost:{port}@localhost:{thief_port}"],
    "a redirect, 301": ["redirect,status=301,path=*/disks"],
    "a redirect, 307": ["redirect,status=307,path=*/vaults"],
    "a redirect, 308": ["redirect,status=308,path=/subscriptions"],
    "a redirect of the sign-in": ["redirect,status=307,path=*/oauth2/*"],
    "a redirect of the cloud's addresses": ["redirect,status=302,path=/metadata/*"],
    "a challenge on ARM": ["challenge,path=*/disks"],
    "every challenge": ["challenge"],
    "a challenge that names ARM": ["challenge,path=*/vaults,text=https://management.azure.com"],
    "a challenge that names vaults": [KEYS, "challenge,path=/keys*,text=https://vault.azure.net"],
    "a vault's challenge": [KEYS, "challenge,path=/keys*"],
    "a vault's redirect": [KEYS, "redirect,path=/keys*"],
    "the header thrown back": ["echo,path=*/disks", "echo,status=200,path=*/vaults", "echo,status=500,path=*/roleAssignments"],
    "the header thrown back in a header": ["echo-header"],
    "the secret thrown back": ["echo,path=*/oauth2/*"],
    "claims": ["claims"],
}
wrong = []


def check(name, s, paths):
    for r in s.requests():
        if r["at"] != "thief":
            continue
        wrong.append(f"{name}: somebody else's server was asked: {r['method']} {r['target'][:100]}")
        if "authorization" in r["headers"] or r.get("body"):
            wrong.append(f"{name}: and was given {sorted(r['headers'])} {r.get('body', '')[:60]}")
    for path in live.holds(paths, s.secrets()):
        wrong.append(f"{name}: a token or the secret is in {path}")


def collect(s, name, work, *options):
    """A collection with everything that can be written; what it left behind."""
    place = pathlib.Path(tempfile.mkdtemp(dir=work))
    more = list(options)
    if RECORDS:
        more += ["--record", place / "made.har"]
    code, said = s.collect(place / "store", *BOUNDS, "--log-format", "json", *more)
    (place / "said").write_text(said, encoding="utf-8")
    if code not in (0, 1, 4):
        wrong.append(f"{name}: exit {code}: {said[-300:]}")
    return code, place


def outside(work):
    """The recording with every vault at a host of the thief, as if Azure named it."""
    with open(live.HAR, encoding="utf-8") as f:
        text = f.read()
    made = pathlib.Path(work, "outside.har")

    def make(port):
        made.write_text(re.sub(r"https://[a-z0-9-]+\.vault\.azure\.net(:443)?", f"https://localhost:{port}", text), encoding="utf-8")
        return str(made)

    return make


def pack_and_core(work):
    """A clean collection: its pack, and what the program leaves when it is shot in the middle."""
    with live.Standin(work, "--latency", "20", "--vaults", "vault.localhost") as s:
        code, place = collect(s, "clean", work)
        report = subprocess.run([live.KC, "report", "--store", place / "store", "--out", place / "packs"],
                                capture_output=True, text=True, check=False)
        print("the pack was searched" if report.returncode in (0, 4) else "no pack: this program cannot judge")
        if code not in (0, 4):
            wrong.append(f"clean: exit {code}")
        check("clean", s, [place])
        cores = pathlib.Path(work, "cores")
        cores.mkdir()
        control = subprocess.Popen(["sleep", "60"], cwd=cores, preexec_fn=unlimited)
        shoot(control, 0.1)
        if not list(cores.iterdir()):
            print("core files: none are written here, so none was searched")
        for old in cores.iterdir():
            old.unlink()
        victim = subprocess.Popen(s.command(place / "shot"), cwd=cores, env=s.env(), preexec_fn=unlimited,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.15)
        with open(f"/proc/{victim.pid}/cmdline", "rb") as f:
            line = f.read()
        if any(secret.encode() in line for secret in s.secrets()):
            wrong.append("the command line holds a secret")
        shoot(victim, 0)
        check("a core file", s, [cores, place / "shot"])


def unlimited():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def shoot(process, seconds):
    time.sleep(seconds)
    process.send_signal(signal.SIGSEGV)
    process.wait()


def arc(work):
    """A server that plays Azure Arc and names a file that is none of the agent's."""
    prey = pathlib.Path(work, "prey.key")
    prey.write_text("the-content-of-a-file-that-is-not-for-Arc", encoding="utf-8")
    with live.Standin(work, "--arc-key", prey) as s:
        endpoint = f"http://127.0.0.1:{s.plain}/metadata/identity/oauth2/token"
        code, _ = s.collect(pathlib.Path(work, "arc"), *BOUNDS, "--credential", "ManagedIdentity", AZURE_CLIENT_ID="",
                            AZURE_CLIENT_SECRET="", IDENTITY_ENDPOINT=endpoint, IMDS_ENDPOINT=f"http://127.0.0.1:{s.plain}")
        if code in (0, 4):
            wrong.append("Arc: a file of another folder was handed over for a token")
        if any("authorization" in r["headers"] for r in s.requests()):
            wrong.append("Arc: the content of a file of another folder was sent")


def placed(work, options_of, **more):
    """A server whose options name its own ports: known only when one has listened, and another program may have taken them since."""
    for again in (True, True, True, True, False):
        with live.Standin(work) as first:
            port, thief = int(first.port), int(first.thief)
        options, har = options_of(port, thief)
        try:
            return live.Standin(work, *options, **({"har": har} if har else {}), **more)
        except SystemExit as end:
            if not again or "Address already in use" not in str(end):
                raise


def main():
    with tempfile.TemporaryDirectory() as work:
        for name, rules in CASES.items():
            def options_of(port, thief, rules=rules):
                options = ["--vaults", "vault.localhost", "--port", port, "--thief-port", thief]
                for rule in rules:
                    options += ["--rule", rule.format(thief=f"https://localhost:{thief}", thief_port=thief, port=port)]
                return options, None

            with placed(work, options_of) as s:
                _, place = collect(s, name, work)
                check(name, s, [place])
                struck = {r.get("fault") for r in s.requests()}
                if not any(rule.split(",")[0] in struck for rule in rules):
                    wrong.append(f"{name}: no rule struck, so nothing was shown")
        make = outside(work)
        with placed(work, lambda port, thief: (["--thief-port", thief, "--rule", KEYS], make(thief))) as s:
            _, place = collect(s, "a vault elsewhere", work)
            check("a vault elsewhere", s, [place])
        arc(work)
        pack_and_core(work)
    for w in wrong:
        print(f"FAILED: {w}")
    print(f"{len(CASES) + 3} traps: {len(wrong)} caught something")
    return 1 if wrong else 0


live.need_live()
RECORDS = "--record" in subprocess.run([live.KC, "collect", "--help"], capture_output=True, text=True, check=False).stdout
sys.exit(main())
