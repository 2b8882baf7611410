/* report.txt: the whole document as plain text of at most TEXT_WIDTH columns, for terminals, diffs and
 * readers of screens; the oracle of the golden tests. Figures are printed as their numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "render/render.h"
#include "render/text_table.h"
#include "report/figure.h"

#define TEXT_WIDTH 96

static const char *text_mark(enum verdict v)
{
    switch (v) {
    case VERDICT_PASS:
        return "[+] ";
    case VERDICT_FAIL:
        return "[x] ";
    case VERDICT_NOT_ASSESSED:
        return "[?] ";
    case VERDICT_NOT_APPLICABLE:
        return "[-] ";
    case VERDICT_ATTESTED:
        return "[o] ";
    case VERDICT_NONE:
        break;
    }
    return "";
}

/* The runs with their marks; lines as newlines. The caller frees it. */
static char *text_runs(const struct doc_text *t)
{
    struct buf b = {0};

    for (size_t i = 0; i < t->count; i++) {
        const struct doc_run *r = &t->runs[i];

        if ((r->look & DOC_LINE) && (b.len || r->text[0] == '\0'))
            buf_char(&b, '\n');
        if (r->look & DOC_MARK)
            buf_text(&b, text_mark(r->status));
        buf_text(&b, r->text);
    }
    return buf_take(&b);
}

static void text_rule(struct buf *out, char c, size_t n)
{
    while (n--)
        buf_char(out, c);
    buf_char(out, '\n');
}

static void text_paragraph(struct buf *out, const struct doc_text *t, const char *first, const char *next)
{
    char *text = text_runs(t);

    text_wrap(out, text, TEXT_WIDTH, first, next);
    buf_char(out, '\n');
    free(text);
}

static void text_heading(struct buf *out, const struct doc_text *t, char under)
{
    char *text = text_runs(t);
    size_t from = out->len, n = 0;

    text_wrap(out, text, TEXT_WIDTH, "", "");
    for (const char *p = out->data + from; *p;) { /* as long as the longest line */
        size_t k = strcspn(p, "\n");
        char *line = mem_copy_n(p, k);
        size_t w = text_columns(line);

        n = w > n ? w : n;
        free(line);
        p += k + (p[k] == '\n');
    }
    if (under)
        text_rule(out, under, n);
    buf_char(out, '\n');
    free(text);
}

static void text_more(struct buf *out, const char *more)
{
    if (more && *more)
        text_wrap(out, more, TEXT_WIDTH, "  ", "  ");
}

static void text_doc_table(struct buf *out, const struct doc_table *t)
{
    struct text_table table = {.columns = t->column_count, .rows = t->row_count, .width = TEXT_WIDTH};
    size_t cells = t->row_count * t->column_count;
    int head = 0;

    if (t->row_count == 0) {
        text_wrap(out, t->empty ? t->empty : "None.", TEXT_WIDTH, "  ", "  ");
        buf_char(out, '\n');
        return;
    }
    table.titles = mem_zero(t->column_count, sizeof *table.titles);
    table.right = mem_zero(t->column_count, sizeof *table.right);
    table.cells = mem_zero(cells, sizeof *table.cells);
    for (size_t i = 0; i < t->column_count; i++) {
        table.titles[i] = t->columns[i].title ? t->columns[i].title : "";
        table.right[i] = t->columns[i].right;
        head |= *table.titles[i] != '\0';
    }
    for (size_t i = 0; i < cells; i++)
        table.cells[i] = text_runs(&t->cells[i].text);
    table.head = head;
    text_table(out, &table);
    text_more(out, t->more);
    buf_char(out, '\n');
    for (size_t i = 0; i < cells; i++)
        free(table.cells[i]);
    free(table.cells);
    free(table.right);
    free(table.titles);
}

/* ---- figures */

static const char *text_value(const struct doc_figure *f, size_t row, const char *name)
{
    const char *v = figure_value(f, row, name);

    return v ? v : "";
}

/* One sign per unit, scaled to at most 48; at least one where there is any. */
static void text_bar(struct buf *out, const struct doc_figure *f, size_t row)
{
    static const struct {
        const char *name;
        char sign;
    } parts[] = {{"no_exceptions", '+'}, {"pass", '+'},         {"exceptions", 'x'},
                 {"fail", 'x'},          {"not_assessed", '?'}, {"attested", 'o'},
                 {"supporting", 's'},    {"by_hand", '.'},      {"not_applicable", '-'}};
    long total = 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        total += strtol(text_value(f, row, parts[i].name), NULL, 10);
    for (size_t i = 0; total > 0 && i < sizeof parts / sizeof parts[0]; i++) {
        long n = strtol(text_value(f, row, parts[i].name), NULL, 10);
        long signs = total <= 48 ? n : (n * 48 + total - 1) / total;

        while (signs-- > 0)
            buf_char(out, parts[i].sign);
    }
}

static void text_bars(struct buf *out, const struct doc_figure *f)
{
    const char *title = figure_column(f, "title") >= 0 ? "title" : "label";

    for (size_t r = 0; r < f->row_count; r++) {
        const char *detail = text_value(f, r, "detail"), *controls = text_value(f, r, "controls");

        buf_print(out, "%s%s%s%s", text_value(f, r, title), *detail ? " (" : "", detail, *detail ? ")" : "");
        if (*controls)
            buf_print(out, ", %s controls", controls);
        buf_text(out, "\n  ");
        text_bar(out, f, r);
        buf_char(out, '\n');
        text_wrap(out, text_value(f, r, "words"), TEXT_WIDTH, "  ", "  ");
    }
}

static char *text_status(const struct doc_figure *f, size_t row, const char *name)
{
    enum verdict v = verdict_read(figure_value(f, row, name));
    char *mark = mem_copy(v == VERDICT_NONE ? "[-]" : text_mark(v));

    if (strlen(mark) > 3)
        mark[3] = '\0';
    return mark;
}

static void text_chain(struct buf *out, const struct doc_figure *f)
{
    static const char *titles[] = {"Cluster", "decl", "pool", "data", "DES",         "key",
                                   "rot",     "vlt",  "id",   "etcd", "Weakest link"};
    static const char *names[] = {"",    "declared", "pool_disks", "data_disks", "des",
                                  "key", "rotation", "vault",      "identity",   "etcd"};
    enum { COLUMNS = sizeof titles / sizeof titles[0] };
    struct text_table t = {
        .columns = COLUMNS, .rows = f->row_count, .width = TEXT_WIDTH, .titles = titles, .head = 1};
    int right[COLUMNS] = {0};

    t.right = right;
    t.cells = mem_zero(f->row_count * COLUMNS + 1, sizeof *t.cells);
    for (size_t r = 0; r < f->row_count; r++) {
        char **cell = &t.cells[r * COLUMNS];
        const char *detail = text_value(f, r, "detail"), *reason = text_value(f, r, "reason");

        cell[0] = mem_print("%s%s%s", text_value(f, r, "cluster"), *detail ? "\n" : "", detail);
        for (size_t i = 1; i < COLUMNS - 1; i++)
            cell[i] = text_status(f, r, names[i]);
        cell[COLUMNS - 1] = mem_print("%s%s%s%s", text_mark(verdict_read(figure_value(f, r, "status"))),
                                      text_value(f, r, "weakest"), *reason ? "\n" : "", reason);
    }
    text_table(out, &t);
    for (size_t i = 0; i < f->row_count * COLUMNS; i++)
        free(t.cells[i]);
    free(t.cells);
}

static void text_timeline(struct buf *out, const struct doc_figure *f)
{
    for (size_t r = 0; r < f->row_count; r++) {
        const char *detail = text_value(f, r, "detail");

        buf_print(out, "%s%s%s%s%s\n", text_mark(verdict_read(figure_value(f, r, "status"))),
                  text_value(f, r, "key"), *detail ? " (" : "", detail, *detail ? ")" : "");
        text_wrap(out, text_value(f, r, "words"), TEXT_WIDTH, "    ", "    ");
    }
}

static void text_steps(struct buf *out, const struct doc_figure *f)
{
    for (size_t r = 0; r < f->row_count; r++) {
        char *line = mem_print("%s: %s", text_value(f, r, "title"), text_value(f, r, "text"));
        char *number = mem_print("%zu. ", r + 1);

        text_wrap(out, line, TEXT_WIDTH, number, "   ");
        free(number);
        free(line);
    }
}

static void text_figure(struct buf *out, const struct doc_figure *f)
{
    if (strcmp(f->kind, "custody-chain") == 0)
        text_chain(out, f);
    else if (strcmp(f->kind, "key-timeline") == 0)
        text_timeline(out, f);
    else if (strcmp(f->kind, "steps") == 0)
        text_steps(out, f);
    else
        text_bars(out, f);
    text_more(out, f->more);
    buf_char(out, '\n');
}

/* ---- the rest */

/* Longer lines go on behind a "> ". */
static void text_code(struct buf *out, const char *code)
{
    for (const char *p = code; *p;) {
        size_t n = strcspn(p, "\n");
        char *line = mem_copy_n(p, n);

        text_cut(out, line, TEXT_WIDTH, "    ", "  > ");
        free(line);
        p += n + (p[n] == '\n');
    }
    buf_char(out, '\n');
}

static void text_contents(struct buf *out, const struct doc *d)
{
    for (size_t i = 0; i < d->block_count; i++) {
        const struct doc_block *b = d->blocks[i];

        int own = i + 1 < d->block_count && d->blocks[i + 1]->kind == DOC_CONTENTS;

        if (b->kind == DOC_CHAPTER && !own)
            text_wrap(out, b->chapter, TEXT_WIDTH, "  ", "    ");
    }
    buf_char(out, '\n');
}

static void text_block(struct buf *out, const struct doc *d, const struct doc_block *b)
{
    switch (b->kind) {
    case DOC_COVER:
        text_rule(out, '=', TEXT_WIDTH);
        text_paragraph(out, &b->text, "", "");
        if (b->table.row_count)
            text_doc_table(out, &b->table);
        break;
    case DOC_CONTENTS:
        text_contents(out, d);
        break;
    case DOC_CHAPTER:
        buf_char(out, '\n');
        text_rule(out, '=', TEXT_WIDTH);
        text_wrap(out, b->chapter, TEXT_WIDTH, "", "");
        text_rule(out, '=', TEXT_WIDTH);
        buf_char(out, '\n');
        text_heading(out, &b->text, '=');
        break;
    case DOC_SECTION:
        text_heading(out, &b->text, '-');
        break;
    case DOC_HEADING:
        text_heading(out, &b->text, 0);
        break;
    case DOC_LEAD:
    case DOC_PARAGRAPH:
        text_paragraph(out, &b->text, "", "");
        break;
    case DOC_BAND:
        text_paragraph(out, &b->text, "  | ", "  | ");
        break;
    case DOC_WARNING:
        text_paragraph(out, &b->text, "  ! ", "  ! ");
        break;
    case DOC_TABLE:
        text_doc_table(out, &b->table);
        break;
    case DOC_FIGURE:
        text_figure(out, &b->figure);
        break;
    case DOC_CODE:
        text_code(out, b->code);
        break;
    case DOC_COLUMNS:
    case DOC_COLUMN:
    case DOC_KEEP:
    case DOC_PAGE_BREAK:
    case DOC_LANDSCAPE:
    case DOC_PORTRAIT:
        break;
    }
    for (size_t i = 0; i < b->child_count; i++)
        text_block(out, d, b->children[i]);
}

int render_text(const struct doc *d, const char *path, struct err *e)
{
    struct buf out = {0};
    int rc = 0;

    buf_print(&out, "%s\n%s%s%s\n", d->head_left, d->foot_left, *d->foot_middle ? " · " : "", d->foot_middle);
    buf_text(&out, "Marks: [+] pass  [x] fail  [?] not assessed  [-] not applicable  [o] attested\n\n");
    for (size_t i = 0; i < d->block_count; i++)
        text_block(&out, d, d->blocks[i]);
    rc = file_write(path, buf_str(&out), out.len, 0600, e);
    buf_free(&out);
    return rc;
}
