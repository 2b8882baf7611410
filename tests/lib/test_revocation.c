/* What kept answers say about a signature's certificates: a table of answers by real authorities (the openssl
 * program, for each run) against times, trust and everything that is not theirs. Asking is tested by
 * tests/scripts/revocation.py. */
#include "lib/revocation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

static char dir[] = "/tmp/kc-revocation-XXXXXX";
static struct buf cms;
static int64_t signed_at; /* when the keys were made, and a little later */

#define HOUR 3600
#define DAY 86400

static int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int sh(const char *fmt, ...)
{
    char line[4096], whole[4608];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    snprintf(whole, sizeof whole, "cd %s && ( %s ) >>log 2>&1", dir, line);
    return system(whole);
}

static char *at(const char *name)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static const char config[] =
    "[req]\ndistinguished_name = d\n[d]\n[ca]\ndefault_ca = c\n[c]\ndatabase = index\nnew_certs_dir = .\n"
    "serial = serial\ncrlnumber = crlnumber\ndefault_md = sha256\npolicy = p\nunique_subject = no\n[p]\n"
    "commonName = supplied\n[root]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = keyCertSign,cRLSign\n"
    "[leaf]\nkeyUsage = critical,digitalSignature\n"
    "crlDistributionPoints = URI:http://127.0.0.1:9/mine.crl\n"
    "[responder]\nextendedKeyUsage = OCSPSigning\n"
    "[part]\nissuingDistributionPoint = critical,@here\n[here]\nfullname = URI:http://127.0.0.1:9/other.crl\n"
    "[reasons]\nissuingDistributionPoint = critical,@some\n[some]\nonlysomereasons = keyCompromise\n"
    "[authorities]\nissuingDistributionPoint = critical,@cas\n[cas]\nonlyCA = TRUE\n"
    "[whole]\nissuingDistributionPoint = critical,@mine\n[mine]\nfullname = "
    "URI:http://127.0.0.1:9/mine.crl\n";

/* Two authorities with a responder each, a signer who was never revoked, one of the second authority, and
 * files of every kind about the first: NAME.der and NAME.pem. */
static int setup(void **state)
{
    struct signer *s = NULL;
    struct err e = {""};

    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(file_write(at("c.cnf"), config, strlen(config), 0600, &e), 0);
    assert_int_equal(
        sh(": > index && echo 10 > serial && echo 01 > crlnumber && export TZ=UTC &&"
           "key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config c.cnf' &&"
           "dates=\"-startdate $(date -d '-40 days' +%%y%%m%%d%%H%%M%%SZ) -enddate $(date -d '40 days' "
           "+%%y%%m%%d%%H%%M%%SZ)\" &&"
           "for ca in ca other; do openssl req -new $key -keyout $ca.key -subj \"/CN=Root $ca\" -out x.csr &&"
           "openssl ca -selfsign -batch -notext -config c.cnf -extensions root $dates -keyfile $ca.key "
           "-in x.csr -out $ca.crt || exit 1; done &&"
           "for n in leaf:ca second:ca responder:ca plain:ca stranger:other; do "
           "name=${n%%%%:*} by=${n##*:} && case $name in responder|stranger) ext=responder;; *) ext=leaf;; "
           "esac &&"
           "openssl req -new $key -keyout $name.key -subj \"/CN=Test $name\" -out x.csr &&"
           "openssl ca -batch -notext -config c.cnf -extensions $ext $dates -keyfile $by.key -cert $by.crt "
           "-in x.csr -out $name.crt || exit 1; done && cat leaf.crt ca.crt > leaf.pem"),
        0);
    assert_int_equal(
        sh("openssl ocsp -issuer ca.crt -cert leaf.crt -no_nonce -reqout q &&"
           "openssl ocsp -issuer ca.crt -cert second.crt -no_nonce -reqout q2 &&"
           "o='openssl ocsp -index index -CA ca.crt' && by='-rsigner responder.crt -rkey responder.key' &&"
           "$o $by -reqin q -respout good.der -nmin 60 && $o $by -reqin q -respout endless.der &&"
           "$o $by -reqin q2 -respout second.der -nmin 60 &&"
           "$o -rsigner ca.crt -rkey ca.key -reqin q -respout issuer.der -nmin 60 &&"
           "$o -rsigner stranger.crt -rkey stranger.key -reqin q -respout stranger.der -nmin 60 &&"
           "$o -rsigner plain.crt -rkey plain.key -reqin q -respout plain.der -nmin 60 &&"
           "$o $by -reqin q -respout sha1.der -rmd sha1 -nmin 60 &&"
           "sed 's/^V/X/' index > none && : > none && openssl ocsp -index none -CA ca.crt $by -reqin q "
           "-respout unknown.der -nmin 60 && printf '\\060\\003\\012\\001\\003' > later.der"),
        0);
    assert_int_equal(
        sh("g='openssl ca -config c.cnf -gencrl -keyfile ca.key -cert ca.crt -crldays 7' &&"
           "$g -out good.pem && $g -md sha1 -out sha1.pem && $g -crlexts part -out part.pem &&"
           "$g -crlexts reasons -out reasons.pem && $g -crlexts authorities -out cas.pem &&"
           "$g -crlexts whole -out whole.pem &&"
           "openssl ca -config c.cnf -gencrl -keyfile other.key -cert other.crt -crldays 7 -out other.pem &&"
           "cat good.pem good.pem > twice.pem && (echo x; cat good.pem) > before.pem &&"
           "sleep 1.1; cp index index.was && openssl ca -config c.cnf -keyfile ca.key -cert ca.crt -revoke "
           "leaf.crt -crl_reason superseded && $g -out revoked.pem &&"
           "openssl ocsp -index index -CA ca.crt -rsigner responder.crt -rkey responder.key -reqin q "
           "-respout revoked.der -nmin 60 && cp index.was index &&"
           "openssl ca -config c.cnf -keyfile ca.key -cert ca.crt -revoke leaf.crt "
           "-crl_compromise $(date -u -d '-10 days' +%%Y%%m%%d%%H%%M%%SZ) && $g -out early.pem"),
        0);
    if (signer_load(&s, at("leaf.key"), at("leaf.pem"), &e) != 0 ||
        sign_detached(s, "content", 7, &cms, &e) != 0)
        fail_msg("%s", e.text);
    signer_free(s);
    signed_at = clock_now();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_free(&cms);
    return file_remove_tree(dir, NULL);
}

static void names(void **state)
{
    static const struct {
        const char *name;
        size_t before;
        int place, is_list;
    } cases[] = {
        {"a.p7s.ocsp-1.der", 5, 1, 0},   {"a.p7s.crl-4.pem", 5, 4, 1},
        {"a.p7s.ocsp-0.der", 0, 0, 0},   {"a.p7s.ocsp-5.der", 0, 0, 0},
        {"a.p7s.crl-1.der", 0, 0, 0},    {"a.p7s.ocsp-11.der", 0, 0, 0},
        {".ocsp-1.der", 0, 0, 0},        {"a.p7s.OCSP-1.der", 0, 0, 0},
        {"a.p7s.ocsp-1.der.x", 0, 0, 0}, {"", 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct revocation_item item = {.place = 0};

        assert_int_equal(revocation_name(cases[i].name, &item), cases[i].before);
        assert_int_equal(item.place, cases[i].place);
        assert_int_equal(item.is_list, cases[i].is_list);
    }
}

static void keep_line(void *ctx, enum revocation_result result, const char *words)
{
    static const char *const marks[] = {"pass", "FAIL", "note"};

    buf_print(ctx, "%s %s\n", marks[result], words);
}

/* Puts a file at this place and says what is said of it. */
static void judge(const char *file, int place, const char *trust, int64_t when, int owner, struct buf *lines)
{
    struct revocation kept = {.count = 0};
    struct revocation_view view = {
        .trust_pem = trust ? at(trust) : NULL, .when = when, .owner = owner, .line = keep_line, .ctx = lines};
    struct err e = {""};

    if (file) {
        assert_int_equal(sh("rm -f sig.p7s.* && cp %s sig.p7s.%s-%d.%s", file,
                            strstr(file, ".pem") ? "crl" : "ocsp", place, strchr(file, '.') + 1),
                         0);
        if (revocation_read(at("sig.p7s"), &kept, &e) != 0)
            fail_msg("%s", e.text);
        assert_int_equal(kept.count, 1);
    }
    revocation_judge(&kept, cms.data, cms.len, &view);
    revocation_free(&kept);
}

static void answers_are_related_to_the_stamped_time(void **state)
{
    static const struct {
        const char *file; /* NULL: nothing is kept */
        int place;
        const char *trust;
        int64_t when; /* seconds from now; -1: no stamp that is trusted */
        const char *says;
    } cases[] = {
        {"good.der", 1, "ca.crt", 5, "pass the certificate of CN=Test leaf was not revoked as of 20"},
        {"good.der", 1, "ca.crt", -HOUR,
         "pass the certificate of CN=Test leaf was not revoked at the stamped"},
        {"good.der", 1, "ca.crt", 2 * HOUR,
         "FAIL ocsp-1.der, about the certificate of CN=Test leaf: it held"},
        {"good.der", 1, "ca.crt", -1, "note the certificate of CN=Test leaf was not revoked as of"},
        {"good.der", 1, NULL, 5, "note the certificate of CN=Test leaf was not revoked, says its issuer"},
        {"good.der", 1, "other.crt", 5,
         "note the certificate of CN=Test leaf was not revoked, says its issuer"},
        {"issuer.der", 1, "ca.crt", 5, "by CN=Root ca"},
        {"endless.der", 1, "ca.crt", 20 * HOUR, "pass the certificate of CN=Test leaf was not revoked as of"},
        {"endless.der", 1, "ca.crt", 2 * DAY,
         "FAIL ocsp-1.der, about the certificate of CN=Test leaf: it held"},
        {"good.pem", 1, "ca.crt", 6 * DAY, "pass the certificate of CN=Test leaf was not revoked as of"},
        {"good.pem", 1, "ca.crt", 8 * DAY, "FAIL crl-1.pem, about the certificate of CN=Test leaf: it held"},
        {"whole.pem", 1, "ca.crt", 5, "pass the certificate of CN=Test leaf was not revoked as of"},
        {"revoked.der", 1, "ca.crt", 5, "FAIL the certificate of CN=Test leaf was revoked at"},
        {"revoked.der", 1, "ca.crt", -HOUR, "pass the certificate of CN=Test leaf was revoked at"},
        {"revoked.der", 1, "ca.crt", -HOUR, "(superseded), after the stamped time"},
        {"revoked.der", 1, "ca.crt", -1, "FAIL the certificate of CN=Test leaf was revoked at"},
        {"revoked.der", 1, NULL, -1, "FAIL the certificate of CN=Test leaf was revoked at"},
        {"revoked.pem", 1, "ca.crt", 5, "FAIL the certificate of CN=Test leaf was revoked at"},
        {"revoked.pem", 1, "ca.crt", -HOUR, "pass the certificate of CN=Test leaf was revoked at"},
        {"early.pem", 1, "ca.crt", -HOUR, "FAIL the certificate of CN=Test leaf was revoked at"},
        {"early.pem", 1, "ca.crt", -11 * DAY, "pass the certificate of CN=Test leaf was revoked at"},
        {NULL, 1, "ca.crt", 5, "note whether its certificate was revoked is not known: no answer is kept"},
        {"second.der", 1, "ca.crt", 5,
         "FAIL ocsp-1.der, kept about the certificate of CN=Test leaf: it is about "
         "another certificate"},
        {"good.der", 2, "ca.crt", 5, "FAIL ocsp-2.der: is about no certificate behind this signature"},
        {"good.der", 2, NULL, 5, "note ocsp-2.der: was not checked"},
        {"stranger.der", 1, "ca.crt", 5, "it is not signed by the certificate's issuer"},
        {"plain.der", 1, "ca.crt", 5, "it is not signed by the certificate's issuer"},
        {"sha1.der", 1, "ca.crt", 5, "it is signed with SHA1: SHA-256 or longer is needed"},
        {"unknown.der", 1, "ca.crt", 5, "the responder does not know the certificate"},
        {"later.der", 1, "ca.crt", 5, "the responder says trylater"},
        {"sha1.pem", 1, "ca.crt", 5, "it is signed with SHA1: SHA-256 or longer is needed"},
        {"other.pem", 1, "ca.crt", 5, "it is a list of another issuer, or of other certificates"},
        {"part.pem", 1, "ca.crt", 5, "it does not hold: different CRL scope"},
        {"reasons.pem", 1, "ca.crt", 5, "FAIL crl-1.pem, kept about the certificate of CN=Test leaf: it"},
        {"cas.pem", 1, "ca.crt", 5, "it does not hold: different CRL scope"},
        {"twice.pem", 1, "ca.crt", 5, "with something besides"},
        {"before.pem", 1, "ca.crt", 5, "with something besides"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t when = cases[i].when == -1 ? 0 : signed_at + cases[i].when;
        struct buf lines = {0};

        judge(cases[i].file, cases[i].place, cases[i].trust, when, 1, &lines);
        if (!strstr(buf_str(&lines), cases[i].says))
            fail_msg("%s, %lld: wanted '%s'\n%s", cases[i].file ? cases[i].file : "nothing",
                     (long long)cases[i].when, cases[i].says, buf_str(&lines));
        if (strstr(cases[i].says, "it ") == cases[i].says && !strstr(buf_str(&lines), "FAIL"))
            fail_msg("%s: no failure\n%s", cases[i].file, buf_str(&lines));
        buf_clear(&lines);
        /* beside another signature by the same signer what does not fit is nobody's fault */
        judge(cases[i].file, cases[i].place, cases[i].trust, when, 0, &lines);
        if (strstr(buf_str(&lines), "FAIL") && !strstr(cases[i].says, "FAIL the cert") &&
            !strstr(cases[i].says, "it held"))
            fail_msg("%s: a failure of another signature\n%s", cases[i].file, buf_str(&lines));
        buf_free(&lines);
    }
}

/* No bit of an answer can be turned without its being noticed: none passes as good, and each is a failure. */
static void every_bit_of_an_answer_counts(void **state)
{
    static const char *const files[] = {"good.der", "issuer.der", "revoked.der", "good.pem"};
    const struct revocation_view base = {.trust_pem = at("ca.crt"), .when = signed_at + 5, .owner = 1};
    char *trust = mem_copy(at("ca.crt"));

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct revocation kept = {.count = 1};
        struct revocation_item *item = &kept.items[0];
        struct revocation_view view = base;
        struct buf lines = {0};
        struct err e = {""};
        int unseen = 0;

        revocation_item_name(item, 1, strstr(files[i], ".pem") != NULL);
        assert_int_equal(file_read(at(files[i]), 1 << 20, &item->bytes, &e), 0);
        view.trust_pem = trust;
        view.line = keep_line;
        view.ctx = &lines;
        if (strstr(files[i], "revoked")) /* after it was signed: it holds */
            view.when = signed_at - HOUR;
        revocation_judge(&kept, cms.data, cms.len, &view);
        assert_non_null(strstr(buf_str(&lines), "pass "));
        for (size_t bit = 0; bit < 8 * item->bytes.len;
             bit += i ? 7 : 1) { /* all of one, a bit of each byte */
            item->bytes.data[bit / 8] ^= (char)(1 << bit % 8);
            buf_clear(&lines);
            revocation_judge(&kept, cms.data, cms.len, &view);
            if (!strstr(buf_str(&lines), "FAIL")) {
                unseen++;
                print_message("%s: byte %zu, bit %zu: %s", files[i], bit / 8, bit % 8, buf_str(&lines));
            }
            item->bytes.data[bit / 8] ^= (char)(1 << bit % 8);
        }
        assert_int_equal(unseen, 0);
        revocation_free(&kept);
        buf_free(&lines);
    }
    free(trust);
}

static void files_that_are_none(void **state)
{
    static const struct {
        const char *how, *says;
    } cases[] = {
        {"ln -s /etc/passwd sig.p7s.ocsp-1.der", "no plain file"},
        {"mkfifo sig.p7s.crl-1.pem", "no plain file"},
        {"head -c 70000 /dev/zero > sig.p7s.ocsp-1.der", "sig.p7s.ocsp-1.der"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct revocation kept = {.count = 0};
        struct err e = {""};

        assert_int_equal(sh("rm -f sig.p7s.* && %s", cases[i].how), 0);
        assert_int_equal(revocation_read(at("sig.p7s"), &kept, &e), -1);
        if (!strstr(e.text, cases[i].says))
            fail_msg("%s: %s", cases[i].how, e.text);
    }
}

static void what_is_written_is_read(void **state)
{
    struct revocation kept = {.count = 2}, again = {.count = 0};
    struct err e = {""};

    (void)state;
    assert_int_equal(sh("rm -f sig.p7s.*"), 0);
    revocation_item_name(&kept.items[0], 1, 0);
    buf_text(&kept.items[0].bytes, "one");
    revocation_item_name(&kept.items[1], 3, 1);
    buf_text(&kept.items[1].bytes, "two");
    assert_int_equal(revocation_write(at("sig.p7s"), &kept, 0600, &e), 0);
    assert_int_equal(revocation_read(at("sig.p7s"), &again, &e), 0);
    assert_int_equal(again.count, 2);
    assert_int_equal(again.items[1].place, 3);
    assert_int_equal(again.items[1].is_list, 1);
    assert_string_equal(buf_str(&again.items[1].bytes), "two");
    revocation_remove(at("sig.p7s"), &kept);
    revocation_free(&again);
    assert_int_equal(revocation_read(at("sig.p7s"), &again, &e), 0);
    assert_int_equal(again.count, 0);
    revocation_free(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(answers_are_related_to_the_stamped_time),
        cmocka_unit_test(every_bit_of_an_answer_counts),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
