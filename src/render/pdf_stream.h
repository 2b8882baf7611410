/* What pages draw, deflated here rather than by libharu: by threads of their own while the next pages are
 * laid out, so that a long document is never held as it is written. Which thread does what changes no byte.
 */
#ifndef KC_RENDER_PDF_STREAM_H
#define KC_RENDER_PDF_STREAM_H

#include "render/pdf_page.h"

void pdf_stream_begin(struct pdf_work *w);
/* Operators that stand behind those of the sheet so far; `ops` is empty afterwards. */
void pdf_stream_add(struct pdf_work *w, struct pdf_sheet *s, struct buf *ops);
/* When all pages are drawn: gives them to libharu; nothing may be drawn afterwards. */
int pdf_stream_all(struct pdf_work *w);
void pdf_stream_end(struct pdf_work *w); /* in every case, before the sheets are freed */

#endif
