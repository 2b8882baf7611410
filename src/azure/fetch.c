/* One thing asked for, to its end. See fetch.h. */
#include "azure/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/answer.h"
#include "azure/instead.h"
#include "azure/url.h"
#include "base/mem.h"
#include "base/note.h"
#include "base/utf8.h"
#include "store/facts_sql.h"

#define FETCH_URL_MAX 65536
#define FETCH_MESSAGE_MAX 300 /* bytes of Azure's message in a gap's reason */

struct fetch {
    struct fetch_context *context;
    struct fetch *before, *after; /* in the context's list */
    char *subject, *scope, *id;   /* id: what the URL is made of */
    char *first;                  /* URL of the first page */
    char *url;                    /* under way */
    int version;                  /* which of the resource's api-versions */
    int page;                     /* under way, from 1 */
    uint64_t *seen;               /* hashes of the URLs read so far */
    size_t seen_count;
};

static void fetch_free(struct fetch_context *c, struct fetch *f)
{
    if (f->before)
        f->before->after = f->after;
    else
        c->live = f->after;
    if (f->after)
        f->after->before = f->before;
    free(f->subject);
    free(f->scope);
    free(f->id);
    free(f->first);
    free(f->url);
    free(f->seen);
    free(f);
}

void fetch_drop_all(struct fetch_context *c)
{
    for (struct fetch *f = c->live, *next = NULL; f; f = next) {
        next = f->after;
        fetch_free(c, f);
    }
}

static uint64_t fetch_hash(const char *text)
{
    uint64_t h = UINT64_C(1469598103934665603);

    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return h;
}

static char *fetch_clean(const char *url)
{
    struct buf b = {0};

    url_clean(&b, url, strlen(url));
    return buf_take(&b);
}

/* The end of f, which is freed. reason NULL: no gap. */
static int fetch_end(struct fetch_context *c, struct fetch *f, int complete, int pages, int status,
                     const char *code, const char *reason, int64_t exchange, struct err *e)
{
    struct buf visible = {0};
    char *first = fetch_clean(f->first), *here = fetch_clean(f->url);
    struct fetch_end end = {f->subject, f->scope, first, complete, pages, status, code, exchange};
    int rc = -1;

    if (reason) {
        utf8_visible(&visible, reason, strlen(reason));
        if (instead_gap(c->instead, c->evidence, c->resource->name, f->subject, f->scope, here, status, code,
                        buf_str(&visible), exchange, e) != 0)
            goto out;
    }
    rc = c->ended(c->ctx, &end, e);
out:
    buf_free(&visible);
    free(first);
    free(here);
    fetch_free(c, f);
    return rc;
}

static int fetch_send(struct fetch_context *c, struct fetch *f, struct err *e)
{
    struct transport_request request = {.method = "GET",
                                        .url = f->url,
                                        .versions =
                                            (const char *const *)c->resource->versions + f->version + 1,
                                        .kind = c->resource->name,
                                        .owner = f};

    if (c->transport->send(c->transport, &request, e) != 0) {
        fetch_free(c, f);
        return -1;
    }
    c->under_way++;
    return 0;
}

/* Makes the URL of the first page for the api-version under way. */
static int fetch_url(const struct fetch_context *c, const char *id, int version, char **out, struct err *e)
{
    struct buf url = {0};
    char *origin = NULL;
    int rc = -1;

    if (!c->resource->at_vault) {
        rc = url_build(&url, c->transport->endpoint, id, c->resource->versions[version], e);
    } else if (strncmp(id, "https://", 8) != 0) {
        err_set(e, "\"%.200s\": not at a vault: it does not begin with https://", id);
    } else { /* the transport has the last word: it sends nothing but to hosts of the cloud's vaults */
        size_t n = 8 + strcspn(id + 8, "/");

        origin = mem_copy_n(id, n);
        rc = url_build(&url, origin, id + n, c->resource->versions[version], e);
    }
    if (rc == 0)
        *out = buf_take(&url);
    buf_free(&url);
    free(origin);
    return rc;
}

int fetch_begin(struct fetch_context *c, const struct fetch_job *job, struct err *e)
{
    struct fetch *f = mem_zero(1, sizeof *f);
    struct err bad = {0};

    f->context = c;
    f->version = c->version;
    f->subject = mem_copy(job->subject ? job->subject : "");
    f->scope = mem_copy(job->scope ? job->scope : "");
    f->id = mem_copy(job->url ? job->url : "");
    f->page = 1;
    f->after = c->live;
    if (f->after)
        f->after->before = f;
    c->live = f;
    if (!job->url || fetch_url(c, job->url, f->version, &f->url, &bad) != 0) {
        f->first = mem_copy(job->url ? job->url : "");
        f->url = mem_copy(f->first);
        return fetch_end(c, f, 0, 0, 0, "BadId",
                         job->url ? bad.text : "no request can be made: the id is not known", 0, e);
    }
    f->first = mem_copy(f->url);
    return fetch_send(c, f, e);
}

static int fetch_is_denied(int status, const struct answer *a)
{
    /* Key Vault's keys through ARM answer 400 ForbiddenByRbac where others answer 403 */
    return status == 401 || status == 403 ||
           (status == 400 && ((a->code && strcmp(a->code, "ForbiddenByRbac") == 0) ||
                              (a->message && strstr(a->message, "[ForbiddenByRbac"))));
}

/* Is this 404 the answer "it is not there", told by Azure about the thing itself? A proxy's page, a
 * subscription or an api-version that does not exist are no such answers. */
static int fetch_is_gone(const struct fetch_context *c, int status, const struct answer *a)
{
    static const char *const other[] = {"SubscriptionNotFound",     "InvalidResourceType",
                                        "InvalidResourceNamespace", "NoRegisteredProviderFound",
                                        "InvalidSubscriptionId",    "TenantNotFound"};

    if (!c->resource->gone || status != 404 || !a->usable || !a->code || !*a->code)
        return 0;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        if (strcasecmp(a->code, other[i]) == 0)
            return 0;
    }
    return 1;
}

/* Azure does not serve this api-version here: the next that it says it serves, or just the next. 0: none is
 * left. */
static int fetch_next_version(const struct fetch_context *c, const struct fetch *f, int status,
                              const struct answer *a)
{
    char **versions = c->resource->versions;
    const char *served = NULL;

    if (status != 400 || f->page != 1 || !a->code ||
        (strcmp(a->code, "NoRegisteredProviderFound") != 0 &&
         strcmp(a->code, "InvalidApiVersionParameter") != 0))
        return 0;
    served = a->message ? strstr(a->message, "supported api-versions are") : NULL;
    for (int i = f->version + 1; versions[i]; i++) {
        const char *at = served ? strstr(served, versions[i]) : NULL;

        if (!served ||
            (at && strchr("',", at[strlen(versions[i])]))) /* "2024-11-01" is not "2024-11-01-preview" */
            return i;
    }
    return 0;
}

/* Why an answer that Azure gave is not what was asked for. */
static void fetch_reason(const struct fetch_context *c, const struct fetch *f, int status,
                         const struct answer *a, struct buf *out)
{
    if (a->code && strcmp(a->code, "InvalidAuthenticationTokenTenant") == 0) {
        buf_text(out,
                 "it belongs to another tenant than the one signed in to: collect it with an identity of "
                 "that tenant");
    } else if (a->code && strcmp(a->code, "ForbiddenByFirewall") == 0) {
        buf_text(out, "not readable from here: the vault's network rules do not let this machine in");
    } else if (fetch_is_denied(status, a)) {
        buf_text(out, "permission denied");
        if (*c->resource->permission)
            buf_print(out, ": the caller needs %s%s on %s", c->resource->at_vault ? "the data action " : "",
                      c->resource->permission, *f->subject ? f->subject : "/");
    } else if (status == 404) {
        buf_text(out, "not found");
    } else if (status >= 300 && status < 400) {
        buf_text(out, "a redirect, which is not followed");
    } else if (status == 429) {
        buf_text(out, "throttled, and no later attempt was answered");
    } else if (status >= 500) {
        buf_text(out, "a fault of the service, and no later attempt was answered");
    } else {
        buf_print(out, "HTTP status %d", status);
    }
    if (a->code)
        buf_print(out, ": %.100s", a->code);
    if (a->code && strcmp(a->code, "AuthorizationFailed") == 0)
        return; /* its message names the same action and scope once more; the evidence has it whole */
    if (a->message) {
        size_t n = strlen(a->message);

        buf_text(out, ": ");
        if (n > FETCH_MESSAGE_MAX) {
            for (n = FETCH_MESSAGE_MAX; n && ((unsigned char)a->message[n] & 0xc0) == 0x80; n--)
                ;
        }
        buf_add(out, a->message, n);
    } else if (a->wrong) {
        buf_print(out, ": %s", a->reason.text);
    }
}

static int fetch_failed(struct fetch_context *c, struct fetch *f, int status, const struct answer *a,
                        int64_t exchange, struct err *e)
{
    struct buf reason = {0};
    char number[16];
    const char *code = a->code && *a->code ? a->code : a->wrong;
    int rc = -1, next = fetch_next_version(c, f, status, a);

    if (next) { /* recorded, and asked again: no gap yet */
        f->version = next;
        if (next > c->version)
            c->version = next;
        free(f->url);
        f->url = NULL;
        if (fetch_url(c, f->id, next, &f->url, e) != 0) {
            fetch_free(c, f);
            return -1;
        }
        return fetch_send(c, f, e);
    }
    if (fetch_is_gone(c, status, a))
        return fetch_end(c, f, 1, f->page, status, a->code, NULL, exchange, e);
    if (a->usable && a->code && strcmp(a->code, "MissingSubscriptionRegistration") == 0 && f->page == 1 &&
        (status == 409 || status == 404) && c->resource->shape != RESOURCE_ONE) {
        note_info("%s: none in %s: the provider is not registered there", c->resource->title, f->scope);
        return fetch_end(c, f, 1, 1, status, a->code, NULL, exchange, e);
    }
    snprintf(number, sizeof number, "Http%d", status);
    fetch_reason(c, f, status, a, &reason);
    rc = fetch_end(c, f, 0, f->page, status, code ? code : number, buf_str(&reason), exchange, e);
    buf_free(&reason);
    return rc;
}

/* Where the list goes on: asked for byte by byte as Azure wrote it, but only at the endpoint that the token
 * is for. */
static int fetch_next_page(struct fetch_context *c, struct fetch *f, const char *next, int64_t exchange,
                           struct err *e)
{
    struct buf origin = {0}, own = {0};
    uint64_t hash = fetch_hash(next);
    const char *code = NULL, *reason = NULL;

    if (strlen(next) > FETCH_URL_MAX || url_origin(&origin, next, strlen(next)) != 0 ||
        url_origin(&own, f->first, strlen(f->first)) != 0 || strcmp(buf_str(&origin), buf_str(&own)) != 0) {
        code = "ForeignNextLink";
        reason = "nextLink leads to another scheme, host or port, or is no absolute URL: refused, the list "
                 "is not whole";
    } else if (f->page >= FETCH_PAGES_MAX) {
        code = "TooManyPages";
        reason = "the list has more pages than the cap of 10,000: it is not whole";
    }
    for (const char *p = next; !code && *p; p++) {
        if ((unsigned char)*p <= ' ' || *p == 0x7f) {
            code = "ForeignNextLink";
            reason = "nextLink holds a blank or a control character: refused, the list is not whole";
        }
    }
    for (size_t i = 0; !code && i < f->seen_count; i++) {
        if (f->seen[i] == hash) {
            code = "PaginationLoop";
            reason = "nextLink leads back to a page that was read: the list is not whole";
        }
    }
    buf_free(&origin);
    buf_free(&own);
    if (code)
        return fetch_end(c, f, 0, f->page, 200, code, reason, exchange, e);
    free(f->url);
    f->url = mem_copy(next);
    f->page++;
    return fetch_send(c, f, e);
}

static void fetch_remember(struct fetch *f)
{
    f->seen = mem_grow(f->seen, f->seen_count + 1, sizeof *f->seen);
    f->seen[f->seen_count++] = fetch_hash(f->url);
}

static int fetch_keep(struct fetch_context *c, const struct fetch *f, const struct transport_answer *t,
                      int usable, int64_t *n, struct err *e)
{
    char *url = fetch_clean(f->url);
    struct evidence_exchange x = {.resource = c->resource->name,
                                  .subject = f->subject,
                                  .method = "GET",
                                  .url = url,
                                  .api_version = t->api_version,
                                  .api_version_asked = c->resource->versions[0],
                                  .received_at = t->received_at,
                                  .date = t->date,
                                  .request_id = t->request_id,
                                  .correlation_id = t->correlation_id,
                                  .routing_id = t->routing_id,
                                  .failure_cause = t->failure_cause,
                                  .etag = t->etag,
                                  .principal_id = c->principal_id,
                                  .page = f->page,
                                  .status = t->status,
                                  .usable = usable,
                                  .body = t->body,
                                  .size = t->size};
    int rc = evidence_exchange(c->evidence, &x, n, e);

    free(url);
    return rc;
}

int fetch_answer(void *ctx, void *owner, const struct transport_answer *t, struct err *e)
{
    struct fetch *f = owner;
    struct fetch_context *c = f->context;
    struct answer a = {0};
    int64_t n = 0;
    int rc = -1;

    (void)ctx;
    c->under_way--;
    c->requests++;
    if (t->fault_code)
        return fetch_end(c, f, 0, f->page - (t->status == 0), t->status, t->fault_code, t->fault, 0, e);
    if (t->size > ANSWER_SIZE_MAX)
        return fetch_end(c, f, 0, f->page, t->status, "BodyTooLong",
                         "the body is longer than 64 MiB: not kept", 0, e);
    answer_read(&a, t->body, t->size, t->status, c->resource->shape);
    if (t->again && !a.usable && t->status == 200) {
        answer_free(&a);
        c->under_way++;
        c->requests--;
        return 1;
    }
    if (a.secret) {
        char *reason = mem_print("the body holds %s: refused, not kept", a.secret);

        rc = fetch_end(c, f, 0, f->page, t->status, "SecretInBody", reason, 0, e);
        free(reason);
        goto out;
    }
    if (fetch_keep(c, f, t, a.usable, &n, e) != 0 ||
        (a.usable && facts_sql_fold(evidence_db(c->evidence), t->body, t->size, e) != 0)) {
        fetch_free(c, f);
        goto out;
    }
    fetch_remember(f);
    if (t->status != 200)
        rc = fetch_failed(c, f, t->status, &a, n, e);
    else if (a.wrong)
        rc = fetch_end(c, f, 0, f->page, t->status, a.wrong, a.reason.text, n, e);
    else if (a.next && c->resource->shape != RESOURCE_ONE)
        rc = fetch_next_page(c, f, a.next, n, e);
    else
        rc = fetch_end(c, f, 1, f->page, t->status, NULL, NULL, n, e);
out:
    answer_free(&a);
    return rc;
}
