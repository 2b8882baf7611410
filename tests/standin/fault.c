/* What a rule does to a request. See rule.h and place.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conn.h"
#include "place.h"

/* The operation that a GET of this path is, "Microsoft.Compute/disks/read". */
static void fault_action(const char *path, struct buf *out)
{
    const char *at = NULL, *p = path;
    int n = 0;

    while ((p = strcasestr(p, "/providers/"))) {
        at = p + 11;
        p = at;
    }
    if (!at) {
        buf_text(out, strcasestr(path, "/resourceGroups")
                          ? "Microsoft.Resources/subscriptions/resourceGroups/read"
                          : "Microsoft.Resources/subscriptions/read");
        return;
    }
    for (p = at; *p; n++) {
        size_t len = strcspn(p, "/");

        if (n == 0 || n % 2 == 1) {
            buf_text(out, n ? "/" : "");
            buf_add(out, p, len);
        }
        p += len + (p[len] == '/');
    }
    buf_text(out, "/read");
}

static void fault_scope(const char *path, struct buf *out)
{
    const char *at = strcasestr(path, "/providers/");

    /* the scope of a list is what stands before its provider, that of one thing is its id */
    if (at && strncasecmp(path, "/subscriptions/", 15) == 0) {
        int slashes = 0;

        for (const char *p = at + 11; *p; p++)
            slashes += *p == '/';
        buf_add(out, path, slashes % 2 == 0 ? strlen(path) : (size_t)(at - path));
    } else {
        buf_text(out, path);
    }
}

static void fault_forbidden(struct server *s, struct exchange *x)
{
    struct buf action = {0}, scope = {0};
    const char *oid = s->options->oid;

    fault_action(x->path, &action);
    fault_scope(x->path, &scope);
    exchange_error(
        x, 403, "AuthorizationFailed",
        "The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope "
        "'%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        oid, oid, buf_str(&action), buf_str(&scope));
    buf_free(&action);
    buf_free(&scope);
}

/* https://github.com/Azure/bicep/issues/6539 shows the whole text. */
static void fault_key_rbac(struct server *s, struct exchange *x)
{
    exchange_error(
        x, 400, "ForbiddenByRbac",
        "[ForbiddenByRbac (Forbidden)] Caller is not authorized to perform action on resource.\r\nIf role "
        "assignments, deny assignments or role definitions were changed recently, please observe "
        "propagation time.\r\nCaller: name=KeyVault/ManagementPlane;appid=%s;oid=%s;iss=https://"
        "sts.windows.net/%s/\r\nAction: 'Microsoft.KeyVault/vaults/keys/read'\r\nResource: '%s'\r\n"
        "Assignment: (not found)\r\n",
        s->options->client, s->options->oid, s->options->tenant, x->path);
}

static void fault_old_version(struct exchange *x, const struct rule_row *rule)
{
    struct buf version = {0}, list = {0};
    char *type = NULL;
    const char *text = rule->text ? rule->text : "2015-01-01";

    exchange_parameter(x, "api-version", &version);
    for (const char *p = text; *p; p += strcspn(p, " ") + (p[strcspn(p, " ")] == ' ')) {
        buf_text(&list, list.len ? ", " : "");
        buf_add(&list, p, strcspn(p, " "));
    }
    type = estate_type(x->path);
    exchange_error(
        x, 400, "NoRegisteredProviderFound",
        "No registered resource provider found for location 'westeurope' and API version '%s' for type '%s'. "
        "The supported api-versions are '%s'. The supported locations are 'westeurope, northeurope'.",
        buf_str(&version), strchr(type, '/') ? strrchr(type, '/') + 1 : type, buf_str(&list));
    buf_free(&version);
    buf_free(&list);
    free(type);
}

/* A challenge as the v2 endpoints of Entra ID ask for claims: base64 of {"access_token":{"nbf":...}}. */
static void fault_claims(struct server *s, struct exchange *x)
{
    exchange_error(x, 401, "InvalidAuthenticationToken",
                   "Continuous access evaluation resulted in a challenge.");
    exchange_say(
        x, "www-authenticate",
        "Bearer realm=\"\", authorization_uri=\"%s/common/oauth2/authorize\", error=\"insufficient_claims\", "
        "claims=\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNzYwMDAwMDAwIn19fQ==\"",
        s->origin);
}

/* A subscription of a tenant that the token is not of. */
static void fault_other_tenant(struct server *s, struct exchange *x)
{
    static const char other[] = "99999999-9999-4999-8999-999999999999";

    exchange_error(x, 401, "InvalidAuthenticationTokenTenant",
                   "The access token is from the wrong issuer '%s/%s/'. It must match the tenant '%s/%s/' "
                   "associated with this subscription.",
                   s->origin, s->options->tenant, s->origin, other);
    exchange_say(x, "www-authenticate",
                 "Bearer authorization_uri=\"%s/%s\", error=\"invalid_token\", error_description=\"The "
                 "access token is from the wrong issuer.\"",
                 s->origin, other);
}

static void fault_challenge(struct server *s, struct exchange *x, const struct rule_row *rule)
{
    exchange_error(x, 401, "Unauthorized", "AKV10022: Invalid audience.");
    exchange_say(x, "www-authenticate", "Bearer authorization=\"%s/%s\", resource=\"%s\"",
                 rule->to ? rule->to : s->thief, s->options->tenant,
                 rule->text ? rule->text : "https://evil.example");
}

static void fault_echo_header(struct exchange *x)
{
    const char *given = exchange_header(x, "authorization");

    exchange_say(x, "set-cookie", "session=%.1500s; Secure", given ? given : "");
    exchange_say(x, "etag", "%.1500s", given ? given : "");
}

/* As JSON that a list could be, too. */
static void fault_echo(struct exchange *x, const struct rule_row *rule)
{
    const char *given = exchange_header(x, "authorization");
    struct json_out o = {.compact = 1};

    json_begin(&o);
    json_object(&o, NULL);
    json_array(&o, "value");
    json_array_end(&o);
    json_object(&o, "error");
    json_put_text(&o, "code", "BadRequest");
    json_put_text(&o, "message", given ? given : buf_str(&x->asked));
    json_object_end(&o);
    json_object_end(&o);
    exchange_json(x, rule->status ? (int)rule->status : 400, &o);
    fault_echo_header(x);
}

static void fault_throttle(struct exchange *x, const struct rule_row *rule, int64_t seconds)
{
    exchange_error(x, 429, rule->text ? rule->text : "TooManyRequests",
                   "The request is being throttled as the limit has been reached for this operation type.");
    exchange_say(x, "retry-after", "%lld", (long long)seconds);
}

static void fault_status(struct exchange *x, const struct rule_row *rule)
{
    int status = rule->status ? (int)rule->status : 500;

    exchange_error(x, status, status == 503 ? "ServiceUnavailable" : "InternalServerError",
                   "The server encountered an error and could not complete the request.");
    if (rule->retry_after)
        exchange_say(x, "retry-after", "%lld", (long long)rule->retry_after);
}

static void fault_html(struct exchange *x, const struct rule_row *rule)
{
    exchange_text(
        x, rule->status ? (int)rule->status : 200, "text/html",
        "<!DOCTYPE html>\n<html><head><title>Web gateway</title></head><body><h1>Your request was blocked"
        "</h1><p>Please sign in to the proxy.</p></body></html>\n");
}

static void fault_redirect(struct server *s, struct exchange *x, const struct rule_row *rule)
{
    exchange_text(x, rule->status ? (int)rule->status : 307, "text/plain", "");
    exchange_say(x, "location", "%s%s", rule->to ? rule->to : s->thief, x->target);
}

int fault_answer(struct server *s, struct exchange *x, const struct rule_row *rule)
{
    int left = 0;

    switch (rule->kind) {
    case RULE_THROTTLE:
        fault_throttle(x, rule, rule->retry_after);
        break;
    case RULE_LIMIT:
        left = rule->rate > 0 ? (int)(1 / rule->rate) : 60;
        fault_throttle(x, rule, left ? left : 1);
        break;
    case RULE_ERROR:
        fault_status(x, rule);
        break;
    case RULE_RESET:
        x->way = EXCHANGE_RESET;
        break;
    case RULE_STREAM_RESET:
        x->way = EXCHANGE_STREAM;
        break;
    case RULE_HANG:
        x->way = EXCHANGE_HANG;
        break;
    case RULE_HTML:
        fault_html(x, rule);
        break;
    case RULE_FORBIDDEN:
        fault_forbidden(s, x);
        break;
    case RULE_KEY_RBAC:
        fault_key_rbac(s, x);
        break;
    case RULE_NOT_REGISTERED:
        exchange_error(x, 409, "MissingSubscriptionRegistration",
                       "The subscription is not registered to use namespace '%s'.",
                       rule->text ? rule->text : "");
        break;
    case RULE_GONE:
        exchange_error(x, 404, "ResourceNotFound", "The Resource '%s' was not found.", x->path);
        break;
    case RULE_OLD_VERSION:
        fault_old_version(x, rule);
        break;
    case RULE_REDIRECT:
        fault_redirect(s, x, rule);
        break;
    case RULE_CHALLENGE:
        fault_challenge(s, x, rule);
        break;
    case RULE_OTHER_TENANT:
        fault_other_tenant(s, x);
        break;
    case RULE_CLAIMS:
        fault_claims(s, x);
        break;
    case RULE_ECHO:
        fault_echo(x, rule);
        break;
    case RULE_EXPIRED:
        x->bearer->revoked = 1;
        return 0; /* place_may says the rest */
    default:
        return 0;
    }
    return 1;
}

/* ---- the answer, spoilt */

static int fault_is_list(const struct exchange *x)
{
    struct json *doc = NULL;
    int is = x->status == 200 && json_parse(&doc, x->body, x->size, NULL) == 0 &&
             json_is(json_get(doc, "value"), JSON_ARRAY);

    json_free(doc);
    return is;
}

/* The body with this nextLink in place of its own. Only lists have one. */
static void fault_next(struct exchange *x, const char *next)
{
    struct buf out = {0};
    const char *old = memmem(x->body, x->size, "\"nextLink\"", 10), *stop = NULL;
    size_t n = x->size;

    if (!fault_is_list(x))
        return;
    if (old) { /* the value: a string without quotes in it, or null */
        stop = old + 10 + strspn(old + 10, " :\n\t");
        stop = *stop == '"' ? strchr(stop + 1, '"') + 1 : stop + 4;
        buf_add(&out, x->body, (size_t)(old - x->body));
        buf_print(&out, "\"nextLink\":\"%s\"", next);
        buf_add(&out, stop, (size_t)(x->body + x->size - stop));
    } else {
        while (n && x->body[n - 1] != '}')
            n--;
        buf_add(&out, x->body, n ? n - 1 : 0);
        buf_print(&out, ",\"nextLink\":\"%s\"}", next);
    }
    buf_free(&x->own);
    x->own = out;
    x->body = buf_str(&x->own);
    x->size = x->own.len;
}

static void fault_body(struct exchange *x, const char *body)
{
    if (x->status != 200)
        return;
    buf_clear(&x->own);
    buf_text(&x->own, body);
    x->body = buf_str(&x->own);
    x->size = x->own.len;
}

void fault_spoil(struct server *s, struct exchange *x, const struct rule_row *rule)
{
    char *next = NULL;

    switch (rule->kind) {
    case RULE_ECHO_HEADER:
        fault_echo_header(x);
        break;
    case RULE_SLOW:
        x->delay = rule->delay;
        break;
    case RULE_TRUNCATE:
        x->way = EXCHANGE_TRUNCATED;
        break;
    case RULE_DRIP:
        x->way = EXCHANGE_DRIP;
        x->drip_ms = rule->delay ? rule->delay : 50;
        x->drip_bytes = rule->bytes ? (size_t)rule->bytes : 1;
        break;
    case RULE_GOAWAY:
        x->way = EXCHANGE_GOAWAY;
        break;
    case RULE_INVALID_JSON:
        x->size = x->size > 2 ? x->size / 2 : 0; /* the length says so too */
        break;
    case RULE_FOREIGN_NEXT:
        next = mem_print("%s%s", rule->to ? rule->to : s->thief, x->target);
        fault_next(x, next);
        break;
    case RULE_NEXT_LOOP:
        next = mem_print("%s%s", s->origin, x->target);
        fault_next(x, next);
        break;
    case RULE_RELATIVE_NEXT:
        fault_next(x, x->target);
        break;
    case RULE_NULL_VALUE:
        fault_body(x, "{\"value\":null}");
        break;
    case RULE_EMPTY:
        fault_body(x, "{\"value\":[]}");
        break;
    default:
        break;
    }
    free(next);
}
