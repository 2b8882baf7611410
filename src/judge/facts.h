/* Fact tables from the raw answers of a snapshot: the views of src/azure/, materialised, and the helper
 * tables. */
#ifndef KC_JUDGE_FACTS_H
#define KC_JUDGE_FACTS_H

#include "base/buf.h"
#include "base/err.h"
#include "lib/db.h"

/* data/rebuild.sql of a pack: run as `cd data && sqlite3 new.db < rebuild.sql` it attaches
 * snapshots/<snapshot_file> read-only and makes every fact and helper table of `facts` again in the stock
 * shell. No findings. */
int facts_rebuild_sql(struct db *facts, const char *snapshot_file, struct buf *out, struct err *e);

#endif
