/* The workbook that libxlsxwriter made has sheets without their rows: this puts them there. Everything else
 * is taken as it is. See xlsx_guard.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib/zip.h"
#include "render/xlsx_guard.h"

#define ROWS_PLACE "<sheetData></sheetData>"
#define ROWS_SPLIT (sizeof "<sheetData>" - 1)
#define ROWS_LEVEL 6
#define ROWS_SHEET (64u << 20) /* bytes of a sheet without its rows: most are its links */

struct rows_sheet {
    struct buf before, after; /* the rows, deflated */
};

static int rows_block(void *ctx, const void *bytes, size_t n, struct err *e)
{
    (void)e;
    buf_add(ctx, bytes, n);
    return 0;
}

/* A sheet out of three: what stands before its rows, they, and what stands behind. */
static int rows_sheet(struct zip_out *out, struct zip_in *in, uint64_t at, const char *name,
                      const struct xlsx_part *part, struct rows_sheet *s, struct err *e)
{
    struct zip_packed packed = {0};
    struct deflate_result rows = {0};
    struct deflate *d = deflate_new(ROWS_LEVEL);
    struct buf plain = {0};
    const char *place = NULL;
    size_t first = 0;
    int rc = -1;

    packed.fd = xlsx_guard_rows(part, &rows);
    if (zip_in_read(in, at, ROWS_SHEET, rows_block, &plain, e) != 0)
        goto out;
    place = strstr(buf_str(&plain), ROWS_PLACE);
    if (!place) {
        err_set(e, "%s: has no place for its rows", name);
        goto out;
    }
    first = (size_t)(place - plain.data) + ROWS_SPLIT;
    deflate_piece(d, &s->before, plain.data, first);
    deflate_piece(d, &s->after, plain.data + first, plain.len - first);
    buf_add(&s->after, DEFLATE_END, DEFLATE_END_SIZE);
    packed.before = s->before.data;
    packed.before_n = s->before.len;
    packed.fd_n = rows.packed;
    packed.after = s->after.data;
    packed.after_n = s->after.len;
    packed.size = plain.len + rows.size;
    packed.crc = deflate_crc_join(deflate_crc(0, plain.data, first), rows.crc, rows.size);
    packed.crc = deflate_crc_join(packed.crc, deflate_crc(0, plain.data + first, plain.len - first),
                                  plain.len - first);
    rc = zip_out_add_packed(out, name, &packed, e);
out:
    deflate_free(d);
    buf_free(&plain);
    return rc;
}

static int rows_all(struct zip_out *out, struct zip_in *in, const struct xlsx_book *b,
                    struct rows_sheet *sheets, struct err *e)
{
    struct zip_entry entry;

    for (uint64_t i = 0; i < zip_in_count(in); i++) {
        struct deflate_result rows = {0};
        unsigned number = 0;
        int rc = 0;

        if (zip_in_entry(in, i, &entry, e) != 0)
            return -1;
        if (sscanf(entry.name, "xl/worksheets/sheet%u.xml", &number) == 1 && number &&
            number <= b->part_count && xlsx_guard_rows(&b->parts[number - 1], &rows) >= 0 && rows.size)
            rc = rows_sheet(out, in, i, entry.name, &b->parts[number - 1], &sheets[number - 1], e);
        else
            rc = zip_out_add_entry(out, entry.name, in, i, e);
        if (rc != 0)
            return -1;
    }
    return 0;
}

int xlsx_rows_put(const char *path, const struct xlsx_book *b, struct err *e)
{
    char *joined = mem_print("%s.rows", path);
    struct rows_sheet *sheets = mem_zero(b->part_count, sizeof *sheets);
    struct zip_in *in = NULL;
    struct zip_out *out = NULL;
    int rc = -1;

    unlink(joined); /* ours, from a process that ended with the same number */
    if (zip_in_open(&in, path, e) != 0 || zip_out_create(&out, joined, 0, e) != 0 ||
        rows_all(out, in, b, sheets, e) != 0)
        goto out;
    rc = zip_out_commit(out, e);
    out = NULL;
    if (rc == 0 && rename(joined, path) != 0) {
        rc = err_set(e, "%s: cannot write: %s", path, strerror(errno));
        unlink(joined);
    }
out:
    zip_out_abandon(out);
    zip_in_close(in);
    for (size_t i = 0; i < b->part_count; i++) {
        buf_free(&sheets[i].before);
        buf_free(&sheets[i].after);
    }
    free(sheets);
    free(joined);
    return rc;
}
