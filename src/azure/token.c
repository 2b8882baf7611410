/* Signing in. See token.h. The order and the names are those of DefaultAzureCredential (azure-identity,
 * "DefaultAzureCredential", also AZURE_TOKEN_CREDENTIALS); what needs a browser or PowerShell is left out. */
#include "azure/token.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/token_source.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/note.h"
#include "lib/json.h"
#include "lib/wipe.h"

#define TOKEN_REST                                                                                           \
    20000 /* milliseconds after a failure; each that waits for the token hears of it at once                 \
           */

static const struct token_row {
    const char *name; /* + "Credential" in the SDKs */
    const char *group;
    token_get *get;
} token_rows[] = {
    {"Environment", "prod", token_environment}, {"WorkloadIdentity", "prod", token_workload},
    {"ManagedIdentity", "prod", token_managed}, {"AzureCLI", "dev", token_az},
    {"AzureDeveloperCLI", "dev", token_azd},
};
#define TOKEN_ROWS (sizeof token_rows / sizeof *token_rows)

struct token_kept {
    struct token_kept *next;
    char *audience, *claims;
    struct token_found found;
    int which, spoilt;
    int64_t failed_until; /* clock_ticks(): until then nobody is asked again */
    struct err failed;
};

struct tokens {
    const struct cloud *cloud;
    struct http *http;
    const volatile sig_atomic_t *stop;
    const struct token_row *row; /* the one that worked; NULL before */
    struct token_kept *kept;
    char *oid, *tid, *client;
    int count;
};

/* ---- who the token is for (RFC 7519; Microsoft identity platform, "Access token claims reference") */

struct token_claims {
    struct {
        const char *at;
        size_t n;
    } name;
    char *oid, *tid, *app, *person;
};

static int token_claim(void *ctx, enum json_event event, const char *at, size_t n, int depth, struct err *e)
{
    struct token_claims *c = ctx;
    struct {
        const char *name;
        char **slot;
    } want[] = {{"oid", &c->oid},
                {"tid", &c->tid},
                {"appid", &c->app},
                {"azp", &c->app},
                {"upn", &c->person},
                {"unique_name", &c->person},
                {"preferred_username", &c->person}};

    (void)e;
    if (depth == 1 && event == JSON_NAME) {
        c->name.at = at;
        c->name.n = n;
    }
    if (depth != 1 || event != JSON_STRING)
        return 0;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        if (!*want[i].slot && c->name.n == strlen(want[i].name) &&
            memcmp(c->name.at, want[i].name, c->name.n) == 0) {
            struct buf b = {0};

            json_unescape(&b, at, n);
            *want[i].slot = buf_take(&b);
        }
    }
    return 0;
}

static char *token_guid(char *text)
{
    size_t n = text ? strlen(text) : 0;

    for (size_t i = 0; i < n; i++)
        text[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
    if (n == 36 && strspn(text, "0123456789abcdef-") == 36)
        return text;
    free(text);
    return NULL;
}

static void token_read_claims(const struct buf *bearer, struct token_claims *c)
{
    const char *from = strchr(buf_str(bearer), '.'), *end = from ? strchr(from + 1, '.') : NULL;
    struct buf json = {0};

    *c = (struct token_claims){0};
    if (!end)
        return; /* an opaque token tells nothing */
    wipe_reserve(&json, (size_t)(end - from));
    if (base64_read(&json, from + 1, (size_t)(end - from - 1)) == 0)
        json_scan(buf_str(&json), json.len, token_claim, c, NULL);
    wipe_buf(&json);
    c->oid = token_guid(c->oid);
    c->tid = token_guid(c->tid);
}

/* One run is one identity: everything in a snapshot was seen with the same eyes. */
static int token_check_owner(struct tokens *t, const struct buf *bearer, struct err *e)
{
    struct token_claims c;
    int rc = -1;

    token_read_claims(bearer, &c);
    if (!t->count) {
        t->oid = c.oid;
        t->tid = c.tid;
        t->client = c.person ? c.person : c.app;
        if (c.person)
            free(c.app);
        return 0;
    }
    if ((t->oid && (!c.oid || strcmp(t->oid, c.oid) != 0)) ||
        (t->tid && (!c.tid || strcmp(t->tid, c.tid) != 0)))
        err_set(e,
                "%s: the token fetched now is for another identity than the first one of this run: start "
                "the collection anew",
                t->row->name);
    else
        rc = 0;
    free(c.oid);
    free(c.tid);
    free(c.app);
    free(c.person);
    return rc;
}

/* ---- the chain */

/* "AzureCLI", "azurecli", "AzureCliCredential" are one name. */
static int token_is_row(const struct token_row *row, const char *name, size_t n)
{
    if (n > 10 && strncasecmp(name + n - 10, "Credential", 10) == 0)
        n -= 10;
    return n == strlen(row->name) && strncasecmp(row->name, name, n) == 0;
}

int token_check_name(const char *name, struct err *e)
{
    struct buf list = {0};

    for (size_t i = 0; i < TOKEN_ROWS; i++) {
        if (token_is_row(&token_rows[i], name, strlen(name))) {
            buf_free(&list);
            return 0;
        }
        buf_print(&list, "%s%s", i ? ", " : "", token_rows[i].name);
    }
    err_set(e, "\"%.60s\": no such credential: write one of %s", name, buf_str(&list));
    buf_free(&list);
    return -1;
}

static int token_is_wanted(const struct token_row *row, const char *named)
{
    const char *narrow = token_variable("AZURE_TOKEN_CREDENTIALS");

    if (named)
        return token_is_row(row, named, strlen(named));
    if (!narrow)
        return 1;
    return strcasecmp(narrow, row->group) == 0 || token_is_row(row, narrow, strlen(narrow));
}

static enum token_outcome token_fetch(struct tokens *t, const struct token_row *row, const char *audience,
                                      const char *claims, int chosen, struct token_found *out,
                                      struct err *why)
{
    struct token_wanted wanted = {.authority = t->cloud->authority,
                                  .audience = audience,
                                  .claims = claims,
                                  .chosen = chosen,
                                  .http = t->http,
                                  .stop = t->stop};

    return row->get(&wanted, out, why);
}

static struct token_kept *token_keep(struct tokens *t, const char *audience)
{
    struct token_kept *k = t->kept;

    while (k && strcmp(k->audience, audience) != 0)
        k = k->next;
    if (!k) {
        k = mem_zero(1, sizeof *k);
        k->audience = mem_copy(audience);
        k->next = t->kept;
        t->kept = k;
    }
    return k;
}

static int token_take(struct tokens *t, struct token_kept *k, struct token_found *found, struct err *e)
{
    if (token_check_owner(t, &found->bearer, e) != 0) {
        wipe_buf(&found->bearer);
        return -1;
    }
    wipe_buf(&k->found.bearer);
    k->found = *found;
    k->which = ++t->count;
    k->spoilt = 0;
    free(k->claims);
    k->claims = NULL;
    return 0;
}

/* Asks one after the other until one gives a token. */
static int token_choose(struct tokens *t, const char *credential, struct err *e)
{
    const char *narrow = credential ? credential : token_variable("AZURE_TOKEN_CREDENTIALS");
    struct buf tried = {0};
    int rc = -1, any = 0;

    for (size_t i = 0; i < TOKEN_ROWS; i++) {
        struct token_found found = {{0}, 0, 0};
        struct err why = {""};
        enum token_outcome outcome = TOKEN_NOT_HERE;

        if (!token_is_wanted(&token_rows[i], credential))
            continue;
        any = 1;
        outcome = token_fetch(t, &token_rows[i], t->cloud->audience, NULL, credential != NULL, &found, &why);
        if (outcome == TOKEN_GIVEN) {
            t->row = &token_rows[i];
            rc = token_take(t, token_keep(t, t->cloud->audience), &found, e);
            goto out;
        }
        buf_print(&tried, "%s%s: %.400s", tried.len ? "; " : "", token_rows[i].name, why.text);
        if (t->stop && *t->stop) {
            err_set(e, "interrupted");
            goto out;
        }
        if (outcome == TOKEN_FAILED)
            break;
    }
    if (!any)
        err_set(e, "AZURE_TOKEN_CREDENTIALS: \"%.60s\" names no credential that keycustody has", narrow);
    else
        err_set(e, "cannot sign in: %s", buf_str(&tried));
out:
    buf_free(&tried);
    return rc;
}

int tokens_open(struct tokens **out, const struct token_options *options, struct err *e)
{
    struct tokens *t = mem_zero(1, sizeof *t);

    t->cloud = options->cloud;
    t->http = options->http;
    t->stop = options->stop;
    if (token_choose(t, options->credential, e) != 0) {
        tokens_close(t);
        return -1;
    }
    *out = t;
    return 0;
}

void tokens_close(struct tokens *t)
{
    if (!t)
        return;
    while (t->kept) {
        struct token_kept *next = t->kept->next;

        wipe_buf(&t->kept->found.bearer);
        free(t->kept->audience);
        free(t->kept->claims);
        free(t->kept);
        t->kept = next;
    }
    free(t->oid);
    free(t->tid);
    free(t->client);
    free(t);
}

int tokens_get(struct tokens *t, const char *audience, const char **bearer, int *which, struct err *e)
{
    struct token_kept *k = token_keep(t, audience);
    struct token_found found = {{0}, 0, 0};
    struct err why = {""};
    int64_t now = clock_now();

    if (!k->found.bearer.len || k->spoilt || now >= k->found.renew) {
        if (clock_ticks() < k->failed_until)
            return err_set(e, "%s", k->failed.text);
        if (token_fetch(t, t->row, audience, k->claims, 1, &found, &why) == TOKEN_GIVEN) {
            if (token_take(t, k, &found, e) != 0)
                return -1;
        } else if (k->spoilt || !k->found.bearer.len || now >= k->found.expires) {
            err_set(&k->failed, "%s gives no token for %s: %s", t->row->name, audience, why.text);
            k->failed_until = clock_ticks() + TOKEN_REST;
            return err_set(e, "%s", k->failed.text);
        } else { /* the old one is still good: asked again in a while */
            k->found.renew = now + 30 < k->found.expires ? now + 30 : k->found.expires;
        }
    }
    *bearer = buf_str(&k->found.bearer);
    *which = k->which;
    return 0;
}

void tokens_spoilt(struct tokens *t, const char *audience, int which, const char *claims)
{
    struct token_kept *k = token_keep(t, audience);

    if (k->which != which) /* another request said so before, and there is a new one */
        return;
    k->spoilt = 1;
    free(k->claims);
    k->claims = mem_copy(claims);
}

const char *tokens_credential(const struct tokens *t)
{
    return t->row->name;
}

const char *tokens_principal(const struct tokens *t)
{
    return t->oid;
}

const char *tokens_tenant(const struct tokens *t)
{
    return t->tid;
}

const char *tokens_client(const struct tokens *t)
{
    return t->client;
}
