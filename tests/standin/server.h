/* The stand-in for Azure: its listeners, and the way of a request through rules and places. */
#ifndef KC_STANDIN_SERVER_H
#define KC_STANDIN_SERVER_H

#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>

#include "estate.h"
#include "exchange.h"
#include "loop.h"
#include "options.h"
#include "recording.h"
#include "rule.h"
#include "token.h"

/* TLS: ARM, sign-in, vaults. PLAIN: the identity endpoints that Azure offers on http (IMDS, App Service,
 * Arc). THIEF: somebody else's server, to which no token may ever come; it answers everything with 200. */
enum listen_kind { LISTEN_TLS, LISTEN_PLAIN, LISTEN_THIEF, LISTEN_KINDS };

struct conn;
struct server;

struct server_listener {
    struct loop_watch watch; /* first */
    struct server *server;
    int kind, port;
};

struct server {
    const struct options *options;
    struct loop loop;
    SSL_CTX *tls;
    struct server_listener listeners[LISTEN_KINDS];
    char *origin; /* https://localhost:PORT */
    char *thief;  /* https://localhost:PORT of the thief */
    struct recording recording;
    struct estate estate;
    struct rules rules;
    struct tokens tokens;
    FILE *log, *token_list; /* NULL: none */
    struct conn *conns;
    int connections; /* so far */
    uint64_t requests;
};

int server_open(struct server *s, const struct options *o, volatile sig_atomic_t *stop, struct err *e);
int server_run(struct server *s, struct err *e);
void server_close(struct server *s); /* fine after a failed open */

/* A whole request has come in: finds the answer and sends it when it is due. */
void server_serve(struct server *s, struct exchange *x);
/* Calls run(x) in `ms`; when the connection is gone by then, x is freed instead. */
void server_hold(struct exchange *x, int64_t ms, void (*run)(void *arg));
int64_t server_tls_delay(struct server *s); /* ms that the next handshake is put off */

#endif
