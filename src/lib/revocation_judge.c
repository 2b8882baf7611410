/* What files kept beside a signature say about its certificates. See revocation.h.
 *
 * The rule. A signature counts from its stamped time T on (RFC 3161), or, without a stamp that is trusted,
 * from no known time.
 *  - Revoked at R (RFC 5280 section 5.3; the invalidity date, section 5.3.2, where that is earlier): fails
 *    when R is not later than T, or when there is no T; else it holds (RFC 3161 appendix B).
 *  - Good as of thisUpdate (RFC 6960 sections 2.4 and 4.2.2.1, RFC 5280 section 5.1.2.4): an answer of T or
 *    later says that it was not revoked at T. One from before T says so as of its own date, which is what is
 *    written; it has to hold still at T, that is until nextUpdate, or for a day where it names none. Without
 * T nothing relates it to the signature: a note.
 *  - Whose word it is, is established only through an issuer whom --trust vouches for; else a note.
 *  - An answer about another certificate, by somebody else, or that cannot be read: fails.
 *  - Nothing kept: a note. Whoever has the pack can take the files away, so their absence says nothing. */
#include "lib/revocation.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/revocation_answer.h"
#include "lib/sign_key.h"

struct revocation_judge {
    const struct revocation_view *view;
    X509 *chain[REVOCATION_CHAIN + 1]; /* of `pool` or `known` */
    int count;
    STACK_OF(X509) * pool;  /* what the signature brings along */
    STACK_OF(X509) * known; /* the chain to what is trusted; NULL: none */
};

static void revocation_say(const struct revocation_judge *j, enum revocation_result result, const char *fmt,
                           ...) __attribute__((format(printf, 3, 4)));
static void revocation_say(const struct revocation_judge *j, enum revocation_result result, const char *fmt,
                           ...)
{
    char words[2048];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    j->view->line(j->view->ctx, result, words);
}

static X509 *revocation_signer(CMS_ContentInfo *cms, STACK_OF(X509) * certs)
{
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);

    for (int i = 0; sk_CMS_SignerInfo_num(infos) == 1 && i < sk_X509_num(certs); i++) {
        if (CMS_SignerInfo_cert_cmp(sk_CMS_SignerInfo_value(infos, 0), sk_X509_value(certs, i)) == 0)
            return sk_X509_value(certs, i);
    }
    return NULL;
}

/* The chain as the signature itself is judged by it: see sign_trust in sign.c. */
static STACK_OF(X509) *
    revocation_trusted(X509 *cert, STACK_OF(X509) * pool, const char *trust_pem, int64_t when)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *chain = NULL;

    if (store && ctx && X509_STORE_load_file(store, trust_pem) == 1 &&
        X509_VERIFY_PARAM_set_purpose(X509_STORE_get0_param(store), X509_PURPOSE_ANY) == 1) {
        if (when)
            X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)when);
        if (X509_STORE_CTX_init(ctx, store, cert, pool) == 1 && X509_verify_cert(ctx) == 1)
            chain = X509_STORE_CTX_get1_chain(ctx);
    }
    ERR_clear_error();
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return chain;
}

/* Its key is one of the trusted chain: a certificate of the same name with another key is not it. */
static int revocation_is_known(const struct revocation_judge *j, X509 *issuer)
{
    for (int i = 0; i < sk_X509_num(j->known); i++) {
        X509 *one = sk_X509_value(j->known, i);

        if (X509_NAME_cmp(X509_get_subject_name(one), X509_get_subject_name(issuer)) == 0 &&
            EVP_PKEY_eq(X509_get0_pubkey(one), X509_get0_pubkey(issuer)) == 1)
            return 1;
    }
    return 0;
}

/* From what the signature brings along alone, as when it was made; else, where that lacks an issuer, from
 * what is trusted. */
static void revocation_chain_of(struct revocation_judge *j, X509 *cert)
{
    j->count = revocation_chain(cert, j->pool, j->chain);
    if (j->count == 1 && j->known)
        j->count = revocation_chain(cert, j->known, j->chain);
}

/* "OCSP answer of ... by ...". */
static char *revocation_source(const struct revocation_item *item, const struct revocation_fact *f)
{
    char made[CLOCK_TEXT];

    clock_text(f->made, made);
    return mem_print("%s of %s by %s", item->is_list ? "list (CRL)" : "OCSP answer", made, f->by);
}

static void revocation_revoked(const struct revocation_judge *j, const struct revocation_fact *f,
                               const char *name, const char *source)
{
    int64_t when = j->view->when;
    char at[CLOCK_TEXT], stamped[CLOCK_TEXT];

    clock_text(f->revoked_at, at);
    clock_text(when, stamped);
    if (!when)
        revocation_say(
            j, REVOCATION_FAILS,
            "the certificate of %s was revoked at %s (%s), and no time stamp that is trusted shows "
            "that it signed before: %s",
            name, at, f->reason, source);
    else if (f->revoked_at <= when)
        revocation_say(j, REVOCATION_FAILS,
                       "the certificate of %s was revoked at %s (%s), before the stamped time, %s: %s", name,
                       at, f->reason, stamped, source);
    else
        revocation_say(
            j, REVOCATION_HOLDS,
            "the certificate of %s was revoked at %s (%s), after the stamped time, %s, at which it "
            "was good: %s",
            name, at, f->reason, stamped, source);
}

static void revocation_good(const struct revocation_judge *j, const struct revocation_item *item,
                            const struct revocation_fact *f, const char *name, const char *source)
{
    int64_t when = j->view->when;
    char as_of[CLOCK_TEXT], stamped[CLOCK_TEXT];
    struct err e = {""};

    clock_text(f->as_of, as_of);
    clock_text(when, stamped);
    if (when && revocation_covers(f, when, &e) != 0)
        revocation_say(j, REVOCATION_FAILS, "%s, about the certificate of %s: %s, the stamped time",
                       item->suffix + 1, name, e.text);
    else if (!when)
        revocation_say(
            j, REVOCATION_NOTE,
            "the certificate of %s was not revoked as of %s: %s; that it signed no later than that "
            "answer holds needs a time stamp that is trusted",
            name, as_of, source);
    else if (f->as_of >= when)
        revocation_say(j, REVOCATION_HOLDS,
                       "the certificate of %s was not revoked at the stamped time, %s: %s, good as of %s",
                       name, stamped, source, as_of);
    else
        revocation_say(
            j, REVOCATION_HOLDS,
            "the certificate of %s was not revoked as of %s, the last word before the stamped time, "
            "%s: %s",
            name, as_of, stamped, source);
}

static void revocation_item_judge(const struct revocation_judge *j, const struct revocation_item *item)
{
    X509 *cert = item->place < j->count ? j->chain[item->place - 1] : NULL;
    X509 *issuer = cert ? j->chain[item->place] : NULL;
    struct revocation_fact f = {0};
    char *name = NULL, *source = NULL;
    struct err e = {""};
    int rc = -1;

    if (!cert) {
        if (j->view->owner)
            revocation_say(j, j->known ? REVOCATION_FAILS : REVOCATION_NOTE,
                           j->known
                               ? "%s: is about no certificate behind this signature"
                               : "%s: was not checked: the issuer's certificate is not here: --trust CA.pem",
                           item->suffix + 1);
        return;
    }
    name = sign_cert_name(cert);
    rc = item->is_list ? revocation_read_crl(item->bytes.data, item->bytes.len, cert, issuer, &f, &e)
                       : revocation_read_ocsp(item->bytes.data, item->bytes.len, cert, issuer, NULL, &f, &e);
    if (rc != 0) {
        revocation_say(j, j->view->owner ? REVOCATION_FAILS : REVOCATION_NOTE,
                       "%s, kept about the certificate of %s: %s", item->suffix + 1, name, e.text);
        goto out;
    }
    source = revocation_source(item, &f);
    if (f.revoked)
        revocation_revoked(j, &f, name, source);
    else if (!revocation_is_known(j, issuer))
        revocation_say(j, REVOCATION_NOTE,
                       "the certificate of %s was not revoked, says its issuer: %s; whose "
                       "that is was not checked: --trust CA.pem",
                       name, source);
    else
        revocation_good(j, item, &f, name, source);
out:
    revocation_fact_free(&f);
    free(source);
    free(name);
}

void revocation_judge(const struct revocation *kept, const void *der, size_t n,
                      const struct revocation_view *view)
{
    struct revocation_judge j = {.view = view};
    const unsigned char *at = der;
    CMS_ContentInfo *cms = n <= LONG_MAX ? d2i_CMS_ContentInfo(NULL, &at, (long)n) : NULL;
    X509 *cert = NULL;
    int told[REVOCATION_CHAIN + 1] = {0};

    j.pool = cms ? CMS_get1_certs(cms) : NULL;
    cert = cms ? revocation_signer(cms, j.pool) : NULL;
    if (cert && view->trust_pem)
        j.known = revocation_trusted(cert, j.pool, view->trust_pem, view->when);
    if (cert)
        revocation_chain_of(&j, cert);
    for (size_t i = 0; cert && i < kept->count; i++) {
        revocation_item_judge(&j, &kept->items[i]);
        told[kept->items[i].place] = 1;
    }
    if (!cert || !told[1])
        revocation_say(&j, REVOCATION_NOTE,
                       "whether its certificate was revoked is not known: no answer is kept");
    for (int i = 2; i < j.count && kept->count; i++) {
        char *name = told[i] ? NULL : sign_cert_name(j.chain[i - 1]);

        if (name)
            revocation_say(&j, REVOCATION_NOTE,
                           "whether the certificate of %s was revoked is not known: no answer is kept", name);
        free(name);
    }
    ERR_clear_error();
    sk_X509_pop_free(j.known, X509_free);
    sk_X509_pop_free(j.pool, X509_free);
    CMS_ContentInfo_free(cms);
}
