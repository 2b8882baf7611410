/* Fact tables from the raw answers of a snapshot: copies of its own tables, the views of src/azure/
 * materialised, the thresholds, and the helper tables of judge/helpers.sql. */
#ifndef KC_JUDGE_FACTS_H
#define KC_JUDGE_FACTS_H

#include "base/buf.h"
#include "base/err.h"
#include "lib/db.h"

/* Fills an empty database from the snapshot's file, which is only read. engagement: a file, or NULL. */
int facts_build(struct db *facts, const char *snapshot, const char *engagement, struct err *e);

/* For tests: makes every table that a check may read, except those of judge/helpers.sql. They are empty, but
 * for the shipped thresholds (policy), resource_permission, and the one row of snapshot (taken
 * 2026-09-30T06:00:00Z). */
int facts_declare(struct db *facts, struct err *e);
/* The tables of judge/helpers.sql, computed from those that are there. facts_build does it itself. */
int facts_helpers(struct db *facts, struct err *e);

/* data/rebuild.sql of a pack: run as `cd data && sqlite3 new.db < rebuild.sql` it attaches
 * snapshots/<snapshot_file> read-only and makes every fact and helper table of `facts` again in the stock
 * shell. No findings. */
int facts_rebuild_sql(struct db *facts, const char *snapshot_file, struct buf *out, struct err *e);

#endif
