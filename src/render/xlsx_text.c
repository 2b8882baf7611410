/* What may stand in a cell, and how wide it is. See xlsx_text.h. */
#include "render/xlsx_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Advance widths of Noto Sans Regular and Bold for U+0020 to U+007E in thousandths of an em (the fonts' own
 * hmtx tables, Debian fonts-noto-core 20201225). Where the font is missing, Excel and LibreOffice take a
 * narrower one. */
static const uint16_t xlsx_sans[2][95] = {
    {260, 269, 408, 646, 572, 831, 732, 225, 300, 300, 551, 572, 268, 322, 268, 372, 572, 572, 572,
     572, 572, 572, 572, 572, 572, 572, 268, 268, 572, 572, 572, 434, 899, 639, 650, 632, 730, 556,
     519, 728, 741, 339, 273, 619, 524, 907, 760, 781, 605, 781, 622, 549, 556, 731, 600, 930, 586,
     566, 572, 329, 372, 329, 572, 444, 281, 561, 615, 480, 615, 564, 344, 615, 618, 258, 258, 534,
     258, 935, 618, 605, 615, 615, 413, 479, 361, 618, 508, 786, 529, 510, 470, 380, 551, 380, 572},
    {260, 286, 472, 646, 572, 901, 750, 266, 339, 339, 545, 572, 285, 322, 285, 413, 572, 572, 572,
     572, 572, 572, 572, 572, 572, 572, 285, 285, 572, 572, 572, 477, 897, 690, 672, 637, 740, 560,
     549, 724, 765, 389, 331, 664, 565, 943, 813, 796, 628, 796, 660, 551, 579, 756, 650, 967, 667,
     624, 579, 331, 413, 331, 572, 411, 362, 604, 633, 514, 633, 591, 387, 633, 657, 305, 305, 620,
     305, 982, 657, 619, 633, 633, 454, 497, 434, 657, 569, 856, 578, 569, 488, 394, 551, 394, 572},
};
#define XLSX_MONO_EM 600
#define XLSX_OTHER_EM 780 /* a wide capital: what is not ASCII and one column wide */
#define XLSX_WIDE_EM 1000 /* East Asian wide letters, emoji */
#define XLSX_FULLWIDTH 0xff00u

static int xlsx_is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* _xHHHH_ at p */
static int xlsx_is_escape(const char *p, const char *end)
{
    return end - p >= 7 && p[0] == '_' && p[1] == 'x' && xlsx_is_hex(p[2]) && xlsx_is_hex(p[3]) &&
           xlsx_is_hex(p[4]) && xlsx_is_hex(p[5]) && p[6] == '_';
}

static void xlsx_escape(struct buf *out, const char *p, const char *end)
{
    for (; p < end; p++) {
        if (xlsx_is_escape(p, end))
            buf_text(out, "_x005F");
        buf_char(out, *p);
    }
}

/* Characters as a cell counts them: UTF-16 units. */
static size_t xlsx_units(const char *p, const char *end)
{
    size_t units = 0;

    while (p < end)
        units += utf8_next(&p, end) > 0xffff ? 2 : 1;
    return units;
}

/* Most texts: ASCII that needs no care. */
static int xlsx_text_is_plain(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e || (text[i] == '_' && i + 1 < n && text[i + 1] == 'x'))
            return 0;
    }
    return n <= XLSX_CELL_MAX;
}

void xlsx_text(struct buf *out, const char *text, size_t n, const char *where)
{
    struct buf seen = {0}, cell = {0};
    const char *p = NULL, *end = NULL, *cut = NULL;
    size_t units = 0, kept = 0;
    char mark[256];

    if (xlsx_text_is_plain(text, n)) {
        buf_add(out, text, n);
        return;
    }
    utf8_visible(&seen, text, n);
    xlsx_escape(&cell, buf_str(&seen), buf_str(&seen) + seen.len);
    p = buf_str(&cell);
    end = p + cell.len;
    if (cell.len <= XLSX_CELL_MAX || (units = xlsx_units(p, end)) <= XLSX_CELL_MAX) {
        buf_add(out, p, cell.len);
        goto out;
    }
    snprintf(mark, sizeof mark, " … [cut here, %zu more characters: %.100s]", units, where);
    for (cut = p; cut < end;) {
        const char *next = cut;
        size_t width = utf8_next(&next, end) > 0xffff ? 2 : 1;

        if (kept + width + strlen(mark) > XLSX_CELL_MAX)
            break;
        kept += width;
        cut = next;
    }
    /* an escape of ours must not be cut in two: what is left of it would be read as text */
    for (const char *q = cut - 7 > p ? cut - 7 : p; q < cut; q++) {
        if (xlsx_is_escape(q, end) && q + 7 > cut) {
            kept -= (size_t)(cut - q);
            cut = q;
            break;
        }
    }
    buf_add(out, p, (size_t)(cut - p));
    buf_print(out, " … [cut here, %zu more characters: %.100s]", units - kept, where);
out:
    buf_free(&seen);
    buf_free(&cell);
}

int xlsx_text_is_formula(const char *text)
{
    const char *p = text;
    uint32_t c = utf8_next(&p, text + strlen(text));

    if (c > XLSX_FULLWIDTH && c < XLSX_FULLWIDTH + 0x5f)
        c -= XLSX_FULLWIDTH - 0x20;
    return c == '=' || c == '+' || c == '-' || c == '@';
}

static double xlsx_em(uint32_t c, size_t columns, int mono, int bold)
{
    if (!columns)
        return 0;
    if (columns > 1)
        return XLSX_WIDE_EM;
    if (mono)
        return XLSX_MONO_EM;
    return c >= 0x20 && c < 0x7f ? xlsx_sans[bold ? 1 : 0][c - 0x20] : XLSX_OTHER_EM;
}

/* Width of one character, which p is moved over. */
static double xlsx_step(const char **p, const char *end, int mono, int bold)
{
    const char *from = *p;
    uint32_t c = utf8_next(p, end);
    char one[8] = "";

    if (c < 0x80)
        return xlsx_em(c, c >= 0x20, mono, bold);
    memcpy(one, from, (size_t)(*p - from));
    return xlsx_em(c, utf8_columns(one), mono, bold);
}

double xlsx_text_pixels(const char *text, double points, int mono, int bold)
{
    const char *p = text, *end = text + strlen(text);
    double em = 0;

    while (p < end)
        em += xlsx_step(&p, end, mono, bold);
    return em / 1000 * points * 96 / 72;
}

int xlsx_text_lines(const char *text, double pixels, double points, int mono)
{
    const double room = pixels * 1000 / points * 72 / 96; /* in thousandths of an em */
    const char *p = text, *end = text + strlen(text);
    double line = 0, word = 0;
    int lines = 1;

    while (p < end) {
        char c = *p;
        double step = xlsx_step(&p, end, mono, 0);

        if (c == '\n') {
            lines++;
            line = word = 0;
            continue;
        }
        if (c == ' ') {
            line += word + step;
            word = 0;
            continue;
        }
        word += step;
        if (line > 0 && line + word > room) { /* the word goes to the next line */
            lines++;
            line = 0;
        }
        if (word > room) { /* longer than a line: broken where it must */
            lines++;
            word = step;
        }
    }
    return lines;
}

double xlsx_text_width(double pixels)
{
    /* The library's default font gives a digit 7 pixels and a cell 5 pixels of padding. */
    double width = (pixels - 5) / 7;
    return width < 4 ? 4 : width > 255 ? 255 : width;
}

void xlsx_text_head(struct buf *out, const char *text)
{
    struct buf seen = {0};
    const char *p = NULL, *end = NULL;

    utf8_visible(&seen, text, strlen(text));
    p = buf_str(&seen);
    end = p + seen.len;
    for (int n = 0; p < end && n < 120; n++) {
        uint32_t c = utf8_next(&p, end);

        if (c == '&')
            buf_char(out, '&');
        utf8_put(out, c);
    }
    buf_free(&seen);
}
