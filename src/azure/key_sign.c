/* Key Vault as a signer. See key_sign.h. */
#include "azure/key_sign.h"

#include <stdlib.h>
#include <string.h>

#include "azure/ask.h"
#include "azure/url.h"
#include "base/base64.h"
#include "base/mem.h"
#include "lib/json.h"

#define KEY_SIGN_VERSION "7.5" /* api-version */

struct key_sign {
    struct transport *azure;
    char *key;    /* URL of the key or of one version, as messages name it */
    char *origin; /* of the vault */
};

int key_sign_is(const char *key)
{
    return strncmp(key, "https://", 8) == 0;
}

/* A path of the form /kind/NAME[/VERSION]: 1 keys, 2 certificates, 0 neither. Names: 1 to 127 of
 * [0-9A-Za-z-] (keys.json, "key-name"). */
static int key_sign_path(const char *path)
{
    static const char name[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    int kind = strncmp(path, "/keys/", 6) == 0 ? 1 : strncmp(path, "/certificates/", 14) == 0 ? 2 : 0;
    const char *at = path + (kind == 1 ? 6 : 14);
    size_t n = kind ? strspn(at, name) : 0;

    if (n < 1 || n > 127)
        return 0;
    at += n;
    if (*at == '/' && at[1]) {
        n = strspn(at + 1, "0123456789abcdefABCDEF");
        at += 1 + n;
        if (n != 32)
            return 0;
    }
    return *at ? 0 : kind;
}

static int key_sign_bad(const char *key, struct err *e)
{
    return err_set(e,
                   "%s: write the key as https://VAULT.vault.azure.net/keys/NAME or .../keys/NAME/VERSION, "
                   "or a certificate as .../certificates/NAME",
                   key);
}

static void key_sign_free(void *ctx)
{
    struct key_sign *k = ctx;

    if (!k)
        return;
    transport_free(k->azure);
    free(k->key);
    free(k->origin);
    free(k);
}

/* Asks the vault. what: for messages. 0: *doc is the answer; a refusal is an error. */
static int key_sign_ask(struct key_sign *k, const char *what, const char *url, const char *body,
                        const char *needs, struct json **doc, struct err *e)
{
    struct ask_answer a = {0};
    int rc = -1;

    if (ask_at(k->azure, k->origin, what, url, body, RESOURCE_ONE, &a, e) != 0)
        goto out;
    if (!a.good) {
        err_set(e, "%s", a.why.text);
        if (a.status == 401 || a.status == 403)
            err_set(e, "%s (needed: %s)", a.why.text, needs);
        goto out;
    }
    rc = json_parse(doc, buf_str(&a.body), a.body.len, e);
out:
    ask_answer_free(&a);
    return rc;
}

/* JSON Web Algorithms' names (RFC 7518, section 3.1) of what is asked for. */
static const char *key_sign_algorithm(enum signer_scheme scheme, size_t n)
{
    static const char *const names[][3] = {[SIGNER_PKCS1] = {"RS256", "RS384", "RS512"},
                                           [SIGNER_PSS] = {"PS256", "PS384", "PS512"},
                                           [SIGNER_ECDSA] = {"ES256", "ES384", "ES512"}};

    return names[scheme][n == 32 ? 0 : n == 48 ? 1 : 2];
}

static int key_sign_sign(void *ctx, enum signer_scheme scheme, const unsigned char *digest, size_t n,
                         struct buf *out, struct err *e)
{
    struct key_sign *k = ctx;
    char *url = mem_print("%s/sign?api-version=" KEY_SIGN_VERSION, k->key);
    struct json_out body = {.compact = 1};
    struct json *doc = NULL;
    struct buf text = {0};
    const char *value = NULL;
    int rc = -1;

    base64url_put(&text, digest, n);
    json_begin(&body);
    json_object(&body, NULL);
    json_put_text(&body, "alg", key_sign_algorithm(scheme, n));
    json_put_text(&body, "value", buf_str(&text));
    json_object_end(&body);
    if (json_end(&body, e) != 0 ||
        key_sign_ask(k, k->key, url, buf_str(&body.buf),
                     "permission keys/sign, as the role Key Vault Crypto User has it", &doc, e) != 0)
        goto out;
    value = json_text(json_get(doc, "value"));
    if (!value || base64_read(out, value, strlen(value)) != 0) {
        err_set(e, "%s: the vault's answer holds no signature", k->key);
        goto out;
    }
    rc = 0;
out:
    json_free(doc);
    buf_free(&body.buf);
    buf_free(&text);
    free(url);
    return rc;
}

/* The certificate, and from now on the key that it names: one version, whatever is made meanwhile. */
static int key_sign_certificate(struct key_sign *k, struct buf *der, struct err *e)
{
    char *url = mem_print("%s?api-version=" KEY_SIGN_VERSION, k->key);
    const char *cer = NULL, *kid = NULL;
    struct buf origin = {0};
    struct json *doc = NULL;
    int rc = -1;

    if (key_sign_ask(k, k->key, url, NULL, "permission certificates/get, as the role Key Vault Reader has it",
                     &doc, e) != 0)
        goto out;
    cer = json_text(json_get(doc, "cer"));
    kid = json_text(json_get(doc, "kid"));
    if (!cer || !kid || base64_read(der, cer, strlen(cer)) != 0 || der->len == 0) {
        err_set(e, "%s: the vault's answer holds no certificate with its key", k->key);
        goto out;
    }
    if (url_origin(&origin, kid, strlen(kid)) != 0 || strcmp(buf_str(&origin), k->origin) != 0 ||
        key_sign_path(strchr(kid + 8, '/') ? strchr(kid + 8, '/') : "") != 1) {
        err_set(e, "%s: its key is named as \"%.200s\", which is no key of this vault", k->key, kid);
        goto out;
    }
    free(k->key);
    k->key = mem_copy(kid);
    rc = 0;
out:
    buf_free(&origin);
    json_free(doc);
    free(url);
    return rc;
}

int key_sign_open(struct signer **out, const char *key, const char *cert_pem, const struct live_options *live,
                  struct err *e)
{
    const char *path = key_sign_is(key) ? strchr(key + 8, '/') : NULL;
    int kind = path ? key_sign_path(path) : 0, rc = -1;
    struct key_sign *k = mem_zero(1, sizeof *k);
    struct signer_holder holder = {key_sign_sign, key_sign_free, k};
    struct buf origin = {0}, der = {0};

    k->key = mem_copy(key);
    if (!kind || url_origin(&origin, key, strlen(key)) != 0) {
        key_sign_bad(key, e);
        goto out;
    }
    if (kind == 1 && !cert_pem) {
        err_set(e, "%s: a key has no certificate of its own: give it with --sign-cert", key);
        goto out;
    }
    k->origin = mem_copy(buf_str(&origin));
    if (live_open(&k->azure, live, e) != 0)
        goto out;
    if (!cloud_audience(live_cloud(k->azure), key)) {
        err_set(e, "%s: no vault of %s: its hosts end with .%s", key, live_cloud(k->azure)->name,
                live_cloud(k->azure)->vault_suffix ? live_cloud(k->azure)->vault_suffix : "(unknown)");
        goto out;
    }
    if (kind == 2 && key_sign_certificate(k, &der, e) != 0)
        goto out;
    rc = signer_remote(out, &holder, key, kind == 2 ? der.data : NULL, der.len, cert_pem, e);
    k = NULL; /* the signer's, whatever came of it */
out:
    buf_free(&origin);
    buf_free(&der);
    key_sign_free(k);
    return rc;
}
