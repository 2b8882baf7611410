/* One answer about one certificate. Private to lib/revocation*.c. */
#ifndef KC_LIB_REVOCATION_ANSWER_H
#define KC_LIB_REVOCATION_ANSWER_H

#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "lib/revocation.h"

#define REVOCATION_SKEW 300  /* seconds that clocks may differ, as openssl ocsp has it */
#define REVOCATION_DAY 86400 /* how long an answer without nextUpdate is taken */

/* Times are seconds since 1970. */
struct revocation_fact {
    int revoked;
    int64_t revoked_at; /* the earlier of revocation and invalidity date (RFC 5280 section 5.3.2) */
    const char *reason; /* words that live for ever */
    int64_t as_of;      /* thisUpdate */
    int64_t until;      /* nextUpdate, or a day later where there is none */
    int64_t made;       /* producedAt; of a CRL thisUpdate */
    char *by;           /* who signed it; the caller's */
};
void revocation_fact_free(struct revocation_fact *f);

/* Reads and checks all but whether it is recent. -1: it does not hold, or is not about this certificate.
 * request: and answers it, with its nonce unless it has none; NULL: as of when it was made. */
int revocation_read_ocsp(const void *der, size_t n, X509 *cert, X509 *issuer, OCSP_REQUEST *request,
                         struct revocation_fact *f, struct err *e);
/* One CRL in PEM form, as revocation_crl_pem writes it and not one byte more. */
int revocation_read_crl(const void *pem, size_t n, X509 *cert, X509 *issuer, struct revocation_fact *f,
                        struct err *e);
/* What a distribution point gave: DER (RFC 5280 section 4.2.1.13), or the PEM that some give. */
int revocation_crl_pem(const void *bytes, size_t n, struct buf *pem, struct err *e);

/* ---- what both kinds have in common */
int revocation_time(const ASN1_TIME *time, int64_t *out); /* -1: none, or no time */
const char *revocation_reason(long reason);               /* -1: none was given */
int revocation_strong(int algorithm, struct err *e);      /* a signature's, as a NID */
X509_STORE *revocation_store(X509 *issuer, int64_t at);   /* at 0: now; NULL: OpenSSL has none */
int revocation_in_life(const struct revocation_fact *f, X509 *cert, struct err *e);

/* A good answer that covers the moment `when`. -1: it is too old. */
int revocation_covers(const struct revocation_fact *f, int64_t when, struct err *e);

/* The chain from the certificate on, as far as the pool has it, without what issued itself: out[i + 1] issued
 * out[i]. Returns how many; the certificates stay the pool's. */
int revocation_chain(X509 *cert, STACK_OF(X509) * pool, X509 *out[REVOCATION_CHAIN + 1]);

#endif
