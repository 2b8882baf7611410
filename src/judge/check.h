/* The checks: src/checks/<slug>.sql, each a header and one SELECT. Read, run confined over the fact tables,
 * and what they find kept in the tables of judge/check.sql. */
#ifndef KC_JUDGE_CHECK_H
#define KC_JUDGE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "base/embed.h"
#include "base/err.h"
#include "base/header.h"
#include "lib/db.h"

/* The check that says whether everything was read; every gap concerns it. */
#define CHECK_COMPLETE "collection-complete"

struct check {
    const struct embed_row *file;
    struct header header; /* owns the texts below */
    const char *slug;     /* header `check` */
    const char *code;     /* header `id` */
    const char *title, *severity, *basis, *kind, *needs, *why, *limits, *remedy, *source;
    const char *link;      /* NULL: none */
    const char *threshold; /* names of policy rows, comma separated, or NULL */
    const char *danger;    /* or NULL */
    int64_t order;
};

struct checks {
    struct check *rows; /* owned */
    size_t count;
};

/* Reads and validates one file's header; out is the caller's, freed with check_free. */
int check_read(struct check *out, const struct embed_row *file, struct err *e);
void check_free(struct check *c);
/* The checks inside the program, in their own order. Each names only resources and thresholds that exist. */
int checks_load(struct checks *out, struct err *e);
void checks_free(struct checks *list);
const struct check *checks_find(const struct checks *list, const char *slug); /* NULL when there is none */

/* Makes the tables of judge/check.sql and fills them: each check of the list runs over `facts` (facts_build,
 * or facts_declare with rows of a test and facts_helpers). */
int checks_run(struct db *facts, const struct checks *list, struct err *e);

#endif
