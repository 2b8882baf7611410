/* What a token service says, and how it is asked. See token_source.h. Answers: "Microsoft identity platform
 * and the OAuth 2.0 client credentials flow"; "How to use managed identities ... to acquire an access token"
 * (numbers as strings); azure-cli, command_modules/profile/custom.py (expires_on, expiresOn); azure-dev,
 * pkg/contracts/auth_token.go (token, expiresOn). */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "azure/limit.h"
#include "azure/retry.h"
#include "azure/token_source.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lib/json.h"
#include "lib/wipe.h"

#define TOKEN_TRIES 4
#define TOKEN_LONG 7200 /* seconds; tokens that live longer are renewed at half of it (as the SDKs do) */
#define TOKEN_EARLY 300 /* seconds before the end */

const char *token_variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

void token_form(struct buf *form, const char *name, const char *value)
{
    wipe_reserve(form, strlen(name) + 3 * strlen(value) + 2);
    buf_print(form, "%s%s=", form->len ? "&" : "", name);
    for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
            strchr("-._~", *p))
            buf_char(form, (char)*p);
        else
            buf_print(form, "%%%02X", *p);
    }
}

/* ---- reading */

struct token_walk {
    struct token_found *out;
    struct {
        const char *at;
        size_t n;
    } name;                                     /* of the newest member at depth 1 */
    int64_t expires_in, expires_on, refresh_in; /* -1: not told */
    char local[64];                             /* expiresOn */
    struct buf error, description;
};

static int64_t token_number(const char *at, size_t n)
{
    int64_t v = 0;

    if (!n || n > 15)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        v = v * 10 + (at[i] - '0');
    }
    return v;
}

static int token_is(const struct token_walk *w, const char *name)
{
    return w->name.n == strlen(name) && memcmp(w->name.at, name, w->name.n) == 0;
}

static int token_event(void *ctx, enum json_event event, const char *at, size_t n, int depth, struct err *e)
{
    struct token_walk *w = ctx;
    int text = event == JSON_STRING;

    (void)e;
    if (depth != 1)
        return 0;
    if (event == JSON_NAME) {
        w->name.at = at;
        w->name.n = n;
    } else if (!text && event != JSON_NUMBER) {
        return 0;
    } else if (token_is(w, "expires_in")) {
        w->expires_in = token_number(at, n);
    } else if (token_is(w, "expires_on")) {
        w->expires_on = token_number(at, n);
    } else if (token_is(w, "refresh_in")) {
        w->refresh_in = token_number(at, n);
    } else if (text && token_is(w, "expiresOn") && n < sizeof w->local) {
        memcpy(w->local, at, n);
        w->local[n] = '\0';
    } else if (text && (token_is(w, "access_token") || token_is(w, "accessToken") || token_is(w, "token"))) {
        wipe_reserve(&w->out->bearer, n);
        json_unescape(&w->out->bearer, at, n);
    } else if (text && token_is(w, "error")) {
        json_unescape(&w->error, at, n);
    } else if (text && (token_is(w, "error_description") || token_is(w, "message"))) {
        json_unescape(&w->description, at, n);
    }
    return 0;
}

/* "2026-11-24 10:00:00.000000": the local time of this machine, without a zone. */
static int64_t token_local(const char *text)
{
    struct tm tm = {.tm_isdst = -1};
    int64_t seconds = 0;

    if (clock_read(text, &seconds, NULL) == 0)
        return seconds;
    if (!strptime(text, "%Y-%m-%d %H:%M:%S", &tm))
        return -1;
    return (int64_t)mktime(&tm);
}

static void token_times(const struct token_walk *w, int64_t now, struct token_found *out)
{
    int64_t left = 0;

    if (w->expires_on > 0)
        out->expires = w->expires_on;
    else if (w->expires_in >= 0)
        out->expires = now + w->expires_in;
    else
        out->expires = *w->local ? token_local(w->local) : -1;
    if (out->expires < 0)
        out->expires = now + 600; /* not told: a short life, renewed often */
    left = out->expires - now;
    if (w->refresh_in > 0 && w->refresh_in < left)
        out->renew = now + w->refresh_in;
    else if (left >= TOKEN_LONG)
        out->renew = now + left / 2;
    else
        out->renew = out->expires - (left / 4 < TOKEN_EARLY ? left / 4 : TOKEN_EARLY);
}

/* What the service says is wrong, its first line, and no more. */
static void token_complaint(const struct token_walk *w, struct err *why)
{
    const char *text = buf_str(&w->description);
    size_t line = strcspn(text, "\r\n");

    if (w->error.len && w->description.len)
        err_set(why, "%.80s: %.*s", buf_str(&w->error), line > 300 ? 300 : (int)line, text);
    else if (w->error.len || w->description.len)
        err_set(why, "%.200s", w->error.len ? buf_str(&w->error) : text);
    else
        err_set(why, "its answer holds no token");
}

int token_read(struct token_found *out, const char *text, size_t n, int64_t now, struct err *why)
{
    struct token_walk w = {.out = out, .expires_in = -1, .expires_on = -1, .refresh_in = -1};
    int rc = -1;

    if (json_scan(text, n, token_event, &w, NULL) != 0) {
        err_set(why, "its answer is no JSON");
        goto out;
    }
    if (!out->bearer.len) {
        token_complaint(&w, why);
        goto out;
    }
    for (size_t i = 0; i < out->bearer.len; i++) { /* it becomes a header line */
        unsigned char c = (unsigned char)out->bearer.data[i];

        if (c <= ' ' || c >= 0x7f) {
            err_set(why, "its token holds characters that no token has");
            goto out;
        }
    }
    token_times(&w, now, out);
    rc = 0;
out:
    if (rc != 0)
        wipe_buf(&out->bearer);
    buf_free(&w.error);
    buf_free(&w.description);
    return rc;
}

/* ---- asking */

struct token_reply {
    struct token_found *out;
    struct err *why;
    int status, read;
    int again;     /* another try may help */
    int64_t asked; /* milliseconds that it asks to wait; -1: nothing */
};

static int token_answered(void *owner, const struct http_answer *a, struct err *e)
{
    struct token_reply *r = owner;

    (void)e;
    r->status = a->status;
    r->again = retry_may_help(a);
    r->asked = limit_retry_after(a->header[HTTP_RETRY_AFTER], a->header[HTTP_DATE]);
    if (a->fault != HTTP_ANSWERED) {
        err_set(r->why, "%s", a->why);
        return 0;
    }
    r->read = token_read(r->out, a->body, a->size, clock_now(), r->why) == 0 && a->status == 200;
    if (!r->read) {
        wipe_buf(&r->out->bearer);
        err_context(r->why, "HTTP status %d", a->status);
    }
    return 0;
}

static int token_may_retry(const struct token_reply *r, const int *also)
{
    for (; also && *also; also++) {
        if (r->status == *also)
            return 1;
    }
    return r->again;
}

enum token_outcome token_ask(const struct token_wanted *w, const struct http_request *request,
                             const int *retry, int *status, struct token_found *out, struct err *why)
{
    struct http_request own = *request;
    struct token_reply reply = {.out = out, .why = why};

    own.secret = 1;
    own.size_max = 65536;
    own.done = token_answered;
    own.owner = &reply;
    *status = 0;
    for (int i = 1; i <= TOKEN_TRIES; i++) {
        if (http_call(w->http, &own, why) != 0)
            return TOKEN_FAILED;
        *status = reply.status;
        if (reply.read)
            return TOKEN_GIVEN;
        if (!token_may_retry(&reply, retry) || i == TOKEN_TRIES ||
            http_pause(w->http, retry_pause_short(i, reply.asked, (uint64_t)clock_ticks())) != 0)
            break;
    }
    return TOKEN_FAILED;
}
