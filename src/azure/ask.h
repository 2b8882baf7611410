/* One question to a transport, waited for: for what a collection needs beside its evidence. The transport
 * must have nothing under way. */
#ifndef KC_AZURE_ASK_H
#define KC_AZURE_ASK_H

#include "azure/transport.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/resource.h"

struct ask_answer {
    int good;   /* 200, and strict JSON of the shape */
    int status; /* 0: no answer */
    struct buf body;
    char *next;     /* nextLink */
    struct err why; /* what is wrong, when it is not good */
};

/* what: for messages. url must be of the transport's own endpoint: else it is refused here. -1: the run must
 * end. */
int ask(struct transport *t, const char *what, const char *url, const char *body, enum resource_shape shape,
        struct ask_answer *out, struct err *e);
/* The same at another origin (url_origin's form), such as a vault's; the transport knows whether a token may
 * go there. */
int ask_at(struct transport *t, const char *place, const char *what, const char *url, const char *body,
           enum resource_shape shape, struct ask_answer *out, struct err *e);
void ask_answer_free(struct ask_answer *a);

#endif
