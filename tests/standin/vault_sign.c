/* Keys of a vault that really sign, and their certificates: files of a folder (--vault-keys DIR), NAME.key
 * and NAME.crt in PEM. A key has one version, named after its certificate. See place.h. Facts: Key Vault REST
 * API 7.5, "Get Key", "Sign", "Get Certificate"; RFC 7518, sections 3 and 6. */
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "place.h"

struct vault_file {
    char *name, version[33];
    EVP_PKEY *key;
    X509 *cert;
};

static void vault_file_free(struct vault_file *f)
{
    EVP_PKEY_free(f->key);
    X509_free(f->cert);
    free(f->name);
}

/* NAME of /keys/NAME[/...]; -1: there is no such key. */
static int vault_file_open(struct vault_file *f, const char *dir, const char *name, size_t n)
{
    unsigned char *der = NULL, hash[SHA256_DIGEST_LENGTH];
    char *key_path = NULL, *cert_path = NULL;
    BIO *key = NULL, *cert = NULL;
    int size = 0;

    *f = (struct vault_file){0};
    if (n == 0 || memchr(name, '.', n) || memchr(name, '%', n))
        return -1;
    f->name = mem_copy_n(name, n);
    key_path = mem_print("%s/%s.key", dir, f->name);
    cert_path = mem_print("%s/%s.crt", dir, f->name);
    key = BIO_new_file(key_path, "r");
    cert = BIO_new_file(cert_path, "r");
    f->key = key ? PEM_read_bio_PrivateKey(key, NULL, NULL, NULL) : NULL;
    f->cert = cert ? PEM_read_bio_X509(cert, NULL, NULL, NULL) : NULL;
    BIO_free(key);
    BIO_free(cert);
    free(key_path);
    free(cert_path);
    if (!f->key || !f->cert || (size = i2d_X509(f->cert, &der)) <= 0)
        return -1;
    SHA256(der, (size_t)size, hash);
    OPENSSL_free(der);
    for (int i = 0; i < 16; i++)
        snprintf(f->version + (size_t)(2 * i), 3, "%02x", hash[i]);
    return 0;
}

static void vault_file_id(struct json_out *o, const char *name, const struct exchange *x, const char *kind,
                          const struct vault_file *f)
{
    char *id = mem_print("https://%s/%s/%s/%s", x->host, kind, f->name, f->version);

    json_put_text(o, name, id);
    free(id);
}

static void vault_file_number(struct json_out *o, const char *name, const EVP_PKEY *key, const char *param,
                              size_t width)
{
    BIGNUM *number = NULL;
    struct buf text = {0};
    unsigned char bytes[1024];
    int n = 0;

    if (EVP_PKEY_get_bn_param(key, param, &number) == 1) {
        n = width ? BN_bn2binpad(number, bytes, (int)width) : BN_bn2bin(number, bytes);
        base64url_put(&text, bytes, (size_t)n);
    }
    json_put_text(o, name, buf_str(&text));
    buf_free(&text);
    BN_free(number);
}

static void vault_file_attributes(struct json_out *o)
{
    json_object(o, "attributes");
    json_put_bool(o, "enabled", 1);
    json_put_int(o, "created", 1767225600);
    json_put_int(o, "updated", 1767225600);
    json_put_text(o, "recoveryLevel", "Recoverable");
    json_object_end(o);
}

static void vault_file_key(struct exchange *x, const struct vault_file *f)
{
    struct json_out o = {.compact = 1};
    size_t bytes = (size_t)EVP_PKEY_get_bits(f->key) / 8;

    json_begin(&o);
    json_object(&o, NULL);
    json_object(&o, "key");
    vault_file_id(&o, "kid", x, "keys", f);
    json_put_text(&o, "kty", EVP_PKEY_is_a(f->key, "EC") ? "EC" : "RSA");
    json_array(&o, "key_ops");
    json_put_text(&o, NULL, "sign");
    json_put_text(&o, NULL, "verify");
    json_array_end(&o);
    if (EVP_PKEY_is_a(f->key, "EC")) {
        json_put_text(&o, "crv", bytes == 48 ? "P-384" : "P-256");
        vault_file_number(&o, "x", f->key, OSSL_PKEY_PARAM_EC_PUB_X, bytes);
        vault_file_number(&o, "y", f->key, OSSL_PKEY_PARAM_EC_PUB_Y, bytes);
    } else {
        vault_file_number(&o, "n", f->key, OSSL_PKEY_PARAM_RSA_N, 0);
        vault_file_number(&o, "e", f->key, OSSL_PKEY_PARAM_RSA_E, 0);
    }
    json_object_end(&o);
    vault_file_attributes(&o);
    json_object_end(&o);
    exchange_json(x, 200, &o);
}

static void vault_file_certificate(struct exchange *x, const struct vault_file *f)
{
    struct json_out o = {.compact = 1};
    struct buf text = {0};
    unsigned char *der = NULL;
    int n = i2d_X509(f->cert, &der);

    base64_put(&text, der, (size_t)n);
    OPENSSL_free(der);
    json_begin(&o);
    json_object(&o, NULL);
    vault_file_id(&o, "id", x, "certificates", f);
    vault_file_id(&o, "kid", x, "keys", f);
    vault_file_id(&o, "sid", x, "secrets", f);
    json_put_text(&o, "cer", buf_str(&text));
    vault_file_attributes(&o);
    json_object_end(&o);
    exchange_json(x, 200, &o);
    buf_free(&text);
}

static const EVP_MD *vault_file_md(const char *alg)
{
    return strcmp(alg, "256") == 0   ? EVP_sha256()
           : strcmp(alg, "384") == 0 ? EVP_sha384()
           : strcmp(alg, "512") == 0 ? EVP_sha512()
                                     : NULL;
}

/* The signature over a digest, in JSON Web Algorithms' form. 0: the algorithm does not fit the key. */
static int vault_file_signature(const struct vault_file *f, const char *alg, const struct buf *digest,
                                struct buf *out)
{
    const EVP_MD *md = strlen(alg) == 5 ? vault_file_md(alg + 2) : NULL;
    int ec = EVP_PKEY_is_a(f->key, "EC"), good = 0;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(f->key, NULL);
    unsigned char value[1024], pair[132];
    const unsigned char *at = value;
    ECDSA_SIG *sig = NULL;
    size_t n = sizeof value, half = (size_t)EVP_PKEY_get_bits(f->key) / 8;

    if (!md || digest->len != (size_t)EVP_MD_get_size(md) || ec != (strncmp(alg, "ES", 2) == 0) ||
        (ec && half != digest->len))
        goto out;
    good = ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, md) > 0;
    if (good && strncmp(alg, "PS", 2) == 0)
        good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
    else if (good && !ec)
        good = strncmp(alg, "RS", 2) == 0;
    good = good && EVP_PKEY_sign(ctx, value, &n, (const unsigned char *)digest->data, digest->len) == 1;
    if (good && ec) {
        good = (sig = d2i_ECDSA_SIG(NULL, &at, (long)n)) != NULL &&
               BN_bn2binpad(ECDSA_SIG_get0_r(sig), pair, (int)half) >= 0 &&
               BN_bn2binpad(ECDSA_SIG_get0_s(sig), pair + half, (int)half) >= 0;
        buf_add(out, pair, 2 * half);
    } else if (good) {
        buf_add(out, value, n);
    }
out:
    ECDSA_SIG_free(sig);
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static void vault_file_sign(struct exchange *x, const struct vault_file *f)
{
    struct json *doc = NULL;
    const char *alg = NULL, *value = NULL;
    struct buf digest = {0}, signature = {0}, text = {0};
    struct json_out o = {.compact = 1};

    if (json_parse(&doc, buf_str(&x->asked), x->asked.len, NULL) == 0) {
        alg = json_text(json_get(doc, "alg"));
        value = json_text(json_get(doc, "value"));
    }
    if (!alg || !value || base64_read(&digest, value, strlen(value)) != 0 ||
        !vault_file_signature(f, alg, &digest, &signature)) {
        exchange_error(x, 400, "BadParameter", "Key and signing algorithm are incompatible. Key %s.",
                       f->name);
        goto out;
    }
    base64url_put(&text, signature.data, signature.len);
    json_begin(&o);
    json_object(&o, NULL);
    vault_file_id(&o, "kid", x, "keys", f);
    json_put_text(&o, "value", buf_str(&text));
    json_object_end(&o);
    exchange_json(x, 200, &o);
out:
    json_free(doc);
    buf_free(&digest);
    buf_free(&signature);
    buf_free(&text);
}

int vault_signs(const struct server *s, struct exchange *x)
{
    int keys = strncmp(x->path, "/keys/", 6) == 0, certs = strncmp(x->path, "/certificates/", 14) == 0;
    const char *name = x->path + (keys ? 6 : 14), *rest = NULL;
    struct vault_file f = {0};
    int served = 0;
    size_t n = 0;

    if (!s->options->vault_keys || (!keys && !certs))
        return 0;
    n = strcspn(name, "/");
    if (vault_file_open(&f, s->options->vault_keys, name, n) != 0)
        goto out;
    rest = name + n;
    if (*rest == '/' && strncmp(rest + 1, f.version, 32) == 0) /* or no version: the current one */
        rest += 33;
    served = 1;
    if (keys && strcmp(x->method, "POST") == 0 && strcmp(rest, "/sign") == 0)
        vault_file_sign(x, &f);
    else if (strcmp(x->method, "GET") == 0 && (!*rest || strcmp(rest, "/") == 0))
        keys ? vault_file_key(x, &f) : vault_file_certificate(x, &f);
    else
        served = 0;
out:
    vault_file_free(&f);
    return served;
}
