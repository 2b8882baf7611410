/* A signature without CMS around it, for formats that bring their own frame (XML signatures). */
#ifndef KC_LIB_SIGN_RAW_H
#define KC_LIB_SIGN_RAW_H

#include "lib/sign.h"

enum sign_raw_kind {
    SIGN_RAW_NONE, /* a signer by RSA-PSS */
    SIGN_RAW_RSA,  /* RSASSA-PKCS1-v1_5 */
    SIGN_RAW_ECDSA /* r and s, one behind the other, each as long as the curve's order: XML Signature 1.1,
                      6.4.3 */
};
enum sign_raw_kind signer_raw_kind(const struct signer *s);

/* Over the digest of the bytes (signer_hash() bits of SHA-2), by the kind of the signer. */
int sign_raw(const struct signer *s, const void *bytes, size_t n, struct buf *out, struct err *e);

size_t signer_cert_count(const struct signer *s);
int signer_cert_der(const struct signer *s, size_t at, struct buf *der, struct err *e); /* 0: its own */

/* ---- certificates as DER, and signatures by them */
struct sign_cert {
    char *name, *issuer; /* RFC 2253 */
    char *serial;        /* decimal */
    enum sign_raw_kind kind;
    int bits; /* of the SHA-2 that its key signs, as signer_hash() says */
};
/* -1: it is no certificate, or something stands behind it. */
int sign_cert_read(const struct buf *der, struct sign_cert *c, struct err *e);
void sign_cert_free(struct sign_cert *c);
/* Does the signature fit the bytes and the certificate's key? */
int sign_raw_check(const struct buf *der, const void *bytes, size_t n, const struct buf *value,
                   struct err *e);
/* The certificate of the one signer of a CMS signature; whether that one holds is not looked at. */
int sign_cms_cert(const void *cms, size_t n, struct buf *der, struct err *e);

#endif
