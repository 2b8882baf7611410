#!/usr/bin/python3
"""Live collections as people start them: by name, below a management group, recorded, resumed, watched by a program, against
a deadline, behind a proxy, with the wrong certificate; and doctor."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ.get("SOURCE_DIR", "."), "tests", "standin"))
import live

wrong = []


def check(what, fine, said=""):
    if not fine:
        wrong.append(what)
        print(f"FAILED: {what}: {str(said)[-600:]}")


def same(store, other):
    a, b = live.Snapshot(store), live.Snapshot(other)
    return a.lists == b.lists and a.gaps == b.gaps and a.bodies == b.bodies


def snapshot_row(store, columns):
    import sqlite3
    db = sqlite3.connect(f"file:{live.snapshots(store)[-1]}?mode=ro", uri=True)
    row = db.execute(f"SELECT {columns} FROM snapshot").fetchone()
    db.close()
    return row


def identity(s, work):
    code, said = s.collect(work / "plain")
    check("a plain collection", code == 4 and "2 gaps" in said, said)  # the sample's HSM refuses
    source, cloud, principal, basis, tenant, clock = snapshot_row(
        work / "plain", "source, cloud, principal_id, principal_basis, tenant_id, clock_difference")
    check("who and where", (source, cloud, principal, basis, tenant) == ("azure", "StandIn", live.READER, "token", live.TENANT),
          (source, cloud, principal, basis, tenant))
    check("the clocks are compared", clock is not None and abs(clock) < 5, clock)


def recorded(s, work):
    har = work / "out.har"
    code, said = s.collect(work / "recorded", "--record", har)
    check("--record", code == 4 and har.exists() and har.stat().st_mode & 0o777 == 0o600, said)
    log = json.loads(har.read_text(encoding="utf-8"))["log"]
    check("a recording is HAR 1.2", log["version"] == "1.2" and len(log["entries"]) > 50)
    check("a recording holds no request headers", not [e for e in log["entries"] if e["request"]["headers"]])
    check("a recording holds no secret", not live.holds([har], s.secrets()))
    done = subprocess.run([live.KC, "collect", "--store", work / "replayed", "--replay", har, "--principal", live.READER],
                          capture_output=True, text=True, check=False)
    check("the recording is replayed", done.returncode == 4, done.stderr)
    check("live and replay see the same", same(work / "recorded", work / "replayed"))
    code, said = s.collect(work / "interrupted", "--record", work / "none" / "x.har")
    check("a recording that cannot be written", code == 1 and "none/x.har" in said, said)


def second_place(work):
    """Resource Manager refuses every key: the vaults themselves give them, and nothing is missing for it. Refused there too, or
    not to be asked, it is."""
    import sqlite3

    def keys(store, what):
        done = subprocess.run([live.KC, "assess", "--store", store, "--format", "json"], capture_output=True, text=True, check=False)
        check(f"{what}: assessed", done.returncode in (0, 4), done.stderr)
        return {(f["check"], re.sub(r":\d+", "", f["subject"])): f["status"] for f in json.loads(done.stdout)["findings"] if f["check"].startswith("key-")}

    with live.Standin(work, "--vaults", "vault.localhost") as s:
        code, said = s.collect(work / "first")
    check("Resource Manager gives the keys", code == 4 and "2 gaps" in said, said)
    refused = ("--vaults", "vault.localhost", "--rule", "key-rbac,path=*/vaults/*/keys/*")
    with live.Standin(work, *refused) as s:
        code, said = s.collect(work / "second", "--record", work / "second.har")
        check("the vaults give the keys", code == 4 and "2 gaps" in said, said)
        check("vaults were asked", any(not r["host"].startswith("localhost") for r in s.requests()))
        code, said = s.collect(work / "plane", "--control-plane-only")
        check("vaults are not asked where that is wanted", code == 4 and "2 gaps" not in said, said)
    first, second = keys(work / "first", "first"), keys(work / "second", "second")
    check("the same is found of the keys", first == second and "pass" in second.values(), {k: (first.get(k), v) for k, v in second.items() if first.get(k) != v})
    check("without either nothing is known of them", not {v for k, v in keys(work / "plane", "plane").items()} & {"pass"})
    done = subprocess.run([live.KC, "collect", "--store", work / "second-replayed", "--replay", work / "second.har", "--principal", live.READER],
                          capture_output=True, text=True, check=False)
    check("their answers are in the recording", done.returncode == 4 and same(work / "second", work / "second-replayed"), done.stderr)
    db = sqlite3.connect(f"file:{live.snapshots(work / 'second')[-1]}?mode=ro", uri=True)
    check("what Resource Manager said stays in evidence", db.execute("SELECT count(*) FROM exchange WHERE resource = 'crypto_key' AND status = 400").fetchone()[0] > 5)
    check("the version in use too", db.execute("SELECT count(*) FROM exchange WHERE resource = 'vault_used_version' AND status = 200").fetchone()[0] == 1)
    db.close()
    with live.Standin(work, *refused, "--rule", "forbidden,path=/keys*") as s:
        code, said = s.collect(work / "neither")
    gaps = live.Snapshot(work / "neither").gaps
    check("refused by both", code == 4 and {"crypto_key", "vault_key", "key_version"} <= {r for r, _ in gaps}, gaps)


def killed(s, store, after):
    run = subprocess.Popen(s.command(store), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=s.env())
    deadline = time.time() + 60
    while time.time() < deadline and len(s.requests()) < after:
        time.sleep(0.02)
    run.kill()
    run.wait()
    check(f"{store}: it was killed in the middle", not live.snapshots(store) and list(store.glob("snapshots/*.db.partial")))
    return len(s.requests())


def resumed(work):
    with live.Standin(work, "--latency", "120") as s:
        store = work / "resumed"
        before = killed(s, store, 60)
        code, said = s.collect(store, "--resume")
        used = re.search(r"(\d+) of the answers are from the collection before", said)
        asked = len(s.requests()) - before
        check("--resume goes on", code == 4 and used and int(used.group(1)) > 0, said)
        if used:
            check("what was read is not asked again", asked + int(used.group(1)) <= 105, (asked, used.group(1)))
        check("a resumed collection is whole", same(store, work / "plain"))
        check("nothing is left", not list(store.glob("snapshots/*.partial*")))
        started, finished = snapshot_row(store, "started_at, finished_at")
        check("it begins with its oldest answer", started < finished, (started, finished))

        store = work / "other-scope"
        killed(s, store, len(s.requests()) + 60)
        code, said = s.collect(store, "--resume", "--subscription", "85dca2ae-d583-4cc2-bd84-5d11b75d7981")
        check("another scope reuses nothing", code == 4 and "another scope" in said and "from the collection before" not in said, said)

        store = work / "stopped"
        run = subprocess.Popen(s.command(store), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=s.env())
        time.sleep(1.2)
        run.send_signal(signal.SIGTERM)
        said = run.communicate()[1]
        check("SIGTERM", run.returncode == 130 and "--resume" in said, (run.returncode, said))
    with live.Standin(work, "--oid", "99999999-9999-4999-8999-999999999999") as s:
        code, said = s.collect(store, "--resume")
        check("another caller reuses nothing", code == 4 and "0 answers are at hand" in said, said)


def scopes(s, work):
    code, said = s.collect(work / "named", "--subscription", "THP-payments-PROD")
    check("a subscription by name", code == 4 and "1 subscription in scope" in said, said)
    code, said = s.collect(work / "unknown", "--subscription", "no such name")
    check("a name that nobody has", code == 1 and "no such name" in said and not live.snapshots(work / "unknown"), said)
    code, said = s.collect(work / "group", "--management-group", "thp")
    check("a management group", code == 4 and "3 subscriptions in scope" in said, said)
    code, said = s.collect(work / "nogroup", "--management-group", "nobody")
    check("a group that is not there", code == 1 and "management group nobody" in said, said)
    code, said = s.collect(work / "alien", "--subscription", "12345678-1234-1234-1234-123456789012")
    check("a subscription that is not visible is a gap", code == 4 and "not visible" in said, said)


def watched(s, work):
    code, said = s.collect(work / "json", "--log-format", "json")
    events = [json.loads(line) for line in said.splitlines()]
    check("every line is an event", code == 4 and all("time" in e and "event" in e for e in events), said)
    last = [e for e in events if e["event"] == "summary"]
    check("one summary", len(last) == 1 and last[0]["gaps"] == 2 and last[0]["subscriptions"] == 3, last)
    check("each gap is an event", len([e for e in events if e["event"] == "gap"]) == 2)
    code, said = s.collect(work / "json2", "--log-format", "json", "--subscription", "nobody")
    check("an error is an event", code == 1 and json.loads(said.splitlines()[-1])["level"] == "error", said)


def trust(s, work):
    command = [live.KC, "collect", "--store", str(work / "untrusted"), "--cloud", s.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=s.env())
    check("an unknown authority", done.returncode == 1 and "certificate" in done.stderr, done.stderr)
    for cert in ("expired", "wrong"):
        with live.Standin(work, cert=cert) as bad:
            code, said = bad.collect(work / cert)
            check(f"a certificate that is {cert}", code == 1 and not bad.secrets()[:-1], said)
    code, said = s.collect(work / "proxied", HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="")
    check("a proxy is used", code == 1 and not live.snapshots(work / "proxied"), said)
    code, said = s.collect(work / "unproxied", HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="localhost")
    check("NO_PROXY is honoured", code == 4, said)
    done = subprocess.run([live.KC, "collect", "--store", str(work / "http"), "--cloud", "http://localhost:1"],
                          capture_output=True, text=True, check=False, env=s.env())
    check("http is refused", done.returncode == 1 and "https" in done.stderr, done.stderr)
    check("the keys of a connection are never written", not (work / "keys").exists())


def bounded(work):
    with live.Standin(work, "--rule", "hang,path=*/disks") as s:
        begun = time.time()
        code, said = s.collect(work / "late", "--deadline", "2s")
        check("a deadline", code == 4 and time.time() - begun < 30, (code, said))
        check("what it cut off is a gap", "DeadlinePassed" in live.Snapshot(work / "late").gaps.values()
              or "NotAnswered" in live.Snapshot(work / "late").gaps.values(), live.Snapshot(work / "late").gaps)


def tied(work):
    """A list that answers less than there is: only a second way to count shows it."""
    with live.Standin(work, "--rule", "empty,path=*/Microsoft.Compute/disks") as s:
        code, said = s.collect(work / "empty")
        gaps = live.Snapshot(work / "empty").gaps
        check("a list that lacks what is there", code == 4 and "CountsDiffer" in gaps.values()
              and len([k for k in gaps if k[0] == "disk"]) == 3, (gaps, said))
        check("the query of Resource Graph is no evidence", not [r for r, _ in live.Snapshot(work / "empty").bodies if "graph" in r.lower()])
    with live.Standin(work, "--rule", "empty,path=*/Microsoft.Compute/disks", "--rule", "gone,path=*/disks/*") as s:
        code, said = s.collect(work / "lagging")
        kinds = live.Snapshot(work / "lagging").gaps
        check("what is gone meanwhile is no gap of its own", "NotInList" not in kinds.values(), (kinds, said))
    with live.Standin(work, "--rule", "forbidden,path=*/Microsoft.ResourceGraph/*") as s:
        code, said = s.collect(work / "uncounted")
        check("without Resource Graph the lists stand, and it is said", code == 4 and "2 gaps" in said and "counted a second way" in said, said)


def other_tenant(work):
    """A subscription of another tenant in the list: delegated to ours and readable, or not. It stays in the completeness statement."""
    alien, home = "85dca2ae-d583-4cc2-bd84-5d11b75d7981", "99999999-9999-4999-8999-999999999999"
    doc = json.loads(pathlib.Path(live.HAR).read_text(encoding="utf-8"))
    changed = 0
    for entry in doc["log"]["entries"]:
        if re.fullmatch(r"https://[^/]+/subscriptions\?.*", entry["request"]["url"]):
            body = json.loads(entry["response"]["content"]["text"])
            for row in body["value"]:
                if row["subscriptionId"] == alien:
                    row["tenantId"] = home
                    row["managedByTenants"] = [{"tenantId": live.TENANT}]
                    changed += 1
            entry["response"]["content"]["text"] = json.dumps(body)
    check("the recording names it", changed == 1, changed)
    har = work / "two-tenants.har"
    har.write_text(json.dumps(doc), encoding="utf-8")

    def completeness(store):
        done = subprocess.run([live.KC, "assess", "--store", store, "--format", "json", "--check", "collection-complete"],
                              capture_output=True, text=True, check=False)
        check("what another tenant's subscription makes of the result", done.returncode == 4, (done.returncode, done.stderr))
        return {f["subject"]: f for f in json.loads(done.stdout)["findings"]}

    with live.Standin(work, har=str(har)) as s:
        code, said = s.collect(work / "delegated")
    found = completeness(work / "delegated")
    check("a delegated subscription is read", code == 4 and "3 subscriptions in scope" in said and "2 gaps" in said, said)
    one = found.get("/subscriptions/" + alien, {})
    check("a delegated subscription is no proof", one.get("status") == "not-assessed" and f"it belongs to the tenant {home}" in (one.get("reason") or ""), one)
    check("the others are as they were", len(found) == 3 and "another" not in str([f for k, f in found.items() if alien not in k]), found)
    with live.Standin(work, "--rule", f"other-tenant,path=/subscriptions/{alien}/*", har=str(har)) as s:
        code, said = s.collect(work / "alien-tenant")
        asked = [r for r in s.requests() if r["target"].startswith("/subscriptions/" + alien)]
        check("no token is renewed for it", len(s.secrets()) == 2 and asked, (len(s.secrets()), said))
        done = subprocess.run([live.KC, "doctor", "--cloud", s.url, "--ca-file", s.ca], capture_output=True, text=True, check=False, env=s.env())
        check("doctor says so", done.returncode == 4 and "another tenant" in done.stdout, done.stdout + done.stderr)
    gaps = live.Snapshot(work / "alien-tenant").gaps
    check("each list of it is a gap", code == 4 and len([1 for c in gaps.values() if c == "InvalidAuthenticationTokenTenant"]) >= 10, gaps)
    one = completeness(work / "alien-tenant").get("/subscriptions/" + alien, {})
    check("it stays in the statement", one.get("status") == "not-assessed" and "belongs to another tenant" in (one.get("reason") or ""), one)


def doctor(work):
    place = work / "tmp"
    place.mkdir()
    with live.Standin(work, "--rule", "forbidden,path=/subscriptions/85dca2ae*/disks") as s:
        done = subprocess.run([live.KC, "doctor", "--cloud", s.url, "--ca-file", s.ca], capture_output=True, text=True, check=False,
                              env=s.env(TMPDIR=str(place)))
        said = done.stdout
        check("doctor finds what is missing", done.returncode == 4 and "MISSING    managed disks: the action Microsoft.Compute/disks/read" in said
              and "--scope /subscriptions/85dca2ae-d583-4cc2-bd84-5d11b75d7981" in said, said + done.stderr)
        check("doctor says where the rights come from", "rights     Reader at" in said, said)
        check("doctor names no other action", said.count("MISSING    ") == 1, said)
        check("doctor leaves nothing", not list(place.iterdir()))
        done = subprocess.run([live.KC, "doctor", "--cloud", s.url, "--ca-file", s.ca, "--subscription", "thp-nonprod"],
                              capture_output=True, text=True, check=False, env=s.env())
        check("doctor is content", done.returncode == 0 and "everything that was tried can be read" in done.stdout, done.stdout)
        check("doctor shows no secret", not [x for x in s.secrets() if x in said + done.stdout + done.stderr])


def usage(s, work):
    for words in (["--replay", "x.har", "--cloud", "AzureCloud"], ["--principal", live.READER], ["--taken-at", "2026-01-01T00:00:00Z"],
                  ["--credential", "Nobody"], ["--deadline", "soon"], ["--log-format", "xml"]):
        done = subprocess.run([live.KC, "collect", "--store", str(work / "usage"), *words], capture_output=True, text=True, check=False,
                              env=s.env())
        check(f"usage: {words}", done.returncode == 2 and words[-2] in done.stderr, done.stderr)


def main():
    live.need_live()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        os.environ["SSLKEYLOGFILE"] = str(work / "keys")
        with live.Standin(work) as s:
            identity(s, work)
            recorded(s, work)
            scopes(s, work)
            watched(s, work)
            trust(s, work)
            usage(s, work)
        resumed(work)
        bounded(work)
        second_place(work)
        tied(work)
        other_tenant(work)
        doctor(work)
    print(f"{len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


main()
