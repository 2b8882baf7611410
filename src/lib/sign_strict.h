/* Nothing in a signature file that nobody looks at. A CMS outside of every hash has parts that a verification
 * never reads: versions, names of algorithms, certificates that lead nowhere. Whoever turns a bit there does
 * not change what is signed; that it was turned shall be seen all the same. */
#ifndef KC_LIB_SIGN_STRICT_H
#define KC_LIB_SIGN_STRICT_H

#include <stddef.h>

#include "base/err.h"

/* A detached CMS that was verified: it is DER, its versions are those of RFC 5652 section 5.1, its algorithms
 * those of the signer's key, every certificate in it one that the signer's own leads to, with a signature
 * that holds, and its time stamp token, the one unsigned attribute that is known, is such a one too. trust,
 * tsa_trust: PEM files, or NULL. *unknown: the name of a certificate in it whose own issuer is neither there
 * nor trusted, so that nobody can say whether it is as it was issued; the caller's; NULL: there is none, or
 * nobody was to be trusted. */
int sign_strict(const void *der, size_t n, const char *trust, const char *tsa_trust, char **unknown,
                struct err *e);

#endif
