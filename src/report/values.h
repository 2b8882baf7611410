/* Named values that template text and template SQL can use: the columns of one row, and behind it the row of
 * the block around it. */
#ifndef KC_REPORT_VALUES_H
#define KC_REPORT_VALUES_H

#include <stddef.h>

#include "base/err.h"
#include "lib/db.h"

struct value {
    char *name;
    char *text; /* NULL for SQL NULL */
    int number; /* bound as an integer */
};
struct values {
    const struct values *outer; /* looked at when a name is not here; NULL: none */
    struct value *items;
    size_t count;
};

void values_read(struct values *v, struct db_stmt *s); /* copies the current row */
void values_clear(struct values *v);                   /* keeps `outer` */
const struct value *values_find(const struct values *v, const char *name,
                                size_t n); /* NULL when there is none */

/* Binds each ":name" of the statement; a parameter that no row around it has is an error. */
int values_bind(const struct values *v, struct db_stmt *s, struct err *e);

#endif
