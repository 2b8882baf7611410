/* One request and what is said to it. The protocols (h1, h2) fill the first half and send the second; between
 * them stand the rules (rule.h) and the places that answer (place.h). */
#ifndef KC_STANDIN_EXCHANGE_H
#define KC_STANDIN_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "lib/json.h"

struct conn;
struct token;

struct field {
    char *name; /* lower case */
    char *value;
};
struct fields {
    struct field *rows;
    size_t count;
};

/* What becomes of the answer on its way. */
enum exchange_way {
    EXCHANGE_WHOLE,
    EXCHANGE_RESET,     /* the connection is torn down instead */
    EXCHANGE_STREAM,    /* HTTP/2: this stream alone is reset; HTTP/1.1: as EXCHANGE_RESET */
    EXCHANGE_HANG,      /* nothing is ever said */
    EXCHANGE_TRUNCATED, /* the head promises `size` bytes, half of them come */
    EXCHANGE_DRIP,      /* a few bytes at a time */
    EXCHANGE_GOAWAY     /* whole, and the connection takes no more requests */
};

struct exchange {
    struct exchange *before, *after; /* in the connection's list */
    struct conn *conn;               /* NULL: it is gone, nobody waits for the answer */
    int32_t stream;                  /* HTTP/2 */
    int listener;                    /* enum listen_kind: which of our ports was asked */
    /* asked */
    char *method, *target, *host; /* target: path and query as sent; host: of Host or :authority */
    char *path, *query;           /* the two halves of the target, as sent; query without '?', never NULL */
    struct fields in;
    struct buf asked; /* body of the request */
    /* said */
    int status;
    struct fields out;
    struct buf own;   /* a body made for this answer */
    const char *body; /* `own` or bytes that outlive the exchange */
    size_t size;
    enum exchange_way way;
    size_t sent, allowed; /* of the body; allowed grows while it drips */
    int64_t delay;        /* ms before the answer leaves, beside the latency of all */
    int64_t drip_ms;
    size_t drip_bytes;
    int held; /* a timer has it and will call run (server_hold) */
    void (*run)(void *arg);
    const char *fault;    /* name of the rule that struck, for the log; NULL: none */
    struct token *bearer; /* of ours, in the Authorization header; NULL: none, or not ours */
};

struct exchange *exchange_new(struct conn *conn, int listener);
void exchange_free(struct exchange *x); /* NULL is fine */
void fields_add(struct fields *f, const char *name, size_t name_n, const char *value, size_t value_n);
void fields_free(struct fields *f);
const char *exchange_header(const struct exchange *x, const char *name); /* of the request; NULL: none */
void exchange_set_target(struct exchange *x, const char *target, size_t n);
/* A parameter of the query, or of a form in the body, decoded; 0 when it is not there. */
int exchange_parameter(const struct exchange *x, const char *name, struct buf *out);
int exchange_form(const struct exchange *x, const char *name, struct buf *out);
/* Letter case ignored, '*' and '?' as in a shell, slashes are characters like others. */
int exchange_glob(const char *pattern, const char *text);

/* ---- the answer */
void exchange_say(struct exchange *x, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void exchange_json(struct exchange *x, int status, struct json_out *o); /* takes o's bytes */
void exchange_text(struct exchange *x, int status, const char *type, const char *text);
void exchange_borrow(struct exchange *x, int status, const char *body, size_t size); /* JSON kept elsewhere */
/* ARM's shape: {"error":{"code","message"}} */
void exchange_error(struct exchange *x, int status, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
