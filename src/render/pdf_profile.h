/* The colour profile of the report: sRGB as an ICC profile, which PDF/A wants inside the file. */
#ifndef KC_RENDER_PDF_PROFILE_H
#define KC_RENDER_PDF_PROFILE_H

#include "base/buf.h"

void pdf_profile(struct buf *out); /* appends it; always the same bytes */

#endif
