/* Signatures: what we make, the stock openssl accepts; what does not hold is refused with the reason. The
 * keys are made by the openssl program for each run. */
#include "lib/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"

static char dir[] = "/tmp/kc-sign-XXXXXX";

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

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(
        sh("for k in ca mid rsa ec384 other; do case $k in rsa) a='RSA -pkeyopt rsa_keygen_bits:2048';;"
           " ec384) a='EC -pkeyopt ec_paramgen_curve:P-384';; *) a='EC -pkeyopt ec_paramgen_curve:P-256';;"
           " esac; openssl genpkey -algorithm $a -out $k.key; done"),
        0);
    assert_int_equal(
        sh("openssl req -x509 -new -key ca.key -subj '/CN=Test CA' -days 30 -out ca.crt &&"
           "openssl req -new -key mid.key -subj '/CN=Test Mid' -out mid.csr &&"
           "printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=keyCertSign\\n' > mid.ext &&"
           "openssl x509 -req -in mid.csr -CA ca.crt -CAkey ca.key -extfile mid.ext -days 30 -out mid.crt &&"
           "printf 'keyUsage=critical,digitalSignature\\nextendedKeyUsage=codeSigning\\n' > leaf.ext &&"
           "for k in rsa ec384; do openssl req -new -utf8 -key $k.key -subj \"/O=Prüfstelle/CN=Signer $k\" "
           "-out $k.csr &&"
           "openssl x509 -req -in $k.csr -CA mid.crt -CAkey mid.key -extfile leaf.ext -days 30 -out $k.crt &&"
           "cat mid.crt $k.crt > $k.chain.pem || exit 1; done"),
        0);
    assert_int_equal(sh("openssl req -x509 -new -key other.key -subj /CN=Other -days 30 -out other.crt &&"
                        "openssl pkey -in rsa.key -aes128 -passout pass:x -out locked.key &&"
                        "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out short.key &&"
                        "openssl genpkey -algorithm ED25519 -out ed.key &&"
                        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out k1.key &&"
                        "printf 'not a key\\n' > junk.pem && printf 'one\\ntwo\\n' > content"),
                     0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir, NULL);
}

static void make(const char *key, const char *cert, const char *name)
{
    struct signer *s = NULL;
    struct buf der = {0};
    struct err e = {""};

    if (signer_load(&s, at(key), at(cert), &e) != 0 || sign_detached_file(s, at("content"), &der, &e) != 0 ||
        file_write(at(name), der.data, der.len, 0600, &e) != 0)
        fail_msg("%s", e.text);
    signer_free(s);
    buf_free(&der);
}

static void stock_openssl_accepts_it(void **state)
{
    static const char *const keys[] = {"rsa", "ec384"};

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char *key = mem_print("%s.key", keys[i]), *cert = mem_print("%s.chain.pem", keys[i]);

        make(key, cert, "content.p7s");
        assert_int_equal(
            sh("openssl cms -verify -binary -inform DER -in content.p7s -content content -CAfile ca.crt"
               " -purpose any -out /dev/null"),
            0);
        assert_int_equal(sh("openssl cms -verify -cades -binary -inform DER -in content.p7s -content content"
                            " -CAfile ca.crt -purpose any -out /dev/null"),
                         0);
        assert_int_not_equal(
            sh("openssl cms -cmsout -print -inform DER -in content.p7s | grep -i 'smimecap'"), 0);
        free(key);
        free(cert);
    }
}

static int verify(const char *sig, const char *content, const char *trust, char **name, struct err *e)
{
    struct buf der = {0};
    int rc = -1;

    assert_int_equal(file_read(at(sig), 1 << 20, &der, e), 0);
    rc = sign_verify_file(der.data, der.len, at(content), trust ? at(trust) : NULL, name, e);
    buf_free(&der);
    return rc;
}

static void ours_accepts_it(void **state)
{
    struct err e = {""};
    char *name = NULL;

    (void)state;
    make("rsa.key", "rsa.chain.pem", "content.p7s");
    if (verify("content.p7s", "content", "ca.crt", &name, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(name, "CN=Signer rsa,O=Prüfstelle");
    free(name);
    name = NULL;
    if (verify("content.p7s", "content", NULL, &name, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(name, "CN=Signer rsa,O=Prüfstelle");
    free(name);
}

static void memory_and_file_say_the_same(void **state)
{
    struct signer *s = NULL;
    struct buf der = {0};
    struct err e = {""};

    (void)state;
    assert_int_equal(signer_load(&s, at("rsa.key"), at("rsa.crt"), &e), 0);
    assert_string_equal(signer_name(s), "CN=Signer rsa,O=Prüfstelle");
    assert_int_equal(sign_detached(s, "one\ntwo\n", 8, &der, &e), 0);
    assert_int_equal(sign_verify_file(der.data, der.len, at("content"), NULL, NULL, &e), 0);
    signer_free(s);
    buf_free(&der);
}

static void wrong_keys_are_named(void **state)
{
    static const struct {
        const char *key, *cert, *says;
    } cases[] = {
        {"locked.key", "rsa.crt", "is encrypted"},
        {"rsa.key", "ec384.crt", "does not belong to the key"},
        {"short.key", "rsa.crt", "RSA key of 1024 bits"},
        {"ed.key", "rsa.crt", "key type ED25519"},
        {"k1.key", "rsa.crt", "key type EC secp256k1"},
        {"junk.pem", "rsa.crt", "holds no private key"},
        {"rsa.key", "junk.pem", "holds no certificate"},
        {"absent.key", "rsa.crt", "No such file"},
        {"rsa.key", "absent.crt", "No such file"},
        {"rsa.crt", "rsa.crt", "holds no private key"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct signer *s = NULL;
        struct err e = {""};

        assert_int_equal(signer_load(&s, at(cases[i].key), at(cases[i].cert), &e), -1);
        if (!strstr(e.text, cases[i].says))
            fail_msg("wanted '%s', got '%s'", cases[i].says, e.text);
        assert_null(s);
    }
}

static int told_pass(void *ctx, const char *file, char *out, size_t size)
{
    if (!ctx || !strstr(file, dir))
        return -1;
    snprintf(out, size, "%s", (const char *)ctx);
    return 0;
}

static void keys_behind_a_pass_phrase(void **state)
{
    static const struct {
        const char *key, *cert, *pass, *says; /* says NULL: it signs */
    } cases[] = {
        {"locked.key", "rsa.crt", "x", NULL},
        {"locked.key", "rsa.crt", "y", "does not open it"},
        {"locked.key", "rsa.crt", NULL, "no pass phrase was given"},
        {"rsa.p12", NULL, "geheim ü", NULL},
        {"rsa.p12", "rsa.chain.pem", "geheim ü", NULL},
        {"rsa.p12", NULL, "geheim", "does not open it"},
        {"rsa.p12", NULL, NULL, "no pass phrase was given"},
        {"rsa.p12", "other.crt", "geheim ü", "does not belong to the key"},
        {"open.p12", NULL, NULL, NULL},
        {"rsa.key", "twice.pem", NULL, NULL},
        {"bare.p12", NULL, "z", "holds no certificate"},
        {"bare.p12", "rsa.crt", "z", NULL},
        {"short.p12", NULL, "z", "RSA key of 1024 bits"},
        {"cut.p12", NULL, "z", "neither a private key in PEM form nor PKCS#12"},
    };

    (void)state;
    assert_int_equal(
        sh("openssl pkcs12 -export -inkey rsa.key -in rsa.crt -certfile mid.crt -passout 'pass:geheim ü' "
           "-out rsa.p12 &&"
           "openssl pkcs12 -export -inkey rsa.key -in rsa.crt -passout pass: -out open.p12 &&"
           "openssl pkcs12 -export -inkey rsa.key -nocerts -passout pass:z -out bare.p12 &&"
           "openssl req -x509 -new -key short.key -subj /CN=Short -days 3 -out short.crt &&"
           "openssl pkcs12 -export -inkey short.key -in short.crt -passout pass:z -out short.p12 &&"
           "head -c 100 rsa.p12 > cut.p12 && cat ca.crt mid.crt > both.crt && cat rsa.crt mid.crt rsa.crt "
           "mid.crt > twice.pem"),
        0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct signer *s = NULL;
        struct buf der = {0};
        struct err e = {""};
        int rc = signer_open(&s, at(cases[i].key), cases[i].cert ? at(cases[i].cert) : NULL, told_pass,
                             (void *)cases[i].pass, &e);

        if ((rc == 0) != !cases[i].says || (cases[i].says && !strstr(e.text, cases[i].says)))
            fail_msg("%s, %s: wanted '%s', got %d '%s'", cases[i].key, cases[i].pass ? cases[i].pass : "none",
                     cases[i].says ? cases[i].says : "", rc, e.text);
        if (rc == 0) {
            if (sign_detached_file(s, at("content"), &der, &e) != 0)
                fail_msg("%s: %s", cases[i].key, e.text);
            assert_int_equal(file_write(at("p.p7s"), der.data, der.len, 0600, &e), 0);
            if (sh("openssl cms -verify -cades -binary -inform DER -in p.p7s -content content -CAfile "
                   "both.crt -purpose any "
                   "-out /dev/null") != 0)
                fail_msg("%s, %s: openssl does not accept it: see %s/log", cases[i].key,
                         cases[i].pass ? cases[i].pass : "none", dir);
        }
        signer_free(s);
        buf_free(&der);
    }
}

static void what_does_not_hold_is_refused(void **state)
{
    static const struct {
        const char *how, *content, *trust, *says; /* how: makes sig */
    } cases[] = {
        {"cp content.p7s sig; printf 'one\\nTwo\\n' > changed", "changed", "ca.crt", "does not hold"},
        {"cp content.p7s sig; printf 'one\\r\\ntwo\\r\\n' > changed", "changed", NULL, "does not hold"},
        {"cp content.p7s sig", "content", "other.crt", "unable to get local issuer certificate"},
        {"cp content.p7s sig", "content", "junk.pem", "cannot read the certificates to trust"},
        {"cp content.p7s sig; printf x >> sig", "content", "ca.crt", "bytes behind its end"},
        {"head -c 200 content.p7s > sig", "content", "ca.crt", "no CMS in DER form"},
        {": > sig", "content", NULL, "no CMS in DER form"},
        {"openssl cms -sign -binary -nodetach -outform DER -signer rsa.crt -inkey rsa.key -in content -out "
         "sig",
         "content", NULL, "carries its own content"},
        {"openssl cms -sign -binary -outform DER -md sha1 -signer rsa.crt -inkey rsa.key -in content -out "
         "sig",
         "content", NULL, "SHA-256 or longer"},
        {"openssl cms -sign -binary -outform DER -signer rsa.crt -inkey rsa.key -in content -out sig",
         "content", NULL, "does not hold"}, /* names no certificate in its signed attributes */
        {"openssl cms -sign -cades -binary -outform DER -signer rsa.crt -inkey rsa.key -signer other.crt "
         "-inkey other.key"
         " -in content -out sig",
         "content", NULL, "2 signers"},
        {"openssl cms -sign -cades -nocerts -binary -outform DER -signer rsa.crt -inkey rsa.key -in content "
         "-out sig",
         "content", NULL, "signer certificate not found"},
        {"openssl cms -data_create -in content -outform DER -out sig", "content", NULL, "no CMS SignedData"},
    };

    (void)state;
    make("rsa.key", "rsa.chain.pem", "content.p7s");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {""};

        assert_int_equal(sh("%s", cases[i].how), 0);
        if (verify("sig", cases[i].content, cases[i].trust, NULL, &e) != -1)
            fail_msg("accepted: %s", cases[i].how);
        if (!strstr(e.text, cases[i].says))
            fail_msg("%s: wanted '%s', got '%s'", cases[i].how, cases[i].says, e.text);
    }
}

static void an_expired_certificate_is_not_trusted(void **state)
{
    struct signer *s = NULL;
    struct err e = {""};

    (void)state;
    assert_int_equal(
        sh("openssl req -new -key other.key -subj /CN=Old -out old.csr && openssl x509 -req -in old.csr"
           " -CA ca.crt -CAkey ca.key -days -1 -out old.crt || openssl ca -help"),
        0);
    if (sh("openssl x509 -in old.crt -noout -checkend 0") == 0)
        skip(); /* this openssl makes no certificate that has ended */
    assert_int_equal(signer_load(&s, at("other.key"), at("old.crt"), &e), -1);
    assert_non_null(strstr(e.text, "old.crt: the signer's certificate has expired"));
    assert_int_equal(sh("openssl cms -sign -cades -binary -outform DER -signer old.crt -inkey other.key -in "
                        "content -out old.p7s"),
                     0);
    assert_int_equal(verify("old.p7s", "content", "ca.crt", NULL, &e), -1);
    assert_non_null(strstr(e.text, "expired"));
    assert_int_equal(verify("old.p7s", "content", NULL, NULL, &e), 0); /* says only that the bytes fit */
}

static void a_certificate_of_tomorrow_signs_nothing(void **state)
{
    struct signer *s = NULL;
    struct err e = {""};

    (void)state;
    assert_int_equal(sh("printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nserial=serial\\n"
                        "new_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > "
                        "ca.cnf && : > index && echo 77 > serial &&"
                        "openssl req -new -key other.key -subj /CN=Tomorrow -out soon.csr &&"
                        "openssl ca -config ca.cnf -batch -notext -cert ca.crt -keyfile ca.key -in soon.csr "
                        "-startdate $(date -u -d tomorrow +%%y%%m%%d%%H%%M%%SZ) "
                        "-enddate $(date -u -d '3 days' +%%y%%m%%d%%H%%M%%SZ) -out soon.crt"),
                     0);
    assert_int_equal(signer_load(&s, at("other.key"), at("soon.crt"), &e), -1);
    assert_non_null(strstr(e.text, "soon.crt: the signer's certificate is not valid yet"));
}

static void a_certificate_that_may_not_sign_signs_nothing(void **state)
{
    static const struct {
        const char *usage; /* NULL: the certificate names none */
        int signs;
    } cases[] = {
        {"critical,digitalSignature", 1},        {"nonRepudiation", 1},
        {"keyEncipherment,digitalSignature", 1}, {NULL, 1},
        {"critical,keyEncipherment", 0},         {"keyCertSign,cRLSign", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct signer *s = NULL;
        struct err e = {""};
        int rc = 0;

        assert_int_equal(sh("openssl req -new -key other.key -subj /CN=Usage -out usage.csr && echo '%s%s' > "
                            "usage.ext && openssl x509 -req -in usage.csr -CA ca.crt -CAkey ca.key -days 3 "
                            "-extfile usage.ext -out usage.crt",
                            cases[i].usage ? "keyUsage=" : "", cases[i].usage ? cases[i].usage : ""),
                         0);
        rc = signer_load(&s, at("other.key"), at("usage.crt"), &e);
        if ((rc == 0) != cases[i].signs || (rc != 0 && !strstr(e.text, "neither digitalSignature")))
            fail_msg("%s: got %d '%s'", cases[i].usage ? cases[i].usage : "no usage", rc, e.text);
        signer_free(s);
    }
}

static void rsa_signs_by_pss_where_it_is_told(void **state)
{
    struct signer *s = NULL;
    struct buf der = {0};
    struct err e = {""};

    (void)state;
    assert_int_equal(signer_load(&s, at("rsa.key"), at("rsa.chain.pem"), &e), 0);
    assert_int_equal(signer_use_pss(s, &e), 0);
    if (sign_detached_file(s, at("content"), &der, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(file_write(at("pss.p7s"), der.data, der.len, 0600, &e), 0);
    assert_int_equal(sh("openssl cms -verify -cades -binary -inform DER -in pss.p7s -content content -CAfile "
                        "ca.crt -purpose any -out /dev/null && openssl cms -cmsout -print -noout -inform DER "
                        "-in pss.p7s | grep -q rsassaPss"),
                     0);
    assert_int_equal(verify("pss.p7s", "content", "ca.crt", NULL, &e), 0);
    signer_free(s);
    buf_free(&der);
    s = NULL;
    assert_int_equal(signer_load(&s, at("ec384.key"), at("ec384.crt"), &e), 0);
    assert_int_equal(signer_use_pss(s, &e), -1);
    assert_non_null(strstr(e.text, "an EC key does not sign by RSA-PSS"));
    signer_free(s);
}

/* ---- keys that somebody else holds */

struct holder_case {
    const char *key, *cert; /* of the file; key: what signs */
    const char *breaks;     /* what the holder does wrong, or NULL */
    const char *says;       /* NULL: it signs */
    int asked, freed;
};

static int holder_sign(void *ctx, enum signer_scheme scheme, const unsigned char *digest, size_t n,
                       struct buf *out, struct err *e)
{
    struct holder_case *c = ctx;

    c->asked++;
    if (c->breaks && strcmp(c->breaks, "refuses") == 0)
        return err_set(e, "the holder refuses");
    assert_int_equal(file_write(at("digest"), digest, n, 0600, e), 0);
    assert_int_equal(
        sh("openssl pkeyutl -sign -inkey %s -in digest -out value -pkeyopt digest:sha%d%s", c->key,
           (int)n * 8,
           scheme == SIGNER_PSS ? " -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest" : ""),
        0);
    if (scheme == SIGNER_ECDSA) /* from DER to r and s */
        assert_int_equal(
            sh("openssl asn1parse -inform DER -in value | sed -n 's/.*INTEGER *://p' | while read h; do "
               "printf '%%0%dd%%s' 0 $h | tail -c %d; done | perl -ne 'print pack(q(H*), $_)' > raw && mv "
               "raw value",
               (int)n * 2, (int)n * 2),
            0);
    assert_int_equal(file_read(at("value"), 4096, out, e), 0);
    if (c->breaks && strcmp(c->breaks, "cuts") == 0)
        out->len--;
    if (c->breaks && strcmp(c->breaks, "says nothing") == 0)
        out->len = 0;
    if (c->breaks && strcmp(c->breaks, "flips") == 0)
        out->data[7] ^= 1;
    if (c->breaks && strcmp(c->breaks, "flips later") == 0 && c->asked > 1)
        out->data[7] ^= 1;
    return 0;
}

static void holder_free(void *ctx)
{
    ((struct holder_case *)ctx)->freed++;
}

static void keys_that_somebody_else_holds(void **state)
{
    static struct holder_case cases[] = {
        {"rsa.key", "rsa.chain.pem", NULL, NULL, 0, 0},
        {"ec384.key", "rightec.pem", NULL, NULL, 0, 0},
        {"other.key", "other.crt", NULL, NULL, 0, 0},
        {"rsa.key", "rsa.crt", "refuses", "the holder refuses", 0, 0},
        {"rsa.key", "rsa.crt", "flips", "no signature by the key of this certificate", 0, 0},
        {"rsa.key", "rsa.crt", "flips later", "no signature by the key of this certificate", 0, 0},
        {"rsa.key", "rsa.crt", "cuts", "no signature by the key of this certificate", 0, 0},
        {"rsa.key", "rsa.crt", "says nothing", "no signature by the key of this certificate", 0, 0},
        {"other.key", "other.crt", "cuts", "no signature of this curve", 0, 0},
        {"other.key", "other.crt", "flips", "no signature by the key of this certificate", 0, 0},
        {"other.key", "ec256.pem", NULL, "no signature by the key of this certificate", 0, 0},
        {"rsa.key", "short.crt", NULL, "RSA key of 1024 bits", 0, 0},
        {"rsa.key", "absent.crt", NULL, "No such file", 0, 0},
        {"rsa.key", NULL, NULL, "give it with --sign-cert", 0, 0},
    };

    (void)state;
    assert_int_equal(sh("cat ec384.crt mid.crt > rightec.pem && openssl req -x509 -newkey ec -pkeyopt "
                        "ec_paramgen_curve:P-256 -nodes -keyout none.key -subj /CN=E -days 3 -out ec256.pem"),
                     0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct holder_case *c = &cases[i];
        struct signer_holder holder = {holder_sign, holder_free, c};
        struct signer *s = NULL;
        struct buf der = {0};
        struct err e = {""};
        int rc = signer_remote(&s, &holder, "vault key", NULL, 0, c->cert ? at(c->cert) : NULL, &e);

        if (rc == 0)
            rc = sign_detached_file(s, at("content"), &der, &e);
        if ((rc == 0) != !c->says || (c->says && !strstr(e.text, c->says)))
            fail_msg("case %zu: wanted '%s', got %d '%s'", i, c->says ? c->says : "", rc, e.text);
        if (rc == 0)
            assert_int_equal(sign_verify_file(der.data, der.len, at("content"), NULL, NULL, &e), 0);
        signer_free(s);
        assert_int_equal(c->freed, 1);
        buf_free(&der);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stock_openssl_accepts_it),
        cmocka_unit_test(ours_accepts_it),
        cmocka_unit_test(memory_and_file_say_the_same),
        cmocka_unit_test(wrong_keys_are_named),
        cmocka_unit_test(keys_behind_a_pass_phrase),
        cmocka_unit_test(what_does_not_hold_is_refused),
        cmocka_unit_test(rsa_signs_by_pss_where_it_is_told),
        cmocka_unit_test(keys_that_somebody_else_holds),
        cmocka_unit_test(an_expired_certificate_is_not_trusted),
        cmocka_unit_test(a_certificate_of_tomorrow_signs_nothing),
        cmocka_unit_test(a_certificate_that_may_not_sign_signs_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
