/* Client assertions: what stands in them, that the signature holds, and that files of both forms are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/assertion.h"
#include "lib/json.h"
#include "lib/wipe.h"

static char *dir;

static int make(void **state)
{
    static const char script[] =
        "cd '%s' && exec >/dev/null 2>&1 && "
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=app && "
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout k2.pem -out c2.pem -days 2 -subj /CN=other && "
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ke.pem -out ce.pem "
        "-days 2 -subj /CN=ec && "
        "cat k.pem c2.pem c.pem > app.pem && cat ke.pem ce.pem > ec.pem && cat k.pem c2.pem > strange.pem && "
        "openssl pkcs8 -topk8 -in k.pem -out k8.pem -passout pass:geheim && cat c.pem k8.pem > locked.pem && "
        "openssl pkcs12 -export -in c.pem -inkey k.pem -out app.pfx -passout pass:geheim && "
        "openssl pkcs12 -export -in c.pem -inkey k.pem -out open.pfx -passout pass: && echo junk > junk.pem";
    char name[] = "/tmp/kc-assertion-XXXXXX";
    char *command = NULL;
    int rc = 0;

    (void)state;
    dir = mem_copy(mkdtemp(name));
    command = mem_print(script, dir);
    rc = system(command);
    free(command);
    return rc;
}

static int drop(void **state)
{
    int rc = file_remove_tree(dir, NULL);

    (void)state;
    free(dir);
    return rc;
}

static int made(const char *file, const char *password, int chain, struct buf *out, struct err *e)
{
    char *path = file_join(dir, file);
    struct assertion a = {.path = path,
                          .password = password,
                          .chain = chain,
                          .audience = "https://login/t/oauth2/v2.0/token",
                          .client_id = "client",
                          .now = 1000};
    int rc = assertion_make(&a, out, e);

    free(path);
    return rc;
}

static X509 *certificate(void)
{
    char *path = file_join(dir, "c.pem");
    FILE *f = fopen(path, "r");
    X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);

    fclose(f);
    free(path);
    return cert;
}

static struct json *part(const char *at, size_t n)
{
    struct buf b = {0};
    struct json *doc = NULL;
    struct err e = {""};

    assert_int_equal(base64_read(&b, at, n), 0);
    if (json_parse(&doc, buf_str(&b), b.len, &e) != 0)
        fail_msg("%s", e.text);
    buf_free(&b);
    return doc;
}

static int64_t number(const struct json *doc, const char *name)
{
    int64_t v = -1;

    assert_int_equal(json_int(json_get(doc, name), &v), 0);
    return v;
}

static void test_content(void **state)
{
    struct buf out = {0}, thumb = {0}, signature = {0};
    struct err e = {""};
    const char *first = NULL, *second = NULL;
    struct json *head = NULL, *claims = NULL;
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509 *cert = certificate();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;

    (void)state;
    if (made("app.pem", NULL, 0, &out, &e) != 0)
        fail_msg("%s", e.text);
    first = strchr(out.data, '.');
    second = strchr(first + 1, '.');
    head = part(out.data, (size_t)(first - out.data));
    claims = part(first + 1, (size_t)(second - first - 1));
    assert_string_equal(json_text(json_get(head, "alg")), "PS256");
    assert_string_equal(json_text(json_get(head, "typ")), "JWT");
    assert_null(json_get(head, "x5c"));
    X509_digest(cert, EVP_sha256(), md, &n);
    base64url_put(&thumb, md, n);
    assert_string_equal(json_text(json_get(head, "x5t#S256")), buf_str(&thumb));
    assert_string_equal(json_text(json_get(claims, "aud")), "https://login/t/oauth2/v2.0/token");
    assert_string_equal(json_text(json_get(claims, "iss")), "client");
    assert_string_equal(json_text(json_get(claims, "sub")), "client");
    assert_int_equal(strlen(json_text(json_get(claims, "jti"))), 32);
    assert_int_equal(number(claims, "nbf"), 1000);
    assert_int_equal(number(claims, "iat"), 1000);
    assert_int_equal(number(claims, "exp"), 1600);
    assert_int_equal(base64_read(&signature, second + 1, strlen(second + 1)), 0);
    assert_int_equal(EVP_DigestVerifyInit(ctx, &options, EVP_sha256(), NULL, X509_get0_pubkey(cert)), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST), 1);
    assert_int_equal(EVP_DigestVerify(ctx, (unsigned char *)signature.data, signature.len,
                                      (unsigned char *)out.data, (size_t)(second - out.data)),
                     1);
    EVP_MD_CTX_free(ctx);
    X509_free(cert);
    json_free(head);
    json_free(claims);
    buf_free(&thumb);
    buf_free(&signature);
    wipe_buf(&out);
}

static void test_chain(void **state)
{
    struct buf out = {0};
    struct err e = {""};
    struct json *head = NULL;

    (void)state;
    assert_int_equal(made("app.pem", NULL, 1, &out, &e), 0);
    head = part(out.data, strcspn(out.data, "."));
    assert_int_equal(json_count(json_get(head, "x5c")), 2); /* its own first, then what else the file holds */
    json_free(head);
    wipe_buf(&out);
}

static void test_files(void **state)
{
    static const struct {
        const char *file, *password;
        const char *wrong; /* part of the message; NULL: works */
    } cases[] = {
        {"app.pem", NULL, NULL},
        {"locked.pem", "geheim", NULL},
        {"locked.pem", "falsch", "AZURE_CLIENT_CERTIFICATE_PASSWORD"},
        {"locked.pem", NULL, "AZURE_CLIENT_CERTIFICATE_PASSWORD"},
        {"app.pfx", "geheim", NULL},
        {"app.pfx", "falsch", "AZURE_CLIENT_CERTIFICATE_PASSWORD"},
        {"open.pfx", NULL, NULL},
        {"open.pfx", "", NULL},
        {"c.pem", NULL, "no private key"},
        {"k.pem", NULL, "with its certificate"},
        {"strange.pem", NULL, "with its certificate"},
        {"ec.pem", NULL, "no RSA key"},
        {"junk.pem", NULL, "no PKCS#12"},
        {"missing.pem", NULL, "cannot read"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        struct err e = {""};
        int rc = made(cases[i].file, cases[i].password, 0, &out, &e);

        if ((rc == 0) != (cases[i].wrong == NULL) || (cases[i].wrong && !strstr(e.text, cases[i].wrong)))
            fail_msg("%s, %s: %d %s", cases[i].file, cases[i].password ? cases[i].password : "-", rc, e.text);
        assert_null(strstr(e.text, "geheim"));
        wipe_buf(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
