/* Deflate with zlib's own frame (RFC 1950), as PDF's FlateDecode reads it. Thread-safe. */
#ifndef KC_LIB_DEFLATE_H
#define KC_LIB_DEFLATE_H

#include "base/buf.h"

/* Appends the n bytes, deflated. level: 1 (fast) to 9 (small). Same bytes and level, same result. */
void deflate_add(struct buf *out, const void *bytes, size_t n, int level);

#endif
