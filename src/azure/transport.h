/* How requests leave and answers come back. The collector knows only this: it keeps up to `capacity` requests
 * under way and is called back once for each. Transports: replay.h (a recording); live Azure is the other
 * one. */
#ifndef KC_AZURE_TRANSPORT_H
#define KC_AZURE_TRANSPORT_H

#include <signal.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/evidence.h"

struct transport_request {
    const char *method; /* "GET" */
    const char *url;    /* absolute; a nextLink goes here byte by byte as Azure wrote it */
    const char *body;   /* of a POST, else NULL */
    size_t body_size;
    const char *const
        *versions;    /* api-versions that would do instead, best first, closed by NULL; may be NULL */
    const char *kind; /* one word for requests of a kind, whose answers are alike in size; may be NULL */
    void *owner;      /* given back with the answer */
};

/* One answer; everything in it lives until the callback returns. */
struct transport_answer {
    int status;             /* HTTP status; 0: there was no answer, see fault */
    const char *fault_code; /* no answer, or one without its body: "NotRecorded", ...; else NULL */
    const char *fault;      /* one sentence for it */
    const char *body;       /* the exact bytes, decoded from any transfer or content encoding; never NULL */
    size_t size;
    const char *api_version; /* that answered; NULL: the URL names none */
    char received_at[CLOCK_TEXT];
    /* the response headers that may enter evidence; NULL when absent */
    const char *date, *request_id, *correlation_id, *routing_id, *failure_cause, *etag;
    int again; /* asking again may give a better body than this one, should it be no JSON */
};

/* Called once per request. Returns 0, or -1 to end the run. With `again`, 1 asks for another answer: the
 * callback then comes once more. */
typedef int transport_done(void *ctx, void *owner, const struct transport_answer *answer, struct err *e);

struct transport {
    int (*send)(struct transport *t, const struct transport_request *request,
                struct err *e); /* copies what it keeps */
    /* Waits until something has arrived and calls done() for it. Returns how many requests are still under
     * way, or -1. */
    int (*step)(struct transport *t, struct err *e);
    void (*free)(struct transport *t);
    const char *endpoint;                 /* scheme, host and port of ARM, no trailing slash */
    const struct evidence_origin *origin; /* what the snapshot says about where its answers are from */
    int capacity;                         /* requests it wants under way at once; at least 1 */
    transport_done *done;                 /* set by the collector before the first send */
    void *ctx;
    const volatile sig_atomic_t *stop; /* set: who waits for it gives up; NULL: nothing is waited for */
};

void transport_free(struct transport *t); /* NULL is fine */

#endif
