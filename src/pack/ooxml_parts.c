/* Parts and references. See ooxml_parts.h. */
#include "pack/ooxml_parts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "lib/digest.h"
#include "lib/xml.h"
#include "lib/zip.h"

#define OOXML_LIST ((size_t)64 << 20)   /* bytes of a list: links of a sheet are such a list too */
#define OOXML_PART ((uint64_t)16 << 30) /* bytes of a part, unpacked: no sheet is longer */
#define OOXML_PARTS 10000
#define OOXML_C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define OOXML_RELS_TYPE "application/vnd.openxmlformats-package.relationships+xml"

static int parts_collect(void *ctx, const void *bytes, size_t n, struct err *e)
{
    (void)e;
    buf_add(ctx, bytes, n);
    return 0;
}

static int parts_hash(void *ctx, const void *bytes, size_t n, struct err *e)
{
    (void)e;
    digest_add(ctx, bytes, n);
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

static void parts_base64(struct buf *out, const char hex[DIGEST_HEX])
{
    unsigned char bytes[DIGEST_HEX / 2] = {0};

    for (size_t i = 0; i < sizeof bytes; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    base64_put(out, bytes, sizeof bytes);
}

static int parts_ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Relationships that a signature leaves out, as Office does: what they lead to changes with every save. */
static int parts_left_out(const char *type)
{
    return parts_ends(type, "/metadata/core-properties") || parts_ends(type, "/extended-properties") ||
           parts_ends(type, "/digital-signature/origin");
}

struct parts_row { /* a relationship */
    char *id, *text;
};

static int parts_row_order(const void *a, const void *b)
{
    return strcmp(((const struct parts_row *)a)->id, ((const struct parts_row *)b)->id);
}

static int parts_row(const struct xml_node *node, struct parts_row *row, const char *what, struct err *e)
{
    static const char *const names[] = {"Target", "TargetMode", "Type"};
    char *type = xml_attribute(node, "Type"), *value = NULL;
    struct buf text = {0};
    int rc = 0;

    row->id = xml_attribute(node, "Id");
    if (!type || !row->id || strcmp(xml_name(node), "Relationship") != 0) {
        rc = err_set(e, "%s: holds something that is no relationship", what);
    } else if (!parts_left_out(type)) {
        buf_text(&text, "<Relationship Id=\"");
        xml_escape(&text, row->id);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            value = xml_attribute(node, names[i]);
            buf_print(&text, "\" %s=\"", names[i]);
            xml_escape(&text, value ? value : i == 1 ? "Internal" : "");
            free(value);
        }
        buf_text(&text, "\"></Relationship>");
        row->text = buf_take(&text);
    }
    free(type);
    return rc;
}

/* The relationships transform (ISO/IEC 29500-2:2012, 13.2.4.24; ECMA-376-2:2021, 10.6): the relationships
 * kept, by Id, each with its TargetMode, then Canonical XML. `sources` names the kept ones. */
static int parts_rels(const struct buf *bytes, const char *what, struct buf *sources, char hex[DIGEST_HEX],
                      struct err *e)
{
    struct xml *x = NULL;
    struct parts_row *rows = NULL;
    struct digest *d = NULL;
    size_t count = 0;
    int rc = -1;

    if (xml_open(&x, buf_str(bytes), bytes->len, "Relationships", what, e) != 0)
        return -1;
    for (const struct xml_node *n = xml_first(x); n; n = xml_next(n)) {
        rows = mem_grow(rows, count + 1, sizeof *rows);
        rows[count] = (struct parts_row){0};
        if (parts_row(n, &rows[count++], what, e) != 0)
            goto out;
    }
    if (count)
        qsort(rows, count, sizeof *rows, parts_row_order);
    d = digest_new();
    digest_add(d, "<Relationships xmlns=\"" OOXML_PACKAGE "relationships\">",
               strlen("<Relationships xmlns=\"" OOXML_PACKAGE "relationships\">"));
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].text)
            continue;
        digest_add(d, rows[i].text, strlen(rows[i].text));
        buf_text(sources, "<mdssi:RelationshipReference xmlns:mdssi=\"" OOXML_PACKAGE
                          "digital-signature\" SourceId=\"");
        xml_escape(sources, rows[i].id);
        buf_text(sources, "\"></mdssi:RelationshipReference>");
    }
    digest_add(d, "</Relationships>", strlen("</Relationships>"));
    digest_end(d, hex);
    rc = 0;
out:
    for (size_t i = 0; i < count; i++) {
        free(rows[i].id);
        free(rows[i].text);
    }
    free(rows);
    xml_close(x);
    return rc;
}

/* The content type of a part; the caller's, NULL: none is given. */
static char *parts_type(const struct xml *types, const char *name)
{
    const char *dot = strrchr(name, '.');
    char *found = NULL;

    for (const struct xml_node *n = xml_first(types); n; n = xml_next(n)) {
        int whole = strcmp(xml_name(n), "Override") == 0;
        char *key = xml_attribute(n, whole ? "PartName" : "Extension");
        int fits = key && (whole ? *key == '/' && strcmp(key + 1, name) == 0
                                 : !found && dot && strcmp(key, dot + 1) == 0);

        free(key);
        if (fits) {
            free(found);
            found = xml_attribute(n, "ContentType");
        }
        if (fits && whole)
            break;
    }
    return found;
}

static int parts_reference(struct ooxml_part *part, struct zip_in *z, uint64_t at, const char *type,
                           struct err *e)
{
    struct buf head = {0}, bytes = {0}, sources = {0};
    char hex[DIGEST_HEX] = "";
    struct digest *d = NULL;
    int rc = -1;

    buf_text(&head, "<Reference URI=\"/");
    xml_escape(&head, part->name);
    buf_text(&head, "?ContentType=");
    xml_escape(&head, type);
    buf_text(&head, "\">");
    if (strcmp(type, OOXML_RELS_TYPE) == 0) {
        if (zip_in_read(z, at, OOXML_LIST, parts_collect, &bytes, e) != 0 ||
            parts_rels(&bytes, part->name, &sources, hex, e) != 0)
            goto out;
        buf_text(&head, "<Transforms><Transform Algorithm=\"" OOXML_PACKAGE "RelationshipTransform\">");
        buf_text(&head, buf_str(&sources));
        buf_text(&head, "</Transform><Transform Algorithm=\"" OOXML_C14N "\"></Transform></Transforms>");
    } else {
        d = digest_new();
        rc = zip_in_read(z, at, OOXML_PART, parts_hash, d, e);
        digest_end(d, hex);
        if (rc != 0)
            goto out;
    }
    buf_text(&head, "<DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></DigestMethod>"
                    "<DigestValue>");
    part->head = mem_copy(buf_str(&head));
    parts_base64(&head, hex);
    buf_text(&head, "</DigestValue></Reference>");
    part->text = buf_take(&head);
    rc = 0;
out:
    buf_free(&head);
    buf_free(&bytes);
    buf_free(&sources);
    return rc;
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

int ooxml_parts_read(struct ooxml_parts *p, struct zip_in *z, const char *path, struct err *e)
{
    struct zip_entry entry = {0};
    struct xml *types = NULL;
    int rc = -1;

    if (zip_in_count(z) > OOXML_PARTS)
        return err_set(e, "%s: %llu parts are more than a workbook has", path,
                       (unsigned long long)zip_in_count(z));
    if ((rc = ooxml_entry(z, OOXML_TYPES, OOXML_LIST, &p->types, e)) == 1)
        rc = ooxml_entry(z, OOXML_ROOT, OOXML_LIST, &p->root, e);
    if (rc != 1) {
        rc = rc == 0 ? err_set(e, "%s: is no OOXML package", path) : -1;
        goto out;
    }
    rc = xml_open(&types, buf_str(&p->types), p->types.len, "Types", OOXML_TYPES, e);
    for (uint64_t i = 0; rc == 0 && i < zip_in_count(z); i++) {
        struct ooxml_part *part = NULL;
        char *type = NULL;

        if ((rc = zip_in_entry(z, i, &entry, e)) != 0 || !parts_covered(entry.name))
            continue;
        p->list = mem_grow(p->list, p->count + 1, sizeof *p->list);
        part = &p->list[p->count++];
        *part = (struct ooxml_part){.name = mem_copy(entry.name)};
        type = parts_type(types, part->name);
        if (type)
            rc = parts_reference(part, z, i, type, e);
        else
            rc = err_set(e, "%s: the part %s has no content type", path, part->name);
        free(type);
    }
    if (p->count)
        qsort(p->list, p->count, sizeof *p->list, parts_order);
    for (size_t i = 1; rc == 0 && i < p->count; i++) {
        if (strcmp(p->list[i - 1].name, p->list[i].name) == 0)
            rc = err_set(e, "%s: the part %s is there twice", path, p->list[i].name);
    }
out:
    xml_close(types);
    return rc;
}

void ooxml_parts_free(struct ooxml_parts *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i].name);
        free(p->list[i].head);
        free(p->list[i].text);
    }
    free(p->list);
    buf_free(&p->types);
    buf_free(&p->root);
    *p = (struct ooxml_parts){0};
}
