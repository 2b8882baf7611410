/* See assertion.h. Header and claims as Microsoft Entra wants them: "Microsoft identity platform application
 * authentication certificate credentials" (identity-platform/certificate-credentials). */
#include "lib/assertion.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/digest.h"
#include "lib/json.h"
#include "lib/wipe.h"

#define ASSERTION_FILE_MAX ((size_t)1 << 20)
#define ASSERTION_LIFE 600 /* seconds; Entra advises five to ten minutes */

struct assertion_key {
    EVP_PKEY *key;
    X509 *cert;
    STACK_OF(X509) * chain; /* the other certificates of the file */
};

static void assertion_key_free(struct assertion_key *k)
{
    EVP_PKEY_free(k->key);
    X509_free(k->cert);
    sk_X509_pop_free(k->chain, X509_free);
    *k = (struct assertion_key){0};
}

/* The password, never asked for at the terminal. */
static int assertion_password(char *out, int size, int writing, void *ctx)
{
    const char *password = ctx;
    size_t n = password ? strlen(password) : 0;

    (void)writing;
    if (n > (size_t)size)
        return -1;
    memcpy(out, password ? password : "", n);
    return (int)n;
}

static int assertion_read_pem(struct assertion_key *k, const struct buf *file, char *password)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    X509 *cert = NULL;

    k->key = PEM_read_bio_PrivateKey(bio, NULL, assertion_password, password);
    BIO_free(bio);
    bio = BIO_new_mem_buf(file->data, (int)file->len);
    k->chain = sk_X509_new_null();
    while (k->chain && (cert = PEM_read_bio_X509(bio, NULL, assertion_password, NULL))) {
        if (!k->cert && k->key && X509_check_private_key(cert, k->key) == 1)
            k->cert = cert;
        else if (sk_X509_push(k->chain, cert) <= 0)
            X509_free(cert);
    }
    BIO_free(bio);
    ERR_clear_error(); /* the end of the file is an error to it */
    return k->key && k->cert ? 0 : -1;
}

static int assertion_read_pfx(struct assertion_key *k, const struct buf *file, const char *password)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    PKCS12 *bag = d2i_PKCS12_bio(bio, NULL);
    int ok = bag && PKCS12_parse(bag, password ? password : "", &k->key, &k->cert, &k->chain) == 1;

    PKCS12_free(bag);
    BIO_free(bio);
    ERR_clear_error();
    return ok && k->key && k->cert ? 0 : -1;
}

static int assertion_load(struct assertion_key *k, const struct assertion *a, struct err *e)
{
    struct buf file = {0};
    char *password = mem_copy(a->password); /* OpenSSL's callback wants one that it could change */
    int rc = -1;

    wipe_reserve(&file, ASSERTION_FILE_MAX + 1);
    if (file_read(a->path, ASSERTION_FILE_MAX, &file, e) != 0)
        goto out;
    if (memmem(buf_str(&file), file.len, "-----BEGIN ", 11)) {
        if (assertion_read_pem(k, &file, password) != 0) {
            err_set(e,
                    "%s: holds no private key with its certificate, or the password "
                    "(AZURE_CLIENT_CERTIFICATE_PASSWORD) is wrong",
                    a->path);
            goto out;
        }
    } else if (assertion_read_pfx(k, &file, a->password) != 0) {
        err_set(e,
                "%s: no PKCS#12 file that opens: is the password right (AZURE_CLIENT_CERTIFICATE_PASSWORD)? "
                "One made with an old cipher must be written anew: openssl pkcs12 -legacy",
                a->path);
        goto out;
    }
    if (!EVP_PKEY_is_a(k->key, "RSA")) {
        err_set(e, "%s: the key is no RSA key: Entra ID accepts no other", a->path);
        goto out;
    }
    rc = 0;
out:
    wipe_buf(&file);
    wipe_text(password);
    return rc;
}

static int assertion_der(const X509 *cert, struct buf *out)
{
    unsigned char *der = NULL;
    int n = i2d_X509(cert, &der);

    if (n <= 0)
        return -1;
    buf_add(out, der, (size_t)n);
    OPENSSL_free(der);
    return 0;
}

static void assertion_put_cert(struct json_out *o, const X509 *cert)
{
    struct buf der = {0}, text = {0};

    if (assertion_der(cert, &der) == 0) {
        base64_put(&text, buf_str(&der), der.len);
        json_put_text(o, NULL, buf_str(&text));
    }
    buf_free(&der);
    buf_free(&text);
}

/* {"alg":"PS256", ...} and the claims, each base64url, a dot between them. */
static int assertion_put_head(const struct assertion *a, const struct assertion_key *k, struct buf *out,
                              struct err *e)
{
    struct json_out head = {.compact = 1}, claims = {.compact = 1};
    struct buf der = {0}, thumb = {0};
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned md_n = 0;
    char id[33];
    int rc = -1;

    if (assertion_der(k->cert, &der) != 0 ||
        EVP_Digest(buf_str(&der), der.len, md, &md_n, EVP_sha256(), NULL) != 1) {
        err_set(e, "%s: its certificate cannot be encoded", a->path);
        goto out;
    }
    base64url_put(&thumb, md, md_n);
    digest_random_hex(16, id);
    json_begin(&head);
    json_object(&head, NULL);
    json_put_text(&head, "alg", "PS256");
    json_put_text(&head, "typ", "JWT");
    json_put_text(&head, "x5t#S256", buf_str(&thumb));
    if (a->chain) {
        json_array(&head, "x5c");
        assertion_put_cert(&head, k->cert);
        for (int i = 0; i < sk_X509_num(k->chain); i++)
            assertion_put_cert(&head, sk_X509_value(k->chain, i));
        json_array_end(&head);
    }
    json_object_end(&head);
    json_begin(&claims);
    json_object(&claims, NULL);
    json_put_text(&claims, "aud", a->audience);
    json_put_text(&claims, "iss", a->client_id);
    json_put_text(&claims, "sub", a->client_id);
    json_put_text(&claims, "jti", id);
    json_put_int(&claims, "nbf", a->now);
    json_put_int(&claims, "iat", a->now);
    json_put_int(&claims, "exp", a->now + ASSERTION_LIFE);
    json_object_end(&claims);
    if (json_end(&head, e) != 0 || json_end(&claims, e) != 0)
        goto out;
    base64url_put(out, buf_str(&head.buf), head.buf.len);
    buf_char(out, '.');
    base64url_put(out, buf_str(&claims.buf), claims.buf.len);
    rc = 0;
out:
    buf_free(&head.buf);
    buf_free(&claims.buf);
    buf_free(&der);
    buf_free(&thumb);
    return rc;
}

static int assertion_sign(EVP_PKEY *key, struct buf *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;  /* owned by ctx */
    unsigned char signature[1024]; /* RSA up to 8192 bits */
    size_t n = sizeof signature;
    int ok = ctx && EVP_PKEY_get_size(key) <= (int)sizeof signature &&
             EVP_DigestSignInit(ctx, &options, EVP_sha256(), NULL, key) == 1 &&
             EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1 &&
             EVP_DigestSign(ctx, signature, &n, (const unsigned char *)out->data, out->len) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    if (!ok)
        return -1;
    buf_char(out, '.');
    base64url_put(out, signature, n);
    return 0;
}

int assertion_make(const struct assertion *a, struct buf *out, struct err *e)
{
    struct assertion_key k = {0};
    int rc = -1;

    wipe_reserve(out, 65536);
    if (assertion_load(&k, a, e) != 0 || assertion_put_head(a, &k, out, e) != 0)
        goto out;
    if (assertion_sign(k.key, out) != 0) {
        err_set(e, "%s: its key cannot sign (PS256)", a->path);
        goto out;
    }
    rc = 0;
out:
    assertion_key_free(&k);
    return rc;
}
