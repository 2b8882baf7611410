/* A sheet of rows: streamed from its SELECT, begun anew where Excel's sheets end. See xlsx_book.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/xlsx_guard.h"
#include "render/xlsx_text.h"

#define XLSX_WIDEST 300       /* pixels of a measured column */
#define XLSX_WIDEST_LAST 1100 /* of the last one */
#define XLSX_LEAST 40         /* pixels, of any */
#define XLSX_SMALLEST 0.55    /* of full size: sheets are not printed smaller */
#define XLSX_FILTER 22        /* pixels of the filter's button */
#define XLSX_LINE 12.5        /* points of a line of 9 point text */
#define XLSX_TALLEST 103.0    /* points, eight lines; longer text shows when the row is made taller */
#define XLSX_LANDSCAPE 1500   /* pixels: wider sheets are printed on the larger paper */

static struct {
    char title[16]; /* not const, as the library's member is not */
    double digits;
} xlsx_auditor[] = {{"Conclusion", 18}, {"Tested by", 16}, {"Tested on", 12}, {"Auditor's notes", 40}};
#define XLSX_AUDITOR (sizeof xlsx_auditor / sizeof xlsx_auditor[0])

struct xlsx_writer {
    struct xlsx_book *b;
    const struct xlsx_sheet *plan;
    struct db_stmt *stmt;
    int *at, *link_at; /* the SELECT's columns, per column of the plan */
    double *pixels;    /* widest text so far */
    lxw_worksheet *sheet;
    char *title;
    size_t part, row, links; /* row: of this part, the head not counted */
    struct buf shown, url;
    struct err *e;
};

char *xlsx_part_title(const struct xlsx_sheet *s, size_t part)
{
    return part ? mem_print("%s (%zu)", s->title, part + 1) : mem_copy(s->title);
}

lxw_worksheet *xlsx_part_begin(struct xlsx_book *b, const char *title, struct err *e)
{
    lxw_error code = workbook_validate_sheet_name(b->book, title);
    lxw_worksheet *sheet = code ? NULL : workbook_add_worksheet(b->book, title);

    if (!sheet) {
        xlsx_fail(e, title, code ? code : LXW_ERROR_MEMORY_MALLOC_FAILED);
        return NULL;
    }
    b->parts = mem_grow(b->parts, b->part_count + 1, sizeof *b->parts);
    b->parts[b->part_count++] = (struct xlsx_part){.title = mem_copy(title)};
    if (xlsx_guard_begin(b, &b->parts[b->part_count - 1], sheet, e) != 0)
        return NULL;
    worksheet_gridlines(sheet, LXW_HIDE_ALL_GRIDLINES);
    worksheet_set_landscape(sheet);
    worksheet_set_margins(sheet, 0.5, 0.5, 0.75, 0.75);
    return sheet;
}

static int xlsx_sheet_bad(const struct xlsx_writer *w, const char *what, const char *name)
{
    return err_set(w->e, "%s: %s %s: make workbook.json and the SELECT fit", w->plan->sql_name, what, name);
}

/* The SELECT and the plan name the same columns. */
static int xlsx_sheet_columns(struct xlsx_writer *w)
{
    for (size_t i = 0; i < w->plan->column_count; i++) {
        const struct xlsx_column *c = &w->plan->columns[i];

        w->at[i] = db_column(w->stmt, c->name);
        w->link_at[i] = c->link_row ? db_column(w->stmt, c->link_row) : -1;
        if (w->at[i] < 0)
            return xlsx_sheet_bad(w, "yields no column", c->name);
        if (c->link_row && w->link_at[i] < 0)
            return xlsx_sheet_bad(w, "yields no column", c->link_row);
    }
    for (int i = 0; i < db_columns(w->stmt); i++) {
        int used = 0;

        for (size_t c = 0; c < w->plan->column_count; c++)
            used |= w->at[c] == i || w->link_at[c] == i;
        if (!used)
            return xlsx_sheet_bad(w, "nobody shows its column", db_name(w->stmt, i));
    }
    return 0;
}

static void xlsx_measure(double *widest, double pixels)
{
    if (pixels > *widest)
        *widest = pixels;
}

static lxw_format *xlsx_head_format(const struct xlsx_writer *w, size_t column)
{
    if (column >= w->plan->column_count)
        return w->b->tint_head;
    return w->plan->columns[column].kind == XLSX_NUMBER ? w->b->head_right : w->b->head_cell;
}

static char *xlsx_head_title(const struct xlsx_writer *w, size_t column)
{
    return column < w->plan->column_count ? w->plan->columns[column].title
                                          : xlsx_auditor[column - w->plan->column_count].title;
}

static size_t xlsx_width_count(const struct xlsx_writer *w)
{
    return w->plan->column_count + (w->plan->auditor ? XLSX_AUDITOR : 0);
}

/* Heads are wrapped, so the longest word alone keeps a column wide. */
static double xlsx_longest_word(const char *title)
{
    double longest = XLSX_LEAST;

    for (const char *p = title; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        char *word = mem_copy_n(p, n);

        xlsx_measure(&longest, xlsx_text_pixels(word, XLSX_POINTS, 0, 1));
        free(word);
        p += n;
    }
    return longest;
}

static double xlsx_widest(const struct xlsx_writer *w, size_t column)
{
    /* the last column has nothing beside it that its text could run into */
    return column + 1 == xlsx_width_count(w) ? XLSX_WIDEST_LAST : XLSX_WIDEST;
}

/* As wide as the column is so far, or as it is set. */
static double xlsx_column_pixels(const struct xlsx_writer *w, size_t column)
{
    const double set = column < w->plan->column_count ? w->plan->columns[column].width
                                                      : xlsx_auditor[column - w->plan->column_count].digits;
    const double widest = xlsx_widest(w, column);

    return set > 0 ? set * 7 + 5 : w->pixels[column] > widest ? widest : w->pixels[column];
}

static int xlsx_sheet_begin(struct xlsx_writer *w)
{
    int lines = 1;

    free(w->title);
    w->title = xlsx_part_title(w->plan, w->part);
    w->sheet = xlsx_part_begin(w->b, w->title, w->e);
    if (!w->sheet)
        return -1;
    w->row = w->links = 0;
    for (size_t i = 0; i < xlsx_width_count(w); i++) {
        const char *title = xlsx_head_title(w, i);
        lxw_error code = worksheet_write_string(w->sheet, 0, (lxw_col_t)i, title, xlsx_head_format(w, i));
        int n = 1;

        if (code)
            return xlsx_fail(w->e, w->title, code);
        w->pixels[i] = xlsx_longest_word(title) + XLSX_FILTER;
        n = xlsx_text_lines(title, xlsx_column_pixels(w, i) - XLSX_FILTER, XLSX_POINTS, 0);
        lines = n > lines ? n : lines;
    }
    worksheet_set_row(w->sheet, 0, lines * XLSX_LINE + 6, NULL);
    worksheet_freeze_panes(w->sheet, 1, (lxw_col_t)w->plan->freeze);
    worksheet_repeat_rows(w->sheet, 0, 0);
    return 0;
}

/* "internal:'Evidence (2)'!A7" for row `row` (1: the first) of another sheet. */
static void xlsx_sheet_link(struct xlsx_writer *w, const struct xlsx_column *c, int64_t row)
{
    const struct xlsx_sheet *to = &w->b->plan->sheets[xlsx_plan_sheet(w->b->plan, c->link_sheet)];
    size_t limit = w->b->plan->row_limit;
    char *title = xlsx_part_title(to, (size_t)(row - 1) / limit);

    buf_clear(&w->url);
    buf_text(&w->url, "internal:'");
    for (const char *p = title; *p; p++) {
        if (*p == '\'')
            buf_char(&w->url, '\'');
        buf_char(&w->url, *p);
    }
    buf_print(&w->url, "'!A%zu", (size_t)(row - 1) % limit + 2);
    free(title);
}

static int xlsx_sheet_cells(struct xlsx_writer *w, int *lines)
{
    for (size_t i = 0; i < w->plan->column_count; i++) {
        const struct xlsx_column *c = &w->plan->columns[i];
        const struct xlsx_cell cell = {w->sheet,     w->title, (lxw_row_t)w->row + 1,
                                       (lxw_col_t)i, c->kind,  c->width > 0};
        const char *link = NULL;
        int n = 1;

        if (w->link_at[i] >= 0 && db_int(w->stmt, w->link_at[i]) > 0 && w->links < XLSX_LINKS) {
            xlsx_sheet_link(w, c, db_int(w->stmt, w->link_at[i]));
            link = w->url.data;
            w->links++;
        }
        if (xlsx_cell_write(w->b, &cell, w->stmt, w->at[i], link, &w->shown, w->e) != 0)
            return -1;
        if (c->width > 0)
            n = xlsx_text_lines(buf_str(&w->shown), c->width * 7 - 8, XLSX_POINTS - (c->kind == XLSX_MONO),
                                c->kind == XLSX_MONO);
        else if (w->pixels[i] < xlsx_widest(w, i)) /* else nothing can make it wider */
            xlsx_measure(&w->pixels[i],
                         xlsx_text_pixels(buf_str(&w->shown), XLSX_POINTS - (c->kind == XLSX_MONO),
                                          c->kind == XLSX_MONO, 0) +
                             (c->kind == XLSX_STATUS ? 24 : 10));
        *lines = n > *lines ? n : *lines;
    }
    return 0;
}

static int xlsx_sheet_row(struct xlsx_writer *w)
{
    lxw_row_t at = (lxw_row_t)w->row + 1;
    size_t col = w->plan->column_count;
    int lines = 1;

    if (xlsx_sheet_cells(w, &lines) != 0)
        return -1;
    for (size_t i = 0; w->plan->auditor && i < XLSX_AUDITOR; i++) {
        lxw_error code =
            worksheet_write_blank(w->sheet, at, (lxw_col_t)(col + i), i == 2 ? w->b->tint_date : w->b->tint);

        if (code)
            return xlsx_fail(w->e, w->title, code);
    }
    if (lines > 1) {
        double height = lines * XLSX_LINE + 3;

        worksheet_set_row(w->sheet, at, height > XLSX_TALLEST ? XLSX_TALLEST : height, NULL);
    }
    w->row++;
    return 0;
}

/* The drop-down of the conclusion, and a date where a date belongs. */
static int xlsx_sheet_auditor(struct xlsx_writer *w, lxw_row_t last)
{
    lxw_col_t col = (lxw_col_t)w->plan->column_count;
    lxw_data_validation choice = {.validate = LXW_VALIDATION_TYPE_LIST,
                                  .value_list = w->b->plan->conclusions,
                                  .error_type = LXW_VALIDATION_ERROR_TYPE_WARNING};
    lxw_data_validation day = {.validate = LXW_VALIDATION_TYPE_DATE,
                               .criteria = LXW_VALIDATION_CRITERIA_GREATER_THAN,
                               .value_datetime = {.year = 2000, .month = 1, .day = 1},
                               .error_type = LXW_VALIDATION_ERROR_TYPE_WARNING};
    lxw_error code = LXW_NO_ERROR;

    if (w->b->plan->conclusion_count)
        code = worksheet_data_validation_range(w->sheet, 1, col, last, col, &choice);
    if (!code)
        code = worksheet_data_validation_range(w->sheet, 1, (lxw_col_t)(col + 2), last, (lxw_col_t)(col + 2),
                                               &day);
    return xlsx_fail(w->e, w->title, code);
}

static int xlsx_sheet_table(struct xlsx_writer *w, lxw_row_t last)
{
    size_t count = xlsx_width_count(w);
    lxw_table_column *columns = mem_zero(count, sizeof *columns);
    lxw_table_column **list = mem_zero(count + 1, sizeof *list);
    char *name = mem_print("T%zu", ++w->b->tables);
    lxw_table_options options = {.name = name,
                                 .columns = list,
                                 .style_type =
                                     LXW_TABLE_STYLE_TYPE_LIGHT, /* with number 0: none of Excel's colours */
                                 .no_banded_rows = LXW_TRUE};
    lxw_error code = LXW_NO_ERROR;

    for (size_t i = 0; i < count; i++) {
        columns[i].header = xlsx_head_title(w, i);
        columns[i].header_format = xlsx_head_format(w, i);
        list[i] = &columns[i];
    }
    code = w->b->by_row ? worksheet_autofilter(w->sheet, 0, 0, last, (lxw_col_t)(count - 1))
                        : worksheet_add_table(w->sheet, 0, 0, last, (lxw_col_t)(count - 1), &options);
    free(name);
    free(list);
    free(columns);
    return xlsx_fail(w->e, w->title, code);
}

static void xlsx_sheet_widths(struct xlsx_writer *w)
{
    double total = 0, page = 0;

    for (size_t i = 0; i < xlsx_width_count(w); i++) {
        double pixels = xlsx_column_pixels(w, i);

        worksheet_set_column(w->sheet, (lxw_col_t)i, (lxw_col_t)i, xlsx_text_width(pixels), NULL);
        total += pixels;
    }
    page = total > XLSX_LANDSCAPE ? 1490 : 1020; /* pixels that the paper takes at full size, margins off */
    if (w->b->plan->letter)
        worksheet_set_paper(w->sheet, total > XLSX_LANDSCAPE ? 3 : 1); /* Tabloid, Letter */
    else
        worksheet_set_paper(w->sheet, total > XLSX_LANDSCAPE ? 8 : 9); /* A3, A4 */
    /* fit to the width; side by side on more pages where it would be too small to read */
    worksheet_fit_to_pages(w->sheet, (uint16_t)(1 + total * XLSX_SMALLEST / page), 0);
    if (w->plan->freeze)
        worksheet_repeat_columns(w->sheet, 0, (lxw_col_t)(w->plan->freeze - 1));
}

static int xlsx_sheet_end(struct xlsx_writer *w)
{
    lxw_row_t last = (lxw_row_t)w->row;

    if (!w->row) {
        const char *words = w->plan->empty ? w->plan->empty : "none";
        lxw_error code = worksheet_write_string(w->sheet, 1, 0, words, w->b->unknown);

        if (code)
            return xlsx_fail(w->e, w->title, code);
    } else {
        if (xlsx_sheet_table(w, last) != 0 || (w->plan->auditor && xlsx_sheet_auditor(w, last) != 0))
            return -1;
        for (size_t i = 0; i < w->plan->column_count; i++) {
            if (w->plan->columns[i].kind == XLSX_STATUS &&
                xlsx_mark_cells(w->b, w->sheet, 1, (lxw_col_t)i, last, w->e) != 0)
                return -1;
        }
    }
    xlsx_sheet_widths(w);
    worksheet_set_header(w->sheet, w->b->head);
    worksheet_set_footer(w->sheet, w->b->foot);
    return 0;
}

int xlsx_sheet_write(struct xlsx_book *b, const struct xlsx_sheet *s, struct err *e)
{
    struct xlsx_writer w = {.b = b, .plan = s, .e = e};
    int step = 0, rc = -1;

    w.at = mem_zero(s->column_count, sizeof *w.at);
    w.link_at = mem_zero(s->column_count, sizeof *w.link_at);
    w.pixels = mem_zero(s->column_count + XLSX_AUDITOR, sizeof *w.pixels);
    if (db_prepare(b->facts, &w.stmt, s->sql, e) != 0) {
        err_context(e, "%s", s->sql_name);
        goto out;
    }
    if (xlsx_sheet_columns(&w) != 0 || xlsx_sheet_begin(&w) != 0)
        goto out;
    while ((step = db_step(w.stmt, e)) == 1) {
        if (w.row == b->plan->row_limit) {
            if (xlsx_sheet_end(&w) != 0)
                goto out;
            w.part++;
            if (xlsx_sheet_begin(&w) != 0)
                goto out;
        }
        if (xlsx_sheet_row(&w) != 0)
            goto out;
    }
    if (step < 0) {
        err_context(e, "%s", s->sql_name);
        goto out;
    }
    rc = xlsx_sheet_end(&w);
out:
    db_free(w.stmt);
    buf_free(&w.shown);
    buf_free(&w.url);
    free(w.title);
    free(w.at);
    free(w.link_at);
    free(w.pixels);
    return rc;
}

int xlsx_rows_over(struct xlsx_book *b, const struct xlsx_sheet *s, size_t max, int *over, struct err *e)
{
    struct db_stmt *stmt = NULL;
    struct buf sql = {0};
    int rc = -1;

    /* the SELECT's own ORDER BY costs nothing here: only whether there are so many rows is asked */
    buf_print(&sql, "SELECT count(*) FROM (SELECT 1 FROM (\n%s\n) LIMIT %zu)", s->sql, max + 1);
    if (db_prepare(b->facts, &stmt, sql.data, e) != 0 || db_step(stmt, e) != 1) {
        err_context(e, "%s", s->sql_name);
        goto out;
    }
    *over = (size_t)db_int(stmt, 0) > max;
    rc = 0;
out:
    db_free(stmt);
    buf_free(&sql);
    return rc;
}
