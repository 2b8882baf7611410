/* Fonts of the PDF. See pdf_font.h. */
#include "render/pdf_font.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "lib/digest.h"
#include "render/pdf_font_file.h"

#define FONT_MAX (16u << 20) /* bytes of a font file */
#define CODES 65536u

/* Where to look for a character that the face lacks, in this order. Fonts by their place in pdf_font_rows. */
static const struct {
    unsigned first, last;
    int regular, bold;
} font_scripts[] = {
    {0x0000, 0x2fff, 0, 1},   {0x0530, 0x058f, 8, 8},   {0x0590, 0x05ff, 4, 5},   {0x0600, 0x06ff, 6, 7},
    {0x0750, 0x077f, 6, 7},   {0x08a0, 0x08ff, 6, 7},   {0x0900, 0x097f, 11, 11}, {0x0980, 0x09ff, 12, 12},
    {0x0b80, 0x0bff, 13, 13}, {0x0c00, 0x0c7f, 14, 14}, {0x0e00, 0x0e7f, 10, 10}, {0x10a0, 0x10ff, 9, 9},
    {0x1200, 0x139f, 15, 15}, {0x2000, 0x2fff, 2, 3},   {0x2000, 0x2fff, 16, 16}, {0x2000, 0x2fff, 17, 17},
    {0x2000, 0x2fff, 18, 18}, {0x2000, 0xffff, 19, 19}, {0xfb1d, 0xfb4f, 4, 5},   {0xfb50, 0xfdff, 6, 7},
    {0xfe70, 0xfeff, 6, 7},   {0x0000, 0xffff, 0, 1},
};

/* Reads a font's file. 1: there, 0: not installed, -1: there but not the recorded one. */
static int font_load(const struct pdf_font_row *row, struct buf *bytes, struct err *e)
{
    char hex[DIGEST_HEX] = {0};

    if (!file_exists(row->path))
        return 0;
    if (file_read(row->path, FONT_MAX, bytes, e) != 0)
        return -1;
    digest_bytes(bytes->data, bytes->len, hex);
    if (strcmp(hex, row->sha256) != 0)
        return err_set(e,
                       "%s: not the font file that this version is made for (SHA-256 %s, wanted %s): install "
                       "Debian's package %s",
                       row->path, hex, row->sha256, row->package);
    return 1;
}

static int font_ready(struct pdf_fonts *f, int at) /* 1: can be used */
{
    struct pdf_font *x = &f->all[at];
    int got = 0;

    if (x->state || f->failed)
        return x->state == 1;
    got = font_load(&pdf_font_rows[at], &x->bytes, &f->err);
    if (got == 1) {
        x->glyph = mem_alloc(CODES * sizeof *x->glyph);
        x->width = mem_alloc(CODES * sizeof *x->width);
        x->used = mem_zero(CODES, 1);
        if (pdf_font_file_read((const unsigned char *)x->bytes.data, x->bytes.len, x->glyph, x->width) != 0)
            got = err_set(&f->err, "%s: no font file that can be read", pdf_font_rows[at].path);
    }
    f->failed |= got < 0;
    x->state = got == 1 ? 1 : -1;
    return got == 1;
}

int pdf_font_open(struct pdf_fonts *f, HPDF_Doc pdf, struct err *e)
{
    memset(f, 0, sizeof *f);
    f->pdf = pdf;
    for (int i = 0; i < PDF_FACES; i++) {
        f->pick[i] = mem_alloc(CODES);
        memset(f->pick[i], -2, CODES);
    }
    for (int i = 0; i < PDF_FACES; i++)
        if (!font_ready(f, i)) {
            if (f->failed)
                return err_set(e, "%s", f->err.text);
            return err_set(e, "%s: no such font: install Debian's package %s", pdf_font_rows[i].path,
                           pdf_font_rows[i].package);
        }
    return 0;
}

void pdf_font_close(struct pdf_fonts *f)
{
    for (int i = 0; i < PDF_FONTS; i++) {
        buf_free(&f->all[i].bytes);
        free(f->all[i].glyph);
        free(f->all[i].width);
        free(f->all[i].used);
    }
    for (int i = 0; i < PDF_FACES; i++)
        free(f->pick[i]);
    memset(f, 0, sizeof *f);
}

int pdf_font_is_hidden(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {{0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad},     {0x034f, 0x034f},
                  {0x061c, 0x061c}, {0x115f, 0x1160}, {0x17b4, 0x17b5},     {0x180b, 0x180e},
                  {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},     {0x3164, 0x3164},
                  {0xd800, 0xf8ff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},     {0xffa0, 0xffa0},
                  {0xfff0, 0xfffc}, {0xfffe, 0xffff}, {0x10000, UINT32_MAX}};

    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (c >= hidden[i].first && c <= hidden[i].last)
            return 1;
    return 0;
}

static int font_search(struct pdf_fonts *f, enum pdf_face face, uint32_t c)
{
    int bold = face == PDF_BOLD || face == PDF_MONO_BOLD;

    if (pdf_font_is_hidden(c))
        return -1;
    if (f->all[face].glyph[c])
        return (int)face;
    for (size_t i = 0; i < sizeof font_scripts / sizeof font_scripts[0]; i++) {
        int at = bold ? font_scripts[i].bold : font_scripts[i].regular;

        if (c >= font_scripts[i].first && c <= font_scripts[i].last && font_ready(f, at) &&
            f->all[at].glyph[c])
            return at;
    }
    return -1;
}

int pdf_font_pick(struct pdf_fonts *f, enum pdf_face face, uint32_t c)
{
    if (c >= CODES)
        return -1;
    if (f->pick[face][c] == -2)
        f->pick[face][c] = (int8_t)font_search(f, face, c);
    return f->pick[face][c];
}

/* What HPDF_LoadTTFontFromFile does, with the bytes that were checked and a tag of our own. */
static HPDF_Font font_begin(struct pdf_fonts *f, int at)
{
    struct pdf_font *x = &f->all[at];
    HPDF_Stream stream = HPDF_MemStream_New(f->pdf->mmgr, (HPDF_UINT)x->bytes.len);
    HPDF_FontDef def = NULL;
    char tag[] = "KEYCAA";

    if (!stream)
        return NULL;
    if (HPDF_Stream_Write(stream, (const HPDF_BYTE *)x->bytes.data, (HPDF_UINT)x->bytes.len) != HPDF_OK) {
        HPDF_Stream_Free(stream);
        return NULL;
    }
    def = HPDF_TTFontDef_Load(f->pdf->mmgr, stream, HPDF_TRUE); /* owns the stream, also when it fails */
    if (!def)
        return NULL;
    if (HPDF_List_Add(f->pdf->fontdef_list, def) != HPDF_OK) {
        HPDF_FontDef_Free(def);
        return NULL;
    }
    tag[4] = (char)('A' + at / 26);
    tag[5] = (char)('A' + at % 26);
    HPDF_TTFontDef_SetTagName(def, tag);
    return HPDF_GetFont(f->pdf, def->base_font, "UTF-8");
}

void pdf_font_use(struct pdf_fonts *f, int font, uint16_t c)
{
    struct pdf_font *x = &f->all[font];
    HPDF_TTFontDefAttr attr = NULL;

    if (x->used[c] || f->failed || !f->pdf)
        return;
    if (!x->font) {
        x->font = font_begin(f, font);
        if (!x->font) {
            f->failed = 1;
            err_set(&f->err, "%s: libharu cannot load it (error 0x%04lX)", pdf_font_rows[font].path,
                    (unsigned long)HPDF_GetError(f->pdf));
            return;
        }
    }
    attr = ((HPDF_FontAttr)x->font->attr)->fontdef->attr;
    x->used[c] = 1;
    pdf_font_file_mark((const unsigned char *)x->bytes.data, x->bytes.len, x->glyph[c], attr->glyph_tbl.flgs,
                       attr->num_glyphs);
}

int pdf_font_each(int (*fn)(void *ctx, const struct pdf_font_row *row, struct err *e), void *ctx,
                  struct err *e)
{
    for (const struct pdf_font_row *row = pdf_font_rows; row->name; row++) {
        struct buf bytes = {0};
        int got = font_load(row, &bytes, e);

        buf_free(&bytes);
        if (got < 0 || (got == 1 && fn(ctx, row, e) != 0))
            return -1;
    }
    return 0;
}
