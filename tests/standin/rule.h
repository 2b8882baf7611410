/* Faults and rate limits on demand. A rule says which requests it is for (method, path, query: globs), how
 * often it strikes (with a probability, at the n-th request, at the first of each URL) and what then happens.
 * Whether a probability strikes depends on the seed, the URL and how often that URL was asked, so a run can
 * be repeated whatever the order of its requests. */
#ifndef KC_STANDIN_RULE_H
#define KC_STANDIN_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum rule_kind {
    RULE_THROTTLE,     /* 429 with Retry-After */
    RULE_ERROR,        /* `status`, 500 unless told */
    RULE_RESET,        /* the connection is torn down */
    RULE_STREAM_RESET, /* HTTP/2: RST_STREAM */
    RULE_GOAWAY,       /* HTTP/2: answered, and the connection ends; HTTP/1.1: Connection: close */
    RULE_HANG,
    RULE_SLOW, /* `delay` ms more */
    RULE_TRUNCATE,
    RULE_DRIP,           /* `bytes` every `delay` ms */
    RULE_INVALID_JSON,   /* 200, and a body that ends in the middle of a word */
    RULE_HTML,           /* 200 and a page, as a proxy says it */
    RULE_FOREIGN_NEXT,   /* the list goes on at `to`, the thief unless told */
    RULE_NEXT_LOOP,      /* the list goes on where it is */
    RULE_RELATIVE_NEXT,  /* the list goes on at a path without a host */
    RULE_NULL_VALUE,     /* {"value":null} */
    RULE_EMPTY,          /* {"value":[]} */
    RULE_FORBIDDEN,      /* 403 AuthorizationFailed */
    RULE_KEY_RBAC,       /* 400 ForbiddenByRbac, as Key Vault answers for keys through ARM */
    RULE_NOT_REGISTERED, /* 409 MissingSubscriptionRegistration */
    RULE_GONE,           /* 404 ResourceNotFound */
    RULE_OLD_VERSION,    /* 400 NoRegisteredProviderFound unless the api-version is among `text` */
    RULE_REDIRECT,       /* `status` (307) to `to` */
    RULE_CHALLENGE,      /* 401 that asks for a token for `text`, at `to` */
    RULE_OTHER_TENANT,   /* 401 InvalidAuthenticationTokenTenant, whatever the token */
    RULE_CLAIMS,         /* 401 until a token with claims comes */
    RULE_ECHO,        /* `status` (400), and the Authorization header in the body, as careless proxies do */
    RULE_ECHO_HEADER, /* the right answer, and the Authorization header in headers of it */
    RULE_EXPIRED,     /* 401 ExpiredAuthenticationToken, and the token is worth nothing any more */
    RULE_SLOW_TLS,    /* the handshake waits `delay` ms */
    RULE_LIMIT,       /* a token bucket: `burst` and `rate` per second, for each subscription */
    RULE_KINDS
};

struct rule_row {
    enum rule_kind kind;
    const char *method, *path, *query; /* globs; NULL: any */
    double probability;                /* 0: always */
    int64_t nth, every, first, times;  /* 0: not asked */
    int64_t retry_after, status, delay, bytes;
    double burst, rate;
    const char *to, *text;
};

struct rule_url { /* how often a URL was asked */
    uint64_t hash;
    uint32_t count;
};
struct rule_bucket {
    char subscription[37];
    double left;
    int64_t at; /* ms */
};
struct rule_state {
    int64_t seen, struck;
    struct rule_bucket *buckets;
    size_t bucket_count;
};
struct rules {
    const struct rule_row *rows;
    struct rule_state *states;
    size_t count;
    uint64_t seed;
    struct rule_url *urls; /* open hash, a power of two */
    size_t url_cap, url_count;
};

struct exchange;
struct server;

/* Reads "name,key=value,key=value" into a row; the texts point into `text`, which is cut up. */
int rule_read(struct rule_row *row, char *text, struct err *e);
int rule_set(struct rule_row *row, const char *key, const char *value, struct err *e);
int rule_kind(const char *name, enum rule_kind *kind); /* -1: no such rule */
const char *rule_name(enum rule_kind kind);

void rules_open(struct rules *r, const struct rule_row *rows, size_t count, uint64_t seed);
void rules_close(struct rules *r);
/* The rule that strikes this request, or NULL. Every rule that it fits counts it. */
const struct rule_row *rules_strike(struct rules *r, struct exchange *x);
/* The same for a handshake. */
const struct rule_row *rules_strike_tls(struct rules *r);
/* Reads left in the bucket of this request's subscription; -1: no limit. */
int rules_left(const struct rules *r, const struct exchange *x);

#endif
