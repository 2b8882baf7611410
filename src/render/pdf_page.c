/* Pages, and the ink on them. See pdf_page.h. Operators (ISO 32000-1, annex A) go straight into the page's
 * stream: libharu would measure every text again and keep two hexadecimal digits for each byte. */
#include "render/pdf_page.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "render/pdf_stream.h"

#define PAGE_FLUSH 65536 /* bytes of operators that are deflated as one piece: most pages have fewer */

int pdf_page_fail(struct pdf_work *w, const char *what)
{
    if (!w->failed)
        err_set(&w->err, "libharu: %s: error 0x%04lX, detail %ld", what, (unsigned long)HPDF_GetError(w->pdf),
                (long)HPDF_GetErrorDetail(w->pdf));
    w->failed = 1;
    return -1;
}

/* ---- numbers and operators */

static void page_hundredths(struct pdf_work *w, long long c) /* without a locale */
{
    char text[24];
    size_t n = sizeof text;
    unsigned long long u = (unsigned long long)(c < 0 ? -c : c);
    unsigned part = (unsigned)(u % 100);

    text[--n] = ' ';
    if (part) {
        if (part % 10)
            text[--n] = (char)('0' + part % 10);
        text[--n] = (char)('0' + part / 10);
        text[--n] = '.';
    }
    u /= 100;
    do
        text[--n] = (char)('0' + u % 10);
    while (u /= 10);
    if (c < 0)
        text[--n] = '-';
    buf_add(&w->ops, text + n, sizeof text - n);
}

/* What is drawn next is no text. */
static void page_shut(struct pdf_work *w)
{
    if (w->open)
        buf_text(&w->ops, "ET\n");
    w->open = 0;
}

static void page_flush(struct pdf_work *w)
{
    page_shut(w);
    if (w->sheet_count && !w->failed)
        pdf_stream_add(w, &w->sheets[w->at], &w->ops);
    buf_clear(&w->ops);
}

static void page_number(struct pdf_work *w, double v)
{
    page_hundredths(w, llround(v * 100));
}

static void page_op(struct pdf_work *w, const char *op, size_t n, const double *v)
{
    for (size_t i = 0; i < n; i++)
        page_number(w, v[i]);
    buf_text(&w->ops, op);
    buf_char(&w->ops, '\n');
    if (w->ops.len > PAGE_FLUSH)
        page_flush(w);
}

static double page_up(const struct pdf_work *w, double y) /* to PDF's upward y */
{
    return w->sheet_count ? w->sheets[w->at].height - y : 0;
}

static int page_hidden(const struct pdf_work *w)
{
    return w->dry || w->failed || w->sheet_count == 0;
}

/* ---- pages */

void pdf_page_go(struct pdf_work *w, size_t sheet)
{
    page_flush(w);
    w->at = sheet;
    memset(w->font_names, 0, sizeof w->font_names);
    w->fill = w->stroke = PDF_NO_COLOUR;
    w->line = -1;
    w->set_font = -1;
}

/* Procedure sets are a thing of PostScript printers (ISO 32000-1, 14.2): a kilobyte of memory a page. */
static void page_light(HPDF_Page page)
{
    HPDF_Dict resources = HPDF_Dict_GetItem(page, "Resources", HPDF_OCLASS_DICT);

    if (resources)
        HPDF_Dict_RemoveElement(resources, "ProcSet");
}

void pdf_page_new(struct pdf_work *w)
{
    struct pdf_sheet s = {.chapter = w->chapter};
    double page_width = w->wide ? w->doc->page_height : w->doc->page_width;
    double page_height = w->wide ? w->doc->page_width : w->doc->page_height;

    if (w->dry || w->failed)
        return;
    s.width = page_width;
    s.height = page_height;
    s.page = HPDF_AddPage(w->pdf);
    if (!s.page || HPDF_Page_SetWidth(s.page, (HPDF_REAL)page_width) != HPDF_OK ||
        HPDF_Page_SetHeight(s.page, (HPDF_REAL)page_height) != HPDF_OK) {
        pdf_page_fail(w, "adding a page");
        return;
    }
    page_light(s.page);
    if ((w->sheet_count & (w->sheet_count - 1)) == 0) /* a power of two is full */
        w->sheets = mem_grow(w->sheets, w->sheet_count ? w->sheet_count * 2 : 1, sizeof *w->sheets);
    page_flush(w);
    w->sheets[w->sheet_count++] = s;
    pdf_page_go(w, w->sheet_count - 1);
    w->x = PDF_MARGIN;
    w->width = page_width - 2 * PDF_MARGIN;
    w->y = w->top = PDF_TOP;
    w->bottom = page_height - PDF_MARGIN;
    w->fresh = 1;
    w->after = 0;
}

double pdf_page_room(const struct pdf_work *w)
{
    return w->dry ? 1e9 : w->bottom - w->y;
}

double pdf_page_whole(const struct pdf_work *w)
{
    return w->dry ? 1e9 : w->bottom - w->top;
}

void pdf_page_need(struct pdf_work *w, double height)
{
    if (!w->dry && !w->fresh && height > pdf_page_room(w) + 0.01)
        pdf_page_new(w);
}

/* ---- ink */

void pdf_page_fill(struct pdf_work *w, unsigned colour)
{
    double v[3] = {(colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0};

    if (page_hidden(w) || w->fill == colour)
        return;
    w->fill = colour;
    for (int i = 0; i < 3; i++)
        buf_print(&w->ops, "%u.%03u ", v[i] >= 1, v[i] >= 1 ? 0 : (unsigned)lround(v[i] * 1000));
    page_op(w, "rg", 0, NULL);
}

void pdf_page_stroke(struct pdf_work *w, unsigned colour, double width)
{
    double v[3] = {(colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0};

    if (page_hidden(w))
        return;
    if (w->stroke != colour) {
        w->stroke = colour;
        for (int i = 0; i < 3; i++)
            buf_print(&w->ops, "%u.%03u ", v[i] >= 1, v[i] >= 1 ? 0 : (unsigned)lround(v[i] * 1000));
        page_op(w, "RG", 0, NULL);
    }
    if (fabs(w->line - width) > 1e-6) {
        w->line = width;
        page_op(w, "w", 1, &width);
    }
}

void pdf_page_rule(struct pdf_work *w, double x1, double y1, double x2, double y2)
{
    double points[2][2] = {{x1, y1}, {x2, y2}};

    pdf_page_path(w, (const double(*)[2])points, 2, 0);
}

void pdf_page_path(struct pdf_work *w, const double (*points)[2], size_t n, int closed)
{
    if (page_hidden(w))
        return;
    page_shut(w);
    for (size_t i = 0; i < n; i++) {
        double v[2] = {points[i][0], page_up(w, points[i][1])};

        page_op(w, i ? "l" : "m", 2, v);
    }
    page_op(w, closed ? "s" : "S", 0, NULL);
}

static void page_box(struct pdf_work *w, const char *op, double x, double y, double width, double height)
{
    double v[4] = {x, page_up(w, y + height), width, height};

    if (page_hidden(w))
        return;
    page_shut(w);
    page_op(w, "re", 4, v);
    page_op(w, op, 0, NULL);
}

void pdf_page_rect(struct pdf_work *w, double x, double y, double width, double height)
{
    page_box(w, "f", x, y, width, height);
}

void pdf_page_frame(struct pdf_work *w, double x, double y, double width, double height)
{
    page_box(w, "S", x, y, width, height);
}

static void page_circle(struct pdf_work *w, double x, double y, double r, const char *op)
{
    const double k = 0.5523 * r, up = page_up(w, y); /* four Bezier curves */
    const double start[2] = {x + r, up};
    const double v[4][6] = {{x + r, up + k, x + k, up + r, x, up + r},
                            {x - k, up + r, x - r, up + k, x - r, up},
                            {x - r, up - k, x - k, up - r, x, up - r},
                            {x + k, up - r, x + r, up - k, x + r, up}};

    if (page_hidden(w))
        return;
    page_shut(w);
    page_op(w, "m", 2, start);
    for (int i = 0; i < 4; i++)
        page_op(w, "c", 6, v[i]);
    page_op(w, op, 0, NULL);
}

void pdf_page_disc(struct pdf_work *w, double x, double y, double r)
{
    page_circle(w, x, y, r, "f");
}

void pdf_page_ring(struct pdf_work *w, double x, double y, double r)
{
    page_circle(w, x, y, r, "s");
}

void pdf_page_hatch(struct pdf_work *w, double x, double y, double width, double height)
{
    const double step = 3.2;
    double clip[4] = {x, page_up(w, y + height), width, height};

    if (page_hidden(w))
        return;
    page_shut(w);
    page_op(w, "q", 0, NULL);
    page_op(w, "re", 4, clip);
    page_op(w, "W n", 0, NULL);
    for (int i = 0; i < 2000 && i * step < width + height; i++)
        pdf_page_rule(w, x - height + i * step, y + height, x + i * step, y);
    page_op(w, "Q", 0, NULL); /* colours were set before q: they stay as they are */
}

static char *page_byte(char *to, unsigned c)
{
    if (c == '(' || c == ')' || c == '\\' || c == '\r') /* 7.3.4.2: a bare CR would be read as LF */
        *to++ = '\\';
    *to++ = (char)(c == '\r' ? 'r' : c);
    return to;
}

static void page_string(struct pdf_work *w, const uint16_t *codes, size_t n)
{
    char bytes[4 * 128], *to = bytes; /* two bytes a character, each with a backslash at most */

    for (size_t i = 0; i < n; i++) {
        to = page_byte(to, codes[i] >> 8);
        to = page_byte(to, codes[i] & 255);
        if (i % 128 == 127 || i + 1 == n) {
            buf_add(&w->ops, bytes, (size_t)(to - bytes));
            to = bytes;
        }
    }
}

/* The font of what follows; it stays set until another one is. */
static void page_font(struct pdf_work *w, int font, double size)
{
    if (w->set_font == font && fabs(w->set_size - size) < 1e-6)
        return;
    buf_char(&w->ops, '/');
    buf_text(&w->ops, w->font_names[font]);
    buf_char(&w->ops, ' ');
    page_number(w, size);
    buf_text(&w->ops, "Tf ");
    w->set_font = font;
    w->set_size = size;
}

void pdf_page_show(struct pdf_work *w, double x, double y, int font, double size, double turn,
                   const uint16_t *codes, size_t n)
{
    double angle = turn * 3.14159265358979323846 / 180;
    long long at_x = llround(x * 100), at_y = llround(page_up(w, y) * 100);

    if (page_hidden(w) || n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        if (!w->fonts.all[font].used[codes[i]])
            pdf_font_use(&w->fonts, font, codes[i]);
    }
    if (w->fonts.failed)
        return;
    if (!w->font_names[font])
        w->font_names[font] = HPDF_Page_GetLocalFontName(w->sheets[w->at].page, w->fonts.all[font].font);
    if (!w->font_names[font]) {
        pdf_page_fail(w, "naming a font on a page");
        return;
    }
    if (turn != 0)
        page_shut(w);
    if (!w->open) {
        buf_text(&w->ops, "BT ");
        w->text_x = w->text_y = 0;
        w->open = 1;
    }
    page_font(w, font, size);
    if (turn != 0) {
        for (int i = 0; i < 4; i++)
            buf_print(&w->ops, "%.4f ", i == 0 || i == 3 ? cos(angle) : i == 1 ? sin(angle) : -sin(angle));
        page_hundredths(w, at_x);
        page_hundredths(w, at_y);
        buf_text(&w->ops, "Tm (");
    } else {
        page_hundredths(w, at_x - w->text_x); /* from where the last one began: ISO 32000-1, 9.4.2 */
        page_hundredths(w, at_y - w->text_y);
        buf_text(&w->ops, "Td (");
        w->text_x = at_x;
        w->text_y = at_y;
    }
    page_string(w, codes, n);
    page_op(w, ") Tj", 0, NULL);
    if (turn != 0)
        page_shut(w);
}

void pdf_page_image(struct pdf_work *w, HPDF_Image image, double x, double y, double width, double height)
{
    double v[6] = {width, 0, 0, height, x, page_up(w, y + height)};
    const char *name = NULL;

    if (page_hidden(w))
        return;
    name = HPDF_Page_GetXObjectName(w->sheets[w->at].page, image);
    if (!name) {
        pdf_page_fail(w, "an image");
        return;
    }
    page_shut(w);
    page_op(w, "q", 0, NULL);
    page_op(w, "cm", 6, v);
    buf_print(&w->ops, "/%s ", name);
    page_op(w, "Do", 0, NULL);
    page_op(w, "Q", 0, NULL);
}

/* ---- targets and links */

void pdf_page_target(struct pdf_work *w, const char *name, double y)
{
    if (!name || w->dry || w->failed)
        return;
    if ((w->target_count & (w->target_count - 1)) == 0)
        w->targets = mem_grow(w->targets, w->target_count ? w->target_count * 2 : 1, sizeof *w->targets);
    w->targets[w->target_count++] = (struct pdf_target){name, w->at, y};
}

void pdf_page_link(struct pdf_work *w, const char *to, double x, double y, double width, double height)
{
    if (!to || w->dry || w->failed)
        return;
    if ((w->link_count & (w->link_count - 1)) == 0)
        w->links = mem_grow(w->links, w->link_count ? w->link_count * 2 : 1, sizeof *w->links);
    w->links[w->link_count++] = (struct pdf_link){to, w->at, x, y, width, height, 0, 0};
}

void pdf_page_entry(struct pdf_work *w, const struct doc_block *b, int level)
{
    if (w->dry || w->failed)
        return;
    if ((w->entry_count & (w->entry_count - 1)) == 0)
        w->entries = mem_grow(w->entries, w->entry_count ? w->entry_count * 2 : 1, sizeof *w->entries);
    w->entries[w->entry_count++] = (struct pdf_entry){b, level, w->at, w->y};
}
