/* One answer about one certificate: an OCSP response, and what it shares with a CRL. See revocation_answer.h.
 */
#include "lib/revocation_answer.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "lib/sign_key.h"

void revocation_fact_free(struct revocation_fact *f)
{
    free(f->by);
    *f = (struct revocation_fact){0};
}

int revocation_time(const ASN1_TIME *time, int64_t *out)
{
    struct tm tm = {0};

    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return -1;
    *out = (int64_t)timegm(&tm);
    return 0;
}

const char *revocation_reason(long reason)
{
    return reason < 0 ? "no reason given" : OCSP_crl_reason_str(reason);
}

/* A signature over less than SHA-2 proves nothing today; what names no hash (PSS, Ed25519) is OpenSSL's to
 * judge. */
int revocation_strong(int algorithm, struct err *e)
{
    int hash = NID_undef;

    if (OBJ_find_sigid_algs(algorithm, &hash, NULL) == 1 && (hash == NID_sha1 || hash == NID_md5))
        return err_set(e, "it is signed with %s: SHA-256 or longer is needed", OBJ_nid2sn(hash));
    return 0;
}

/* Who may speak for the issuer: the issuer's key alone, and what OpenSSL lets it delegate. */
X509_STORE *revocation_store(X509 *issuer, int64_t at)
{
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *param = store ? X509_STORE_get0_param(store) : NULL;

    if (param && X509_STORE_add_cert(store, issuer) == 1 &&
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1) {
        if (at)
            X509_VERIFY_PARAM_set_time(param, (time_t)at);
        return store;
    }
    X509_STORE_free(store);
    return NULL;
}

/* An answer of before the certificate, or of after its end, when authorities forget what they revoked (RFC
 * 5280 section 3.3), says nothing about it. */
int revocation_in_life(const struct revocation_fact *f, X509 *cert, struct err *e)
{
    int64_t from = 0, to = 0;

    if (revocation_time(X509_get0_notBefore(cert), &from) != 0 ||
        revocation_time(X509_get0_notAfter(cert), &to) != 0)
        return err_set(e, "the certificate's dates cannot be read");
    if (f->as_of < from)
        return err_set(e, "it is older than the certificate");
    if (f->as_of > to)
        return err_set(e, "it is of after the certificate's end and so says nothing about it");
    return 0;
}

/* ---- OCSP */

/* The one single response about the certificate, whatever hash it names it by. SHA-1 here only finds it (RFC
 * 5019 section 2.1.1 asks for it); the answer's own signature is what is believed. */
static OCSP_SINGLERESP *revocation_single(OCSP_BASICRESP *basic, X509 *cert, X509 *issuer, struct err *e)
{
    OCSP_SINGLERESP *found = NULL;

    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        OCSP_SINGLERESP *one = OCSP_resp_get0(basic, i);
        OCSP_CERTID *id = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(one), *want = NULL;
        ASN1_OBJECT *hash = NULL;
        const EVP_MD *md = NULL;

        if (OCSP_id_get0_info(NULL, &hash, NULL, NULL, id) == 1)
            md = EVP_get_digestbyobj(hash);
        want = md ? OCSP_cert_to_id(md, cert, issuer) : NULL;
        if (want && OCSP_id_cmp(want, id) == 0) {
            if (found) {
                OCSP_CERTID_free(want);
                err_set(e, "it tells of the certificate twice");
                return NULL;
            }
            found = one;
        }
        OCSP_CERTID_free(want);
    }
    if (!found)
        err_set(e, "it is about another certificate");
    return found;
}

static int revocation_single_read(OCSP_SINGLERESP *single, struct revocation_fact *f, struct err *e)
{
    ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL, *invalid = NULL;
    int reason = -1, status = OCSP_single_get0_status(single, &reason, &revoked, &this_update, &next_update);
    int64_t earlier = 0;
    int rc = 0;

    if (status != V_OCSP_CERTSTATUS_GOOD && status != V_OCSP_CERTSTATUS_REVOKED)
        return err_set(e, "the responder does not know the certificate");
    if (revocation_time(this_update, &f->as_of) != 0 ||
        (next_update && revocation_time(next_update, &f->until) != 0))
        return err_set(e, "it does not say since when it holds");
    if (!next_update)
        f->until = f->as_of + REVOCATION_DAY;
    f->revoked = status == V_OCSP_CERTSTATUS_REVOKED;
    f->reason = revocation_reason(reason);
    if (f->revoked && revocation_time(revoked, &f->revoked_at) != 0)
        rc = err_set(e, "it does not say when the certificate was revoked");
    invalid = OCSP_SINGLERESP_get1_ext_d2i(single, NID_invalidity_date, NULL, NULL);
    if (f->revoked && invalid && revocation_time(invalid, &earlier) == 0 && earlier < f->revoked_at)
        f->revoked_at = earlier;
    ASN1_GENERALIZEDTIME_free(invalid);
    return rc;
}

/* Whose signature it is: the issuer's, or that of a certificate which the issuer itself made for OCSP
 * (RFC 6960 section 4.2.2.2). OCSP_NOEXPLICIT: no root that is trusted for OCSP stands in for that. */
static int revocation_ocsp_signed(OCSP_BASICRESP *basic, X509 *issuer, int64_t at, struct revocation_fact *f,
                                  struct err *e)
{
    const ASN1_OBJECT *algorithm = NULL;
    X509_STORE *store = revocation_store(issuer, at);
    STACK_OF(X509) *others = sk_X509_new_null();
    X509 *signer = NULL;
    int rc = -1;

    X509_ALGOR_get0(&algorithm, NULL, NULL, OCSP_resp_get0_tbs_sigalg(basic));
    if (revocation_strong(OBJ_obj2nid(algorithm), e) != 0)
        goto out;
    if (!store || !others || sk_X509_push(others, issuer) <= 0 ||
        OCSP_basic_verify(basic, others, store, OCSP_NOEXPLICIT) != 1) {
        sign_fail(e, "it is not signed by the certificate's issuer, nor by whom that delegated",
                  "the check ends");
        goto out;
    }
    if (OCSP_resp_get0_signer(basic, &signer, others) != 1) {
        err_set(e, "who signed it is not said");
        goto out;
    }
    f->by = sign_cert_name(signer);
    rc = 0;
out:
    ERR_clear_error();
    sk_X509_free(others);
    X509_STORE_free(store);
    return rc;
}

/* What is signed is compared after it was read and written again, and BER has more than one way to write
 * anything. Kept is DER alone (RFC 6960 section 4.2.1), so that not a bit of a file can be turned unseen. */
static int revocation_is_der(OCSP_BASICRESP *basic, const void *der, size_t n)
{
    OCSP_RESPONSE *again = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char *bytes = NULL;
    int size = again ? i2d_OCSP_RESPONSE(again, &bytes) : 0;
    int same = size > 0 && (size_t)size == n && memcmp(bytes, der, n) == 0;

    OPENSSL_free(bytes);
    OCSP_RESPONSE_free(again);
    return same;
}

/* Certificates that an answer brings along: the issuer itself, or one whose signature holds by the issuer's
 * key, by that of another of them, or by its own. Others prove nothing, and could be turned unseen. */
static int revocation_certs_hold(OCSP_BASICRESP *basic, X509 *issuer, struct err *e)
{
    const STACK_OF(X509) *certs = OCSP_resp_get0_certs(basic);
    int holds = 1;

    for (int i = 0; i < sk_X509_num(certs) && holds; i++) {
        X509 *one = sk_X509_value(certs, i);

        holds = X509_cmp(one, issuer) == 0 || X509_verify(one, X509_get0_pubkey(issuer)) == 1;
        for (int k = 0; k < sk_X509_num(certs) && !holds; k++) {
            EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(certs, k));

            holds = key && X509_verify(one, key) == 1;
        }
    }
    ERR_clear_error();
    return holds ? 0 : err_set(e, "it brings a certificate along whose signature does not hold");
}

int revocation_read_ocsp(const void *der, size_t n, X509 *cert, X509 *issuer, OCSP_REQUEST *request,
                         struct revocation_fact *f, struct err *e)
{
    const unsigned char *at = der;
    OCSP_RESPONSE *response = n <= LONG_MAX ? d2i_OCSP_RESPONSE(NULL, &at, (long)n) : NULL;
    OCSP_BASICRESP *basic = NULL;
    OCSP_SINGLERESP *single = NULL;
    int rc = -1;

    *f = (struct revocation_fact){0};
    if (!response || at != (const unsigned char *)der + n) {
        err_set(e, "no OCSP response (RFC 6960)");
        goto out;
    }
    if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        err_set(e, "the responder says %s", OCSP_response_status_str(OCSP_response_status(response)));
        goto out;
    }
    basic = OCSP_response_get1_basic(response);
    if (!basic || revocation_time(OCSP_resp_get0_produced_at(basic), &f->made) != 0) {
        err_set(e, "no OCSP response (RFC 6960)");
        goto out;
    }
    if (!revocation_is_der(basic, der, n)) {
        err_set(e, "an OCSP response that is not in DER form");
        goto out;
    }
    single = revocation_single(basic, cert, issuer, e);
    if (!single)
        goto out;
    if (request && OCSP_check_nonce(request, basic) == 0) {
        err_set(e, "it answers another question");
        goto out;
    }
    if (sk_X509_num(OCSP_resp_get0_certs(basic)) > REVOCATION_CHAIN + 1) {
        err_set(e, "it brings more certificates along than anybody needs");
        goto out;
    }
    if (revocation_ocsp_signed(basic, issuer, request ? 0 : f->made, f, e) != 0 ||
        revocation_certs_hold(basic, issuer, e) != 0 || revocation_single_read(single, f, e) != 0 ||
        revocation_in_life(f, cert, e) != 0)
        goto out;
    rc = 0;
out:
    if (rc != 0)
        revocation_fact_free(f);
    ERR_clear_error();
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    return rc;
}
