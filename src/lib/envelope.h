/* Files for one reader: CMS EnvelopedData (RFC 5652 section 6), AES-256-CBC, the key wrapped for a
 * certificate, by OpenSSL. The reader opens it with: openssl cms -decrypt -binary -inform DER -in FILE.p7m
 * -recip CERT.pem -inkey KEY.pem -out FILE */
#ifndef KC_LIB_ENVELOPE_H
#define KC_LIB_ENVELOPE_H

#include <stddef.h>

#include "base/err.h"

struct envelope; /* whom it is for */
/* PEM files with a certificate each, RSA of 2048 bits or more, or EC. */
int envelope_open(struct envelope **out, const char *const *certs, size_t count, struct err *e);
/* Writes `to`, whole or not at all, mode 0600; memory stays flat. */
int envelope_file(const struct envelope *v, const char *from, const char *to, struct err *e);
void envelope_free(struct envelope *v); /* NULL is fine */

#endif
