/* Signatures without CMS. See sign_raw.h. */
#include "lib/sign_raw.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <stdlib.h>

#include "base/mem.h"
#include "lib/sign_key.h"

enum sign_raw_kind signer_raw_kind(const struct signer *s)
{
    EVP_PKEY *key = X509_get0_pubkey(s->cert);

    if (EVP_PKEY_is_a(key, "EC"))
        return SIGN_RAW_ECDSA;
    return EVP_PKEY_is_a(key, "RSA") && !s->pss ? SIGN_RAW_RSA : SIGN_RAW_NONE;
}

/* DER of ECDSA-Sig-Value to r and s. */
static int raw_pair(EVP_PKEY *key, const struct buf *der, struct buf *out)
{
    const unsigned char *at = (const unsigned char *)buf_str(der);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der->len);
    int size = (EVP_PKEY_get_bits(key) + 7) / 8, good = 0;
    unsigned char number[66]; /* P-521 */

    if (pair && size <= (int)sizeof number && BN_bn2binpad(ECDSA_SIG_get0_r(pair), number, size) == size) {
        buf_add(out, number, (size_t)size);
        good = BN_bn2binpad(ECDSA_SIG_get0_s(pair), number, size) == size;
        buf_add(out, number, (size_t)size);
    }
    ECDSA_SIG_free(pair);
    return good;
}

int sign_raw(const struct signer *s, const void *bytes, size_t n, struct buf *out, struct err *e)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct buf value = {0};
    unsigned size = 0;
    int rc = -1;

    if (EVP_Digest(bytes, n, digest, &size, signer_hash(s) == 384 ? EVP_sha384() : EVP_sha256(), NULL) != 1)
        return sign_fail(e, "content", "cannot be hashed");
    if (signer_sign(s, 0, digest, size, &value, e) != 0)
        goto out;
    if (signer_raw_kind(s) != SIGN_RAW_ECDSA) {
        buf_add(out, buf_str(&value), value.len);
    } else if (!raw_pair(X509_get0_pubkey(s->cert), &value, out)) {
        sign_fail(e, s->name, "cannot sign");
        goto out;
    }
    rc = 0;
out:
    buf_free(&value);
    return rc;
}

size_t signer_cert_count(const struct signer *s)
{
    int n = sk_X509_num(s->chain); /* -1: no chain */

    return 1 + (n > 0 ? (size_t)n : 0);
}

int signer_cert_der(const struct signer *s, size_t at, struct buf *der, struct err *e)
{
    unsigned char *bytes = NULL;
    int n = i2d_X509(at == 0 ? s->cert : sk_X509_value(s->chain, (int)at - 1), &bytes);

    if (n <= 0)
        return sign_fail(e, s->name, "a certificate cannot be written");
    buf_add(der, bytes, (size_t)n);
    OPENSSL_free(bytes);
    return 0;
}

char *signer_issuer(const struct signer *s)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL, *name = NULL;
    long n = 0;

    if (bio)
        X509_NAME_print_ex(bio, X509_get_issuer_name(s->cert), 0,
                           XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    n = bio ? BIO_get_mem_data(bio, &bytes) : 0;
    name = mem_copy_n(n > 0 ? bytes : "", n > 0 ? (size_t)n : 0);
    BIO_free(bio);
    return name;
}

char *signer_serial(const struct signer *s)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(s->cert), NULL);
    char *decimal = number ? BN_bn2dec(number) : NULL, *copy = mem_copy(decimal ? decimal : "0");

    OPENSSL_free(decimal);
    BN_free(number);
    return copy;
}
