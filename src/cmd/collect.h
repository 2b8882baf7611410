/* What the files of the command collect share. */
#ifndef KC_CMD_COLLECT_H
#define KC_CMD_COLLECT_H

#include <signal.h>

#include "azure/collect.h"
#include "azure/live.h"
#include "azure/scope.h"
#include "cmd/cmd.h"
#include "cmd/signing.h"
#include "lib/revocation.h"
#include "lib/sign.h"
#include "store/evidence.h"
#include "store/resource.h"
#include "store/store.h"

/* What the person asked for. */
struct collect_job {
    const struct cmd_args *args;
    const char *store, *replay, *taken_at;
    struct scope scope;            /* of --subscription and --management-group */
    char principal[37];            /* object id of the caller; "": unknown */
    struct signing signing;        /* signer NULL: not sealed */
    struct revocation *revocation; /* of the signer's certificates */
    struct live_options live;
    const struct transport *azure; /* live Azure itself, behind what stands before it; NULL: a recording */
    struct transport *recorder;    /* of --record, in front of it; NULL: none. Owned by whoever is in front */
    const struct transport *before; /* of --resume */
};

extern volatile sig_atomic_t collect_signal; /* SIGINT or SIGTERM came */
void collect_catch_signals(void);

/* ---- collect_live.c: the options of the live transport, and Azure at the other end */
int collect_read_live(struct live_options *out, const struct cmd_args *args, struct err *e);
/* "90s", "30m", "2h", or seconds. */
int collect_read_duration(const char *option, const char *text, int64_t *seconds, struct err *e);
/* Signs in, takes the cloud's own api-versions, and finds the subscriptions that were named or lie below a
 * management group. */
int collect_open_live(struct transport **out, struct collect_job *job, struct resources *resources,
                      const struct store *store, struct err *e);

/* ---- collect_show.c: what a person sees of it, and what a program reads */
struct collect_show;
struct collect_show *collect_show_new(const struct transport *live); /* NULL: a recording, nothing moves */
void collect_show_free(struct collect_show *s);                      /* NULL is fine */
void collect_show_progress(void *show, const struct collect_progress *p);
int collect_show_gaps(struct evidence *ev, struct err *e);
int collect_show_population(struct evidence *ev, const struct resources *resources, struct err *e);
struct collect_sum {
    int64_t subscriptions, requests, exchanges, bytes, gaps;
    int sealed;
};
void collect_show_end(const struct collect_show *show, const struct store_snapshot *snapshot,
                      const struct collect_sum *sum);

#endif
