/* See envelope.h. */
#include "lib/envelope.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define ENVELOPE_RSA_BITS 2048 /* NIST SP 800-131A Rev. 2 */

struct envelope {
    STACK_OF(X509) * readers;
};

static int envelope_fail(struct err *e, const char *subject, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    err_set(e, "%s: %s%s%s", subject, what, reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
    return -1;
}

static int envelope_add(struct envelope *v, const char *path, struct err *e)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = cert ? X509_get0_pubkey(cert) : NULL;
    int rc = -1;

    if (!bio)
        rc = err_set(e, "--encrypt-to %s: cannot read: %s", path, strerror(errno));
    else if (!key)
        rc = err_set(e, "--encrypt-to %s: holds no certificate in PEM form", path);
    else if (EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) < ENVELOPE_RSA_BITS
                                       : !EVP_PKEY_is_a(key, "EC"))
        rc = err_set(e, "--encrypt-to %s: its key is neither RSA of %d bits or more nor EC", path,
                     ENVELOPE_RSA_BITS);
    else if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
        rc = err_set(e, "--encrypt-to %s: the certificate has expired", path);
    else
        rc = sk_X509_push(v->readers, cert) > 0 ? 0 : envelope_fail(e, path, "cannot be used");
    if (rc != 0)
        X509_free(cert);
    ERR_clear_error();
    BIO_free(bio);
    return rc;
}

int envelope_open(struct envelope **out, const char *const *certs, size_t count, struct err *e)
{
    struct envelope *v = mem_zero(1, sizeof *v);

    v->readers = sk_X509_new_null();
    for (size_t i = 0; i < count; i++) {
        if (envelope_add(v, certs[i], e) != 0) {
            envelope_free(v);
            return -1;
        }
    }
    *out = v;
    return 0;
}

/* The stream writes as it reads: indefinite lengths, so nothing has to be known before. */
static int envelope_stream(const struct envelope *v, BIO *in, BIO *out, const char *to, struct err *e)
{
    const unsigned flags = CMS_BINARY | CMS_STREAM | CMS_PARTIAL;
    CMS_ContentInfo *cms = CMS_encrypt(v->readers, NULL, EVP_aes_256_cbc(), flags);
    int rc = -1;

    if (cms && i2d_CMS_bio_stream(out, cms, in, (int)flags) == 1 && BIO_flush(out) == 1)
        rc = 0;
    else
        envelope_fail(e, to, "cannot be encrypted and written");
    CMS_ContentInfo_free(cms);
    return rc;
}

int envelope_file(const struct envelope *v, const char *from, const char *to, struct err *e)
{
    char *temp = mem_print("%s.%ld.partial", to, (long)getpid());
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), rc = -1;
    FILE *stream = fd >= 0 ? fdopen(fd, "wb") : NULL;
    BIO *in = BIO_new_file(from, "rb"), *out = stream ? BIO_new_fp(stream, BIO_NOCLOSE) : NULL;

    if (!out || !in) {
        err_set(e, "%s: cannot be %s: %s", out ? from : to, out ? "read" : "written", strerror(errno));
        goto out;
    }
    if (envelope_stream(v, in, out, to, e) != 0)
        goto out;
    if (fflush(stream) != 0 || ferror(stream) || fsync(fd) != 0) {
        err_set(e, "%s: cannot be written: %s", to, strerror(errno));
        goto out;
    }
    rc = rename(temp, to) == 0 ? 0 : err_set(e, "%s: cannot be put there: %s", to, strerror(errno));
out:
    ERR_clear_error();
    BIO_free(in);
    BIO_free(out);
    if (stream ? fclose(stream) != 0 && rc == 0 : fd >= 0 && close(fd) != 0)
        rc = err_set(e, "%s: cannot be written: %s", to, strerror(errno));
    if (rc != 0) {
        unlink(temp);
        unlink(to);
    }
    free(temp);
    return rc;
}

void envelope_free(struct envelope *v)
{
    if (!v)
        return;
    sk_X509_pop_free(v->readers, X509_free);
    free(v);
}
