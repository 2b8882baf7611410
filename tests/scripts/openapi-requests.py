#!/usr/bin/python3
"""Every request that keycustody makes is one that Azure's own description knows: method, path, api-version. Held against
the OpenAPI files and generated schemas in ../shared/azure-specs (SOURCES.txt there), where that folder is beside the
source tree or named by AZURE_SPECS; skipped without it. The requests are those of collections from the recordings in
samples/, and those that the stand-in for Azure received in a live collection (all but sign-in and the cloud's addresses,
which are described elsewhere)."""
import glob
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse

root = os.environ.get("SOURCE_DIR", ".")
specs = os.environ.get("AZURE_SPECS", os.path.join(root, "..", "shared", "azure-specs"))

# Versions that are published (Microsoft's template reference and REST reference list them) but whose files are in neither
# folder: what is there is another version of the same operation.
PUBLISHED = {
    ("microsoft.containerservice", "2026-03-01"), ("microsoft.containerservice", "2025-10-01"),
    ("microsoft.compute", "2024-03-02"), ("microsoft.keyvault", "2024-11-01"),
    ("microsoft.management", "2020-05-01"), ("microsoft.resources", "2021-01-01"),
}

# Asked of vaults themselves, and only where Resource Manager refuses: seen at the stand-in.
VAULT = {"vault_key": r"/keys/[^/]+$", "vault_key_version": r"/keys/[^/]+/versions$", "vault_key_rotation": r"/keys/[^/]+/rotationpolicy$",
         "vault_used_version": r"/keys/[^/]+/[0-9a-f]{32}$"}


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def operations():
    """[(method, regex of the path)] and {(provider, version)} of Resource Manager; [(method, regex, version)] of vaults."""
    found, versions, vaults = [], set(), []
    for name in sorted(glob.glob(os.path.join(specs, "openapi", "**", "*.json"), recursive=True)):
        if f"{os.sep}examples{os.sep}" in name:
            continue
        with open(name, encoding="utf-8") as f:
            doc = json.load(f)
        if f"{os.sep}data-plane{os.sep}" in name:
            for path, methods in doc.get("paths", {}).items():
                # a key without a version is its current one: Microsoft's SDKs leave that segment empty
                regex = re.sub(r"/\\\{key\\-version\\\}$", "(/[^/]*)?", re.escape(path))
                regex = re.compile(re.sub(r"\\\{[^{}]+\\\}", "[^/]+", regex) + "/?$", re.I)
                vaults += [(method.upper(), regex, doc["info"]["version"]) for method in methods]
            continue
        provider = re.search(r"/(microsoft\.[a-z]+)/", name.replace(os.sep, "/").lower())
        if provider and doc.get("paths"):
            versions.add((provider.group(1), doc["info"]["version"]))
        for path, methods in {**doc.get("paths", {}), **doc.get("x-ms-paths", {})}.items():
            for method in methods if "/providers/" in path or path.startswith("/subscriptions") else ():  # not /{roleId}
                if method not in ("get", "post", "put", "patch", "delete", "head"):
                    continue
                # a scope or a resource URI is a path of its own; other parameters are one segment
                regex = re.escape("/" + path.strip("/"))
                regex = re.sub(r"\\\{(scope|resourceUri|resourceId)\\\}", ".+", regex, flags=re.I)
                regex = re.sub(r"/\.\+", "/?.+", regex, count=1) if regex.startswith("/.+") else regex
                regex = re.sub(r"\\\{[^{}]+\\\}", "[^/]+", regex)
                found.append((method.upper(), re.compile(regex + "$", re.I)))
    return found, versions, vaults


def generated():
    """{(provider, version)} and {(type, version)} of the generated schemas, lower case."""
    versions, types = set(), set()
    for name in glob.glob(os.path.join(specs, "bicep-types", "*", "*", "*", "types.json")):
        provider, version = name.split(os.sep)[-3:-1]
        versions.add((provider, version))
        with open(name, encoding="utf-8") as f:
            for t in re.findall(r'"(Microsoft\.[A-Za-z]+/[A-Za-z/]+)@', f.read()):
                types.add((t.lower(), version))
    return versions, types


def type_of(path):
    """The type whose list or item a path is: /subscriptions/S/resourceGroups/G/providers/A.B/c/NAME/d -> a.b/c/d"""
    parts = path.lower()[path.lower().rfind("/providers/") + 11:].split("/")
    return "/".join(parts[:1] + parts[1::2])


def requests(work):
    """{(resource, path, version)} of a collection of each recording in samples/."""
    made = set()
    for har in sorted(glob.glob(os.path.join(root, "samples", "*.har"))):
        store = os.path.join(work, os.path.basename(har))
        done = subprocess.run([os.environ["KEYCUSTODY"], "collect", "--store", store, "--replay", har],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode not in (0, 4):
            sys.exit(f"FAILED: collect {har}: {done.stderr}")
        for snapshot in glob.glob(os.path.join(store, "snapshots", "*.db")):
            db = sqlite3.connect(f"file:{snapshot}?mode=ro", uri=True)
            for resource, method, url in db.execute(
                    "SELECT resource, method, url FROM exchange WHERE page = 1 UNION SELECT resource, 'GET', url FROM listing"):
                parts = urllib.parse.urlsplit(url)
                query = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
                made.add((resource, method, urllib.parse.unquote(parts.path), tuple(sorted(query)), query["api-version"][0]))
    return made


def received(work):
    """{(method, path, version)} that the stand-in got; the second run is refused keys, so that it tries what else there is."""
    sys.path.insert(0, os.path.join(root, "tests", "standin"))
    import live
    made = set()
    for rules in ((), ("--rule", "key-rbac,path=*/vaults/*/keys/*")):
        with live.Standin(work, "--vaults", "vault.localhost", *rules) as s:
            code, said = s.collect(os.path.join(work, f"live{len(rules)}"))
            if code not in (0, 4):
                sys.exit(f"FAILED: a live collection: exit {code}: {said}")
            doctor = subprocess.run([live.KC, "doctor", "--cloud", s.url, "--ca-file", s.ca], env=s.env(), capture_output=True, text=True)
            if doctor.returncode not in (0, 4):
                sys.exit(f"FAILED: doctor: exit {doctor.returncode}: {doctor.stderr}")
            for r in s.requests():
                parts = urllib.parse.urlsplit(r["target"])
                query = {k.lower(): v for k, v in urllib.parse.parse_qs(parts.query, keep_blank_values=True).items()}
                if "/oauth2/" in parts.path or parts.path == "/metadata/endpoints" or "$skiptoken" in query:
                    continue
                vault = not r["host"].startswith("localhost")
                made.add((r["method"], urllib.parse.unquote(parts.path), query.get("api-version", [""])[0], vault))
    return made


def provider_of(path):
    at = path.lower().rfind("/providers/")
    return path[at + 11:].split("/")[0].lower() if at >= 0 else "microsoft.resources"


def resource_files():
    """{resource: [versions]} of the files that ask for something."""
    files = {}
    for name in sorted(glob.glob(os.path.join(root, "src", "azure", "*.sql"))):
        with open(name, encoding="utf-8") as f:
            text = f.read()
        if re.search(r"^-- each: *\S", text, re.M):
            versions = re.search(r"^-- api-version:(.*)$", text, re.M).group(1)
            files[re.search(r"^-- resource: *(\S+)", text, re.M).group(1)] = [v.strip() for v in versions.split(",")]
    return files


def main():
    if not os.path.isdir(specs):
        skip("../shared/azure-specs is not here")
    wrong, files, providers = [], resource_files(), {}
    described, published, vaults = operations()
    versions, types = generated()
    versions |= published | PUBLISHED
    with tempfile.TemporaryDirectory() as work:
        made = requests(work)
        got = received(work)
    for resource, method, path, query, version in sorted(made):
        if not any(d[0] == method and d[1].match(path) for d in described) and not any(
                (type_of(path), v) in types for v in files.get(resource, [])):
            wrong.append(f"{resource}: {method} {path}: no operation and no generated type has this path")
        if query != ("api-version",):
            wrong.append(f"{resource}: {path}: sends parameters beside api-version: {', '.join(query)}")
        if version not in files.get(resource, []):
            wrong.append(f"{resource}: api-version {version} is not in its file")
        providers.setdefault(resource, provider_of(path))
    for method, path, version, vault in sorted(got):
        if vault:
            if not any(d[0] == method and d[1].match(path) and d[2] == version for d in vaults):
                wrong.append(f"live: {method} {path} {version}: no operation of a vault")
        elif not any(d[0] == method and d[1].match(path) for d in described) and (type_of(path), version) not in types:
            wrong.append(f"live: {method} {path}: no operation and no generated type has this path")
        elif (provider_of(path), version) not in versions:
            wrong.append(f"live: {method} {path}: {version} is in no file")
    for resource, tail in VAULT.items():
        if not any(vault and re.match(tail, path) for _, path, _, vault in got):
            wrong.append(f"{resource}: no vault was asked for it")
    for resource, asked in files.items():
        if resource in VAULT:
            continue
        if resource not in providers:
            wrong.append(f"{resource}: no request for it was seen: samples/ must hold one")
            continue
        for version in asked:
            if (providers[resource], version) not in versions:
                wrong.append(f"{resource}: {providers[resource]} {version} is in no file")
    for w in wrong:
        print(f"FAILED: {w}")
    print(f"{len(made)} requests and {len(got)} live ones of {len(providers)} resources, {len(described)} operations, {len(types)} generated types: "
          f"{len(wrong)} wrong")
    return 1 if wrong else 0


sys.exit(main())
