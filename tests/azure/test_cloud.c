/* Clouds: what a Resource Manager says about itself, and where a token may go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "azure/cloud.h"

#define ARM "https://arm.example.net"
#define LOGIN "\"loginEndpoint\":\"https://login.example.net/\",\"identityProvider\":\"AAD\""
#define AUD "\"audiences\":[\"https://other.example.net/\",\"https://arm.example.net/\"]"

static const struct {
    const char *name, *json;
    const char *authority, *audience, *vault; /* authority NULL: refused */
} answers[] = {
    {"one object",
     "{\"name\":\"X\",\"authentication\":{" LOGIN "," AUD
     "},\"suffixes\":{\"keyVaultDns\":\"vault.example.net\"}}",
     "https://login.example.net", "https://arm.example.net", "vault.example.net"},
    {"a byte order mark before it", "\xef\xbb\xbf{\"authentication\":{" LOGIN "," AUD "}}",
     "https://login.example.net", "https://arm.example.net", NULL},
    {"an array: the one that was asked",
     "[{\"resourceManager\":\"https://else.example.net\",\"authentication\":{\"loginEndpoint\":\"https://"
     "e.test\","
     "\"audiences\":[\"https://e.test\"]}},{\"resourceManager\":\"https://ARM.example.net:443/\","
     "\"authentication\":{" LOGIN "," AUD "},\"suffixes\":{\"keyVaultDns\":\".Vault.Example.net\"}}]",
     "https://login.example.net", "https://arm.example.net", "vault.example.net"},
    {"an array of others",
     "[{\"resourceManager\":\"https://a.test\",\"authentication\":{" LOGIN "," AUD "}},{\"resourceManager\":"
     "\"https://b.test\",\"authentication\":{" LOGIN "," AUD "}}]",
     NULL, NULL, NULL},
    {"an array with nothing else in it", "[{\"authentication\":{" LOGIN "," AUD "}}]",
     "https://login.example.net", "https://arm.example.net", NULL},
    {"no audience of our own: the first",
     "{\"authentication\":{" LOGIN
     ",\"audiences\":[7,\"https://a.example.net//\",\"https://b.example.net\"]}}",
     "https://login.example.net", "https://a.example.net", NULL},
    {"a login without TLS", "{\"authentication\":{\"loginEndpoint\":\"http://login.example.net\"," AUD "}}",
     NULL, NULL, NULL},
    {"no login", "{\"authentication\":{" AUD "}}", NULL, NULL, NULL},
    {"no audience", "{\"authentication\":{" LOGIN "}}", NULL, NULL, NULL},
    {"another identity provider",
     "{\"authentication\":{\"loginEndpoint\":\"https://adfs.example.net/"
     "adfs\",\"identityProvider\":\"ADFS\"," AUD "}}",
     NULL, NULL, NULL},
    {"no JSON", "<html>", NULL, NULL, NULL},
    {"a string", "\"x\"", NULL, NULL, NULL},
    {"null", "null", NULL, NULL, NULL},
    {"empty array", "[]", NULL, NULL, NULL},
    {"a suffix without a dot would be every host",
     "{\"authentication\":{" LOGIN "," AUD "},\"suffixes\":{\"keyVaultDns\":\"net\"}}",
     "https://login.example.net", "https://arm.example.net", NULL},
    {"a suffix that is a path",
     "{\"authentication\":{" LOGIN "," AUD "},\"suffixes\":{\"keyVaultDns\":\"a.b/c\"}}",
     "https://login.example.net", "https://arm.example.net", NULL},
    {"a suffix with a port",
     "{\"authentication\":{" LOGIN "," AUD "},\"suffixes\":{\"keyVaultDns\":\"v.localhost:8443\"}}",
     "https://login.example.net", "https://arm.example.net", "v.localhost:8443"},
};

static void assert_text(const char *name, const char *is, const char *should)
{
    if ((is == NULL) != (should == NULL) || (is && strcmp(is, should) != 0))
        fail_msg("%s: %s, not %s", name, is ? is : "nothing", should ? should : "nothing");
}

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct cloud c = {0};
        struct err e = {""};
        int rc = cloud_read(&c, ARM, answers[i].json, strlen(answers[i].json), &e);

        if ((rc == 0) != (answers[i].authority != NULL))
            fail_msg("%s: %d %s", answers[i].name, rc, e.text);
        if (rc != 0)
            assert_string_not_equal(e.text, "");
        assert_text(answers[i].name, c.authority, answers[i].authority);
        assert_text(answers[i].name, c.audience, answers[i].audience);
        assert_text(answers[i].name, c.vault_suffix, answers[i].vault);
        cloud_free(&c);
    }
}

static void test_where_a_token_may_go(void **state)
{
    static const struct {
        const char *url, *audience;
    } cases[] = {
        {"https://management.azure.com/subscriptions?x", "https://management.azure.com"},
        {"https://MANAGEMENT.azure.com:443/x", "https://management.azure.com"},
        {"https://kv-1.vault.azure.net/keys", "https://vault.azure.net"},
        {"https://KV-1.Vault.Azure.Net:443/keys", "https://vault.azure.net"},
        {"https://h.managedhsm.azure.net/keys", "https://managedhsm.azure.net"},
        {"http://management.azure.com/x", NULL},
        {"https://management.azure.com:444/x", NULL},
        {"https://management.azure.com.evil.test/x", NULL},
        {"https://management.azure.com@evil.test/x", NULL},
        {"https://evil.test/management.azure.com", NULL},
        {"https://evil.test?https://management.azure.com/", NULL},
        {"https://evil.test#.vault.azure.net", NULL},
        {"https://evil.test\\.vault.azure.net/", NULL},
        {"https://kv.vault.azure.net.evil.test/keys", NULL},
        {"https://evilvault.azure.net/keys", NULL},
        {"https://vault.azure.net/keys", NULL},
        {"https://a.b.vault.azure.net/keys", NULL},
        {"https://.vault.azure.net/keys", NULL},
        {"https://kv.vault.azure.net:8443/keys", NULL},
        {"https://kv%2evault.azure.net/keys", NULL},
        {"https://kv.vault.azure.cn/keys", NULL},
        {"https://[::1]/keys", NULL},
        {"//management.azure.com/x", NULL},
        {"/subscriptions", NULL},
        {"", NULL},
    };
    struct cloud c = {0};

    (void)state;
    assert_int_equal(cloud_open(&c, "azurecloud", NULL, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_text(cases[i].url, cloud_audience(&c, cases[i].url), cases[i].audience);
    cloud_free(&c);
}

static void test_names(void **state)
{
    static const char *const wrong[] = {"Azure",
                                        "http://management.azure.com",
                                        "https://management.azure.com/x",
                                        "https://u@management.azure.com",
                                        "https://",
                                        "ftp://x.test"};
    struct cloud c = {0};
    struct err e = {""};

    (void)state;
    assert_int_equal(cloud_open(&c, "AzureUSGovernment", NULL, &e), 0);
    assert_string_equal(c.arm, "https://management.usgovcloudapi.net");
    assert_string_equal(c.authority, "https://login.microsoftonline.us");
    assert_string_equal(c.vault_suffix, "vault.usgovcloudapi.net");
    cloud_free(&c);
    assert_int_equal(cloud_open(&c, "AzureChinaCloud", NULL, &e), 0);
    assert_string_equal(c.arm, "https://management.chinacloudapi.cn");
    assert_string_equal(c.hsm_audience, "https://managedhsm.azure.cn");
    cloud_free(&c);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (cloud_open(&c, wrong[i], NULL, &e) == 0)
            fail_msg("%s was taken", wrong[i]);
        assert_non_null(strstr(e.text, "--cloud"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_where_a_token_may_go),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
