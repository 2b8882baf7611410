#!/usr/bin/python3
"""Answers and recordings that somebody made to break things: malformed bodies become gaps, never facts and never a crash; names
with quotes, newlines, formulas, markup, bidirectional marks and a megabyte of text come out as text in every format; a broken
recording is refused with one line."""
import copy, csv, glob, io, json, os, re, shutil, subprocess, sys, tempfile, warnings

root, program = os.environ.get("SOURCE_DIR", "."), os.environ["KEYCUSTODY"]
hars = sorted(glob.glob(os.path.join(root, "samples", "*.har")))
if not hars:
    print("skipped: samples/ holds no recording (*.har)")
    sys.exit(77)
har = json.load(open(hars[-1], encoding="utf-8"))
work, wrong = tempfile.mkdtemp(), []


def run(*args, binary=False):
    done = subprocess.run([program, *args], capture_output=True, text=not binary)
    err = done.stderr if not binary else done.stderr.decode("utf-8", "replace")
    if done.returncode < 0 or done.returncode == 99 or "Sanitizer" in err or "runtime error" in err:
        wrong.append(f"{' '.join(args)[:200]}: crashed: {err[-800:]}")
    return done


def collect(name, text):
    folder = os.path.join(work, name)
    os.makedirs(folder, exist_ok=True)
    path, store = os.path.join(folder, "r.har"), os.path.join(folder, "store")
    open(path, "wb").write(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return run("collect", "--store", store, "--replay", path, "--taken-at", "2027-01-01T00:00:00Z"), store


def answer_of(part):
    for i, e in enumerate(har["log"]["entries"]):
        if part in e["request"]["url"].lower() and e["response"]["status"] == 200 and '"id"' in e["response"]["content"].get("text", ""):
            return i
    raise SystemExit(f"the sample has no answer for {part}")


# ---- bodies
deep = "[" * 5000 + "]" * 5000
bodies = {
    "nothing": "", "blank": "  \n", "html": "<!DOCTYPE html><html><body>Sign in to the proxy</body></html>", "cut": None,
    "trailing comma": '{"value":[{"id":"/x"},]}', "single quotes": "{'value':[]}", "comment": '{"value":[] /* none */}',
    "two documents": '{"value":[]}{"value":[]}', "trailing word": '{"value":[]} nextLink', "NaN": '{"value":[NaN]}', "Infinity": '{"value":[Infinity]}',
    "leading zero": '{"value":[],"n":01}', "plus": '{"value":[],"n":+1}', "hex": '{"value":[],"n":0x1F}', "bare point": '{"value":[],"n":.5}',
    "huge integer": '{"value":[],"n":123456789012345678901234567890}',
    "duplicate names": '{"value":[],"value":[{"id":"/x"}]}', "escaped duplicate": '{"value":[],"\\u0076alue":[{"id":"/x"}]}',
    "unescaped newline": '{"value":["a\nb"]}', "bad escape": '{"value":["\\q"]}', "short escape": '{"value":["\\u12"]}',
    "null character": '{"value":["a\\u0000b"]}', "lone surrogate": '{"value":["\\ud800"]}', "reversed surrogates": '{"value":["\\udc00\\ud800"]}',
    "depth bomb": deep, "deep objects": '{"a":' * 5000 + "1" + "}" * 5000, "value deep": '{"value":' + deep + "}",
    "a string": '"value"', "a number": "7", "true": "true", "null": "null", "an array": "[]", "value null": '{"value":null}', "value an object": '{"value":{"id":"/x"}}',
    "value a string": '{"value":"none"}', "no value": '{"items":[]}', "items no objects": '{"value":["a",7,null,true]}', "nextLink a number": '{"value":[],"nextLink":7}',
    "nextLink elsewhere": '{"value":[],"nextLink":"https://management.azure.com.evil.example/x?api-version=2026-03-01"}',
    "nextLink a file": '{"value":[],"nextLink":"file:///etc/passwd"}', "nextLink relative": '{"value":[],"nextLink":"/subscriptions?api-version=2022-12-01"}',
    "two marks": "\ufeff\ufeff{\"value\":[]}", "a megabyte of brackets": "[" * 1048576, "a token": '{"value":[],"t":"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlc2lnbmF0dXJl"}',
}
at = answer_of("/managedclusters?")
whole = har["log"]["entries"][at]["response"]["content"]["text"]
bodies["cut"] = whole[: len(whole) // 2]
bodies["items that are clusters no more"] = json.dumps({"value": [{"id": 7, "properties": "none"}, {"id": "/x", "properties": {"agentPoolProfiles": "none"}}]})
for name, body in bodies.items():
    other = copy.deepcopy(har)
    other["log"]["entries"][at]["response"]["content"] = {"size": len(body), "mimeType": "application/json", "text": body}
    done, store = collect("body", json.dumps(other))
    if done.returncode != 4:
        wrong.append(f"body {name}: collect ends with {done.returncode}: {done.stderr[-300:]}")
    else:
        judged = run("assess", "--store", store, "--format", "json")
        doc = json.loads(judged.stdout) if judged.stdout else {"complete": True, "findings": [], "gaps": []}
        if judged.returncode != 4 or doc["complete"]:
            wrong.append(f"body {name}: the result is called complete (exit {judged.returncode})")
        if not any(g["resource"] == "aks_cluster" for g in doc["gaps"]):
            wrong.append(f"body {name}: no gap for the clusters")
        if not any(f["check"] == "cluster-uses-des" and f["reason"].startswith("population not known") for f in doc["findings"]):
            wrong.append(f"body {name}: nothing says that the clusters are not known")
    shutil.rmtree(os.path.join(work, "body"))

# invalid UTF-8 inside a recording, and recordings that are none
raw = json.dumps(har, ensure_ascii=False).encode()
recordings = {"cut early": raw[:40], "cut": raw[: len(raw) * 2 // 3], "cut at the end": raw[:-1], "empty": b"", "binary": bytes(range(256)) * 64, "an array": b"[]", "no log": b"{}",
              "log a string": b'{"log":"none"}', "entries null": b'{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":null}}',
              "a bomb": b'{"log":{"entries":' + b"[" * 200000, "invalid UTF-8": raw.replace(b'"log"', b'"log\xff"', 1), "html": b"<html></html>"}
for name, text in recordings.items():
    done, store = collect("recording", text)
    lines = [l for l in done.stderr.splitlines() if l.startswith("keycustody: ")]
    if done.returncode != 1 or len(lines) != 1 or "r.har" not in lines[0]:
        wrong.append(f"recording {name}: exit {done.returncode}, said {done.stderr[-300:]!r}")
    if glob.glob(os.path.join(store, "snapshots", "*")):
        wrong.append(f"recording {name}: left something in the store")
    shutil.rmtree(os.path.join(work, "recording"))

# ---- words
evil = ['=HYPERLINK("http://evil.example","x")', "+cmd|'/C calc'!A0", "-2+3", "@SUM(A1)", "<script>alert(1)</script>", "a\"b'c`d$(id)", "line one\nline two\r\tthree", "\u202eRTL \u2066mark\u2069",
        "'; DROP TABLE finding; --", "**bold** {{name}} [x](#y)", "emoji \U0001f600 end", "ctrl \u0001\u001b[31m end", "%s%n%d", "x" * 1000000, "_x0041_", "../../etc/passwd", "café e\u0301 日本語 עברית"]
free, n = {"displayName", "roleName", "description", "policyType"}, 0


def spoil(value, key=None, tags=False):
    global n
    if isinstance(value, dict):
        return {k: spoil(v, k, key == "tags") for k, v in value.items()}
    if isinstance(value, list):
        return [spoil(v, key) for v in value]
    if isinstance(value, str) and (key in free or tags or (key == "message")):
        n += 1
        return evil[n % len(evil)]
    return value


other = copy.deepcopy(har)
for e in other["log"]["entries"]:
    try:
        body = json.loads(e["response"]["content"]["text"])
    except ValueError:
        continue
    e["response"]["content"]["text"] = json.dumps(spoil(body))
done, store = collect("words", json.dumps(other))
if done.returncode != 4 and done.returncode != 0:
    wrong.append(f"words: collect ends with {done.returncode}: {done.stderr[-300:]}")
engagement = os.path.join(work, "e.json")
json.dump({"format": 1, "organisation": '=cmd|" /C calc"!A0 <b>\u202eX', "prepared-by": "a\"b", "classification": "@x"}, open(engagement, "w"))
for form in ("table", "json", "csv"):
    done = run("assess", "--store", store, "--format", form)
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", done.stdout.replace("\r\n", "\n")):
        wrong.append(f"words: assess --format {form} prints control characters")
    if form == "table" and max(map(len, done.stdout.splitlines())) > 80:
        wrong.append("words: a line of the table is wider than 80 columns")
    if form == "csv":
        for row in csv.reader(io.StringIO(done.stdout)):
            for cell in row:
                if cell and cell[0] in "=+-@\t\r":
                    wrong.append(f"words: a CSV cell begins with {cell[:20]!r}")
out = os.path.join(work, "packs")
done = run("report", "--store", store, "--out", out, "--engagement", engagement)
if done.returncode != 0:
    wrong.append(f"words: report ends with {done.returncode}: {done.stderr[-400:]}")
else:
    data = glob.glob(os.path.join(out, "KC-*", "data"))[0]
    text = open(os.path.join(data, "report.txt"), encoding="utf-8").read()
    if re.search(r"[\x00-\x08\x0b\x0d-\x1f\x7f]", text):
        wrong.append("words: report.txt holds control characters")
    poppler = subprocess.run(["pdftotext", "-layout", os.path.join(data, "report.pdf"), "-"], capture_output=True, text=True)
    if poppler.returncode != 0 or poppler.stderr:
        wrong.append(f"words: pdftotext: {poppler.stderr[-300:]}")
    import openpyxl
    warnings.simplefilter("error")
    book = openpyxl.load_workbook(os.path.join(data, "evidence.xlsx"))
    formulas = [(s.title, c.coordinate) for s in book for r in s.iter_rows() for c in r if c.data_type == "f"]
    if formulas:
        wrong.append(f"words: formulas in the workbook: {formulas[:3]}")
    done = run("verify", glob.glob(os.path.join(out, "KC-*.zip"))[0], "--allow-unsigned")
    if done.returncode != 0:
        wrong.append(f"words: verify ends with {done.returncode}: {done.stdout[-300:]}")

subprocess.run(["chmod", "-R", "u+w", work])
shutil.rmtree(work, ignore_errors=True)
for w in wrong[:60]:
    print(w)
print(f"{len(bodies)} bodies, {len(recordings)} recordings, {n} words, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
