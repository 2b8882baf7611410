/* CMS detached signatures by OpenSSL. See sign.h. */
#include "lib/sign.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/sign_key.h"
#include "lib/sign_parts.h"
#include "lib/stamp.h"

/* CMS_BINARY: LF stays LF. CMS_CADES: the signed attributes name the certificate (ETSI EN 319 122-1,
 * section 5.2.2), so that nobody can put another one for the same key in its place. */
static int sign_bio(const struct signer *s, BIO *content, const char *subject, struct buf *der, struct err *e)
{
    const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_CADES | CMS_NOSMIMECAP;
    const int pss = EVP_PKEY_is_a(s->key, "RSA-PSS");
    CMS_ContentInfo *cms = NULL;
    unsigned char *bytes = NULL;
    int n = 0, rc = -1;

    /* CMS_KEY_PARAM: a key that is for PSS alone signs so and says so; without it its signatures say
     * rsaEncryption */
    cms = CMS_sign(NULL, NULL, s->chain, content, flags | CMS_PARTIAL);
    if (!cms || !CMS_add1_signer(cms, s->cert, s->key, NULL, flags | (pss ? CMS_KEY_PARAM : 0)) ||
        CMS_final(cms, content, NULL, flags) != 1 || (n = i2d_CMS_ContentInfo(cms, &bytes)) <= 0) {
        sign_fail(e, subject, "cannot be signed");
        goto out;
    }
    buf_add(der, bytes, (size_t)n);
    rc = 0;
out:
    OPENSSL_free(bytes);
    CMS_ContentInfo_free(cms);
    return rc;
}

int sign_detached(const struct signer *s, const void *bytes, size_t n, struct buf *der, struct err *e)
{
    BIO *bio = NULL;
    int rc = -1;

    if (n > INT_MAX)
        return err_set(e, "content of %zu bytes: too long to be signed from memory", n);
    bio = BIO_new_mem_buf(bytes, (int)n);
    rc = bio ? sign_bio(s, bio, "content", der, e) : sign_fail(e, "content", "cannot be signed");
    BIO_free(bio);
    return rc;
}

int sign_detached_file(const struct signer *s, const char *path, struct buf *der, struct err *e)
{
    BIO *bio = BIO_new_file(path, "rb");
    int rc = -1;

    if (!bio) {
        ERR_clear_error();
        return err_set(e, "%s: cannot read: %s", path, strerror(errno));
    }
    rc = sign_bio(s, bio, path, der, e);
    BIO_free(bio);
    return rc;
}

int signer_hash(const struct signer *s)
{
    return EVP_PKEY_is_a(s->key, "EC") && EVP_PKEY_get_bits(s->key) == 384 ? 384 : 256;
}

/* What a PSS signature has to say of itself (RFC 4055, section 3.1): hash, mask by the same hash, salt as
 * long. */
static int sign_pss_algorithm(CMS_SignerInfo *info, const EVP_MD *md)
{
    RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
    X509_ALGOR *hash = X509_ALGOR_new(), *algorithm = NULL;
    ASN1_STRING *hash_der = NULL, *pss_der = NULL;
    int good = pss && hash && (pss->hashAlgorithm = X509_ALGOR_new()) &&
               (pss->maskGenAlgorithm = X509_ALGOR_new()) && (pss->saltLength = ASN1_INTEGER_new());

    if (good) {
        X509_ALGOR_set_md(hash, md);
        X509_ALGOR_set_md(pss->hashAlgorithm, md);
        hash_der = ASN1_item_pack(hash, ASN1_ITEM_rptr(X509_ALGOR), NULL);
        good = hash_der &&
               X509_ALGOR_set0(pss->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE, hash_der) == 1;
    }
    if (good) {
        hash_der = NULL; /* the parameters' now */
        good = ASN1_INTEGER_set(pss->saltLength, EVP_MD_get_size(md)) == 1 &&
               (pss_der = ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), NULL)) != NULL;
    }
    CMS_SignerInfo_get0_algs(info, NULL, NULL, NULL, &algorithm);
    good = good && X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, pss_der) == 1;
    if (!good)
        ASN1_STRING_free(pss_der);
    ASN1_STRING_free(hash_der);
    X509_ALGOR_free(hash);
    RSA_PSS_PARAMS_free(pss);
    return good;
}

static int sign_attribute_compare(const void *a, const void *b)
{
    const struct buf *x = a, *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Signs the signed attributes: DER of a SET OF, sorted (RFC 5652, section 5.4; X.690, 11.6). OpenSSL's own
 * CMS_SignerInfo_sign would add a signing-time, which PAdES forbids (ETSI EN 319 142-1, section 6.3). */
static int sign_attributes(CMS_SignerInfo *info, EVP_PKEY *key, const EVP_MD *md)
{
    struct buf rows[16] = {{0}}, all = {0}, head = {0};
    int count = CMS_signed_get_attr_count(info), good = count > 0 && count <= 16;
    int pss = EVP_PKEY_is_a(key, "RSA-PSS");
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *terms = NULL; /* the context's own */
    unsigned char *value = NULL;
    size_t n = 0;

    for (int i = 0; good && i < count; i++) {
        unsigned char *der = NULL;
        int size = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(info, i), &der);

        good = size > 0;
        buf_add(&rows[i], der, good ? (size_t)size : 0);
        OPENSSL_free(der);
    }
    if (good)
        qsort(rows, (size_t)count, sizeof rows[0], sign_attribute_compare);
    for (int i = 0; i < 16; i++) {
        buf_add(&all, buf_str(&rows[i]), rows[i].len);
        buf_free(&rows[i]);
    }
    good = good && all.len < 65536;
    buf_char(&head, 0x31);
    if (all.len >= 256)
        buf_char(&head, (char)0x82);
    else if (all.len >= 128)
        buf_char(&head, (char)0x81);
    if (all.len >= 256)
        buf_char(&head, (char)(all.len >> 8));
    buf_char(&head, (char)(all.len & 0xff));
    buf_add(&head, buf_str(&all), all.len);
    good = good && ctx && EVP_DigestSignInit(ctx, &terms, md, NULL, key) == 1 &&
           (!pss || (EVP_PKEY_CTX_set_rsa_pss_saltlen(terms, RSA_PSS_SALTLEN_DIGEST) > 0 &&
                     sign_pss_algorithm(info, md))) &&
           EVP_DigestSign(ctx, NULL, &n, (const unsigned char *)head.data, head.len) == 1;
    value = mem_alloc(n);
    good = good && EVP_DigestSign(ctx, value, &n, (const unsigned char *)head.data, head.len) == 1 &&
           ASN1_OCTET_STRING_set(CMS_SignerInfo_get0_signature(info), value, (int)n) == 1;
    free(value);
    buf_free(&all);
    buf_free(&head);
    EVP_MD_CTX_free(ctx);
    return good;
}

/* By hand where CMS_sign would read the content: only its digest is known here (RFC 5652, section 5.4). */
int sign_digest(const struct signer *s, const struct sign_terms *terms, const unsigned char *digest, size_t n,
                struct buf *der, struct err *e)
{
    const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_CADES | CMS_NOSMIMECAP | CMS_PARTIAL;
    const EVP_MD *md = signer_hash(s) == 384 ? EVP_sha384() : EVP_sha256();
    CMS_ContentInfo *cms = NULL;
    CMS_SignerInfo *info = NULL;
    unsigned char *bytes = NULL;
    struct buf made = {0};
    int size = 0, rc = -1;

    if (n * 8 != (size_t)signer_hash(s))
        return err_set(e, "a digest of %zu bytes: the signer signs one of %d bits", n, signer_hash(s));
    cms = CMS_sign(NULL, NULL, s->chain, NULL, flags);
    info = cms ? CMS_add1_signer(cms, s->cert, s->key, md, flags) : NULL;
    if (!info ||
        CMS_signed_add1_attr_by_NID(info, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data),
                                    -1) != 1 ||
        CMS_signed_add1_attr_by_NID(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, digest, (int)n) !=
            1 ||
        !sign_attributes(info, s->key, md) || (size = i2d_CMS_ContentInfo(cms, &bytes)) <= 0) {
        sign_fail(e, "digest", "cannot be signed");
        goto out;
    }
    buf_add(&made, bytes, (size_t)size);
    if (terms && terms->tsa && stamp_add(&made, terms->tsa, e) != 0)
        goto out;
    buf_add(der, made.data, made.len);
    rc = 0;
out:
    buf_free(&made);
    OPENSSL_free(bytes);
    CMS_ContentInfo_free(cms);
    return rc;
}

/* One detached signature of one signer over SHA-256 or longer, and nothing behind it. */
static int sign_shape(CMS_ContentInfo *cms, const char *path, struct err *e)
{
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
    X509_ALGOR *digest = NULL;
    const ASN1_OBJECT *oid = NULL;

    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
        return err_set(e, "%s: the signature file is no CMS SignedData", path);
    if (CMS_is_detached(cms) != 1)
        return err_set(e, "%s: the signature carries its own content: it is not over this file", path);
    if (sk_CMS_SignerInfo_num(infos) != 1)
        return err_set(e, "%s: %d signers in one signature file: expected one", path,
                       sk_CMS_SignerInfo_num(infos) < 0 ? 0 : sk_CMS_SignerInfo_num(infos));
    CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(infos, 0), NULL, NULL, &digest, NULL);
    X509_ALGOR_get0(&oid, NULL, NULL, digest);
    switch (OBJ_obj2nid(oid)) {
    case NID_sha256:
    case NID_sha384:
    case NID_sha512:
        return 0;
    default:
        return err_set(e, "%s: the signature uses %s: SHA-256 or longer is needed", path,
                       OBJ_nid2sn(OBJ_obj2nid(oid)));
    }
}

/* Whom to trust: the file of CA certificates, or, without one, whatever certificate the signature brings
 * along (then the check says that the bytes fit this certificate, not whose it is, and expiry means nothing).
 */
static X509_STORE *sign_trust(CMS_ContentInfo *cms, const char *trust_pem, int64_t when, struct err *e)
{
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *param = store ? X509_STORE_get0_param(store) : NULL;
    STACK_OF(X509) *certs = NULL;
    int good = param && X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY) == 1;

    if (good && when)
        X509_VERIFY_PARAM_set_time(param, (time_t)when);
    if (good && trust_pem) {
        good = X509_STORE_load_file(store, trust_pem) == 1;
        if (!good)
            sign_fail(e, trust_pem, "cannot read the certificates to trust");
    } else if (good) {
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
        certs = CMS_get1_certs(cms);
        for (int i = 0; good && i < sk_X509_num(certs); i++)
            good = X509_STORE_add_cert(store, sk_X509_value(certs, i)) == 1;
        sk_X509_pop_free(certs, X509_free);
        if (!good)
            sign_fail(e, "signature", "its certificates cannot be read");
    } else {
        sign_fail(e, "signature", "cannot be checked");
    }
    if (good)
        return store;
    X509_STORE_free(store);
    return NULL;
}

static int sign_verify_bio(const void *der, size_t n, const char *path, BIO *content, const char *trust_pem,
                           int64_t when, char **name, struct err *e)
{
    const unsigned char *at = der;
    CMS_ContentInfo *cms = NULL;
    X509_STORE *store = NULL;
    STACK_OF(X509) *signers = NULL;
    int rc = -1;

    ERR_clear_error();
    if (n > LONG_MAX || !(cms = d2i_CMS_ContentInfo(NULL, &at, (long)n))) {
        ERR_clear_error();
        err_set(e, "%s: the signature file is no CMS in DER form", path);
        goto out;
    }
    if (at != (const unsigned char *)der + n) {
        err_set(e, "%s: the signature file has bytes behind its end", path);
        goto out;
    }
    if (sign_shape(cms, path, e) != 0 || !(store = sign_trust(cms, trust_pem, when, e)))
        goto out;
    if (CMS_verify(cms, NULL, store, content, NULL, CMS_BINARY | CMS_CADES) != 1) {
        sign_fail(e, path, "the signature does not hold");
        goto out;
    }
    signers = CMS_get0_signers(cms);
    if (sk_X509_num(signers) != 1) {
        err_set(e, "%s: the signer's certificate is not in the signature file", path);
        goto out;
    }
    if (name)
        *name = sign_cert_name(sk_X509_value(signers, 0));
    rc = 0;
out:
    sk_X509_free(signers);
    X509_STORE_free(store);
    CMS_ContentInfo_free(cms);
    return rc;
}

int sign_verify_file(const void *der, size_t n, const char *path, const char *trust_pem, char **name,
                     struct err *e)
{
    return sign_verify_file_at(der, n, path, trust_pem, 0, name, e);
}

int sign_verify_file_at(const void *der, size_t n, const char *path, const char *trust_pem, int64_t when,
                        char **name, struct err *e)
{
    BIO *content = BIO_new_file(path, "rb");
    int rc = -1;

    if (!content) {
        ERR_clear_error();
        return err_set(e, "%s: cannot read: %s", path, strerror(errno));
    }
    rc = sign_verify_bio(der, n, path, content, trust_pem, when, name, e);
    BIO_free(content);
    return rc;
}

int sign_verify_parts(const void *der, size_t n, const char *path, const struct sign_part *parts,
                      size_t count, const char *trust_pem, int64_t when, char **name, struct err *e)
{
    BIO *content = sign_parts_open(path, parts, count, e);
    int rc = content ? sign_verify_bio(der, n, path, content, trust_pem, when, name, e) : -1;

    BIO_free(content);
    return rc;
}
