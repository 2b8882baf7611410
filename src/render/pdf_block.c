/* Text blocks: headings, paragraphs, bands, columns, code. */
#include "render/pdf_block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BAND_PAD 12.0

struct pdf_type pdf_type_text(const struct pdf_work *w)
{
    return (struct pdf_type){PDF_TEXT, 14, 0, 0, w->doc->colours.ink};
}

struct pdf_type pdf_type_cell(const struct pdf_work *w)
{
    return (struct pdf_type){PDF_CELL, 12, 0, 0, w->doc->colours.ink};
}

struct pdf_type pdf_type_small(const struct pdf_work *w)
{
    return (struct pdf_type){PDF_SMALL, 11, 0, 0, w->doc->colours.quiet};
}

/* Rows of a text over as many pages as it takes, no single row left alone at either end of a page. */
static void block_rows(struct pdf_work *w, const struct pdf_text *t, double x, double width)
{
    size_t from = 0;

    while (from < t->row_count) {
        size_t to = from;
        double h = 0, room = pdf_page_room(w);

        while (to < t->row_count && h + t->rows[to].leading <= room + 0.01)
            h += t->rows[to++].leading;
        if (to + 1 == t->row_count && to > from + 2)
            to--; /* two rows go over */
        if (to < t->row_count && to == from + 1 && !w->fresh)
            to = from;
        if (to == from && w->fresh)
            to = from + 1; /* taller than a page: cannot be, but never loop */
        w->y += pdf_text_draw(t, w, x, w->y, width, 0, from, to);
        if (to > from)
            w->fresh = 0;
        from = to;
        if (from < t->row_count)
            pdf_page_new(w);
        if (w->failed)
            return;
    }
}

void pdf_paragraph(struct pdf_work *w, const struct doc_text *text, const struct pdf_type *type, double after)
{
    struct pdf_text t = {0};

    pdf_text_set(&t, w, text, type);
    pdf_text_wrap(&t, w->width);
    block_rows(w, &t, w->x, w->width);
    pdf_block_gap(w, after);
    pdf_text_free(&t);
}

void pdf_note(struct pdf_work *w, const char *text)
{
    struct pdf_type type = pdf_type_small(w);
    struct pdf_text t = {0};

    if (!text || !*text)
        return;
    pdf_text_plain(&t, w, text, &type);
    pdf_text_wrap(&t, w->width);
    pdf_page_need(w, 5 + t.height);
    w->y += 5;
    block_rows(w, &t, w->x, w->width);
    pdf_text_free(&t);
}

/* What is to stand below a title on its page: its first paragraphs, and the beginning of what follows them.
 */
#define FOLLOW_BLOCKS 5
#define FOLLOW_MOST 260.0

static double block_follow(struct pdf_work *w, struct doc_block *const *rest, size_t n)
{
    double h = 0;

    for (size_t i = 0; i < n && i < FOLLOW_BLOCKS; i++) {
        if (rest[i]->kind != DOC_PARAGRAPH && rest[i]->kind != DOC_LEAD) {
            h += pdf_block_start(w, rest[i]);
            break;
        }
        h += pdf_block_height(w, rest + i, 1, w->width);
    }
    return h < FOLLOW_MOST ? h : n ? pdf_block_start(w, rest[0]) : 0;
}

static void block_title(struct pdf_work *w, const struct doc_block *b, const struct pdf_type *type,
                        double before, double after, struct doc_block *const *rest, size_t n)
{
    struct pdf_text t = {0};

    pdf_text_set(&t, w, &b->text, type);
    pdf_text_wrap(&t, w->width);
    pdf_page_need(w, before + t.height + after + block_follow(w, rest, n));
    if (!w->fresh && before > w->after)
        w->y += before - w->after;
    pdf_page_target(w, b->anchor, w->y);
    if (b->kind == DOC_CHAPTER || b->kind == DOC_SECTION)
        pdf_page_entry(w, b, b->kind == DOC_CHAPTER ? 0 : b->level > 1 ? b->level : 1);
    w->y += pdf_text_draw(&t, w, w->x, w->y, w->width, 0, 0, t.row_count);
    pdf_block_gap(w, after);
    w->fresh = 0;
    pdf_text_free(&t);
}

static void block_chapter(struct pdf_work *w, const struct doc_block *b, struct doc_block *const *rest,
                          size_t n)
{
    struct pdf_type type = {PDF_TITLE, 28, 1, 0, w->doc->colours.ink};

    w->chapter = b->chapter;
    if (!w->fresh || w->sheet_count == 0) /* none yet: the document begins with how its pages lie */
        pdf_page_new(w);
    else if (!w->dry)
        w->sheets[w->at].chapter = b->chapter;
    block_title(w, b, &type, 0, 4, rest, n);
}

static void block_section(struct pdf_work *w, const struct doc_block *b, struct doc_block *const *rest,
                          size_t n)
{
    struct pdf_type big = {14, 20, 1, 0, w->doc->colours.ink},
                    small = {PDF_HEADING, 14, 1, 0, w->doc->colours.ink};

    if (b->kind == DOC_SECTION && b->level <= 2)
        block_title(w, b, &big, b->level <= 1 ? 24 : 30, 4, rest, n);
    else
        block_title(w, b, &small, 20, 5, rest, n);
}

/* A paragraph on a band; the warning's has a bar at its left. */
static void block_band(struct pdf_work *w, const struct doc_block *b)
{
    const struct doc_colours *c = &w->doc->colours;
    int warning = b->kind == DOC_WARNING;
    struct pdf_type type = pdf_type_text(w);
    struct pdf_text t = {0};
    double pad = warning ? 6 : 8, inset = warning ? 13 : BAND_PAD;
    size_t from = 0;

    pdf_text_set(&t, w, &b->text, &type);
    pdf_text_wrap(&t, w->width - inset - BAND_PAD);
    if (t.height + 2 * pad + 6 < pdf_page_whole(w))
        pdf_page_need(w, 6 + t.height + 2 * pad);
    if (!w->fresh && w->after < 8)
        w->y += 8 - w->after;
    pdf_page_target(w, b->anchor, w->y);
    while (from < t.row_count && !w->failed) { /* once, unless it is taller than a page */
        double h = 0, room = pdf_page_room(w) - 2 * pad;
        size_t to = from;

        while (to < t.row_count && h + t.rows[to].leading <= room + 0.01)
            h += t.rows[to++].leading;
        if (to == from) {
            pdf_page_new(w);
            continue;
        }
        pdf_page_fill(w, warning ? c->warning_band : c->band);
        pdf_page_rect(w, w->x, w->y, w->width, h + 2 * pad);
        if (warning) {
            pdf_page_fill(w, c->not_assessed);
            pdf_page_rect(w, w->x, w->y, 3, h + 2 * pad);
        }
        pdf_text_draw(&t, w, w->x + inset, w->y + pad, w->width, 0, from, to);
        w->y += h + 2 * pad;
        w->fresh = 0;
        from = to;
        if (from < t.row_count)
            pdf_page_new(w);
    }
    pdf_block_gap(w, 8);
    pdf_text_free(&t);
}

/* Measuring: as if on a page of its own, `width` wide. */
static void block_dry(struct pdf_work *w, struct pdf_work *keep, double width)
{
    *keep = *w;
    w->dry = w->fresh = 1;
    w->x = w->y = w->after = 0;
    w->width = width;
}

static double block_wet(struct pdf_work *w, const struct pdf_work *keep)
{
    double height = w->y;

    w->dry = keep->dry;
    w->fresh = keep->fresh;
    w->x = keep->x;
    w->y = keep->y;
    w->after = keep->after;
    w->width = keep->width;
    w->chapter = keep->chapter;
    w->wide = keep->wide;
    return height;
}

double pdf_block_height(struct pdf_work *w, struct doc_block *const *blocks, size_t n, double width)
{
    struct pdf_work keep;

    block_dry(w, &keep, width);
    pdf_block_all(w, blocks, n);
    return block_wet(w, &keep);
}

static void block_columns(struct pdf_work *w, const struct doc_block *b)
{
    double width = (w->width - PDF_GAP) / 2, x = w->x, whole = w->width, most = 0, top = 0;
    double before = w->fresh || w->after > 20 ? 0 : 20 - w->after;

    for (size_t i = 0; i < b->child_count && i < 2; i++) {
        double h = pdf_block_height(w, b->children[i]->children, b->children[i]->child_count, width);

        most = h > most ? h : most;
    }
    if (b->child_count != 2 || most > pdf_page_whole(w)) { /* one under the other */
        for (size_t i = 0; i < b->child_count; i++)
            pdf_block_all(w, b->children[i]->children, b->children[i]->child_count);
        return;
    }
    pdf_page_need(w, before + most);
    top = w->y + (w->fresh ? 0 : before);
    w->after = 0;
    for (size_t i = 0; i < 2; i++) {
        w->x = x + (double)i * (width + PDF_GAP);
        w->width = width;
        w->y = top;
        w->fresh = 1;
        pdf_block_all(w, b->children[i]->children, b->children[i]->child_count);
    }
    w->x = x;
    w->width = whole;
    w->y = top + most;
    w->after = 5;
    w->fresh = 0;
}

/* Children that fit on one page begin a new one rather than be parted, unless that leaves much of this one
 * empty and more than a little goes on. */
#define KEEP_EMPTY 0.45 /* of a page */
#define KEEP_TAIL 60.0

static void block_keep(struct pdf_work *w, const struct doc_block *b)
{
    struct pdf_work keep;
    double h = 0, room = 0;

    block_dry(w, &keep, w->width);
    w->fresh = keep.fresh;
    w->after = keep.after;
    pdf_block_all(w, b->children, b->child_count);
    h = block_wet(w, &keep);
    room = pdf_page_room(w);
    if (room < pdf_page_whole(w) * KEEP_EMPTY || h - room < KEEP_TAIL)
        pdf_page_need(w, h < pdf_page_whole(w) ? h : pdf_page_whole(w));
    pdf_block_all(w, b->children, b->child_count);
}

double pdf_block_start(struct pdf_work *w, const struct doc_block *b)
{
    struct pdf_work keep;
    double h = 0;

    switch (b->kind) {
    case DOC_TABLE:
        return pdf_table_start(w, &b->table);
    case DOC_FIGURE:
    case DOC_COLUMNS:
    case DOC_BAND:
    case DOC_WARNING:
        block_dry(w, &keep, w->width);
        pdf_block(w, b, NULL, 0);
        h = block_wet(w, &keep);
        return h < 260 ? h : 120;
    case DOC_HEADING:
    case DOC_SECTION:
        return 90;
    case DOC_LEAD:
    case DOC_PARAGRAPH:
        return 28;
    case DOC_CODE:
        return 44;
    default:
        return 0;
    }
}

double pdf_block_gap(struct pdf_work *w, double gap)
{
    w->y += gap;
    w->after = gap;
    return gap;
}

void pdf_block(struct pdf_work *w, const struct doc_block *b, struct doc_block *const *rest, size_t n)
{
    struct pdf_type text = pdf_type_text(w), lead = {PDF_HEADING, 17, 0, 0, w->doc->colours.ink};
    int small = 1;

    if (w->failed)
        return;
    switch (b->kind) {
    case DOC_COVER:
        pdf_cover(w, b);
        break;
    case DOC_CONTENTS:
        pdf_contents(w);
        break;
    case DOC_CHAPTER:
        block_chapter(w, b, rest, n);
        break;
    case DOC_SECTION:
    case DOC_HEADING:
        block_section(w, b, rest, n);
        break;
    case DOC_LEAD:
        pdf_page_target(w, b->anchor, w->y);
        pdf_paragraph(w, &b->text, &lead, 8);
        break;
    case DOC_PARAGRAPH:
        pdf_page_target(w, b->anchor, w->y);
        for (size_t i = 0; i < b->text.count; i++)
            small &= (b->text.runs[i].look & DOC_SMALL) != 0;
        pdf_paragraph(w, &b->text, &text, small ? 3 : 5);
        break;
    case DOC_BAND:
    case DOC_WARNING:
        block_band(w, b);
        break;
    case DOC_COLUMNS:
        block_columns(w, b);
        break;
    case DOC_COLUMN:
        pdf_block_all(w, b->children, b->child_count);
        break;
    case DOC_KEEP:
        block_keep(w, b);
        break;
    case DOC_TABLE:
        pdf_page_target(w, b->anchor, w->y);
        pdf_table(w, &b->table);
        break;
    case DOC_FIGURE:
        pdf_figure(w, &b->figure);
        break;
    case DOC_CODE:
        pdf_page_target(w, b->anchor, w->y);
        pdf_code(w, b->code ? b->code : "", b->level);
        break;
    case DOC_PAGE_BREAK:
        if (!w->fresh)
            pdf_page_new(w);
        break;
    case DOC_LANDSCAPE:
    case DOC_PORTRAIT:
        w->wide = b->kind == DOC_LANDSCAPE; /* the next page; a chapter or a block that follows begins it */
        if (n && rest[0]->kind != DOC_CHAPTER)
            pdf_page_new(w);
        break;
    }
}

void pdf_block_all(struct pdf_work *w, struct doc_block *const *blocks, size_t n)
{
    for (size_t i = 0; i < n && !w->failed; i++)
        pdf_block(w, blocks[i], blocks + i + 1, n - i - 1);
}

/* What goes on in the next line begins behind a small arrow in the column of the numbers. */
void pdf_code(struct pdf_work *w, const char *code, int numbers)
{
    struct pdf_type type = {PDF_SMALL, 11, 0, 1, w->doc->colours.ink};
    struct pdf_type quiet = {6.5, 11, 0, 1, w->doc->colours.quiet};
    double gutter = numbers ? 26 : 14;
    unsigned line = 0;

    if (!w->fresh)
        w->y += 4;
    for (const char *p = code; *p && !w->failed;) {
        size_t n = strcspn(p, "\n");
        char *text = mem_copy_n(p, n), number[16];
        struct pdf_text t = {0};

        pdf_text_plain(&t, w, text, &type);
        pdf_text_cut(&t, w->width - gutter);
        snprintf(number, sizeof number, "%u", ++line);
        for (size_t i = 0; i < t.row_count; i++) {
            pdf_page_need(w, 11);
            pdf_text_put(w, i ? ">" : numbers ? number : "", &quiet, w->x, w->y, gutter - 8, 1);
            w->y += pdf_text_draw(&t, w, w->x + gutter, w->y, w->width, 0, i, i + 1);
            w->fresh = 0;
        }
        pdf_text_free(&t);
        free(text);
        p += n + (p[n] == '\n');
    }
    pdf_block_gap(w, 8);
}
