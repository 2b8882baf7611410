/* From a snapshot to results: thresholds, facts, checks, key custody, controls, all in one database. What
 * assess prints and what a pack is made of. */
#ifndef KC_JUDGE_JUDGE_H
#define KC_JUDGE_JUDGE_H

#include <stddef.h>

#include "base/err.h"
#include "lib/db.h"

struct judge_options {
    const char *snapshot;   /* path of the snapshot's file; it is only read */
    const char *facts;      /* path of the database to make; it must not exist. NULL: in memory; "": in a
                               file without a name that goes when it is closed */
    const char *engagement; /* file, or NULL */
    const char *const *frameworks; /* ids and files */
    size_t framework_count;        /* 0: all that are built in */
};

/* *facts: the open database with every table of facts, findings, custody and controls; the caller closes it.
 */
int judge_run(const struct judge_options *o, struct db **facts, struct err *e);

#endif
