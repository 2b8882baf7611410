/* Which rule strikes. See rule.h; what then happens stands in fault.c. */
#include "rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "exchange.h"
#include "loop.h"
#include "token.h"

static const char *const rule_names[RULE_KINDS] = {
    [RULE_THROTTLE] = "throttle",
    [RULE_ERROR] = "error",
    [RULE_RESET] = "reset",
    [RULE_STREAM_RESET] = "stream-reset",
    [RULE_GOAWAY] = "goaway",
    [RULE_HANG] = "hang",
    [RULE_SLOW] = "slow",
    [RULE_TRUNCATE] = "truncate",
    [RULE_DRIP] = "drip",
    [RULE_INVALID_JSON] = "invalid-json",
    [RULE_HTML] = "html",
    [RULE_FOREIGN_NEXT] = "foreign-next",
    [RULE_NEXT_LOOP] = "next-loop",
    [RULE_RELATIVE_NEXT] = "relative-next",
    [RULE_NULL_VALUE] = "null-value",
    [RULE_EMPTY] = "empty",
    [RULE_FORBIDDEN] = "forbidden",
    [RULE_KEY_RBAC] = "key-rbac",
    [RULE_NOT_REGISTERED] = "not-registered",
    [RULE_GONE] = "gone",
    [RULE_OLD_VERSION] = "old-version",
    [RULE_REDIRECT] = "redirect",
    [RULE_CHALLENGE] = "challenge",
    [RULE_OTHER_TENANT] = "other-tenant",
    [RULE_CLAIMS] = "claims",
    [RULE_ECHO] = "echo",
    [RULE_ECHO_HEADER] = "echo-header",
    [RULE_EXPIRED] = "expired",
    [RULE_SLOW_TLS] = "slow-tls",
    [RULE_LIMIT] = "limit",
};

int rule_kind(const char *name, enum rule_kind *kind)
{
    for (int i = 0; i < RULE_KINDS; i++) {
        if (strcmp(rule_names[i], name) == 0) {
            *kind = (enum rule_kind)i;
            return 0;
        }
    }
    return -1;
}

const char *rule_name(enum rule_kind kind)
{
    return rule_names[kind];
}

static int rule_number(const char *text, double *out)
{
    char *end = NULL;

    errno = 0;
    *out = strtod(text, &end);
    return *text && !*end && !errno && *out >= 0 ? 0 : -1;
}

int rule_set(struct rule_row *row, const char *key, const char *value, struct err *e)
{
    const struct {
        const char *key;
        const char **text;
        int64_t *whole;
        double *number;
    } keys[] = {{"method", &row->method, NULL, NULL}, {"path", &row->path, NULL, NULL},
                {"query", &row->query, NULL, NULL},   {"to", &row->to, NULL, NULL},
                {"text", &row->text, NULL, NULL},     {"nth", NULL, &row->nth, NULL},
                {"every", NULL, &row->every, NULL},   {"first", NULL, &row->first, NULL},
                {"times", NULL, &row->times, NULL},   {"retry_after", NULL, &row->retry_after, NULL},
                {"status", NULL, &row->status, NULL}, {"delay", NULL, &row->delay, NULL},
                {"bytes", NULL, &row->bytes, NULL},   {"probability", NULL, NULL, &row->probability},
                {"burst", NULL, NULL, &row->burst},   {"rate", NULL, NULL, &row->rate}};
    double number = 0;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].key, key) != 0)
            continue;
        if (keys[i].text)
            *keys[i].text = value;
        else if (rule_number(value, &number) != 0)
            return err_set(e, "%s: \"%s\" is no number", key, value);
        else if (keys[i].whole)
            *keys[i].whole = (int64_t)number;
        else
            *keys[i].number = number;
        return 0;
    }
    return err_set(e, "%s: a rule has no such key", key);
}

int rule_read(struct rule_row *row, char *text, struct err *e)
{
    char *rest = text, *name = strsep(&rest, ",");

    *row = (struct rule_row){0};
    if (rule_kind(name, &row->kind) != 0)
        return err_set(e, "%s: no such rule", name);
    while (rest) {
        char *value = strsep(&rest, ","), *key = strsep(&value, "=");

        if (!value)
            return err_set(e, "%s: write key=value", key);
        if (rule_set(row, key, value, e) != 0)
            return -1;
    }
    return 0;
}

void rules_open(struct rules *r, const struct rule_row *rows, size_t count, uint64_t seed)
{
    *r = (struct rules){.rows = rows, .count = count, .seed = seed, .url_cap = 1024};
    r->states = mem_zero(count + 1, sizeof *r->states);
    r->urls = mem_zero(r->url_cap, sizeof *r->urls);
}

void rules_close(struct rules *r)
{
    for (size_t i = 0; r->states && i < r->count; i++)
        free(r->states[i].buckets);
    free(r->states);
    free(r->urls);
}

static uint64_t rule_mix(uint64_t x) /* splitmix64 */
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static struct rule_url *rule_slot(struct rule_url *urls, size_t cap, uint64_t hash)
{
    size_t i = hash & (cap - 1);

    while (urls[i].hash && urls[i].hash != hash)
        i = (i + 1) & (cap - 1);
    return &urls[i];
}

/* How often this URL was asked, this time included. */
static uint32_t rule_count(struct rules *r, uint64_t hash)
{
    struct rule_url *slot = NULL;

    if (r->url_count * 2 >= r->url_cap) {
        struct rule_url *more = mem_zero(r->url_cap * 2, sizeof *more);

        for (size_t i = 0; i < r->url_cap; i++) {
            if (r->urls[i].hash)
                *rule_slot(more, r->url_cap * 2, r->urls[i].hash) = r->urls[i];
        }
        free(r->urls);
        r->urls = more;
        r->url_cap *= 2;
    }
    slot = rule_slot(r->urls, r->url_cap, hash);
    if (!slot->hash) {
        slot->hash = hash;
        r->url_count++;
    }
    return ++slot->count;
}

static int rule_is_sign_in(const struct exchange *x)
{
    return exchange_glob("*/oauth2/*", x->path) || exchange_glob("*/.well-known/*", x->path) ||
           exchange_glob("/metadata/*", x->path) || exchange_glob("/common/discovery/*", x->path);
}

static int rule_fits(const struct rule_row *row, const struct exchange *x)
{
    if (row->path ? !exchange_glob(row->path, x->path) : rule_is_sign_in(x))
        return 0;
    return (!row->method || exchange_glob(row->method, x->method)) &&
           (!row->query || exchange_glob(row->query, x->query));
}

static void rule_subscription(const struct exchange *x, char out[37])
{
    *out = '\0';
    if (strncasecmp(x->path, "/subscriptions/", 15) != 0 || strlen(x->path) < 51)
        return;
    for (int i = 0; i < 36; i++)
        out[i] = (char)(x->path[15 + i] >= 'A' && x->path[15 + i] <= 'Z' ? x->path[15 + i] | 0x20
                                                                         : x->path[15 + i]);
    out[36] = '\0';
}

/* The bucket of the request's subscription, filled up to now; NULL when it is still to be made. */
static struct rule_bucket *rule_bucket(const struct rule_row *row, const struct rule_state *state,
                                       const struct exchange *x)
{
    char subscription[37];
    int64_t now = loop_now();

    rule_subscription(x, subscription);
    for (size_t i = 0; i < state->bucket_count; i++) {
        struct rule_bucket *b = &state->buckets[i];

        if (strcmp(b->subscription, subscription) != 0)
            continue;
        b->left += (double)(now - b->at) / 1000.0 * row->rate;
        if (b->left > row->burst)
            b->left = row->burst;
        b->at = now;
        return b;
    }
    return NULL;
}

static int rule_take(const struct rule_row *row, struct rule_state *state, const struct exchange *x)
{
    struct rule_bucket *b = rule_bucket(row, state, x);

    if (!b) {
        state->buckets = mem_grow(state->buckets, state->bucket_count + 1, sizeof *b);
        b = &state->buckets[state->bucket_count++];
        *b = (struct rule_bucket){.left = row->burst, .at = loop_now()};
        rule_subscription(x, b->subscription);
    }
    if (b->left < 1)
        return 1;
    b->left -= 1;
    return 0;
}

int rules_left(const struct rules *r, const struct exchange *x)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct rule_bucket *b = NULL;

        if (r->rows[i].kind != RULE_LIMIT || !rule_fits(&r->rows[i], x))
            continue;
        b = rule_bucket(&r->rows[i], &r->states[i], x);
        return (int)(b ? b->left : r->rows[i].burst);
    }
    return -1;
}

/* What else a kind asks of a request that it fits. */
static int rule_applies(const struct rule_row *row, struct rule_state *state, const struct exchange *x)
{
    struct buf version = {0};
    int applies = 1;

    switch (row->kind) {
    case RULE_OLD_VERSION:
        exchange_parameter(x, "api-version", &version);
        applies = !row->text || !version.len || !strstr(row->text, buf_str(&version));
        buf_free(&version);
        return applies;
    case RULE_CLAIMS:
        return !x->bearer || !x->bearer->claims;
    case RULE_EXPIRED:
        return x->bearer != NULL;
    case RULE_LIMIT:
        return rule_take(row, state, x);
    default:
        return 1;
    }
}

static int rule_strikes(const struct rules *r, size_t i, const struct exchange *x, uint64_t hash,
                        uint32_t count)
{
    const struct rule_row *row = &r->rows[i];
    struct rule_state *state = &r->states[i];

    if (row->times && state->struck >= row->times)
        return 0;
    if ((row->nth && state->seen != row->nth) || (row->every && state->seen % row->every != 0) ||
        (row->first && count > (uint32_t)row->first))
        return 0;
    if (row->probability > 0 &&
        (double)(rule_mix(r->seed ^ rule_mix(hash + i) ^ count) >> 11) / 9007199254740992.0 >=
            row->probability)
        return 0;
    return !x || rule_applies(row, state, x);
}

const struct rule_row *rules_strike(struct rules *r, struct exchange *x)
{
    const struct rule_row *struck = NULL;
    uint64_t hash = UINT64_C(1469598103934665603);
    uint32_t count = 0;

    if (!r->count)
        return NULL;
    for (const char *p = x->target; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    count = rule_count(r, hash | 1);
    for (size_t i = 0; i < r->count; i++) {
        if (r->rows[i].kind == RULE_SLOW_TLS || !rule_fits(&r->rows[i], x))
            continue;
        r->states[i].seen++;
        if (struck || !rule_strikes(r, i, x, hash, count))
            continue;
        r->states[i].struck++;
        struck = &r->rows[i];
    }
    return struck;
}

const struct rule_row *rules_strike_tls(struct rules *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->rows[i].kind != RULE_SLOW_TLS)
            continue;
        r->states[i].seen++;
        if (rule_strikes(r, i, NULL, 0, (uint32_t)r->states[i].seen)) {
            r->states[i].struck++;
            return &r->rows[i];
        }
    }
    return NULL;
}
