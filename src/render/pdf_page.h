/* Pages of the PDF while they are drawn: state, ink on paper, heads and feet, targets and links. Private to
 * render/pdf*.c. Lengths are points; y counts from the top of the page downwards. */
#ifndef KC_RENDER_PDF_PAGE_H
#define KC_RENDER_PDF_PAGE_H

#include <stddef.h>

#include "render/pdf_font.h"
#include "report/doc.h"

/* The grid of the pages. */
#define PDF_MARGIN 56.0 /* left, right, and below the text */
#define PDF_TOP 84.0    /* where text begins */
#define PDF_GAP 19.0    /* between two columns of text */

#define PDF_TEXT 9.0 /* type sizes */
#define PDF_CELL 8.5
#define PDF_SMALL 7.5
#define PDF_HEADING 11.0
#define PDF_TITLE 20.0

struct pdf_piece; /* pdf_stream.c */
struct pdf_pool;

struct pdf_sheet { /* one page */
    HPDF_Page page;
    struct pdf_piece *first, *last; /* what is drawn on it */
    double width, height;
    const char *chapter; /* of the running head */
    int bare;            /* no head and no foot: the cover */
};

struct pdf_target { /* what links, contents and outline point at */
    const char *name;
    size_t sheet;
    double y;
};

struct pdf_link {   /* a place on a page that leads to a target or an address */
    const char *to; /* "#target", an address, or NULL: the page and y that follow */
    size_t sheet;
    double x, y, width, height;
    size_t to_sheet;
    double to_y;
};

struct pdf_entry { /* a heading that outline and contents point at */
    const struct doc_block *block;
    int level; /* 0: chapter */
    size_t sheet;
    double y;
};
struct pdf_line { /* a line of the contents that waits for its page number */
    const struct doc_block *block;
    size_t sheet;
    double x, y, width, height;
};

struct pdf_field { /* the box on the cover that a signature field lies over; all 0: there is none */
    size_t sheet;
    double x, y, width, height;
};

struct pdf_work {
    const struct doc *doc;
    HPDF_Doc pdf;
    struct pdf_fonts fonts;
    struct pdf_sheet *sheets;
    size_t sheet_count;
    size_t at;                         /* the sheet that is drawn on */
    struct pdf_pool *pool;             /* deflates the pages */
    struct buf ops;                    /* operators of `at` that are in none of its pieces */
    const char *font_names[PDF_FONTS]; /* on this sheet; NULL: not yet asked for */
    unsigned fill, stroke;             /* colours that are set; PDF_NO_COLOUR: none yet */
    double line;
    /* text that is being shown */
    int open;                 /* between BT and ET */
    int set_font;             /* place in fonts.all, -1: none yet */
    double set_size;          /* of that font */
    long long text_x, text_y; /* where its last line began, hundredths of a point */
    /* the box that blocks go into */
    double x, width, y, top, bottom;
    int fresh;    /* nothing stands on the page yet */
    double after; /* room that the last block left below itself; a heading's room before it swallows it */
    int dry;      /* measuring: nothing is drawn, pages do not end */
    int wide;     /* pages lie on their side */
    const char *chapter;
    struct pdf_target *targets;
    size_t target_count;
    struct pdf_link *links;
    size_t link_count;
    struct pdf_entry *entries;
    size_t entry_count;
    struct pdf_line *lines;
    size_t line_count;
    struct pdf_field field;
    int failed; /* the first error stays in `err` */
    struct err err;
};
#define PDF_NO_COLOUR 0xff000000u

int pdf_page_fail(struct pdf_work *w, const char *what); /* notes libharu's error; -1 */

/* Pages */
void pdf_page_new(struct pdf_work *w);
void pdf_page_need(struct pdf_work *w,
                   double height);                  /* a new page unless so much room is left on this one */
double pdf_page_room(const struct pdf_work *w);     /* what is left below y */
double pdf_page_whole(const struct pdf_work *w);    /* of an empty page */
void pdf_page_go(struct pdf_work *w, size_t sheet); /* draws on that sheet from here on */
void pdf_page_heads(struct pdf_work *w);            /* heads and feet of all sheets */

/* Ink */
void pdf_page_fill(struct pdf_work *w, unsigned colour);
void pdf_page_stroke(struct pdf_work *w, unsigned colour, double width);
void pdf_page_rule(struct pdf_work *w, double x1, double y1, double x2, double y2);
void pdf_page_rect(struct pdf_work *w, double x, double y, double width, double height);  /* filled */
void pdf_page_frame(struct pdf_work *w, double x, double y, double width, double height); /* outline */
void pdf_page_disc(struct pdf_work *w, double x, double y, double r);
void pdf_page_ring(struct pdf_work *w, double x, double y, double r);
/* A line through n points; closed 1: back to the first. */
void pdf_page_path(struct pdf_work *w, const double (*points)[2], size_t n, int closed);
/* Stripes from lower left to upper right inside a rectangle, in the stroke colour. */
void pdf_page_hatch(struct pdf_work *w, double x, double y, double width, double height);
/* n characters of one font (place in fonts.all) on the base line y; turn: degrees, counter-clockwise. */
void pdf_page_show(struct pdf_work *w, double x, double y, int font, double size, double turn,
                   const uint16_t *codes, size_t n);

void pdf_page_image(struct pdf_work *w, HPDF_Image image, double x, double y, double width, double height);

/* Targets and links */
void pdf_page_target(struct pdf_work *w, const char *name, double y); /* NULL: nothing */
void pdf_page_link(struct pdf_work *w, const char *to, double x, double y, double width, double height);
void pdf_page_entry(struct pdf_work *w, const struct doc_block *b, int level);

/* pdf_link.c: makes links and outline when all targets are known. */
int pdf_link_all(struct pdf_work *w);

/* pdf_mark.c: the mark of a status in a square of that size around the middle (x, y). ringed: a dash in a
 * thin ring for "not applicable" (in chains), else the dash alone. */
void pdf_mark(struct pdf_work *w, double x, double y, double size, enum verdict v, int ringed);
unsigned pdf_mark_colour(const struct pdf_work *w, enum verdict v);

#endif
