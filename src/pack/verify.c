/* Checking a pack's folder: layout, manifests, signatures. See verify.h. */
#include "pack/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "lib/json.h"
#include "lib/revocation.h"
#include "lib/sign.h"
#include "pack/bag.h"
#include "pack/manifest.h"
#include "pack/verify_hash.h"
#include "store/store.h"

#define VERIFY_LIST_BYTES (64u << 20) /* of a manifest */
#define VERIFY_OPTIONS_BYTES (1u << 20)

/* What contracts.md calls the pack: without one of these it is none. */
static const char *const verify_needed[] = {
    "bagit.txt",        "bag-info.txt",       BAG_MANIFEST,           BAG_TAGMANIFEST,
    BAG_README,         "data/report.pdf",    "data/report.txt",      "data/evidence.xlsx",
    "data/facts.db",    "data/findings.json", "data/controls.json",   "data/chain.json",
    "data/rebuild.sql", "data/policy.json",   "data/engagement.json", "data/options.json",
};

void verify_say(struct verify *v, enum verify_result result, const char *what, const char *fmt, ...)
{
    char words[2048];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    v->failed += result == VERIFY_FAIL;
    v->o->line(v->o->ctx, result, what, words);
}

static int verify_read(struct verify *v, const char *name, size_t max, struct buf *out)
{
    char *path = file_join(v->dir, name);
    struct err e = {""};
    int rc = file_read(path, max, out, &e);

    if (rc != 0)
        verify_say(v, VERIFY_FAIL, name, "%s", file_exists(path) ? e.text : "missing");
    free(path);
    return rc;
}

/* Every file that lies in the folder, without looking inside. */
static int verify_collect(void *ctx, const char *relative, struct err *e)
{
    struct manifest *found = ctx;

    (void)e;
    if ((found->count & (found->count - 1)) == 0)
        found->lines = mem_grow(found->lines, found->count ? 2 * found->count : 1, sizeof *found->lines);
    found->lines[found->count++] = (struct manifest_line){.path = mem_copy(relative)};
    return 0;
}

static void verify_layout(struct verify *v, const struct manifest *found)
{
    struct buf text = {0};
    int before = v->failed;

    for (size_t i = 0; i < found->count; i++) {
        if (!manifest_name_fits(found->lines[i].path))
            verify_say(v, VERIFY_FAIL, "layout", "%s: a pack holds no file of such a name",
                       found->lines[i].path);
    }
    for (size_t i = 0; i < sizeof verify_needed / sizeof verify_needed[0]; i++) {
        if (!manifest_find(found, verify_needed[i]))
            verify_say(v, VERIFY_FAIL, "layout", "%s: missing", verify_needed[i]);
    }
    if (manifest_find(found, "bagit.txt") && verify_read(v, "bagit.txt", 1000, &text) == 0 &&
        strcmp(buf_str(&text), BAG_DECLARATION) != 0)
        verify_say(v, VERIFY_FAIL, "layout", "bagit.txt: does not declare BagIt 1.0 in UTF-8");
    buf_free(&text);
    if (v->failed == before)
        verify_say(v, VERIFY_PASS, "layout", "a BagIt bag (RFC 8493) with every part of a pack; %zu files",
                   found->count);
}

/* Compares what one manifest lists with what lies there. payload 1: data/, 0: the files beside it. Afterwards
 * the list has the hashes that the files have. */
static void verify_manifest(struct verify *v, const char *name, const struct manifest *found, int payload,
                            struct manifest *list, struct verify_later *book)
{
    struct verify_hashed *of = NULL;
    struct buf text = {0};
    struct err e = {""};
    int before = v->failed;

    if (verify_read(v, name, VERIFY_LIST_BYTES, &text) != 0)
        goto out;
    if (manifest_read(list, name, buf_str(&text), text.len, &e) != 0) {
        verify_say(v, VERIFY_FAIL, name, "%s", e.text);
        goto out;
    }
    of = mem_zero(list->count + 1, sizeof *of);
    for (size_t i = 0; i < list->count; i++)
        of[i].rc = (strncmp(list->lines[i].path, "data/", 5) == 0) != payload ||
                   !manifest_find(found, list->lines[i].path);
    verify_hash(v, list, of, payload ? verify_book : NULL, book);
    for (size_t i = 0; i < list->count; i++) {
        struct manifest_line *line = &list->lines[i];

        if ((strncmp(line->path, "data/", 5) == 0) != payload)
            verify_say(v, VERIFY_FAIL, name, "%s: does not belong into this manifest", line->path);
        else if (of[i].rc > 0)
            verify_say(v, VERIFY_FAIL, name, "%s: missing", line->path);
        else if (of[i].rc < 0)
            verify_say(v, VERIFY_FAIL, name, "%s", of[i].why.text);
        else if (strcmp(of[i].hex, line->sha256) != 0)
            verify_say(v, VERIFY_FAIL, name, "%s: changed", line->path);
        memcpy(line->sha256, of[i].hex, DIGEST_HEX);
        list->bytes += of[i].size;
    }
    for (size_t i = 0; i < found->count; i++) {
        const char *path = found->lines[i].path;

        if ((strncmp(path, "data/", 5) == 0) == payload && (payload || !bag_is_outside(path)) &&
            !manifest_find(list, path))
            verify_say(v, VERIFY_FAIL, name, "%s: added", path);
    }
    if (v->failed == before)
        verify_say(v, VERIFY_PASS, name,
                   "%zu files, each there and with the hash that it lists; none besides", list->count);
out:
    buf_free(&text);
    free(of);
}

static void verify_oxum(struct verify *v, const struct manifest *payload)
{
    char *wanted =
        mem_print("\nPayload-Oxum: %llu.%zu\n", (unsigned long long)payload->bytes, payload->count);
    struct buf text = {0};

    buf_char(&text, '\n');
    if (verify_read(v, "bag-info.txt", 1 << 20, &text) == 0) {
        if (!strstr(buf_str(&text), wanted))
            verify_say(v, VERIFY_FAIL, "bag-info.txt", "its Payload-Oxum is not that of data/");
        else
            verify_say(v, VERIFY_PASS, "bag-info.txt", "%llu bytes in %zu files, as it says",
                       (unsigned long long)payload->bytes, payload->count);
    }
    buf_free(&text);
    free(wanted);
}

/* Is the text a pack's id, KC-20260930-7f3a91c2? */
static int verify_is_id(const char *text, size_t n)
{
    static const char digits[] = "0123456789";

    return n == 20 && strncmp(text, "KC-", 3) == 0 && strspn(text + 3, digits) == 8 && text[11] == '-' &&
           strspn(text + 12, "0123456789abcdef") >= 8;
}

/* A folder may have any name, but not that of another pack. */
static void verify_identity(struct verify *v)
{
    static const char label[] = "\nExternal-Identifier: ";
    char *whole = realpath(v->dir, NULL), *name = whole ? strrchr(whole, '/') : NULL;
    struct buf text = {0};
    const char *id = NULL;

    buf_char(&text, '\n');
    if (name && verify_is_id(name + 1, strlen(name + 1)) &&
        verify_read(v, "bag-info.txt", 1 << 20, &text) == 0) {
        id = strstr(buf_str(&text), label);
        id = id ? id + strlen(label) : "";
        if (strcspn(id, "\n") != strlen(name + 1) || strncmp(id, name + 1, strlen(name + 1)) != 0)
            verify_say(v, VERIFY_FAIL, "bag-info.txt", "the folder is named %s; the pack in it is %.*s",
                       name + 1, (int)strcspn(id, "\n"), id);
    }
    buf_free(&text);
    free(whole);
}

static void verify_signature(struct verify *v, const char *name)
{
    char *signature = file_join(v->dir, name), *signed_file = file_join(v->dir, BAG_TAGMANIFEST);
    const int due = v->stamp_due, own = strcmp(name, BAG_SIGNATURE) == 0;
    int64_t stamped = 0;

    v->stamp_due = due && own; /* who signs later may have no authority */
    stamped = verify_cms(v, name, signature, signed_file, "signed");
    v->stamp_due = due;
    if (own)
        v->signed_at = stamped;
    free(signature);
    free(signed_file);
}

/* What is kept about revocation is looked at with the signature that it lies beside. */
static void verify_kept_known(struct verify *v, const struct manifest *found, const char *path)
{
    char *signature = mem_copy_n(path, revocation_name(path, NULL));

    if (!manifest_find(found, signature))
        verify_say(v, VERIFY_FAIL, path, "belongs to no signature: %s is not there", signature);
    free(signature);
}

static void verify_signatures(struct verify *v, const struct manifest *found)
{
    int count = 0;

    for (size_t i = 0; i < found->count; i++) {
        const char *path = found->lines[i].path;
        size_t n = strlen(path);

        if (strchr(path, '/') || !bag_is_outside(path) || strcmp(path, BAG_TAGMANIFEST) == 0)
            continue;
        if (revocation_name(path, NULL)) {
            verify_kept_known(v, found, path);
            continue;
        }
        if (n < 4 || strcmp(path + n - 4, ".p7s") != 0) {
            verify_answer(v, path);
            continue;
        }
        count++;
        verify_signature(v, path);
    }
    if (!count)
        verify_say(v, v->o->allow_unsigned ? VERIFY_NOTE : VERIFY_FAIL, "signature",
                   "unsigned: proves no author; anyone could have remade it");
}

/* A stamp can be cut out of a signature without a trace in it; the pack's own words, which are signed, tell
 * that there was one. */
static void verify_stamp_due(struct verify *v)
{
    char *path = file_join(v->dir, "data/options.json");
    struct buf text = {0};
    struct json *doc = NULL;

    if (file_read(path, VERIFY_OPTIONS_BYTES, &text, NULL) == 0)
        json_parse(&doc, buf_str(&text), text.len, NULL);
    v->stamp_due = json_true(json_get(doc, "time_stamp"));
    json_free(doc);
    buf_free(&text);
    free(path);
}

int verify_folder(struct verify *v, struct err *e)
{
    struct manifest found = {0}, tags = {0}, payload = {0};
    struct verify_later book = {.count = 0};
    int rc = -1;

    if (file_each(v->dir, verify_collect, &found, e) != 0) { /* a link, a device: not to be opened */
        verify_say(v, VERIFY_FAIL, "layout", "%s", e->text);
        rc = 0;
        goto out;
    }
    manifest_sort(&found);
    verify_layout(v, &found);
    verify_manifest(v, BAG_TAGMANIFEST, &found, 0, &tags, NULL);
    verify_manifest(v, BAG_MANIFEST, &found, 1, &payload, &book);
    verify_oxum(v, &payload);
    verify_identity(v);
    verify_stamp_due(v);
    verify_signatures(v, &found);
    verify_pdf(v);
    verify_later_say(v, &book, verify_book);
    v->payload = &payload;
    v->stamp_due = 0; /* a snapshot's seal may be pending; it was made by another command */
    rc = verify_chain(v, e);
    if (rc == 0 && v->o->deep && v->failed)
        verify_say(v, VERIFY_NOTE, "tests", "not performed again: the pack is not whole");
    else if (rc == 0 && v->o->deep)
        rc = verify_deep(v, e);
out:
    v->payload = NULL;
    manifest_free(&found);
    manifest_free(&tags);
    manifest_free(&payload);
    return rc;
}

static void verify_store_found(void *ctx, const char *file, const char *what)
{
    verify_say(ctx, VERIFY_FAIL, file && *file ? file : "store", "%s", what);
}

static int verify_store(struct verify *v, const char *dir, struct err *e)
{
    struct store *s = NULL;
    int broken = store_verify(dir, verify_store_found, v, e);

    if (broken < 0)
        return -1;
    if (broken > 0)
        return 0;
    if (store_open(&s, dir, e) != 0)
        return -1;
    verify_say(v, VERIFY_PASS, "chain", "%zu snapshots, each whole and naming the hash of the one before",
               store_count(s));
    for (size_t i = 0; i < store_count(s); i++)
        verify_seal(v, store_at(s, i)->path, store_at(s, i)->file);
    store_close(s);
    return 0;
}

static int verify_has(const char *dir, const char *name)
{
    char *path = file_join(dir, name);
    int there = file_exists(path);

    free(path);
    return there;
}

static int verify_zip(struct verify *v, const char *path, struct err *e)
{
    char *temp = NULL, *top = NULL;
    int rc = verify_unpack(v, path, &temp, &top, e);

    if (rc == 0 && top) {
        v->dir = top;
        rc = verify_folder(v, e);
    }
    if (temp)
        file_remove_tree(temp, NULL);
    free(temp);
    free(top);
    return rc;
}

int verify_run(const char *path, const struct verify_options *o, struct err *e)
{
    struct verify v = {.o = o, .dir = path};
    int rc = -1;

    if (file_is_dir(path)) {
        if (verify_has(path, "data") || verify_has(path, "bagit.txt") || verify_has(path, BAG_MANIFEST))
            rc = verify_folder(&v, e);
        else if (verify_has(path, "snapshots") || verify_has(path, "SHA256SUMS"))
            rc = verify_store(&v, path, e);
        else
            err_set(e, "%s: neither a pack nor a store: name the folder of one, or a pack's .zip", path);
    } else if (file_exists(path)) {
        rc = verify_zip(&v, path, e);
    } else {
        err_set(e, "%s: is not there", path);
    }
    return rc == 0 ? v.failed : -1;
}
