/* One answer about one certificate: a CRL. See revocation_answer.h. */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/revocation_answer.h"
#include "lib/sign_key.h"

/* Lets OpenSSL judge the certificate by this list, at the time from which the list holds: its signature, whom
 * and which part of the certificates it is for (RFC 5280 section 6.3.3). *revoked: what it says. */
static int revocation_crl_fits(X509_CRL *crl, X509 *cert, X509 *issuer, const struct revocation_fact *f,
                               int *revoked, struct err *e)
{
    X509_STORE *store = revocation_store(issuer, f->as_of);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int code = X509_V_ERR_UNSPECIFIED;

    if (store && ctx && X509_STORE_add_crl(store, crl) == 1 &&
        X509_VERIFY_PARAM_set_flags(X509_STORE_get0_param(store), X509_V_FLAG_CRL_CHECK) == 1 &&
        X509_STORE_CTX_init(ctx, store, cert, NULL) == 1) {
        X509_verify_cert(ctx);
        code = X509_STORE_CTX_get_error(ctx);
    }
    ERR_clear_error();
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    *revoked = code == X509_V_ERR_CERT_REVOKED;
    if (code == X509_V_OK || *revoked)
        return 0;
    if (code == X509_V_ERR_UNABLE_TO_GET_CRL)
        return err_set(e, "it is a list of another issuer, or of other certificates");
    return err_set(e, "it does not hold: %s", X509_verify_cert_error_string(code));
}

static void revocation_crl_entry(X509_CRL *crl, X509 *cert, struct revocation_fact *f)
{
    ASN1_ENUMERATED *reason = NULL;
    ASN1_GENERALIZEDTIME *invalid = NULL;
    X509_REVOKED *entry = NULL;
    int64_t earlier = 0;

    if (X509_CRL_get0_by_cert(crl, &entry, cert) != 1)
        return;
    revocation_time(X509_REVOKED_get0_revocationDate(entry), &f->revoked_at);
    reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    f->reason = revocation_reason(reason ? ASN1_ENUMERATED_get(reason) : -1);
    invalid = X509_REVOKED_get_ext_d2i(entry, NID_invalidity_date, NULL, NULL);
    if (invalid && revocation_time(invalid, &earlier) == 0 && earlier < f->revoked_at)
        f->revoked_at = earlier;
    ASN1_ENUMERATED_free(reason);
    ASN1_GENERALIZEDTIME_free(invalid);
}

static int revocation_crl_write(X509_CRL *crl, struct buf *pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    long n = 0;

    if (bio && PEM_write_bio_X509_CRL(bio, crl) == 1)
        n = BIO_get_mem_data(bio, &bytes);
    if (n > 0)
        buf_add(pem, bytes, (size_t)n);
    BIO_free(bio);
    return n > 0 ? 0 : -1;
}

static X509_CRL *revocation_crl_parse(const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    X509_CRL *crl = NULL;
    BIO *bio = NULL;

    if (n && n <= INT_MAX && at[0] == 0x30) { /* a SEQUENCE: DER */
        crl = d2i_X509_CRL(NULL, &at, (long)n);
        if (crl && at != (const unsigned char *)bytes + n) {
            X509_CRL_free(crl);
            crl = NULL;
        }
    } else if (n && n <= INT_MAX && (bio = BIO_new_mem_buf(bytes, (int)n))) {
        crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
    }
    BIO_free(bio);
    ERR_clear_error();
    return crl;
}

int revocation_crl_pem(const void *bytes, size_t n, struct buf *pem, struct err *e)
{
    X509_CRL *crl = revocation_crl_parse(bytes, n);
    int rc = crl && revocation_crl_write(crl, pem) == 0 ? 0 : err_set(e, "no CRL (RFC 5280)");

    X509_CRL_free(crl);
    return rc;
}

int revocation_read_crl(const void *pem, size_t n, X509 *cert, X509 *issuer, struct revocation_fact *f,
                        struct err *e)
{
    X509_CRL *crl = revocation_crl_parse(pem, n);
    struct buf again = {0};
    int rc = -1;

    *f = (struct revocation_fact){0};
    if (!crl || revocation_crl_write(crl, &again) != 0 || again.len != n || memcmp(again.data, pem, n) != 0) {
        err_set(e, "no CRL in PEM form (RFC 5280), or with something besides");
        goto out;
    }
    if (revocation_time(X509_CRL_get0_lastUpdate(crl), &f->as_of) != 0 ||
        (X509_CRL_get0_nextUpdate(crl) && revocation_time(X509_CRL_get0_nextUpdate(crl), &f->until) != 0)) {
        err_set(e, "it does not say since when it holds");
        goto out;
    }
    if (!X509_CRL_get0_nextUpdate(crl))
        f->until = f->as_of + REVOCATION_DAY;
    f->made = f->as_of;
    if (revocation_strong(X509_CRL_get_signature_nid(crl), e) != 0 || revocation_in_life(f, cert, e) != 0 ||
        revocation_crl_fits(crl, cert, issuer, f, &f->revoked, e) != 0)
        goto out;
    f->by = sign_cert_name(issuer);
    if (f->revoked)
        revocation_crl_entry(crl, cert, f);
    rc = 0;
out:
    ERR_clear_error();
    buf_free(&again);
    X509_CRL_free(crl);
    return rc;
}
