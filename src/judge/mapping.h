/* Which control cares about which check: one JSON file per framework (mappings/mapping.schema.json), loaded
 * into the tables of judge/mapping.sql; then judge/control.sql rolls findings up to results of controls. */
#ifndef KC_JUDGE_MAPPING_H
#define KC_JUDGE_MAPPING_H

#include "base/buf.h"
#include "base/err.h"
#include "lib/db.h"

/* Loads one framework: the id of a built-in mapping ("pci-dss") or a file (a name with a '/' or ending in
 * .json). Creates the tables of judge/mapping.sql when they are missing. A mapping with any problem is not
 * loaded; the error names file, line, JSON pointer and the first problem. The same id twice is an error. */
int mapping_load(struct db *facts, const char *id_or_path, struct err *e);

/* Every built-in mapping, in the order that they give themselves ("order"). */
int mapping_load_all(struct db *facts, struct err *e);

/* One line per problem of a mapping, "FILE:LINE: /pointer: what"; returns their number, -1 if it cannot be
 * read at all. */
int mapping_lint(const char *id_or_path, struct buf *problems, struct err *e);

/* The bytes of a mapping as they were or would be loaded (for the copy in a pack) and a file name for them.
 */
int mapping_text(const char *id_or_path, struct buf *out, char **file_name, struct err *e);

/* Fills control_test and control_result (and declares the view control_finding) from relation, check_count,
 * finding, policy, engagement and not_applicable. Needs policy_load, mapping_load and the checks' results
 * (judge/check.h). */
int control_roll_up(struct db *facts, struct err *e);

#endif
