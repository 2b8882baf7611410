/* The bag around a pack's data. See bag.h. */
#include "pack/bag.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"
#include "lib/revocation.h"
#include "pack/manifest.h"

struct bag_lists {
    const char *dir;
    struct manifest data, tags;
};

static int bag_ends(const char *path, const char *with)
{
    size_t n = strlen(path), m = strlen(with);
    return n >= m && strcmp(path + n - m, with) == 0;
}

int bag_is_outside(const char *path)
{
    size_t n = revocation_name(path, NULL);

    if (strchr(path, '/'))
        return 0;
    return strcmp(path, BAG_TAGMANIFEST) == 0 || bag_ends(path, ".p7s") || bag_ends(path, ".tsr") ||
           (n > 4 && strncmp(path + n - 4, ".p7s", 4) == 0);
}

static int bag_put(const char *dir, const char *name, const struct buf *text, struct err *e)
{
    char *path = file_join(dir, name);
    int rc = file_write(path, buf_str(text), text->len, 0600, e);

    free(path);
    return rc;
}

static int bag_list(void *ctx, const char *relative, struct err *e)
{
    struct bag_lists *l = ctx;

    if (strncmp(relative, "data/", 5) == 0)
        return manifest_add(&l->data, l->dir, relative, e);
    return bag_is_outside(relative) ? 0 : manifest_add(&l->tags, l->dir, relative, e);
}

static int bag_list_data(void *ctx, const char *relative, struct err *e)
{
    return strncmp(relative, "data/", 5) == 0 ? bag_list(ctx, relative, e) : 0;
}

static int bag_list_tags(void *ctx, const char *relative, struct err *e)
{
    return strncmp(relative, "data/", 5) != 0 ? bag_list(ctx, relative, e) : 0;
}

/* "Label: value", one line whatever the value holds. */
static void bag_field(struct buf *out, const char *label, const char *value)
{
    if (!value || !*value)
        return;
    buf_print(out, "%s: ", label);
    utf8_visible(out, value, strlen(value));
    buf_char(out, '\n');
}

static void bag_info_text(struct buf *out, const struct bag_info *info, const struct manifest *data)
{
    bag_field(out, "Source-Organization", info->organisation);
    bag_field(out, "External-Identifier", info->id);
    bag_field(out, "External-Description", info->description);
    bag_field(out, "Bagging-Date", info->date);
    bag_field(out, "Bag-Software-Agent", info->agent);
    buf_print(out, "Payload-Oxum: %llu.%zu\n", (unsigned long long)data->bytes, data->count);
}

int bag_write(const char *dir, const struct bag_info *info, struct err *e)
{
    struct bag_lists l = {.dir = dir};
    struct buf text = {0};
    int rc = -1;

    if (file_each(dir, bag_list_data, &l, e) != 0)
        goto out;
    manifest_sort(&l.data);
    manifest_text(&l.data, &text);
    if (bag_put(dir, BAG_MANIFEST, &text, e) != 0)
        goto out;
    buf_clear(&text);
    buf_text(&text, BAG_DECLARATION);
    if (bag_put(dir, "bagit.txt", &text, e) != 0)
        goto out;
    buf_clear(&text);
    bag_info_text(&text, info, &l.data);
    if (bag_put(dir, "bag-info.txt", &text, e) != 0 || file_each(dir, bag_list_tags, &l, e) != 0)
        goto out;
    manifest_sort(&l.tags);
    buf_clear(&text);
    manifest_text(&l.tags, &text);
    rc = bag_put(dir, BAG_TAGMANIFEST, &text, e);
out:
    manifest_free(&l.data);
    manifest_free(&l.tags);
    buf_free(&text);
    return rc;
}
