/* The relationships transform (ISO/IEC 29500-2:2012, 13.2.4.24; ECMA-376-2:2021, 10.6): the relationships
 * kept, by Id, each with its TargetMode, then Canonical XML. The canonical form of one is one line, which is
 * written here. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/xml.h"
#include "pack/ooxml_parts.h"

#define RELS_SPACE OOXML_PACKAGE "relationships"

/* Relationships of the package that a signature leaves out, as Office does: what they lead to changes with
 * every save. They may lead to nothing else and there is one of each. */
static const struct {
    const char *type, *target;
} rels_left_out[] = {
    {OOXML_PACKAGE "relationships/metadata/core-properties", "docProps/core.xml"},
    {"http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties",
     "docProps/app.xml"},
    {OOXML_ORIGIN, OOXML_FOLDER "origin.sigs"},
};
#define RELS_LEFT_OUT (sizeof rels_left_out / sizeof rels_left_out[0])

struct rels_row {
    char *id;
    char *text; /* canonical; NULL: left out */
};

struct rels {
    struct rels_row *list;
    size_t count;
    int left_out[RELS_LEFT_OUT]; /* how many there are of each */
};

static int rels_order(const void *a, const void *b)
{
    return strcmp(((const struct rels_row *)a)->id, ((const struct rels_row *)b)->id);
}

/* 1: it is left out; -1: it leads where it may not. */
static int rels_leave(struct rels *r, const char *name, const char *type, const char *target, struct err *e)
{
    for (size_t i = 0; i < RELS_LEFT_OUT; i++) {
        if (strcmp(type, rels_left_out[i].type) != 0)
            continue;
        if (strcmp(name, OOXML_ROOT) != 0 || strcmp(target, rels_left_out[i].target) != 0 || r->left_out[i]++)
            return err_set(e, "%s: a relationship that no signature covers leads to %s", name, target);
        return 1;
    }
    return 0;
}

static void rels_attribute(struct buf *out, const char *name, const char *value)
{
    buf_print(out, " %s=\"", name);
    xml_escape(out, value);
    buf_char(out, '"');
}

static int rels_row(struct rels *r, const struct xml_node *node, const char *name, struct err *e)
{
    char *type = xml_attribute(node, "Type"), *target = xml_attribute(node, "Target"),
         *mode = xml_attribute(node, "TargetMode");
    struct rels_row *row = NULL;
    struct buf text = {0};
    int rc = -1;

    if ((r->count & (r->count - 1)) == 0)
        r->list = mem_grow(r->list, r->count ? 2 * r->count : 1, sizeof *r->list);
    row = &r->list[r->count++];
    *row = (struct rels_row){xml_attribute(node, "Id"), NULL};
    if (!xml_is(node, RELS_SPACE, "Relationship") || !row->id || !type || !target || xml_children(node) ||
        xml_attributes(node) != (mode ? 4 : 3)) {
        if (!row->id)
            row->id = mem_copy("");
        err_set(e, "%s: holds something that is no relationship", name);
        goto out;
    }
    rc = rels_leave(r, name, type, target, e);
    if (rc != 0)
        goto out;
    buf_text(&text, "<Relationship");
    rels_attribute(&text, "Id", row->id);
    rels_attribute(&text, "Target", target);
    rels_attribute(&text, "TargetMode", mode ? mode : "Internal");
    rels_attribute(&text, "Type", type);
    buf_text(&text, "></Relationship>");
    row->text = buf_take(&text);
out:
    free(type);
    free(target);
    free(mode);
    return rc < 0 ? -1 : 0;
}

static void rels_hash(const struct rels *r, struct buf *sources, char hash[DIGEST_HEX])
{
    static const char begin[] = "<Relationships xmlns=\"" RELS_SPACE "\">", end[] = "</Relationships>";
    struct digest *d = digest_new();

    digest_add(d, begin, strlen(begin));
    for (size_t i = 0; i < r->count; i++) {
        if (!r->list[i].text)
            continue;
        digest_add(d, r->list[i].text, strlen(r->list[i].text));
        buf_text(sources, "<mdssi:RelationshipReference xmlns:mdssi=\"" OOXML_PACKAGE "digital-signature\"");
        rels_attribute(sources, "SourceId", r->list[i].id);
        buf_text(sources, "></mdssi:RelationshipReference>");
    }
    digest_add(d, end, strlen(end));
    digest_end(d, hash);
}

int ooxml_rels(const struct buf *bytes, const char *name, struct buf *sources, char hash[DIGEST_HEX],
               struct err *e)
{
    struct rels r = {0};
    struct xml *x = NULL;
    int rc = -1;

    if (xml_open(&x, buf_str(bytes), bytes->len, name, e) != 0)
        return -1;
    if (!xml_is(xml_root(x), RELS_SPACE, "Relationships") || xml_attributes(xml_root(x))) {
        err_set(e, "%s: is no list of relationships", name);
        goto out;
    }
    for (const struct xml_node *n = xml_children(xml_root(x)); n; n = xml_next(n)) {
        if (rels_row(&r, n, name, e) != 0)
            goto out;
    }
    if (r.count)
        qsort(r.list, r.count, sizeof *r.list, rels_order);
    for (size_t i = 1; i < r.count; i++) {
        if (rels_order(&r.list[i - 1], &r.list[i]) == 0) {
            err_set(e, "%s: two relationships are called %s", name, r.list[i].id);
            goto out;
        }
    }
    rels_hash(&r, sources, hash);
    rc = 0;
out:
    for (size_t i = 0; i < r.count; i++) {
        free(r.list[i].id);
        free(r.list[i].text);
    }
    free(r.list);
    xml_close(x);
    return rc;
}
