/* The chain of snapshots as a pack tells it, and the snapshots that lie in the pack. See verify.h. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "lib/digest.h"
#include "lib/json.h"
#include "lib/sign.h"
#include "pack/manifest.h"
#include "pack/verify.h"
#include "store/store.h"

#define VERIFY_CHAIN "data/chain.json"
#define VERIFY_CHAIN_BYTES (16u << 20)

struct verify_row { /* of chain.json; points into the document */
    const char *id, *taken_at, *file, *sha256, *previous;
    int in_pack;
};

struct verify_links {
    struct verify *v;
    struct verify_row *rows;
    size_t count, in_pack;
};

static int verify_hex(const char *text, size_t n)
{
    return text && strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

/* A base name that is a snapshot's: no folder, nothing that a pack does not hold. */
static int verify_file_name(const char *file)
{
    size_t n = file ? strlen(file) : 0;
    return n > 3 && !strchr(file, '/') && manifest_name_fits(file) && strcmp(file + n - 3, ".db") == 0;
}

static int verify_row_read(struct verify_row *row, const struct json *o)
{
    row->id = json_text(json_get(o, "id"));
    row->taken_at = json_text(json_get(o, "taken_at"));
    row->file = json_text(json_get(o, "file"));
    row->sha256 = json_text(json_get(o, "sha256"));
    row->previous = json_text(json_get(o, "previous"));
    row->in_pack = json_true(json_get(o, "in_pack"));
    return verify_hex(row->id, STORE_ID - 1) && verify_hex(row->sha256, DIGEST_HEX - 1) &&
                   verify_file_name(row->file) && row->taken_at && strlen(row->taken_at) == CLOCK_TEXT - 1 &&
                   (verify_hex(row->previous, DIGEST_HEX - 1) || json_is(json_get(o, "previous"), JSON_NULL))
               ? 0
               : -1;
}

static void verify_links(struct verify_links *l)
{
    int before = l->v->failed;

    for (size_t i = 0; i < l->count; i++) {
        const struct verify_row *row = &l->rows[i], *last = i ? row - 1 : NULL;

        if (!last && row->previous)
            verify_say(l->v, VERIFY_FAIL, "chain",
                       "%s: names a snapshot before it that the list does not have", row->id);
        if (last && (!row->previous || strcmp(row->previous, last->sha256) != 0))
            verify_say(l->v, VERIFY_FAIL, "chain",
                       "%s: does not name the hash of %s, which the list puts before it", row->id, last->id);
        if (last && strcmp(row->taken_at, last->taken_at) <= 0)
            verify_say(l->v, VERIFY_FAIL, "chain", "%s: dated %s, not later than the one before it", row->id,
                       row->taken_at);
    }
    if (l->v->failed == before)
        verify_say(l->v, VERIFY_PASS, "chain",
                   "%zu snapshots, each naming the hash of the one before; %zu of them in the pack", l->count,
                   l->in_pack);
}

struct verify_inside {
    struct verify *v;
    const char *file;
};

static void verify_inside_found(void *ctx, const char *file, const char *what)
{
    (void)file;
    verify_say(((struct verify_inside *)ctx)->v, VERIFY_FAIL, ((struct verify_inside *)ctx)->file, "%s",
               what);
}

/* A snapshot in the pack: its hash, its inside, what it says about the one before, its seal. */
static int verify_snapshot(struct verify_links *l, size_t at, struct err *e)
{
    const struct verify_row *row = &l->rows[at];
    char *name = mem_print("data/snapshots/%s", row->file), *path = file_join(l->v->dir, name);
    struct store_snapshot last = {0};
    struct verify_inside inside = {l->v, name};
    const struct manifest_line *known = NULL;
    char hex[DIGEST_HEX];
    int rc = -1, broken = 0;

    if (at) {
        memcpy(last.id, l->rows[at - 1].id, STORE_ID);
        memcpy(last.sha256, l->rows[at - 1].sha256, DIGEST_HEX);
        memcpy(last.taken_at, l->rows[at - 1].taken_at, CLOCK_TEXT);
        last.file = (char *)l->rows[at - 1].file;
    }
    if (!file_is_regular(path)) {
        verify_say(l->v, VERIFY_FAIL, name, "missing");
        rc = 0;
        goto out;
    }
    known = l->v->payload ? manifest_find(l->v->payload, name) : NULL;
    if (known && *known->sha256) /* it was read for the manifest */
        memcpy(hex, known->sha256, DIGEST_HEX);
    else if (digest_file(path, hex, NULL, e) != 0)
        goto out;
    if (strcmp(hex, row->sha256) != 0)
        verify_say(l->v, VERIFY_FAIL, name, "its SHA-256 is not the one in chain.json");
    broken = store_verify_snapshot(path, name, 1, at ? &last : NULL, verify_inside_found, &inside, e);
    if (broken < 0)
        goto out;
    if (!broken)
        verify_say(l->v, VERIFY_PASS, name, "every answer in it has the hash that it is filed under");
    verify_seal(l->v, path, name);
    rc = 0;
out:
    free(path);
    free(name);
    return rc;
}

/* No snapshot lies in the pack that the chain does not know. */
static int verify_known(void *ctx, const char *relative, struct err *e)
{
    struct verify_links *l = ctx;
    size_t n = strlen(relative);

    (void)e;
    if (n < 3 || strcmp(relative + n - 3, ".db") != 0)
        return 0;
    for (size_t i = 0; i < l->count; i++) {
        if (l->rows[i].in_pack && strcmp(l->rows[i].file, relative) == 0)
            return 0;
    }
    verify_say(l->v, VERIFY_FAIL, "chain", "data/snapshots/%s: not in chain.json", relative);
    return 0;
}

int verify_chain(struct verify *v, struct err *e)
{
    char *path = file_join(v->dir, VERIFY_CHAIN), *folder = file_join(v->dir, "data/snapshots");
    const struct json *list = NULL;
    struct verify_links l = {.v = v};
    struct json *doc = NULL;
    struct buf text = {0};
    struct err why = {""};
    int rc = 0;

    if (file_read(path, VERIFY_CHAIN_BYTES, &text, &why) != 0 ||
        json_parse(&doc, buf_str(&text), text.len, &why) != 0) {
        verify_say(v, VERIFY_FAIL, "chain", VERIFY_CHAIN ": %s", file_exists(path) ? why.text : "missing");
        goto out;
    }
    list = json_get(doc, "snapshots");
    if (!json_is(list, JSON_ARRAY) || !json_count(list)) {
        verify_say(v, VERIFY_FAIL, "chain", VERIFY_CHAIN ": lists no snapshot");
        goto out;
    }
    l.rows = mem_zero(json_count(list), sizeof *l.rows);
    for (const struct json *o = json_first(list); o; o = json_next(o)) {
        if (verify_row_read(&l.rows[l.count++], o) != 0) {
            verify_say(v, VERIFY_FAIL, "chain",
                       VERIFY_CHAIN ": entry %zu is not id, taken_at, file, sha256, previous", l.count);
            goto out;
        }
        l.in_pack += (size_t)l.rows[l.count - 1].in_pack;
    }
    verify_links(&l);
    for (size_t i = 0; i < l.count && rc == 0; i++)
        rc = l.rows[i].in_pack ? verify_snapshot(&l, i, e) : 0;
    if (rc == 0 && file_is_dir(folder))
        rc = file_each(folder, verify_known, &l, e);
    if (!l.in_pack)
        verify_say(v, VERIFY_FAIL, "chain", "the pack holds no snapshot");
out:
    json_free(doc);
    buf_free(&text);
    free(l.rows);
    free(path);
    free(folder);
    return rc;
}
