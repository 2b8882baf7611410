/* Text broken into lines: runs with looks become measured characters, lines of a width, ink. */
#ifndef KC_RENDER_PDF_TEXT_H
#define KC_RENDER_PDF_TEXT_H

#include "render/pdf_page.h"

struct pdf_type { /* how a paragraph is set where its runs say nothing else */
    double size, leading;
    int bold, mono;
    unsigned colour;
};

struct pdf_style { /* of a run */
    enum pdf_face face;
    double size, leading;
    unsigned colour;
    const char *link; /* of the document, or NULL */
};
struct pdf_glyph {
    uint16_t code; /* a character of the BMP; of a mark: its enum verdict */
    int8_t font;   /* place in fonts.all; -1: a mark */
    uint8_t flags;
    uint16_t style;
    float width;
};
struct pdf_row {     /* a line of the paragraph */
    size_t from, to; /* glyphs, without the spaces at its end */
    double width, leading;
};
struct pdf_text {
    struct pdf_type type;
    struct pdf_style *styles;
    size_t style_count, style_room;
    struct pdf_glyph *glyphs;
    size_t count, room;
    struct pdf_row *rows;
    size_t row_count, row_room;
    double height; /* of all rows */
};

/* Measures the runs; the text is then one row, unbroken. `t` may be used again and again: zero it at first.
 */
void pdf_text_set(struct pdf_text *t, struct pdf_work *w, const struct doc_text *text,
                  const struct pdf_type *type);
void pdf_text_plain(struct pdf_text *t, struct pdf_work *w, const char *text, const struct pdf_type *type);
void pdf_text_wrap(struct pdf_text *t, double width); /* at spaces, / and - and the like; else anywhere */
void pdf_text_cut(struct pdf_text *t, double width);  /* anywhere: for code */
double pdf_text_natural(const struct pdf_text *t);    /* width of the widest line when nothing is wrapped */
double pdf_text_least(const struct pdf_text *t);      /* width of the widest piece that is not broken */

/* Draws rows from..to (not included) below y; each is aligned in `width`: align 0 left, 0.5 middle, 1 right.
 * Returns the height drawn. */
double pdf_text_draw(const struct pdf_text *t, struct pdf_work *w, double x, double y, double width,
                     double align, size_t from, size_t to);

/* Sets, wraps to `width` and draws plain text at once; returns its height. width 0: one line, and the return
 * value is its width. */
double pdf_text_put(struct pdf_work *w, const char *text, const struct pdf_type *type, double x, double y,
                    double width, double align);
double pdf_text_turned(struct pdf_work *w, const char *text, const struct pdf_type *type, double x, double y,
                       double turn); /* on the base line y; returns its width */
/* One line; what does not fit is cut and ends in an ellipsis. */
void pdf_text_fit(struct pdf_work *w, const char *text, const struct pdf_type *type, double x, double y,
                  double width, double align);
void pdf_text_free(struct pdf_text *t);

/* pdf_bidi.c: puts the characters of a line in the order in which they are drawn (runs of right-to-left
 * letters are turned round; letters are not joined). */
int pdf_bidi_is_right(uint16_t code);
void pdf_bidi_order(struct pdf_glyph *glyphs, size_t n);

#endif
