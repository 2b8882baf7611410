/* Answers as files beside a signature. See revocation.h. */
#include "lib/revocation.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

int revocation_write(const char *signature, const struct revocation *r, int mode, struct err *e)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct revocation_item *item = &r->items[i];
        char *path = mem_print("%s%s", signature, item->suffix);
        int rc = file_write(path, item->bytes.data, item->bytes.len, mode, e);

        free(path);
        if (rc != 0) {
            revocation_remove(signature, r);
            return -1;
        }
    }
    return 0;
}

void revocation_remove(const char *signature, const struct revocation *r)
{
    for (size_t i = 0; i < r->count; i++) {
        char *path = mem_print("%s%s", signature, r->items[i].suffix);

        unlink(path);
        free(path);
    }
}

static int revocation_read_one(const char *path, const struct revocation_item *name, struct revocation *out,
                               struct err *e)
{
    struct revocation_item *item = &out->items[out->count];
    struct buf bytes = {0};

    if (!file_exists(path))
        return 0;
    if (!file_is_regular(path))
        return err_set(e, "%s: no plain file", path);
    if (file_read(path, revocation_limit(name), &bytes, e) != 0) {
        buf_free(&bytes);
        return -1;
    }
    *item = *name;
    item->bytes = bytes;
    out->count++;
    return 0;
}

int revocation_read(const char *signature, struct revocation *out, struct err *e)
{
    *out = (struct revocation){.count = 0};
    for (int i = 0; i < 2 * REVOCATION_CHAIN; i++) {
        struct revocation_item name = {.place = 0};
        char *path = NULL;
        int rc = 0;

        revocation_item_name(&name, i / 2 + 1, i % 2);
        path = mem_print("%s%s", signature, name.suffix);
        rc = revocation_read_one(path, &name, out, e);
        free(path);
        if (rc != 0) {
            revocation_free(out);
            return -1;
        }
    }
    return 0;
}
