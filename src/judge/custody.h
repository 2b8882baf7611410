/* Key custody per cluster, and what depends on each key: judge/custody.sql over the findings. */
#ifndef KC_JUDGE_CUSTODY_H
#define KC_JUDGE_CUSTODY_H

#include "base/err.h"
#include "lib/db.h"

/* The eight links, in order; closed by NULL. */
extern const char *const custody_links[];

/* Makes and fills custody, custody_link and key_impact. After checks_run. */
int custody_run(struct db *facts, struct err *e);

#endif
