/* Facts out of answers: runs resource files over a snapshot. Shared by the collector, which needs facts to
 * know what to ask next, and by the builder of facts.db.
 *
 * The connection: main takes the fact tables; `exchange`, `listing`, `gap`, `scope`, `sqlar` must resolve
 * without a schema name (the snapshot attached as snap, or copies in main). */
#ifndef KC_STORE_FACTS_SQL_H
#define KC_STORE_FACTS_SQL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/db.h"
#include "store/resource.h"

/* Something in a usable answer that could not become a fact. Pointers live until the callback returns. */
struct facts_gap {
    const char *resource, *subject, *scope, *url, *code, *reason; /* url may be NULL */
    int status;                                                   /* 0: unknown */
    int64_t exchange;                                             /* 0: unknown */
};
typedef int facts_gap_found(void *ctx, const struct facts_gap *gap, struct err *e);

/* Makes the table fold(raw, key) in main. Once per connection, before the first facts_sql_build. script: as
 * below. */
int facts_sql_begin(struct db *db, struct buf *script, struct err *e);
/* Adds to fold every string of a usable body (strict JSON) that is not ASCII. Before the views read that
 * body. */
int facts_sql_fold(struct db *db, const char *body, size_t n, struct err *e);
/* The same for one text, such as an id that was put together from several strings: the subject of an
 * exchange. */
int facts_sql_fold_text(struct db *db, const char *text, struct err *e);
/* Runs one resource file: its tables and views, then each X_view into its table X in file order; a view
 * X_item is a table meanwhile. found() is told of rows without a `must` column (they do not become facts), of
 * rows without a `known` column (they do: a check then says not-assessed), of answers that contradict each
 * other about the same thing (what they differ in becomes NULL) and of the rows of X_gap. script, unless
 * NULL, is given every statement that makes facts, so that the stock shell can make the same. */
int facts_sql_build(struct db *db, const struct resource *r, struct buf *script, facts_gap_found *found,
                    void *ctx, struct err *e);

#endif
