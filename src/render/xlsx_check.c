/* The finished file is opened once more and held against what was fed: xlsx_guard.h says why. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "lib/zip.h"
#include "render/xlsx_guard.h"
#include "render/xlsx_scan.h"

static int check_block(void *ctx, const void *bytes, size_t n, struct err *e)
{
    return xlsx_scan_block(ctx, bytes, n, e);
}

/* expected: what a sheet, or the list of strings, was fed; NULL: nothing is known of the part. */
static int check_part(struct zip_in *z, uint64_t at, const struct xlsx_part *expected, struct err *e)
{
    struct xlsx_scan s = {0};
    int rc = -1;

    xlsx_scan_begin(&s);
    if (zip_in_read(z, at, UINT64_MAX, check_block, &s, e) != 0 || xlsx_scan_end(&s, e) != 0)
        goto out;
    if (expected && (s.rows != expected->rows || s.cells + s.strings != expected->cells ||
                     s.bytes != expected->bytes || s.sum != expected->sum || s.links != expected->links)) {
        err_set(e, "not all of it arrived: is the disk full?");
        goto out;
    }
    rc = 0;
out:
    xlsx_scan_free(&s);
    return rc;
}

static int check_entry(struct zip_in *z, uint64_t at, const char *name, const struct xlsx_book *b,
                       size_t *seen, struct err *e)
{
    const struct xlsx_part *expected = NULL;
    unsigned number = 0;

    if (sscanf(name, "xl/worksheets/sheet%u.xml", &number) == 1) {
        ++*seen;
        if (!number || number > b->part_count)
            return err_set(e, "%s: nobody fed it", name);
        expected = &b->parts[number - 1];
    } else if (strcmp(name, "xl/sharedStrings.xml") == 0) {
        ++*seen;
        expected = &b->strings;
    }
    return check_part(z, at, expected, e) == 0 ? 0 : err_context(e, "%s", name);
}

int xlsx_check(const char *path, const struct xlsx_book *b, struct err *e)
{
    const size_t wanted = b->part_count + (b->strings.cells ? 1 : 0);
    struct zip_in *z = NULL;
    struct zip_entry entry;
    size_t seen = 0;
    int rc = -1;

    if (zip_in_open(&z, path, e) != 0)
        return -1;
    for (uint64_t i = 0; i < zip_in_count(z); i++) {
        if (zip_in_entry(z, i, &entry, e) != 0 || check_entry(z, i, entry.name, b, &seen, e) != 0)
            goto out;
    }
    if (seen != wanted) {
        err_set(e, "%zu of %zu sheets arrived: is the disk full?", seen, wanted);
        goto out;
    }
    rc = 0;
out:
    zip_in_close(z);
    return rc;
}
