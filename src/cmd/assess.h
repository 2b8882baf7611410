/* keycustody assess prints what was judged in one of these forms; assess.c parses, judges and chooses the
 * exit code. */
#ifndef KC_CMD_ASSESS_H
#define KC_CMD_ASSESS_H

#include "base/err.h"
#include "lib/db.h"

struct assess {
    struct db *facts; /* judged */
    char *only;       /* JSON array of the checks that are shown; NULL: all */
    int all_subjects; /* the table lists every subject: checks were named */
};

/* What is missing, in a sentence ("8 gaps; ..."), the caller's to free; NULL when the result is complete. */
int assess_missing(struct db *facts, char **missing, struct err *e);

int assess_table(const struct assess *a, struct err *e);
int assess_csv(const struct assess *a, struct err *e);

#endif
