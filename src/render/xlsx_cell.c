/* One value into one cell. See xlsx_book.h. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "judge/verdict.h"
#include "render/xlsx_book.h"
#include "render/xlsx_text.h"

#define XLSX_DIGITS 999999999999999.0 /* Excel shows 15 significant digits: a longer number is text */
#define XLSX_WHERE "the whole text is in facts.db and findings.json"

int xlsx_fail(struct err *e, const char *sheet, lxw_error code)
{
    return code ? err_set(e, "workbook, sheet %s: %s", sheet, lxw_strerror(code)) : 0;
}

static lxw_format *xlsx_cell_format(struct xlsx_book *b, const struct xlsx_cell *c)
{
    return c->wrapped ? b->wrapped[c->kind] : b->cell[c->kind];
}

/* A text of several lines keeps them where the column wraps. One that might come near a cell's limit (a
 * hidden character takes eight) is one line. */
static void xlsx_cell_lines(struct buf *shown, enum xlsx_kind kind, const char *text, size_t n)
{
    const char *end = text + n;

    while (kind == XLSX_WRAP && n < XLSX_CELL_MAX / 8) {
        const char *line = memchr(text, '\n', (size_t)(end - text));

        if (!line)
            break;
        xlsx_text(shown, text, (size_t)(line - text), XLSX_WHERE);
        buf_char(shown, '\n');
        text = line + 1;
    }
    xlsx_text(shown, text, (size_t)(end - text), XLSX_WHERE);
}

static int xlsx_cell_text(struct xlsx_book *b, const struct xlsx_cell *c, const char *text, size_t n,
                          const char *link, struct buf *shown, struct err *e)
{
    lxw_error code = LXW_NO_ERROR;

    xlsx_cell_lines(shown, c->kind, text, n);
    if (!shown->len)
        return xlsx_fail(e, c->title,
                         worksheet_write_blank(c->sheet, c->row, c->col, xlsx_cell_format(b, c)));
    if (link)
        code = worksheet_write_url_opt(c->sheet, c->row, c->col, link, b->link, shown->data, NULL);
    else
        code = worksheet_write_string(c->sheet, c->row, c->col, shown->data,
                                      xlsx_text_is_formula(shown->data) ? b->guarded[c->kind]
                                                                        : xlsx_cell_format(b, c));
    return xlsx_fail(e, c->title, code);
}

static int xlsx_cell_status(struct xlsx_book *b, const struct xlsx_cell *c, const char *text,
                            struct buf *shown, struct err *e)
{
    const enum verdict v = verdict_read(text);
    const char *words = v == VERDICT_NONE ? text : verdict_words(v);

    return xlsx_cell_text(b, c, words, strlen(words), NULL, shown, e);
}

/* "aks-lab" of ".../managedClusters/aks-lab"; an instance of a scale set, whose name is a number, keeps its
 * scale set. */
static const char *xlsx_cell_name(const char *id)
{
    const char *slash = strrchr(id, '/'), *p = slash;

    if (!slash || !slash[1])
        return id;
    if (strspn(slash + 1, "0123456789") != strlen(slash + 1))
        return slash + 1;
    for (int back = 0; p > id && back < 2;)
        back += *--p == '/';
    return *p == '/' ? p + 1 : id;
}

int xlsx_cell_write(struct xlsx_book *b, const struct xlsx_cell *c, struct db_stmt *s, int at,
                    const char *link, struct buf *shown, struct err *e)
{
    buf_clear(shown);
    if (db_is_null(s, at)) { /* unknown, which is not the same as empty */
        buf_text(shown, "not known");
        return xlsx_fail(e, c->title,
                         worksheet_write_string(c->sheet, c->row, c->col, "not known", b->unknown));
    }
    if (c->kind == XLSX_NUMBER && db_is_number(s, at)) {
        double value = db_real(s, at);

        if (isfinite(value) && fabs(value) <= XLSX_DIGITS) {
            buf_text(shown, db_text(s, at));
            return xlsx_fail(e, c->title,
                             worksheet_write_number(c->sheet, c->row, c->col, value, xlsx_cell_format(b, c)));
        }
    }
    if (c->kind == XLSX_STATUS)
        return xlsx_cell_status(b, c, db_text(s, at), shown, e);
    if (c->kind == XLSX_NAME) {
        const char *name = xlsx_cell_name(db_text(s, at));

        return xlsx_cell_text(b, c, name, strlen(name), link, shown, e);
    }
    return xlsx_cell_text(b, c, db_text(s, at), db_size(s, at), link, shown, e);
}
