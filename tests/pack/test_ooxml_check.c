/* The workbook's signature: what ooxml_sign makes passes, for every kind of key, and whatever is done to it
 * or to its workbook is refused in its own words. */
#include "pack/ooxml_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"
#include "pack/book_small.h"
#include "pack/ooxml_sign.h"

#define AT "2026-11-24T10:00:00Z"
#define SIG OOXML_SIGNATURE
#define RELS "xl/_rels/workbook.xml.rels"
#define SHEET "xl/worksheets/sheet1.xml"
#define EVIL "<Relationship Id=\"rId9\" Type=\"http://evil.example/" /* what follows: type, target */

static char dir[] = "/tmp/kc-ooxml-check-XXXXXX";

static char *at(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void sign(const char *book, const char *key)
{
    char *pem = mem_print("%s.key", key), *cert = mem_print("%s.pem", key);
    struct signer *s = NULL;
    struct err e = {""};

    if (book_small(at(book), &e) != 0 || signer_load(&s, at(pem), at(cert), &e) != 0 ||
        ooxml_sign(at(book), s, AT, &e) != 0)
        fail_msg("%s", e.text);
    signer_free(s);
    free(pem);
    free(cert);
}

static int setup(void **state)
{
    char *line = NULL;
    int rc = 0;

    (void)state;
    assert_non_null(mkdtemp(dir));
    line = mem_print(
        "cd %s && ( set -e; req() { openssl req -x509 -nodes -days 30 -keyout $1.key -out $1.pem -subj "
        "\"/O=A & B <C>, \\\"D\\\"/CN=$1\" -newkey $2 -pkeyopt $3; };"
        "req p256 ec ec_paramgen_curve:P-256; req p384 ec ec_paramgen_curve:P-384; "
        "req rsa rsa rsa_keygen_bits:2048; req pss rsa-pss rsa_keygen_bits:2048;"
        "cp p256.key chain.key; cat rsa.pem p256.pem p384.pem >chain.pem ) >log 2>&1",
        dir);
    rc = system(line);
    free(line);
    if (rc == 0)
        sign("signed.xlsx", "p256");
    return rc;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir, NULL);
}

static size_t unpack(const char *book, struct book_file *files)
{
    struct zip_entry entry = {0};
    struct zip_in *z = NULL;
    struct err e = {""};
    size_t count = 0;

    if (zip_in_open(&z, at(book), &e) != 0)
        fail_msg("%s", e.text);
    for (count = 0; count < zip_in_count(z) && count < BOOK_FILES; count++) {
        if (zip_in_entry(z, count, &entry, &e) != 0 ||
            ooxml_entry(z, entry.name, 1 << 20, &files[count].text, &e) != 1)
            fail_msg("%s", e.text);
        files[count].name = mem_copy(entry.name);
    }
    zip_in_close(z);
    return count;
}

static void forget(struct book_file *files, char **names)
{
    for (size_t i = 0; i < BOOK_FILES; i++) {
        buf_free(&files[i].text);
        free(names[i]);
    }
}

/* The first `old` becomes `new`; old NULL: all of it does. */
static int replace(struct buf *text, const char *old, const char *new)
{
    struct buf out = {0};
    const char *found = old ? strstr(buf_str(text), old) : buf_str(text);

    if (!found)
        return -1;
    if (old) {
        buf_add(&out, buf_str(text), (size_t)(found - buf_str(text)));
        buf_text(&out, new);
        buf_text(&out, found + strlen(old));
    } else {
        buf_text(&out, new);
    }
    buf_free(text);
    *text = out;
    return 0;
}

static void signatures_by_every_key_hold(void **state)
{
    static const struct {
        const char *key, *method;
    } cases[] = {
        {"p256", "ecdsa-sha256"}, {"p384", "ecdsa-sha384"}, {"rsa", "rsa-sha256"}, {"chain", "ecdsa-sha256"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct book_file files[BOOK_FILES] = {{NULL, {0}}};
        char *names[BOOK_FILES] = {0}, *subject = NULL;
        struct ooxml_seen seen = {0};
        struct err e = {""};
        size_t count = 0;
        int method = 0;

        sign("t.xlsx", cases[i].key);
        if (ooxml_check(at("t.xlsx"), &seen, &e) != 0)
            fail_msg("%s: %s", cases[i].key, e.text);
        assert_int_equal(seen.there, 1);
        assert_int_equal(seen.parts, 4);
        subject = mem_print("CN=%s,", strcmp(cases[i].key, "chain") == 0 ? "p256" : cases[i].key);
        assert_ptr_equal(strstr(seen.signer, subject), seen.signer);
        assert_string_equal(seen.uncovered, OOXML_TYPES ", docProps/app.xml, docProps/core.xml");
        count = unpack("t.xlsx", files);
        for (size_t k = 0; k < count; k++) {
            names[k] = (char *)files[k].name;
            if (strcmp(files[k].name, SIG) == 0)
                method = strstr(buf_str(&files[k].text), cases[i].method) != NULL;
        }
        assert_true(method);
        forget(files, names);
        free(subject);
        ooxml_seen_free(&seen);
    }
}

static void unsigned_ones_are_no_failure(void **state)
{
    struct ooxml_seen seen = {0};
    struct err e = {""};

    (void)state;
    assert_int_equal(book_small(at("t.xlsx"), &e), 0);
    assert_int_equal(ooxml_check(at("t.xlsx"), &seen, &e), 0);
    assert_int_equal(seen.there, 0);
}

static void what_cannot_be_signed_is_left_as_it_was(void **state)
{
    static const struct {
        const char *book, *key, *says;
    } cases[] = {
        {"signed.xlsx", "p256", "is signed already"},
        {"plain.xlsx", "pss", "RSA-PSS"},
        {"none.xlsx", "p256", "none.xlsx"},
        {"p256.pem", "p256", "cannot read as a ZIP archive"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *pem = mem_print("%s.key", cases[i].key), *cert = mem_print("%s.pem", cases[i].key);
        struct buf before = {0}, after = {0};
        struct signer *s = NULL;
        struct err e = {""};
        const int there = strcmp(cases[i].book, "none.xlsx") != 0;

        if (strcmp(cases[i].book, "plain.xlsx") == 0)
            assert_int_equal(book_small(at("plain.xlsx"), &e), 0);
        if (there)
            assert_int_equal(file_read(at(cases[i].book), 1 << 20, &before, &e), 0);
        assert_int_equal(signer_load(&s, at(pem), at(cert), &e), 0);
        if (ooxml_sign(at(cases[i].book), s, AT, &e) != -1 || !strstr(e.text, cases[i].says))
            fail_msg("%s: wanted '%s': %s", cases[i].book, cases[i].says, e.text);
        if (there)
            assert_int_equal(file_read(at(cases[i].book), 1 << 20, &after, &e), 0);
        assert_int_equal(before.len, after.len);
        assert_memory_equal(buf_str(&before), buf_str(&after), before.len);
        signer_free(s);
        buf_free(&before);
        buf_free(&after);
        free(pem);
        free(cert);
    }
}

/* old NULL: the part becomes `new`, or is added; new NULL: it is taken out. */
static const struct hostile {
    const char *part, *old, *new, *says;
} hostile[] = {
    /* the workbook's parts */
    {SHEET, ">fail<", ">pass<", SHEET ": changed after it was signed"},
    {"xl/workbook.xml", "One", "Two", "xl/workbook.xml: changed after it was signed"},
    {SHEET, NULL, NULL, "its signature covers " SHEET ", which is not there"},
    {"xl/worksheets/sheet2.xml", NULL, "<worksheet/>",
     "xl/worksheets/sheet2.xml: is not covered by its signature"},
    {"docProps/custom.xml", NULL, "<Properties/>", "docProps/custom.xml: is not covered"},
    {"docProps/CORE.xml", NULL, "<x/>", "is there twice"},
    {"xl/Workbook.xml", NULL, "<workbook/>", "is there twice"},
    {"xl/../evil.xml", NULL, "<x/>", "whose name no workbook has"},
    {"/xl/evil.xml", NULL, "<x/>", "whose name no workbook has"},
    {"xl\\evil.xml", NULL, "<x/>", "whose name no workbook has"},
    {"xl/evil%2exml", NULL, "<x/>", "whose name no workbook has"},
    {"xl/", NULL, "", "whose name no workbook has"},
    {"xl/evil", NULL, "<x/>", "the part xl/evil has no content type"},
    /* content types, which no signature covers */
    {OOXML_TYPES, "worksheet+xml", "chartsheet+xml", SHEET ": its content type is not the one"},
    {OOXML_TYPES, "<Override PartName=\"/xl/workbook.xml\" ",
     "<Override PartName=\"/XL/Workbook.xml\" ContentType=\"x\"/><Override PartName=\"/xl/workbook.xml\" ",
     "names xl/workbook.xml twice"},
    {OOXML_TYPES, "<Default Extension=\"xml\"",
     "<Default Extension=\"XML\" ContentType=\"x\"/><Default Extension=\"xml\"", "twice"},
    {OOXML_TYPES, "Extension=\"xml\"", "Extension=\"xml\" a:b=\"c\" xmlns:a=\"d\"", "no content type"},
    {OOXML_TYPES, "</Types>", "<x:Override xmlns:x=\"d\" PartName=\"/a\" ContentType=\"b\"/></Types>",
     "holds something that is no content type"},
    {OOXML_TYPES, "</Types>", "<!-- --></Types>", "has a document type, a comment or CDATA"},
    {OOXML_TYPES, "</Types>", "", "is no well-formed XML"},
    {OOXML_TYPES, NULL, NULL, "is no OOXML package"},
    /* relationships */
    {RELS, "sheet1.xml", "sheet2.xml", RELS ": changed after it was signed"},
    {RELS, "</Relationships>", EVIL "x\" Target=\"evil.xml\"/></Relationships>",
     RELS ": changed after it was signed"},
    {RELS, "Id=\"rId1\"", "TargetMode=\"External\" Id=\"rId1\"", RELS ": changed after it was signed"},
    {RELS, "</Relationships>", "<Relationship Id=\"rId1\" Type=\"x\" Target=\"y\"/></Relationships>",
     "two relationships are called rId1"},
    {RELS, "</Relationships>",
     "<r:Relationship xmlns:r=\"evil\" Id=\"a\" Type=\"x\" Target=\"y\"/></Relationships>",
     "holds something that is no relationship"},
    {RELS, "Id=\"rId1\"", "Id=\"rId1\" xml:base=\"/evil/\"", "holds something that is no relationship"},
    {RELS, "<Relationships ", "<Relationships xml:base=\"/evil/\" ", "is no list of relationships"},
    {RELS, "</Relationships>",
     "<Relationship Id=\"a\" Type=\"" BOOK_RELS
     "/extended-properties\" Target=\"evil.xml\"/></Relationships>",
     "a relationship that no signature covers leads to evil.xml"},
    {RELS, "</Relationships>",
     "<Relationship Id=\"a\" Type=\"" OOXML_ORIGIN "\" Target=\"" OOXML_ORIGIN_NAME "\"/></Relationships>",
     "a relationship that no signature covers leads to " OOXML_ORIGIN_NAME},
    {RELS, "</Relationships>", EVIL "extended-properties\" Target=\"evil.xml\"/></Relationships>",
     RELS ": changed after it was signed"},
    {OOXML_ROOT, "docProps/core.xml", "xl/evil.xml",
     "a relationship that no signature covers leads to xl/evil.xml"},
    {OOXML_ROOT, "docProps/app.xml", "../app.xml",
     "a relationship that no signature covers leads to ../app.xml"},
    {OOXML_ROOT, "xl/workbook.xml", "xl/workbook2.xml", "_rels/.rels: changed after it was signed"},
    {OOXML_ROOT, OOXML_ROOT_LINE,
     OOXML_ROOT_LINE "<Relationship Id=\"z\" Type=\"" OOXML_ORIGIN "\" Target=\"" OOXML_ORIGIN_NAME "\"/>",
     "a relationship that no signature covers"},
    {OOXML_ROOT, OOXML_ROOT_LINE, "", "_rels/.rels does not name its one signature"},
    {OOXML_ROOT, OOXML_ROOT_LINE "</Relationships>", " " OOXML_ROOT_LINE " </Relationships>",
     "does not name its one signature"},
    {OOXML_TYPES, OOXML_TYPES_LINE, "<Default Extension=\"sigs\" ContentType=\"application/x\"/>",
     "does not name its one signature"},
    /* where the signature lies */
    {"_xmlsignatures/sig2.xml", NULL, "<Signature/>", "_xmlsignatures/sig2.xml, a second signature"},
    {"_XMLSignatures/sig1.xml", NULL, "<Signature/>", "_XMLSignatures/sig1.xml, a second signature"},
    {OOXML_ORIGIN_NAME, NULL, "x", "does not lead to its one signature"},
    {OOXML_ORIGIN_NAME, NULL, NULL, "a part of its signature is missing"},
    {OOXML_ORIGIN_RELS_NAME, "</Relationships>",
     "<Relationship Id=\"rId2\" Type=\"x\" Target=\"sig2.xml\"/></Relationships>",
     "does not lead to its one signature"},
    {SIG, NULL, NULL, "a part of its signature is missing"},
    /* its form */
    {SIG, NULL, "", "its signature has no value"}, /* Office for Mac took such a one for a signature */
    {SIG, NULL, "<Signature><SignatureValue>AA==</SignatureValue></Signature>", "holds no certificate"},
    {SIG, "<Signature ", "<!DOCTYPE Signature [<!ENTITY e SYSTEM \"/etc/passwd\">]><Signature ",
     "has a document type"},
    {SIG, "<Manifest>", "<Manifest><!-- x -->", "a comment"},
    {SIG, "<Manifest>", "<Manifest><![CDATA[x]]>", "CDATA"},
    {SIG, "<Signature ", "<?xml version=\"1.0\" encoding=\"UTF-7\"?><Signature ", "from byte 1 of"},
    {SIG, "</Signature>", "", "is no well-formed XML"},
    {SIG, "<Manifest>", "<Manifest>\n", "is not written as keycustody writes one"},
    {SIG, "<Signature ", "<x:Signature xmlns:x=\"evil\" ", "is no well-formed XML"},
    {SIG, "<Signature xmlns=\"" OOXML_DSIG "\"", "<Signature xmlns=\"evil\"", "is no XML signature"},
    {SIG, "#ecdsa-sha256", "#ecdsa-sha1", "uses http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1, which"},
    {SIG, "#ecdsa-sha256", "#hmac-sha256", "uses http://www.w3.org/2001/04/xmldsig-more#hmac-sha256, which"},
    {SIG, "#ecdsa-sha256", "#rsa-sha256", "is not written as keycustody writes one"},
    {SIG, "xmlenc#sha256", "xmldsig#sha1", "uses http://www.w3.org/2001/04/xmldsig#sha1, which"},
    {SIG, "<Transform Algorithm=\"" OOXML_C14N "\">",
     "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">",
     "uses http://www.w3.org/TR/1999/REC-xpath-19991116"},
    {SIG, "<Transform Algorithm=\"" OOXML_C14N "\">",
     "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">",
     "uses http://www.w3.org/TR/1999/REC-xslt-19991116"},
    {SIG, "<Transform Algorithm=\"" OOXML_C14N "\">",
     "<Transform Algorithm=\"" OOXML_DSIG "enveloped-signature\">", "uses " OOXML_DSIG "enveloped-signature"},
    /* wrapping: the signed element elsewhere, another one in its place */
    {SIG, "<Object Id=\"idPackageObject\">",
     "<Object Id=\"idPackageObject\"></Object><Object Id=\"idPackageObject\">",
     "two elements of its signature have the Id idPackageObject"},
    {SIG, "<Object Id=\"idPackageObject\">",
     "<Object Id=\"idOther\"><Manifest></Manifest></Object><Object Id=\"idPackageObject\">",
     "has the Id idOther"},
    {SIG, "<Object Id=\"idPackageObject\">",
     "<Object><Manifest></Manifest></Object><Object Id=\"idPackageObject\">", "holds Manifest twice"},
    {SIG, "<SignedInfo>", "<SignedInfo></SignedInfo><SignedInfo>", "holds SignedInfo twice"},
    {SIG, "<SignatureValue>", "<SignatureValue>AAAA</SignatureValue><SignatureValue>",
     "holds SignatureValue twice"},
    {SIG, "<KeyInfo>", "<KeyInfo></KeyInfo><KeyInfo>", "holds KeyInfo twice"},
    {SIG, "<Object><xd:", "<Object><Signature></Signature></Object><Object><xd:", "holds Signature twice"},
    {SIG, "URI=\"#idOfficeObject\"", "URI=\"#idPackageObject\"", "is not written as keycustody writes one"},
    {SIG, "URI=\"#idPackageObject\"", "URI=\"http://evil.example/\"",
     "is not written as keycustody writes one"},
    /* the list of parts */
    {SIG, "<Reference URI=\"/" SHEET "?", "<Reference URI=\"/xl/worksheets/sheet9.xml?",
     "covers xl/worksheets/sheet9.xml, which is not there"},
    {SIG, "<Reference URI=\"/" SHEET "?", "<Reference URI=\"/xl/workbook.xml?",
     "covers xl/workbook.xml twice"},
    {SIG, "<Reference URI=\"/" SHEET "?ContentType=", "<Reference URI=\"/" SHEET "?",
     "its content type is not the one"},
    {SIG, "<Reference URI=\"/" SHEET "?", "<Reference Uri=\"/" SHEET "?", "names no part or no digest"},
    {SIG, "SourceId=\"rId1\"", "SourceId=\"rId2\"", "is not written as keycustody writes one"},
    {SIG, "SourceId=\"rId1\"", "SourceType=\"rId1\"", "is not written as keycustody writes one"},
    /* what it says of itself */
    {SIG, "<xd:SigningTime>2026", "<xd:SigningTime>2025", "is not written as keycustody writes one"},
    {SIG, "<xd:SigningTime>2026-11-24", "<xd:SigningTime>2026-13-24", "names no time of signing"},
    {SIG, "<xd:SigningTime>", "<xd:SigningTime> ", "names no time of signing"},
    {SIG, "<mdssi:Value>2026", "<mdssi:Value>2025", "is not written as keycustody writes one"},
    {SIG, "<X509SerialNumber>", "<X509SerialNumber>1", "is not written as keycustody writes one"},
    {SIG, "<X509Certificate>", "<X509Certificate>AAAA", "a certificate in it cannot be read"},
    {SIG, "<X509Certificate>", "<X509Certificate>*", "a certificate in its signature is not in Base64"},
    {SIG, "<SignatureValue>", "<SignatureValue>AAAA", "its value does not fit the certificate"},
    {SIG, "<SignatureValue>", "<SignatureValue>*", "its signature has no value"},
    {SIG, "</SignatureValue>", "\n</SignatureValue>", "is not written as keycustody writes one"},
};

static void done_to_a_workbook(const char *what, struct book_file *files, size_t count, const char *says)
{
    struct ooxml_seen seen = {0};
    struct err e = {""};

    if (book_pack(at("t.xlsx"), files, count, &e) != 0)
        fail_msg("%s: %s", what, e.text);
    if (ooxml_check(at("t.xlsx"), &seen, &e) != -1)
        fail_msg("%s: nobody saw it", what);
    if (!strstr(e.text, says))
        fail_msg("%s: wanted '%s', got '%s'", what, says, e.text);
    ooxml_seen_free(&seen);
}

static void whatever_is_done_to_it_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        const struct hostile *h = &hostile[i];
        struct book_file files[BOOK_FILES] = {{NULL, {0}}};
        size_t count = unpack("signed.xlsx", files), k = 0;
        char *names[BOOK_FILES] = {0}, *what = NULL;

        for (size_t n = 0; n < count; n++)
            names[n] = (char *)files[n].name;
        while (k < count && strcmp(files[k].name, h->part) != 0)
            k++;
        if (k == count) { /* a part more */
            files[count++].name = h->part;
            assert_null(h->old);
        }
        if (!h->new)
            files[k].name = NULL;
        else if (replace(&files[k].text, h->old, h->new) != 0)
            fail_msg("case %zu: %s has no '%s'", i, h->part, h->old);
        what = mem_print("case %zu, %s: %.60s", i, h->part, h->new ? h->new : "taken out");
        done_to_a_workbook(what, files, count, h->says);
        free(what);
        forget(files, names);
    }
}

/* What no text replaces: another's signature or certificate, sizes, depth. */
static void signature_of(const char *book, const char *key, struct buf *out)
{
    struct book_file files[BOOK_FILES] = {{NULL, {0}}};
    char *names[BOOK_FILES] = {0};
    size_t count = 0;

    sign(book, key);
    count = unpack(book, files);
    for (size_t i = 0; i < count; i++) {
        names[i] = (char *)files[i].name;
        if (strcmp(files[i].name, SIG) == 0)
            buf_text(out, buf_str(&files[i].text));
    }
    forget(files, names);
}

static char *between(const struct buf *text, const char *begin, const char *end)
{
    const char *from = strstr(buf_str(text), begin), *to = from ? strstr(from, end) : NULL;

    assert_non_null(to);
    return mem_copy_n(from, (size_t)(to - from));
}

static void others_signatures_and_sizes_are_refused(void **state)
{
    static const char *const says[] = {
        "is not written as keycustody writes one", /* the certificate of another, in its place */
        "its value does not fit the certificate",  /* the value of another */
        "holds more than 32 certificates",
        "unpacks to more than",
        "is no well-formed XML", /* as deep as no stack may be */
        "is not in UTF-8",
        "unpacks to more than", /* lists that are together too long */
    };
    struct buf other = {0};

    (void)state;
    signature_of("other.xlsx", "p384", &other);
    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
        struct book_file files[BOOK_FILES] = {{NULL, {0}}};
        size_t count = unpack("signed.xlsx", files), k = 0;
        const char *mark = i == 1 ? "<SignatureValue>" : "<X509Certificate>";
        char *names[BOOK_FILES] = {0}, *old = NULL, *new = NULL, *what = mem_print("size case %zu", i);

        for (size_t n = 0; n < count; n++) {
            names[n] = (char *)files[n].name;
            k = strcmp(files[n].name, SIG) == 0 ? n : k;
        }
        if (i < 2) {
            old = between(&files[k].text, mark, "</");
            new = between(&other, mark, "</");
            assert_int_equal(replace(&files[k].text, old, new), 0);
        } else if (i == 2) {
            old = between(&files[k].text, mark, "</X509Data>");
            for (int n = 0; n < 40; n++) {
                new = mem_print("%s</X509Data>", old);
                assert_int_equal(replace(&files[k].text, "</X509Data>", new), 0);
                free(new);
            }
            new = NULL;
        } else if (i == 3) {
            old = mem_alloc(OOXML_LIST + 1);
            memset(old, ' ', OOXML_LIST + 1);
            buf_add(&files[k].text, old, OOXML_LIST + 1);
        } else if (i == 4) {
            struct buf deep = {0};

            buf_text(&deep, "<Manifest>");
            for (int n = 0; n < 100000; n++)
                buf_text(&deep, "<a>");
            assert_int_equal(replace(&files[k].text, "<Manifest>", buf_str(&deep)), 0);
            buf_free(&deep);
        } else if (i == 5) {
            buf_add(&files[k].text, "\0", 1);
        } else {
            old = mem_alloc(OOXML_LIST / 2);
            memset(old, ' ', OOXML_LIST / 2);
            for (int n = 0; n < 2; n++, count++) {
                names[count] = mem_print("xl/_rels/%d.rels", n);
                files[count].name = names[count];
                buf_add(&files[count].text, old, OOXML_LIST / 2);
                buf_print(&files[count].text, "<Relationships xmlns=\"" OOXML_PACKAGE "relationships\"/>");
            }
        }
        done_to_a_workbook(what, files, count, says[i]);
        free(what);
        free(old);
        free(new);
        forget(files, names);
    }
    buf_free(&other);
}

static void what_is_no_archive_is_refused(void **state)
{
    static const size_t lengths[] = {0, 1, 22, 100, 500};
    struct buf whole = {0};
    struct err e = {""};

    (void)state;
    assert_int_equal(file_read(at("signed.xlsx"), 1 << 20, &whole, &e), 0);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct ooxml_seen seen = {0};

        assert_int_equal(file_write(at("t.xlsx"), buf_str(&whole), lengths[i], 0600, &e), 0);
        assert_int_equal(ooxml_check(at("t.xlsx"), &seen, &e), -1);
        if (strncmp(e.text, "cannot read as a ZIP archive", 10) != 0)
            fail_msg("%zu bytes: %s", lengths[i], e.text);
        ooxml_seen_free(&seen);
    }
    buf_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_by_every_key_hold),
        cmocka_unit_test(unsigned_ones_are_no_failure),
        cmocka_unit_test(what_cannot_be_signed_is_left_as_it_was),
        cmocka_unit_test(whatever_is_done_to_it_is_named),
        cmocka_unit_test(others_signatures_and_sizes_are_refused),
        cmocka_unit_test(what_is_no_archive_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
