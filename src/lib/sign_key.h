/* A signer from inside, and how OpenSSL's reasons become sentences. Private to lib/sign*.c and
 * lib/revocation*.c. */
#ifndef KC_LIB_SIGN_KEY_H
#define KC_LIB_SIGN_KEY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "lib/sign.h"

struct signer {
    EVP_PKEY *key; /* NULL: the holder has it */
    X509 *cert;
    STACK_OF(X509) * chain; /* the other certificates of the file */
    char *name;
    void *token; /* what the key of a token needs as long as it signs; NULL: none */
    struct signer_holder holder;
    int pss; /* its CMS signatures are by RSA-PSS */
};

/* sign_holder.c: signs a SHA-2 digest with the signer's key: RSA PKCS#1 v1.5 (pss 0) or PSS, or ECDSA (DER of
 * ECDSA-Sig-Value), and checks what comes back with the certificate. A key for RSA-PSS alone refuses pss 0.
 */
int signer_sign(const struct signer *s, int pss, const unsigned char *digest, size_t n, struct buf *out,
                struct err *e);

/* sign_pkcs11.c: the key that the URI names, and its certificate when that lies in the token too. */
int signer_read_token(struct signer *s, const char *uri, signer_pass *pass, void *ctx, struct err *e);
void signer_close_token(struct signer *s); /* after the key was freed; none is fine */

/* "subject: what: OpenSSL's reason". Returns -1; OpenSSL's queue is empty afterwards. */
int sign_fail(struct err *e, const char *subject, const char *what);
char *sign_cert_name(X509 *cert); /* subject, RFC 2253; the caller's */

#endif
