/* The library writes through temporary files and does not look whether the disk took them: rows of a workbook
 * can be gone although closing it went well. So the finished file is opened once more and its rows are
 * counted. See xlsx_book.h. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "lib/zip.h"
#include "render/xlsx_book.h"

#define XLSX_CHECK_TAIL 16

struct xlsx_count {
    size_t rows, matched;       /* matched: characters of "<row " seen so far */
    char tail[XLSX_CHECK_TAIL]; /* the last bytes */
    size_t tail_n;
};

static int xlsx_check_block(void *ctx, const void *bytes, size_t n, struct err *e)
{
    static const char mark[] = "<row "; /* no text can hold it: "<" is escaped there */
    struct xlsx_count *c = ctx;
    const char *p = bytes;

    (void)e;
    for (size_t i = 0; i < n; i++) {
        c->matched = p[i] == mark[c->matched] ? c->matched + 1 : p[i] == mark[0];
        if (c->matched == sizeof mark - 1) {
            c->rows++;
            c->matched = 0;
        }
    }
    for (size_t i = n > XLSX_CHECK_TAIL ? n - XLSX_CHECK_TAIL : 0; i < n; i++) {
        if (c->tail_n == XLSX_CHECK_TAIL)
            memmove(c->tail, c->tail + 1, --c->tail_n);
        c->tail[c->tail_n++] = p[i];
    }
    return 0;
}

static int xlsx_check_ends(const struct xlsx_count *c, const char *with)
{
    size_t n = strlen(with);
    return c->tail_n >= n && memcmp(c->tail + c->tail_n - n, with, n) == 0;
}

static int xlsx_check_part(struct zip_in *z, uint64_t at, const char *name, const struct xlsx_book *b,
                           size_t *seen, struct err *e)
{
    struct xlsx_count c = {0};
    unsigned number = 0;
    int sheet = sscanf(name, "xl/worksheets/sheet%u.xml", &number) == 1;

    if (zip_in_read(z, at, UINT64_MAX, xlsx_check_block, &c, e) != 0)
        return -1;
    while (c.tail_n && (c.tail[c.tail_n - 1] == '\n' || c.tail[c.tail_n - 1] == '\r'))
        c.tail_n--;
    if (sheet) {
        ++*seen;
        if (!number || number > b->part_count || !xlsx_check_ends(&c, "</worksheet>") ||
            c.rows != b->parts[number - 1].rows)
            return err_set(e, "%s: %zu of %zu rows arrived: is the disk full?", name, c.rows,
                           number && number <= b->part_count ? b->parts[number - 1].rows : 0);
        return 0;
    }
    if (!xlsx_check_ends(&c, ">"))
        return err_set(e, "%s: is cut off: is the disk full?", name);
    return 0;
}

int xlsx_check(const char *path, const struct xlsx_book *b, struct err *e)
{
    struct zip_in *z = NULL;
    struct zip_entry entry;
    size_t seen = 0;
    int rc = -1;

    if (zip_in_open(&z, path, e) != 0)
        return -1;
    for (uint64_t i = 0; i < zip_in_count(z); i++) {
        if (zip_in_entry(z, i, &entry, e) != 0 || xlsx_check_part(z, i, entry.name, b, &seen, e) != 0)
            goto out;
    }
    if (seen != b->part_count) {
        err_set(e, "%zu of %zu sheets arrived: is the disk full?", seen, b->part_count);
        goto out;
    }
    rc = 0;
out:
    zip_in_close(z);
    return rc;
}
