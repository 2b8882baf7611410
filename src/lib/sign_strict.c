/* Nothing in a signature file that nobody looks at. See sign_strict.h. OpenSSL's CMS structures are closed;
 * those of PKCS#7, which is the same in every file that is meant here, are open. */
#include "lib/sign_strict.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/sign_key.h"

/* A name of an algorithm whose parameters are absent or NULL (RFC 5754 section 2, RFC 5758 section 3.2). */
static int strict_plain(const X509_ALGOR *algorithm, int *nid)
{
    const ASN1_OBJECT *oid = NULL;
    const void *value = NULL;
    int type = 0;

    X509_ALGOR_get0(&oid, &type, &value, algorithm);
    *nid = OBJ_obj2nid(oid);
    return type == V_ASN1_UNDEF || type == V_ASN1_NULL;
}

/* The digest is named twice; the signature's algorithm is the key's own, alone or with that digest. */
static int strict_algorithms(const PKCS7_SIGNED *s, const PKCS7_SIGNER_INFO *si, X509 *cert)
{
    int listed = 0, digest = 0, signature = 0, md = 0, key = 0;
    const EVP_PKEY *public = X509_get0_pubkey(cert);
    const int own = public ? EVP_PKEY_get_base_id(public) : NID_undef;

    if (sk_X509_ALGOR_num(s->md_algs) != 1 || !strict_plain(sk_X509_ALGOR_value(s->md_algs, 0), &listed) ||
        !strict_plain(si->digest_alg, &digest) || listed != digest)
        return 0;
    if (!strict_plain(si->digest_enc_alg, &signature))
        return signature == NID_rsassaPss && (own == EVP_PKEY_RSA || own == EVP_PKEY_RSA_PSS);
    if (signature == own)
        return own == EVP_PKEY_RSA;
    return OBJ_find_sigid_algs(signature, &md, &key) == 1 && md == digest && key == own;
}

struct strict {
    const char *trust, *tsa_trust;
    char *unknown;
};

/* The very bytes: comparing names takes letter case lightly. */
static int strict_same_name(X509_NAME *a, X509_NAME *b)
{
    const unsigned char *x = NULL, *y = NULL;
    size_t n = 0, m = 0;

    return X509_NAME_get0_der(a, &x, &n) == 1 && X509_NAME_get0_der(b, &y, &m) == 1 && n == m &&
           memcmp(x, y, n) == 0;
}

static int strict_issued(X509 *above, X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(above); /* NULL: of a kind that nobody can read */

    return key && X509_check_issued(above, cert) == X509_V_OK && X509_verify(cert, key) == 1;
}

/* Marks the certificates that one leads to. */
static void strict_follow(STACK_OF(X509) * certs, int at, char *used)
{
    used[at] = 1;
    for (int i = 0; i < sk_X509_num(certs); i++) {
        if (!used[i] && strict_issued(sk_X509_value(certs, i), sk_X509_value(certs, at)))
            strict_follow(certs, i, used);
    }
}

/* Is there one, itself perhaps, that issued it? */
static int strict_known(X509 *cert, STACK_OF(X509) * certs, STACK_OF(X509) * trusted)
{
    for (int i = 0; i < sk_X509_num(certs); i++) {
        if (strict_issued(sk_X509_value(certs, i), cert))
            return 1;
    }
    for (int i = 0; i < sk_X509_num(trusted); i++) {
        if (strict_issued(sk_X509_value(trusted, i), cert))
            return 1;
    }
    return 0;
}

static STACK_OF(X509) * strict_trusted(const char *pem)
{
    X509_STORE *store = pem ? X509_STORE_new() : NULL;
    STACK_OF(X509) *certs =
        store && X509_STORE_load_file(store, pem) == 1 ? X509_STORE_get1_all_certs(store) : NULL;

    X509_STORE_free(store);
    return certs;
}

static int strict_certificates(struct strict *t, STACK_OF(X509) * certs, X509 *signer, const char *trust)
{
    STACK_OF(X509) *trusted = strict_trusted(trust);
    int count = sk_X509_num(certs), good = count > 0;
    char *used = mem_zero((size_t)(good ? count : 1), 1);

    for (int i = 0; i < count; i++) {
        if (X509_cmp(sk_X509_value(certs, i), signer) == 0) {
            strict_follow(certs, i, used);
            break; /* a second copy is one too many */
        }
    }
    for (int i = 0; i < count; i++) {
        X509 *cert = sk_X509_value(certs, i);

        good = good && used[i] &&
               (!strict_same_name(X509_get_subject_name(cert), X509_get_issuer_name(cert)) ||
                strict_issued(cert, cert));
        if (good && trust && !t->unknown && !strict_known(cert, certs, trusted))
            t->unknown = sign_cert_name(cert);
    }
    sk_X509_pop_free(trusted, X509_free);
    free(used);
    return good;
}

static int strict_signed(struct strict *t, PKCS7 *p, int content, int version, struct err *e);

/* Written again it is the same: there is one way to write DER. */
static int strict_der(PKCS7 *p, const void *der, size_t n)
{
    unsigned char *again = NULL;
    int size = i2d_PKCS7(p, &again), same = size > 0 && (size_t)size == n && memcmp(again, der, n) == 0;

    OPENSSL_free(again);
    return same;
}

/* The time stamp, once, and nothing else. */
static int strict_unsigned(struct strict *t, STACK_OF(X509_ATTRIBUTE) * attributes, struct err *e)
{
    X509_ATTRIBUTE *one = sk_X509_ATTRIBUTE_value(attributes, 0);
    ASN1_TYPE *type = NULL;
    const unsigned char *at = NULL;
    PKCS7 *token = NULL;
    int rc = -1, size = 0;

    if (sk_X509_ATTRIBUTE_num(attributes) <= 0)
        return 0;
    if (sk_X509_ATTRIBUTE_num(attributes) != 1 ||
        OBJ_obj2nid(X509_ATTRIBUTE_get0_object(one)) != NID_id_smime_aa_timeStampToken ||
        X509_ATTRIBUTE_count(one) != 1 || !(type = X509_ATTRIBUTE_get0_type(one, 0)) ||
        type->type != V_ASN1_SEQUENCE)
        return err_set(e, "carries an unsigned attribute besides a time stamp: nothing vouches for it");
    at = ASN1_STRING_get0_data(type->value.sequence);
    size = ASN1_STRING_length(type->value.sequence);
    token = d2i_PKCS7(NULL, &at, size);
    if (!token || !strict_der(token, ASN1_STRING_get0_data(type->value.sequence), (size_t)size))
        err_set(e, "not written as DER");
    else
        rc = strict_signed(t, token, NID_id_smime_ct_TSTInfo, 3, e);
    if (rc != 0)
        err_context(e, "its time stamp");
    PKCS7_free(token);
    return rc;
}

static int strict_signed(struct strict *t, PKCS7 *p, int content, int version, struct err *e)
{
    PKCS7_SIGNED *s = p && PKCS7_type_is_signed(p) ? p->d.sign : NULL;
    PKCS7_SIGNER_INFO *si = s && sk_PKCS7_SIGNER_INFO_num(s->signer_info) == 1
                                ? sk_PKCS7_SIGNER_INFO_value(s->signer_info, 0)
                                : NULL;
    X509 *cert = si ? X509_find_by_issuer_and_serial(s->cert, si->issuer_and_serial->issuer,
                                                     si->issuer_and_serial->serial)
                    : NULL;

    if (!cert || !strict_same_name(X509_get_issuer_name(cert), si->issuer_and_serial->issuer))
        return err_set(e, "not of one signer whose certificate it holds");
    if (OBJ_obj2nid(s->contents->type) != content)
        return err_set(e, "what it says it is over is not of that kind (RFC 5652 section 5.2)");
    if (ASN1_INTEGER_get(s->version) != version || ASN1_INTEGER_get(si->version) != 1)
        return err_set(e, "its version is not the one of its kind (RFC 5652 section 5.1)");
    if (!strict_algorithms(s, si, cert))
        return err_set(e, "it names algorithms that are not those of the signer's key");
    if (sk_X509_CRL_num(s->crl) > 0)
        return err_set(e, "carries a list of revoked certificates: nothing vouches for it");
    if (!strict_certificates(t, s->cert, cert, content == NID_pkcs7_data ? t->trust : t->tsa_trust))
        return err_set(e, "holds a certificate that the signer's does not lead to");
    return strict_unsigned(t, si->unauth_attr, e);
}

int sign_strict(const void *der, size_t n, const char *trust, const char *tsa_trust, char **unknown,
                struct err *e)
{
    const unsigned char *at = der;
    PKCS7 *p = n <= LONG_MAX ? d2i_PKCS7(NULL, &at, (long)n) : NULL;
    struct strict t = {.trust = trust, .tsa_trust = tsa_trust};
    int rc = -1;

    if (!p || !strict_der(p, der, n))
        err_set(e, "not written as DER");
    else
        rc = strict_signed(&t, p, NID_pkcs7_data, 1, e);
    *unknown = t.unknown;
    PKCS7_free(p);
    ERR_clear_error();
    return rc;
}
