/* One thing that a resource file asks for: a single answer, or a list page by page until it ends, fails, or
 * is refused. */
#ifndef KC_AZURE_FETCH_H
#define KC_AZURE_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "azure/transport.h"
#include "base/err.h"
#include "store/evidence.h"
#include "store/resource.h"

#define FETCH_PAGES_MAX 10000 /* of one list; ARM's pages hold 100 and more items */

struct fetch_job { /* what `each:` yielded */
    const char *subject, *url, *scope;
};

/* How it ended, once per fetch. */
struct fetch_end {
    const char *subject, *scope, *url; /* url: of the first page, clean */
    int complete, pages, status;       /* status 0: no answer */
    const char *code;
    int64_t exchange;
};

struct fetch;

/* What the fetches of one resource share. */
struct fetch_context {
    struct transport *transport;
    struct evidence *evidence;
    const struct resource *resource;
    int version; /* of its api-versions, the first to ask for: those before are not served here */
    const char *principal_id;
    struct instead *instead; /* where gaps wait that another answer may close; NULL: they stand at once */
    struct fetch *live;      /* all that have not ended */
    int under_way;           /* requests without their answer */
    int64_t requests;
    int (*ended)(void *ctx, const struct fetch_end *end, struct err *e);
    void *ctx;
};

/* Sends the first request. The end comes through ended(), perhaps before this returns. */
int fetch_begin(struct fetch_context *c, const struct fetch_job *job, struct err *e);
/* To be called by the transport for each answer: a transport_done; ctx is not looked at. */
int fetch_answer(void *ctx, void *owner, const struct transport_answer *answer, struct err *e);
/* Frees the fetches that will get no answer any more, when a run was cut off. */
void fetch_drop_all(struct fetch_context *c);

#endif
