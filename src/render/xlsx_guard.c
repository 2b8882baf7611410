/* Sums of what a workbook was fed. See xlsx_guard.h. */
#include "render/xlsx_guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define GUARD_BUFFER (1 << 16) /* bytes between the library and us */
#define GUARD_LEVEL 4          /* of rows: a tenth larger than zlib's own 6, in half the time */

struct xlsx_spool {
    FILE *file;               /* the library's own temporary file: the deflated rows go there */
    FILE *stream;             /* what the library sees instead; NULL once it has closed it */
    char *buffer;             /* of the stream */
    struct deflate_out *rows; /* until then */
    struct deflate_result result;
    int failed;
    struct err err;
};

static ssize_t guard_write(void *ctx, const char *bytes, size_t n)
{
    struct xlsx_spool *s = ctx;

    deflate_out_add(s->rows, bytes, n);
    return deflate_out_failed(s->rows) ? 0 : (ssize_t)n; /* 0: an error, fopencookie(3) */
}

/* The library reads its rows back, to copy them into the sheet: it finds none, and they are put there later.
 */
static ssize_t guard_read(void *ctx, char *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
    return 0;
}

static int guard_seek(void *ctx, off64_t *at, int whence)
{
    (void)ctx;
    (void)whence;
    *at = 0;
    return 0;
}

static int guard_close(void *ctx)
{
    struct xlsx_spool *s = ctx;

    s->stream = NULL;
    s->failed = deflate_out_end(s->rows, &s->result, &s->err) != 0;
    return s->failed ? -1 : 0;
}

int xlsx_guard_begin(struct xlsx_book *b, struct xlsx_part *part, lxw_worksheet *sheet, struct err *e)
{
    static const cookie_io_functions_t calls = {guard_read, guard_write, guard_seek, guard_close};
    struct xlsx_spool *s = NULL;

    part->sheet = sheet;
    if (!b->by_row)
        return 0;
    s = mem_zero(1, sizeof *s);
    s->stream = fopencookie(s, "w+", calls);
    if (!s->stream) {
        free(s);
        return err_set(e, "workbook, sheet %s: %s", part->title, strerror(errno));
    }
    s->file = sheet->optimize_tmpfile;
    s->rows = deflate_out_new(GUARD_LEVEL, 1, fileno(s->file));
    s->buffer = mem_alloc(GUARD_BUFFER);
    setvbuf(s->stream, s->buffer, _IOFBF, GUARD_BUFFER);
    sheet->optimize_tmpfile = sheet->file = s->stream;
    part->spool = s;
    return 0;
}

void xlsx_guard_free(struct xlsx_part *part)
{
    struct xlsx_spool *s = part->spool;

    if (s) {
        if (s->stream) /* where closing a workbook fails, the library leaves it open */
            fclose(s->stream);
        fclose(s->file);
        free(s->buffer);
        free(s);
    }
    free(part->title);
}

int xlsx_guard_end(const struct xlsx_book *b, struct err *e)
{
    for (size_t i = 0; i < b->part_count; i++) {
        const struct xlsx_spool *s = b->parts[i].spool;

        if (s && (s->stream || s->failed))
            return err_set(e, "workbook, sheet %s: %s", b->parts[i].title,
                           s->failed ? s->err.text : "the library kept its rows");
    }
    return 0;
}

int xlsx_guard_rows(const struct xlsx_part *part, struct deflate_result *r)
{
    if (!part->spool)
        return -1;
    *r = part->spool->result;
    return fileno(part->spool->file);
}

/* ---- tables in memory: the library's trees, in the order in which it writes them */

static void guard_value(struct xlsx_part *part, const char *text)
{
    part->sum = deflate_sum(part->sum, text, strlen(text));
    part->bytes += strlen(text);
}

static void guard_cells(struct xlsx_part *part, const lxw_cell *c)
{
    char text[40] = "";

    if (!c)
        return;
    guard_cells(part, c->tree_pointers.rbe_left);
    if (c->type == STRING_CELL)
        snprintf(text, sizeof text, "%d", (int)c->u.string_id);
    else if (c->type == NUMBER_CELL)
        snprintf(text, sizeof text, "%.16G", c->u.number); /* as the library does */
    guard_value(part, text);
    part->cells++;
    guard_cells(part, c->tree_pointers.rbe_right);
}

static void guard_rows(struct xlsx_part *part, const lxw_row *r)
{
    if (!r)
        return;
    guard_rows(part, r->tree_pointers.rbe_left);
    part->rows++;
    guard_cells(part, r->cells->rbh_root);
    guard_rows(part, r->tree_pointers.rbe_right);
}

/* As it stands between <t> and </t>. */
static void guard_string(struct xlsx_part *part, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "&<>");
        const char *as = text[n] == '&' ? "&amp;" : text[n] == '<' ? "&lt;" : text[n] == '>' ? "&gt;" : "";

        part->sum = deflate_sum(part->sum, text, n);
        part->bytes += n;
        guard_value(part, as);
        text += n + (text[n] != '\0');
    }
}

void xlsx_guard_sum(struct xlsx_book *b)
{
    const struct sst_element *s = NULL;

    for (size_t i = 0; i < b->part_count; i++) {
        struct xlsx_part *part = &b->parts[i];

        part->links = part->sheet->hlink_count;
        part->sum = DEFLATE_SUM;
        if (!b->by_row)
            guard_rows(part, part->sheet->table->rbh_root);
        part->sheet = NULL; /* closing the workbook frees it */
    }
    b->strings.sum = DEFLATE_SUM;
    STAILQ_FOREACH(s, b->book->sst->order_list, sst_order_pointers)
    {
        guard_string(&b->strings, s->string);
        b->strings.cells++;
    }
}
