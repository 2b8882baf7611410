/* What is in the file beside its pages: properties, PDF/A pieces, the writing. */
#ifndef KC_RENDER_PDF_FILE_H
#define KC_RENDER_PDF_FILE_H

#include "render/pdf_page.h"

/* Text for a property or an outline: one line, control characters and what is beyond the BMP as visible
 * escapes, at most `max` characters. */
void pdf_file_clean(struct buf *out, const char *text, size_t max);

int pdf_field(struct pdf_work *w); /* pdf_field.c: where the cover has a box and the report is to be signed */

int pdf_file_begin(struct pdf_work *w);                                  /* before the first page */
int pdf_file_end(struct pdf_work *w);                                    /* when all pages are drawn */
int pdf_file_write(struct pdf_work *w, const char *path, struct err *e); /* whole or not at all */

#endif
