/* URLs: made from ids, compared, and cleaned of secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "azure/url.h"

#define ARM "https://management.azure.com"

static void test_build(void **state)
{
    static const struct {
        const char *id, *url; /* url NULL: refused */
    } cases[] = {
        {"/subscriptions", ARM "/subscriptions?api-version=1"},
        {"/a/b/", ARM "/a/b?api-version=1"},
        {"/a/Enable Monitoring", ARM "/a/Enable%20Monitoring?api-version=1"},
        {"/a/b%20c", ARM "/a/b%2520c?api-version=1"}, /* an id is text: its percent sign is a character */
        {"/a/b?c=d#e", ARM "/a/b%3Fc=d%23e?api-version=1"},
        {"/a/b@c:(d)", ARM "/a/b@c:(d)?api-version=1"},
        {"/resourceGroups/rg-z\xc3\xbcrich", ARM "/resourceGroups/rg-z%C3%BCrich?api-version=1"},
        {"/a/\r\nHost: x", ARM "/a/%0D%0AHost:%20x?api-version=1"},
        {"/a/b\\..\\c", ARM "/a/b%5C..%5Cc?api-version=1"},
        {"/providers/Microsoft.KeyVault/vaults/secrets",
         ARM "/providers/Microsoft.KeyVault/vaults/secrets?api-version=1"}, /* a vault of that name */
        {"/a/%2e%2e/b", ARM "/a/%252e%252e/b?api-version=1"},
        {"a/b", NULL},
        {"", NULL},
        {"https://evil.example/a", NULL},
        {"//evil.example/a", NULL},
        {"/a//b", NULL},
        {"/a/../b", NULL},
        {"/a/./b", NULL},
        {"/a/..", NULL},
        {"/providers/Microsoft.KeyVault/vaults/kv/secrets", NULL},
        {"/providers/Microsoft.KeyVault/VAULTS/kv/Secrets/x", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        struct err e = {""};
        int rc = url_build(&out, ARM, cases[i].id, "1", &e);

        if ((rc == 0) != (cases[i].url != NULL) || (rc == 0 && strcmp(buf_str(&out), cases[i].url) != 0))
            fail_msg("%s: %d %s %s", cases[i].id, rc, buf_str(&out), e.text);
        buf_free(&out);
    }
}

/* What a token may follow is decided by this. */
static void test_origin(void **state)
{
    static const struct {
        const char *url, *origin; /* NULL: none */
    } cases[] = {
        {ARM "/a?b", ARM},
        {"HTTPS://Management.Azure.com:443/a", ARM},
        {ARM, ARM},
        {ARM "?a", ARM},
        {ARM "#@evil.example/", ARM},
        {ARM ":444/", ARM ":444"},
        {"http://management.azure.com:80/", "http://management.azure.com"},
        {"http://management.azure.com:443/", "http://management.azure.com:443"},
        {ARM ".evil.example/", ARM ".evil.example"},
        {ARM "@evil.example/", NULL},
        {"https://user:word@management.azure.com/", NULL},
        {"https://management.azure.com\\@evil.example/", NULL},
        {"https://management.azure.com /", NULL},
        {"https://management.azure.com\t/", NULL},
        {"ftp://management.azure.com/", NULL},
        {"file:///etc/passwd", NULL},
        {"//management.azure.com/", NULL},
        {"/subscriptions", NULL},
        {"https:management.azure.com", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        int rc = url_origin(&out, cases[i].url, strlen(cases[i].url));

        if ((rc == 0) != (cases[i].origin != NULL) ||
            (rc == 0 && strcmp(buf_str(&out), cases[i].origin) != 0))
            fail_msg("%s: %d %s", cases[i].url, rc, buf_str(&out));
        buf_free(&out);
    }
}

/* same: the two are one request, whatever their api-versions. */
static void test_canonical(void **state)
{
    static const struct {
        const char *a, *b;
        int same;
    } cases[] = {
        {ARM "/a/B?api-version=1", "https://MANAGEMENT.azure.com:443/A/b?Api-Version=2", 1},
        {ARM "/a?x=1&y=2", ARM "/a?Y=2&X=1", 1},
        {ARM "/a?%24skipToken=1", ARM "/a?$skiptoken=1", 1},
        {ARM "/a?$skipToken=Abc", ARM "/a?$skipToken=abc", 0},
        {ARM "/rg-z%C3%BCrich", ARM "/RG-Z%C3%9CRICH", 1},
        {ARM "/a%20b", ARM "/a b", 1},
        {ARM "/a%2Fb", ARM "/a/b", 0}, /* one segment, and two */
        {ARM "/a%2fb", ARM "/a%2Fb", 1},
        {ARM "/a%2520b", ARM "/a%20b", 0},
        {ARM "/a#x", ARM "/a#y", 1},
        {ARM "/a", ARM "/a?api-version=1", 1},
        {ARM "/a", "http://management.azure.com/a", 0},
        {ARM "/a", ARM ":444/a", 0},
        {ARM "/a?x=1", ARM "/a?x=1&x=2", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf a = {0}, b = {0};
        char version[URL_VERSION];

        assert_int_equal(url_canonical(&a, "get", cases[i].a, strlen(cases[i].a), version), 0);
        assert_int_equal(url_canonical(&b, "GET", cases[i].b, strlen(cases[i].b), version), 0);
        if ((strcmp(buf_str(&a), buf_str(&b)) == 0) != cases[i].same)
            fail_msg("%s, %s", buf_str(&a), buf_str(&b));
        buf_free(&a);
        buf_free(&b);
    }
}

static void test_version(void **state)
{
    static const struct {
        const char *url, *version;
    } cases[] = {
        {ARM "/a?x=1&api-version=2026-02-01", "2026-02-01"},
        {ARM "/a?API-VERSION=7.5&x=1", "7.5"},
        {ARM "/a?xapi-version=1", ""},
        {ARM "/a", ""},
        {ARM "/a?api-version=0123456789012345678901234567890123456789012345678901234567890123456789", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        char version[URL_VERSION];

        assert_int_equal(url_canonical(&out, "GET", cases[i].url, strlen(cases[i].url), version), 0);
        assert_string_equal(version, cases[i].version);
        buf_free(&out);
    }
}

static void test_clean(void **state)
{
    static const struct {
        const char *url, *clean;
    } cases[] = {
        {ARM "/a?api-version=1", ARM "/a?api-version=1"},
        {ARM "/sig=1", ARM "/sig=1"},
        {"https://x.blob.core.windows.net/c?sv=1&sig=abc%2F&se=2",
         "https://x.blob.core.windows.net/c?sv=1&sig=<secret>&se=2"},
        {ARM "/a?SIG=abc", ARM "/a?SIG=<secret>"},
        {ARM "/a?access_token=ey.J&x=1", ARM "/a?access_token=<secret>&x=1"},
        {ARM "/a?x=1;code=abc", ARM "/a?x=1;code=<secret>"},
        {ARM "/a?client_secret=", ARM "/a?client_secret=<secret>"},
        {ARM "/a?signal=1", ARM "/a?signal=1"},
        {ARM "/a?", ARM "/a?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};

        url_clean(&out, cases[i].url, strlen(cases[i].url));
        assert_string_equal(buf_str(&out), cases[i].clean);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build),   cmocka_unit_test(test_origin), cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_version), cmocka_unit_test(test_clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
