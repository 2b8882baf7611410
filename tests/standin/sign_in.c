/* Entra ID and AD FS: tokens for client credentials. See place.h. Facts: Microsoft identity platform,
 * "OAuth 2.0 client credentials flow" and "certificate credentials"; errors as AADSTS texts have them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "place.h"

#define SIGN_IN_JWT "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static size_t place_length(const char *audience)
{
    size_t n = strlen(audience);

    while (n && audience[n - 1] == '/')
        n--;
    return n;
}

static int place_same(const char *audience, const char *other)
{
    size_t n = place_length(audience);

    return n == strlen(other) && strncasecmp(audience, other, n) == 0;
}

int place_is_arm(const struct server *s, const char *audience)
{
    return place_same(audience, "https://management.azure.com") ||
           place_same(audience, "https://management.core.windows.net") || place_same(audience, s->origin);
}

int place_is_vault(const struct server *s, const char *audience)
{
    char *ours = s->options->vaults ? mem_print("https://%s", s->options->vaults) : NULL;
    int is = place_same(audience, "https://vault.azure.net") || (ours && place_same(audience, ours));

    free(ours);
    return is;
}

void place_give_token(struct server *s, struct exchange *x, const struct place_token *wish)
{
    const struct options *o = s->options;
    char *issuer = mem_print("https://sts.windows.net/%s/", o->tenant);
    struct token_wish w = {wish->resource, o->tenant,        o->client,   o->oid,
                           issuer,         o->token_seconds, wish->claims};
    const struct token *token = tokens_give(&s->tokens, &w);
    struct json_out out = {.compact = 1};
    char seconds[24], on[24], from[24];

    if (s->token_list) {
        fprintf(s->token_list, "%s\n", token->text);
        fflush(s->token_list);
    }
    json_begin(&out);
    json_object(&out, NULL);
    json_put_text(&out, "token_type", "Bearer");
    if (wish->strings) {
        snprintf(seconds, sizeof seconds, "%lld", (long long)o->token_seconds);
        snprintf(on, sizeof on, "%lld", (long long)token->expires);
        snprintf(from, sizeof from, "%lld", (long long)(token->expires - o->token_seconds));
        json_put_text(&out, "expires_in", seconds);
        json_put_text(&out, "ext_expires_in", seconds);
        json_put_text(&out, "expires_on", on);
        json_put_text(&out, "not_before", from);
        json_put_text(&out, "resource", wish->resource);
        json_put_text(&out, "client_id", o->client);
    } else {
        json_put_int(&out, "expires_in", o->token_seconds);
        json_put_int(&out, "ext_expires_in", o->token_seconds);
        if (o->refresh_seconds)
            json_put_int(&out, "refresh_in", o->refresh_seconds);
    }
    json_put_text(&out, "access_token", token->text);
    json_object_end(&out);
    exchange_json(x, 200, &out);
    exchange_say(x, "cache-control", "no-store, no-cache");
    free(issuer);
}

static void sign_in_refuse(struct exchange *x, int status, const char *error, int code, const char *text)
{
    struct json_out o = {.compact = 1};
    char *description = mem_print("AADSTS%d: %s", code, text);
    char now[CLOCK_TEXT];

    clock_text(clock_now(), now);
    json_begin(&o);
    json_object(&o, NULL);
    json_put_text(&o, "error", error);
    json_put_text(&o, "error_description", description);
    json_array(&o, "error_codes");
    json_put_int(&o, NULL, code);
    json_array_end(&o);
    json_put_text(&o, "timestamp", now);
    json_put_text(&o, "trace_id", "00000000-0000-4000-8000-000000000001");
    json_put_text(&o, "correlation_id", "00000000-0000-4000-8000-000000000002");
    json_object_end(&o);
    exchange_json(x, status, &o);
    free(description);
}

static int sign_in_federated(const struct options *o, const char *assertion)
{
    struct buf text = {0};
    int same = 0;

    if (!o->federated || file_read(o->federated, 1 << 20, &text, NULL) != 0)
        return 0;
    while (text.len && strchr("\r\n \t", text.data[text.len - 1]))
        text.len--;
    same = text.len == strlen(assertion) && memcmp(text.data, assertion, text.len) == 0;
    buf_free(&text);
    return same;
}

/* Who is it? 1: the client that we know. */
static int sign_in_client(struct server *s, struct exchange *x)
{
    const struct options *o = s->options;
    struct buf client = {0}, secret = {0}, kind = {0}, assertion = {0};
    char *endpoint = mem_print("%s%s", s->origin, x->path), *text = NULL;
    const char *why = "the request body must contain 'client_assertion' or 'client_secret'";
    int ok = 0;

    exchange_form(x, "client_id", &client);
    if (strcasecmp(buf_str(&client), o->client) != 0) {
        text = mem_print("Application with identifier '%s' was not found in the directory '%s'.",
                         buf_str(&client), o->tenant);
        sign_in_refuse(x, 400, "unauthorized_client", 700016, text);
    } else if (exchange_form(x, "client_assertion", &assertion)) {
        exchange_form(x, "client_assertion_type", &kind);
        if (strcmp(buf_str(&kind), SIGN_IN_JWT) == 0 &&
            (sign_in_federated(o, buf_str(&assertion)) ||
             assertion_check(o, buf_str(&assertion), endpoint, &why) == 0)) {
            ok = 1;
        } else {
            text = mem_print("Client assertion failed signature validation: %s.", why);
            sign_in_refuse(x, 401, "invalid_client", 700027, text);
        }
    } else if (!exchange_form(x, "client_secret", &secret)) {
        sign_in_refuse(x, 401, "invalid_client", 7000218, why);
    } else if (!o->secret || strcmp(buf_str(&secret), o->secret) != 0) {
        sign_in_refuse(
            x, 401, "invalid_client", 7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client "
            "secret value, not the client secret ID.");
    } else {
        ok = 1;
    }
    free(endpoint);
    free(text);
    buf_free(&client);
    buf_free(&secret);
    buf_free(&kind);
    buf_free(&assertion);
    return ok;
}

static void sign_in_token(struct server *s, struct exchange *x)
{
    struct buf grant = {0}, resource = {0}, claims = {0};
    struct place_token wish = {0};

    exchange_form(x, "grant_type", &grant);
    if (strcmp(buf_str(&grant), "client_credentials") != 0) {
        sign_in_refuse(x, 400, "unsupported_grant_type", 70003,
                       "The app requested an unsupported grant type.");
        goto out;
    }
    if (!exchange_form(x, "scope", &resource) && exchange_form(x, "resource", &resource))
        wish.strings = 1;
    resource.len = strcspn(buf_str(&resource), " ");
    if (resource.len > 9 && memcmp(resource.data + resource.len - 9, "/.default", 9) == 0)
        resource.len -= 9;
    if (resource.data)
        resource.data[resource.len] = '\0';
    wish.resource = buf_str(&resource);
    wish.claims = exchange_form(x, "claims", &claims) && strstr(buf_str(&claims), "nbf") != NULL;
    if (!sign_in_client(s, x))
        goto out;
    if (!place_is_arm(s, wish.resource) && !place_is_vault(s, wish.resource)) {
        char *text = mem_print("The resource principal named %s was not found in the tenant.", wish.resource);

        sign_in_refuse(x, 400, "invalid_resource", 500011, text);
        free(text);
        goto out;
    }
    place_give_token(s, x, &wish);
out:
    buf_free(&grant);
    buf_free(&resource);
    buf_free(&claims);
}

/* https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc, as far as MSAL reads it. */
static void sign_in_discovery(struct server *s, struct exchange *x, const char *tenant, int adfs)
{
    struct json_out o = {.compact = 1};
    char *token = mem_print("%s/%s/oauth2/%stoken", s->origin, tenant, adfs ? "" : "v2.0/");
    char *authorize = mem_print("%s/%s/oauth2/%sauthorize", s->origin, tenant, adfs ? "" : "v2.0/");
    char *issuer =
        adfs ? mem_print("%s/adfs", s->origin) : mem_print("%s/%s/v2.0", s->origin, s->options->tenant);

    json_begin(&o);
    json_object(&o, NULL);
    json_put_text(&o, "token_endpoint", token);
    json_put_text(&o, "authorization_endpoint", authorize);
    json_put_text(&o, "issuer", issuer);
    json_object_end(&o);
    exchange_json(x, 200, &o);
    free(token);
    free(authorize);
    free(issuer);
}

static void sign_in_instance(struct server *s, struct exchange *x)
{
    struct json_out o = {.compact = 1};
    char *config = mem_print("%s/%s/v2.0/.well-known/openid-configuration", s->origin, s->options->tenant);

    json_begin(&o);
    json_object(&o, NULL);
    json_put_text(&o, "tenant_discovery_endpoint", config);
    json_put_text(&o, "api-version", "1.1");
    json_array(&o, "metadata");
    json_array_end(&o);
    json_object_end(&o);
    exchange_json(x, 200, &o);
    free(config);
}

int place_sign_in(struct server *s, struct exchange *x)
{
    size_t n = strcspn(x->path + 1, "/");
    const char *rest = x->path + 1 + n;
    char *tenant = mem_copy_n(x->path + 1, n);
    int adfs = strcasecmp(tenant, "adfs") == 0, ours = 1;
    int known = adfs || strcasecmp(tenant, s->options->tenant) == 0 || strcasecmp(tenant, "common") == 0 ||
                strcasecmp(tenant, "organizations") == 0;

    if (strcasecmp(x->path, "/common/discovery/instance") == 0) {
        sign_in_instance(s, x);
    } else if (strcasecmp(rest, "/oauth2/v2.0/token") != 0 && strcasecmp(rest, "/oauth2/token") != 0 &&
               !exchange_glob("*/.well-known/openid-configuration", rest)) {
        ours = 0;
    } else if (!known) {
        char *text =
            mem_print("Tenant '%s' not found. Check to make sure you have the correct tenant ID.", tenant);

        sign_in_refuse(x, 400, "invalid_request", 90002, text);
        free(text);
    } else if (!exchange_glob("*/token", rest)) {
        sign_in_discovery(s, x, tenant, adfs);
    } else if (strcasecmp(x->method, "POST") != 0) {
        sign_in_refuse(x, 400, "invalid_request", 900561, "The endpoint only accepts POST requests.");
    } else {
        sign_in_token(s, x);
    }
    free(tenant);
    return ours;
}
