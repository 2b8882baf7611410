/* Time stamps (RFC 3161) over the value of a CMS signature, kept in it as the unsigned attribute
 * id-aa-timeStampToken (ETSI EN 319 122-1 section 5.3), by OpenSSL: an authority's word that the signature
 * was there at a time. What it does not say: that what was signed is true, or that nothing else was signed
 * before. */
#ifndef KC_LIB_STAMP_H
#define KC_LIB_STAMP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

/* Asks the authority at this URL (http or https: the answer is signed itself) for a stamp over the signature
 * in *der and puts it there. The answer must be a granted one about this very signature, with our nonce,
 * signed by a certificate whose only purpose is time stamping. -1: *der is as it was. */
int stamp_add(struct buf *der, const char *url, struct err *e);

struct stamp_seen {
    int there;             /* the signature has a stamp; all else only then */
    int64_t time;          /* seconds since 1970 */
    char text[CLOCK_TEXT]; /* the same */
    char *authority;       /* subject of its certificate, RFC 2253 */
};

/* What the signature's stamp says. trust_pem NULL: it must fit the signature, but whose it is is not
 * established. Certificates are judged at the stamped time. -1: there is one, and it does not hold. What is
 * no CMS of one signer has none. */
int stamp_check(const void *der, size_t n, const char *trust_pem, struct stamp_seen *out, struct err *e);
/* The same for an answer in a file of its own (.tsr) about bytes of this SHA-256. */
int stamp_check_answer(const void *der, size_t n, const char *hex, const char *trust_pem,
                       struct stamp_seen *out, struct err *e);
void stamp_seen_free(struct stamp_seen *s);

#endif
