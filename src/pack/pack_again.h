/* A pack's files made again from what lies in the pack alone: snapshot, mappings, template, engagement and
 * options. For verify --deep, which compares. */
#ifndef KC_PACK_PACK_AGAIN_H
#define KC_PACK_PACK_AGAIN_H

#include "base/err.h"
#include "lib/db.h"

struct pack_again {
    struct db *facts; /* judged again */
    char *data;       /* folder with what was written again, unsigned */
    char *undrawn;    /* why there is no report.pdf in it, or NULL */
    char *others;     /* "libharu 2.3.0 here, 2.4.0 there": of what it was written with; NULL: the same */
};

/* dir: the pack's folder, whose files are all that its manifests say. temp: an empty folder of the caller's.
 */
int pack_again(struct pack_again *a, const char *dir, const char *temp, struct err *e);
void pack_again_free(struct pack_again *a);

#endif
