/* What pages draw, deflated here rather than by libharu: on all processors, and each page's operators are
 * given back as soon as they are deflated, so that a long document is not held twice. */
#ifndef KC_RENDER_PDF_STREAM_H
#define KC_RENDER_PDF_STREAM_H

#include "render/pdf_page.h"

/* When all pages are drawn; nothing may be drawn on them afterwards. */
int pdf_stream_all(struct pdf_work *w);

#endif
