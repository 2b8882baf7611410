/* Base64 (RFC 4648): the usual alphabet with padding, and the one for URLs without. */
#ifndef KC_BASE_BASE64_H
#define KC_BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"

void base64_put(struct buf *out, const void *bytes, size_t n);
void base64url_put(struct buf *out, const void *bytes, size_t n);
/* Reads either alphabet, with or without padding; white space is passed over. -1: something else is in it. */
int base64_read(struct buf *out, const char *text, size_t n);

#endif
