/* Assertions that a client signed with its certificate. See place.h. Facts: "Microsoft identity platform
 * application authentication certificate credentials": PS256 with x5t#S256, or RS256 with x5t; aud is the
 * token endpoint, iss and sub are the client, with jti, nbf and exp. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lib/json.h"
#include "place.h"

static X509 *assertion_certificate(const char *path)
{
    FILE *f = fopen(path, "re");
    X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

    if (f)
        fclose(f);
    return cert;
}

static int assertion_print_is(X509 *cert, const EVP_MD *md, const char *text)
{
    unsigned char print[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct buf expected = {0};
    int same = 0;

    if (X509_digest(cert, md, print, &n) == 1) {
        base64url_put(&expected, print, n);
        same = text && strcmp(text, buf_str(&expected)) == 0;
    }
    buf_free(&expected);
    return same;
}

static int assertion_signature(X509 *cert, int pss, const char *signed_part, size_t signed_n,
                               const struct buf *sig)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key = NULL; /* md's */
    int ok = 0;

    if (md && EVP_DigestVerifyInit(md, &key, EVP_sha256(), NULL, X509_get0_pubkey(cert)) == 1 &&
        (!pss || (EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(key, RSA_PSS_SALTLEN_DIGEST) == 1)))
        ok = EVP_DigestVerify(md, (const unsigned char *)sig->data, sig->len,
                              (const unsigned char *)signed_part, signed_n) == 1;
    EVP_MD_CTX_free(md);
    return ok;
}

static int assertion_is(const struct json *claims, const char *name, const char *value)
{
    const char *text = json_text(json_get(claims, name));

    return text && strcmp(text, value) == 0;
}

static const char *assertion_claims(const struct options *o, const struct json *claims, const char *endpoint)
{
    int64_t now = clock_now(), exp = 0, nbf = 0;

    if (!assertion_is(claims, "aud", endpoint))
        return "aud is not the token endpoint";
    if (!assertion_is(claims, "iss", o->client) || !assertion_is(claims, "sub", o->client))
        return "iss and sub are not the client";
    if (!json_text(json_get(claims, "jti")))
        return "there is no jti";
    if (json_int(json_get(claims, "exp"), &exp) != 0 || exp <= now || exp > now + 3600)
        return "exp is missing, past, or more than an hour away";
    if (json_int(json_get(claims, "nbf"), &nbf) != 0 || nbf > now + 60)
        return "nbf is missing or in the future";
    return NULL;
}

static struct json *assertion_part(const char *at, size_t n)
{
    struct buf text = {0};
    struct json *doc = NULL;

    if (base64_read(&text, at, n) == 0)
        json_parse(&doc, buf_str(&text), text.len, NULL);
    buf_free(&text);
    return doc;
}

int assertion_check(const struct options *o, const char *jwt, const char *endpoint, const char **why)
{
    const char *dot = strchr(jwt, '.'), *end = dot ? strchr(dot + 1, '.') : NULL, *alg = NULL;
    X509 *cert = o->client_cert ? assertion_certificate(o->client_cert) : NULL;
    struct json *head = NULL, *claims = NULL;
    struct buf signature = {0};
    int pss = 0, rc = -1;

    *why = "it is no JWT";
    if (!end || base64_read(&signature, end + 1, strlen(end + 1)) != 0)
        goto out;
    head = assertion_part(jwt, (size_t)(dot - jwt));
    claims = assertion_part(dot + 1, (size_t)(end - dot - 1));
    if (!head || !claims)
        goto out;
    *why = "no certificate is registered for the client";
    if (!cert)
        goto out;
    alg = json_text(json_get(head, "alg"));
    pss = alg && strcmp(alg, "PS256") == 0;
    *why = "the thumbprint is not that of the client's certificate";
    if (!assertion_print_is(cert, EVP_sha256(), json_text(json_get(head, "x5t#S256"))) &&
        !assertion_print_is(cert, EVP_sha1(), json_text(json_get(head, "x5t"))))
        goto out;
    *why = "the signature does not fit";
    if ((!pss && (!alg || strcmp(alg, "RS256") != 0)) ||
        !assertion_signature(cert, pss, jwt, (size_t)(end - jwt), &signature))
        goto out;
    *why = assertion_claims(o, claims, endpoint);
    rc = *why ? -1 : 0;
out:
    json_free(head);
    json_free(claims);
    buf_free(&signature);
    X509_free(cert);
    return rc;
}
