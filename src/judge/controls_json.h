/* data/controls.json of a pack (contracts.md): per framework and control the result, the tests with their
 * denominators, `part`, `rest`, and the ids of the findings that are exceptions or were not assessed.
 * Streamed from facts.db. */
#ifndef KC_JUDGE_CONTROLS_JSON_H
#define KC_JUDGE_CONTROLS_JSON_H

#include "base/err.h"
#include "lib/db.h"

/* pack: the pack id, or NULL. Written whole or not at all, mode 0600. Needs control_roll_up. */
int controls_json_write(struct db *facts, const char *path, const char *pack, struct err *e);

#endif
