/* TrueType tables. See pdf_font_file.h. Every read is bounded: outside the file there are zeros. */
#include "render/pdf_font_file.h"

#include <string.h>

struct font_file {
    const unsigned char *p;
    size_t n;
};

static unsigned file_u16(const struct font_file *f, size_t at)
{
    return at + 2 <= f->n ? (unsigned)f->p[at] << 8 | f->p[at + 1] : 0;
}

static size_t file_u32(const struct font_file *f, size_t at)
{
    return (size_t)file_u16(f, at) << 16 | file_u16(f, at + 2);
}

static size_t file_table(const struct font_file *f, const char *tag) /* its offset, 0 when there is none */
{
    for (size_t i = 0, at = 12; i < file_u16(f, 4); i++, at += 16)
        if (at + 16 <= f->n && memcmp(f->p + at, tag, 4) == 0)
            return file_u32(f, at + 8);
    return 0;
}

static size_t file_cmap(const struct font_file *f) /* the table of format 4 for Windows or Unicode */
{
    size_t cmap = file_table(f, "cmap");

    for (size_t i = 0, at = cmap + 4; cmap && i < file_u16(f, cmap + 2); i++, at += 8) {
        unsigned platform = file_u16(f, at), kind = file_u16(f, at + 2);
        size_t sub = cmap + file_u32(f, at + 4);

        if (((platform == 3 && kind == 1) || (platform == 0 && kind == 3)) && file_u16(f, sub) == 4)
            return sub;
    }
    return 0;
}

int pdf_font_file_read(const unsigned char *bytes, size_t n, uint16_t *glyph, uint16_t *width)
{
    struct font_file f = {bytes, n};
    size_t map = file_cmap(&f), hmtx = file_table(&f, "hmtx"), hhea = file_table(&f, "hhea");
    size_t head = file_table(&f, "head"), maxp = file_table(&f, "maxp");
    unsigned em = file_u16(&f, head + 18), metrics = file_u16(&f, hhea + 34), glyphs = file_u16(&f, maxp + 4);
    unsigned segments = file_u16(&f, map + 6) / 2;

    memset(glyph, 0, 65536 * sizeof *glyph);
    memset(width, 0, 65536 * sizeof *width);
    if (!map || !hmtx || !hhea || !head || !maxp || !em || !metrics || !glyphs)
        return -1;
    for (size_t s = 0; s < segments; s++) {
        size_t ends = map + 14 + 2 * s, starts = ends + 2 * segments + 2, deltas = starts + 2 * segments;
        size_t offsets = deltas + 2 * segments;
        unsigned offset = file_u16(&f, offsets), first = file_u16(&f, starts), last = file_u16(&f, ends);

        for (unsigned c = first; c <= last && c < 0xffff; c++) {
            unsigned g = c;

            if (offset) {
                g = file_u16(&f, offsets + offset + 2 * (size_t)(c - first));
                if (g == 0)
                    continue;
            }
            g = (g + file_u16(&f, deltas)) & 0xffff;
            if (g == 0 || g >= glyphs)
                continue;
            glyph[c] = (uint16_t)g;
            width[c] = (uint16_t)((file_u16(&f, hmtx + 4 * (size_t)(g < metrics ? g : metrics - 1)) * 1000 +
                                   em / 2) /
                                  em);
        }
    }
    return 0;
}

static void file_mark(const struct font_file *f, uint16_t g, unsigned char *used, size_t count, int depth)
{
    size_t head = file_table(f, "head"), loca = file_table(f, "loca"), glyf = file_table(f, "glyf");
    int wide = file_u16(f, head + 50) != 0;
    size_t from = wide ? file_u32(f, loca + 4 * (size_t)g) : 2 * (size_t)file_u16(f, loca + 2 * (size_t)g);
    size_t to =
        wide ? file_u32(f, loca + 4 * (size_t)g + 4) : 2 * (size_t)file_u16(f, loca + 2 * (size_t)g + 2);
    size_t at = glyf + from + 10;
    unsigned flags = 0x20;

    if (g >= count)
        return;
    used[g] = 1;
    if (from >= to || file_u16(f, glyf + from) < 0x8000 || depth > 8) /* contours >= 0: a simple glyph */
        return;
    while ((flags & 0x20) && at + 4 <= f->n) { /* MORE_COMPONENTS */
        flags = file_u16(f, at);
        file_mark(f, (uint16_t)file_u16(f, at + 2), used, count, depth + 1);
        at += 4 + ((flags & 1) ? 4 : 2);                                     /* ARG_1_AND_2_ARE_WORDS */
        at += (flags & 8) ? 2 : (flags & 0x40) ? 4 : (flags & 0x80) ? 8 : 0; /* scale, x and y, two by two */
    }
}

void pdf_font_file_mark(const unsigned char *bytes, size_t n, uint16_t g, unsigned char *used, size_t count)
{
    struct font_file f = {bytes, n};

    file_mark(&f, g, used, count, 0);
}

int pdf_font_file_cap_height(const unsigned char *bytes, size_t n)
{
    struct font_file f = {bytes, n};
    size_t os2 = file_table(&f, "OS/2"), head = file_table(&f, "head");
    unsigned em = file_u16(&f, head + 18);
    unsigned height = os2 && em && file_u16(&f, os2) >= 2 ? file_u16(&f, os2 + 88) * 1000 / em : 0;

    return height ? (int)height : 700;
}
