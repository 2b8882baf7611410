/* Lists are counted a second way: Azure Resource Graph says how many of each type a subscription holds. It is
 * a copy that runs behind and shows what the caller may see, so it finds out what to look at, and is never
 * evidence: a thing that it counts and the list lacks is asked for by its id, and only what is there then is
 * a gap. */
#ifndef KC_AZURE_TIE_H
#define KC_AZURE_TIE_H

#include <signal.h>
#include <stdint.h>

#include "azure/transport.h"
#include "base/err.h"
#include "store/evidence.h"
#include "store/resource.h"

struct tie_options {
    const struct resources *resources; /* those with a header `counted` take part */
    const volatile sig_atomic_t *stop;
};

struct tie_result {
    int64_t compared;        /* lists */
    int64_t behind;          /* of them, where Resource Graph counts fewer: it runs behind */
    int64_t stale;           /* things that it still counts and that are gone */
    int64_t lacking;         /* lists that lack something: gaps say what */
    struct err not_possible; /* why it could not be asked; "" when it could */
};

/* Part of collect_run, when everything is read and before it is written down how each list ended
 * (main.collect_end): a list that lacks something was not read to its end. */
int tie_run(struct transport *t, struct evidence *ev, const struct tie_options *options,
            struct tie_result *result, struct err *e);

#endif
