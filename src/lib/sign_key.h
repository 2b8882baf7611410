/* A signer from inside, and how OpenSSL's reasons become sentences. Private to lib/sign*.c. */
#ifndef KC_LIB_SIGN_KEY_H
#define KC_LIB_SIGN_KEY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "lib/sign.h"

struct signer {
    EVP_PKEY *key;
    X509 *cert;
    STACK_OF(X509) * chain; /* the other certificates of the file */
    char *name;
    void *token; /* what the key of a token needs as long as it signs; NULL: none */
};

/* sign_pkcs11.c: the key that the URI names, and its certificate when that lies in the token too. */
int signer_read_token(struct signer *s, const char *uri, signer_pass *pass, void *ctx, struct err *e);
void signer_close_token(struct signer *s); /* after the key was freed; none is fine */

/* "subject: what: OpenSSL's reason". Returns -1; OpenSSL's queue is empty afterwards. */
int sign_fail(struct err *e, const char *subject, const char *what);
char *sign_cert_name(X509 *cert); /* subject, RFC 2253; the caller's */

#endif
