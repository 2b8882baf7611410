#!/usr/bin/python3
"""The measurements behind tests/bench/collect."""
import argparse
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "standin"), str(HERE.parent / "tenant")]
import live
from har import guid
from measure import run

SMALL, LARGE = ("100", "1000", "20000", "2000"), ("500", "10000", "100000", "20000")
WANTED = {"sequential": 20, "threads": 4, "bound": 1.3, "megabytes": 64}


def make(work, size):
    har = os.path.join(work, f"tenant-{size[1]}.har")
    done = subprocess.run([str(HERE / "make-tenant"), "--subscriptions", size[0], "--clusters", size[1], "--disks", size[2],
                           "--keys", size[3], har], check=True, capture_output=True, text=True)
    return har, done.stdout.split()[-1]


def show(what, cost, note=""):
    print(f"  {what:<32}{cost.wall:>8.2f} s {cost.cpu:>8.2f} s {cost.memory / 1e6:>7.0f} MB  {note}".rstrip(), flush=True)


def head(title):
    print(f"\n{title}\n  {'':<32}{'wall':>10} {'cpu':>10} {'peak':>10}", flush=True)


def token(s):
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": s.client, "client_secret": s.secret,
                                   "scope": "https://management.azure.com/.default"}).encode()
    with urllib.request.urlopen(f"{s.url}/{s.tenant}/oauth2/v2.0/token", form, context=ssl.create_default_context(cafile=s.ca)) as a:
        return json.load(a)["access_token"]


def paths(requests):
    """What was asked of ARM, without api-versions: the pages of a list once each."""
    return [re.sub(r"api-version=[^&]*&?", "", urllib.parse.unquote(r["target"])).lower().rstrip("?&") for r in requests
            if "/oauth2/" not in r["target"] and "/metadata/" not in r["target"]]


def bound(requests, latency):
    """Seconds of waiting that no client can save: the longest chain of reads that need each other, each behind the latency
    (addresses, sign-in, subscriptions, the pages of the longest list, then what it names, then what that names), and what the
    rate limit of ARM holds back (reads: 250 at once and 25 a second, for each subscription)."""
    pages, reads = {}, {}
    for target in paths(requests):
        path = target.split("?")[0]
        pages[path] = pages.get(path, 0) + 1
        reads[path[:51]] = reads.get(path[:51], 0) + 1
    held = max(0, max(n for p, n in reads.items() if p.startswith("/subscriptions/")) - 250) / 25
    return (3 + max(pages.values()) + 2) * latency / 1000 + held


def keycustody(work, s, name):
    before = len(s.requests())
    store = pathlib.Path(work, name)
    cost = run(s.command(store), allowed=(0, 4), env=s.env(AZURE_TENANT_ID=s.tenant))
    return cost, s.requests()[before:]


def peer(s, threads, bearer):
    before = len(s.requests())
    cost = run(["/usr/bin/python3", str(HERE / "peer_sdk.py"), str(threads)],
               env={**os.environ, "STANDIN_URL": s.url, "STANDIN_TOKEN": bearer, "REQUESTS_CA_BUNDLE": s.ca})
    return cost, s.requests()[before:]


def compare(work, latency, peers):
    har, reader = make(work, SMALL)
    with live.Standin(work, "--latency", latency, har=har, tenant=guid("bench", "tenant"), oid=reader) as s:
        head(f"{SMALL[1]} clusters, {SMALL[0]} subscriptions, {SMALL[2]} disks, {SMALL[3]} keys; {latency} ms before every answer")
        ours, asked = keycustody(work, s, "store")
        show("keycustody", ours, f"{len(asked)} requests")
        replay = run([live.KC, "collect", "--store", os.path.join(work, "replay"), "--replay", har], allowed=(0, 4))
        show("the same answers from a file", replay, "the work alone")
        wait = bound(asked, latency)
        print(f"  latency, pages and rate limits cost {wait:.2f} s, the work {replay.cpu:.2f} s of a processor: keycustody takes "
              f"{ours.wall / (wait + replay.cpu):.1f} times their sum (wanted {WANTED['bound']}), {ours.wall / wait:.0f} times the first")
        print(f"  memory {ours.memory / 1e6:.0f} MB (wanted below {WANTED['megabytes']})")
        if not peers:
            return
        bearer = token(s)
        for what, threads, wanted in (("SDK, 16 threads", 16, WANTED["threads"]), ("SDK, one after the other", 0, WANTED["sequential"])):
            cost, theirs = peer(s, threads, bearer)
            lacking = set(paths(asked)) - set(paths(theirs))
            show(what, cost, f"{len(theirs)} requests; {cost.wall / ours.wall:.1f} times as long as keycustody (wanted {wanted}); "
                 f"{len(lacking)} of keycustody's reads not made")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--latency", type=int, default=40)
    p.add_argument("--no-peers", action="store_true")
    p.add_argument("--large", action="store_true")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as work:
        compare(work, a.latency, not a.no_peers)
        if a.large:
            har, reader = make(work, LARGE)
            with live.Standin(work, "--latency", a.latency, har=har, tenant=guid("bench", "tenant"), oid=reader) as s:
                head(f"{LARGE[1]} clusters, {LARGE[0]} subscriptions, {LARGE[2]} disks, {LARGE[3]} keys; {a.latency} ms")
                cost, asked = keycustody(work, s, "large")
                show("keycustody", cost, f"{len(asked)} requests; wanted below {WANTED['megabytes']} MB")


main()
