/* Signers: private keys and their certificates. See sign.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib/sign_key.h"

#define SIGN_RSA_BITS 2048 /* NIST SP 800-131A Rev. 2: shorter keys may not sign */

/* The last reason that OpenSSL gave, with its detail; the queue is empty afterwards. */
static const char *sign_reason(char *text, size_t size)
{
    const char *data = NULL;
    unsigned long code = 0, last = 0;
    int flags = 0;

    snprintf(text, size, "no reason given");
    while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
        const char *reason = ERR_reason_error_string(code);
        int told = data && *data && (flags & ERR_TXT_STRING);

        if (last && !told) /* the first one is nearest to the cause, unless a later one has a detail */
            continue;
        snprintf(text, size, "%s%s%s", reason ? reason : "unknown reason", told ? ": " : "",
                 told ? data : "");
        last = code;
    }
    return text;
}

int sign_fail(struct err *e, const char *subject, const char *what)
{
    char reason[512];
    return err_set(e, "%s: %s: %s", subject, what, sign_reason(reason, sizeof reason));
}

char *sign_cert_name(X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL, *name = NULL;
    long n = 0;

    if (bio)
        X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
                           XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    n = bio ? BIO_get_mem_data(bio, &bytes) : 0;
    name = n > 0 ? mem_copy_n(bytes, (size_t)n) : mem_copy("a certificate without a subject");
    BIO_free(bio);
    return name;
}

int signer_prompt(const char *file, char *out, size_t size)
{
    char *prompt = NULL;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), rc = -1;

    if (tty < 0) /* OpenSSL would read stdin instead, which is data */
        return -1;
    close(tty);
    prompt = mem_print("pass phrase of %s: ", file);
    rc = size > 1 && EVP_read_pw_string(out, (int)size, prompt, 0) == 0 ? 0 : -1;
    free(prompt);
    ERR_clear_error();
    return rc;
}

/* Who is asked for a pass phrase, and what came of it. */
struct signer_asked {
    signer_pass *pass;
    void *ctx;
    const char *path;
    int asked, told;
};

static int signer_ask(char *out, int size, int writing, void *ctx)
{
    struct signer_asked *a = ctx;

    (void)writing;
    a->asked = 1;
    if (!a->pass || size < 1 || a->pass(a->ctx, a->path, out, (size_t)size) != 0)
        return -1;
    a->told = 1;
    return (int)strlen(out);
}

static int signer_locked(const struct signer_asked *a, struct err *e)
{
    ERR_clear_error();
    if (a->told)
        return err_set(e, "%s: the pass phrase does not open it", a->path);
    return err_set(e, "%s: the private key is encrypted and no pass phrase was given", a->path);
}

/* A key that makes signatures which today's verifiers accept: RSA of 2048 bits and more, EC P-256 and P-384.
 */
static int signer_key_fits(EVP_PKEY *key, const char *path, struct err *e)
{
    char group[64] = "";

    if (!key)
        return sign_fail(e, path, "its key cannot be read");
    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
        if (EVP_PKEY_get_bits(key) < SIGN_RSA_BITS)
            return err_set(e, "%s: RSA key of %d bits: take one of %d bits or more (NIST SP 800-131A)", path,
                           EVP_PKEY_get_bits(key), SIGN_RSA_BITS);
        return 0;
    }
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
        (!strcmp(group, "prime256v1") || !strcmp(group, "secp384r1")))
        return 0;
    return err_set(e, "%s: key type %s%s%s: take RSA, or EC on P-256 or P-384", path,
                   EVP_PKEY_get0_type_name(key) ? EVP_PKEY_get0_type_name(key) : "unknown", *group ? " " : "",
                   group);
}

static int signer_read_pem(struct signer *s, BIO *bio, struct signer_asked *asked, struct err *e)
{
    s->key = PEM_read_bio_PrivateKey(bio, NULL, signer_ask, asked);
    if (s->key)
        return 0;
    return asked->asked ? signer_locked(asked, e)
                        : sign_fail(e, asked->path, "holds no private key in PEM form");
}

/* PKCS#12 (RFC 7292): the key, mostly with its certificate and the chain. One without a pass phrase is tried
 * first. */
static int signer_read_pkcs12(struct signer *s, BIO *bio, struct signer_asked *asked, struct err *e)
{
    PKCS12 *bag = d2i_PKCS12_bio(bio, NULL);
    EVP_KDF *kdf = NULL;
    char pass[SIGNER_PASS] = "";
    int open = 0;

    if (!bag) {
        ERR_clear_error();
        return err_set(e, "%s: neither a private key in PEM form nor PKCS#12", asked->path);
    }
    kdf = EVP_KDF_fetch(NULL, "PKCS12KDF", NULL);
    if (!kdf) {
        ERR_clear_error();
        PKCS12_free(bag);
        return err_set(
            e,
            "%s: PKCS#12 is protected in a way that OpenSSL does not compute here (with --fips: its "
            "key derivation is not approved): give the key as PEM, openssl pkcs12 -in FILE -out "
            "KEY.pem",
            asked->path);
    }
    EVP_KDF_free(kdf);
    open = PKCS12_verify_mac(bag, "", 0) == 1 || PKCS12_verify_mac(bag, NULL, 0) == 1;
    if (!open && signer_ask(pass, sizeof pass, 0, asked) >= 0)
        open = PKCS12_verify_mac(bag, pass, -1) == 1;
    if (open)
        open = PKCS12_parse(bag, pass, &s->key, &s->cert, &s->chain) == 1 && s->key;
    OPENSSL_cleanse(pass, sizeof pass);
    PKCS12_free(bag);
    if (open)
        return 0;
    if (!asked->told)
        return signer_locked(asked, e);
    ERR_clear_error();
    return err_set(
        e,
        "%s: the pass phrase does not open it. One made with an old cipher must be written anew: openssl "
        "pkcs12 -legacy",
        asked->path);
}

static int signer_load_key(struct signer *s, const char *path, signer_pass *pass, void *ctx, struct err *e)
{
    struct signer_asked asked = {.pass = pass, .ctx = ctx, .path = path};
    BIO *bio = BIO_new_file(path, "r");
    char first = 0;
    int rc = -1;

    if (!bio) {
        ERR_clear_error();
        return err_set(e, "%s: cannot read the signing key: %s", path, strerror(errno));
    }
    /* DER of PKCS#12 begins with a SEQUENCE; PEM is text */
    rc = BIO_read(bio, &first, 1) == 1 && first == 0x30;
    if (BIO_seek(bio, 0) != 0)
        rc = err_set(e, "%s: cannot be read twice: give a plain file", path);
    else
        rc = rc ? signer_read_pkcs12(s, bio, &asked, e) : signer_read_pem(s, bio, &asked, e);
    BIO_free(bio);
    return rc == 0 ? signer_key_fits(s->key, path, e) : -1;
}

/* Takes the first certificate that issued no other one out of the list; NULL: each did. */
static X509 *signer_take_leaf(STACK_OF(X509) * certs)
{
    for (int i = 0; i < sk_X509_num(certs); i++) {
        X509 *one = sk_X509_value(certs, i);
        int issues = 0;

        for (int k = 0; k < sk_X509_num(certs) && !issues; k++) {
            X509 *other = sk_X509_value(certs, k);

            issues = X509_cmp(one, other) != 0 && X509_check_issued(one, other) == X509_V_OK;
        }
        if (!issues)
            return sk_X509_delete(certs, i);
    }
    return NULL;
}

/* The certificate that fits the key is the signer's, wherever it stands in the file; all others go along as
 * its chain. Where somebody else holds the key, it is the one that issued none of the others. */
static int signer_load_certs(struct signer *s, const char *key_path, const char *path, struct err *e)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *cert = NULL;
    int count = 0, rc = -1;

    if (!bio) {
        ERR_clear_error();
        err_set(e, "%s: cannot read the certificate: %s", path, strerror(errno));
        goto out;
    }
    if (!s->chain)
        s->chain = sk_X509_new_null();
    while (s->chain && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        count++;
        if (!s->cert && s->key && X509_check_private_key(cert, s->key) == 1)
            s->cert = cert;
        else if (!sk_X509_push(s->chain, cert)) {
            X509_free(cert);
            break;
        }
    }
    ERR_clear_error(); /* the end of the file reads as an error, and so does each key that did not fit */
    if (!count) {
        err_set(e, "%s: holds no certificate in PEM form", path);
        goto out;
    }
    if (!s->cert && !s->key)
        s->cert = signer_take_leaf(s->chain);
    if (!s->cert) {
        err_set(e, "%s: the certificate does not belong to the key in %s: give the certificate of this key",
                path, key_path);
        goto out;
    }
    rc = 0;
out:
    BIO_free(bio);
    return rc;
}

/* A signature that no verifier would accept is better refused before it is made. */
static int signer_cert_fits(X509 *cert, const char *path, struct err *e)
{
    const uint32_t signs = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;

    if (X509_cmp_current_time(X509_get0_notBefore(cert)) >= 0)
        return err_set(e, "%s: the signer's certificate is not valid yet", path);
    if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0)
        return err_set(e, "%s: the signer's certificate has expired: sign with one that is valid now", path);
    /* all bits are set where the certificate names no usage (RFC 5280, section 4.2.1.3) */
    if (!(X509_get_key_usage(cert) & signs))
        return err_set(
            e,
            "%s: the signer's certificate may not sign: its key usage has neither digitalSignature "
            "nor nonRepudiation",
            path);
    return 0;
}

/* Files name certificates twice, and CMS takes none twice. */
static void signer_chain_unique(struct signer *s)
{
    for (int i = sk_X509_num(s->chain) - 1; i >= 0; i--) {
        X509 *one = sk_X509_value(s->chain, i);
        int twice = X509_cmp(one, s->cert) == 0;

        for (int k = 0; k < i && !twice; k++)
            twice = X509_cmp(one, sk_X509_value(s->chain, k)) == 0;
        if (twice)
            X509_free(sk_X509_delete(s->chain, i));
    }
}

static void signer_named(struct signer *s)
{
    signer_chain_unique(s);
    s->name = sign_cert_name(s->cert);
    s->pss = EVP_PKEY_is_a(X509_get0_pubkey(s->cert), "RSA-PSS");
}

int signer_open(struct signer **out, const char *key, const char *cert, signer_pass *pass, void *ctx,
                struct err *e)
{
    struct signer *s = mem_zero(1, sizeof *s);

    if (strncmp(key, "pkcs11:", 7) == 0) {
        if (signer_read_token(s, key, pass, ctx, e) != 0 || signer_key_fits(s->key, key, e) != 0)
            goto fail;
    } else if (signer_load_key(s, key, pass, ctx, e) != 0) {
        goto fail;
    }
    if (cert) { /* a file of its own goes before what came with the key */
        X509_free(s->cert);
        s->cert = NULL;
        if (signer_load_certs(s, key, cert, e) != 0)
            goto fail;
    } else if (!s->cert) {
        err_set(e, "%s: holds no certificate: give it with --sign-cert", key);
        goto fail;
    } else if (X509_check_private_key(s->cert, s->key) != 1) {
        ERR_clear_error();
        err_set(e, "%s: its certificate does not belong to the key: give the key's own with --sign-cert",
                key);
        goto fail;
    }
    if (signer_cert_fits(s->cert, cert ? cert : key, e) != 0)
        goto fail;
    signer_named(s);
    *out = s;
    return 0;
fail:
    signer_free(s);
    return -1;
}

int signer_remote(struct signer **out, const struct signer_holder *holder, const char *name, const void *der,
                  size_t der_n, const char *cert, struct err *e)
{
    static const unsigned char probe[48]; /* nobody's digest: no content has it */
    struct signer *s = mem_zero(1, sizeof *s);
    const unsigned char *at = der;
    struct buf value = {0};

    s->holder = *holder;
    if (der && (der_n > LONG_MAX || !(s->cert = d2i_X509(NULL, &at, (long)der_n)))) {
        sign_fail(e, name, "its certificate cannot be read");
        goto fail;
    }
    if (cert && signer_load_certs(s, name, cert, e) != 0)
        goto fail;
    if (!s->cert) {
        err_set(e, "%s: its certificate is not known: give it with --sign-cert", name);
        goto fail;
    }
    if (signer_key_fits(X509_get0_pubkey(s->cert), cert ? cert : name, e) != 0 ||
        signer_cert_fits(s->cert, cert ? cert : name, e) != 0)
        goto fail;
    signer_named(s);
    if (signer_sign(s, s->pss, probe, signer_hash(s) == 384 ? 48 : 32, &value, e) != 0)
        goto fail;
    buf_free(&value);
    *out = s;
    return 0;
fail:
    buf_free(&value);
    signer_free(s);
    return -1;
}

int signer_use_pss(struct signer *s, struct err *e)
{
    if (EVP_PKEY_is_a(X509_get0_pubkey(s->cert), "EC"))
        return err_set(e, "%s: an EC key does not sign by RSA-PSS", s->name);
    s->pss = 1;
    return 0;
}

int signer_load(struct signer **out, const char *key_pem, const char *cert_pem, struct err *e)
{
    return signer_open(out, key_pem, cert_pem, NULL, NULL, e);
}

void signer_free(struct signer *s)
{
    if (!s)
        return;
    EVP_PKEY_free(s->key);
    if (s->holder.free)
        s->holder.free(s->holder.ctx);
    signer_close_token(s);
    X509_free(s->cert);
    sk_X509_pop_free(s->chain, X509_free);
    free(s->name);
    free(s);
}

const char *signer_name(const struct signer *s)
{
    return s->name;
}
