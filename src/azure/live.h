/* The transport that asks Azure itself. */
#ifndef KC_AZURE_LIVE_H
#define KC_AZURE_LIVE_H

#include <signal.h>
#include <stdint.h>

#include "azure/cloud.h"
#include "azure/token.h"
#include "azure/transport.h"

struct live_options {
    const char *cloud;      /* a name or an https endpoint: see cloud_open */
    const char *ca_file;    /* NULL: the system's authorities alone */
    const char *credential; /* NULL: the chain */
    int64_t deadline;       /* seconds from now; what is not answered then is a gap. 0: none */
    int timeout;            /* seconds for one attempt; 0: the usual */
    const volatile sig_atomic_t *stop;
};

/* What a run has done so far. */
struct live_state {
    int64_t sent, retried, bytes; /* attempts, those among them that repeat one, bytes received */
    int under_way, waiting;       /* requests on the line; requests that wait for their turn */
    int64_t throttled; /* milliseconds until the next that is held back by a limit may go; 0: none is */
    int64_t clock_difference; /* seconds, the largest between our clock and a Date header */
    int clock_known;
};

/* Finds the cloud and signs in. Freed with transport_free. */
int live_open(struct transport **out, const struct live_options *options, struct err *e);
const struct live_state *live_state(const struct transport *t);
const struct cloud *live_cloud(const struct transport *t);
const struct tokens *live_tokens(const struct transport *t);

#endif
