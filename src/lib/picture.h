/* Pictures: PNG decoded to plain pixels and encoded anew, so that what a person hands in never reaches
 * another library. libpng stays in here. */
#ifndef KC_LIB_PICTURE_H
#define KC_LIB_PICTURE_H

#include <stddef.h>

#include "base/err.h"

#define PICTURE_BYTES_MAX (1024 * 1024)
#define PICTURE_SIDE_MAX 2000

/* Reads a PNG of at most PICTURE_BYTES_MAX bytes and PICTURE_SIDE_MAX pixels a side, lays it on white, and
 * writes it again as 8-bit RGB without any other chunk. The caller frees *out. */
int picture_clean(const void *bytes, size_t n, unsigned char **out, size_t *out_n, struct err *e);

#endif
