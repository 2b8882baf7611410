/* Right-to-left letters on a line. libharu draws characters in the order in which they come; Hebrew and
 * Arabic names would read backwards. This is a small part of Unicode's UAX 9: on a line that runs left to
 * right, a stretch from one right-to-left letter to the last before a left-to-right one is turned round,
 * numbers in it are not, brackets are mirrored. Explicit bidi controls never get here: they are shown as
 * escapes. */
#include "render/pdf_text.h"

int pdf_bidi_is_right(uint16_t c)
{
    return (c >= 0x0590 && c <= 0x08ff) || (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfefe);
}

static int bidi_is_number(const struct pdf_glyph *g)
{
    return g->font >= 0 && ((g->code >= '0' && g->code <= '9') || (g->code >= 0x0660 && g->code <= 0x0669));
}

static int bidi_is_left(const struct pdf_glyph *g) /* letters of other scripts end a stretch */
{
    uint16_t c = g->code;

    return g->font >= 0 && !pdf_bidi_is_right(c) &&
           ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= 0xc0 && c <= 0x58f) || c >= 0x900) &&
           !(c >= 0x2000 && c <= 0x2bff);
}

static void bidi_turn(struct pdf_glyph *g, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct pdf_glyph keep = g[i];

        g[i] = g[n - 1 - i];
        g[n - 1 - i] = keep;
    }
}

static uint16_t bidi_mirror(uint16_t c)
{
    static const char pairs[] = "()<>[]{}";

    for (size_t i = 0; i + 1 < sizeof pairs; i++)
        if (c == (uint16_t)pairs[i])
            return (uint16_t)pairs[i ^ 1];
    return c;
}

void pdf_bidi_order(struct pdf_glyph *g, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t last = i;

        if (g[i].font < 0 || !pdf_bidi_is_right(g[i].code))
            continue;
        for (size_t k = i; k < n && g[k].font >= 0 && !bidi_is_left(&g[k]); k++)
            if (pdf_bidi_is_right(g[k].code))
                last = k;
        for (size_t k = i; k <= last; k++)
            g[k].code = bidi_mirror(g[k].code);
        bidi_turn(g + i, last - i + 1);
        for (size_t k = i; k <= last; k++) {
            size_t end = k;

            while (end <= last && bidi_is_number(&g[end]))
                end++;
            bidi_turn(g + k, end - k);
            k = end > k ? end - 1 : k;
        }
        i = last;
    }
}
