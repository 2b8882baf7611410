/* Signing a PDF: one update behind what was there, for every kind of key, with room for what has to go in;
 * and where it cannot be done the file is as it was. */
#include "pack/pdf_sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "pack/pdf_check.h"
#include "pack/pdf_small.h"

#define AT "2026-11-24T10:00:00Z"

static char dir[] = "/tmp/kc-pdf-sign-XXXXXX";

static int sh(const char *line)
{
    char *whole = mem_print("cd %s && ( %s ) >>log 2>&1", dir, line);
    int rc = system(whole);

    free(whole);
    return rc;
}

static char *at(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(dir));
    return sh("set -e; req() { openssl req -x509 -nodes -days 30 -keyout $1.key -out $1.pem -subj /CN=$1 "
              "-newkey $2 "
              "${3:+-pkeyopt $3}; };"
              "req p256 ec ec_paramgen_curve:P-256; req p384 ec ec_paramgen_curve:P-384; req rsa rsa:3072; "
              "req pss rsa-pss rsa_keygen_bits:3072;"
              "cp p256.pem long.pem; cp p256.pem endless.pem;"
              "for i in $(seq 40); do openssl req -x509 -key rsa.key -days 30 -subj /CN=$i -out n.pem;"
              "cat n.pem >>endless.pem; test $i -gt 10 || cat n.pem >>long.pem; done");
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir, NULL);
}

static void put_small(const char *name)
{
    struct buf pdf = {0};
    struct err e = {""};

    pdf_small(&pdf);
    assert_int_equal(file_write(at(name), pdf.data, pdf.len, 0600, &e), 0);
    buf_free(&pdf);
}

static int sign(const char *name, const char *key, const char *cert, struct err *e)
{
    struct signer *s = NULL;
    int rc = signer_load(&s, at(key), at(cert), e);

    if (rc != 0)
        fail_msg("%s", e->text);
    rc = pdf_sign(at(name), s, NULL, AT, e);
    signer_free(s);
    return rc;
}

static void check(const char *name, const char *trust, struct pdf_shape *shape)
{
    struct err e = {""};
    char *who = NULL;

    if (pdf_shape(at(name), shape, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(shape->state, PDF_SIGNED);
    if (sign_verify_parts(shape->der.data, shape->der.len, at(name), shape->parts, 2, at(trust), 0, &who,
                          &e) != 0)
        fail_msg("%s", e.text);
    free(who);
}

/* A detached signature of the whole file, as the pack's lists have, by the stock openssl too. */
static void sign_beside(const char *name, const char *key, const char *cert)
{
    struct signer *s = NULL;
    struct buf der = {0};
    struct err e = {""};
    char *line = mem_print("openssl cms -verify -cades -binary -inform DER -in %s.p7s -content %s -CAfile %s "
                           "-purpose any -out /dev/null",
                           name, name, cert);
    char *beside = mem_print("%s.p7s", name);

    if (signer_load(&s, at(key), at(cert), &e) != 0 || sign_detached_file(s, at(name), &der, &e) != 0 ||
        sign_verify_file(der.data, der.len, at(name), at(cert), NULL, &e) != 0 ||
        file_write(at(beside), der.data, der.len, 0600, &e) != 0)
        fail_msg("%s: %s", key, e.text);
    assert_int_equal(sh(line), 0);
    signer_free(s);
    buf_free(&der);
    free(line);
    free(beside);
}

static void every_kind_of_key(void **state)
{
    static const char *const keys[] = {"p256", "p384", "rsa", "pss"};

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char *key = mem_print("%s.key", keys[i]), *cert = mem_print("%s.pem", keys[i]);
        struct pdf_shape shape = {0};
        struct buf before = {0}, after = {0};
        struct err e = {""};

        pdf_small(&before);
        put_small("a.pdf");
        if (sign("a.pdf", key, cert, &e) != 0)
            fail_msg("%s", e.text);
        check("a.pdf", cert, &shape);
        assert_int_equal(file_read(at("a.pdf"), 1 << 20, &after, &e), 0);
        assert_int_equal(shape.unsigned_size, before.len);
        assert_memory_equal(before.data, after.data, before.len);
        assert_int_equal(sh("qpdf --check a.pdf"), 0);
        sign_beside("a.pdf", key, cert);
        pdf_shape_free(&shape);
        buf_free(&before);
        buf_free(&after);
        free(key);
        free(cert);
    }
}

/* A chain that is longer than the room that is usually enough gets the room that it needs. */
static void long_chains_fit(void **state)
{
    struct pdf_shape shape = {0};
    struct err e = {""};

    (void)state;
    put_small("long.pdf");
    if (sign("long.pdf", "p256.key", "long.pem", &e) != 0)
        fail_msg("%s", e.text);
    check("long.pdf", "p256.pem", &shape);
    assert_true(shape.der.len > 8192);
    pdf_shape_free(&shape);
}

static void assert_untouched(const char *name, const char *first)
{
    struct buf now = {0}, before = {0};
    struct err e = {""};

    assert_int_equal(file_read(at(name), 1 << 24, &now, &e), 0);
    assert_int_equal(file_read(at(first), 1 << 24, &before, &e), 0);
    assert_int_equal(now.len, before.len);
    assert_memory_equal(now.data, before.data, now.len);
    buf_free(&now);
    buf_free(&before);
}

static void what_does_not_fit_leaves_the_file_alone(void **state)
{
    struct err e = {""};

    (void)state;
    put_small("same.pdf");
    put_small("b.pdf");
    assert_int_equal(sign("b.pdf", "p256.key", "endless.pem", &e), -1);
    assert_non_null(strstr(e.text, "is the most that PDF/A-1 has room for"));
    assert_untouched("b.pdf", "same.pdf");
}

static void a_second_signature_is_refused(void **state)
{
    struct err e = {""};

    (void)state;
    put_small("c.pdf");
    assert_int_equal(sign("c.pdf", "p256.key", "p256.pem", &e), 0);
    assert_int_equal(sh("cp c.pdf once.pdf"), 0);
    assert_int_equal(sign("c.pdf", "p256.key", "p256.pem", &e), -1);
    assert_non_null(strstr(e.text, "was changed or signed before"));
    assert_untouched("c.pdf", "once.pdf");
}

static void what_waits_for_no_signature_is_refused(void **state)
{
    static const struct {
        const char *how, *says;
    } cases[] = {
        {"sed s/AcroForm/AcroFarm/", "no signature field"},
        {"sed s:/FT./Sig:/FT\\ /Btn:", "no signature field"},
        {"sed 's:/F 132:/V 132:'", "no signature field"},
        {"head -c 300", "does not end as a PDF does"},
        {"sed 's:/Size 5:/Prev 5:'", "trailer"},
        {"sed 's:^xref:xerf:'", "cross-reference table"},
        {"sed 's/00000 n/00001 n/'", "not in use"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *line = mem_print("%s e.pdf >d.pdf && cp d.pdf d0.pdf", cases[i].how);
        struct err e = {""};

        put_small("e.pdf");
        assert_int_equal(sh(line), 0);
        assert_int_equal(sign("d.pdf", "p256.key", "p256.pem", &e), -1);
        if (!strstr(e.text, cases[i].says))
            fail_msg("%s: %s", cases[i].how, e.text);
        assert_untouched("d.pdf", "d0.pdf");
        free(line);
    }
}

/* 200 MB: a file is read in blocks, whatever its size. */
static void memory_is_flat(void **state)
{
    struct rusage before, after;
    struct pdf_shape shape = {0};
    struct err e = {""};

    (void)state;
    assert_int_equal(
        sh("/usr/bin/python3 -c \"\n"
           "objs = ['<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [ 4 0 R ] /SigFlags 3 >> >>', '<< "
           "/Type /Pages "
           "/Kids [ 3 0 R ] /Count 1 >>', '<< /Type /Page /MediaBox [ 0 0 9 9 ] /Parent 2 0 R /Annots [ 4 0 "
           "R ] >>', "
           "'<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /Rect [ 0 0 0 0 ] >>']\n"
           "f = open('big.pdf', 'wb'); f.write(b'%PDF-1.4\\n%' + b'x' * 200000000 + b'\\n'); rows = ''\n"
           "for i, o in enumerate(objs):\n"
           "    rows += '%010d 00000 n\\r\\n' % f.tell(); f.write(b'%d 0 obj\\n' % (i + 1) + o.encode() + "
           "b'\\nendobj\\n')\n"
           "t = f.tell(); f.write(('xref\\n0 5\\n0000000000 65535 f\\r\\n' + rows + 'trailer\\n<< /Root 1 0 "
           "R /Size 5 "
           ">>\\nstartxref\\n%d\\n%%%%EOF\\n' % t).encode())\""),
        0);
    getrusage(RUSAGE_SELF, &before);
    if (sign("big.pdf", "p256.key", "p256.pem", &e) != 0)
        fail_msg("%s", e.text);
    check("big.pdf", "p256.pem", &shape);
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 20 * 1024); /* KiB */
    pdf_shape_free(&shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_key),
        cmocka_unit_test(long_chains_fit),
        cmocka_unit_test(what_does_not_fit_leaves_the_file_alone),
        cmocka_unit_test(a_second_signature_is_refused),
        cmocka_unit_test(what_waits_for_no_signature_is_refused),
        cmocka_unit_test(memory_is_flat),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
