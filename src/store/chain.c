/* The chain of a store. See chain.h. */
#include "store/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/note.h"

#define CHAIN_MAX (64u << 20)                /* bytes of SHA256SUMS; 600,000 snapshots */
#define CHAIN_FILE_LEN (10 + 16 + 1 + 8 + 3) /* snapshots/20261124T093000Z-1a2b3c4d.db */

static int chain_is_hex(const char *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!((at[i] >= '0' && at[i] <= '9') || (at[i] >= 'a' && at[i] <= 'f')))
            return 0;
    }
    return 1;
}

int chain_name(struct store_snapshot *row, const char *file)
{
    const char *t = file + 10;
    int64_t seconds = 0;

    if (strlen(file) != CHAIN_FILE_LEN || strncmp(file, "snapshots/", 10) != 0 || t[8] != 'T' ||
        t[15] != 'Z' || t[16] != '-' || strcmp(t + 25, ".db") != 0 || !chain_is_hex(t + 17, 8))
        return -1;
    snprintf(row->taken_at, sizeof row->taken_at, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", t, t + 4, t + 6, t + 9,
             t + 11, t + 13);
    memcpy(row->id, t + 17, 8);
    row->id[8] = '\0';
    return clock_read(row->taken_at, &seconds, NULL);
}

static void chain_row_free(struct store_snapshot *row)
{
    free(row->file);
    free(row->path);
    free(row->seal);
}

void chain_free(struct chain *c)
{
    for (size_t i = 0; i < c->count; i++)
        chain_row_free(&c->rows[i]);
    free(c->rows);
    *c = (struct chain){0};
}

const struct store_snapshot *chain_add(struct chain *c, const char *dir, const char *file, const char *sha256)
{
    struct store_snapshot row = {0};
    char *seal = NULL;

    if (chain_name(&row, file) != 0)
        return NULL;
    row.file = mem_copy(file);
    row.path = file_join(dir, file);
    memcpy(row.sha256, sha256, 64);
    seal = mem_print("%s.p7s", row.path);
    if (file_exists(seal))
        row.seal = seal;
    else
        free(seal);
    c->rows = mem_grow(c->rows, c->count + 1, sizeof *c->rows);
    c->rows[c->count] = row;
    return &c->rows[c->count++];
}

static int chain_has(const struct chain *c, const char *file)
{
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->rows[i].file, file) == 0)
            return 1;
    }
    return 0;
}

/* Reads the lines of `text` into c. */
static int chain_lines(struct chain *c, const char *dir, const char *name, const struct buf *text,
                       chain_found *found, void *ctx, struct err *e)
{
    const char *p = buf_str(text), *end = p + text->len;
    int line = 0;

    for (; p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        char *file = NULL, *what = NULL;

        if (stop && (size_t)(stop - p) == 66 + CHAIN_FILE_LEN && chain_is_hex(p, 64) &&
            memcmp(p + 64, "  ", 2) == 0)
            file = mem_copy_n(p + 66, CHAIN_FILE_LEN);
        if (file && chain_has(c, file))
            what = mem_print("line %d names %s a second time", line + 1, file);
        else if (!file || !chain_add(c, dir, file, p))
            what = mem_print("line %d is not a hash, two spaces and the name of a snapshot", line + 1);
        free(file);
        if (what && !found) {
            err_set(e, "%s/%s: %s: keycustody verify %s names everything that is wrong", dir, name, what,
                    dir);
            free(what);
            return -1;
        }
        if (what)
            found(ctx, name, what);
        free(what);
        p = stop ? stop + 1 : end;
    }
    return 0;
}

/* A file of the store's own: absent is fine (*there 0); a link or anything else that is no regular file is
 * not. */
static int chain_file_read(const char *dir, const char *name, struct buf *text, int *there, struct err *e)
{
    char *path = file_join(dir, name);
    int rc = -1;

    *there = file_exists(path);
    if (*there && !file_is_regular(path)) {
        err_set(e, "%s: a link: links in a store are not followed: remove it", path);
        goto out;
    }
    if (*there && file_read(path, CHAIN_MAX, text, e) != 0)
        goto out;
    rc = 0;
out:
    free(path);
    return rc;
}

/* Does SHA256SUMS.next announce exactly one more snapshot than SHA256SUMS has, and is that one whole? Then it
 * is added to c. */
static int chain_next(struct chain *c, const char *dir, const struct buf *now, struct err *e)
{
    struct chain next = {0};
    struct buf text = {0};
    char hex[DIGEST_HEX];
    int rc = -1, there = 0;

    if (chain_file_read(dir, "SHA256SUMS.next", &text, &there, e) != 0)
        goto out;
    if (!there) {
        rc = 0;
        goto out;
    }
    c->dropped = 1;
    if (text.len == now->len + 67 + CHAIN_FILE_LEN && memcmp(buf_str(&text), buf_str(now), now->len) == 0 &&
        chain_lines(&next, dir, "SHA256SUMS.next", &text, NULL, NULL, NULL) == 0 &&
        next.count == c->count + 1) {
        const struct store_snapshot *row = &next.rows[c->count];

        if (file_is_regular(row->path) && digest_file(row->path, hex, NULL, NULL) == 0 &&
            strcmp(hex, row->sha256) == 0) {
            chain_add(c, dir, row->file, row->sha256);
            c->pending = 1;
            c->dropped = 0;
        }
    }
    rc = 0;
out:
    buf_free(&text);
    chain_free(&next);
    return rc;
}

int chain_read(struct chain *c, const char *dir, chain_found *found, void *ctx, struct err *e)
{
    struct buf text = {0};
    int rc = -1, there = 0;

    *c = (struct chain){0};
    if (chain_file_read(dir, "SHA256SUMS", &text, &there, e) != 0)
        goto out;
    if (chain_lines(c, dir, "SHA256SUMS", &text, found, ctx, e) != 0)
        goto out;
    if (chain_next(c, dir, &text, e) != 0)
        goto out;
    rc = 0;
out:
    if (rc != 0)
        chain_free(c);
    buf_free(&text);
    return rc;
}

void chain_put(struct buf *out, const struct chain *c, size_t count)
{
    for (size_t i = 0; i < count && i < c->count; i++)
        buf_print(out, "%s  %s\n", c->rows[i].sha256, c->rows[i].file);
}

/* A seal is written before its snapshot gets its name: without that snapshot it belongs to nothing. */
static void chain_drop_seal(const char *dir)
{
    struct buf text = {0};
    struct store_snapshot row = {0};
    int there = 0;

    if (chain_file_read(dir, "SHA256SUMS.next", &text, &there, NULL) == 0 && there &&
        text.len > CHAIN_FILE_LEN) {
        char *file = mem_copy_n(text.data + text.len - 1 - CHAIN_FILE_LEN, CHAIN_FILE_LEN);

        if (chain_name(&row, file) == 0) {
            char *path = file_join(dir, file), *seal = mem_print("%s.p7s", path);

            if (!file_exists(path))
                unlink(seal);
            free(seal);
            free(path);
        }
        free(file);
    }
    buf_free(&text);
}

int chain_recover(struct chain *c, const char *dir, struct err *e)
{
    char *next = file_join(dir, "SHA256SUMS.next"), *sums = file_join(dir, "SHA256SUMS");
    int rc = -1;

    if (c->pending) {
        if (rename(next, sums) != 0) {
            err_set(e, "%s: cannot rename: %s", next, strerror(errno));
            goto out;
        }
        note_info(
            "%s: the snapshot %s was complete but not yet listed when a collection was cut off: listed now",
            dir, c->rows[c->count - 1].id);
        c->pending = 0;
    } else if (c->dropped) {
        chain_drop_seal(dir);
        if (unlink(next) != 0) {
            err_set(e, "%s: cannot remove: %s", next, strerror(errno));
            goto out;
        }
        c->dropped = 0;
    }
    rc = file_sync_dir(dir, e);
out:
    free(next);
    free(sums);
    return rc;
}
