/* CMS detached signatures (RFC 5652) with CAdES' signing-certificate-v2, by OpenSSL. The commands with which
 * an auditor checks them are in README-auditor.md. */
#ifndef KC_LIB_SIGN_H
#define KC_LIB_SIGN_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct signer; /* a private key and its certificate (with chain) */
int signer_load(struct signer **out, const char *key_pem, const char *cert_pem, struct err *e); /* paths */
void signer_free(struct signer *s);
const char *signer_name(const struct signer *s); /* subject of the certificate, RFC 2253 */
int sign_detached(const struct signer *s, const void *bytes, size_t n, struct buf *der, struct err *e);
int sign_detached_file(const struct signer *s, const char *path, struct buf *der, struct err *e);

/* Checks a detached DER signature over the file. trust_pem NULL: the signature must fit the bytes, but who
 * signed is not established (the signer's own certificate is taken at its word). *name: subject of the
 * signing certificate, caller's. */
int sign_verify_file(const void *der, size_t n, const char *path, const char *trust_pem, char **name,
                     struct err *e);

#endif
