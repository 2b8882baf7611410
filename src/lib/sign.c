/* Making CMS detached signatures. See sign.h. */
#include "lib/sign.h"

#include <errno.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "lib/sign_key.h"
#include "lib/sign_parts.h"
#include "lib/stamp.h"

int signer_hash(const struct signer *s)
{
    EVP_PKEY *key = X509_get0_pubkey(s->cert);

    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 384 ? 384 : 256;
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

/* The signed attributes as they are signed: DER of a SET OF, sorted (RFC 5652, section 5.4; X.690, 11.6). */
static int sign_attributes(CMS_SignerInfo *info, struct buf *out)
{
    struct buf rows[16] = {{0}}, all = {0};
    int count = CMS_signed_get_attr_count(info), good = count > 0 && count <= 16;

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
    buf_char(out, 0x31);
    if (all.len >= 256)
        buf_char(out, (char)0x82);
    else if (all.len >= 128)
        buf_char(out, (char)0x81);
    if (all.len >= 256)
        buf_char(out, (char)(all.len >> 8));
    buf_char(out, (char)(all.len & 0xff));
    buf_add(out, buf_str(&all), all.len);
    buf_free(&all);
    return good;
}

/* contentType and messageDigest (RFC 5652, section 11), and when the signer says that it signed: that one not
 * in a PDF, where the ETSI subfilter forbids it (ETSI EN 319 142-1, section 6.3). */
static int sign_describe(CMS_SignerInfo *info, int timed, const unsigned char *digest, size_t n)
{
    ASN1_TIME *now = NULL;
    int good =
        CMS_signed_add1_attr_by_NID(info, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data),
                                    -1) == 1 &&
        CMS_signed_add1_attr_by_NID(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, digest, (int)n) == 1;

    if (good && timed) {
        now = X509_gmtime_adj(NULL, 0);
        good = now && CMS_signed_add1_attr_by_NID(info, NID_pkcs9_signingTime, now->type, now, -1) == 1;
    }
    ASN1_TIME_free(now);
    return good;
}

/* What signs is asked for a signature over the digest of the attributes alone, as a token or Key Vault takes
 * it; the rest is built here. CMS_CADES: the signed attributes name the certificate (ETSI EN 319 122-1,
 * section 5.2.2), so that nobody can put another one for the same key in its place. */
int sign_digest(const struct signer *s, const struct sign_terms *terms, const unsigned char *digest, size_t n,
                struct buf *der, struct err *e)
{
    const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_CADES | CMS_NOSMIMECAP | CMS_PARTIAL;
    const EVP_MD *md = signer_hash(s) == 384 ? EVP_sha384() : EVP_sha256();
    unsigned char *bytes = NULL, hash[EVP_MAX_MD_SIZE];
    struct buf made = {0}, attributes = {0}, value = {0};
    CMS_ContentInfo *cms = NULL;
    CMS_SignerInfo *info = NULL;
    unsigned hash_n = 0;
    int size = 0, rc = -1;

    if (n * 8 != (size_t)signer_hash(s))
        return err_set(e, "a digest of %zu bytes: the signer signs one of %d bits", n, signer_hash(s));
    cms = CMS_sign(NULL, NULL, s->chain, NULL, flags);
    info = cms ? CMS_add1_signer(cms, s->cert, X509_get0_pubkey(s->cert), md, flags) : NULL;
    if (!info || !sign_describe(info, !terms || !terms->pades, digest, n) ||
        (s->pss && !sign_pss_algorithm(info, md)) || !sign_attributes(info, &attributes) ||
        EVP_Digest(attributes.data, attributes.len, hash, &hash_n, md, NULL) != 1) {
        sign_fail(e, s->name, "cannot sign");
        goto out;
    }
    if (signer_sign(s, s->pss, hash, hash_n, &value, e) != 0)
        goto out;
    if (ASN1_OCTET_STRING_set(CMS_SignerInfo_get0_signature(info), (const unsigned char *)value.data,
                              (int)value.len) != 1 ||
        (size = i2d_CMS_ContentInfo(cms, &bytes)) <= 0) {
        sign_fail(e, s->name, "cannot sign");
        goto out;
    }
    buf_add(&made, bytes, (size_t)size);
    if (terms && terms->tsa && stamp_add(&made, terms->tsa, e) != 0)
        goto out;
    buf_add(der, made.data, made.len);
    rc = 0;
out:
    buf_free(&made);
    buf_free(&attributes);
    buf_free(&value);
    OPENSSL_free(bytes);
    CMS_ContentInfo_free(cms);
    return rc;
}

int sign_detached(const struct signer *s, const void *bytes, size_t n, struct buf *der, struct err *e)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_Digest(bytes, n, digest, &size, signer_hash(s) == 384 ? EVP_sha384() : EVP_sha256(), NULL) != 1)
        return sign_fail(e, "content", "cannot be hashed");
    return sign_digest(s, NULL, digest, size, der, e);
}

int sign_detached_file(const struct signer *s, const char *path, struct buf *der, struct err *e)
{
    struct sign_part all = {0, 0};
    unsigned char digest[SIGN_DIGEST];
    struct stat st;
    size_t n = 0;

    if (stat(path, &st) != 0)
        return err_set(e, "%s: cannot read: %s", path, strerror(errno));
    all.size = (uint64_t)st.st_size;
    if (sign_parts_digest(path, &all, 1, signer_hash(s), digest, &n, e) != 0)
        return -1;
    return sign_digest(s, NULL, digest, n, der, e);
}
