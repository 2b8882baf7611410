/* The content types of a package's parts. See ooxml_parts.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "lib/xml.h"
#include "pack/ooxml_parts.h"

#define TYPES_SPACE OOXML_PACKAGE "content-types"

static int types_order(const void *a, const void *b)
{
    const struct ooxml_type *x = a, *y = b;

    return x->part != y->part ? x->part - y->part : strcasecmp(x->key, y->key);
}

static int types_row(struct ooxml_type *row, const struct xml_node *node, struct err *e)
{
    row->part = xml_is(node, TYPES_SPACE, "Override");
    row->key = xml_attribute(node, row->part ? "PartName" : "Extension");
    row->type = xml_attribute(node, "ContentType");
    if ((!row->part && !xml_is(node, TYPES_SPACE, "Default")) || !row->key || !row->type ||
        xml_attributes(node) != 2 || xml_children(node) || (row->part && *row->key != '/'))
        return err_set(e, OOXML_TYPES ": holds something that is no content type");
    if (row->part)
        memmove(row->key, row->key + 1, strlen(row->key));
    return 0;
}

int ooxml_types_read(struct ooxml_types *t, const struct buf *bytes, struct err *e)
{
    struct xml *x = NULL;
    int rc = -1;

    if (xml_open(&x, buf_str(bytes), bytes->len, OOXML_TYPES, e) != 0)
        return -1;
    if (!xml_is(xml_root(x), TYPES_SPACE, "Types")) {
        err_set(e, OOXML_TYPES ": is no list of content types");
        goto out;
    }
    for (const struct xml_node *n = xml_children(xml_root(x)); n; n = xml_next(n)) {
        if ((t->count & (t->count - 1)) == 0)
            t->list = mem_grow(t->list, t->count ? 2 * t->count : 1, sizeof *t->list);
        t->list[t->count] = (struct ooxml_type){0};
        if (types_row(&t->list[t->count++], n, e) != 0)
            goto out;
    }
    if (t->count)
        qsort(t->list, t->count, sizeof *t->list, types_order);
    for (size_t i = 1; i < t->count; i++) {
        if (types_order(&t->list[i - 1], &t->list[i]) == 0) {
            err_set(e, OOXML_TYPES ": names %s twice", t->list[i].key);
            goto out;
        }
    }
    rc = 0;
out:
    xml_close(x);
    return rc;
}

const char *ooxml_type(const struct ooxml_types *t, const char *name)
{
    const char *dot = strrchr(name, '.');
    char *key = mem_copy(name), *end = mem_copy(dot ? dot + 1 : "");
    const struct ooxml_type wanted[] = {{key, NULL, 1}, {end, NULL, 0}}, *row = NULL;

    for (int i = 0; i < 2 && !row && t->count; i++)
        row = bsearch(&wanted[i], t->list, t->count, sizeof *t->list, types_order);
    free(key);
    free(end);
    return row ? row->type : NULL;
}

void ooxml_types_free(struct ooxml_types *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->list[i].key);
        free(t->list[i].type);
    }
    free(t->list);
    *t = (struct ooxml_types){0};
}
