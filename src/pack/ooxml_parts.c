/* Parts and references. See ooxml_parts.h. */
#include "pack/ooxml_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/mem.h"
#include "lib/xml.h"
#include "lib/zip.h"

#define PARTS_BYTES ((uint64_t)16 << 30) /* of all parts, unpacked */
#define PARTS_COUNT 1000

struct parts_left { /* bytes that may still be unpacked */
    uint64_t parts, lists;
};

struct parts_hash {
    struct digest *digest;
    struct parts_left *left;
};

static int parts_collect(void *ctx, const void *bytes, size_t n, struct err *e)
{
    (void)e;
    buf_add(ctx, bytes, n);
    return 0;
}

static int parts_hash(void *ctx, const void *bytes, size_t n, struct err *e)
{
    struct parts_hash *h = ctx;

    (void)e;
    h->left->parts -= n; /* never more than zip_in_read was allowed */
    digest_add(h->digest, bytes, n);
    return 0;
}

int ooxml_entry(struct zip_in *z, const char *name, size_t max, struct buf *out, struct err *e)
{
    struct zip_entry entry = {0};

    for (uint64_t i = 0; i < zip_in_count(z); i++) {
        if (zip_in_entry(z, i, &entry, e) != 0)
            return -1;
        if (strcmp(entry.name, name) == 0)
            return zip_in_read(z, i, max, parts_collect, out, e) == 0 ? 1 : -1;
    }
    return 0;
}

void ooxml_base64(struct buf *out, const char hash[DIGEST_HEX])
{
    unsigned char bytes[DIGEST_HEX / 2] = {0};

    for (size_t i = 0; i < sizeof bytes; i++) {
        char pair[3] = {hash[2 * i], hash[2 * i + 1], '\0'};

        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    base64_put(out, bytes, sizeof bytes);
}

static int parts_reference(struct ooxml_part *part, struct zip_in *z, uint64_t at, struct parts_left *left,
                           struct err *e)
{
    const int rels = strcmp(part->type, OOXML_RELS_TYPE) == 0;
    struct buf text = {0}, bytes = {0}, sources = {0};
    struct parts_hash hash = {NULL, left};
    int rc = -1;

    if (rels) {
        if (zip_in_read(z, at, left->lists, parts_collect, &bytes, e) != 0 ||
            ooxml_rels(&bytes, part->name, &sources, part->hash, e) != 0)
            goto out;
        left->lists -= bytes.len;
    } else {
        hash.digest = digest_new();
        rc = zip_in_read(z, at, left->parts, parts_hash, &hash, e);
        digest_end(hash.digest, part->hash);
        if (rc != 0)
            goto out;
    }
    buf_print(&text, "<Reference URI=\"/%s?ContentType=", part->name);
    xml_escape(&text, part->type);
    buf_text(&text, "\">");
    if (rels)
        buf_print(&text,
                  "<Transforms><Transform Algorithm=\"" OOXML_RELS "\">%s</Transform>"
                  "<Transform Algorithm=\"" OOXML_C14N "\"></Transform></Transforms>",
                  buf_str(&sources));
    buf_text(&text, "<DigestMethod Algorithm=\"" OOXML_SHA256 "\"></DigestMethod><DigestValue>");
    ooxml_base64(&text, part->hash);
    buf_text(&text, "</DigestValue></Reference>");
    part->text = buf_take(&text);
    rc = 0;
out:
    buf_free(&text);
    buf_free(&bytes);
    buf_free(&sources);
    return rc;
}

/* Names as libxlsxwriter gives them: no reader takes one of them for another. */
static int parts_named(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
    size_t n = strlen(name);

    return n > 0 && n < 256 && strspn(name, letters) == n && *name != '/' && name[n - 1] != '/' &&
           !strstr(name, "//") && !strstr(name, "..");
}

static int parts_covered(const char *name)
{
    return strcmp(name, OOXML_TYPES) != 0 && strncmp(name, OOXML_FOLDER, strlen(OOXML_FOLDER)) != 0 &&
           strcmp(name, "docProps/core.xml") != 0 && strcmp(name, "docProps/app.xml") != 0;
}

static int parts_order(const void *a, const void *b)
{
    return strcmp(((const struct ooxml_part *)a)->name, ((const struct ooxml_part *)b)->name);
}

static int parts_alike(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Every name once: names of parts that differ in letter case alone are the same to readers. */
static int parts_names(struct zip_in *z, const char *path, struct err *e)
{
    const size_t count = (size_t)zip_in_count(z);
    char **names = mem_zero(count + 1, sizeof *names);
    struct zip_entry entry = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = zip_in_entry(z, i, &entry, e);
        if (rc != 0)
            break;
        names[i] = mem_copy(entry.name);
        if (strcmp(entry.name, OOXML_TYPES) != 0 && !parts_named(entry.name))
            rc = err_set(e, "%s: holds a part whose name no workbook has: %.300s", path, entry.name);
    }
    if (rc == 0 && count)
        qsort(names, count, sizeof *names, parts_alike);
    for (size_t i = 1; rc == 0 && i < count; i++) {
        if (strcasecmp(names[i - 1], names[i]) == 0)
            rc = err_set(e, "%s: the part %s is there twice", path, names[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return rc;
}

static int parts_lists(struct ooxml_parts *p, struct ooxml_types *types, struct zip_in *z, const char *path,
                       struct err *e)
{
    int rc = ooxml_entry(z, OOXML_TYPES, OOXML_LIST, &p->types, e);

    if (rc == 1)
        rc = ooxml_entry(z, OOXML_ROOT, OOXML_LIST, &p->root, e);
    if (rc == 0)
        return err_set(e, "%s: is no OOXML package", path);
    return rc < 0 ? -1 : ooxml_types_read(types, &p->types, e);
}

int ooxml_parts_read(struct ooxml_parts *p, struct zip_in *z, const char *path, struct err *e)
{
    struct ooxml_types types = {0};
    struct zip_entry entry = {0};
    struct parts_left left = {PARTS_BYTES, OOXML_LIST};
    int rc = 0;

    if (zip_in_count(z) > PARTS_COUNT)
        return err_set(e, "%s: %llu parts are more than a workbook has", path,
                       (unsigned long long)zip_in_count(z));
    if (parts_names(z, path, e) != 0)
        return -1;
    rc = parts_lists(p, &types, z, path, e);
    for (uint64_t i = 0; rc == 0 && i < zip_in_count(z); i++) {
        struct ooxml_part *part = NULL;

        if ((rc = zip_in_entry(z, i, &entry, e)) != 0 || !parts_covered(entry.name))
            continue;
        if ((p->count & (p->count - 1)) == 0)
            p->list = mem_grow(p->list, p->count ? 2 * p->count : 1, sizeof *p->list);
        part = &p->list[p->count++];
        *part = (struct ooxml_part){.name = mem_copy(entry.name),
                                    .type = mem_copy(ooxml_type(&types, entry.name))};
        rc = part->type ? parts_reference(part, z, i, &left, e)
                        : err_set(e, "%s: the part %s has no content type", path, part->name);
    }
    if (p->count)
        qsort(p->list, p->count, sizeof *p->list, parts_order);
    ooxml_types_free(&types);
    return rc;
}

void ooxml_parts_free(struct ooxml_parts *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i].name);
        free(p->list[i].type);
        free(p->list[i].text);
    }
    free(p->list);
    buf_free(&p->types);
    buf_free(&p->root);
    *p = (struct ooxml_parts){0};
}
