/* Time stamps. See stamp.h. */
#include "lib/stamp.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/http.h"

#define STAMP_ANSWER_MAX ((size_t)1 << 20)
#define STAMP_TIMEOUT 30 /* seconds for one try */
#define STAMP_TRIES 3
#define STAMP_HASH 32 /* bytes of SHA-256 */

static int stamp_fail(struct err *e, const char *subject, const char *what)
{
    const char *data = NULL, *reason = NULL;
    int flags = 0;
    unsigned long code = ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);

    reason = code ? ERR_reason_error_string(code) : NULL;
    err_set(e, "%s: %s%s%s%s%s", subject, what, reason ? ": " : "", reason ? reason : "",
            data && *data && (flags & ERR_TXT_STRING) ? ": " : "",
            data && *data && (flags & ERR_TXT_STRING) ? data : "");
    ERR_clear_error();
    return -1;
}

/* The one signer of a CMS SignedData, and the hash of his signature. */
static CMS_SignerInfo *stamp_signer(CMS_ContentInfo *cms, unsigned char hash[STAMP_HASH])
{
    STACK_OF(CMS_SignerInfo) *infos = cms ? CMS_get0_SignerInfos(cms) : NULL;
    CMS_SignerInfo *one = sk_CMS_SignerInfo_num(infos) == 1 ? sk_CMS_SignerInfo_value(infos, 0) : NULL;
    ASN1_OCTET_STRING *value = one ? CMS_SignerInfo_get0_signature(one) : NULL;

    if (!value || EVP_Digest(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value), hash, NULL,
                             EVP_sha256(), NULL) != 1)
        return NULL;
    return one;
}

static CMS_ContentInfo *stamp_read(const void *der, size_t n, struct err *e)
{
    const unsigned char *at = der;
    CMS_ContentInfo *cms = n <= LONG_MAX ? d2i_CMS_ContentInfo(NULL, &at, (long)n) : NULL;

    if (cms && at == (const unsigned char *)der + n && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed)
        return cms;
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    err_set(e, "signature: no CMS SignedData in DER form");
    return NULL;
}

/* ---- asking */

static TS_REQ *stamp_request(unsigned char hash[STAMP_HASH])
{
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    BIGNUM *number = BN_new();
    ASN1_INTEGER *nonce = NULL;
    int good = 0;

    good = request && imprint && algorithm && number &&
           BN_rand(number, 64, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
           (nonce = BN_to_ASN1_INTEGER(number, NULL)) &&
           X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
           TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
           TS_MSG_IMPRINT_set_msg(imprint, hash, STAMP_HASH) == 1 && TS_REQ_set_version(request, 1) == 1 &&
           TS_REQ_set_msg_imprint(request, imprint) == 1 && TS_REQ_set_nonce(request, nonce) == 1 &&
           TS_REQ_set_cert_req(request, 1) == 1;
    TS_MSG_IMPRINT_free(imprint);
    X509_ALGOR_free(algorithm);
    ASN1_INTEGER_free(nonce);
    BN_free(number);
    if (good)
        return request;
    TS_REQ_free(request);
    return NULL;
}

struct stamp_answer {
    struct buf body;
    int status, again;
    struct err why;
};

static int stamp_answered(void *owner, const struct http_answer *a, struct err *e)
{
    struct stamp_answer *s = owner;

    (void)e;
    s->status = 0;
    s->again = a->fault == HTTP_LOST || a->status == 408 || a->status == 429 || a->status >= 500;
    if (a->fault != HTTP_ANSWERED) {
        err_set(&s->why, "%s", a->why);
    } else if (a->status != 200) {
        err_set(&s->why, "HTTP status %d", a->status);
    } else {
        s->status = 200;
        buf_add(&s->body, a->body, a->size);
    }
    return 0;
}

static int stamp_call(const char *url, const struct buf *request, struct stamp_answer *answer, struct err *e)
{
    static const char *const headers[] = {"Accept: application/timestamp-reply", NULL};
    struct http_options options = {.connections = 1};
    struct http_request ask = {.method = "POST",
                               .url = url,
                               .headers = headers,
                               .body = request->data,
                               .body_size = request->len,
                               .body_type = "application/timestamp-query",
                               .timeout = STAMP_TIMEOUT,
                               .connect_timeout = 10,
                               .size_max = STAMP_ANSWER_MAX,
                               .plain = 1,
                               .done = stamp_answered,
                               .owner = answer};
    struct http *http = NULL;
    int rc = http_open(&http, &options, e);

    for (int i = 0; rc == 0 && i < STAMP_TRIES; i++) {
        if (i && http_pause(http, 500 << i) != 0)
            break;
        rc = http_call(http, &ask, e);
        if (answer->status == 200 || !answer->again)
            break;
    }
    http_close(http);
    if (rc == 0 && answer->status != 200)
        rc = err_set(e, "no time stamp: %s", answer->why.text);
    return rc;
}

/* Whom to believe: a file of authorities, or the certificates that came along. */
static X509_STORE *stamp_trust(PKCS7 *token, const char *trust_pem, int64_t when, struct err *e)
{
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *param = store ? X509_STORE_get0_param(store) : NULL;
    STACK_OF(X509) *certs = token->d.sign ? token->d.sign->cert : NULL;
    int good = param != NULL;

    if (good)
        X509_VERIFY_PARAM_set_time(param, (time_t)when);
    if (good && trust_pem) {
        good = X509_STORE_load_file(store, trust_pem) == 1;
        if (!good)
            stamp_fail(e, trust_pem, "cannot read the certificates to trust");
    } else if (good) {
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
        for (int i = 0; good && i < sk_X509_num(certs); i++)
            good = X509_STORE_add_cert(store, sk_X509_value(certs, i)) == 1;
        if (!good)
            stamp_fail(e, "time stamp", "its certificates cannot be read");
    }
    if (good)
        return store;
    X509_STORE_free(store);
    return NULL;
}

static int stamp_time(PKCS7 *token, int64_t *out)
{
    TS_TST_INFO *info = token && PKCS7_type_is_signed(token) ? PKCS7_to_TS_TST_INFO(token) : NULL;
    const ASN1_GENERALIZEDTIME *time = info ? TS_TST_INFO_get_time(info) : NULL;
    struct tm tm = {0};
    int rc = time && ASN1_TIME_to_tm(time, &tm) == 1 ? 0 : -1;

    if (rc == 0)
        *out = (int64_t)timegm(&tm);
    TS_TST_INFO_free(info);
    return rc;
}

/* The token is about this hash, and signed by who may stamp. request: and answers it, with its nonce; may be
 * NULL. */
static int stamp_holds(PKCS7 *token, TS_RESP *response, TS_REQ *request, const unsigned char hash[STAMP_HASH],
                       const char *trust_pem, int64_t *when, struct err *e)
{
    TS_VERIFY_CTX *ctx = NULL;
    X509_STORE *store = NULL;
    unsigned char *copy = NULL;
    int rc = -1;

    if (stamp_time(token, when) != 0) {
        stamp_fail(e, "time stamp", "it tells no time");
        goto out;
    }
    ctx = request ? TS_REQ_to_TS_VERIFY_CTX(request, NULL) : TS_VERIFY_CTX_new();
    copy = OPENSSL_memdup(hash, STAMP_HASH);
    store = stamp_trust(token, trust_pem, *when, e);
    if (!store)
        goto out;
    if (!ctx || !copy) {
        stamp_fail(e, "time stamp", "cannot be checked");
        goto out;
    }
    TS_VERIFY_CTX_set_store(ctx, store); /* ctx frees both */
    store = NULL;
    TS_VERIFY_CTX_set_imprint(ctx, copy, STAMP_HASH);
    copy = NULL;
    TS_VERIFY_CTX_add_flags(ctx, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE);
    if ((response ? TS_RESP_verify_response(ctx, response) : TS_RESP_verify_token(ctx, token)) == 1)
        rc = 0;
    else
        stamp_fail(e, "time stamp", "it does not hold");
out:
    OPENSSL_free(copy);
    X509_STORE_free(store);
    TS_VERIFY_CTX_free(ctx);
    return rc;
}

static int stamp_put(CMS_SignerInfo *signer, PKCS7 *token)
{
    unsigned char *der = NULL;
    int n = i2d_PKCS7(token, &der), good = 0;

    good = n > 0 && CMS_unsigned_add1_attr_by_NID(signer, NID_id_smime_aa_timeStampToken, V_ASN1_SEQUENCE,
                                                  der, n) == 1;
    OPENSSL_free(der);
    return good ? 0 : -1;
}

static int stamp_granted(TS_RESP *response, struct err *e)
{
    const TS_STATUS_INFO *info = response ? TS_RESP_get_status_info(response) : NULL;
    const STACK_OF(ASN1_UTF8STRING) *said = info ? TS_STATUS_INFO_get0_text(info) : NULL;
    long status = info ? ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info)) : -1;
    const ASN1_UTF8STRING *first =
        sk_ASN1_UTF8STRING_num(said) > 0 ? sk_ASN1_UTF8STRING_value(said, 0) : NULL;

    if (status == TS_STATUS_GRANTED || status == TS_STATUS_GRANTED_WITH_MODS)
        return 0;
    if (status < 0)
        return err_set(e, "the answer is no time stamp response (RFC 3161)");
    return err_set(e, "the authority refuses (status %ld)%s%.*s", status, first ? ": " : "",
                   first ? ASN1_STRING_length(first) : 0,
                   first ? (const char *)ASN1_STRING_get0_data(first) : "");
}

int stamp_add(struct buf *der, const char *url, struct err *e)
{
    CMS_ContentInfo *cms = stamp_read(der->data, der->len, e);
    struct stamp_answer answer = {.again = 0};
    struct buf ask = {0};
    unsigned char hash[STAMP_HASH], *bytes = NULL;
    CMS_SignerInfo *signer = stamp_signer(cms, hash);
    TS_REQ *request = NULL;
    TS_RESP *response = NULL;
    const unsigned char *at = NULL;
    int64_t when = 0;
    int n = 0, rc = -1;

    if (!cms)
        goto out;
    request = signer ? stamp_request(hash) : NULL;
    if (!request || (n = i2d_TS_REQ(request, &bytes)) <= 0) {
        stamp_fail(e, "time stamp", "cannot be asked for");
        goto out;
    }
    buf_add(&ask, bytes, (size_t)n);
    OPENSSL_free(bytes);
    bytes = NULL;
    if (stamp_call(url, &ask, &answer, e) != 0)
        goto out;
    at = (const unsigned char *)buf_str(&answer.body);
    response = d2i_TS_RESP(NULL, &at, (long)answer.body.len);
    if (stamp_granted(response, e) != 0 ||
        stamp_holds(TS_RESP_get_token(response), response, request, hash, NULL, &when, e) != 0)
        goto out;
    if (stamp_put(signer, TS_RESP_get_token(response)) != 0 || (n = i2d_CMS_ContentInfo(cms, &bytes)) <= 0) {
        stamp_fail(e, "time stamp", "cannot be put into the signature");
        goto out;
    }
    buf_clear(der);
    buf_add(der, bytes, (size_t)n);
    rc = 0;
out:
    if (rc != 0)
        err_context(e, "%s", url);
    ERR_clear_error();
    OPENSSL_free(bytes);
    TS_RESP_free(response);
    TS_REQ_free(request);
    CMS_ContentInfo_free(cms);
    buf_free(&answer.body);
    buf_free(&ask);
    return rc;
}

/* ---- looking */

static PKCS7 *stamp_token(CMS_SignerInfo *signer)
{
    int place = CMS_unsigned_get_attr_by_NID(signer, NID_id_smime_aa_timeStampToken, -1);
    X509_ATTRIBUTE *attribute = place >= 0 ? CMS_unsigned_get_attr(signer, place) : NULL;
    ASN1_TYPE *type =
        attribute && X509_ATTRIBUTE_count(attribute) == 1 ? X509_ATTRIBUTE_get0_type(attribute, 0) : NULL;
    const unsigned char *at = NULL;

    if (!type || type->type != V_ASN1_SEQUENCE)
        return NULL;
    at = ASN1_STRING_get0_data(type->value.sequence);
    return d2i_PKCS7(NULL, &at, ASN1_STRING_length(type->value.sequence));
}

static char *stamp_authority(PKCS7 *token)
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL, *name = NULL;
    long n = 0;

    if (bio && sk_X509_num(signers) > 0)
        X509_NAME_print_ex(bio, X509_get_subject_name(sk_X509_value(signers, 0)), 0,
                           XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    n = bio ? BIO_get_mem_data(bio, &bytes) : 0;
    name = n > 0 ? mem_copy_n(bytes, (size_t)n) : mem_copy("an authority without a name");
    BIO_free(bio);
    sk_X509_free(signers);
    return name;
}

int stamp_check(const void *der, size_t n, const char *trust_pem, struct stamp_seen *out, struct err *e)
{
    CMS_ContentInfo *cms = stamp_read(der, n, NULL);
    unsigned char hash[STAMP_HASH];
    CMS_SignerInfo *signer = stamp_signer(cms, hash);
    PKCS7 *token = NULL;
    int rc = -1;

    *out = (struct stamp_seen){0};
    if (!signer || CMS_unsigned_get_attr_by_NID(signer, NID_id_smime_aa_timeStampToken, -1) < 0) {
        rc = 0;
        goto out;
    }
    out->there = 1;
    token = stamp_token(signer);
    if (!token) {
        stamp_fail(e, "time stamp", "cannot be read");
        goto out;
    }
    if (stamp_holds(token, NULL, NULL, hash, trust_pem, &out->time, e) != 0)
        goto out;
    clock_text(out->time, out->text);
    out->authority = stamp_authority(token);
    rc = 0;
out:
    ERR_clear_error();
    PKCS7_free(token);
    CMS_ContentInfo_free(cms);
    return rc;
}

int stamp_check_answer(const void *der, size_t n, const char *hex, const char *trust_pem,
                       struct stamp_seen *out, struct err *e)
{
    const unsigned char *at = der;
    TS_RESP *response = n <= LONG_MAX ? d2i_TS_RESP(NULL, &at, (long)n) : NULL;
    PKCS7 *token = NULL;
    unsigned char hash[STAMP_HASH];
    size_t size = 0;
    int rc = -1;

    *out = (struct stamp_seen){0};
    if (!response || at != (const unsigned char *)der + n || stamp_granted(response, NULL) != 0 ||
        !(token = TS_RESP_get_token(response))) {
        err_set(e, "no time stamp that was granted (RFC 3161)");
        goto out;
    }
    if (OPENSSL_hexstr2buf_ex(hash, sizeof hash, &size, hex, '\0') != 1 || size != sizeof hash) {
        stamp_fail(e, "time stamp", "cannot be checked");
        goto out;
    }
    out->there = 1;
    if (stamp_holds(token, NULL, NULL, hash, trust_pem, &out->time, e) != 0)
        goto out;
    clock_text(out->time, out->text);
    out->authority = stamp_authority(token);
    rc = 0;
out:
    ERR_clear_error();
    TS_RESP_free(response);
    return rc;
}

void stamp_seen_free(struct stamp_seen *s)
{
    free(s->authority);
    *s = (struct stamp_seen){0};
}
