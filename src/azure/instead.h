/* Reads that a second place may answer: a key that Resource Manager refuses is asked of its vault. A resource
 * file says so: `instead: crypto_key` in vault_key.sql. Until everything is read, gaps of both wait; then
 * those fall away whose subject the second place answered, and what was asked for counts as read. */
#ifndef KC_AZURE_INSTEAD_H
#define KC_AZURE_INSTEAD_H

#include <stdint.h>

#include "base/err.h"
#include "lib/db.h"
#include "store/evidence.h"
#include "store/resource.h"

struct instead;

/* db: the collector's, with its table collect_end. */
int instead_begin(struct instead **out, struct db *db, const struct resources *resources, struct err *e);
/* evidence_gap, at once or later. i may be NULL: at once. */
int instead_gap(struct instead *i, struct evidence *ev, const char *resource, const char *subject,
                const char *scope, const char *url, int status, const char *code, const char *reason,
                int64_t exchange, struct err *e);
int instead_settle(struct instead *i, struct evidence *ev, struct err *e);
void instead_end(struct instead *i);

#endif
