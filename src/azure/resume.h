/* A transport in front of another one that first looks into what collections that were cut off had read: an
 * answer of the last 24 hours, for the same caller and the same scope, need not be asked for again. */
#ifndef KC_AZURE_RESUME_H
#define KC_AZURE_RESUME_H

#include <stdint.h>

#include "azure/collect.h"
#include "azure/transport.h"
#include "store/store.h"

struct resume_options {
    const struct store *store;                        /* opened with store_open_to_resume */
    const char *principal_id;                         /* NULL: unknown, and then nothing fits */
    const struct collect_subscription *subscriptions; /* as in collect_options */
    size_t subscription_count;
};

/* What was found, and what of it was used. */
struct resume_state {
    int64_t found, used;
    char first[CLOCK_TEXT], last[CLOCK_TEXT]; /* when the answers found had been received; "" without any */
};

/* inner becomes out's own. A file that cannot be read, or does not fit, is passed over with a message. */
void resume_open(struct transport **out, struct transport *inner, const struct resume_options *options);
const struct resume_state *resume_state(const struct transport *t);

#endif
