/* Names of the files, the chain they are about, and how old an answer may be. See revocation.h. */
#include "lib/revocation.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "lib/revocation_answer.h"

#define REVOCATION_OCSP_BYTES                                                                                \
    ((size_t)64 << 10)                          /* an answer with the responder's certificates: 2 to 5 KB    \
                                                 */
#define REVOCATION_CRL_BYTES ((size_t)12 << 20) /* PEM of a CRL of 8 MiB: some 200,000 entries */

void revocation_free(struct revocation *r)
{
    for (size_t i = 0; i < r->count; i++)
        buf_free(&r->items[i].bytes);
    r->count = 0;
}

void revocation_item_name(struct revocation_item *item, int place, int is_list)
{
    *item = (struct revocation_item){.place = place, .is_list = is_list};
    snprintf(item->suffix, sizeof item->suffix, is_list ? ".crl-%d.pem" : ".ocsp-%d.der", place);
}

size_t revocation_name(const char *name, struct revocation_item *item)
{
    size_t n = strlen(name);

    for (int i = 0; i < 2 * REVOCATION_CHAIN; i++) {
        struct revocation_item one;
        size_t m = 0;

        revocation_item_name(&one, i / 2 + 1, i % 2);
        m = strlen(one.suffix);
        if (n > m && strcmp(name + n - m, one.suffix) == 0) {
            if (item)
                *item = one;
            return n - m;
        }
    }
    return 0;
}

size_t revocation_limit(const struct revocation_item *item)
{
    return item->is_list ? REVOCATION_CRL_BYTES : REVOCATION_OCSP_BYTES;
}

int revocation_covers(const struct revocation_fact *f, int64_t when, struct err *e)
{
    char end[CLOCK_TEXT] = "", moment[CLOCK_TEXT] = "";

    if (when <= f->until + REVOCATION_SKEW)
        return 0;
    clock_text(f->until, end);
    clock_text(when, moment);
    return err_set(e, "it held until %s, which is before %s", end, moment);
}

/* Names and keys may fit several (an authority that is certified by two others): always the same one, so that
 * a place means the same when it is signed and when it is verified. */
static X509 *revocation_issuer(X509 *cert, STACK_OF(X509) * pool)
{
    X509 *found = NULL;

    for (int i = 0; i < sk_X509_num(pool); i++) {
        X509 *one = sk_X509_value(pool, i);
        EVP_PKEY *key = X509_get0_pubkey(one);

        if (key && X509_cmp(one, cert) != 0 && X509_check_issued(one, cert) == X509_V_OK &&
            X509_verify(cert, key) == 1 && (!found || X509_cmp(one, found) < 0))
            found = one;
    }
    ERR_clear_error();
    return found;
}

int revocation_chain(X509 *cert, STACK_OF(X509) * pool, X509 *out[REVOCATION_CHAIN + 1])
{
    int count = 0;

    for (X509 *one = cert; one && count <= REVOCATION_CHAIN; one = revocation_issuer(one, pool)) {
        out[count++] = one;
        if (X509_check_issued(one, one) == X509_V_OK)
            break;
    }
    return count;
}
