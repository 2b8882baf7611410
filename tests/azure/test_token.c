/* Signing in: what token services say, which credential is taken, and that nothing of a secret comes out. The
 * services are a server of this test's own; az and azd are scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "azure/token.h"
#include "azure/token_source.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/wipe.h"
#include "plain_server.h"

#define OID "33333333-3333-4333-8333-333333333333"
#define TID "11111111-1111-4111-8111-111111111111"
/* {"alg":"none"} . {"oid":"33333333-…","tid":"11111111-…","appid":"app"} . x, and the same for another oid */
#define JWT                                                                                                  \
    "eyJhbGciOiJub25lIn0."                                                                                   \
    "eyJvaWQiOiIzMzMzMzMzMy0zMzMzLTQzMzMtODMzMy0zMzMzMzMzMzMzMzMiLCJ0aWQiOiIxMTExMTExMS0xMTExLTQxMTEtODExMS" \
    "0xMTEx"                                                                                                 \
    "MTExMTExMTEiLCJhcHBpZCI6ImFwcCJ9.eA"
#define JWT_OTHER                                                                                            \
    "eyJhbGciOiJub25lIn0."                                                                                   \
    "eyJvaWQiOiI0NDQ0NDQ0NC00NDQ0LTQ0NDQtODQ0NC00NDQ0NDQ0NDQ0NDQiLCJ0aWQiOiIxMTExMTExMS0xMTExLTQxMTEtODExMS" \
    "0xMTEx"                                                                                                 \
    "MTExMTExMTEiLCJhcHBpZCI6ImFwcCJ9.eA"
#define HEAD(status) "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define TOKEN                                                                                                \
    HEAD("200 OK") "{\"access_token\":\"" JWT "\",\"expires_in\":\"3600\",\"token_type\":\"Bearer\"}"

static const struct plain_row rows[] = {
    {"GET /app?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com ",
     "X-IDENTITY-HEADER: app-secret", TOKEN},
    {"GET /old?api-version=2017-09-01&resource=https%3A%2F%2Fmanagement.azure.com&clientid=me ",
     "secret: old-secret", TOKEN},
    {"POST /shell ", "resource=https%3A%2F%2Fmanagement.azure.com", TOKEN},
    {"GET "
     "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com ",
     "Metadata: true", TOKEN},
    {"GET /metadata/", NULL, HEAD("400 Bad Request") "{\"error\":\"invalid_request\"}"},
    {"GET /none/metadata/", "Metadata: true",
     HEAD("400 Bad Request") "{\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}"},
    {"GET /none/", NULL, HEAD("400 Bad Request") "{}"},
    {"GET /arc?", NULL,
     "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=/etc/passwd\r\nConnection: close\r\n\r\n"},
    {"GET /broken?", NULL, HEAD("200 OK") "{\"access_token\":\"a b\"}"},
    {NULL, NULL, NULL},
};

static struct plain_server server;
static char *dir;
static struct cloud cloud;

static void test_read(void **state)
{
    static const struct {
        const char *text;
        const char *bearer; /* NULL: refused */
        int64_t expires, renew;
    } cases[] = {
        {"{\"access_token\":\"t\",\"expires_in\":3600}", "t", 1000 + 3600, 1000 + 3300},
        {"{\"access_token\":\"t\",\"expires_in\":\"3599\",\"expires_on\":\"5000\"}", "t", 5000, 4700},
        {"{\"access_token\":\"t\",\"expires_in\":86400,\"refresh_in\":43200}", "t", 87400, 44200},
        {"{\"access_token\":\"t\",\"expires_in\":86400}", "t", 87400, 1000 + 43200},
        {"{\"access_token\":\"t\",\"expires_in\":40}", "t", 1040, 1030},
        {"{\"access_token\":\"t\"}", "t", 1600, 1450},
        {"{\"accessToken\":\"t\",\"expires_on\":4600,\"expiresOn\":\"2099-01-01 00:00:00.000000\"}", "t",
         4600, 4300},
        {"{\"token\":\"t\",\"expiresOn\":\"1970-01-01T01:16:40Z\"}", "t", 4600, 4300},
        {"{\"access_token\":\"\\u0074\",\"x\":{\"access_token\":\"inner\"},\"expires_in\":3600}", "t", 4600,
         4300},
        {"{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: wrong\\r\\nTrace ID: 1\"}",
         NULL, 0, 0},
        {"{\"error\":{\"code\":\"x\"}}", NULL, 0, 0},
        {"{\"access_token\":\"\"}", NULL, 0, 0},
        {"{\"access_token\":7}", NULL, 0, 0},
        {"{\"access_token\":\"a\\r\\nX: y\"}", NULL, 0, 0}, /* would be a second header line */
        {"{\"access_token\":\"t\"", NULL, 0, 0},
        {"<html>", NULL, 0, 0},
        {"[]", NULL, 0, 0},
        {"", NULL, 0, 0},
    };

    (void)state;
    setenv("TZ", "UTC", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct token_found f = {{0}, 0, 0};
        struct err e = {""};
        int rc = token_read(&f, cases[i].text, strlen(cases[i].text), 1000, &e);

        if ((rc == 0) != (cases[i].bearer != NULL) ||
            (rc == 0 && strcmp(buf_str(&f.bearer), cases[i].bearer) != 0) ||
            (rc == 0 && (f.expires != cases[i].expires || f.renew != cases[i].renew)))
            fail_msg("%s: %d %s, %lld, %lld", cases[i].text, rc, e.text, (long long)f.expires,
                     (long long)f.renew);
        if (i == 9)
            assert_string_equal(e.text, "invalid_client: AADSTS7000215: wrong");
        wipe_buf(&f.bearer);
    }
}

static void test_form(void **state)
{
    struct buf form = {0};

    (void)state;
    token_form(&form, "a", "x");
    token_form(&form, "client_secret", "p&=+ %~\xc3\xa4");
    assert_string_equal(buf_str(&form), "a=x&client_secret=p%26%3D%2B%20%25~%C3%A4");
    wipe_buf(&form);
}

/* A run with nothing of the environment but this: NAME=value words, closed by NULL. %d is the server's port,
 * %s the folder of scripts. */
static int sign_in(const char *const *words, const char *credential, struct tokens **t, struct http **h,
                   struct err *e)
{
    static const char *const all[] = {"AZURE_TENANT_ID",
                                      "AZURE_CLIENT_ID",
                                      "AZURE_CLIENT_SECRET",
                                      "AZURE_CLIENT_CERTIFICATE_PATH",
                                      "AZURE_FEDERATED_TOKEN_FILE",
                                      "AZURE_AUTHORITY_HOST",
                                      "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                                      "AZURE_TOKEN_CREDENTIALS",
                                      "IDENTITY_ENDPOINT",
                                      "IDENTITY_HEADER",
                                      "IMDS_ENDPOINT",
                                      "MSI_ENDPOINT",
                                      "MSI_SECRET"};
    struct http_options options = {.connections = 2};
    struct token_options token = {.cloud = &cloud, .credential = credential};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        unsetenv(all[i]);
    setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1", 1); /* nobody there */
    setenv("PATH", "/nowhere", 1);
    for (size_t i = 0; words[i]; i++) {
        const char *equals = strchr(words[i], '=');
        char *name = mem_copy_n(words[i], (size_t)(equals - words[i]));
        struct buf value = {0};

        for (const char *p = equals + 1; *p; p++) {
            if (p[0] == '%' && p[1] == 'd')
                buf_print(&value, "%d", server.port);
            else if (p[0] == '%' && p[1] == 's')
                buf_text(&value, dir);
            else
                buf_char(&value, *p);
            p += p[0] == '%';
        }
        setenv(name, buf_str(&value), 1);
        free(name);
        buf_free(&value);
    }
    *t = NULL;
    if (http_open(h, &options, e) != 0)
        return -1;
    token.http = *h;
    return tokens_open(t, &token, e);
}

#define WORDS 6
static const struct {
    const char *name;
    const char *words[WORDS];
    const char *credential;
    const char *taken; /* NULL: nobody */
    const char *told;  /* part of the message then */
} chains[] = {
    {"App Service",
     {"IDENTITY_ENDPOINT=http://127.0.0.1:%d/app", "IDENTITY_HEADER=app-secret"},
     NULL,
     "ManagedIdentity",
     NULL},
    {"App Service of before 2019, with a client",
     {"MSI_ENDPOINT=http://127.0.0.1:%d/old", "MSI_SECRET=old-secret", "AZURE_CLIENT_ID=me"},
     NULL,
     "ManagedIdentity",
     NULL},
    {"Cloud Shell", {"MSI_ENDPOINT=http://127.0.0.1:%d/shell"}, NULL, "ManagedIdentity", NULL},
    {"instance metadata",
     {"AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:%d/"},
     NULL,
     "ManagedIdentity",
     NULL},
    {"a machine without an identity: the next is asked",
     {"AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:%d/none", "PATH=%s/az:/bin:/usr/bin"},
     NULL,
     "AzureCLI",
     NULL},
    {"metadata that is elsewhere is not asked",
     {"IDENTITY_ENDPOINT=http://192.0.2.1/app", "IDENTITY_HEADER=app-secret"},
     NULL,
     NULL,
     "ManagedIdentity: App Service, http://192.0.2.1/app: http://192.0.2.1/app"},
    {"Arc names a file that is not its own",
     {"IDENTITY_ENDPOINT=http://127.0.0.1:%d/arc", "IMDS_ENDPOINT=http://127.0.0.1:%d"},
     NULL,
     NULL,
     "/etc/passwd: the agent names a key file that is not its own"},
    {"a token that would be two header lines",
     {"IDENTITY_ENDPOINT=http://127.0.0.1:%d/broken", "IDENTITY_HEADER=x"},
     NULL,
     NULL,
     "characters that no token has"},
    {"az", {"PATH=%s/az:/bin:/usr/bin"}, NULL, "AzureCLI", NULL},
    {"azd", {"PATH=%s/azd:/bin:/usr/bin"}, NULL, "AzureDeveloperCLI", NULL},
    {"az is not signed in: azd is asked",
     {"PATH=%s/out:%s/azd:/bin:/usr/bin"},
     NULL,
     "AzureDeveloperCLI",
     NULL},
    {"az prints no JSON", {"PATH=%s/odd:/bin:/usr/bin"}, NULL, NULL, "AzureCLI: az: its answer is no JSON"},
    {"az prints without end", {"PATH=%s/endless:/bin:/usr/bin"}, NULL, NULL, "prints more than 65536 bytes"},
    {"one alone, by its short name",
     {"PATH=%s/az:/bin:/usr/bin", "IDENTITY_ENDPOINT=http://127.0.0.1:%d/app", "IDENTITY_HEADER=app-secret"},
     "azurecli",
     "AzureCLI",
     NULL},
    {"the environment narrows it: development",
     {"PATH=%s/az:/bin:/usr/bin", "IDENTITY_ENDPOINT=http://127.0.0.1:%d/app", "IDENTITY_HEADER=app-secret",
      "AZURE_TOKEN_CREDENTIALS=dev"},
     NULL,
     "AzureCLI",
     NULL},
    {"the environment names one",
     {"PATH=%s/az:/bin:/usr/bin", "AZURE_TOKEN_CREDENTIALS=AzureCliCredential"},
     NULL,
     "AzureCLI",
     NULL},
    {"the environment names none of ours",
     {"PATH=%s/az:/bin:/usr/bin", "AZURE_TOKEN_CREDENTIALS=VisualStudioCredential"},
     NULL,
     NULL,
     "AZURE_TOKEN_CREDENTIALS"},
    {"set up but refused: nobody else is asked, that would be another identity",
     {"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s3cret-value",
      "AZURE_AUTHORITY_HOST=https://127.0.0.1:1", "PATH=%s/az:/bin:/usr/bin"},
     NULL,
     NULL,
     "cannot sign in: Environment: "},
    {"a tenant that would change the address",
     {"AZURE_TENANT_ID=../x", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s3cret-value"},
     NULL,
     NULL,
     "neither a GUID nor a domain name"},
    {"a login without TLS",
     {"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s3cret-value",
      "AZURE_AUTHORITY_HOST=http://127.0.0.1:%d"},
     NULL,
     NULL,
     "only https is spoken"},
    {"nothing at all: every one is named",
     {NULL},
     NULL,
     NULL,
     "Environment: not set: AZURE_TENANT_ID; WorkloadIdentity: not set: AZURE_FEDERATED_TOKEN_FILE; "
     "ManagedIdentity: "
     "no instance metadata service of Azure answers at http://127.0.0.1:1; AzureCLI: az: not found along "
     "PATH; "
     "AzureDeveloperCLI: azd: not found along PATH"},
};

static void test_chain(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct tokens *t = NULL;
        struct http *h = NULL;
        struct err e = {""};
        int rc = sign_in(chains[i].words, chains[i].credential, &t, &h, &e);

        if ((rc == 0) != (chains[i].taken != NULL))
            fail_msg("%s: %d %s", chains[i].name, rc, e.text);
        if (rc == 0) {
            assert_string_equal(tokens_credential(t), chains[i].taken);
            assert_string_equal(tokens_principal(t), OID);
            assert_string_equal(tokens_tenant(t), TID);
            assert_string_equal(tokens_client(t), "app");
        } else if (!strstr(e.text, chains[i].told)) {
            fail_msg("%s: %s", chains[i].name, e.text);
        }
        assert_null(strstr(e.text, "s3cret"));
        assert_null(strstr(e.text, "app-secret"));
        assert_null(strstr(e.text, "eyJ"));
        tokens_close(t);
        http_close(h);
    }
}

/* One token serves all until it is spoilt; a new one must be of the same identity. */
static void test_renewal(void **state)
{
    static const char *const words[] = {"PATH=%s/count:/bin:/usr/bin", NULL};
    struct tokens *t = NULL;
    struct http *h = NULL;
    struct err e = {""};
    const char *bearer = NULL;
    int first = 0, second = 0;
    char *path = file_join(dir, "count/n");

    (void)state;
    unlink(path);
    free(path);
    if (sign_in(words, NULL, &t, &h, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(tokens_get(t, "https://management.azure.com", &bearer, &first, &e), 0);
    assert_string_equal(bearer, JWT);
    assert_int_equal(tokens_get(t, "https://management.azure.com", &bearer, &second, &e), 0);
    assert_int_equal(first, second);
    tokens_spoilt(t, "https://management.azure.com", first, NULL);
    tokens_spoilt(t, "https://management.azure.com", first, NULL); /* all that used it say so */
    assert_int_equal(tokens_get(t, "https://management.azure.com", &bearer, &second, &e), 0);
    assert_int_not_equal(first, second);
    tokens_spoilt(t, "https://management.azure.com", first, NULL); /* late: there is a new one */
    assert_int_equal(tokens_get(t, "https://management.azure.com", &bearer, &first, &e), 0);
    assert_int_equal(first, second);
    tokens_spoilt(t, "https://management.azure.com", first, NULL);
    assert_int_equal(tokens_get(t, "https://management.azure.com", &bearer, &first, &e), -1);
    assert_non_null(strstr(e.text, "for another identity"));
    tokens_close(t);
    http_close(h);
}

static void test_names(void **state)
{
    struct err e = {""};

    (void)state;
    assert_int_equal(token_check_name("EnvironmentCredential", &e), 0);
    assert_int_equal(token_check_name("azuredeveloperclicredential", &e), 0);
    assert_int_equal(token_check_name("Credential", &e), -1);
    assert_int_equal(token_check_name("", &e), -1);
    assert_non_null(
        strstr(e.text, "Environment, WorkloadIdentity, ManagedIdentity, AzureCLI, AzureDeveloperCLI"));
}

static void script(const char *folder, const char *name, const char *text)
{
    char *where = file_join(dir, folder), *path = file_join(where, name);

    assert_int_equal(file_make_dir(where, 0700, NULL), 0);
    assert_int_equal(file_write(path, text, strlen(text), 0700, NULL), 0);
    free(where);
    free(path);
}

static int make(void **state)
{
    char name[] = "/tmp/kc-token-XXXXXX";
    char *count = NULL;

    (void)state;
    dir = mem_copy(mkdtemp(name));
    if (!dir || cloud_open(&cloud, "AzureCloud", NULL, NULL) != 0)
        return -1;
    /* az says no to anything but exactly these arguments */
    script("az", "az",
           "#!/bin/sh\n[ \"$*\" = 'account get-access-token --output json --scope "
           "https://management.azure.com/.default' ] || { echo wrong arguments >&2; exit 2; }\n[ \"$(pwd)\" "
           "= / ] || exit "
           "3\ncat <<E\n{\"accessToken\": \"" JWT
           "\", \"expiresOn\": \"2099-01-01 00:00:00.000000\", \"tenant\": \"x\"}\nE\nsleep 100 &\n");
    script("azd", "azd",
           "#!/bin/sh\n[ \"$*\" = 'auth token --output json --scope https://management.azure.com/.default' ] "
           "|| exit 2\n"
           "echo '{\"token\":\"" JWT "\",\"expiresOn\":\"2099-01-01T00:00:00Z\"}'\n");
    script("out", "az", "#!/bin/sh\necho \"ERROR: Please run 'az login'\" >&2\nexit 1\n");
    script("odd", "az", "#!/bin/sh\necho hello\n");
    script("endless", "az", "#!/bin/sh\nwhile :; do echo 0123456789012345678901234567890123456789; done\n");
    count = mem_print("#!/bin/sh\necho >>'%s/count/n'\n[ $(wc -l <'%s/count/n') -lt 3 ] && t=" JWT
                      " || t=" JWT_OTHER "\necho '{\"accessToken\":\"'$t'\",\"expires_on\":4000000000}'\n",
                      dir, dir);
    script("count", "az", count);
    free(count);
    return plain_start(&server, rows);
}

static int drop(void **state)
{
    int rc = file_remove_tree(dir, NULL);

    (void)state;
    free(plain_stop(&server));
    free(dir);
    cloud_free(&cloud);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),    cmocka_unit_test(test_form),  cmocka_unit_test(test_chain),
        cmocka_unit_test(test_renewal), cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
