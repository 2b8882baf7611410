/* Builds facts.db. See facts.h.
 *
 * Whatever makes rows is SQL text that runs through facts_run or facts_sql_build, which also keep it for the
 * stock shell: rebuild.sql is written by running the same steps over an empty snapshot. What SQL cannot make
 * (Unicode folding, JSON files of ours) stands in rebuild.sql as rows. */
#include "judge/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "judge/policy.h"
#include "store/facts_sql.h"

static const char *const facts_core[] = {"snapshot", "scope", "exchange", "listing", "gap"};
#define FACTS_CORE (sizeof facts_core / sizeof *facts_core)

struct facts_job {
    struct db *db;
    struct buf *script;              /* NULL, or what the stock shell is to run */
    struct db *done;                 /* with script: the finished facts, for what stands there as rows */
    const struct resource *resource; /* that is being built */
    struct db_stmt *told, *known, *gap, *late;
};

static int facts_run(struct facts_job *j, const char *sql, struct err *e)
{
    if (j->script)
        buf_print(j->script, "%s;\n", sql);
    return db_exec(j->db, sql, e);
}

/* An SQL file inside the program, as a whole. */
static int facts_run_file(struct facts_job *j, const char *name, struct err *e)
{
    const struct embed_row *file = embed_find(name);

    if (!file)
        return err_set(e, "%s: not built in", name);
    if (j->script)
        buf_print(j->script, "\n-- %s\n%s\n", name, file->data);
    if (db_exec(j->db, file->data, e) != 0)
        return err_context(e, "%s", name);
    return 0;
}

/* Rows of a table of the finished facts, each as an INSERT. */
static int facts_rows(struct facts_job *j, const char *table, const char *where, struct err *e)
{
    struct db_stmt *s = NULL;
    char *sql = NULL, *columns = NULL;
    int rc = -1, more = 0;

    if (db_value_text(j->done, &columns, e,
                      "SELECT group_concat('quote(\"' || name || '\")', '||'', ''||') FROM "
                      "pragma_table_info(%Q)",
                      table) != 0)
        return -1;
    sql = mem_print("SELECT %s FROM \"%s\" WHERE %s ORDER BY 1", columns, table, where);
    if (db_prepare(j->done, &s, sql, e) != 0)
        goto out;
    while ((more = db_step(s, e)) == 1)
        buf_print(j->script, "INSERT INTO main.\"%s\" VALUES (%s);\n", table, db_text(s, 0));
    rc = more;
out:
    if (rc != 0)
        err_context(e, "%s", table);
    db_free(s);
    free(sql);
    free(columns);
    return rc;
}

/* ---- the snapshot's own tables */

/* Declared as the snapshot declares them, comments included, without its triggers. */
static int facts_core_declare(struct facts_job *j, struct err *e)
{
    const struct embed_row *schema = embed_find("store/evidence.sql");
    struct db *empty = NULL;
    int rc = -1;

    if (!schema)
        return err_set(e, "store/evidence.sql: not built in");
    if (db_open(&empty, NULL, DB_MEMORY, e) != 0)
        return -1;
    if (db_exec(empty, schema->data, e) != 0)
        goto out;
    for (size_t i = 0; i < FACTS_CORE; i++) {
        char *sql = NULL;
        int failed = db_value_text(empty, &sql, e, "SELECT sql FROM sqlite_schema WHERE name = %Q",
                                   facts_core[i]) != 0 ||
                     facts_run(j, sql, e) != 0;

        free(sql);
        if (failed)
            goto out;
    }
    rc = facts_run(j, "ALTER TABLE listing ADD COLUMN subject_key TEXT", e); /* subject, folded */
out:
    db_close(empty);
    return rc;
}

static int facts_core_copy(struct facts_job *j, struct err *e)
{
    return facts_run(j,
                     "INSERT INTO main.snapshot SELECT * FROM snap.snapshot;\n"
                     "INSERT INTO main.scope SELECT * FROM snap.scope ORDER BY subscription_id;\n"
                     "INSERT INTO main.exchange SELECT * FROM snap.exchange ORDER BY n;\n"
                     "INSERT INTO main.gap SELECT * FROM snap.gap ORDER BY n;\n"
                     "INSERT INTO main.listing SELECT l.*, coalesce((SELECT f.key FROM main.fold f WHERE "
                     "f.raw = l.subject), "
                     "lower(rtrim(l.subject, '/'))) FROM snap.listing l ORDER BY resource, subject",
                     e);
}

/* ---- ids that are not ASCII */

static int facts_fold_each(struct facts_job *j, const char *sql, int bodies, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1, more = 0;

    if (db_prepare(j->db, &s, sql, e) != 0)
        return -1;
    while ((more = db_step(s, e)) == 1) {
        if (bodies ? facts_sql_fold(j->db, db_text(s, 0), db_size(s, 0), e) != 0
                   : facts_sql_fold_text(j->db, db_text(s, 0), e) != 0)
            goto out;
    }
    rc = more;
out:
    db_free(s);
    return rc;
}

static int facts_fold(struct facts_job *j, struct err *e)
{
    if (facts_fold_each(
            j,
            "SELECT CAST(sqlar_uncompress(s.data, s.sz) AS TEXT) FROM snap.sqlar s WHERE s.name IN (SELECT "
            "'answers/' || sha256 FROM snap.exchange WHERE usable)",
            1, e) != 0 ||
        facts_fold_each(j, "SELECT subject FROM snap.listing", 0, e) != 0)
        return err_context(e, "fold");
    return 0;
}

/* ---- resources */

/* Whether the snapshot knows this gap already; reason as the collector writes it. 1, 0, or -1. */
static int facts_gap_known(struct facts_job *j, const struct facts_gap *gap, const char *reason,
                           struct err *e)
{
    int there = 0;

    db_bind_int(j->told, 1, gap->exchange);
    there = db_step(j->told, e);
    db_reset(j->told);
    if (there != 0)
        return there;
    db_bind_text(j->known, 1, gap->resource);
    db_bind_text(j->known, 2, gap->subject);
    db_bind_text(j->known, 3, gap->code);
    db_bind_text(j->known, 4, reason);
    db_bind_int(j->known, 5, gap->exchange);
    there = db_step(j->known, e);
    db_reset(j->known);
    return there;
}

static void facts_bind_known(struct db_stmt *s, int at, int64_t value)
{
    if (value)
        db_bind_int(s, at, value);
    else
        db_bind_null(s, at);
}

static int facts_gap_late(struct facts_job *j, const struct facts_gap *gap, const char *reason, struct err *e)
{
    db_bind_text(j->gap, 1, gap->resource);
    db_bind_text(j->gap, 2, gap->subject);
    db_bind_text(j->gap, 3, gap->scope);
    db_bind_text(j->gap, 4, gap->url);
    facts_bind_known(j->gap, 5, gap->status);
    db_bind_text(j->gap, 6, gap->code);
    db_bind_text(j->gap, 7, reason);
    facts_bind_known(j->gap, 8, gap->exchange);
    if (db_run(j->gap, e) != 0)
        return -1;
    db_bind_int(j->late, 1, db_last_id(j->db));
    db_bind_text(j->late, 2, j->resource->name);
    return db_run(j->late, e);
}

/* A list with a late gap was not read to its end after all. No resource file reads `listing`. */
static int facts_late_listings(struct facts_job *j, struct err *e)
{
    return facts_run(
        j,
        "UPDATE main.listing SET complete = 0, code = coalesce(code, (SELECT g.code FROM main.late_gap l "
        "JOIN main.gap g ON g.n = l.n WHERE l.resource = listing.resource AND g.subject = listing.subject "
        "ORDER BY g.n LIMIT 1)) WHERE (resource, subject) IN (SELECT l.resource, g.subject FROM "
        "main.late_gap l JOIN main.gap g ON g.n = l.n)",
        e);
}

/* What became no fact is in the snapshot, unless an older collector knew less. It is never lost. */
static int facts_gap_found_here(void *ctx, const struct facts_gap *gap, struct err *e)
{
    struct facts_job *j = ctx;
    struct buf reason = {0};
    int rc = 0, known = 0;

    utf8_visible(&reason, gap->reason, strlen(gap->reason));
    known = facts_gap_known(j, gap, buf_str(&reason), e);
    rc = known < 0 ? -1 : known ? 0 : facts_gap_late(j, gap, buf_str(&reason), e);
    buf_free(&reason);
    return rc;
}

static int facts_permission(struct facts_job *j, const struct resource *r, struct err *e)
{
    char *ops = mem_copy(r->permission), *save = NULL, *sql = NULL;
    int rc = 0;

    for (char *op = strtok_r(ops, ", \t\n", &save); op && rc == 0; op = strtok_r(NULL, ", \t\n", &save)) {
        sql = mem_print("INSERT OR IGNORE INTO main.resource_permission VALUES ('%s', lower('%s'))", r->name,
                        op);
        rc = facts_run(j, sql, e);
        free(sql);
    }
    free(ops);
    return rc;
}

static int facts_resources(struct facts_job *j, int only_declare, struct err *e)
{
    struct resources list = {0};
    int rc = -1;

    if (resources_load(&list, e) != 0)
        return -1;
    for (size_t i = 0; i < list.count; i++) {
        const struct resource *r = j->resource = &list.rows[i];
        int failed = only_declare ? db_exec(j->db, r->header.body, e) != 0
                                  : facts_sql_build(j->db, r, j->script, facts_gap_found_here, j, e) != 0;

        if (failed || facts_permission(j, r, e) != 0)
            goto out;
    }
    rc = 0;
out:
    resources_free(&list);
    return rc;
}

/* ---- all of it */

static int facts_prepare(struct facts_job *j, struct err *e)
{
    if (db_prepare(j->db, &j->told, "SELECT 1 FROM main.gap WHERE exchange = ?1 AND code = 'WrongShape'",
                   e) != 0 ||
        db_prepare(
            j->db, &j->known,
            "SELECT 1 FROM main.gap WHERE resource = ?1 AND subject = ?2 AND code = ?3 AND reason = ?4 AND "
            "coalesce(exchange, 0) = ?5",
            e) != 0 ||
        db_prepare(j->db, &j->gap, "INSERT INTO main.gap VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", e) !=
            0 ||
        db_prepare(j->db, &j->late, "INSERT INTO main.late_gap VALUES (?1, ?2)", e) != 0)
        return -1;
    return 0;
}

static void facts_done(struct facts_job *j)
{
    db_free(j->told);
    db_free(j->known);
    db_free(j->gap);
    db_free(j->late);
}

int facts_helpers(struct db *facts, struct err *e)
{
    struct facts_job j = {.db = facts};

    return facts_run_file(&j, "judge/helpers.sql", e);
}

/* A database that is made once and can be made again needs no journal on disk and no waiting for the disk.
 * Rows are long: larger pages are fewer. */
static const char facts_scratch[] = "PRAGMA main.page_size = 16384; PRAGMA main.journal_mode = MEMORY; "
                                    "PRAGMA main.synchronous = OFF; "
                                    "PRAGMA main.cache_size = -65536; PRAGMA main.locking_mode = EXCLUSIVE;";

int facts_build(struct db *facts, const char *snapshot, const char *engagement, struct err *e)
{
    struct facts_job j = {.db = facts};
    int rc = -1;

    if (db_exec(facts, facts_scratch, e) != 0 || db_attach(facts, snapshot, "snap", 1, e) != 0)
        return -1;
    if (db_exec(facts, "BEGIN", e) != 0 || facts_core_declare(&j, e) != 0 ||
        facts_run_file(&j, "judge/facts.sql", e) != 0 || facts_sql_begin(facts, NULL, e) != 0 ||
        facts_fold(&j, e) != 0 || facts_core_copy(&j, e) != 0 || facts_prepare(&j, e) != 0)
        goto out;
    if (facts_resources(&j, 0, e) != 0 || facts_late_listings(&j, e) != 0 ||
        policy_load(facts, engagement, e) != 0 || facts_helpers(facts, e) != 0)
        goto out;
    facts_done(&j);
    j = (struct facts_job){.db = facts};
    if (db_exec(facts, "PRAGMA analysis_limit = 1000; ANALYZE main; COMMIT; DETACH snap", e) != 0)
        goto out;
    rc = 0;
out:
    facts_done(&j);
    return rc == 0 ? 0 : err_context(e, "%s", snapshot);
}

int facts_declare(struct db *facts, struct err *e)
{
    struct facts_job j = {.db = facts};

    if (facts_core_declare(&j, e) != 0 || facts_run_file(&j, "judge/facts.sql", e) != 0 ||
        facts_sql_begin(facts, NULL, e) != 0 || facts_resources(&j, 1, e) != 0 ||
        policy_load(facts, NULL, e) != 0)
        return -1;
    return db_exec(
        facts,
        "INSERT INTO snapshot VALUES ('00000000', 1, '2026-09-30T06:00:00Z', 'collector', "
        "'2026-09-30T05:59:00Z', '2026-09-30T06:00:00Z', 0, 'azure', 'AzureCloud', "
        "'https://management.azure.com', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'keycustody', "
        "'0', '', '', '', '', '', NULL, NULL)",
        e);
}

/* ---- the same for the stock shell */

/* A snapshot with nothing in it, attached as snap: the steps then run, and their text is what counts. */
static int facts_empty_snapshot(struct db *db, struct err *e)
{
    if (db_attach(db, ":memory:", "snap", 0, e) != 0)
        return -1;
    for (size_t i = 0; i < FACTS_CORE; i++) {
        if (db_exec_print(db, e, "CREATE TABLE snap.%s AS SELECT * FROM main.%s WHERE 0", facts_core[i],
                          facts_core[i]) != 0)
            return -1;
    }
    return db_exec(db,
                   "ALTER TABLE snap.listing DROP COLUMN subject_key;"
                   "CREATE TABLE snap.sqlar(name TEXT PRIMARY KEY, mode INT, mtime INT, sz INT, data BLOB)",
                   e);
}

static int facts_rebuild_steps(struct facts_job *j, struct err *e)
{
    if (facts_core_declare(j, e) != 0 || facts_run_file(j, "judge/facts.sql", e) != 0 ||
        facts_empty_snapshot(j->db, e) != 0)
        return -1;
    buf_text(j->script, "-- what differs in letter case only, beyond ASCII (Unicode simple case folding)\n");
    if (facts_sql_begin(j->db, j->script, e) != 0 || facts_rows(j, "fold", "1", e) != 0 ||
        facts_core_copy(j, e) != 0 || facts_rows(j, "gap", "n IN (SELECT n FROM late_gap)", e) != 0 ||
        facts_rows(j, "late_gap", "1", e) != 0 || facts_prepare(j, e) != 0 || facts_resources(j, 0, e) != 0 ||
        facts_late_listings(j, e) != 0)
        return -1;
    if (facts_run_file(j, "judge/policy.sql", e) != 0 || facts_rows(j, "policy", "1", e) != 0 ||
        facts_rows(j, "engagement", "1", e) != 0 || facts_rows(j, "not_applicable", "1", e) != 0 ||
        facts_rows(j, "signer", "1", e) != 0)
        return -1;
    return facts_run_file(j, "judge/helpers.sql", e);
}

int facts_rebuild_sql(struct db *facts, const char *snapshot_file, struct buf *out, struct err *e)
{
    struct facts_job j = {.script = out, .done = facts};
    char *attach = NULL;
    int rc = -1;

    if (db_open(&j.db, NULL, DB_MEMORY, e) != 0 ||
        db_value_text(facts, &attach, e, "SELECT quote('file:snapshots/' || %Q || '?mode=ro')",
                      snapshot_file) != 0)
        goto out;
    buf_text(out,
             "-- Makes the fact tables of facts.db again from the raw answers, with the stock shell of "
             "SQLite 3.38 or later:\n"
             "--   cd data && sqlite3 -bail new.db < rebuild.sql\n"
             "-- The snapshot is only read. Rows that stand here as INSERT come from files of this pack "
             "(policy.json, "
             "engagement.json)\n-- or are the result of Unicode case folding, which SQLite does not have.\n");
    buf_print(out, "ATTACH %s AS snap;\nBEGIN;\n\n-- the snapshot's own tables\n", attach);
    if (facts_rebuild_steps(&j, e) != 0) {
        err_context(e, "rebuild.sql");
        goto out;
    }
    buf_text(out, "PRAGMA analysis_limit = 1000;\nANALYZE main;\nCOMMIT;\nDETACH snap;\n");
    rc = 0;
out:
    facts_done(&j);
    db_close(j.db);
    free(attach);
    return rc;
}
