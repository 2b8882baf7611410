/* SHA-256 by OpenSSL, as lower-case hex. */
#ifndef KC_LIB_DIGEST_H
#define KC_LIB_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DIGEST_HEX 65 /* bytes for 64 hex digits and a NUL */

/* OpenSSL takes memory from base/mem.h from now on, so that exhausted memory ends the program there: OpenSSL
 * 3.0 follows a NULL pointer when memory ends while it sets itself up. Before anything else of OpenSSL. */
void digest_memory(void);

struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *bytes, size_t n);
void digest_end(struct digest *d, char hex[DIGEST_HEX]); /* frees d */
void digest_bytes(const void *bytes, size_t n, char hex[DIGEST_HEX]);
int digest_file(const char *path, char hex[DIGEST_HEX], uint64_t *size, struct err *e); /* size may be NULL */
void digest_random_hex(size_t bytes, char *hex); /* 2 * bytes digits and a NUL */

#endif
