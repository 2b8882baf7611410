/* Paragraphs: characters, lines, ink. See pdf_text.h. */
#include "render/pdf_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum text_flag {
    TEXT_BREAK = 1 /* a line may end after it */,
    TEXT_SPACE = 2,
    TEXT_LINE = 4 /* a line begins */
};

#define MARK_WIDTH 1.22 /* of a mark with the room after it, in type sizes */

void pdf_text_free(struct pdf_text *t)
{
    free(t->styles);
    free(t->glyphs);
    free(t->rows);
    memset(t, 0, sizeof *t);
}

static struct pdf_glyph *text_add(struct pdf_text *t)
{
    if (t->count == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->glyphs = mem_grow(t->glyphs, t->room, sizeof *t->glyphs);
    }
    memset(&t->glyphs[t->count], 0, sizeof *t->glyphs);
    t->glyphs[t->count].style = (uint16_t)(t->style_count - 1);
    return &t->glyphs[t->count++];
}

static void text_row(struct pdf_text *t, size_t from, size_t to)
{
    struct pdf_row r = {from, to, 0, 0};

    while (r.to > r.from && (t->glyphs[r.to - 1].flags & TEXT_SPACE))
        r.to--;
    for (size_t i = from, style = SIZE_MAX; i < r.to; i++) {
        r.width += t->glyphs[i].width;
        if (t->glyphs[i].style != style) {
            style = t->glyphs[i].style;
            r.leading = t->styles[style].leading > r.leading ? t->styles[style].leading : r.leading;
        }
    }
    if (r.leading == 0)
        r.leading = t->type.leading;
    if (t->row_count == t->row_room) {
        t->row_room = t->row_room ? t->row_room * 2 : 8;
        t->rows = mem_grow(t->rows, t->row_room, sizeof *t->rows);
    }
    t->rows[t->row_count++] = r;
    t->height += r.leading;
}

static struct pdf_style text_style(const struct pdf_work *w, const struct pdf_type *type,
                                   const struct doc_run *r)
{
    unsigned look = r ? r->look : 0;
    int bold = type->bold || (look & DOC_BOLD), mono = type->mono || (look & DOC_MONO);
    struct pdf_style s = {mono ? (bold ? PDF_MONO_BOLD : PDF_MONO) : (bold ? PDF_BOLD : PDF_REGULAR),
                          type->size, type->leading, type->colour, r ? r->link : NULL};

    if (mono && !type->mono)
        s.size = s.size <= PDF_TEXT ? PDF_SMALL : s.size * 0.85;
    if (look & DOC_SMALL) {
        s.size = PDF_SMALL;
        s.leading = 11;
    }
    if (look & DOC_QUIET)
        s.colour = w->doc->colours.quiet;
    if (look & DOC_WARN)
        s.colour = w->doc->colours.not_assessed;
    if ((look & DOC_MARK) && r->status != VERDICT_NONE)
        s.colour = pdf_mark_colour(w, r->status);
    return s;
}

static void text_style_add(struct pdf_text *t, struct pdf_style s)
{
    if (t->style_count == t->style_room) {
        t->style_room = t->style_room ? t->style_room * 2 : 8;
        t->styles = mem_grow(t->styles, t->style_room, sizeof *t->styles);
    }
    t->styles[t->style_count++] = s;
}

static int text_is_cjk(uint32_t c)
{
    return (c >= 0x2e80 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0xff00 && c <= 0xffef);
}

static int text_is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

/* May a line end between these two? `piece`: characters since it last might. */
static int text_breaks(uint32_t c, uint32_t next, size_t piece, int mono)
{
    if (c == ' ')
        return 1;
    if (next == ' ' || next == 0)
        return 0;
    if (c == '-')
        return piece > 3 && (mono || !text_is_digit(next));
    if (c == '/' || c == 0x2014)
        return piece > 2 && next != '/';
    if (mono &&
        (c == '_' || c == ':' || c == '.' || c == ',' || c == '&' || c == '=' || c == ';' || c == '?'))
        return piece > 3;
    if (text_is_cjk(c) || text_is_cjk(next)) /* not before what closes, not after what opens */
        return next != 0x3001 && next != 0x3002 && next != 0x300d && next != 0xff09 && next != ')' &&
               c != 0x300c && c != 0xff08 && c != '(';
    return 0;
}

static void text_char(struct pdf_text *t, struct pdf_work *w, uint32_t c)
{
    const struct pdf_style *s = &t->styles[t->style_count - 1];
    struct pdf_glyph *g = NULL;
    int font = pdf_font_pick(&w->fonts, s->face, c);

    if (font < 0) { /* what cannot be shown is named */
        char escape[16];

        snprintf(escape, sizeof escape, "<U+%04X>", (unsigned)c);
        for (const char *p = escape; *p; p++)
            if (pdf_font_pick(&w->fonts, s->face, (uint32_t)*p) >= 0)
                text_char(t, w, (uint32_t)*p);
        return;
    }
    g = text_add(t);
    g->code = (uint16_t)c;
    g->font = (int8_t)font;
    g->width = (float)(w->fonts.all[font].width[c] * s->size / 1000);
    if (c == ' ')
        g->flags |= TEXT_SPACE;
}

/* Characters of ASCII that the face itself has: nearly all there are. Returns the first that is none. */
static const char *text_run_ascii(struct pdf_text *t, struct pdf_work *w, const char *p, const char *end)
{
    const struct pdf_style *s = &t->styles[t->style_count - 1];
    const int8_t *pick = w->fonts.pick[s->face];
    const uint16_t *width = w->fonts.all[s->face].width;
    const int8_t face = (int8_t)s->face;
    const double scale = s->size;
    struct pdf_glyph *g = NULL;

    if (t->room - t->count < (size_t)(end - p)) {
        t->room = t->count + (size_t)(end - p) + 64;
        t->glyphs = mem_grow(t->glyphs, t->room, sizeof *t->glyphs);
    }
    for (g = t->glyphs + t->count; p < end && (unsigned char)*p < 0x7f && pick[(unsigned char)*p] == face;
         p++, g++)
        *g = (struct pdf_glyph){.code = (unsigned char)*p,
                                .font = face,
                                .flags = *p == ' ' ? TEXT_SPACE : 0,
                                .style = (uint16_t)(t->style_count - 1),
                                .width = (float)(width[(unsigned char)*p] * scale / 1000)};
    t->count = (size_t)(g - t->glyphs);
    return p;
}

static void text_run(struct pdf_text *t, struct pdf_work *w, const char *text)
{
    const char *p = text, *end = text + strlen(text);

    while ((p = text_run_ascii(t, w, p, end)) < end) {
        const char *before = p;
        uint32_t c = utf8_next(&p, end);

        if (c == '\n') { /* the next character begins a line */
            struct pdf_glyph *g = text_add(t);

            g->code = ' ';
            g->font = (int8_t)t->styles[t->style_count - 1].face;
            g->flags = TEXT_LINE | TEXT_SPACE;
        } else if (c == '\t' || c == '\r') {
            text_char(t, w, ' ');
        } else if (c == 0xfffd && p - before == 1) { /* a byte that is no UTF-8 */
            text_char(t, w, 0xfffd);
        } else {
            text_char(t, w, c);
        }
    }
}

/* Nearly all characters are of ASCII and none of those that a line may end after. */
static int text_holds(const struct pdf_text *t, size_t i)
{
    static const char ends[128] = {[' '] = 1, ['-'] = 1, ['/'] = 1, ['_'] = 1, [':'] = 1, ['.'] = 1,
                                   [','] = 1, ['&'] = 1, ['='] = 1, [';'] = 1, ['?'] = 1};
    uint16_t c = t->glyphs[i].code;

    return c < 0x80 && !ends[c] && (i + 1 == t->count || t->glyphs[i + 1].code < 0x80);
}

static void text_break_marks(struct pdf_text *t)
{
    size_t piece = 0;

    for (size_t i = 0; i < t->count; i++) {
        struct pdf_glyph *g = &t->glyphs[i];
        enum pdf_face face = PDF_REGULAR;
        int next = 0;

        if (text_holds(t, i)) {
            piece++;
            continue;
        }
        face = t->styles[g->style].face;
        next = i + 1 < t->count && t->glyphs[i + 1].font >= 0 && !(t->glyphs[i + 1].flags & TEXT_LINE);
        piece = g->flags & (TEXT_SPACE | TEXT_LINE) ? 0 : piece + 1;
        if (g->font >= 0 && text_breaks(g->code,
                                        next               ? t->glyphs[i + 1].code
                                        : i + 1 < t->count ? 'x'
                                                           : 0,
                                        piece, face == PDF_MONO || face == PDF_MONO_BOLD)) {
            g->flags |= TEXT_BREAK;
            piece = 0;
        }
    }
}

static void text_finish(struct pdf_text *t)
{
    text_break_marks(t);
    t->row_count = 0;
    t->height = 0;
    text_row(t, 0, t->count);
}

static void text_begin(struct pdf_text *t, const struct pdf_type *type)
{
    t->type = *type;
    t->style_count = t->count = t->row_count = 0;
}

void pdf_text_set(struct pdf_text *t, struct pdf_work *w, const struct doc_text *text,
                  const struct pdf_type *type)
{
    text_begin(t, type);
    for (size_t i = 0; i < text->count; i++) {
        const struct doc_run *r = &text->runs[i];
        size_t from = t->count;

        text_style_add(t, text_style(w, type, r));
        if ((r->look & DOC_LINE) && from) {
            struct pdf_glyph *g = text_add(t);

            g->code = ' ';
            g->font = (int8_t)t->styles[t->style_count - 1].face;
            g->flags = TEXT_LINE | TEXT_SPACE;
        }
        if ((r->look & DOC_MARK) && r->status != VERDICT_NONE) {
            struct pdf_glyph *g = text_add(t);

            g->code = (uint16_t)r->status;
            g->font = -1;
            g->width = (float)(MARK_WIDTH * t->styles[t->style_count - 1].size);
        }
        text_run(t, w, r->text);
    }
    text_finish(t);
}

void pdf_text_plain(struct pdf_text *t, struct pdf_work *w, const char *text, const struct pdf_type *type)
{
    text_begin(t, type);
    text_style_add(t, text_style(w, type, NULL));
    text_run(t, w, text);
    text_finish(t);
}

/* A line that ends at a space rather than inside a word may be this much of the width. */
#define TEXT_FULL 0.72

static void text_wrap(struct pdf_text *t, double width, int anywhere)
{
    size_t from = 0, cut = 0, space = 0;
    double x = 0, space_x = 0;

    t->row_count = 0;
    t->height = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct pdf_glyph *g = &t->glyphs[i];

        if (g->flags & TEXT_LINE) {
            text_row(t, from, i);
            from = cut = i + 1;
            x = 0;
            continue;
        }
        x += g->width;
        if (x > width + 0.01 && i > from && (anywhere || !(g->flags & TEXT_SPACE))) {
            size_t end = cut > from && !anywhere ? cut : i;

            if (!anywhere && space > from && space_x > width * TEXT_FULL)
                end = space;
            text_row(t, from, end);
            while (!anywhere && end < i && (t->glyphs[end].flags & TEXT_SPACE))
                end++;
            from = cut = end;
            x = 0;
            for (size_t k = from; k <= i; k++)
                x += t->glyphs[k].width;
        }
        if (g->flags & TEXT_BREAK)
            cut = i + 1;
        if (g->flags & TEXT_SPACE) {
            space = i + 1;
            space_x = x;
        }
    }
    text_row(t, from, t->count);
}

void pdf_text_wrap(struct pdf_text *t, double width)
{
    text_wrap(t, width, 0);
}

void pdf_text_cut(struct pdf_text *t, double width)
{
    text_wrap(t, width, 1);
}

double pdf_text_natural(const struct pdf_text *t)
{
    double most = 0, x = 0, spaces = 0;

    for (size_t i = 0; i < t->count; i++) {
        const struct pdf_glyph *g = &t->glyphs[i];

        if (g->flags & TEXT_LINE) {
            x = spaces = 0;
        } else if (g->flags & TEXT_SPACE) {
            spaces += g->width;
        } else {
            x += spaces + g->width;
            spaces = 0;
        }
        most = x > most ? x : most;
    }
    return most;
}

double pdf_text_least(const struct pdf_text *t)
{
    double most = 0, x = 0;

    for (size_t i = 0; i < t->count; i++) {
        const struct pdf_glyph *g = &t->glyphs[i];

        x = g->flags & (TEXT_LINE | TEXT_SPACE) ? 0 : x + g->width;
        most = x > most ? x : most;
        if (g->flags & TEXT_BREAK)
            x = 0;
    }
    return most;
}

/* ---- ink */

static double text_base(const struct pdf_text *t, const struct pdf_row *r)
{
    double size = r->leading < t->type.leading ? PDF_SMALL : t->type.size;

    return r->leading / 2 + 0.37 * size;
}

/* One row: stretches of one font and style at a time. */
static void text_draw_row(const struct pdf_text *t, struct pdf_work *w, const struct pdf_glyph *g, size_t n,
                          const struct pdf_row *r, double x, double y)
{
    double base = y + text_base(t, r);
    uint16_t codes[512];

    for (size_t i = 0; i < n;) {
        const struct pdf_style *s = &t->styles[g[i].style];
        double from = x;
        size_t k = 0;

        if (g[i].font < 0) {
            pdf_mark(w, x + 0.42 * s->size, base - 0.36 * s->size, 0.84 * s->size, (enum verdict)g[i].code,
                     0);
            x += g[i++].width;
            continue;
        }
        for (; i + k < n && k < 512 && g[i + k].font == g[i].font && g[i + k].style == g[i].style; k++) {
            codes[k] = g[i + k].code;
            x += g[i + k].width;
        }
        pdf_page_fill(w, s->colour);
        pdf_page_show(w, from, base, g[i].font, s->size, 0, codes, k);
        pdf_page_link(w, s->link, from, y, x - from, r->leading);
        i += k;
    }
}

double pdf_text_draw(const struct pdf_text *t, struct pdf_work *w, double x, double y, double width,
                     double align, size_t from, size_t to)
{
    double top = y;

    for (size_t i = from; i < to && i < t->row_count; i++) {
        const struct pdf_row *r = &t->rows[i];
        size_t n = r->to - r->from;
        int right = 0;

        for (size_t k = r->from; !w->dry && k < r->to && !right; k++)
            right = t->glyphs[k].font >= 0 && pdf_bidi_is_right(t->glyphs[k].code);
        if (right) {
            struct pdf_glyph *g = mem_alloc(n * sizeof *g);

            memcpy(g, t->glyphs + r->from, n * sizeof *g);
            pdf_bidi_order(g, n);
            text_draw_row(t, w, g, n, r, x + align * (width - r->width), y);
            free(g);
        } else if (!w->dry) {
            text_draw_row(t, w, t->glyphs + r->from, n, r, x + align * (width - r->width), y);
        }
        y += r->leading;
    }
    return y - top;
}

double pdf_text_put(struct pdf_work *w, const char *text, const struct pdf_type *type, double x, double y,
                    double width, double align)
{
    struct pdf_text t = {0};
    double out = 0;

    pdf_text_plain(&t, w, text, type);
    if (width > 0)
        pdf_text_wrap(&t, width);
    out = pdf_text_draw(&t, w, x, y, width, align, 0, t.row_count);
    if (width <= 0)
        out = t.rows[0].width;
    pdf_text_free(&t);
    return out;
}

void pdf_text_fit(struct pdf_work *w, const char *text, const struct pdf_type *type, double x, double y,
                  double width, double align)
{
    struct pdf_text t = {0};
    double dots = 0;

    pdf_text_plain(&t, w, text, type);
    if (pdf_text_natural(&t) > width) {
        size_t n = 0;
        double used = 0;

        dots = w->fonts.all[t.styles[0].face].width[0x2026] * type->size / 1000;
        while (n < t.count && used + t.glyphs[n].width + dots <= width)
            used += t.glyphs[n++].width;
        t.count = n;
        text_char(&t, w, 0x2026);
        text_finish(&t);
    }
    pdf_text_draw(&t, w, x, y, width, align, 0, 1);
    pdf_text_free(&t);
}

double pdf_text_turned(struct pdf_work *w, const char *text, const struct pdf_type *type, double x, double y,
                       double turn)
{
    struct pdf_text t = {0};
    double width = 0;
    uint16_t codes[128];
    size_t n = 0;

    pdf_text_plain(&t, w, text, type);
    for (; n < t.count && n < 128; n++) { /* our own words: one font */
        codes[n] = t.glyphs[n].code;
        width += t.glyphs[n].width;
    }
    pdf_page_fill(w, type->colour);
    pdf_page_show(w, x, y, (int)t.styles[0].face, type->size, turn, codes, n);
    pdf_text_free(&t);
    return width;
}
