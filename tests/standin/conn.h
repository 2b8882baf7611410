/* A connection: TLS or not, HTTP/2 or HTTP/1.1, and the exchanges that are under way on it. */
#ifndef KC_STANDIN_CONN_H
#define KC_STANDIN_CONN_H

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "exchange.h"
#include "loop.h"

struct server;

struct conn {
    struct loop_watch watch; /* first */
    struct server *server;
    struct conn *before, *after; /* in the server's list */
    SSL *ssl;                    /* NULL: plain */
    int listener;                /* enum listen_kind */
    int number;                  /* from 1, for the log */
    int ready;                   /* the TLS handshake is over */
    int waiting;                 /* the handshake is put off by a rule */
    int closing;                 /* close once everything is written */
    int dead;                    /* freed when the call under way is back */
    int lingering;               /* all is said; what still comes is thrown away until the client closes */
    int flushing;                /* a flush is due */
    unsigned events;             /* that epoll watches for */
    struct buf in;               /* HTTP/1.1: not yet read as a request */
    struct buf out;              /* not yet written */
    size_t out_at;
    nghttp2_session *h2; /* NULL: HTTP/1.1 */
    struct exchange *open;
};

int conn_new(struct server *s, int fd, int listener, struct err *e); /* owns fd in every case */
void conn_free(struct conn *c);
void conn_reset(struct conn *c);      /* RST instead of FIN: as a middlebox tears a connection down */
void conn_flush(struct conn *c);      /* writes what it can; may free the connection */
void conn_flush_soon(struct conn *c); /* once for all answers that are due now */
/* The answer of an exchange is due: hands it to the protocol. */
void conn_answer(struct exchange *x);
/* Out of the connection's list: freed, or left to the timer that holds it. */
void conn_drop(struct exchange *x);

/* ---- protocols. Return -1 when the connection cannot go on. */
int h1_feed(struct conn *c, const char *bytes, size_t n);
void h1_answer(struct exchange *x);
int h2_begin(struct conn *c);
int h2_feed(struct conn *c, const char *bytes, size_t n);
int h2_pull(struct conn *c); /* frames into `out` */
void h2_answer(struct exchange *x);

#endif
