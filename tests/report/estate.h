/* The small estate of estate.sql and findings.sql as a judged database, with the framework of framework.json.
 */
#ifndef KC_TESTS_ESTATE_H
#define KC_TESTS_ESTATE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/mem.h"
#include "judge/facts.h"
#include "judge/mapping.h"
#include "report/options.h"

static inline void estate_file(struct db *db, const char *path)
{
    struct buf sql = {0};
    struct err e = {""};

    if (file_read(path, 1 << 20, &sql, &e) != 0 || db_exec(db, buf_str(&sql), &e) != 0)
        fail_msg("%s: %s", path, e.text);
    buf_free(&sql);
}

static inline void estate_sql(struct db *db, const char *sql)
{
    struct err e = {""};

    if (db_exec(db, sql, &e) != 0)
        fail_msg("%s: %s", sql, e.text);
}

/* facts: SQL that runs behind estate.sql, found: behind findings.sql; framework: a file or an id, NULL: all
 * that are built in. The caller closes the database. */
static inline struct db *estate_judged(const char *facts, const char *found, const char *framework)
{
    struct db *db = NULL;
    struct err e = {""};

    if (db_open(&db, NULL, DB_MEMORY, &e) != 0 || facts_declare(db, &e) != 0)
        fail_msg("%s", e.text);
    estate_file(db, "tests/report/estate.sql");
    estate_sql(db, facts);
    if (facts_helpers(db, &e) != 0)
        fail_msg("%s", e.text);
    estate_sql(db, embed_find("judge/check.sql")->data);
    estate_file(db, "tests/report/findings.sql");
    estate_sql(db, found);
    estate_sql(db, embed_find("judge/custody.sql")->data);
    if ((framework ? mapping_load(db, framework, &e) : mapping_load_all(db, &e)) != 0 ||
        control_roll_up(db, &e) != 0)
        fail_msg("%s", e.text);
    estate_sql(db, "DELETE FROM check_threshold WHERE check_id NOT IN (SELECT check_id FROM check_meta)");
    return db;
}

static const struct report_link estate_chain[] = {
    {"2b3c4d5e", "2026-08-31T06:00:00Z", "20260831T060000Z-2b3c4d5e.db",
     "bb00000000000000000000000000000000000000000000000000000000000022", NULL, 1},
    {"3c4d5e6f", "2026-09-30T06:00:00Z", "20260930T060000Z-3c4d5e6f.db",
     "cc00000000000000000000000000000000000000000000000000000000000033",
     "bb00000000000000000000000000000000000000000000000000000000000022", 0},
};
static const struct report_options estate_options = {
    .pack_id = "KC-20260930-7f3a91c2",
    .as_of = "2026-10-01T00:00:00Z",
    .snapshot_file = "20260930T060000Z-3c4d5e6f.db",
    .snapshot_sha256 = "cc00000000000000000000000000000000000000000000000000000000000033",
    .command_line = "keycustody report --store STORE --out OUT",
    .tool_version = "0.1.0",
    .tool_sha256 = "dd00000000000000000000000000000000000000000000000000000000000044",
    .chain = estate_chain,
    .chain_count = 2};

#endif
