/* The one place where a private key is used: a digest goes to whatever holds the key, a signature comes back,
 * and it is checked against the certificate before anybody builds on it. */
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/sign_key.h"

static const EVP_MD *holder_md(size_t n)
{
    return n == 32 ? EVP_sha256() : n == 48 ? EVP_sha384() : n == 64 ? EVP_sha512() : NULL;
}

/* Hash and padding, alike for signing and for checking. PSS: mask by the same hash, salt as long as it
 * (RFC 4055, section 3.1). The hash goes first: PSS would begin with SHA-1, which a FIPS provider refuses. */
static int holder_terms(EVP_PKEY_CTX *ctx, EVP_PKEY *key, int pss, size_t n)
{
    if (EVP_PKEY_CTX_set_signature_md(ctx, holder_md(n)) <= 0)
        return 0;
    return EVP_PKEY_is_a(key, "EC") ||
           (EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) > 0 &&
            (!pss || (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, holder_md(n)) > 0 &&
                      EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0)));
}

static int holder_local(const struct signer *s, int pss, const unsigned char *digest, size_t n,
                        struct buf *out, struct err *e)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key, NULL);
    unsigned char *value = NULL;
    size_t size = 0;
    int good = ctx && EVP_PKEY_sign_init(ctx) == 1 && holder_terms(ctx, s->key, pss, n) &&
               EVP_PKEY_sign(ctx, NULL, &size, digest, n) == 1;

    value = mem_alloc(size);
    good = good && EVP_PKEY_sign(ctx, value, &size, digest, n) == 1;
    if (good)
        buf_add(out, value, size);
    free(value);
    EVP_PKEY_CTX_free(ctx);
    return good ? 0 : sign_fail(e, s->name, "cannot sign");
}

/* r and s one after the other, each as long as the curve's order (RFC 7518, section 3.4), become DER. */
static int holder_ecdsa(const struct buf *raw, struct buf *out)
{
    const unsigned char *at = (const unsigned char *)raw->data;
    int half = (int)(raw->len / 2), size = 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(at, half, NULL), *s = BN_bin2bn(at + half, half, NULL);
    unsigned char *der = NULL;

    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* the pair's now */
        size = i2d_ECDSA_SIG(pair, &der);
    }
    if (size > 0)
        buf_add(out, der, (size_t)size);
    OPENSSL_free(der);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return size > 0;
}

static int holder_remote(const struct signer *s, EVP_PKEY *public_key, int pss, const unsigned char *digest,
                         size_t n, struct buf *out, struct err *e)
{
    int ec = EVP_PKEY_is_a(public_key, "EC"), rc = -1;
    struct buf raw = {0};

    if (s->holder.sign(s->holder.ctx,
                       ec    ? SIGNER_ECDSA
                       : pss ? SIGNER_PSS
                             : SIGNER_PKCS1,
                       digest, n, &raw, e) != 0)
        goto out;
    if (!ec)
        buf_add(out, buf_str(&raw), raw.len);
    else if (raw.len != 2 * ((size_t)EVP_PKEY_get_bits(public_key) / 8) || !holder_ecdsa(&raw, out)) {
        sign_fail(e, s->name, "what holds the key gives no signature of this curve");
        goto out;
    }
    rc = 0;
out:
    buf_free(&raw);
    return rc;
}

/* A wrong key behind the certificate, or a holder that errs, must not get into a pack. */
static int holder_check(const struct signer *s, EVP_PKEY *public_key, int pss, const unsigned char *digest,
                        size_t n, const struct buf *value, struct err *e)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(public_key, NULL);
    int good = ctx && EVP_PKEY_verify_init(ctx) == 1 && holder_terms(ctx, public_key, pss, n) &&
               EVP_PKEY_verify(ctx, (const unsigned char *)buf_str(value), value->len, digest, n) == 1;

    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return good ? 0
                : err_set(e,
                          "%s: what came back is no signature by the key of this certificate: give the "
                          "certificate of the key that signs",
                          s->name);
}

int signer_sign(const struct signer *s, int pss, const unsigned char *digest, size_t n, struct buf *out,
                struct err *e)
{
    EVP_PKEY *public_key = X509_get0_pubkey(s->cert);
    struct buf value = {0};
    int rc = -1;

    if (!public_key || !holder_md(n))
        return err_set(e, "%s: a digest of %zu bytes is not signed", s->name, n);
    if (EVP_PKEY_is_a(public_key, "RSA-PSS") && !pss)
        return err_set(e, "%s: its key is for RSA-PSS alone", s->name);
    rc = s->key ? holder_local(s, pss, digest, n, &value, e)
                : holder_remote(s, public_key, pss, digest, n, &value, e);
    if (rc == 0)
        rc = holder_check(s, public_key, pss, digest, n, &value, e);
    if (rc == 0)
        buf_add(out, buf_str(&value), value.len);
    buf_free(&value);
    return rc;
}
