/* Tables and figures of a template: the rows of one SELECT each, up to a limit. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "report/build.h"
#include "report/figure.h"

static int table_columns(struct build *b, const struct json *columns, struct doc_table *out, struct err *e)
{
    size_t i = 0;

    b->at = columns ? columns : b->at;
    out->column_count = json_count(columns);
    if (!json_is(columns, JSON_ARRAY) || out->column_count == 0)
        return err_set(e, "a table needs \"columns\", an array of objects");
    out->columns = mem_zero(out->column_count, sizeof *out->columns);
    for (const struct json *c = json_first(columns); c; c = json_next(c), i++) {
        const struct json *title = json_get(c, "title");
        int64_t weight = 0;

        b->at = c;
        if (!json_is(c, JSON_OBJECT))
            return err_set(e, "a column is an object");
        if (title && build_plain(b, title, &out->columns[i].title, e) != 0)
            return -1;
        if (!title)
            out->columns[i].title = mem_copy("");
        if (build_number(b, c, "weight", 0, &weight, e) != 0)
            return -1;
        out->columns[i].weight = (double)weight;
        out->columns[i].right = json_true(json_get(c, "right"));
    }
    return 0;
}

static int table_row(struct build *b, const struct json *block, struct doc_table *out, struct err *e)
{
    const struct json *anchor = json_get(block, "anchor");
    size_t i = out->row_count * out->column_count;

    if ((out->row_count & (out->row_count - 1)) == 0) { /* a power of two is full */
        size_t room = out->row_count ? out->row_count * 2 : 1;

        out->cells = mem_grow(out->cells, room * out->column_count, sizeof *out->cells);
        if (anchor)
            out->anchors = mem_grow(out->anchors, room, sizeof *out->anchors);
    }
    memset(&out->cells[i], 0, out->column_count * sizeof *out->cells);
    if (anchor)
        out->anchors[out->row_count] = NULL;
    out->row_count++; /* from here on doc_free finds the row */
    for (const struct json *c = json_first(json_get(block, "columns")); c; c = json_next(c))
        if (build_cell(b, c, &out->cells[i++].text, e) != 0)
            return -1;
    if (anchor && build_plain(b, anchor, &out->anchors[out->row_count - 1], e) != 0)
        return -1;
    return 0;
}

int build_table(struct build *b, const struct json *block, struct doc_table *out, struct err *e)
{
    const struct json *file = json_get(block, "table");
    struct values row = {.outer = b->values};
    struct db_stmt *s = NULL;
    int64_t limit = 0, total = 0;
    int rc = -1, got = 0;

    if (build_select(b, file, &s, e) != 0 || build_number(b, block, "limit", b->limit, &limit, e) != 0 ||
        table_columns(b, json_get(block, "columns"), out, e) != 0)
        goto out;
    out->name = mem_copy(json_text(file));
    while ((got = build_step(b, file, s, e)) == 1) {
        if (++total > limit)
            continue;
        values_read(&row, s);
        b->values = &row;
        got = table_row(b, block, out, e);
        b->values = row.outer;
        if (got != 0)
            goto out;
    }
    if (got < 0 || build_more(b, json_get(block, "more"), (int64_t)out->row_count, total, &out->more, e) != 0)
        goto out;
    if (json_get(block, "empty") && build_plain(b, json_get(block, "empty"), &out->empty, e) != 0)
        goto out;
    rc = 0;
out:
    values_clear(&row);
    db_free(s);
    return rc;
}

static void figure_names(struct doc_figure *f, struct db_stmt *s)
{
    f->name_count = (size_t)db_columns(s);
    f->names = mem_zero(f->name_count, sizeof *f->names);
    for (size_t i = 0; i < f->name_count; i++)
        f->names[i] = mem_copy(db_name(s, (int)i));
}

static void figure_row(struct doc_figure *f, struct db_stmt *s)
{
    char **cell = NULL;

    if ((f->row_count & (f->row_count - 1)) == 0)
        f->values =
            mem_grow(f->values, (f->row_count ? f->row_count * 2 : 1) * f->name_count, sizeof *f->values);
    cell = &f->values[f->row_count++ * f->name_count];
    for (size_t i = 0; i < f->name_count; i++) {
        const char *text = db_text(s, (int)i);
        struct buf shown = {0};

        cell[i] = NULL;
        if (text) {
            utf8_visible(&shown, text, strlen(text));
            cell[i] = doc_clip(buf_str(&shown));
            buf_free(&shown);
        }
    }
}

int build_figure(struct build *b, const struct json *block, struct doc_figure *out, struct err *e)
{
    const struct json *kind = json_get(block, "figure"), *file = json_get(block, "sql");
    struct db_stmt *s = NULL;
    int64_t limit = 0, total = 0;
    int rc = -1, got = 0;

    b->at = kind;
    if (!json_text(kind))
        return err_set(e, "\"figure\" is the name of a kind");
    out->kind = mem_copy(json_text(kind));
    if (build_select(b, file, &s, e) != 0 || build_number(b, block, "limit", b->limit, &limit, e) != 0)
        goto out;
    figure_names(out, s);
    b->at = file;
    if (figure_check(out, e) != 0)
        goto out;
    while ((got = build_step(b, file, s, e)) == 1)
        if (++total <= limit)
            figure_row(out, s);
    if (got < 0 || build_more(b, json_get(block, "more"), (int64_t)out->row_count, total, &out->more, e) != 0)
        goto out;
    rc = 0;
out:
    db_free(s);
    return rc;
}
