/* Asking whether certificates were revoked, all of a chain at once. See revocation.h. */
#include "lib/revocation.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/note.h"
#include "lib/http.h"
#include "lib/revocation_answer.h"
#include "lib/sign_key.h"

#define REVOCATION_URLS 4     /* tried for one certificate */
#define REVOCATION_TIMEOUT 10 /* seconds for one try */
#define REVOCATION_ALL 15000  /* milliseconds for everything */
#define REVOCATION_OCSP_MAX ((size_t)64 << 10)
#define REVOCATION_CRL_MAX ((size_t)8 << 20)
#define REVOCATION_NONCE 16 /* bytes, as OpenSSL's own client sends; RFC 8954 section 2.1: 1 to 32 */

/* What one certificate is asked about, and how far it is. */
struct revocation_ask {
    X509 *cert, *issuer; /* the signer's own */
    char *urls[REVOCATION_URLS];
    int is_list[REVOCATION_URLS]; /* a CRL's URL; else an OCSP responder's */
    int count, next;              /* which one is tried next */
    OCSP_REQUEST *request;        /* of the OCSP responder that is being asked */
    struct revocation_item item;
    struct buf why;                  /* what each try came to */
    int place, waits, done, revoked; /* done: item is filled, or the certificate is revoked */
    int64_t until;
    struct err said; /* when it is revoked */
};

static int revocation_is_http(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static void revocation_add_url(struct revocation_ask *a, const char *url, size_t n, int is_list)
{
    char *copy = mem_copy_n(url, n);

    if (a->count < REVOCATION_URLS && strlen(copy) == n && n < 2000 && revocation_is_http(copy)) {
        a->is_list[a->count] = is_list;
        a->urls[a->count++] = copy;
    } else {
        free(copy);
    }
}

/* Where to ask: the responders of authorityInfoAccess (RFC 5280 section 4.2.2.1), then the lists of
 * cRLDistributionPoints (4.2.1.13). ldap is not spoken. */
static void revocation_urls(struct revocation_ask *a)
{
    STACK_OF(OPENSSL_STRING) *ocsp = X509_get1_ocsp(a->cert);
    CRL_DIST_POINTS *points = X509_get_ext_d2i(a->cert, NID_crl_distribution_points, NULL, NULL);

    for (int i = 0; i < sk_OPENSSL_STRING_num(ocsp) && i < 2; i++) {
        const char *url = sk_OPENSSL_STRING_value(ocsp, i);

        revocation_add_url(a, url, strlen(url), 0);
    }
    for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

        for (int k = 0; name && name->type == 0 && k < sk_GENERAL_NAME_num(name->name.fullname); k++) {
            const GENERAL_NAME *one = sk_GENERAL_NAME_value(name->name.fullname, k);

            if (one->type == GEN_URI)
                revocation_add_url(a, (const char *)ASN1_STRING_get0_data(one->d.uniformResourceIdentifier),
                                   (size_t)ASN1_STRING_length(one->d.uniformResourceIdentifier), 1);
        }
    }
    CRL_DIST_POINTS_free(points);
    X509_email_free(ocsp);
    ERR_clear_error();
}

/* Is what came good for now? Then it is kept. */
static int revocation_take(struct revocation_ask *a, const struct http_answer *answer, int is_list,
                           struct err *e)
{
    struct revocation_fact f = {0};
    struct buf bytes = {0};
    char when[CLOCK_TEXT] = "", *name = NULL;
    int64_t now = clock_now();
    int rc = -1;

    if (is_list
            ? revocation_crl_pem(answer->body, answer->size, &bytes, e) != 0 ||
                  revocation_read_crl(bytes.data, bytes.len, a->cert, a->issuer, &f, e) != 0
            : revocation_read_ocsp(answer->body, answer->size, a->cert, a->issuer, a->request, &f, e) != 0)
        goto out;
    if (f.revoked) {
        clock_text(f.revoked_at, when);
        name = sign_cert_name(a->cert);
        a->revoked = a->done = 1;
        rc = err_set(&a->said,
                     "the certificate of %s was revoked at %s (%s), says %s: nothing is signed with it", name,
                     when, f.reason, f.by);
        goto out;
    }
    if (f.as_of > now + REVOCATION_SKEW) {
        err_set(e, "it is of the future: is this machine's clock right?");
        goto out;
    }
    /* no skew: it has to last until the signature and its time stamp are made */
    if (revocation_covers(&f, now + REVOCATION_SKEW, e) != 0)
        goto out;
    a->until = f.until;
    if (!is_list)
        buf_add(&bytes, answer->body, answer->size);
    revocation_item_name(&a->item, a->place, is_list);
    a->item.bytes = bytes;
    bytes = (struct buf){0};
    a->done = 1;
    rc = 0;
out:
    revocation_fact_free(&f);
    buf_free(&bytes);
    free(name);
    return rc;
}

static int revocation_answered(void *owner, const struct http_answer *answer, struct err *e)
{
    struct revocation_ask *a = owner;
    int at = a->next - 1;
    struct err why = {""};

    (void)e;
    a->waits = 0;
    if (answer->fault != HTTP_ANSWERED)
        err_set(&why, "%s", answer->why);
    else if (answer->status != 200)
        err_set(&why, "HTTP status %d", answer->status);
    else
        revocation_take(a, answer, a->is_list[at], &why);
    if (!a->done)
        buf_print(&a->why, "%s%s: %s", a->why.len ? "; " : "", a->urls[at], why.text);
    return 0;
}

static int revocation_question(struct revocation_ask *a, struct buf *out)
{
    OCSP_CERTID *id = OCSP_cert_to_id(NULL, a->cert, a->issuer); /* SHA-1: see revocation_single */
    unsigned char *der = NULL;
    int n = 0;

    OCSP_REQUEST_free(a->request);
    a->request = OCSP_REQUEST_new();
    if (!a->request || !id || !OCSP_request_add0_id(a->request, id)) {
        OCSP_CERTID_free(id);
    } else if (OCSP_request_add1_nonce(a->request, NULL, REVOCATION_NONCE) == 1 &&
               (n = i2d_OCSP_REQUEST(a->request, &der)) > 0) {
        buf_add(out, der, (size_t)n);
    }
    OPENSSL_free(der);
    ERR_clear_error();
    return n > 0 ? 0 : -1;
}

/* Sends the next try of this certificate, if there is one. */
static int revocation_try(struct revocation_ask *a, struct http *http, struct err *e)
{
    static const char *const headers[] = {"Accept: application/ocsp-response", NULL};
    int at = a->next, rc = 0;
    struct buf question = {0};

    if (a->done || a->waits || at == a->count)
        return 0;
    a->next++;
    if (a->is_list[at] || revocation_question(a, &question) == 0) {
        struct http_request ask = {.method = a->is_list[at] ? "GET" : "POST",
                                   .url = a->urls[at],
                                   .headers = a->is_list[at] ? NULL : headers,
                                   .body = question.data,
                                   .body_size = question.len,
                                   .body_type = a->is_list[at] ? NULL : "application/ocsp-request",
                                   .timeout = REVOCATION_TIMEOUT,
                                   .connect_timeout = REVOCATION_TIMEOUT / 2,
                                   .size_max = a->is_list[at] ? REVOCATION_CRL_MAX : REVOCATION_OCSP_MAX,
                                   .plain = 1,
                                   .done = revocation_answered,
                                   .owner = a};

        a->waits = 1;
        rc = http_send(http, &ask, e);
    }
    buf_free(&question);
    return rc;
}

static int revocation_run(struct revocation_ask *asks, int count, struct err *e)
{
    struct http_options options = {.connections = REVOCATION_CHAIN};
    int64_t end = clock_ticks() + REVOCATION_ALL;
    struct http *http = NULL;
    int rc = http_open(&http, &options, e), waits = 1;

    while (rc == 0 && waits) {
        for (int i = 0; rc == 0 && i < count; i++)
            rc = revocation_try(&asks[i], http, e);
        if (rc == 0 && clock_ticks() >= end) {
            rc = http_abort(http, e);
            break;
        }
        if (rc == 0 && http_step(http, 200, e) < 0)
            rc = -1;
        waits = 0;
        for (int i = 0; i < count; i++)
            waits |= asks[i].waits || (!asks[i].done && asks[i].next < asks[i].count);
    }
    http_close(http);
    return rc;
}

static int revocation_outcome(struct revocation_ask *a, struct revocation *out, struct err *e)
{
    char *name = NULL;

    if (a->revoked)
        return err_set(e, "%s", a->said.text);
    if (a->done) {
        out->until = out->count && out->until < a->until ? out->until : a->until;
        out->items[out->count++] = a->item;
        a->item = (struct revocation_item){.place = 0};
    } else if (a->count) {
        name = sign_cert_name(a->cert);
        note_warn(
            "whether the certificate of %s was revoked is not known: %s; it signs all the same, and the "
            "signature has no such answer beside it",
            name, a->why.len ? buf_str(&a->why) : "no answer in time");
        free(name);
    }
    return 0;
}

/* Who issued the certificate has to be in the file: an answer is about a serial number and an issuer's key.
 */
static void revocation_no_issuer(const struct signer *s)
{
    struct revocation_ask a = {.cert = s->cert};

    revocation_urls(&a);
    if (a.count && X509_check_issued(s->cert, s->cert) != X509_V_OK)
        note_warn(
            "whether the certificate of %s was revoked cannot be asked: its issuer's certificate is not "
            "with it: put the chain behind it in its file",
            s->name);
    for (int i = 0; i < a.count; i++)
        free(a.urls[i]);
}

int revocation_ask(const struct signer *s, struct revocation *out, struct err *e)
{
    struct revocation_ask asks[REVOCATION_CHAIN] = {{.place = 0}};
    X509 *chain[REVOCATION_CHAIN + 1];
    int count = revocation_chain(s->cert, s->chain, chain) - 1, urls = 0, rc = 0;

    *out = (struct revocation){.count = 0};
    if (count < 1)
        revocation_no_issuer(s);
    for (int i = 0; i < count; i++) {
        asks[i] = (struct revocation_ask){.cert = chain[i], .issuer = chain[i + 1], .place = i + 1};
        revocation_urls(&asks[i]);
        urls += asks[i].count;
    }
    if (urls)
        rc = revocation_run(asks, count, e);
    for (int i = 0; i < count && rc == 0; i++)
        rc = revocation_outcome(&asks[i], out, e);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < asks[i].count; k++)
            free(asks[i].urls[k]);
        OCSP_REQUEST_free(asks[i].request);
        buf_free(&asks[i].item.bytes);
        buf_free(&asks[i].why);
    }
    if (rc != 0)
        revocation_free(out);
    return rc;
}

int revocation_renew(const struct signer *s, struct revocation *r, struct err *e)
{
    if (!r->count || clock_now() <= r->until)
        return 0;
    revocation_free(r);
    return revocation_ask(s, r, e);
}
