/* Checking CMS detached signatures. See sign.h. */
#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/sign_key.h"
#include "lib/sign_parts.h"

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
