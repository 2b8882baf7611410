#!/bin/bash
# The workbook's own signature: its references and its value, judged by Python and openssl from ECMA-376's text alone, by
# xmlsec1 and by LibreOffice; what is changed is found.
. "${SOURCE_DIR:?}/tests/made-pack.sh"
book=$pack/data/evidence.xlsx
cat >"$work/look.py" <<'PY'
# Prints "good", or the first thing that is wrong with the signature of a workbook.
import base64, hashlib, re, subprocess, sys, tempfile, zipfile
import xml.etree.ElementTree as ET
D, P, R = "{http://www.w3.org/2000/09/xmldsig#}", "{http://schemas.openxmlformats.org/package/2006/digital-signature}", \
    "{http://schemas.openxmlformats.org/package/2006/relationships}"
book = zipfile.ZipFile(sys.argv[1])
text = book.read("_xmlsignatures/sig1.xml").decode()
if ET.canonicalize(text) != text:
    sys.exit("not canonical")
tree = ET.fromstring(text)
sha = lambda b: base64.b64encode(hashlib.sha256(b).digest()).decode()
def rels(data, ids):
    rows = sorted((r.attrib for r in ET.fromstring(data).iter(R + "Relationship") if r.attrib["Id"] in ids), key=lambda a: a["Id"])
    out = ET.Element("Relationships", xmlns=R[1:-1])
    for a in rows:
        ET.SubElement(out, "Relationship", {"TargetMode": "Internal", **a})
    return ET.canonicalize(ET.tostring(out, encoding="unicode")).encode()
covered = set()
for ref in tree.find(f"{D}Object[@Id='idPackageObject']/{D}Manifest"):
    name = ref.attrib["URI"].split("?ContentType=")[0][1:]
    data = book.read(name)
    ids = [r.attrib["SourceId"] for r in ref.iter(P + "RelationshipReference")]
    if name.endswith(".rels"):
        data = rels(data, ids)
    if sha(data) != ref.find(D + "DigestValue").text:
        sys.exit("changed: " + name)
    covered.add(name)
left = {n for n in book.namelist() if n not in covered and not n.startswith("_xmlsignatures/")}
if left != {"[Content_Types].xml", "docProps/core.xml", "docProps/app.xml"}:
    sys.exit(f"not covered: {sorted(left)}")
ns = ' xmlns="http://www.w3.org/2000/09/xmldsig#"'
info = re.search(r"<SignedInfo>.*?</SignedInfo>", text).group(0)
for ref in tree.find(D + "SignedInfo").findall(D + "Reference"):
    ident = ref.attrib["URI"][1:]
    piece = re.search(rf'<([\w:]+) Id="{ident}">.*?</\1>', text).group(0)
    if piece.startswith("<xd:"):
        piece = piece.replace("<xd:SignedProperties", f'<xd:SignedProperties{ns} xmlns:xd="http://uri.etsi.org/01903/v1.3.2#"', 1)
    else:
        piece = piece.replace("<Object", "<Object" + ns, 1)
    if sha(piece.encode()) != ref.find(D + "DigestValue").text:
        sys.exit("changed: #" + ident)
raw = base64.b64decode(tree.find(D + "SignatureValue").text)
method = re.search(r'SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#(rsa|ecdsa)-(sha256|sha384)"', info)
if method.group(1) == "ecdsa": # r and s as openssl wants them
    half = len(raw) // 2
    whole = lambda b: bytes([2, len(b)]) + b
    number = lambda b: whole((b"\0" if b.lstrip(b"\0")[:1] >= b"\x80" else b"") + b.lstrip(b"\0"))
    both = number(raw[:half]) + number(raw[half:])
    raw = b"\x30" + bytes([len(both)]) + both
with tempfile.TemporaryDirectory() as d:
    open(d + "/cert", "wb").write(base64.b64decode(tree.find(f".//{D}X509Certificate").text))
    open(d + "/raw", "wb").write(raw)
    open(d + "/info", "w").write(info.replace("<SignedInfo", "<SignedInfo" + ns, 1))
    key = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", d + "/cert", "-noout", "-pubkey"], capture_output=True, check=True).stdout
    open(d + "/key", "wb").write(key)
    if subprocess.run(["openssl", "dgst", "-" + method.group(2), "-verify", d + "/key", "-signature", d + "/raw", d + "/info"], capture_output=True).returncode:
        sys.exit("the signature's value does not fit")
print("good")
PY
judged() { /usr/bin/python3 "$work/look.py" "$1" 2>&1 || true; }
[ "$(judged "$book")" = good ] || fail "untouched: $(judged "$book")"

# change OUT PART OLD NEW: the workbook with one text changed in one part, packed again
cat >"$work/change.py" <<'PY'
import sys, zipfile
book, out, part, old, new = sys.argv[1:]
src, dst = zipfile.ZipFile(book), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
for name in src.namelist():
    data = src.read(name)
    if name == part:
        assert old.encode() in data, (part, old)
        data = data.replace(old.encode(), new.encode(), 1)
    dst.writestr(name, data)
dst.close()
PY
change() { /usr/bin/python3 "$work/change.py" "$book" "$@"; }
change "$work/cell.xlsx" xl/worksheets/sheet1.xml "</row>" " </row>"
change "$work/rels.xlsx" xl/_rels/workbook.xml.rels sheet1.xml sheet2.xml
change "$work/again.xlsx" xl/workbook.xml "<sheets>" "<sheets>"
change "$work/when.xlsx" _xmlsignatures/sig1.xml "<xd:SigningTime>2" "<xd:SigningTime>1"
[ "$(judged "$work/cell.xlsx")" = "changed: xl/worksheets/sheet1.xml" ] || fail "cell"
[ "$(judged "$work/rels.xlsx")" = "changed: xl/_rels/workbook.xml.rels" ] || fail "rels"
[ "$(judged "$work/again.xlsx")" = good ] || fail "packed again: $(judged "$work/again.xlsx")"
[ "$(judged "$work/when.xlsx")" = "changed: #idSignedProperties" ] || fail "when: $(judged "$work/when.xlsx")"
echo "Python: untouched and packed again are good, three changes found"

# RSA, the longer curve, and a key for RSA-PSS alone, which leaves the workbook unsigned
for kind in "rsa rsa rsa_keygen_bits:2048" "p384 ec ec_paramgen_curve:P-384" "pss rsa-pss rsa_keygen_bits:2048"; do
  set -- $kind
  openssl req -x509 -nodes -days 30 -newkey "$2" -pkeyopt "$3" -keyout "$work/$1.key" -out "$work/$1.pem" -subj "/CN=$1 & <Co>" 2>/dev/null
  make_pack "$work/$1" --sign-key "$work/$1.key" --sign-cert "$work/$1.pem"
done
rsa=$(echo "$work"/rsa/KC-*/data/evidence.xlsx)
[ "$(judged "$rsa")" = good ] || fail "RSA: $(judged "$rsa")"
p384=$(echo "$work"/p384/KC-*/data/evidence.xlsx)
[ "$(judged "$p384")" = good ] || fail "P-384: $(judged "$p384")"
unzip -l "$work"/pss/KC-*/data/evidence.xlsx | grep -q _xmlsignatures && fail "RSA-PSS"
grep -q "evidence.xlsx carries no signature of its own" "$work/report.log" || fail "RSA-PSS: not said: $(cat "$work/report.log")"
grep -q "evidence.xlsx. carries a signature" "$work"/pss/KC-*/README-auditor.md && fail "RSA-PSS: README-auditor.md claims a signature"
grep -q "evidence.xlsx. carries a signature" "$work"/rsa/KC-*/README-auditor.md || fail "RSA: README-auditor.md is silent"

# verify's own line, by kind of key; a certificate that came with its chain is still the signer's
cat "$work/cert.pem" "$ca" >"$work/chain.pem"
make_pack "$work/chain" --sign-key "$work/key.pem" --sign-cert "$work/chain.pem"
chain=$(echo "$work"/chain/KC-*/data/evidence.xlsx)
[ "$(judged "$chain")" = good ] || fail "with a chain: $(judged "$chain")"
says() { # says PACK CA WORDS: of the workbook
  "$kc" verify "$1" --trust "$2" >"$work/v" || true
  grep -q -F -e "data/evidence.xlsx: $3" "$work/v" || { cat "$work/v"; fail "verify $1 does not say: $3"; }
}
own="its own signature is by the certificate that signed the pack"
says "$pack" "$ca" "$own"
says "$(echo "$work"/chain/KC-*/)" "$ca" "$own"
says "$(echo "$work"/rsa/KC-*/)" "$work/rsa.pem" "$own"
says "$(echo "$work"/p384/KC-*/)" "$work/p384.pem" "$own"
says "$(echo "$work"/pss/KC-*/)" "$work/pss.pem" "holds no signature of its own"

# Another pack's workbook in place of this one's: the manifests find it. Whoever makes the lists again and signs them with a key of
# their own has a workbook that somebody else signed.
# moved WORKBOOK PACK: a copy of the pack with that workbook, whose lists are made again and signed by p384
moved() {
  rm -rf "$work/t" && cp -a "$2" "$work/t" && chmod -R u+w "$work/t" && cp "$1" "$work/t/data/evidence.xlsx"
  (cd "$work/t" && rm tagmanifest-sha256.txt* && find data -type f | LC_ALL=C sort | xargs -d '\n' sha256sum >manifest-sha256.txt &&
    sed -i "s/^Payload-Oxum: .*/Payload-Oxum: $(find data -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%d.%d", n, NR }')/" bag-info.txt &&
    find . -maxdepth 1 -type f ! -name 'tagmanifest*' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum >tagmanifest-sha256.txt &&
    openssl cms -sign -binary -cades -md sha384 -outform DER -in tagmanifest-sha256.txt -signer "$work/p384.pem" -inkey "$work/p384.key" \
      -out tagmanifest-sha256.txt.p7s)
}
cp -a "$pack" "$work/swapped" && cp "$rsa" "$work/swapped/data/evidence.xlsx"
"$kc" verify "$work/swapped" --trust "$ca" >"$work/v" && fail "another pack's workbook"
grep -q "FAIL  manifest-sha256.txt: data/evidence.xlsx: changed" "$work/v" || { cat "$work/v"; fail "another pack's workbook, by the manifests"; }
moved "$rsa" "$pack"
says "$work/t" "$work/p384.pem" "its own signature is by the certificate of CN=rsa"
moved "$book" "$pack"
says "$work/t" "$work/p384.pem" "its own signature is by the certificate of CN=Pack Maker,O=Test, which is not the one that signed the pack"
moved "$p384" "$pack"
says "$work/t" "$work/p384.pem" "$own"
moved "$work/cell.xlsx" "$pack"
says "$work/t" "$work/p384.pem" "xl/worksheets/sheet1.xml: changed after it was signed"
grep -c FAIL "$work/v" | grep -qx 3 || { cat "$work/v"; fail "the workbook, the PDF and the seal alone are to fail"; }
echo "verify agrees; workbooks of other packs and other signers are found"

if command -v xmlsec1 >/dev/null; then
  xmlsec() { # of a workbook, with a CA
    unzip -p "$1" _xmlsignatures/sig1.xml >"$work/sig1.xml"
    (cd "$work" && xmlsec1 --verify --ignore-manifests --trusted-pem "$2" --id-attr:Id Object \
      --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties sig1.xml) >"$work/xmlsec.log" 2>&1
  }
  xmlsec "$book" "$ca" || { cat "$work/xmlsec.log"; fail "xmlsec1, EC"; }
  xmlsec "$rsa" "$work/rsa.pem" || { cat "$work/xmlsec.log"; fail "xmlsec1, RSA"; }
  xmlsec "$p384" "$work/p384.pem" || { cat "$work/xmlsec.log"; fail "xmlsec1, P-384"; }
  xmlsec "$work/when.xlsx" "$ca" && fail "xmlsec1 takes another time of signing"
  echo "xmlsec1 agrees"
else
  echo "not done: xmlsec1 is not installed"
fi

if [ -z "${KC_QUICK:-}" ] && command -v soffice >/dev/null && /usr/bin/python3 -c "import uno" 2>/dev/null; then
  mkdir "$work/nss"
  certutil -N -d "sql:$work/nss" --empty-password
  certutil -A -d "sql:$work/nss" -n ca -t "CT,C,C" -i "$ca"
  export HOME=$work MOZILLA_CERTIFICATE_FOLDER=sql:$work/nss
  soffice --headless --norestore "-env:UserInstallation=file://$work/office" "--accept=pipe,name=kc$$;urp;" >"$work/office.log" 2>&1 &
  office=$!
  /usr/bin/python3 - "kc$$" "$book" "$chain" "$work/again.xlsx" "$work/cell.xlsx" "$work/rels.xlsx" <<'PY' || { kill "$office"; fail "LibreOffice"; }
import sys, time, uno
from com.sun.star.beans import PropertyValue
local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
for _ in range(240):
    try:
        ctx = resolver.resolve(f"uno:pipe,name={sys.argv[1]};urp;StarOffice.ComponentContext")
        break
    except Exception:
        time.sleep(0.5)
m = ctx.ServiceManager
sign = m.createInstanceWithArgumentsAndContext("com.sun.star.security.DocumentDigitalSignatures", ("1.2",), ctx)
for i, path in enumerate(sys.argv[2:]):
    p = PropertyValue(Name="StorageFormat", Value="ZipFormat")
    factory = m.createInstanceWithContext("com.sun.star.embed.StorageFactory", ctx)
    args = ("file://" + path, 1, uno.Any("[]com.sun.star.beans.PropertyValue", (p,)))
    storage = uno.invoke(factory, "createInstanceWithArguments", (args,))
    got = sign.verifyDocumentContentSignatures(storage, None)
    assert len(got) == 1, (path, len(got))
    assert got[0].SignatureIsValid == (i < 3), (path, got[0].SignatureIsValid)
    assert "Pack Maker" in got[0].Signer.SubjectName and got[0].CertificateStatus == 0, got[0]
m.createInstanceWithContext("com.sun.star.frame.Desktop", ctx).terminate()
PY
  wait "$office" || true
  echo "LibreOffice agrees: signer, untouched, with a chain and packed again valid, cell and rels not"
else
  echo "not done: LibreOffice with Python's uno (--quick, or not installed)"
fi
