/* SQLite; nobody else includes it. Every connection has sqlar_compress(data) and sqlar_uncompress(data, sz)
 * with the contract of the shell's function (sz = length of data: as stored, else inflated; a BLOB), foreign
 * keys on, no extensions, trusted_schema off, defensive. */
#ifndef KC_LIB_DB_H
#define KC_LIB_DB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;
struct db_stmt;

enum db_mode {
    DB_READ,
    DB_WRITE,  /* must exist */
    DB_CREATE, /* must not exist */
    DB_MEMORY,
    DB_FOREIGN, /* read only, made by anybody: as SQLite advises for such files (security.html), and steps
                   are counted as in db_confine */
};

int db_open(struct db **out, const char *path, enum db_mode mode, struct err *e);
void db_close(struct db *db); /* NULL is fine; finalizes nothing: free your statements first */
int db_exec(struct db *db, const char *sql, struct err *e); /* a whole script; errors name the line */
int db_exec_print(struct db *db, struct err *e, const char *fmt,
                  ...); /* formats of sqlite3_mprintf: %Q, %w */
/* read_only: a finished file that nobody writes any more; no journal beside it is looked at or made. */
int db_attach(struct db *db, const char *path, const char *schema, int read_only, struct err *e);

int db_prepare(struct db *db, struct db_stmt **out, const char *sql,
               struct err *e);                 /* exactly one statement */
void db_free(struct db_stmt *s);               /* NULL is fine */
void db_reset(struct db_stmt *s);              /* and clears the bindings */
int db_step(struct db_stmt *s, struct err *e); /* 1 a row, 0 the end, -1 failed */
int db_run(struct db_stmt *s, struct err *e);  /* step to the end, then reset: 0 or -1 */
/* Binding: parameters count from 1; text and blobs are copied; NULL text binds NULL. */
void db_bind_text(struct db_stmt *s, int at, const char *text);
void db_bind_text_n(struct db_stmt *s, int at, const char *text, size_t n);
void db_bind_int(struct db_stmt *s, int at, int64_t value);
void db_bind_null(struct db_stmt *s, int at);
/* The name of parameter `at`, with its colon; "?" for one without; NULL behind the last. */
const char *db_parameter(const struct db_stmt *s, int at);
void db_bind_blob(struct db_stmt *s, int at, const void *bytes, size_t n);
/* Reading: columns count from 0; pointers live until the next step. */
int db_columns(const struct db_stmt *s);
const char *db_name(const struct db_stmt *s, int at);
int db_column(const struct db_stmt *s, const char *name); /* -1 when there is none */
const char *db_text(struct db_stmt *s, int at);           /* NULL for NULL */
size_t db_size(struct db_stmt *s, int at);                /* bytes of the text or blob */
const void *db_blob(struct db_stmt *s, int at);
int64_t db_int(struct db_stmt *s, int at);
double db_real(struct db_stmt *s, int at);
int db_is_null(struct db_stmt *s, int at);
int db_is_number(struct db_stmt *s, int at); /* INTEGER or REAL */
int64_t db_last_id(struct db *db);
/* One value: the first column of the first row, NULL when there is no row or it is NULL; *out is the
 * caller's. */
int db_value_text(struct db *db, char **out, struct err *e, const char *fmt, ...);
int db_value_int(struct db *db, int64_t *out, struct err *e, const char *fmt, ...); /* no row or NULL: 0 */

/* From now on only SELECT, READ and listed functions compile on this connection (contracts.md, What is
 * confined), and a statement stops after `max_steps` virtual machine steps (0: the default). Statements from
 * outside run only so. */
int db_confine(struct db *db, int64_t max_steps, struct err *e);
/* The same for one statement alone: others on this connection compile as before, and may run while it does.
 * The steps of all are counted until db_unconfine. */
int db_prepare_confined(struct db *db, struct db_stmt **out, const char *sql, int64_t max_steps,
                        struct err *e);
void db_unconfine(struct db *db);
/* Writes the database `schema` to a new file by VACUUM INTO, with journal mode DELETE. */
int db_vacuum_into(struct db *db, const char *schema, const char *path, struct err *e);

#endif
