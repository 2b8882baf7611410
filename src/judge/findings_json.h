/* data/findings.json of a pack and `assess --format json` (contracts.md, Findings). Streamed from facts.db.
 */
#ifndef KC_JUDGE_FINDINGS_JSON_H
#define KC_JUDGE_FINDINGS_JSON_H

#include "base/err.h"
#include "lib/db.h"
#include "lib/json.h"

/* pack: the pack id, or NULL. Written whole or not at all, mode 0600. */
int findings_json_write(struct db *facts, const char *path, const char *pack, struct err *e);
/* The same document into a writer that json_begin has begun; the caller ends it. only: the findings of these
 * checks alone, a JSON array of names; NULL: all. Gaps and key custody are there in any case. */
int findings_json_put(struct db *facts, struct json_out *o, const char *pack, const char *only,
                      struct err *e);

/* 1 in *complete: no gap, no population that is not known, and every subscription's collection-complete
 * passes; there is at least one. */
int findings_complete(struct db *facts, int *complete, struct err *e);

#endif
