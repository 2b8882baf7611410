/* The fonts of the PDF: which file shows which character, how wide it is, and what libharu 2.3.0 gets wrong
 * when it embeds them. Files are read once, checked against the SHA-256 recorded here, and given to libharu
 * from memory: its reader of TrueType files has known holes, so it sees only files that were tested with it.
 */
#ifndef KC_RENDER_PDF_FONT_H
#define KC_RENDER_PDF_FONT_H

#include <hpdf.h>
#include <hpdf_doc.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum pdf_face { PDF_REGULAR, PDF_BOLD, PDF_MONO, PDF_MONO_BOLD, PDF_FACES };

struct pdf_font_row { /* a font file that may be used */
    const char *name; /* "NotoSans-Regular" */
    const char *path;
    const char *package; /* Debian's package that holds it */
    const char *sha256;
};
extern const struct pdf_font_row pdf_font_rows[]; /* closed by a row whose name is NULL */
#define PDF_FONTS 24                              /* more than there are rows */

struct pdf_font {
    int state; /* 0: not looked at, 1: there, -1: not installed */
    struct buf bytes;
    uint16_t *glyph;     /* 65536: glyph of each character of the BMP, 0: none */
    uint16_t *width;     /* 65536: thousandths of the type size */
    unsigned char *used; /* 65536: 1 where drawn */
    HPDF_Font font;      /* NULL until something is drawn with it */
};

struct pdf_fonts {
    HPDF_Doc pdf;
    struct pdf_font all[PDF_FONTS];
    int8_t *pick[PDF_FACES]; /* 65536 each: place in all[], -1: none, -2: not looked for */
    int failed;              /* the first error stays in `err` */
    struct err err;
};

/* Reads the four faces that every report needs; the error names the file and its package. pdf may be NULL:
 * then characters can be measured but not drawn. */
int pdf_font_open(struct pdf_fonts *f, HPDF_Doc pdf, struct err *e);
void pdf_font_close(struct pdf_fonts *f); /* does not close the document */

/* Place in all[] of the font that shows the character in that face or, where it lacks it, of the next best;
 * -1 when none does (or `failed` is set). */
int pdf_font_pick(struct pdf_fonts *f, enum pdf_face face, uint32_t c);

/* 1: a page cannot show the character as it is, or would not show it at all: controls, bidi controls, things
 * without width, private use, and all beyond the BMP (libharu draws those as a space). */
int pdf_font_is_hidden(uint32_t c);

/* Marks the character as drawn, so that its glyph and the glyphs that it is made of are embedded. */
void pdf_font_use(struct pdf_fonts *f, int font, uint16_t c);

/* When all is drawn: the fonts' objects as PDF/A wants them, with maps of exactly the characters used. */
int pdf_font_finish(struct pdf_fonts *f, struct err *e);

/* Which font files a report of this program is made with: calls fn for each row that is installed. For
 * options.json of a pack. Fails when a file is not the recorded one. */
int pdf_font_each(int (*fn)(void *ctx, const struct pdf_font_row *row, struct err *e), void *ctx,
                  struct err *e);

#endif
