/* data/findings.json of a pack and `assess --format json` (contracts.md, Findings). Streamed from facts.db.
 */
#ifndef KC_JUDGE_FINDINGS_JSON_H
#define KC_JUDGE_FINDINGS_JSON_H

#include "base/err.h"
#include "lib/db.h"

/* pack: the pack id, or NULL. Written whole or not at all, mode 0600. */
int findings_json_write(struct db *facts, const char *path, const char *pack, struct err *e);

#endif
