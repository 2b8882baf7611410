#!/bin/bash
# An auditor who has only Debian's tools can check a pack: the commands of README-auditor.md, taken from that file, and what
# archives, PDF and spreadsheet programs say.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
set -o pipefail

echo "the commands of README-auditor.md, in order"
cp "$ca" "$pack/CA.pem" # where the text says CA.pem; taken away again below
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0; print ""; next } on' "$pack/README-auditor.md" >"$work/commands.sh"
grep -q 'openssl cms -verify' "$work/commands.sh" || fail "README-auditor.md has no command for the signature"
(cd "$pack" && bash -euo pipefail "$work/commands.sh") >"$work/commands.log" 2>&1 || { cat "$work/commands.log"; fail "a command of README-auditor.md"; }
rm "$pack/CA.pem"
grep -qE '(CAdES|CMS) Verification successful' "$work/commands.log" || fail "no signature was verified"
[ -n "$(ls "$work/packs/answers/answers" 2>/dev/null)" ] || fail "no answer was unpacked"

echo "the same without -cades, and with another certificate to trust"
(cd "$pack" && openssl cms -verify -binary -inform DER -in tagmanifest-sha256.txt.p7s -content tagmanifest-sha256.txt -CAfile "$ca" \
  -purpose any -out /dev/null) 2>"$work/cms.log" || { cat "$work/cms.log"; fail "openssl cms -verify"; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/o.key" -subj /CN=Other -days 2 -out "$work/other.pem" 2>/dev/null
(cd "$pack" && openssl cms -verify -binary -inform DER -in tagmanifest-sha256.txt.p7s -content tagmanifest-sha256.txt -CAfile "$work/other.pem" \
  -purpose any -out /dev/null) 2>/dev/null && fail "a stranger's certificate was trusted"

echo "a BagIt reader of its own"
/usr/bin/python3 - "$pack" <<'PY'
import hashlib, os, sys
bag = sys.argv[1]
assert open(os.path.join(bag, "bagit.txt")).read() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
info = dict(line.rstrip("\n").split(": ", 1) for line in open(os.path.join(bag, "bag-info.txt")))
def entries(name):
    rows = [line.rstrip("\n").split("  ", 1) for line in open(os.path.join(bag, name))]
    assert len({p for _, p in rows}) == len(rows)
    for h, p in rows:
        assert hashlib.sha256(open(os.path.join(bag, p), "rb").read()).hexdigest() == h, p
    return {p for _, p in rows}
payload = entries("manifest-sha256.txt")
tags = entries("tagmanifest-sha256.txt")
there = {os.path.relpath(os.path.join(d, f), bag) for d, _, fs in os.walk(bag) for f in fs}
assert payload == {p for p in there if p.startswith("data/")}
assert tags == {p for p in there if not p.startswith("data/") and p != "tagmanifest-sha256.txt" and not p.endswith((".p7s", ".tsr"))}
size = sum(os.path.getsize(os.path.join(bag, p)) for p in payload)
assert info["Payload-Oxum"] == f"{size}.{len(payload)}", info["Payload-Oxum"]
assert info["External-Identifier"] == os.path.basename(bag)
PY

echo "the zip holds the same files"
/usr/bin/python3 - "$zip" "$pack" <<'PY'
import os, sys, zipfile
z, pack = zipfile.ZipFile(sys.argv[1]), sys.argv[2]
assert z.testzip() is None
top = os.path.basename(pack) + "/"
there = {top + os.path.relpath(os.path.join(d, f), pack) for d, _, fs in os.walk(pack) for f in fs}
assert set(z.namelist()) == there and len(z.namelist()) == len(there)
for name in z.namelist():
    assert z.read(name) == open(os.path.join(os.path.dirname(pack), name), "rb").read(), name
PY

echo "qpdf and poppler"
if command -v qpdf >/dev/null; then
  qpdf --check "$pack/data/report.pdf" >"$work/qpdf.log" 2>&1 || { cat "$work/qpdf.log"; fail "qpdf --check"; }
fi
pdftotext "$pack/data/report.pdf" "$work/report.pdf.txt" 2>"$work/poppler.log" || fail "pdftotext"
[ ! -s "$work/poppler.log" ] || { cat "$work/poppler.log"; fail "pdftotext warns"; }
pdftoppm -r 20 "$pack/data/report.pdf" "$work/page" 2>"$work/poppler.log" || fail "pdftoppm"
[ ! -s "$work/poppler.log" ] || { cat "$work/poppler.log"; fail "poppler warns"; }

echo "pdfsig and mutool: the PDF's own signature"
report=$pack/data/report.pdf
if command -v certutil >/dev/null; then
  mkdir "$work/nss"
  certutil -N -d "sql:$work/nss" --empty-password
  certutil -A -d "sql:$work/nss" -n ca -t C,C,C -i "$ca"
  LC_ALL=C.UTF-8 pdfsig -nssdir "$work/nss" "$report" >"$work/pdfsig.log" 2>&1 || { cat "$work/pdfsig.log"; fail "pdfsig"; }
  for words in 'Signature is Valid' 'Certificate is Trusted' 'Total document signed' 'ETSI.CAdES.detached'; do
    grep -q "$words" "$work/pdfsig.log" || { cat "$work/pdfsig.log"; fail "pdfsig does not say: $words"; }
  done
  [ "$(grep -c '^Signature #' "$work/pdfsig.log")" = 1 ] || fail "not one signature"
else
  echo "skipped: pdfsig, since there is no certutil (libnss3-tools)"
fi
if command -v mutool >/dev/null; then
  mutool sign -v "$report" >"$work/mutool.log" 2>&1
  grep -q 'unchanged since signing' "$work/mutool.log" || { cat "$work/mutool.log"; fail "mutool sign -v"; }
fi
# the signature dictionary as another reader of PDF sees it, and what is in the CMS (PAdES: no signing time, the whole chain)
qpdf --qdf --object-streams=disable "$report" "$work/plain.pdf" 2>"$work/qpdf.log" || [ $? = 3 ]
for words in '/TransformMethod /DocMDP' '/P 1$' '/DocMDP [0-9]* 0 R' '/SigFlags 3'; do
  grep -aq -- "$words" "$work/plain.pdf" || fail "no $words in the PDF"
done
openssl cms -cmsout -print -inform DER -in "$work/packs/report.p7s" >"$work/cms.txt"
grep -q 'id-smime-aa-signingCertificateV2' "$work/cms.txt" || fail "the PDF's CMS does not name its certificate"
! grep -q 'object: signingTime' "$work/cms.txt" || fail "the PDF's CMS has a signing time"
if [ -e /usr/share/java/preflight.jar ] && command -v javac >/dev/null; then
  echo "PDFBox preflight: PDF/A-1b, signed and unsigned"
  jars=$(printf '/usr/share/java/%s.jar:' preflight pdfbox2 fontbox2 xmpbox commons-logging commons-io jaxb-api javax.activation)
  head -c "$(($(grep -abo '%%EOF' "$report" | tail -n 2 | head -n 1 | cut -d: -f1) + 6))" "$report" >"$work/unsigned.pdf"
  for file in "$report" "$work/unsigned.pdf"; do
    java -cp "$jars" "$root/tests/render/Preflight.java" "$file" >"$work/preflight.log" 2>&1
    grep -q '^valid PDF/A-1b' "$work/preflight.log" || { head -20 "$work/preflight.log"; fail "no PDF/A-1b: $file"; }
  done
  qpdf --check "$work/unsigned.pdf" >/dev/null || fail "qpdf --check of the unsigned PDF"
else
  echo "skipped: PDF/A-1b, since PDFBox's preflight is not installed (libpdfbox2-java)"
fi

echo "openpyxl"
/usr/bin/python3 - "$pack/data/evidence.xlsx" <<'PY'
import sys, warnings
warnings.simplefilter("error")
import openpyxl
book = openpyxl.load_workbook(sys.argv[1])
assert book.sheetnames[0] == "Summary" and len(book["Summary"]._charts) == 2, book.sheetnames
for name in ("Read me", "Controls", "Findings", "Clusters and chains", "Pools", "Disks", "Disk encryption sets", "Vaults", "Keys", "Access", "Gaps", "Evidence"):
    assert name in book.sheetnames, name
for sheet in book:
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.data_type != "f", (sheet.title, cell.coordinate)
rows = book["Findings"].max_row
linked = [c for c in book["Findings"]["K"] if c.hyperlink]
assert linked and all(c.hyperlink.location.startswith(("Evidence", "'Evidence")) for c in linked)
for c in linked[:50]: # the link leads to the very answer
    place = c.hyperlink.location.rsplit("!A", 1)
    assert book[place[0].strip("'")]["A" + place[1]].value == c.value.split(" ")[0].rstrip(","), c.value
print(rows - 1, "findings,", len(linked), "with a link to their evidence")
PY

echo "verify agrees"
"$kc" verify "$pack" --trust "$ca" >"$work/verify.log" || { cat "$work/verify.log"; fail "verify of the folder"; }
"$kc" verify "$zip" --trust "$ca" >"$work/verify.log" || { cat "$work/verify.log"; fail "verify of the zip"; }
echo "all of it holds"
