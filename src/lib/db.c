/* SQLite. See db.h; nobody else includes sqlite3.h. */
#include "lib/db.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "lib/db_allow.h"

struct db {
    sqlite3 *handle;
    int confined;
    int64_t steps_left; /* while confined */
};

struct db_stmt {
    sqlite3_stmt *handle;
    struct db *db;
};

/* What a body may become when it is inflated: far above any page of ARM, far below what hurts. */
#define DB_INFLATE_MAX (256 * 1024 * 1024)
#define DB_STEPS_DEFAULT INT64_C(20000000000)
#define DB_STEPS_BLOCK 100000
#define DB_ATTACHED 10 /* SQLite's own limit */

/* The shell's function (SQLite: ext/misc/sqlar.c, "sqlar_uncompress(DATA, SZ)"): DATA as it is when SZ is its
 * length or not positive, else inflated to SZ bytes. */
static void db_sqlar_uncompress(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    int64_t sz = sqlite3_value_int64(argv[1]);
    uLongf len = (uLongf)sz;
    unsigned char *out = NULL;

    (void)argc;
    if (sz <= 0 || sz == sqlite3_value_bytes(argv[0])) {
        sqlite3_result_value(ctx, argv[0]);
        return;
    }
    if (sz > DB_INFLATE_MAX) {
        sqlite3_result_error(ctx, "error in uncompress(): too long", -1);
        return;
    }
    out = sqlite3_malloc64((sqlite3_uint64)sz);
    if (!out) {
        sqlite3_result_error_nomem(ctx);
        return;
    }
    if (uncompress(out, &len, sqlite3_value_blob(argv[0]), (uLong)sqlite3_value_bytes(argv[0])) != Z_OK) {
        sqlite3_free(out);
        sqlite3_result_error(ctx, "error in uncompress()", -1);
        return;
    }
    sqlite3_result_blob(ctx, out, (int)len, sqlite3_free);
}

/* The shell's sqlar_compress(X): X deflated where that is shorter, else X as it is. */
static void db_sqlar_compress(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    const void *in = sqlite3_value_blob(argv[0]);
    uLong n = (uLong)sqlite3_value_bytes(argv[0]);
    uLongf len = compressBound(n);
    unsigned char *out = NULL;

    (void)argc;
    out = sqlite3_malloc64(len);
    if (!out) {
        sqlite3_result_error_nomem(ctx);
        return;
    }
    if (n == 0 || compress(out, &len, in, n) != Z_OK || len >= n) {
        sqlite3_free(out);
        sqlite3_result_value(ctx, argv[0]);
        return;
    }
    sqlite3_result_blob(ctx, out, (int)len, sqlite3_free);
}

static int db_fail(struct db *db, struct err *e, const char *what)
{
    return err_set(e, "%s: %s", what, db->handle ? sqlite3_errmsg(db->handle) : "out of memory");
}

static int db_count_steps(void *ctx)
{
    struct db *db = ctx;

    db->steps_left -= DB_STEPS_BLOCK;
    return db->steps_left < 0;
}

/* A file: URI; what has a meaning in URIs is written as %XX. The caller's. */
static char *db_uri(const char *path, const char *query)
{
    char *uri = mem_alloc(strlen(path) * 3 + strlen(query) + 8), *w = stpcpy(uri, "file:");

    for (const char *p = path; *p; p++) {
        if (*p == '%' || *p == '?' || *p == '#')
            w += snprintf(w, 4, "%%%02X", (unsigned)(unsigned char)*p);
        else
            *w++ = *p;
    }
    memcpy(w, query, strlen(query) + 1);
    return uri;
}

/* What somebody else's file may make of a statement of ours, or bring along (sqlite.org, "Defense Against The
 * Dark Arts"). Far above what packs need, far below what hurts. */
static int db_limit(struct db *db, const char *path, struct err *e)
{
    static const struct {
        int limit, value;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, DB_INFLATE_MAX + (16 << 20)},
        {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
        {SQLITE_LIMIT_COLUMN, 200},
        {SQLITE_LIMIT_EXPR_DEPTH, 200},
        {SQLITE_LIMIT_COMPOUND_SELECT, 100},
        {SQLITE_LIMIT_VDBE_OP, 250000},
        {SQLITE_LIMIT_FUNCTION_ARG, 100},
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 100},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 10},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    char *name = NULL;

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        sqlite3_limit(db->handle, limits[i].limit, limits[i].value);
    db->steps_left = DB_STEPS_DEFAULT;
    sqlite3_progress_handler(db->handle, DB_STEPS_BLOCK, db_count_steps, db);
    if (db_exec(db, "PRAGMA mmap_size = 0", e) != 0 ||
        db_value_text(db, &name, e,
                      "SELECT name FROM sqlite_schema WHERE type = 'table' AND ifnull(rootpage, 0) = 0") != 0)
        return err_context(e, "%s", path);
    if (name)
        err_set(e, "%s: its table %s is computed by an extension: refused", path, name);
    else
        return 0;
    free(name);
    return -1;
}

int db_open(struct db **out, const char *path, enum db_mode mode, struct err *e)
{
    static const int flags[] = {
        [DB_READ] = SQLITE_OPEN_READONLY,
        [DB_WRITE] = SQLITE_OPEN_READWRITE,
        [DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
        [DB_MEMORY] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY,
        [DB_FOREIGN] = SQLITE_OPEN_READONLY,
    };
    struct db *db = mem_zero(1, sizeof *db);
    /* immutable: no journal beside it is looked at, and none is made, whatever its header says */
    char *uri = mode == DB_FOREIGN ? db_uri(path, "?immutable=1") : NULL;
    int rc = 0;

    if (mode == DB_MEMORY)
        path = ":memory:";
    rc = sqlite3_open_v2(uri ? uri : path, &db->handle, flags[mode] | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                         NULL);
    free(uri);
    if (rc != SQLITE_OK) {
        db_fail(db, e, path);
        db_close(db);
        return -1;
    }
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, 2000);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_create_function_v2(db->handle, "sqlar_compress", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                               db_sqlar_compress, NULL, NULL, NULL);
    /* innocuous: TEMP views over a snapshot may call it although trusted_schema is off */
    if (sqlite3_create_function_v2(db->handle, "sqlar_uncompress", 2,
                                   SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                                   db_sqlar_uncompress, NULL, NULL, NULL) != SQLITE_OK ||
        db_exec(db, "PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;", e) != 0) {
        err_context(e, "%s", path);
        db_close(db);
        return -1;
    }
    if (mode == DB_FOREIGN && db_limit(db, path, e) != 0) {
        db_close(db);
        return -1;
    }
    *out = db;
    return 0;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    sqlite3_close_v2(db->handle);
    free(db);
}

static int db_line(const char *sql, const char *at)
{
    int line = 1;

    for (const char *p = sql; p < at && *p; p++)
        line += *p == '\n';
    return line;
}

int db_exec(struct db *db, const char *sql, struct err *e)
{
    const char *p = sql;

    while (*p) {
        sqlite3_stmt *s = NULL;
        const char *tail = p;
        int rc = sqlite3_prepare_v2(db->handle, p, -1, &s, &tail);

        if (rc != SQLITE_OK) {
            int at = sqlite3_error_offset(db->handle);

            return err_set(e, "SQL line %d: %s", db_line(sql, p + (at > 0 ? at : 0)),
                           sqlite3_errmsg(db->handle));
        }
        if (s) {
            while ((rc = sqlite3_step(s)) == SQLITE_ROW)
                ;
            sqlite3_finalize(s);
            if (rc != SQLITE_DONE)
                return err_set(e, "SQL line %d: %s", db_line(sql, p), sqlite3_errmsg(db->handle));
        }
        p = tail;
    }
    return 0;
}

int db_exec_print(struct db *db, struct err *e, const char *fmt, ...)
{
    va_list ap;
    char *sql = NULL;
    int rc = 0;

    va_start(ap, fmt);
    sql = sqlite3_vmprintf(fmt, ap);
    va_end(ap);
    if (!sql)
        return err_set(e, "SQL: out of memory");
    rc = db_exec(db, sql, e);
    sqlite3_free(sql);
    return rc;
}

int db_attach(struct db *db, const char *path, const char *schema, int read_only, struct err *e)
{
    struct db_stmt *s = NULL;
    char *uri = NULL, *sql = NULL;
    int rc = -1;

    if (read_only)
        uri = db_uri(path, "?mode=ro&immutable=1");
    sql = sqlite3_mprintf("ATTACH ?1 AS \"%w\"", schema);
    if (!sql || db_prepare(db, &s, sql, e) != 0)
        goto out;
    db_bind_text(s, 1, uri ? uri : path);
    if (db_run(s, e) != 0) {
        err_context(e, "%s", path);
        goto out;
    }
    rc = 0;
out:
    db_free(s);
    sqlite3_free(sql);
    free(uri);
    return rc;
}

int db_prepare(struct db *db, struct db_stmt **out, const char *sql, struct err *e)
{
    struct db_stmt *s = NULL;
    sqlite3_stmt *handle = NULL, *second = NULL;
    const char *tail = NULL;

    if (sqlite3_prepare_v3(db->handle, sql, -1, 0, &handle, &tail) != SQLITE_OK) {
        int at = sqlite3_error_offset(db->handle);

        return err_set(e, "SQL line %d: %s", db_line(sql, sql + (at > 0 ? at : 0)),
                       sqlite3_errmsg(db->handle));
    }
    if (!handle)
        return err_set(e, "SQL: no statement in it");
    if (sqlite3_prepare_v3(db->handle, tail, -1, 0, &second, NULL) != SQLITE_OK || second) {
        sqlite3_finalize(second);
        sqlite3_finalize(handle);
        return err_set(e, "SQL line %d: more than one statement: write exactly one", db_line(sql, tail));
    }
    if (db->confined && !sqlite3_stmt_readonly(handle)) {
        sqlite3_finalize(handle);
        return err_set(e, "SQL: writes: only a SELECT may stand here");
    }
    s = mem_zero(1, sizeof *s);
    s->handle = handle;
    s->db = db;
    *out = s;
    return 0;
}

void db_free(struct db_stmt *s)
{
    if (!s)
        return;
    sqlite3_finalize(s->handle);
    free(s);
}

void db_reset(struct db_stmt *s)
{
    sqlite3_reset(s->handle);
    sqlite3_clear_bindings(s->handle);
}

int db_step(struct db_stmt *s, struct err *e)
{
    int rc = sqlite3_step(s->handle);

    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    return db_fail(s->db, e, "SQL");
}

int db_run(struct db_stmt *s, struct err *e)
{
    int rc = 0;

    while ((rc = db_step(s, e)) == 1)
        ;
    db_reset(s);
    return rc;
}

void db_bind_text(struct db_stmt *s, int at, const char *text)
{
    if (text)
        db_bind_text_n(s, at, text, strlen(text));
    else
        db_bind_null(s, at);
}

void db_bind_text_n(struct db_stmt *s, int at, const char *text, size_t n)
{
    sqlite3_bind_text64(s->handle, at, text, n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void db_bind_int(struct db_stmt *s, int at, int64_t value)
{
    sqlite3_bind_int64(s->handle, at, value);
}

void db_bind_null(struct db_stmt *s, int at)
{
    sqlite3_bind_null(s->handle, at);
}

const char *db_parameter(const struct db_stmt *s, int at)
{
    const char *name = NULL;

    if (at > sqlite3_bind_parameter_count(s->handle))
        return NULL;
    name = sqlite3_bind_parameter_name(s->handle, at);
    return name ? name : "?";
}

void db_bind_blob(struct db_stmt *s, int at, const void *bytes, size_t n)
{
    sqlite3_bind_blob64(s->handle, at, n ? bytes : "", n, SQLITE_TRANSIENT);
}

int db_columns(const struct db_stmt *s)
{
    return sqlite3_column_count(s->handle);
}

const char *db_name(const struct db_stmt *s, int at)
{
    return sqlite3_column_name(s->handle, at);
}

int db_column(const struct db_stmt *s, const char *name)
{
    for (int i = 0; i < db_columns(s); i++) {
        if (strcmp(db_name(s, i), name) == 0)
            return i;
    }
    return -1;
}

const char *db_text(struct db_stmt *s, int at)
{
    return (const char *)sqlite3_column_text(s->handle, at);
}

size_t db_size(struct db_stmt *s, int at)
{
    return (size_t)sqlite3_column_bytes(s->handle, at);
}

const void *db_blob(struct db_stmt *s, int at)
{
    return sqlite3_column_blob(s->handle, at);
}

int64_t db_int(struct db_stmt *s, int at)
{
    return sqlite3_column_int64(s->handle, at);
}

double db_real(struct db_stmt *s, int at)
{
    return sqlite3_column_double(s->handle, at);
}

int db_is_null(struct db_stmt *s, int at)
{
    return sqlite3_column_type(s->handle, at) == SQLITE_NULL;
}

int db_is_number(struct db_stmt *s, int at)
{
    int type = sqlite3_column_type(s->handle, at);

    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

int64_t db_last_id(struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

static int db_value(struct db *db, struct db_stmt **s, struct err *e, const char *fmt, va_list ap)
{
    char *sql = sqlite3_vmprintf(fmt, ap);
    int rc = -1;

    if (!sql)
        return err_set(e, "SQL: out of memory");
    if (db_prepare(db, s, sql, e) == 0)
        rc = db_step(*s, e);
    sqlite3_free(sql);
    return rc;
}

int db_value_text(struct db *db, char **out, struct err *e, const char *fmt, ...)
{
    struct db_stmt *s = NULL;
    va_list ap;
    int rc = 0;

    va_start(ap, fmt);
    rc = db_value(db, &s, e, fmt, ap);
    va_end(ap);
    *out = rc == 1 ? mem_copy(db_text(s, 0)) : NULL;
    db_free(s);
    return rc < 0 ? -1 : 0;
}

int db_value_int(struct db *db, int64_t *out, struct err *e, const char *fmt, ...)
{
    struct db_stmt *s = NULL;
    va_list ap;
    int rc = 0;

    va_start(ap, fmt);
    rc = db_value(db, &s, e, fmt, ap);
    va_end(ap);
    *out = rc == 1 ? db_int(s, 0) : 0;
    db_free(s);
    return rc < 0 ? -1 : 0;
}

static int db_authorize(void *ctx, int action, const char *a, const char *b, const char *schema,
                        const char *trigger)
{
    (void)ctx;
    (void)a;
    (void)schema;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return db_function_allowed(b) ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

int db_confine(struct db *db, int64_t max_steps, struct err *e)
{
    /* the table-valued functions are made on first use, by a CREATE TABLE that the authorizer would refuse */
    if (db_exec(db, "SELECT count(*) FROM json_each('[]'), json_tree('[]')", e) != 0)
        return -1;
    db->confined = 1;
    db->steps_left = max_steps > 0 ? max_steps : DB_STEPS_DEFAULT;
    sqlite3_progress_handler(db->handle, DB_STEPS_BLOCK, db_count_steps, db);
    sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
    if (sqlite3_set_authorizer(db->handle, db_authorize, db) != SQLITE_OK)
        return db_fail(db, e, "authorizer");
    return 0;
}

int db_prepare_confined(struct db *db, struct db_stmt **out, const char *sql, int64_t max_steps,
                        struct err *e)
{
    int rc = db_confine(db, max_steps, e);

    if (rc == 0)
        rc = db_prepare(db, out, sql, e);
    /* the authorizer has spoken when a statement is compiled; the count of steps goes on */
    db->confined = 0;
    sqlite3_set_authorizer(db->handle, NULL, NULL);
    sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, DB_ATTACHED);
    if (rc != 0)
        db_unconfine(db);
    return rc;
}

void db_unconfine(struct db *db)
{
    db->confined = 0;
    sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    sqlite3_set_authorizer(db->handle, NULL, NULL);
    sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, DB_ATTACHED);
}

int db_vacuum_into(struct db *db, const char *schema, const char *path, struct err *e)
{
    if (db_exec_print(db, e, "VACUUM \"%w\" INTO %Q", schema, path) != 0)
        return err_context(e, "%s", path);
    return 0;
}
