/* The collector: runs the resource files, each when those that it needs are done, asks what their `each:`
 * says, keeps what comes back. It knows no resource by name and has no opinions: what it could not read
 * becomes a gap. */
#ifndef KC_AZURE_COLLECT_H
#define KC_AZURE_COLLECT_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/tie.h"
#include "azure/transport.h"
#include "base/err.h"
#include "store/evidence.h"
#include "store/resource.h"

struct collect_subscription {
    char id[37];         /* lower-case GUID */
    const char *written; /* as the person wrote it */
};

/* Where a run is, for who watches it. */
struct collect_progress {
    int64_t planned, ended;                    /* things to ask for, as far as they are known by now */
    int64_t subscriptions, subscriptions_read; /* in scope; whose own lists have all ended */
    const char *reading;                       /* title of the resource begun last; NULL: none yet */
};

struct collect_options {
    const struct resources *resources;
    const struct collect_subscription *subscriptions; /* declared scope; count 0: all that are visible */
    size_t subscription_count;
    const char *principal_id; /* under which requests go out; NULL: unknown */
    struct tie_result *tie;   /* count the lists a second way; NULL: do not */
    int control_plane_only;   /* no vault and no managed HSM is asked itself */
    int probe; /* only find out what can be read: one thing of each kind in each subscription */
    const volatile sig_atomic_t *stop; /* set: end as soon as possible; may be NULL */
    void (*progress)(void *ctx, const struct collect_progress *p); /* called often; may be NULL */
    void *progress_ctx;
};

struct collect_result {
    int64_t requests;      /* sent, and answered or known to stay without an answer */
    int64_t subscriptions; /* in scope */
    int interrupted;
};

/* Fills the snapshot. 0: done, with or without gaps (evidence_gaps). -1: no snapshot can come of this. */
int collect_run(struct transport *t, struct evidence *ev, const struct collect_options *options,
                struct collect_result *result, struct err *e);

#endif
