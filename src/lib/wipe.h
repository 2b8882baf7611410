/* Secrets leave no copy behind: memory is overwritten before it is freed, in a way that no compiler removes
 * (OPENSSL_cleanse). */
#ifndef KC_LIB_WIPE_H
#define KC_LIB_WIPE_H

#include <stddef.h>

#include "base/buf.h"

void wipe(void *bytes, size_t n); /* NULL is fine when n is 0 */
void wipe_text(char *text);       /* up to its NUL, and frees it; NULL is fine */
void wipe_buf(struct buf *b);     /* all that it ever held, and frees it */

/* A buffer for a secret: buf_add would leave a copy behind each time it grows, so room is made before. */
void wipe_reserve(struct buf *b, size_t n); /* room for n more bytes; what moves is wiped where it was */

#endif
