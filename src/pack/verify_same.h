/* Two files of a pack side by side, the delivered one first: where is the first difference? Private to
 * verify_again.c. */
#ifndef KC_PACK_VERIFY_SAME_H
#define KC_PACK_VERIFY_SAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* aside: behind this line, up to the next with a closing bracket, lines may differ; NULL: nowhere. -1: e has
 * the line and both texts. */
int same_text(const char *theirs, const char *ours, const char *aside, size_t *lines, struct err *e);
/* The first `size` bytes of theirs (0: all of it) against ours; e has the page. */
int same_pdf(const char *theirs, uint64_t size, const char *ours, size_t *pages, struct err *e);
/* Every part of our workbook against theirs, which may have a signature besides; e has sheet, cell and both
 * values. */
int same_book(const char *theirs, const char *ours, size_t *sheets, struct err *e);

#endif
