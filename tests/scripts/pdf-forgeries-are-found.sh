#!/bin/bash
# Whatever was published on forging signed PDFs is found in the report's PDF, and named: universal signature forgery, incremental
# saving and signature wrapping (Mladenov and others, 2019), shadow attacks and attacks on certified documents (2021), and more.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/o.key" -subj /CN=Other -days 2 -out "$work/o.pem" 2>/dev/null
make_pack "$work/strange" --sign-key "$work/o.key" --sign-cert "$work/o.pem"
make_pack "$work/hipaa" --framework hipaa --sign-key "$work/key.pem" --sign-cert "$work/cert.pem"
cat >"$work/forge.py" <<'PY'
import glob, os, re, shutil, subprocess, sys
kc, pack, ca, work = sys.argv[1:]
good = open(pack + "/data/report.pdf", "rb").read()
stranger = open(glob.glob(work + "/strange/*/data/report.pdf")[0], "rb").read()
other = open(glob.glob(work + "/hipaa/*/data/report.pdf")[0], "rb").read()

def parts(d):
    """The signature's place in a signed file: the /ByteRange as written, begin and end of the hole."""
    m = re.search(rb"/ByteRange \[ 0 (\d+) +(\d+) +(\d+) +\]", d)
    return m, int(m[1]), int(m[2])

m, a, b = parts(good)
hole = good[a:b]
# the CMS without its padding: DER says how long it is
head = bytes.fromhex(hole[1:9].decode())
assert head[:2] == b"\x30\x82"
der_hex = hole[1:1 + 2 * (4 + int.from_bytes(head[2:4], "big"))]
number = int(re.findall(rb"\n(\d+) 0 obj\n<<\n/Type /Sig\n", good)[-1])
eof = [x.end() for x in re.finditer(rb"%%EOF\r?\n", good)]
unsigned, table = eof[-2], int(re.findall(rb"startxref\n(\d+)\n", good)[-1])
first_table = int(re.findall(rb"/Prev (\d+)", good)[-1])
root = int(re.findall(rb"/Root (\d+) 0 R", good)[-1])
catalog = good[good.rindex(b"\n%d 0 obj\n" % root) + 1:]
catalog = catalog[:catalog.index(b"endobj")]
page = int(re.search(rb"/P (\d+) 0 R", good)[1])
page_text = re.search(rb"\n%d 0 obj\n(<<.*?)endobj" % page, good, re.S)[1]

def instead(old, new, d=good, fill=b" "):
    """One piece of the last update instead of another, of the same length, so that no offset moves."""
    at = d.rindex(old)
    assert len(new) <= len(old), (old, new)
    return d[:at] + new + fill * (len(old) - len(new)) + d[at + len(old):]

def update(d, objects, previous=None, extra=b""):
    """An incremental update as any editor appends one."""
    out, rows = d, {}
    for n, text in objects.items():
        rows[n] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (n, text)
    start = len(out)
    out += b"xref\n" + b"".join(b"%d 1\n%010d 00000 n\r\n" % (n, rows[n]) for n in sorted(rows))
    out += b"trailer\n<<\n/Size %d\n/Root %d 0 R\n/Prev %d\n%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        number + 9, root, table if previous is None else previous, extra, start)
    return out

evil = b"<< /Length 44 >>\nstream\nBT /F1 24 Tf 50 400 Td (all keys are fine) Tj ET\nendstream"
evil_page = re.sub(rb"/Contents \d+ 0 R", b"/Contents %d 0 R" % (number + 1), page_text).strip()
annotation = re.sub(rb"/Annots \[", b"/Annots [ %d 0 R " % (number + 1), page_text).strip()
free_text = b"<< /Type /Annot /Subtype /FreeText /Rect [ 50 50 500 700 ] /Contents (all keys are fine) /DA (/Helv 12 Tf) >>"

def wrapped():
    """The second part moved to the end, its old place filled with what shows something else, and a second /ByteRange
    in the room behind the signature that fits the moved one."""
    inside = b"<" + der_hex + b">"
    body = b"/ByteRange [ 0 %10d %10d %10d ]"
    tail = good[b:]
    block = b"\n>>\nendobj\n%d 0 obj\n%s\nendobj\n" % (page, evil_page)
    front = good[:a] + inside + body % (a, 0, len(tail)) + block
    front += b" " * (table - len(front)) # their table stands where the signed startxref points at
    front += b"xref\n%d 1\n%010d 00000 n\r\ntrailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (
        page, front.index(b"%d 0 obj" % page, a), number + 1, root, first_table)
    at = len(front)
    return good[:a] + inside + body % (a, at, len(tail)) + front[a + len(inside) + len(body % (0, 0, 0)):] + tail

def moved_range(put=b"\n%d 0 obj\n%s\nendobj\n" % (page, evil_page)):
    """/ByteRange itself moved over what was put in."""
    new = b"/ByteRange [ 0 %d %d %d" % (a, b + len(put), len(good) - b)
    d = good[:m.start()] + new + b" " * (m.end() - m.start() - len(new) - 1) + b"]" + good[m.end():b] + put + good[b:]
    at = d.rindex(b"startxref\n%d" % table)
    return d[:at] + b"startxref\n%d\n%%%%EOF\n" % (table + len(put))

def padded(text):
    d = good[:a + 1 + len(der_hex)] + text
    return d + good[len(d):]

def range_is(new):
    return good[:m.start()] + new + b" " * (m.end() - m.start() - len(new)) + good[m.end():]

def contents_is(new):
    at = a - len(b"/Contents ")
    return good[:at] + new + b" " * (b - at - len(new)) + good[b:]

whole, more, kind = "does not cover the whole file", "more updates than one", "its catalogue was changed"
cases = [
    # universal signature forgery: the signature is there and says nothing
    ("usf no range", range_is(b""), "has no /ByteRange"),
    ("usf range null", range_is(b"/ByteRange null"), whole),
    ("usf range empty", range_is(b"/ByteRange [ ]"), whole),
    ("usf range zeros", range_is(b"/ByteRange [ 0 0 0 0 ]"), whole),
    ("usf range negative", range_is(b"/ByteRange [ 0 -1 -1 -1 ]"), whole),
    ("usf range first part only", range_is(b"/ByteRange [ 0 %d %d 0 ]" % (a, b)), whole),
    ("usf range of five", range_is(m[0][:-1].rstrip()[:-1] + b" 0 ]" if len(m[0].rstrip(b" ]")) + 4 <= len(m[0]) else b"/ByteRange [ 0 1 2 3 4 ]"), whole),
    ("usf range with itself covered", range_is(b"/ByteRange [ 0 %d %d %d ]" % (b, b, len(good) - b)), whole),
    ("usf no contents", contents_is(b""), "has no /Contents"),
    ("usf contents null", contents_is(b"/Contents null"), "has no /Contents"),
    ("usf contents empty", contents_is(b"/Contents <>"), whole),
    ("usf contents 00", contents_is(b"/Contents <00>"), whole),
    ("usf contents zeros", good[:a + 1] + b"0" * (b - a - 2) + good[b - 1:], "holds no signature"),
    ("usf contents of no meaning", good[:a + 1 + 60] + b"0" * 200 + good[a + 261:], "no CMS in DER form|does not hold|CMS"),
    # incremental saving: something comes after the signature
    ("isa page changed", update(good, {page: evil_page, number + 1: evil}), more),
    ("isa page changed, signature taken along",
     update(good, {page: evil_page, number + 1: evil, number: re.search(rb"\n%d 0 obj\n(<<.*?>>)\nendobj" % number, good, re.S)[1]}), more),
    ("isa hidden from the signature", update(good, {page: evil_page, number + 1: evil}, first_table), "other objects than those of a signature|no signature of ours"),
    ("isa body without table", good + b"%d 0 obj\n%s\nendobj\n" % (page, evil_page), "does not end as a PDF does"),
    ("isa body and trailer without table", good + b"%d 0 obj\n%s\nendobj\ntrailer\n<< /Root %d 0 R /Size %d >>\n%%%%EOF\n" % (page, evil_page, root, number + 1), "does not end as a PDF does"),
    ("isa body, old table named again", good + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (page, evil_page, table), "bytes lie behind the end"),
    ("isa a comment", good + b"% all keys are fine\n", "does not end as a PDF does"),
    ("isa an empty line", good + b"\n", "does not end as a PDF does"),
    # signature wrapping
    ("swa range in the room of the signature", wrapped(), "was|its|signature|trailer"),
    ("swa range moved", moved_range(), "no signature dictionary"),
    ("swa range moved, an entry put in", moved_range(b" /Kept (all keys are fine) "), whole + "|entries that we never write"),
    ("bytes behind the signature", padded(b"deadbeef"), "bytes are hidden"),
    # shadow attacks: a later table shows what was hidden before it was signed
    ("shadow hide", update(good, {page: re.sub(rb"/Contents \d+ 0 R", b"", page_text).strip()}), more),
    ("shadow replace", update(good, {number + 1: free_text}), more),
    ("shadow hide and replace", update(good, {}), more),
    # certified documents
    ("eaa annotation", update(good, {page: annotation, number + 1: free_text}), more),
    ("ssa second signature", update(good, {number + 1: b"<< /Type /Sig /Contents <00> /ByteRange [ 0 1 2 3 ] >>"}), more),
    ("permits changes", instead(b"/P 1 /V", b"/P 2 /V"), "does not forbid every change"),
    ("permits changes, twice said", instead(b"/P 1 /V /1.2", b"/P 3 /P 1"), "does not forbid every change"),
    ("no certification", instead(b"/Perms <<", b"/Pexms <<"), "names no DocMDP signature"),
    ("an entry of its own", instead(b"/Reason (", b"/Rxason ("), "entries that we never write"),
    ("another kind", instead(b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1"), "ETSI.CAdES.detached"),
    ("a name in another writing", instead(b"/Reason (", b"/#52eason ("[:9]), "its signature"),
    ("action in the catalogue", instead(b"/Type /Catalog", b"/Type /Catalxg"), kind),
    # the rest
    ("signature cut off", good[:unsigned], "its signature field is empty"),
    ("signature by a stranger", stranger, "certificate verify error"),
    ("signature of another report", good[:a] + other[slice(*parts(other)[1:])][:b - a - 1] + b">" + good[b:], "does not hold"),
    ("table that names itself", instead(b"/Prev %d" % first_table, b"/Prev %d" % table), "do not follow one another"),
    ("table of the first half only", good[:len(good) // 2], "does not end as a PDF does"),
    ("a byte of a page", good[:2000] + bytes([good[2000] ^ 1]) + good[2001:], "does not hold"),
    ("a letter of the properties", instead(b"/Producer (", b"/Prodxcer (", good), "does not hold"),
    ("nothing", b"", "does not end as a PDF does"),
    ("no PDF", b"PK\x03\x04" * 100, "does not end as a PDF does"),
]
def verify(bytes_):
    there = work + "/t/data/report.pdf"
    if os.path.exists(there):
        os.unlink(there)
    open(there, "wb").write(bytes_)
    r = subprocess.run([kc, "verify", work + "/t", "--trust", ca], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return r, [l for l in r.stdout.splitlines() if re.match(r"\w+ +data/report\.pdf: ", l)]
subprocess.run(["cp", "-al", pack, work + "/t"], check=True)
r, lines = verify(good)
lines = [l for l in lines if not l.startswith("note")]
assert r.returncode == 0 and len(lines) == 2 and all(l.startswith("pass") for l in lines), r.stdout
missed = 0
for name, forged, words in cases:
    assert forged != good, name
    r, lines = verify(forged)
    failed = [l for l in lines if l.startswith("FAIL")]
    if r.returncode != 5 or not any(re.search(words, l) for l in failed):
        print(f"{name}: wanted '{words}': exit code {r.returncode}", *lines, sep="\n  ")
        missed += 1
    elif os.environ.get("SHOW"):
        print(f"{name}: {failed[0][6:]}")
print(len(cases), "forgeries,", missed, "not found or not named")
sys.exit(1 if missed else 0)
PY
/usr/bin/python3 "$work/forge.py" "$kc" "$pack" "$ca" "$work"
