/* README-auditor.md. A test takes its commands from the text and runs them. See readme.h. */
#include "pack/readme.h"

#include "pack/bag.h"

/* The PDF's own signature, by what coreutils and openssl have: two ranges of the file, and the CMS in the
 * hole between them. */
static void readme_pdf(struct buf *out)
{
    buf_text(
        out,
        "`data/report.pdf` carries a signature of its own besides, for whoever gets that file alone: it "
        "certifies "
        "the file and permits\n"
        "no change (DocMDP with P 1). In a PDF reader, or with poppler's `pdfsig data/report.pdf`, look for "
        "**Total document signed**: a\n"
        "file that was added to after it was signed still has a valid signature over its first part. The "
        "same by "
        "hand; the last\n"
        "two numbers of the four must end where the file ends (bash):\n\n"
        "```sh\n"
        "range=($(grep -a '^/ByteRange' data/report.pdf | tr -cd '0-9 '))\n"
        "test $((range[2] + range[3])) = $(stat -c %s data/report.pdf)\n"
        "(head -c ${range[1]} data/report.pdf; tail -c ${range[3]} data/report.pdf) >../covered.bin\n"
        "head -c $((range[2] - 1)) data/report.pdf | tail -c $((range[2] - range[1] - 2)) | tr a-f A-F | \\\n"
        "  basenc --base16 -d >../report.p7s\n"
        "openssl cms -verify -cades -binary -inform DER -in ../report.p7s -content ../covered.bin \\\n"
        "  -CAfile CA.pem -purpose any -out /dev/null\n```\n\n"
        "The signature was added behind the report. What stands before it is the report as it was drawn, "
        "which the "
        "same snapshot and\n"
        "options give again, byte for byte:\n\n"
        "```sh\n"
        "head -c $(($(grep -abo '%%EOF' data/report.pdf | tail -n 2 | head -n 1 | cut -d: -f1) + 6)) "
        "data/report.pdf | sha256sum\n```\n\n");
}

static void readme_signature(struct buf *out, const struct readme *r)
{
    buf_text(out, "## 1. Who made it: the signature\n\n");
    if (!r->signer) {
        buf_text(out, "This pack is **unsigned**. Its hashes show that nothing was lost or changed by "
                      "accident since it was made. They\n"
                      "prove no author: anyone could have remade it, hashes and all. Ask for a signed one, "
                      "or get the SHA-256 of\n"
                      "`" BAG_TAGMANIFEST "` from the maker by another way and compare it:\n\n"
                      "```sh\nsha256sum " BAG_TAGMANIFEST "\n```\n\n");
        return;
    }
    buf_print(
        out,
        "The pack is to be signed by: %s. The signature lies beside the file that it signs, and it "
        "covers everything: the tag\n"
        "manifest names the hash of the manifest, which names the hash of every other file. `CA.pem` "
        "holds the certificate\n"
        "that you trust; get it from the signer's organisation, not from this pack.\n\n"
        "```sh\nopenssl cms -verify -cades -binary -inform DER -in " BAG_SIGNATURE " \\\n"
        "  -content " BAG_TAGMANIFEST " -CAfile CA.pem -purpose any -out /dev/null\n```\n\n"
        "It says `CAdES Verification successful`. If it says `certificate has expired`, the certificate "
        "ended after the pack was\n"
        "signed; `-attime SECONDS` checks as of another time, which then needs proof of its own. A "
        "signature shows that the\n"
        "holder of that key signed these bytes. It shows neither when, nor that the content is true. "
        "To see who signed:\n\n"
        "```sh\nopenssl cms -cmsout -print -inform DER -in " BAG_SIGNATURE
        " | grep -E 'subject:|issuer:'\n```\n\n",
        r->signer);
    readme_pdf(out);
}

static void readme_others(struct buf *out)
{
    buf_text(out, "Other files `" BAG_TAGMANIFEST
                  ".ROLE.p7s`, if there are any, are signatures of other people over the same tag "
                  "manifest, such as a\nreviewer's; the role is a word in the name alone. The same commands "
                  "check them.\n\n");
}

static void readme_stamp(struct buf *out)
{
    buf_text(out,
             "The signature carries a time stamp (RFC 3161): an authority's word that the signature was "
             "there at that time. "
             "`TSA.pem` holds\n"
             "the authority's certificate that you trust. Take the stamp and the signature's value out, and "
             "check one "
             "against the other:\n\n"
             "```sh\n"
             "at=$(openssl asn1parse -inform DER -in " BAG_SIGNATURE
             " | awk -F: '/timeStampToken/ { f = 1; next } f && /SEQUENCE/ { print $1 + 0; f = 0 }')\n"
             "value=$(openssl asn1parse -inform DER -in " BAG_SIGNATURE
             " | awk -F: '/OCTET STRING/ { v = $1 + 0 } /timeStampToken/ { print v }')\n"
             "openssl asn1parse -inform DER -in " BAG_SIGNATURE " -strparse $at -noout -out ../token.der\n"
             "openssl asn1parse -inform DER -in " BAG_SIGNATURE
             " -strparse $value -noout -out ../signature.bin >/dev/null\n"
             "openssl ts -verify -token_in -in ../token.der -data ../signature.bin -CAfile TSA.pem\n"
             "openssl ts -reply -token_in -in ../token.der -token_out -text | grep 'Time stamp:'\n```\n\n"
             "It says `Verification: OK` and the time. Where the signer's certificate has expired since, "
             "give that time to the "
             "command above as\n"
             "`-attime SECONDS`. A stamp does not show that the content is true, nor that nothing else was "
             "signed before.\n\n");
}

/* Which certificate an answer is about is found by the names in them, since a CMS keeps them in no order. */
static void readme_revocation(struct buf *out, const struct readme *r)
{
    buf_text(out,
             "Beside the signature lies what the authority of the signer's certificate said, while the pack "
             "was made, about whether it was\n"
             "revoked. N in the names is 1 for the signer's certificate, 2 for its issuer's, and so on. The "
             "manifests do not list these\n"
             "files: the authority signed them. One that is gone says nothing about the certificate.\n\n"
             "```sh\n"
             "openssl cms -verify -cades -binary -inform DER -in " BAG_SIGNATURE " \\\n"
             "  -content " BAG_TAGMANIFEST
             " -CAfile CA.pem -purpose any -out /dev/null -signer ../cert-1.pem\n"
             "(openssl pkcs7 -inform DER -in " BAG_SIGNATURE " -print_certs; cat CA.pem) |\n"
             "  awk '/BEGIN CERT/ { n++; f = 1 } f { print > (\"../given-\" n \".pem\") } /END CERT/ { f = 0 "
             "}'\n"
             "for n in");
    for (int n = 1; (r->answers | r->lists) >> n; n++)
        buf_print(out, " %d", n);
    buf_text(out, "; do\n"
                  "  for issuer in ../given-*.pem; do\n"
                  "    test \"$(openssl x509 -in $issuer -noout -subject_hash)\" != \\\n"
                  "      \"$(openssl x509 -in ../cert-$n.pem -noout -issuer_hash)\" || break\n"
                  "  done\n"
                  "  cp $issuer ../cert-$((n + 1)).pem\n"
                  "done\n");
    for (int n = 1; (r->answers | r->lists) >> n; n++) {
        if (r->answers >> n & 1)
            buf_print(out,
                      "openssl ocsp -respin " BAG_SIGNATURE ".ocsp-%d.der -no_nonce \\\n"
                      "  -issuer ../cert-%d.pem -cert ../cert-%d.pem -CAfile CA.pem\n",
                      n, n + 1, n);
        if (r->lists >> n & 1)
            buf_print(out,
                      "since=$(openssl crl -in " BAG_SIGNATURE
                      ".crl-%d.pem -noout -lastupdate | tee /dev/stderr | "
                      "cut -d= -f2)\n"
                      "openssl verify -crl_check -CRLfile " BAG_SIGNATURE
                      ".crl-%d.pem -attime $(date -d \"$since\" +%%s) \\\n"
                      "  -partial_chain -trusted ../cert-%d.pem -purpose any ../cert-%d.pem\n",
                      n, n, n + 1, n);
    }
    buf_text(
        out,
        "```\n\n"
        "An answer says `Response verify OK`, then `good` and since when it says so (`This Update`); a "
        "list gives its date and says `OK`.\n"
        "Of a later time it says nothing: compare with the time stamp. `Status times invalid` means that "
        "the answer is old by\n"
        "now. Where a certificate has expired since, add `-attime SECONDS` to `openssl ocsp`.\n\n");
}

static void readme_files(struct buf *out)
{
    buf_text(out, "## 2. Nothing is missing, changed or added: the manifests\n\n"
                  "```sh\nsha256sum -c --strict --quiet " BAG_TAGMANIFEST "\n"
                  "sha256sum -c --strict --quiet " BAG_MANIFEST "\n"
                  "find data ! -type d | LC_ALL=C sort | diff - <(cut -c 67- " BAG_MANIFEST ")\n```\n\n"
                  "Each prints nothing when all is well (the last one needs bash). This folder is a BagIt "
                  "bag (RFC 8493), which archives'\n"
                  "own tools check too.\n\n");
}

static void readme_answers(struct buf *out, const struct readme *r)
{
    buf_print(out,
              "## 3. What Azure answered: the raw evidence\n\n"
              "`data/snapshots/%s` is a SQLite database that is also a SQLite Archive of every answer. First "
              "see that the\n"
              "archive writes nowhere but into your folder (prints nothing), then unpack it into an empty "
              "folder and check each answer\n"
              "against the hash that it is filed under:\n\n"
              "```sh\n"
              "sqlite3 -safe -readonly data/snapshots/%s \"SELECT name FROM sqlar WHERE name GLOB '/*' OR "
              "name GLOB '*..*' OR "
              "(mode & 61440) = 40960\"\n"
              "mkdir ../answers\n"
              "(cd ../answers && sqlite3 -readonly \"$OLDPWD\"/data/snapshots/%s -Ax && sha256sum -c "
              "--strict --quiet SHA256SUMS)\n"
              "```\n\n",
              r->snapshot, r->snapshot, r->snapshot);
    if (r->sealed)
        buf_print(out,
                  "The snapshot was sealed when it was taken:\n\n"
                  "```sh\nopenssl cms -verify -cades -binary -inform DER -in data/snapshots/%s.p7s \\\n"
                  "  -content data/snapshots/%s -CAfile CA.pem -purpose any -out /dev/null\n```\n\n",
                  r->snapshot, r->snapshot);
    if (r->recording)
        buf_text(out,
                 "The answers come **from a recording** (HAR) that somebody made of Azure's answers; "
                 "keycustody did not ask Azure itself.\n"
                 "Their hashes are over the decoded text of the recording, whose own hash stands in the "
                 "snapshot:\n\n"
                 "```sh\nsqlite3 -safe -readonly data/snapshots/*.db "
                 "\"SELECT recording_name, recording_sha256, recording_creator FROM snapshot\"\n```\n\n");
}

static void readme_tests(struct buf *out, const struct readme *r)
{
    buf_print(out,
              "## 4. The tests: perform them again\n\n"
              "Each of the %zu tests is one SELECT in `data/checks/` over the tables in `data/facts.db`. Run "
              "by the stock shell it gives\n"
              "exactly the findings of `data/findings.json`, the passes too. Keep `-safe`: without it the "
              "shell would obey commands\n"
              "hidden in a file.\n\n"
              "```sh\nsqlite3 -safe -readonly -json data/facts.db < data/checks/%s.sql\n```\n\n"
              "The tables themselves are made from the raw answers by `data/rebuild.sql`. Make them again "
              "and compare any of them:\n\n"
              "```sh\n"
              "(cd data && sqlite3 ../../rebuilt.db < rebuild.sql)\n"
              "diff <(sqlite3 -readonly data/facts.db 'SELECT * FROM aks_cluster ORDER BY 1') <(sqlite3 "
              "-readonly ../rebuilt.db "
              "'SELECT * FROM aks_cluster ORDER BY 1')\n```\n\n"
              "Read `rebuild.sql` before you run it, as you would any program from somebody else.\n\n",
              r->checks, r->check);
}

static void readme_limits(struct buf *out, const struct readme *r)
{
    buf_print(
        out,
        "## 5. What this cannot show\n\n"
        "- `data/chain.json` names %zu snapshot%s, each with the hash of the one before. That the **newest** "
        "snapshots of a chain were\n"
        "  dropped shows only against a signed list that was kept elsewhere, for instance in an earlier "
        "signed pack.\n",
        r->snapshots, r->snapshots == 1 ? "" : "s");
    if (r->book)
        buf_text(
            out,
            "- `data/evidence.xlsx` carries a signature of its own, for Excel and LibreOffice to show. "
            "It is a convenience: it covers\n"
            "  neither the workbook's properties (`docProps/`) nor parts that somebody adds, and readers "
            "were deceived about such\n"
            "  signatures (Rohlmann and others, USENIX Security 2023). Rely on the signature over the "
            "manifests: it covers the whole file.\n");
    buf_text(
        out,
        "- Between snapshots nothing was observed.\n"
        "- What could not be read stands in the report under \"Not assessed\", in the workbook's sheet Gaps, "
        "and in\n"
        "  `data/findings.json` under `gaps`. None of it is counted as good.\n"
        "- The report's own limits, framework by framework, stand at the head of each of its chapters.\n\n");
}

void readme_text(struct buf *out, const struct readme *r)
{
    buf_print(out,
              "# How to check this evidence pack\n\n"
              "Pack %s. You need no keycustody: the commands below are Debian's own `openssl`, `sha256sum`, "
              "`sqlite3` (3.38 or newer)\n"
              "and `find`, run in this folder, in this order. A check that fails makes the later ones "
              "worthless.\n\n"
              "Read `data/report.pdf` first; `data/evidence.xlsx` has every row, `data/report.txt` the "
              "report as plain text.\n\n",
              r->id);
    readme_signature(out, r);
    if (r->stamped)
        readme_stamp(out);
    if (r->answers | r->lists)
        readme_revocation(out, r);
    if (r->signer)
        readme_others(out);
    readme_files(out);
    readme_answers(out, r);
    readme_tests(out, r);
    readme_limits(out, r);
    buf_print(
        out,
        "## With keycustody\n\n`keycustody verify %s%s%s --deep` does all of this, line by line, and makes "
        "facts,\nfindings, report and workbook again from the raw answers; exit code 5 when something does "
        "not hold.\n",
        r->id, r->signer ? " --trust CA.pem" : " --allow-unsigned", r->stamped ? " --tsa-trust TSA.pem" : "");
}
