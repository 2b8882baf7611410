/* Runs resource files. See facts_sql.h. */
#include "store/facts_sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lib/json.h"

/* Runs statements that make facts, and keeps them for the stock shell. */
static int facts_sql_run(struct db *db, const char *sql, struct buf *script, struct err *e)
{
    size_t n = strlen(sql);

    while (n && strchr(" \t\r\n;", sql[n - 1]))
        n--;
    if (script)
        buf_print(script, "%.*s;\n", (int)n, sql);
    return db_exec(db, sql, e);
}

static const char facts_sql_fold_insert[] = "INSERT OR IGNORE INTO main.fold VALUES (?1, ?2)";

int facts_sql_begin(struct db *db, struct buf *script, struct err *e)
{
    return facts_sql_run(
        db, "CREATE TABLE main.fold(raw TEXT PRIMARY KEY, key TEXT NOT NULL) STRICT, WITHOUT ROWID", script,
        e);
}

static int facts_sql_ascii(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] & 0x80)
            return 0;
    }
    return 1;
}

static int facts_sql_fold_add(struct db_stmt *add, const char *text, size_t n, struct err *e)
{
    struct buf key = {0};
    int rc = 0;

    utf8_fold(&key, text, n);
    db_bind_text_n(add, 1, text, n);
    db_bind_text_n(add, 2, buf_str(&key), key.len);
    rc = db_run(add, e);
    buf_free(&key);
    return rc;
}

struct facts_fold {
    struct db_stmt *add;
    int failed;
};

static int facts_sql_fold_event(void *ctx, enum json_event event, const char *at, size_t n, int depth,
                                struct err *e)
{
    struct facts_fold *f = ctx;
    struct buf raw = {0};
    size_t i = 0;

    (void)depth;
    if (event != JSON_STRING)
        return 0;
    while (i < n && !((unsigned char)at[i] & 0x80) && at[i] != '\\')
        i++;
    if (i == n)
        return 0;
    json_unescape(&raw, at, n);
    if (!facts_sql_ascii(buf_str(&raw), raw.len))
        f->failed = facts_sql_fold_add(f->add, buf_str(&raw), raw.len, e) != 0;
    buf_free(&raw);
    return f->failed;
}

int facts_sql_fold(struct db *db, const char *body, size_t n, struct err *e)
{
    struct facts_fold f = {0};
    int rc = -1;
    size_t i = 0;

    while (i < n && !((unsigned char)body[i] & 0x80) && body[i] != '\\')
        i++;
    if (i == n)
        return 0;
    if (db_prepare(db, &f.add, facts_sql_fold_insert, e) != 0)
        return -1;
    rc = json_scan(body, n, facts_sql_fold_event, &f, e);
    db_free(f.add);
    return rc;
}

int facts_sql_fold_text(struct db *db, const char *text, struct err *e)
{
    struct db_stmt *add = NULL;
    int rc = -1;

    if (facts_sql_ascii(text, strlen(text)))
        return 0;
    if (db_prepare(db, &add, facts_sql_fold_insert, e) != 0)
        return -1;
    rc = facts_sql_fold_add(add, text, strlen(text), e);
    db_free(add);
    return rc;
}

/* The temp views that the file made and whose names end in `suffix`, in file order; closed by NULL. */
static int facts_sql_views(struct db *db, int64_t after, const char *suffix, char ***out, struct err *e)
{
    struct db_stmt *s = NULL;
    char **list = mem_zero(1, sizeof *list);
    size_t count = 0;
    int more = 0;

    if (db_prepare(
            db, &s,
            "SELECT name FROM temp.sqlite_schema WHERE type = 'view' AND rowid > ?1 AND name GLOB '*' || ?2 "
            "ORDER BY rowid",
            e) != 0) {
        free(list);
        return -1;
    }
    db_bind_int(s, 1, after);
    db_bind_text(s, 2, suffix);
    while ((more = db_step(s, e)) == 1) {
        list = mem_grow(list, count + 2, sizeof *list);
        list[count++] = mem_copy_n(db_text(s, 0), db_size(s, 0) - strlen(suffix));
        list[count] = NULL;
    }
    db_free(s);
    *out = list;
    return more;
}

static void facts_sql_views_free(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

/* "a IS NULL OR b IS NULL" over the columns of `words` that this table has; a word may be table.column.
 * Empty: none. */
static int facts_sql_nulls(struct db *db, char **words, const char *table, int first, struct buf *where,
                           struct buf *which, struct err *e)
{
    for (size_t i = 0; words[i]; i++) {
        const char *dot = strchr(words[i], '.'), *column = dot ? dot + 1 : words[i];
        int64_t there = 0;

        if (dot ? strncmp(words[i], table, (size_t)(dot - words[i])) != 0 || table[dot - words[i]] : !first)
            continue;
        if (db_value_int(db, &there, e, "SELECT count(*) FROM pragma_table_info(%Q, 'main') WHERE name = %Q",
                         table, column) != 0)
            return -1;
        if (!there)
            return err_set(e, "must or known: the table %s has no column %s", table, column);
        buf_print(where, "%sf.\"%s\" IS NULL", where->len ? " OR " : "", column);
        buf_print(which, "%s WHEN f.\"%s\" IS NULL THEN '%s'", which->len ? "" : "CASE", column, column);
    }
    if (which->len)
        buf_text(which, " END");
    return 0;
}

static int facts_sql_tell(struct db *db, const char *sql, const char *resource, facts_gap_found *found,
                          void *ctx, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1, more = 0;

    if (db_prepare(db, &s, sql, e) != 0)
        return -1;
    while ((more = db_step(s, e)) == 1) {
        struct facts_gap gap = {0};
        int at[8];
        static const char *const name[8] = {"resource", "subject", "scope",  "url",
                                            "status",   "code",    "reason", "exchange"};

        for (int i = 0; i < 8; i++)
            at[i] = db_column(s, name[i]);
        gap.resource = at[0] >= 0 && db_text(s, at[0]) ? db_text(s, at[0]) : resource;
        gap.subject = at[1] >= 0 && db_text(s, at[1]) ? db_text(s, at[1]) : "";
        gap.scope = at[2] >= 0 && db_text(s, at[2]) ? db_text(s, at[2]) : "";
        gap.url = at[3] >= 0 ? db_text(s, at[3]) : NULL;
        gap.status = at[4] >= 0 ? (int)db_int(s, at[4]) : 0;
        gap.code = at[5] >= 0 && db_text(s, at[5]) ? db_text(s, at[5]) : "WrongType";
        gap.reason = at[6] >= 0 && db_text(s, at[6]) ? db_text(s, at[6]) : "an answer has the wrong shape";
        gap.exchange = at[7] >= 0 ? db_int(s, at[7]) : 0;
        if (found(ctx, &gap, e) != 0)
            goto out;
    }
    rc = more;
out:
    db_free(s);
    return rc;
}

/* What every gap says about the answer that it was found in; x is that row of exchange. */
#define FACTS_SQL_WHERE                                                                                      \
    "SELECT x.resource AS resource, x.subject AS subject, CASE WHEN lower(x.subject) GLOB "                  \
    "'/subscriptions/*' THEN lower(substr(x.subject, 1, 51)) ELSE '' END AS scope, x.url AS url, "           \
    "x.status AS status, x.n AS exchange, "

/* Tells found() of the rows of `from` that lack one of the columns. */
static int facts_sql_tell_nulls(struct db *db, const struct resource *r, const char *table, const char *from,
                                const struct buf *where, const struct buf *which, facts_gap_found *found,
                                void *ctx, struct err *e)
{
    struct buf sql = {0};
    int rc = 0;

    if (!where->len)
        return 0;
    buf_print(&sql,
              FACTS_SQL_WHERE
              "'WrongType' AS code, '%s: an item at ' || coalesce(nullif(f.ptr, ''), '/') || ' has no "
              "usable ' || %s AS reason FROM main.\"%s\" f LEFT JOIN exchange x ON x.n = f.src WHERE %s "
              "ORDER BY f.src, f.ptr",
              table, buf_str(which), from, buf_str(where));
    rc = facts_sql_tell(db, buf_str(&sql), r->name, found, ctx, e);
    buf_free(&sql);
    return rc;
}

/* Writes the statements that keep contradictions out of a table, from its columns; NULL where nothing can
 * contradict. A text beside its folded form (des_id, des_key) differs where that does; the same id in other
 * letters, and which answer it came from, is no difference. 1: name of the table; 2: what a row must have, or
 * ''. */
static const char facts_sql_differ[] =
    "WITH c AS (SELECT cid, name FROM pragma_table_info(?1)),\n"
    "k AS (SELECT i.seqno, i.name FROM pragma_index_list(?1) l, pragma_index_info(l.name) i WHERE l.origin "
    "IN ('pk', 'u')),\n"
    "by AS (SELECT cid, name, coalesce((SELECT o.name FROM c o WHERE o.name = c.name || '_key' OR (c.name "
    "GLOB '?*_id' AND o.name = substr(c.name, 1, length(c.name) - 3) || '_key')), name) AS way FROM c WHERE "
    "name NOT IN ('id', 'name', 'src', 'ptr', 'api_version', 'listed_for')),\n"
    "says AS (SELECT name, way FROM by WHERE name NOT IN (SELECT name FROM k) AND way NOT IN (SELECT name "
    "FROM k) AND EXISTS (SELECT 1 FROM c WHERE name = 'src') ORDER BY cid),\n"
    "same AS (SELECT group_concat(printf('f.\"%w\" = t.\"%w\"', name, name), ' AND ') AS sql, "
    "group_concat(printf('\"%w\"', name), ', ') AS names FROM (SELECT name FROM k ORDER BY seqno))\n"
    "SELECT printf('CREATE TABLE main.facts_twice AS SELECT f.* FROM main.facts_stage f JOIN main.\"%w\" t "
    "ON %s WHERE (f.src IS NOT t.src OR f.ptr IS NOT t.ptr) AND (%s);\n', ?1, same.sql, "
    "group_concat(printf('f.\"%w\" IS NOT t.\"%w\"', way, way), ' OR '))\n"
    "  || printf('UPDATE main.\"%w\" AS t SET %s WHERE (%s) IN (SELECT %s FROM main.facts_twice)', ?1, "
    "group_concat(printf('\"%w\" = CASE WHEN (SELECT max(f.\"%w\" IS NOT t.\"%w\") FROM main.facts_twice f "
    "WHERE %s) THEN NULL ELSE \"%w\" END', name, way, way, same.sql, name), ', '), same.names, same.names)\n"
    "  || CASE ?2 WHEN '' THEN '' ELSE printf(';\nDELETE FROM main.\"%w\" AS f WHERE (%s) IN (SELECT %s FROM "
    "main.facts_twice) AND (%s)', ?1, same.names, same.names, ?2) END\n"
    "FROM says, same HAVING count(*) > 0 AND same.sql IS NOT NULL";

/* NULL when nothing can contradict; the caller frees *sql. */
static int facts_sql_contradictions(struct db *db, const char *table, const char *must, char **sql,
                                    struct err *e)
{
    struct db_stmt *s = NULL;
    int more = 0;

    *sql = NULL;
    if (db_prepare(db, &s, facts_sql_differ, e) != 0)
        return -1;
    db_bind_text(s, 1, table);
    db_bind_text(s, 2, must);
    more = db_step(s, e);
    if (more == 1)
        *sql = mem_copy(db_text(s, 0));
    db_free(s);
    return more < 0 ? -1 : 0;
}

/* One table that a resource file declares, and what it takes to fill it. */
struct facts_table {
    struct db *db;
    const struct resource *resource;
    const char *name;
    struct buf must, must_name;   /* rows that may not be: a condition on f, and the column's name */
    struct buf known, known_name; /* rows with something unknown */
    char *stage, *fill, *differ;  /* statements; differ NULL: nothing can contradict */
    facts_gap_found *found;
    void *ctx;
};

static int facts_sql_tell_differ(struct facts_table *t, struct err *e)
{
    char *tell = mem_print(FACTS_SQL_WHERE
                           "'Contradiction' AS code, '%s: an item at ' || coalesce(nullif(f.ptr, ''), '/') "
                           "|| ' contradicts another one about the same thing' AS reason FROM "
                           "main.facts_twice f LEFT JOIN exchange x ON x.n = f.src ORDER BY f.src, f.ptr",
                           t->name);
    int rc = facts_sql_tell(t->db, tell, t->resource->name, t->found, t->ctx, e);

    free(tell);
    return rc;
}

/* By way of a table in between, which shows what did not become a fact. Azure may list a thing twice, and a
 * list and a GET both hold it. Where two answers about the same thing differ, neither is believed: the
 * columns in question become NULL (a row that cannot do without them goes), and found() is told. */
static int facts_sql_fill(struct facts_table *t, struct err *e)
{
    int64_t staged = 0, filled = 0;

    if (db_exec(t->db, t->stage, e) != 0 || db_value_int(t->db, &staged, e, "SELECT changes()") != 0 ||
        db_exec(t->db, t->fill, e) != 0 || db_value_int(t->db, &filled, e, "SELECT changes()") != 0)
        return -1;
    /* where every row became a fact, none lacks what it must have, and no two are about the same thing */
    if (filled < staged && facts_sql_tell_nulls(t->db, t->resource, t->name, "facts_stage", &t->must,
                                                &t->must_name, t->found, t->ctx, e) != 0)
        return -1;
    if (facts_sql_tell_nulls(t->db, t->resource, t->name, t->name, &t->known, &t->known_name, t->found,
                             t->ctx, e) != 0)
        return -1;
    if (filled < staged && t->differ &&
        (db_exec(t->db, t->differ, e) != 0 || facts_sql_tell_differ(t, e) != 0 ||
         db_exec(t->db, "DROP TABLE main.facts_twice", e) != 0))
        return -1;
    return db_exec(t->db, "DROP TABLE main.facts_stage", e);
}

static int facts_sql_table(struct facts_table *t, int first, struct buf *script, struct err *e)
{
    int rc = -1;

    if (facts_sql_nulls(t->db, t->resource->must, t->name, first, &t->must, &t->must_name, e) != 0 ||
        facts_sql_nulls(t->db, t->resource->known, t->name, first, &t->known, &t->known_name, e) != 0 ||
        facts_sql_contradictions(t->db, t->name, buf_str(&t->must), &t->differ, e) != 0)
        goto out;
    t->stage = mem_print("CREATE TABLE main.facts_stage AS SELECT * FROM main.\"%s\" WHERE 0;\n"
                         "INSERT INTO main.facts_stage SELECT * FROM temp.\"%s_view\" ORDER BY 1",
                         t->name, t->name);
    /* the stage is in the order of its first column already */
    t->fill = mem_print("INSERT OR IGNORE INTO main.\"%s\" SELECT f.* FROM main.facts_stage f WHERE NOT (%s) "
                        "ORDER BY f.rowid",
                        t->name, t->must.len ? buf_str(&t->must) : "0");
    if (script) {
        buf_print(script, "%s;\n%s;\n", t->stage, t->fill);
        if (t->differ)
            buf_print(script, "%s;\nDROP TABLE main.facts_twice;\n", t->differ);
        buf_text(script, "DROP TABLE main.facts_stage;\n");
    }
    if (facts_sql_fill(t, e) != 0)
        goto out;
    rc = 0;
out:
    if (rc != 0)
        err_context(e, "%s: %s", t->resource->file->name, t->name);
    buf_free(&t->must);
    buf_free(&t->must_name);
    buf_free(&t->known);
    buf_free(&t->known_name);
    free(t->stage);
    free(t->fill);
    free(t->differ);
    return rc;
}

/* X_item, which several views of a file read, becomes a table while they do: its bodies are parsed once. */
static int facts_sql_items(struct db *db, char **items, struct buf *script, struct err *e)
{
    for (size_t i = 0; items[i]; i++) {
        char *select = NULL, *sql = NULL;
        int rc = db_value_text(
            db, &select, e,
            "SELECT substr(sql, length('CREATE VIEW ' || name || ' AS') + 1) FROM temp.sqlite_schema "
            "WHERE name = '%w_item'",
            items[i]);

        if (rc == 0) {
            sql = mem_print("DROP VIEW temp.\"%s_item\";\nCREATE TEMP TABLE \"%s_item\" AS%s", items[i],
                            items[i], select ? select : "");
            rc = facts_sql_run(db, sql, script, e);
        }
        free(select);
        free(sql);
        if (rc != 0)
            return err_context(e, "%s_item", items[i]);
    }
    return 0;
}

static int facts_sql_items_drop(struct db *db, char **items, struct buf *script, struct err *e)
{
    for (size_t i = 0; items[i]; i++) {
        char *sql = mem_print("DROP TABLE temp.\"%s_item\"", items[i]);
        int rc = facts_sql_run(db, sql, script, e);

        free(sql);
        if (rc != 0)
            return -1;
    }
    return 0;
}

int facts_sql_build(struct db *db, const struct resource *r, struct buf *script, facts_gap_found *found,
                    void *ctx, struct err *e)
{
    char **views = NULL, **gaps = NULL, **items = NULL;
    int64_t before = 0;
    int rc = -1;

    if (db_value_int(db, &before, e, "SELECT coalesce(max(rowid), 0) FROM temp.sqlite_schema") != 0)
        goto out;
    if (script)
        buf_print(script, "\n-- %s (%s)\n", r->title, r->file->name);
    if (facts_sql_run(db, r->header.body, script, e) != 0) {
        err_context(e, "%s", r->file->name);
        goto out;
    }
    if (facts_sql_views(db, before, "_view", &views, e) != 0 ||
        facts_sql_views(db, before, "_gap", &gaps, e) != 0 ||
        facts_sql_views(db, before, "_item", &items, e) != 0 || facts_sql_items(db, items, script, e) != 0)
        goto out;
    for (size_t i = 0; views[i]; i++) {
        struct facts_table t = {.db = db, .resource = r, .name = views[i], .found = found, .ctx = ctx};

        if (facts_sql_table(&t, i == 0, script, e) != 0)
            goto out;
    }
    for (size_t i = 0; gaps[i]; i++) {
        char *sql = mem_print("SELECT * FROM temp.\"%s_gap\"", gaps[i]);
        int told = facts_sql_tell(db, sql, r->name, found, ctx, e);

        free(sql);
        if (told != 0) {
            err_context(e, "%s: %s_gap", r->file->name, gaps[i]);
            goto out;
        }
    }
    rc = facts_sql_items_drop(db, items, script, e);
out:
    facts_sql_views_free(views);
    facts_sql_views_free(gaps);
    facts_sql_views_free(items);
    return rc;
}
