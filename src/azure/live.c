/* Live Azure. See live.h. The headers stand in "Understand how Azure
 * Resource Manager throttles requests" and "Azure Key Vault throttling guidance"; what 401 means, in
 * "Claims challenges, claims requests, and client capabilities". */
#include "azure/live.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "azure/answer.h"
#include "azure/challenge.h"
#include "azure/limit.h"
#include "azure/retry.h"
#include "azure/secret.h"
#include "azure/url.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lib/digest.h"
#include "lib/http.h"

#define LIVE_TRIES 5
#define LIVE_LINE_MAX 192         /* requests on the line at once */
#define LIVE_CONNECTIONS 64       /* where the server speaks HTTP/1.1; HTTP/2 needs two or three */
#define LIVE_QUEUE 1024           /* requests we like to hold, most of them waiting */
#define LIVE_HELD_MAX (12u << 20) /* bytes of bodies that may be under way, by estimate */
#define LIVE_SIZE_UNKNOWN (128u << 10)
#define LIVE_KINDS 64
#define LIVE_TIMEOUT 100   /* seconds: Resource Manager itself gives up after 60 */
#define LIVE_SLEEP_MAX 200 /* milliseconds: how late a signal may be noticed */

struct live;

struct live_request {
    struct live *live;
    struct live_request *before, *after; /* in its list */
    char *method, *url, *body;
    size_t body_size;
    void *owner;
    struct live_kind *kind;
    struct limit *limits[LIMIT_OF_REQUEST];
    const char *audience;
    int64_t not_before; /* clock_ticks() */
    size_t expected;    /* bytes of its answer, while on the line */
    int tries, renewed, odd;
    int token; /* number of the one it went out with */
};

/* Answers of a kind are alike in size: what was seen says how many fit into memory at once. */
struct live_kind {
    char *name;
    size_t size;
};

struct live_list {
    struct live_request *first, *last;
    int count;
};

struct live {
    struct transport transport; /* first: a struct transport * is a struct live * */
    struct cloud cloud;
    struct http *http, *login;
    struct tokens *tokens;
    struct limits *limits;
    struct evidence_origin origin;
    struct live_state state;
    struct live_list waiting, line; /* those that wait, oldest first; those on the line */
    struct live_kind kinds[LIVE_KINDS];
    size_t expected;  /* bytes under way, by estimate */
    int64_t deadline; /* clock_ticks(); 0: none */
    int timeout, answered;
    char run[25]; /* front of every x-ms-client-request-id */
    uint64_t number, dice;
};

/* ---- the requests that wait */

static void live_request_free(struct live_request *r)
{
    free(r->method);
    free(r->url);
    free(r->body);
    free(r);
}

static void live_put(struct live_list *list, struct live_request *r)
{
    r->before = list->last;
    r->after = NULL;
    if (list->last)
        list->last->after = r;
    else
        list->first = r;
    list->last = r;
    list->count++;
}

static void live_take(struct live_list *list, struct live_request *r)
{
    if (r->before)
        r->before->after = r->after;
    else
        list->first = r->after;
    if (r->after)
        r->after->before = r->before;
    else
        list->last = r->before;
    list->count--;
}

static void live_drop(struct live_list *list)
{
    for (struct live_request *r = list->first, *next = NULL; r; r = next) {
        next = r->after;
        live_request_free(r);
    }
    *list = (struct live_list){0};
}

static struct live_kind *live_kind(struct live *l, const char *name)
{
    size_t i = 0;

    if (!name)
        name = "";
    for (; i < LIVE_KINDS - 1 && l->kinds[i].name; i++) {
        if (strcmp(l->kinds[i].name, name) == 0)
            return &l->kinds[i];
    }
    if (!l->kinds[i].name) {
        l->kinds[i].name = mem_copy(name);
        l->kinds[i].size = LIVE_SIZE_UNKNOWN;
    }
    return &l->kinds[i];
}

static int live_send(struct transport *t, const struct transport_request *request, struct err *e)
{
    struct live *l = (struct live *)t;
    struct live_request *r = mem_zero(1, sizeof *r);

    (void)e;
    r->live = l;
    r->method = mem_copy(request->method);
    r->url = mem_copy(request->url);
    r->body = request->body ? mem_copy_n(request->body, request->body_size) : NULL;
    r->body_size = request->body_size;
    r->owner = request->owner;
    r->kind = live_kind(l, request->kind);
    r->audience = cloud_audience(&l->cloud, r->url);
    limits_find(l->limits, r->url, r->limits);
    live_put(&l->waiting, r);
    return 0;
}

/* ---- answers */

/* The value of api-version in a URL, in `out`; NULL when there is none. */
static const char *live_version(const char *url, char out[URL_VERSION])
{
    const char *p = strchr(url, '?');

    for (; p; p = strchr(p, '&')) {
        size_t n = 0;

        p++;
        if (strncasecmp(p, "api-version=", 12) != 0)
            continue;
        n = strcspn(p + 12, "&#");
        if (n >= URL_VERSION)
            return NULL;
        memcpy(out, p + 12, n);
        out[n] = '\0';
        return out;
    }
    return NULL;
}

/* Gives an answer to the collector. r is freed, unless it asks for another one. */
static int live_deliver(struct live *l, struct live_request *r, const struct http_answer *h,
                        const char *fault_code, const char *fault, struct err *e)
{
    char version[URL_VERSION];
    struct transport_answer a = {
        .fault_code = fault_code, .fault = fault, .body = "", .api_version = live_version(r->url, version)};
    int rc = 0;

    clock_text(clock_now(), a.received_at);
    if (h) {
        a.status = h->status;
        a.body = h->body;
        a.size = h->size;
        a.date = secret_header(h->header[HTTP_DATE]);
        a.request_id = secret_header(h->header[HTTP_REQUEST_ID]);
        a.correlation_id = secret_header(h->header[HTTP_CORRELATION_ID]);
        a.routing_id = secret_header(h->header[HTTP_ROUTING_ID]);
        a.failure_cause = secret_header(h->header[HTTP_FAILURE_CAUSE]);
        a.etag = secret_header(h->header[HTTP_ETAG]);
        a.again = !r->odd && h->status == 200;
    }
    rc = l->transport.done(l->transport.ctx, r->owner, &a, e);
    if (rc == 1 && a.again) {
        r->odd = 1;
        l->state.retried++;
        r->not_before = clock_ticks() + RETRY_FIRST;
        live_put(&l->waiting, r);
        return 0;
    }
    live_request_free(r);
    return rc < 0 ? -1 : 0;
}

static uint64_t live_throw(struct live *l)
{
    l->dice ^= l->dice << 13;
    l->dice ^= l->dice >> 7;
    l->dice ^= l->dice << 17;
    return l->dice;
}

/* Is another try worth it, and is there time for it? Then r waits for it. */
static int live_again(struct live *l, struct live_request *r, int64_t asked)
{
    int64_t pause = 0, now = clock_ticks();

    if (r->tries >= LIVE_TRIES)
        return 0;
    pause = retry_pause(r->tries, asked, live_throw(l));
    if (l->deadline && now + pause > l->deadline)
        return 0;
    r->not_before = now + pause;
    l->state.retried++;
    live_put(&l->waiting, r);
    return 1;
}

static void live_compare_clock(struct live *l, const char *date)
{
    int64_t theirs = 0, difference = 0;

    if (!date || clock_read_http(date, &theirs, NULL) != 0)
        return;
    difference = clock_now() - theirs;
    if (!l->state.clock_known || llabs(difference) > llabs(l->state.clock_difference))
        l->state.clock_difference = difference;
    l->state.clock_known = 1;
}

static void live_refused(struct live *l, struct live_request *r, const struct http_answer *h)
{
    struct buf claims = {0};
    int asked = challenge_claims(h->header[HTTP_AUTHENTICATE], &claims);

    tokens_spoilt(l->tokens, r->audience, r->token, asked ? buf_str(&claims) : NULL);
    buf_free(&claims);
    r->renewed = 1;
    r->not_before = 0;
    l->state.retried++;
    live_put(&l->waiting, r);
}

/* A token of this tenant, however new, is none for a subscription of another one. */
static int live_is_other_tenant(const struct http_answer *h)
{
    struct answer a = {0};
    int is = 0;

    answer_read(&a, h->body, h->size, h->status, RESOURCE_ONE);
    is = a.code && strcmp(a.code, "InvalidAuthenticationTokenTenant") == 0;
    answer_free(&a);
    return is;
}

static int live_lost(struct live *l, struct live_request *r, const struct http_answer *h, struct err *e)
{
    static const char *const codes[] = {[HTTP_LOST] = "NotAnswered",
                                        [HTTP_UNTRUSTED] = "CertificateNotTrusted",
                                        [HTTP_TOO_LONG] = "BodyTooLong",
                                        [HTTP_REFUSED] = "NotSent"};
    char *why = NULL;
    int rc = 0;

    if (h->fault == HTTP_UNTRUSTED && !l->answered) {
        live_request_free(r);
        return err_set(e,
                       "%s: its certificate is not trusted: %s: is there a proxy that opens TLS? Name its "
                       "authority with --ca-file",
                       l->cloud.arm, h->why);
    }
    if (h->fault == HTTP_LOST && live_again(l, r, -1))
        return 0;
    why = mem_print("no answer after %d %s: %s", r->tries, r->tries == 1 ? "try" : "tries", h->why);
    rc = live_deliver(l, r, NULL, codes[h->fault], why, e);
    free(why);
    return rc;
}

static int live_answered(void *owner, const struct http_answer *h, struct err *e)
{
    struct live_request *r = owner;
    struct live *l = r->live;
    int64_t now = clock_ticks(), asked = -1;

    live_take(&l->line, r);
    l->expected -= r->expected;
    l->state.bytes += (int64_t)h->received;
    if (h->fault != HTTP_ANSWERED)
        return live_lost(l, r, h, e);
    l->answered = 1;
    if (h->size > r->kind->size || r->kind->size == LIVE_SIZE_UNKNOWN)
        r->kind->size = h->size;
    else
        r->kind->size -= (r->kind->size - h->size) / 32;
    live_compare_clock(l, h->header[HTTP_DATE]);
    limit_heed(r->limits, h, now);
    if (h->status == 401 && !r->renewed && !live_is_other_tenant(h)) {
        live_refused(l, r, h);
        return 0;
    }
    if (retry_is_passing(h->status)) {
        asked = limit_retry_after(h->header[HTTP_RETRY_AFTER], h->header[HTTP_DATE]);
        if (asked > 0 && (h->status == 429 || h->status == 503))
            limit_close(r->limits, now + asked);
        if (live_again(l, r, asked))
            return 0;
    }
    return live_deliver(l, r, h, NULL, NULL, e);
}

/* ---- sending */

static int live_start(struct live *l, struct live_request *r, struct err *e)
{
    struct err why = {""};
    const char *bearer = NULL;
    char id[64];
    const char *const lines[] = {id, NULL};
    struct http_request request = {.method = r->method,
                                   .url = r->url,
                                   .headers = lines,
                                   .body = r->body,
                                   .body_size = r->body_size,
                                   .body_type = r->body ? "application/json" : NULL,
                                   .timeout = l->timeout,
                                   .connect_timeout = l->timeout < 15 ? l->timeout : 15,
                                   .size_max = ANSWER_SIZE_MAX,
                                   .done = live_answered,
                                   .owner = r};

    if (!r->audience)
        return live_deliver(l, r, NULL, "ForeignHost",
                            "the host is neither Azure Resource Manager nor a vault of this cloud: nothing "
                            "was sent there",
                            e);
    if (tokens_get(l->tokens, r->audience, &bearer, &r->token, &why) != 0)
        return live_deliver(l, r, NULL, "NoToken", why.text, e);
    snprintf(id, sizeof id, "x-ms-client-request-id: %s%012llx", l->run,
             (unsigned long long)(++l->number & 0xffffffffffff));
    request.bearer = bearer;
    r->tries++;
    r->expected = r->kind->size;
    l->expected += r->expected;
    l->state.sent++;
    live_put(&l->line, r);
    return http_send(l->http, &request, e);
}

/* Sends what may go now. *wait: milliseconds until the next one may. */
static int live_start_ready(struct live *l, int64_t *wait, struct err *e)
{
    int64_t now = clock_ticks();
    struct live_request *next = NULL;

    *wait = LIVE_SLEEP_MAX;
    l->state.throttled = 0;
    for (struct live_request *r = l->waiting.first; r && l->line.count < LIVE_LINE_MAX; r = next) {
        int64_t own = r->not_before - now; /* NOLINT(clang-analyzer-unix.Malloc): next is never r */

        next = r->after;
        if (l->line.count && l->expected + r->kind->size > LIVE_HELD_MAX)
            continue;
        if (own <= 0 && r->audience) {
            own = limit_take(r->limits, now);
            if (own > 0 && (!l->state.throttled || own < l->state.throttled))
                l->state.throttled = own;
        }
        if (own > 0) {
            *wait = own < *wait ? own : *wait;
            continue;
        }
        live_take(&l->waiting, r);
        if (live_start(l, r, e) != 0)
            return -1;
    }
    return 0;
}

/* The time is over: what is under way is cut off, and all that waits ends without an answer. */
static int live_expire(struct live *l, struct err *e)
{
    if (http_abort(l->http, e) != 0)
        return -1;
    for (struct live_request *r = l->waiting.first, *next = NULL; r; r = next) {
        next = r->after;
        live_take(&l->waiting, r);
        if (live_deliver(l, r, NULL, "DeadlinePassed",
                         "the time that --deadline allows was over before this could be asked", e) != 0)
            return -1;
    }
    return 0;
}

static int live_step(struct transport *t, struct err *e)
{
    struct live *l = (struct live *)t;
    int64_t wait = 0;

    if (l->deadline && clock_ticks() > l->deadline && live_expire(l, e) != 0)
        return -1;
    if (live_start_ready(l, &wait, e) != 0)
        return -1;
    if (l->line.count) {
        if (http_step(l->http, (int)wait, e) < 0)
            return -1;
    } else if (l->waiting.first) {
        poll(NULL, 0, (int)wait);
    }
    l->state.under_way = l->line.count;
    l->state.waiting = l->waiting.count;
    return l->line.count + l->waiting.count;
}

/* ---- opening */

static void live_free(struct transport *t)
{
    struct live *l = (struct live *)t;

    live_drop(&l->waiting);
    live_drop(&l->line);
    http_close(l->http);
    http_close(l->login);
    tokens_close(l->tokens);
    limits_free(l->limits);
    for (size_t i = 0; i < LIVE_KINDS; i++)
        free(l->kinds[i].name);
    cloud_free(&l->cloud);
    free(l);
}

static void live_number_run(struct live *l)
{
    char hex[41];

    digest_random_hex(20, hex);
    /* a version 4 UUID (RFC 9562 section 5.4) but for its last twelve digits, which count */
    snprintf(l->run, sizeof l->run, "%.8s-%.4s-4%.3s-8%.3s-", hex, hex + 8, hex + 12, hex + 15);
    l->dice = strtoull(hex + 24, NULL, 16) | 1;
}

int live_open(struct transport **out, const struct live_options *o, struct err *e)
{
    struct live *l = mem_zero(1, sizeof *l);
    struct http_options line = {.ca_file = o->ca_file, .connections = LIVE_CONNECTIONS, .stop = o->stop};
    int64_t deadline = o->deadline ? clock_ticks() + o->deadline * 1000 : 0;
    struct http_options login = {
        .ca_file = o->ca_file, .connections = 2, .stop = o->stop, .deadline = deadline};
    struct token_options token = {.cloud = &l->cloud, .credential = o->credential, .stop = o->stop};

    if (http_open(&l->http, &line, e) != 0 || http_open(&l->login, &login, e) != 0 ||
        cloud_open(&l->cloud, o->cloud, l->login, e) != 0)
        goto fail;
    token.http = l->login;
    if (tokens_open(&l->tokens, &token, e) != 0)
        goto fail;
    l->limits = limits_new(strcmp(l->cloud.name, "AzureChinaCloud") == 0);
    l->deadline = deadline;
    l->timeout = o->timeout ? o->timeout : LIVE_TIMEOUT;
    live_number_run(l);
    l->origin = (struct evidence_origin){.source = "azure",
                                         .cloud = l->cloud.name,
                                         .arm_endpoint = l->cloud.arm,
                                         .tenant_id = tokens_tenant(l->tokens)};
    l->transport = (struct transport){.send = live_send,
                                      .step = live_step,
                                      .free = live_free,
                                      .endpoint = l->cloud.arm,
                                      .origin = &l->origin,
                                      .capacity = LIVE_QUEUE,
                                      .stop = o->stop};
    *out = &l->transport;
    return 0;
fail:
    live_free(&l->transport);
    return -1;
}

const struct live_state *live_state(const struct transport *t)
{
    return &((const struct live *)t)->state;
}

const struct cloud *live_cloud(const struct transport *t)
{
    return &((const struct live *)t)->cloud;
}

const struct tokens *live_tokens(const struct transport *t)
{
    return ((const struct live *)t)->tokens;
}
