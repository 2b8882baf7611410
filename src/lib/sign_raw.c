/* Signatures without CMS. See sign_raw.h. */
#include "lib/sign_raw.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/mem.h"
#include "lib/sign_key.h"

static enum sign_raw_kind raw_kind(EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "EC"))
        return SIGN_RAW_ECDSA;
    return EVP_PKEY_is_a(key, "RSA") ? SIGN_RAW_RSA : SIGN_RAW_NONE;
}

enum sign_raw_kind signer_raw_kind(const struct signer *s)
{
    return s->pss ? SIGN_RAW_NONE : raw_kind(X509_get0_pubkey(s->cert));
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

static X509 *raw_cert(const struct buf *der)
{
    const unsigned char *at = (const unsigned char *)buf_str(der);
    X509 *cert = der->len <= LONG_MAX ? d2i_X509(NULL, &at, (long)der->len) : NULL;

    if (cert && (at != (const unsigned char *)buf_str(der) + der->len || !X509_get0_pubkey(cert))) {
        X509_free(cert);
        cert = NULL;
    }
    ERR_clear_error();
    return cert;
}

static char *raw_issuer(X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL, *name = NULL;
    long n = 0;

    if (bio)
        X509_NAME_print_ex(bio, X509_get_issuer_name(cert), 0,
                           XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    n = bio ? BIO_get_mem_data(bio, &bytes) : 0;
    name = mem_copy_n(n > 0 ? bytes : "", n > 0 ? (size_t)n : 0);
    BIO_free(bio);
    return name;
}

int sign_cert_read(const struct buf *der, struct sign_cert *c, struct err *e)
{
    X509 *cert = raw_cert(der);
    EVP_PKEY *key = NULL;
    BIGNUM *number = NULL;
    char *decimal = NULL;

    if (!cert)
        return err_set(e, "a certificate in it cannot be read");
    key = X509_get0_pubkey(cert);
    number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    decimal = number ? BN_bn2dec(number) : NULL;
    c->name = sign_cert_name(cert);
    c->issuer = raw_issuer(cert);
    c->serial = mem_copy(decimal ? decimal : "0");
    c->kind = raw_kind(key);
    c->bits = c->kind == SIGN_RAW_ECDSA && EVP_PKEY_get_bits(key) == 384 ? 384 : 256;
    OPENSSL_free(decimal);
    BN_free(number);
    X509_free(cert);
    return 0;
}

void sign_cert_free(struct sign_cert *c)
{
    free(c->name);
    free(c->issuer);
    free(c->serial);
    *c = (struct sign_cert){0};
}

/* r and s to DER; what is no such pair is left as it is and fits nothing. */
static void raw_der(EVP_PKEY *key, const struct buf *value, struct buf *out)
{
    const unsigned char *at = (const unsigned char *)buf_str(value);
    const int size = (EVP_PKEY_get_bits(key) + 7) / 8;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = NULL, *s = NULL;
    unsigned char *der = NULL;
    int n = 0;

    if (value->len == 2 * (size_t)size) {
        r = BN_bin2bn(at, size, NULL);
        s = BN_bin2bn(at + size, size, NULL);
    }
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* the pair's now */
        n = i2d_ECDSA_SIG(pair, &der);
    }
    if (n > 0)
        buf_add(out, der, (size_t)n);
    OPENSSL_free(der);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
}

int sign_raw_check(const struct buf *der, const void *bytes, size_t n, const struct buf *value, struct err *e)
{
    X509 *cert = raw_cert(der);
    EVP_PKEY *key = cert ? X509_get0_pubkey(cert) : NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *terms = NULL; /* of ctx */
    struct buf pair = {0};
    const int ec = key && raw_kind(key) == SIGN_RAW_ECDSA;
    const EVP_MD *md = ec && EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256();
    int good = key && ctx && raw_kind(key) != SIGN_RAW_NONE &&
               EVP_DigestVerifyInit(ctx, &terms, md, NULL, key) == 1 &&
               (ec || EVP_PKEY_CTX_set_rsa_padding(terms, RSA_PKCS1_PADDING) == 1);

    if (good && ec)
        raw_der(key, value, &pair);
    good = good && EVP_DigestVerify(ctx, (const unsigned char *)buf_str(ec ? &pair : value),
                                    ec ? pair.len : value->len, bytes, n) == 1;
    buf_free(&pair);
    EVP_MD_CTX_free(ctx);
    X509_free(cert);
    ERR_clear_error();
    return good ? 0 : err_set(e, "its value does not fit the certificate in it");
}

int sign_cms_cert(const void *cms, size_t n, struct buf *der, struct err *e)
{
    const unsigned char *at = cms;
    CMS_ContentInfo *info = n <= LONG_MAX ? d2i_CMS_ContentInfo(NULL, &at, (long)n) : NULL;
    STACK_OF(X509) *signers = NULL;
    unsigned char *bytes = NULL;
    int size = 0;

    if (info && OBJ_obj2nid(CMS_get0_type(info)) == NID_pkcs7_signed &&
        CMS_set1_signers_certs(info, NULL, 0) >= 0)
        signers = CMS_get0_signers(info);
    if (sk_X509_num(signers) == 1)
        size = i2d_X509(sk_X509_value(signers, 0), &bytes);
    if (size > 0)
        buf_add(der, bytes, (size_t)size);
    OPENSSL_free(bytes);
    sk_X509_free(signers);
    CMS_ContentInfo_free(info);
    ERR_clear_error();
    return size > 0 ? 0 : err_set(e, "names no one signer's certificate");
}
