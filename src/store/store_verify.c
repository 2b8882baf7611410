/* Is everything in a store, or inside one snapshot, as it was written? See store.h, store_verify. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/db.h"
#include "lib/digest.h"
#include "lib/revocation.h"
#include "lib/sign.h"
#include "store/chain.h"
#include "store/store.h"

struct verify {
    store_found *found;
    void *ctx;
    int count;
};

static void verify_say(struct verify *v, const char *file, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void verify_say(struct verify *v, const char *file, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    v->count++;
    if (v->found)
        v->found(v->ctx, file, text);
}

static void verify_broken_line(void *ctx, const char *file, const char *what)
{
    verify_say(ctx, file, "%s", what);
}

/* One column of text in every row is something broken. */
static int verify_rows(struct verify *v, struct db *db, const char *name, const char *sql, struct err *e)
{
    struct db_stmt *s = NULL;
    int more = 0;

    if (db_prepare(db, &s, sql, e) != 0)
        return -1;
    while ((more = db_step(s, e)) == 1)
        verify_say(v, name, "%s", db_text(s, 0));
    db_free(s);
    return more;
}

/* The answers: each name is the hash of its bytes, and there are no other names. */
static int verify_archive(struct verify *v, struct db *db, const char *name, struct err *e)
{
    struct db_stmt *s = NULL;
    struct buf sums = {0}, listed = {0};
    char hex[DIGEST_HEX];
    int more = 0, has_sums = 0;

    if (db_prepare(db, &s,
                   "SELECT name, mode, sz, sqlar_uncompress(data, sz), data IS NULL FROM sqlar ORDER BY name",
                   e) != 0)
        return -1;
    while ((more = db_step(s, e)) == 1) {
        const char *file = db_text(s, 0);
        size_t n = db_size(s, 3);

        if (db_int(s, 1) != 33152 || db_int(s, 4) || (int64_t)n != db_int(s, 2)) {
            verify_say(v, name, "the archive's %s is no plain file of its size", file);
            continue;
        }
        if (strcmp(file, "SHA256SUMS") == 0) {
            has_sums = 1;
            buf_add(&listed, n ? db_blob(s, 3) : "", n);
            continue;
        }
        digest_bytes(n ? db_blob(s, 3) : "", n, hex);
        if (strncmp(file, "answers/", 8) != 0 || strcmp(file + 8, hex) != 0)
            verify_say(v, name, "the archive's %s is not what its name says: its bytes are %s", file, hex);
        buf_print(&sums, "%s  %s\n", file + (strncmp(file, "answers/", 8) == 0 ? 8 : 0), file);
    }
    if (more == 0 && !has_sums)
        verify_say(v, name, "the archive has no SHA256SUMS");
    else if (more == 0 && (sums.len != listed.len || memcmp(buf_str(&sums), buf_str(&listed), sums.len) != 0))
        verify_say(v, name, "the archive's SHA256SUMS does not list its answers");
    db_free(s);
    buf_free(&sums);
    buf_free(&listed);
    return more;
}

/* own: what the file's name says, or NULL; chained, before: see store.h. */
static int verify_statement(struct verify *v, struct db *db, const char *name,
                            const struct store_snapshot *own, int chained,
                            const struct store_snapshot *before, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1;

    if (db_prepare(db, &s, "SELECT id, taken_at, previous_id, previous_sha256 FROM snapshot", e) != 0 ||
        db_step(s, e) != 1) {
        if (s)
            verify_say(v, name, "the snapshot does not say who took it: its table snapshot is empty");
        rc = s ? 0 : -1;
        goto out;
    }
    if (own && (strcmp(db_text(s, 0), own->id) != 0 || strcmp(db_text(s, 1), own->taken_at) != 0))
        verify_say(v, name, "the file is named %s of %s, but it says it is %s of %s", own->id, own->taken_at,
                   db_text(s, 0), db_text(s, 1));
    if (!chained) {
        rc = 0;
        goto out;
    }
    if (!before && !db_is_null(s, 3))
        verify_say(v, name, "the chain begins with it, but it names %s as the snapshot before it",
                   db_text(s, 2));
    else if (before && db_is_null(s, 3))
        verify_say(v, name, "it names no snapshot before it, but the chain has %s there", before->file);
    else if (before && (strcmp(db_text(s, 2), before->id) != 0 || strcmp(db_text(s, 3), before->sha256) != 0))
        verify_say(v, name, "it follows %s with hash %s; the chain has %s with hash %s before it",
                   db_text(s, 2), db_text(s, 3), before->id, before->sha256);
    if (before && strcmp(db_text(s, 1), before->taken_at) <= 0)
        verify_say(v, name, "it was taken at %s, not later than the one before it", db_text(s, 1));
    rc = 0;
out:
    db_free(s);
    return rc;
}

static int verify_inside(struct verify *v, const char *path, const char *name,
                         const struct store_snapshot *own, int chained, const struct store_snapshot *before)
{
    struct db *db = NULL;
    struct err e = {""};
    int64_t id = 0, format = 0;
    char *view = NULL;
    int rc = -1;

    if (db_open(&db, path, DB_FOREIGN, &e) != 0 || db_value_int(db, &id, &e, "PRAGMA application_id") != 0 ||
        db_value_int(db, &format, &e, "PRAGMA user_version") != 0)
        goto out;
    if (id != 0x4b435331 || format != 1) {
        err_set(&e, "not a snapshot of a format that this version knows");
        goto out;
    }
    /* a view in a table's place would be computed whenever it is read, for as long as its maker likes */
    if (db_value_text(db, &view, &e, "SELECT name FROM sqlite_schema WHERE type = 'view'") != 0)
        goto out;
    if (view) {
        err_set(&e, "%s is a view: a snapshot has none", view);
        goto out;
    }
    if (verify_rows(v, db, name,
                    "SELECT 'damaged: ' || integrity_check FROM pragma_integrity_check(5) WHERE "
                    "integrity_check <> 'ok'",
                    &e) != 0 ||
        verify_statement(v, db, name, own, chained, before, &e) != 0 ||
        verify_archive(v, db, name, &e) != 0 ||
        verify_rows(v, db, name,
                    "SELECT 'exchange E-' || printf('%04d', x.n) || ' names an answer that the archive does "
                    "not hold' FROM "
                    "exchange x LEFT JOIN sqlar s ON s.name = 'answers/' || x.sha256 WHERE s.name IS NULL OR "
                    "s.sz <> x.size "
                    "ORDER BY x.n LIMIT 20",
                    &e) != 0 ||
        verify_rows(v, db, name,
                    "SELECT 'the archive''s ' || name || ' belongs to no exchange' FROM sqlar WHERE name <> "
                    "'SHA256SUMS' AND "
                    "substr(name, 9) NOT IN (SELECT sha256 FROM exchange) ORDER BY name LIMIT 20",
                    &e) != 0)
        goto out;
    rc = 0;
out:
    if (rc != 0)
        verify_say(v, name, "cannot be read as a snapshot: %s", e.text);
    free(view);
    db_close(db);
    return rc;
}

int store_verify_snapshot(const char *path, const char *name, int chained,
                          const struct store_snapshot *before, store_found *found, void *ctx, struct err *e)
{
    struct verify v = {found, ctx, 0};

    if (!file_is_regular(path))
        return err_set(e, "%s: not a regular file", path);
    verify_inside(&v, path, name, NULL, chained, before);
    return v.count;
}

static void verify_seal(struct verify *v, const struct store_snapshot *row)
{
    struct buf der = {0};
    struct err e = {""};
    char *signer = NULL;

    if (!row->seal)
        return;
    if (!file_is_regular(row->seal) || file_read(row->seal, 1 << 20, &der, &e) != 0)
        verify_say(v, row->file, "its seal cannot be read");
    else if (sign_verify_file(buf_str(&der), der.len, row->path, NULL, &signer, &e) != 0)
        verify_say(v, row->file, "its seal does not fit: %s", e.text);
    free(signer);
    buf_free(&der);
}

static void verify_row(struct verify *v, const struct chain *c, size_t at)
{
    const struct store_snapshot *row = &c->rows[at], *before = at ? row - 1 : NULL;
    char hex[DIGEST_HEX];
    struct err e = {""};

    if (!file_exists(row->path)) {
        verify_say(v, row->file, "missing");
        return;
    }
    if (!file_is_regular(row->path)) {
        verify_say(v, row->file, "not a regular file: links in a store are not followed");
        return;
    }
    if (digest_file(row->path, hex, NULL, &e) != 0) {
        verify_say(v, row->file, "cannot be read: %s", e.text);
        return;
    }
    if (strcmp(hex, row->sha256) != 0)
        verify_say(v, row->file, "changed: its SHA-256 is %s, the chain names %s", hex, row->sha256);
    verify_inside(v, row->path, row->file, row, 1, before);
    verify_seal(v, row);
}

static int verify_is_expected(const struct chain *c, const char *relative)
{
    size_t beside = revocation_name(relative, NULL); /* a seal, about its signer's certificates */
    size_t n = beside ? beside : strlen(relative);

    /* a collection under way, or one that was cut off */
    if (strstr(relative, ".partial") || (n > 4 && strcmp(relative + n - 4, ".tmp") == 0))
        return 1;
    if (strcmp(relative, "lock") == 0 || strcmp(relative, "SHA256SUMS") == 0 ||
        strcmp(relative, "SHA256SUMS.next") == 0 || strcmp(relative, "snapshots") == 0 ||
        strcmp(relative, "ledger.db") == 0)
        return 1;
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(relative, c->rows[i].file) == 0 ||
            (n == strlen(c->rows[i].file) + 4 && strncmp(relative, c->rows[i].file, n - 4) == 0 &&
             strncmp(relative + n - 4, ".p7s", 4) == 0 && (!beside || c->rows[i].seal)))
            return 1;
    }
    return 0;
}

/* What lies in the folder and does not belong there. A seal that SHA256SUMS.next announces without its
 * snapshot is of a collection that was cut off. */
static int verify_strangers(struct verify *v, const struct chain *c, const char *dir, const char *below,
                            struct err *e)
{
    char *here = *below ? file_join(dir, below) : mem_copy(dir);
    DIR *d = opendir(here);
    struct dirent *entry = NULL;
    int rc = 0;

    if (!d) {
        rc = err_set(e, "%s: cannot read the folder: %s", here, strerror(errno));
        free(here);
        return rc;
    }
    while ((entry = readdir(d))) {
        char *relative = NULL;
        size_t n = strlen(entry->d_name);

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        relative = *below ? file_join(below, entry->d_name) : mem_copy(entry->d_name);
        if (!verify_is_expected(c, relative) &&
            !(c->dropped && n > 4 && strcmp(entry->d_name + n - 4, ".p7s") == 0))
            verify_say(v, relative, "added: the chain does not list it");
        free(relative);
    }
    closedir(d);
    free(here);
    return 0;
}

int store_verify(const char *dir, store_found *found, void *ctx, struct err *e)
{
    struct verify v = {found, ctx, 0};
    struct chain c = {0};
    char *snapshots = file_join(dir, "snapshots");
    int rc = -1;

    if (!file_is_dir(dir) || !file_is_dir(snapshots)) {
        err_set(e, "%s: not a store: it has no folder \"snapshots\" (links are not followed)", dir);
        goto out;
    }
    if (chain_read(&c, dir, verify_broken_line, &v, e) != 0)
        goto out;
    for (size_t i = 0; i < c.count; i++)
        verify_row(&v, &c, i);
    if (verify_strangers(&v, &c, dir, "", e) != 0 || verify_strangers(&v, &c, dir, "snapshots", e) != 0)
        goto out;
    rc = v.count;
out:
    chain_free(&c);
    free(snapshots);
    return rc;
}
