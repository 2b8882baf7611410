/* The sheets that are read first: blocks of text, small tables and charts. See xlsx_book.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "render/xlsx_book.h"
#include "render/xlsx_text.h"

#define XLSX_CHART_WIDTH 500
#define XLSX_CHART_LEAST 190 /* pixels */
#define XLSX_ROW_PIXELS 20   /* of a row of default height */

struct xlsx_front {
    struct xlsx_book *b;
    const struct xlsx_sheet *plan;
    lxw_worksheet *sheet;
    lxw_row_t row;       /* the next free one */
    lxw_row_t chart_end; /* the first row below the last chart */
    struct buf shown;
    struct err *e;
};

static double xlsx_front_pixels(const struct xlsx_front *f, size_t from, size_t to)
{
    double digits = 0;

    for (size_t i = from; i < to && i < f->plan->width_count; i++)
        digits += f->plan->widths[i];
    return digits * 7 + 5 * (double)(to - from);
}

/* One text over columns from..to-1. */
static int xlsx_front_span(struct xlsx_front *f, size_t from, size_t to, const char *text, lxw_format *format)
{
    lxw_error code = LXW_NO_ERROR;

    buf_clear(&f->shown);
    xlsx_text(&f->shown, text, strlen(text), "");
    code = to - from < 2
               ? worksheet_write_string(f->sheet, f->row, (lxw_col_t)from, buf_str(&f->shown), format)
               : worksheet_merge_range(f->sheet, f->row, (lxw_col_t)from, f->row, (lxw_col_t)(to - 1),
                                       buf_str(&f->shown), format);
    return xlsx_fail(f->e, f->plan->title, code);
}

static int xlsx_front_text(struct xlsx_front *f, enum xlsx_look look, const char *text)
{
    static const double points[XLSX_PLAIN + 1] = {20, 11, 9, 9, 11, 9};
    static const double more[XLSX_PLAIN + 1] = {6, 6, 10, 10, 12, 3}; /* points above and below */
    size_t to = f->plan->width_count;
    double height = 0;

    if (f->row < f->chart_end)
        f->row = f->chart_end;
    if (xlsx_front_span(f, 0, to, text, f->b->look[look]) != 0)
        return -1;
    height = xlsx_text_lines(buf_str(&f->shown), xlsx_front_pixels(f, 0, to) - 24, points[look], 0) *
             points[look] * 1.4;
    worksheet_set_row(f->sheet, f->row, height + more[look], NULL);
    f->row++;
    return 0;
}

static int xlsx_front_texts(struct xlsx_front *f, const struct xlsx_block *block)
{
    struct db_stmt *s = NULL;
    int step = 0, rc = -1;

    if (block->text)
        return xlsx_front_text(f, block->look, block->text);
    if (db_prepare(f->b->facts, &s, block->sql, f->e) != 0)
        goto out;
    while ((step = db_step(s, f->e)) == 1) {
        if (!db_is_null(s, 0) && xlsx_front_text(f, block->look, db_text(s, 0)) != 0)
            goto out;
    }
    rc = step;
out:
    if (rc != 0)
        err_context(f->e, "%s", block->sql_name);
    db_free(s);
    return rc;
}

static int xlsx_front_head(struct xlsx_front *f, const struct xlsx_block *block)
{
    for (size_t i = 0; i < block->column_count; i++) {
        const struct xlsx_column *c = &block->columns[i];
        lxw_error code = worksheet_write_string(f->sheet, f->row, (lxw_col_t)i, c->title,
                                                c->kind == XLSX_NUMBER ? f->b->head_right : f->b->head_cell);

        if (code)
            return xlsx_fail(f->e, f->plan->title, code);
    }
    f->row++;
    return 0;
}

static int xlsx_front_row(struct xlsx_front *f, const struct xlsx_block *block, struct db_stmt *s)
{
    int lines = 1;

    for (size_t i = 0; i < block->column_count; i++) {
        const struct xlsx_column *c = &block->columns[i];
        const struct xlsx_cell cell = {f->sheet, f->plan->title, f->row, (lxw_col_t)i, c->kind, 0};
        int at = db_column(s, c->name), n = 1;

        if (at < 0)
            return err_set(f->e, "%s: yields no column %s", block->sql_name, c->name);
        if (xlsx_cell_write(f->b, &cell, s, at, NULL, &f->shown, f->e) != 0)
            return -1;
        if (c->kind == XLSX_WRAP && i < f->plan->width_count)
            n = xlsx_text_lines(buf_str(&f->shown), f->plan->widths[i] * 7 - 8, XLSX_POINTS, 0);
        lines = n > lines ? n : lines;
    }
    if (lines > 1)
        worksheet_set_row(f->sheet, f->row, lines * 12.5 + 3, NULL);
    f->row++;
    return 0;
}

static int xlsx_front_column(const struct xlsx_block *block, const char *name)
{
    for (size_t i = 0; i < block->column_count; i++) {
        if (strcmp(block->columns[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static void xlsx_front_chart_look(struct xlsx_front *f, lxw_chart *chart, const char *title)
{
    const struct xlsx_plan *p = f->b->plan;
    lxw_chart_font small = {.name = (char *)p->font, .size = 8, .color = p->ink};
    lxw_chart_font bold = {.name = (char *)p->font, .size = 9, .bold = LXW_TRUE, .color = p->ink};
    lxw_chart_line thin = {.color = p->hairline, .width = 0.75};
    lxw_chart_line none = {.none = LXW_TRUE};

    chart_title_set_name(chart, title);
    chart_title_set_name_font(chart, &bold);
    chart_chartarea_set_line(chart, &none);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
    chart_legend_set_font(chart, &small);
    /* in a bar chart the library's y axis has the categories, its x axis the values */
    chart_axis_set_num_font(chart->x_axis, &small);
    chart_axis_set_num_font(chart->y_axis, &small);
    chart_axis_set_reverse(chart->y_axis); /* the first row of the table on top */
    chart_axis_set_line(chart->y_axis, &thin);
    chart_axis_set_line(chart->x_axis, &none);
    chart_axis_set_major_tick_mark(chart->x_axis, LXW_CHART_AXIS_TICK_MARK_NONE);
    chart_axis_set_major_tick_mark(chart->y_axis, LXW_CHART_AXIS_TICK_MARK_NONE);
    chart_axis_major_gridlines_set_visible(chart->x_axis, LXW_TRUE);
    chart_axis_major_gridlines_set_visible(chart->y_axis, LXW_FALSE);
    chart_axis_major_gridlines_set_line(chart->x_axis, &thin);
    chart_axis_set_min(chart->x_axis, 0);
    chart_axis_set_label_position(chart->x_axis,
                                  LXW_CHART_AXIS_LABEL_POSITION_HIGH); /* below, although reversed */
    chart_axis_set_num_format(chart->x_axis, "0");
}

/* A stacked bar per row of the table, its colours those of the words. */
static int xlsx_front_chart(struct xlsx_front *f, const struct xlsx_block *block, lxw_row_t first,
                            lxw_row_t last)
{
    lxw_chart *chart = workbook_add_chart(f->b->book, LXW_CHART_BAR_STACKED);
    lxw_chart_options place = {.x_offset = 16};
    const char *sheet = f->plan->title;
    int categories = xlsx_front_column(block, block->chart_column);
    double high = (double)(last - first + 1) * 26 + 100;
    lxw_error code = LXW_NO_ERROR;

    if (!chart)
        return xlsx_fail(f->e, sheet, LXW_ERROR_MEMORY_MALLOC_FAILED);
    for (size_t i = 0; i < block->series_count; i++) {
        const struct xlsx_series *plan = &block->series[i];
        int col = xlsx_front_column(block, plan->name);
        lxw_chart_series *series = NULL;
        lxw_chart_fill fill = {.color = plan->colour};
        lxw_chart_pattern hatch = {.fg_color = plan->colour,
                                   .bg_color = LXW_COLOR_WHITE,
                                   .type = LXW_CHART_PATTERN_WIDE_UPWARD_DIAGONAL};

        if (col < 0 || categories < 0)
            return err_set(f->e, "workbook.json: sheet %s: chart %s: the table has no column %s", f->plan->id,
                           block->chart, col < 0 ? plan->name : block->chart_column);
        if (!(series = chart_add_series(chart, NULL, NULL)))
            return xlsx_fail(f->e, sheet, LXW_ERROR_MEMORY_MALLOC_FAILED);
        chart_series_set_categories(series, sheet, first, (lxw_col_t)categories, last, (lxw_col_t)categories);
        chart_series_set_values(series, sheet, first, (lxw_col_t)col, last, (lxw_col_t)col);
        chart_series_set_name(series, block->columns[col].title);
        if (plan->hatched)
            chart_series_set_pattern(series, &hatch);
        else
            chart_series_set_fill(series, &fill);
    }
    chart_set_series_gap(chart, 60);
    chart_set_series_overlap(chart, 100);
    xlsx_front_chart_look(f, chart, block->chart);
    if (high < XLSX_CHART_LEAST)
        high = XLSX_CHART_LEAST;
    place.x_scale = XLSX_CHART_WIDTH / 480.0; /* the library's own size is 480 x 288 */
    place.y_scale = high / 288.0;
    place.object_position = LXW_OBJECT_MOVE_DONT_SIZE;
    place.description = block->chart;
    code = worksheet_insert_chart_opt(f->sheet, first - 1, (lxw_col_t)block->column_count, chart, &place);
    f->chart_end = first - 1 + (lxw_row_t)(high / XLSX_ROW_PIXELS) + 1;
    return xlsx_fail(f->e, sheet, code);
}

static int xlsx_front_table(struct xlsx_front *f, const struct xlsx_block *block)
{
    struct db_stmt *s = NULL;
    lxw_row_t first = 0;
    int step = 0, rc = -1;

    if (xlsx_front_head(f, block) != 0 || db_prepare(f->b->facts, &s, block->sql, f->e) != 0)
        goto out;
    first = f->row;
    while ((step = db_step(s, f->e)) == 1) {
        if (xlsx_front_row(f, block, s) != 0)
            goto out;
    }
    if (step < 0)
        goto out;
    if (f->row == first) {
        if (xlsx_front_text(f, XLSX_PLAIN, block->empty ? block->empty : "none") != 0)
            goto out;
    } else {
        for (size_t i = 0; i < block->column_count; i++) {
            if (block->columns[i].kind == XLSX_STATUS &&
                xlsx_mark_cells(f->b, f->sheet, first, (lxw_col_t)i, f->row - 1, f->e) != 0)
                goto out;
        }
        if (block->chart && xlsx_front_chart(f, block, first, f->row - 1) != 0)
            goto out;
    }
    rc = 0;
out:
    if (rc != 0)
        err_context(f->e, "%s", block->sql_name);
    db_free(s);
    return rc;
}

/* One row of three texts, the last over the rest of the columns. */
static int xlsx_front_three(struct xlsx_front *f, const char *a, const char *b, const char *c, int head)
{
    size_t to = f->plan->width_count;
    lxw_format *cell = head ? f->b->head_cell : f->b->cell[XLSX_WRAP];
    int lines = 1;

    if (xlsx_front_span(f, 0, 1, a, cell) != 0 || xlsx_front_span(f, 1, 2, b, cell) != 0 ||
        xlsx_front_span(f, 2, to, c, cell) != 0)
        return -1;
    lines = xlsx_text_lines(buf_str(&f->shown), xlsx_front_pixels(f, 2, to) - 12, XLSX_POINTS, 0);
    if (lines > 1)
        worksheet_set_row(f->sheet, f->row, lines * 12.5 + 3, NULL);
    f->row++;
    return 0;
}

static int xlsx_front_words(struct xlsx_front *f)
{
    lxw_row_t first = 0;

    if (xlsx_front_three(f, "Word", "", "What it says", 1) != 0)
        return -1;
    first = f->row;
    for (size_t i = 0; i < f->b->plan->mark_count; i++) {
        const struct xlsx_mark *m = &f->b->plan->marks[i];

        if (m->about && xlsx_front_three(f, m->words, "", m->about, 0) != 0)
            return -1;
    }
    return f->row > first ? xlsx_mark_cells(f->b, f->sheet, first, 0, f->row - 1, f->e) : 0;
}

/* The name of a sheet in the row just written becomes a link to it. */
static int xlsx_front_to_sheet(struct xlsx_front *f, const char *title)
{
    char *url = mem_print("internal:'%s'!A1", title);
    lxw_error code = worksheet_write_url_opt(f->sheet, f->row - 1, 0, url, f->b->sheet_link, title, NULL);

    free(url);
    return xlsx_fail(f->e, f->plan->title, code);
}

static int xlsx_front_columns(struct xlsx_front *f)
{
    const struct xlsx_plan *p = f->b->plan;

    if (xlsx_front_three(f, "Sheet", "Column", "What it says", 1) != 0)
        return -1;
    for (size_t s = 0; s < p->sheet_count; s++) {
        if (xlsx_front_three(f, p->sheets[s].title, "", p->sheets[s].about, 0) != 0 ||
            xlsx_front_to_sheet(f, p->sheets[s].title) != 0)
            return -1;
        for (size_t c = 0; c < p->sheets[s].column_count; c++) {
            const struct xlsx_column *column = &p->sheets[s].columns[c];

            if (column->about && xlsx_front_three(f, "", column->title, column->about, 0) != 0)
                return -1;
        }
    }
    return 0;
}

int xlsx_front_write(struct xlsx_book *b, const struct xlsx_sheet *s, struct err *e)
{
    struct xlsx_front f = {.b = b, .plan = s, .e = e};
    int rc = -1;

    if (!(f.sheet = xlsx_part_begin(b, s->title, e)))
        return -1;
    for (size_t i = 0; i < s->width_count; i++)
        worksheet_set_column(f.sheet, (lxw_col_t)i, (lxw_col_t)i, s->widths[i], NULL);
    for (size_t i = 0; i < s->block_count; i++) {
        const struct xlsx_block *block = &s->blocks[i];

        rc = block->kind == XLSX_BLOCK_TEXT    ? xlsx_front_texts(&f, block)
             : block->kind == XLSX_BLOCK_TABLE ? xlsx_front_table(&f, block)
             : block->kind == XLSX_BLOCK_WORDS ? xlsx_front_words(&f)
                                               : xlsx_front_columns(&f);
        if (rc != 0)
            break;
    }
    buf_free(&f.shown);
    worksheet_set_paper(f.sheet, b->plan->letter ? 1 : 9);
    worksheet_fit_to_pages(f.sheet, 1, s == b->plan->sheets ? 1 : 0); /* the first sheet is one page */
    worksheet_set_header(f.sheet, b->head);
    worksheet_set_footer(f.sheet, b->foot);
    return rc;
}
