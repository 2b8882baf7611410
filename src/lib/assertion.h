/* A client assertion (RFC 7523): a JSON Web Token with which the holder of a certificate's private key signs
 * in, PS256 (RFC 7518 section 3.5), by OpenSSL. */
#ifndef KC_LIB_ASSERTION_H
#define KC_LIB_ASSERTION_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct assertion {
    const char *path;      /* of the certificate with its private key: PEM or PKCS#12 */
    const char *password;  /* of that file; NULL or "": none */
    int chain;             /* send the certificates along (x5c), for subject name and issuer authentication */
    const char *audience;  /* the token endpoint */
    const char *client_id; /* who signs in */
    int64_t now;           /* seconds since 1970 */
};

/* The token, in a buffer to be freed with wipe_buf. */
int assertion_make(const struct assertion *a, struct buf *out, struct err *e);

#endif
