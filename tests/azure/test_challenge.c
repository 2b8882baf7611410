/* WWW-Authenticate: many challenges, any order, any nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "azure/challenge.h"

static void test_find(void **state)
{
    static const struct {
        const char *header, *scheme, *name, *value; /* value NULL: none */
    } cases[] = {
        {"Bearer realm=\"a\", error=\"x\"", "Bearer", "error", "x"},
        {"bearer ERROR=x", "Bearer", "error", "x"},
        {"Basic realm=\"b\", Bearer realm=\"c\"", "Bearer", "realm", "c"},
        {"Basic realm=/var/opt/azcmagent/tokens/a.key", "Basic", "realm", "/var/opt/azcmagent/tokens/a.key"},
        {"Bearer authorization=\"https://login/t\", resource=\"https://vault.azure.net\"", "Bearer",
         "resource", "https://vault.azure.net"},
        {"Negotiate, Bearer a=1 , b = \"2\"", "Bearer", "b", "2"},
        {"Negotiate dG9rZW4=, Bearer a=1", "Bearer", "a", "1"},
        {"Bearer a=\"x, b=\\\"y\\\"\", c=z", "Bearer", "c", "z"},
        {"Bearer a=\"x, b=\\\"y\\\"\", c=z", "Bearer", "b", NULL},
        {"Bearer", "Bearer", "a", NULL},
        {"Bearer a=\"never closed", "Bearer", "a", "never closed"},
        {"Bearer a=\"\\", "Bearer", "b", NULL},
        {"=,=,\"", "Bearer", "a", NULL},
        {"", "Bearer", "a", NULL},
        {NULL, "Bearer", "a", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64] = "";
        int found = challenge_find(cases[i].header, cases[i].scheme, cases[i].name, out, sizeof out);

        if (found != (cases[i].value != NULL) || (found && strcmp(out, cases[i].value) != 0))
            fail_msg("%s: %s: %d \"%s\"", cases[i].header ? cases[i].header : "-", cases[i].name, found, out);
    }
}

static void test_longer_than_its_place(void **state)
{
    char out[4];

    (void)state;
    assert_int_equal(challenge_find("Bearer a=12345", "Bearer", "a", out, sizeof out), 0);
    assert_int_equal(challenge_find("Bearer a=123", "Bearer", "a", out, sizeof out), 1);
}

static void test_claims(void **state)
{
    static const struct {
        const char *header, *claims;
    } cases[] = {
        {"Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"", "{\"a\":1}"},
        {"Bearer claims=\"eyJhIjoxfQ\", error=\"insufficient_claims\"", "{\"a\":1}"},
        {"Bearer claims=\"eyJhIjoxfQ\", error=\"invalid_token\"", NULL},
        {"Bearer error=\"insufficient_claims\"", NULL},
        {"Bearer error=\"insufficient_claims\", claims=\"!!!\"", NULL},
        {"Bearer error=\"insufficient_claims\", claims=\"bm8ganNvbg==\"", NULL}, /* no JSON */
        {"Basic error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        int found = challenge_claims(cases[i].header, &out);

        if (found != (cases[i].claims != NULL) || (found && strcmp(buf_str(&out), cases[i].claims) != 0))
            fail_msg("%s: %d \"%s\"", cases[i].header, found, buf_str(&out));
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_longer_than_its_place),
        cmocka_unit_test(test_claims),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
