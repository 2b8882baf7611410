/* A BIO that reads parts of a file. See sign_parts.h. */
#include "lib/sign_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

struct sign_reader {
    int fd;
    const struct sign_part *parts;
    size_t count, part; /* which one is read */
    uint64_t done;      /* bytes of it */
};

static int parts_read(BIO *bio, char *out, size_t size, size_t *got)
{
    struct sign_reader *r = BIO_get_data(bio);
    const struct sign_part *p = NULL;
    uint64_t want = size;
    ssize_t n = 0;

    *got = 0;
    while (r->part < r->count && r->done == r->parts[r->part].size) {
        r->part++;
        r->done = 0;
    }
    if (r->part == r->count)
        return 0;
    p = &r->parts[r->part];
    if (want > p->size - r->done)
        want = p->size - r->done;
    do
        n = pread(r->fd, out, (size_t)want, (off_t)(p->at + r->done));
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return -1;
    r->done += (uint64_t)n;
    *got = (size_t)n;
    return 1;
}

static long parts_control(BIO *bio, int command, long number, void *pointer)
{
    struct sign_reader *r = BIO_get_data(bio);

    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return r->part == r->count;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

static int parts_free(BIO *bio)
{
    struct sign_reader *r = bio ? BIO_get_data(bio) : NULL;

    if (r) {
        close(r->fd);
        free(r);
        BIO_set_data(bio, NULL);
    }
    return 1;
}

/* Made once and kept: a BIO's method must outlive every BIO of it. */
static BIO_METHOD *parts_method(void)
{
    static BIO_METHOD *method;

    if (!method && (method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parts of a file"))) {
        BIO_meth_set_read_ex(method, parts_read);
        BIO_meth_set_ctrl(method, parts_control);
        BIO_meth_set_destroy(method, parts_free);
    }
    return method;
}

BIO *sign_parts_open(const char *path, const struct sign_part *parts, size_t count, struct err *e)
{
    BIO_METHOD *method = parts_method();
    BIO *bio = method ? BIO_new(method) : NULL;
    struct sign_reader *r = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || !bio) {
        err_set(e, "%s: cannot read: %s", path, fd < 0 ? strerror(errno) : "OpenSSL gives no reader");
        if (fd >= 0)
            close(fd);
        BIO_free(bio);
        return NULL;
    }
    r = mem_zero(1, sizeof *r);
    *r = (struct sign_reader){.fd = fd, .parts = parts, .count = count};
    BIO_set_data(bio, r);
    BIO_set_init(bio, 1);
    return bio;
}

int sign_parts_digest(const char *path, const struct sign_part *parts, size_t count, int bits,
                      unsigned char digest[SIGN_DIGEST], size_t *n, struct err *e)
{
    BIO *bio = sign_parts_open(path, parts, count, e);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *md = bits == 384 ? EVP_sha384() : bits == 512 ? EVP_sha512() : EVP_sha256();
    unsigned char block[65536];
    unsigned length = 0;
    size_t got = 0;
    int good = 0, rc = -1;

    if (!bio)
        goto out;
    good = ctx && EVP_DigestInit_ex(ctx, md, NULL) == 1;
    while (good && BIO_read_ex(bio, block, sizeof block, &got) == 1)
        good = EVP_DigestUpdate(ctx, block, got) == 1;
    if (!good || BIO_eof(bio) != 1 || EVP_DigestFinal_ex(ctx, digest, &length) != 1) {
        ERR_clear_error();
        err_set(e, "%s: cannot be read to its end", path);
        goto out;
    }
    *n = length;
    rc = 0;
out:
    EVP_MD_CTX_free(ctx);
    BIO_free(bio);
    return rc;
}
