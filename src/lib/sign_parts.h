/* Parts of a file as what a signature is over: a PDF's signature covers the file but the place where it
 * stands. Private to lib/sign*.c, but for sign_part in sign.h. */
#ifndef KC_LIB_SIGN_PARTS_H
#define KC_LIB_SIGN_PARTS_H

#include <openssl/bio.h>

#include "lib/sign.h"

/* Reads the parts one after the other; an end of the file before the end of a part is an error. The parts
 * must outlive it. NULL: e says why. */
BIO *sign_parts_open(const char *path, const struct sign_part *parts, size_t count, struct err *e);

#endif
