/* Blocks of the document on pages. Each draws from w->y on, in the box w->x, w->width, and leaves w->y below
 * itself. With w->dry set it only measures. */
#ifndef KC_RENDER_PDF_BLOCK_H
#define KC_RENDER_PDF_BLOCK_H

#include "render/pdf_text.h"

/* rest: the `n` blocks that follow it. */
void pdf_block(struct pdf_work *w, const struct doc_block *b, struct doc_block *const *rest, size_t n);
void pdf_block_all(struct pdf_work *w, struct doc_block *const *blocks, size_t n);
double pdf_block_height(struct pdf_work *w, struct doc_block *const *blocks, size_t n, double width);
/* Height that the beginning of a block wants, so that a heading before it does not stand alone. */
double pdf_block_start(struct pdf_work *w, const struct doc_block *b);

double pdf_block_gap(struct pdf_work *w, double gap); /* room below a block */
void pdf_paragraph(struct pdf_work *w, const struct doc_text *text, const struct pdf_type *type,
                   double after);
void pdf_note(struct pdf_work *w,
              const char *text); /* small and quiet, under tables and figures; NULL: nothing */
void pdf_code(struct pdf_work *w, const char *code, int numbers);
void pdf_cover(struct pdf_work *w, const struct doc_block *b);
void pdf_contents(struct pdf_work *w);
void pdf_contents_numbers(struct pdf_work *w); /* when all pages are drawn */
void pdf_table(struct pdf_work *w, const struct doc_table *t);
double pdf_table_start(struct pdf_work *w, const struct doc_table *t); /* head and first row */
void pdf_figure(struct pdf_work *w, const struct doc_figure *f);

/* Figures, one file each. */
void pdf_bars(struct pdf_work *w, const struct doc_figure *f);  /* control-bars and status-bar */
void pdf_chain(struct pdf_work *w, const struct doc_figure *f); /* custody-chain */
void pdf_timeline(struct pdf_work *w, const struct doc_figure *f);
void pdf_steps(struct pdf_work *w, const struct doc_figure *f);

struct pdf_type pdf_type_text(const struct pdf_work *w);
struct pdf_type pdf_type_cell(const struct pdf_work *w);
struct pdf_type pdf_type_small(const struct pdf_work *w); /* quiet */

#endif
