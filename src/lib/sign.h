/* CMS detached signatures (RFC 5652) with CAdES' signing-certificate-v2, by OpenSSL. The commands with which
 * an auditor checks them are in README-auditor.md. */
#ifndef KC_LIB_SIGN_H
#define KC_LIB_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct signer;           /* a private key and its certificate (with chain) */
#define SIGNER_PASS 1024 /* bytes of the longest pass phrase with its NUL */
/* Puts the pass phrase of the file into out, which is wiped afterwards. -1: there is none. */
typedef int signer_pass(void *ctx, const char *file, char *out, size_t size);
/* Such a one that asks at the terminal, without echo; -1 where there is no terminal. */
int signer_prompt(const char *file, char *out, size_t size);
/* key: PEM or PKCS#12, encrypted or not, or the URI of a key in a token ("pkcs11:..."); cert: PEM with the
 * certificate and its chain, NULL where PKCS#12 or the token holds them. pass may be NULL: nobody can be
 * asked. */
int signer_open(struct signer **out, const char *key, const char *cert, signer_pass *pass, void *ctx,
                struct err *e);

/* Somebody else who has the private key and signs digests, such as Azure Key Vault. */
enum signer_scheme { SIGNER_PKCS1, SIGNER_PSS, SIGNER_ECDSA };
struct signer_holder {
    /* Signs a SHA-2 digest of n bytes. out: RSA as one number, ECDSA as r and s one after the other, each as
     * long as the curve's order (RFC 7518, sections 3.3 to 3.5). */
    int (*sign)(void *ctx, enum signer_scheme scheme, const unsigned char *digest, size_t n, struct buf *out,
                struct err *e);
    void (*free)(void *ctx); /* may be NULL */
    void *ctx;
};
/* Such a signer. Its certificate: DER of der_n bytes that the holder has, or NULL; cert: PEM file with it and
 * its chain, or NULL; of a file alone, the certificate that issued none of the others is it. name: of the
 * key, for messages. One digest is signed at once, so that a wrong key or a missing permission shows now. The
 * holder is the signer's, whatever comes back. */
int signer_remote(struct signer **out, const struct signer_holder *holder, const char *name, const void *der,
                  size_t der_n, const char *cert, struct err *e);

/* RSA keys: sign by PSS from now on (EC keys: refused). A key that is for PSS alone does so anyway. */
int signer_use_pss(struct signer *s, struct err *e);
int signer_load(struct signer **out, const char *key_pem, const char *cert_pem, struct err *e); /* paths */
void signer_free(struct signer *s);
const char *signer_name(const struct signer *s); /* subject of the certificate, RFC 2253 */
/* Detached signatures with a signing time, over SHA-256 (P-384: SHA-384) of the content. */
int sign_detached(const struct signer *s, const void *bytes, size_t n, struct buf *der, struct err *e);
int sign_detached_file(const struct signer *s, const char *path, struct buf *der, struct err *e);

#define SIGN_DIGEST 64 /* bytes of the longest digest, SHA-512 */

int signer_hash(const struct signer *s); /* bits of the SHA-2 that it signs: 256, P-384: 384 */

struct sign_terms {
    const char *tsa; /* URL of a time stamp authority (RFC 3161); NULL: no time stamp */
    int pades;       /* for a PDF (ETSI EN 319 142-1): no signing-time attribute */
};

/* A detached signature over content of this digest (signer_hash() bits). terms NULL: none of them. */
int sign_digest(const struct signer *s, const struct sign_terms *terms, const unsigned char *digest, size_t n,
                struct buf *der, struct err *e);

/* Checks a detached DER signature over the file. trust_pem NULL: the signature must fit the bytes, but who
 * signed is not established (the signer's own certificate is taken at its word). *name: subject of the
 * signing certificate, caller's. */
int sign_verify_file(const void *der, size_t n, const char *path, const char *trust_pem, char **name,
                     struct err *e);
/* The same, with certificates judged at a time (seconds since 1970) at which the signature is known to have
 * been there; 0: now. */
int sign_verify_file_at(const void *der, size_t n, const char *path, const char *trust_pem, int64_t when,
                        char **name, struct err *e);

/* ---- parts of a file, one after the other: a PDF's signature covers the file but its own place */
struct sign_part {
    uint64_t at, size; /* bytes */
};
int sign_parts_digest(const char *path, const struct sign_part *parts, size_t count, int bits,
                      unsigned char digest[SIGN_DIGEST], size_t *n, struct err *e);
/* sign_verify_file_at for parts of the file. */
int sign_verify_parts(const void *der, size_t n, const char *path, const struct sign_part *parts,
                      size_t count, const char *trust_pem, int64_t when, char **name, struct err *e);

#endif
