/* Tokens of an application, from Microsoft Entra ID: its secret, its certificate, or a token that another
 * issuer gives this workload. Variables: azure-identity, EnvironmentCredential and
 * WorkloadIdentityCredential. */
#include <stdlib.h>
#include <string.h>

#include "azure/token_source.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/assertion.h"
#include "lib/wipe.h"

#define TOKEN_FILE_MAX 65536

/* Tenant and client go into a URL and an assertion: a GUID or a domain name. */
static int token_is_name(const char *text)
{
    return *text &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == strlen(text);
}

static char *token_endpoint(const struct token_wanted *w, const char *tenant)
{
    const char *authority = token_variable("AZURE_AUTHORITY_HOST");
    size_t n = 0;

    if (!authority)
        authority = w->authority;
    n = strlen(authority);
    while (n && authority[n - 1] == '/')
        n--;
    return mem_print("%s%.*s/%s/oauth2/v2.0/token", strstr(authority, "://") ? "" : "https://", (int)n,
                     authority, tenant);
}

static enum token_outcome token_sign_in(const struct token_wanted *w, const char *endpoint,
                                        const char *client, const char *secret, const struct buf *assertion,
                                        struct token_found *out, struct err *why)
{
    struct buf form = {0};
    char *scope = mem_print("%s/.default", w->audience);
    struct http_request request = {.method = "POST",
                                   .url = endpoint,
                                   .body_type = "application/x-www-form-urlencoded",
                                   .timeout = 30,
                                   .connect_timeout = 10};
    enum token_outcome outcome = TOKEN_FAILED;
    int status = 0;

    token_form(&form, "grant_type", "client_credentials");
    token_form(&form, "client_id", client);
    token_form(&form, "scope", scope);
    if (secret)
        token_form(&form, "client_secret", secret);
    if (assertion) {
        token_form(&form, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        token_form(&form, "client_assertion", buf_str(assertion));
    }
    if (w->claims)
        token_form(&form, "claims", w->claims);
    request.body = buf_str(&form);
    request.body_size = form.len;
    outcome = token_ask(w, &request, NULL, &status, out, why);
    wipe_buf(&form);
    free(scope);
    return outcome;
}

enum token_outcome token_environment(const struct token_wanted *w, struct token_found *out, struct err *why)
{
    const char *tenant = token_variable("AZURE_TENANT_ID"), *client = token_variable("AZURE_CLIENT_ID"),
               *secret = token_variable("AZURE_CLIENT_SECRET"),
               *path = token_variable("AZURE_CLIENT_CERTIFICATE_PATH"),
               *chain = token_variable("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN");
    struct buf assertion = {0};
    char *endpoint = NULL;
    enum token_outcome outcome = TOKEN_FAILED;

    if (!tenant || !client || (!secret && !path)) {
        err_set(why, "not set: %s",
                !tenant   ? "AZURE_TENANT_ID"
                : !client ? "AZURE_CLIENT_ID"
                          : "AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH");
        return TOKEN_NOT_HERE;
    }
    if (!token_is_name(tenant) || !token_is_name(client)) {
        err_set(why, "AZURE_TENANT_ID or AZURE_CLIENT_ID is neither a GUID nor a domain name");
        return TOKEN_FAILED;
    }
    endpoint = token_endpoint(w, tenant);
    if (!secret) {
        struct assertion a = {.path = path,
                              .password = token_variable("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
                              .chain = chain && (*chain == '1' || *chain == 't' || *chain == 'T'),
                              .audience = endpoint,
                              .client_id = client,
                              .now = clock_now()};

        if (assertion_make(&a, &assertion, why) != 0)
            goto out;
    }
    outcome = token_sign_in(w, endpoint, client, secret, secret ? NULL : &assertion, out, why);
out:
    wipe_buf(&assertion);
    free(endpoint);
    return outcome;
}

enum token_outcome token_workload(const struct token_wanted *w, struct token_found *out, struct err *why)
{
    const char *tenant = token_variable("AZURE_TENANT_ID"), *client = token_variable("AZURE_CLIENT_ID"),
               *path = token_variable("AZURE_FEDERATED_TOKEN_FILE");
    struct buf assertion = {0};
    char *endpoint = NULL;
    enum token_outcome outcome = TOKEN_FAILED;

    if (!tenant || !client || !path) {
        err_set(why, "not set: %s",
                !path     ? "AZURE_FEDERATED_TOKEN_FILE"
                : !tenant ? "AZURE_TENANT_ID"
                          : "AZURE_CLIENT_ID");
        return TOKEN_NOT_HERE;
    }
    if (!token_is_name(tenant) || !token_is_name(client)) {
        err_set(why, "AZURE_TENANT_ID or AZURE_CLIENT_ID is neither a GUID nor a domain name");
        return TOKEN_FAILED;
    }
    /* read each time: the kubelet replaces it before it runs out */
    wipe_reserve(&assertion, TOKEN_FILE_MAX + 1);
    if (file_read(path, TOKEN_FILE_MAX, &assertion, why) != 0)
        goto out;
    while (assertion.len && strchr(" \t\r\n", assertion.data[assertion.len - 1]))
        assertion.data[--assertion.len] = '\0';
    if (!assertion.len) {
        err_set(why, "%s: empty", path);
        goto out;
    }
    endpoint = token_endpoint(w, tenant);
    outcome = token_sign_in(w, endpoint, client, NULL, &assertion, out, why);
out:
    wipe_buf(&assertion);
    free(endpoint);
    return outcome;
}
