/* How cells look: report.md's palette, as formats of the workbook. See xlsx_book.h. */
#include "base/mem.h"
#include "render/xlsx_book.h"

#define XLSX_SWISS 2  /* font families of ECMA-376 18.8.18: what to take where the font is missing */
#define XLSX_MODERN 3 /* fixed pitch */

static lxw_format *xlsx_format(struct xlsx_book *b, double points, unsigned colour, int mono)
{
    lxw_format *f = workbook_add_format(b->book);

    if (!f)
        return NULL;
    format_set_font_name(f, mono ? b->plan->mono : b->plan->font);
    format_set_font_family(f, mono ? XLSX_MODERN : XLSX_SWISS);
    format_set_font_size(f, points);
    format_set_font_color(f, colour ? colour : 0x000001); /* 0 is "not set" to the library */
    format_set_align(f, LXW_ALIGN_VERTICAL_TOP);
    return f;
}

static void xlsx_underline(lxw_format *f, unsigned colour, int style)
{
    format_set_bottom(f, (uint8_t)style);
    format_set_bottom_color(f, colour);
}

static lxw_format *xlsx_cell_format(struct xlsx_book *b, enum xlsx_kind kind, int wrapped, int guarded)
{
    lxw_format *f =
        xlsx_format(b, kind == XLSX_MONO ? XLSX_POINTS - 1 : XLSX_POINTS, b->plan->ink, kind == XLSX_MONO);

    if (!f)
        return NULL;
    xlsx_underline(f, b->plan->hairline, LXW_BORDER_THIN);
    if (kind == XLSX_WRAP || wrapped)
        format_set_text_wrap(f);
    if (kind == XLSX_NUMBER) {
        format_set_align(f, LXW_ALIGN_RIGHT);
        format_set_indent(f, 1); /* away from the text that follows */
    }
    if (guarded)
        format_set_num_format(f, "@");
    return f;
}

static int xlsx_look_auditor(struct xlsx_book *b)
{
    b->tint = xlsx_format(b, XLSX_POINTS, b->plan->ink, 0);
    b->tint_date = xlsx_format(b, XLSX_POINTS, b->plan->ink, 0);
    b->tint_head = xlsx_format(b, XLSX_POINTS, b->plan->ink, 0);
    if (!b->tint || !b->tint_date || !b->tint_head)
        return -1;
    format_set_bg_color(b->tint, b->plan->tint);
    format_set_bg_color(b->tint_date, b->plan->tint);
    format_set_bg_color(b->tint_head, b->plan->tint);
    xlsx_underline(b->tint, b->plan->hairline, LXW_BORDER_THIN);
    xlsx_underline(b->tint_date, b->plan->hairline, LXW_BORDER_THIN);
    xlsx_underline(b->tint_head, b->plan->ink, LXW_BORDER_THIN);
    format_set_text_wrap(b->tint);
    format_set_num_format(b->tint_date, "yyyy-mm-dd");
    format_set_bold(b->tint_head);
    format_set_text_wrap(b->tint_head);
    return 0;
}

static int xlsx_look_blocks(struct xlsx_book *b)
{
    static const double points[XLSX_PLAIN + 1] = {20, 11, 9, 9, 11, 9};

    for (int look = 0; look <= XLSX_PLAIN; look++) {
        lxw_format *f = xlsx_format(b, points[look], b->plan->ink, 0);

        if (!f)
            return -1;
        format_set_text_wrap(f);
        if (look == XLSX_TITLE || look == XLSX_HEADING)
            format_set_bold(f);
        if (look == XLSX_HEADING)
            format_set_align(f, LXW_ALIGN_VERTICAL_BOTTOM);
        if (look == XLSX_BAND || look == XLSX_WARNING) {
            format_set_bg_color(f, look == XLSX_BAND ? b->plan->band : b->plan->warning_band);
            format_set_align(f, LXW_ALIGN_VERTICAL_CENTER);
            format_set_indent(f, 1);
        }
        b->look[look] = f;
    }
    return 0;
}

static int xlsx_look_marks(struct xlsx_book *b)
{
    b->marks = mem_zero(b->plan->mark_count + 1, sizeof *b->marks);
    for (size_t i = 0; i < b->plan->mark_count; i++) {
        const struct xlsx_mark *m = &b->plan->marks[i];
        char *format = mem_print("\"%s\" @", m->mark); /* the mark is drawn, the value stays the word alone */

        b->marks[i] = workbook_add_format(b->book);
        if (!b->marks[i]) {
            free(format);
            return -1;
        }
        format_set_font_color(b->marks[i], m->colour);
        if (*m->mark)
            format_set_num_format(b->marks[i], format);
        free(format);
    }
    return 0;
}

int xlsx_looks(struct xlsx_book *b, struct err *e)
{
    static const enum xlsx_kind alike[] = {XLSX_STATUS, XLSX_NAME};

    for (int kind = 0; kind < XLSX_KINDS; kind++) {
        b->cell[kind] = xlsx_cell_format(b, (enum xlsx_kind)kind, 0, 0);
        b->wrapped[kind] = xlsx_cell_format(b, (enum xlsx_kind)kind, kind != XLSX_NUMBER, 0);
        b->guarded[kind] = xlsx_cell_format(b, (enum xlsx_kind)kind, 0, 1);
        if (!b->cell[kind] || !b->wrapped[kind] || !b->guarded[kind])
            goto fail;
    }
    /* formats that look the same must be the same: of twins the library hashes the second for every cell */
    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        b->cell[alike[i]] = b->cell[XLSX_TEXT];
        b->wrapped[alike[i]] = b->cell[XLSX_WRAP];
        b->guarded[alike[i]] = b->guarded[XLSX_TEXT];
    }
    b->wrapped[XLSX_TEXT] = b->wrapped[XLSX_WRAP] = b->cell[XLSX_WRAP];
    b->wrapped[XLSX_NUMBER] = b->cell[XLSX_NUMBER];
    b->unknown = xlsx_cell_format(b, XLSX_TEXT, 0, 0);
    b->link = xlsx_cell_format(b, XLSX_MONO, 1, 0);
    b->sheet_link = xlsx_cell_format(b, XLSX_TEXT, 0, 0);
    b->head_cell = xlsx_format(b, XLSX_POINTS, b->plan->ink, 0);
    b->head_right = xlsx_format(b, XLSX_POINTS, b->plan->ink, 0);
    if (!b->unknown || !b->link || !b->sheet_link || !b->head_cell || !b->head_right)
        goto fail;
    format_set_font_color(b->unknown, b->plan->quiet);
    format_set_font_color(b->link, b->plan->link);
    format_set_font_color(b->sheet_link, b->plan->link);
    format_set_bold(b->sheet_link);
    format_set_bold(b->head_cell);
    format_set_bold(b->head_right);
    format_set_text_wrap(b->head_cell);
    format_set_text_wrap(b->head_right);
    format_set_align(b->head_right, LXW_ALIGN_RIGHT);
    format_set_indent(b->head_right, 1);
    xlsx_underline(b->head_cell, b->plan->ink, LXW_BORDER_THIN);
    xlsx_underline(b->head_right, b->plan->ink, LXW_BORDER_THIN);
    if (xlsx_look_auditor(b) != 0 || xlsx_look_blocks(b) != 0 || xlsx_look_marks(b) != 0)
        goto fail;
    return 0;
fail:
    return err_set(e, "workbook: the library makes no format");
}

int xlsx_mark_cells(struct xlsx_book *b, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
                    lxw_row_t last_row, struct err *e)
{
    for (size_t i = 0; i < b->plan->mark_count; i++) {
        char *value = mem_print("\"%s\"", b->plan->marks[i].words);
        lxw_conditional_format rule = {.type = LXW_CONDITIONAL_TYPE_CELL,
                                       .criteria = LXW_CONDITIONAL_CRITERIA_EQUAL_TO,
                                       .value_string = value,
                                       .format = b->marks[i]};
        lxw_error code = worksheet_conditional_format_range(sheet, row, col, last_row, col, &rule);

        free(value);
        if (code)
            return xlsx_fail(e, "marks", code);
    }
    return 0;
}
