/* Sums of what a workbook was fed. See xlsx_guard.h. */
#include "render/xlsx_guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib/deflate.h"

#define GUARD_BUFFER (1 << 16) /* bytes between the library and its temporary file */

struct xlsx_spool {
    FILE *file;     /* the library's own; NULL once it is closed */
    FILE *stream;   /* what the library sees instead; closed with it */
    char *buffer;   /* of the stream that the library sees */
    uint64_t bytes; /* written so far */
    uint32_t sum;
    int failed; /* errno of the first failure, else 0 */
};

static ssize_t guard_write(void *ctx, const char *bytes, size_t n)
{
    struct xlsx_spool *s = ctx;
    size_t done = 0;

    s->sum = deflate_sum(s->sum, bytes, n);
    s->bytes += n;
    while (done < n) {
        ssize_t got = write(fileno(s->file), bytes + done, n - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            s->failed = s->failed ? s->failed : errno ? errno : EIO;
            return 0; /* fopencookie(3): an error */
        }
        done += (size_t)got;
    }
    return (ssize_t)n;
}

static ssize_t guard_read(void *ctx, char *bytes, size_t n)
{
    const struct xlsx_spool *s = ctx;
    ssize_t got = 0;

    do
        got = read(fileno(s->file), bytes, n);
    while (got < 0 && errno == EINTR);
    return got;
}

static int guard_seek(void *ctx, off64_t *at, int whence)
{
    const struct xlsx_spool *s = ctx;
    off64_t now = lseek64(fileno(s->file), *at, whence);

    *at = now < 0 ? *at : now;
    return now < 0 ? -1 : 0;
}

static int guard_close(void *ctx)
{
    struct xlsx_spool *s = ctx;
    int rc = fclose(s->file);

    s->file = NULL;
    return rc;
}

int xlsx_guard_begin(struct xlsx_book *b, struct xlsx_part *part, lxw_worksheet *sheet, struct err *e)
{
    static const cookie_io_functions_t calls = {guard_read, guard_write, guard_seek, guard_close};
    struct xlsx_spool *s = NULL;

    part->sheet = sheet;
    if (!b->by_row)
        return 0;
    s = mem_zero(1, sizeof *s);
    s->file = sheet->optimize_tmpfile;
    s->sum = DEFLATE_SUM;
    s->stream = fopencookie(s, "w+", calls);
    if (!s->stream) {
        free(s);
        return err_set(e, "workbook, sheet %s: %s", part->title, strerror(errno));
    }
    s->buffer = mem_alloc(GUARD_BUFFER);
    setvbuf(s->stream, s->buffer, _IOFBF, GUARD_BUFFER);
    sheet->optimize_tmpfile = sheet->file = s->stream;
    part->spool = s;
    return 0;
}

void xlsx_guard_free(struct xlsx_part *part)
{
    if (part->spool && part->spool->file) /* where closing a workbook fails, the library leaves it open */
        fclose(part->spool->stream);
    if (part->spool)
        free(part->spool->buffer);
    free(part->spool);
    free(part->title);
}

int xlsx_guard_end(const struct xlsx_book *b, struct err *e)
{
    for (size_t i = 0; i < b->part_count; i++) {
        const struct xlsx_spool *s = b->parts[i].spool;

        if (s && s->failed)
            return err_set(e, "workbook, sheet %s: a temporary file: %s", b->parts[i].title,
                           strerror(s->failed));
    }
    return 0;
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

int xlsx_guard_rows(const struct xlsx_part *part, uint64_t *bytes, uint32_t *sum)
{
    if (!part->spool)
        return 0;
    *bytes = part->spool->bytes;
    *sum = part->spool->sum;
    return 1;
}
