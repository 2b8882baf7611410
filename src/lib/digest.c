/* SHA-256 by OpenSSL. See digest.h. */
#include "lib/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct digest {
    EVP_MD_CTX *ctx;
};

/* The file and line that OpenSSL hands on are of no use to a user. */
static void *digest_memory_new(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return n ? mem_alloc(n) : NULL;
}

static void *digest_memory_grow(void *old, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    if (n)
        return mem_grow(old, n, 1);
    free(old);
    return NULL;
}

static void digest_memory_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

void digest_memory(void)
{
    CRYPTO_set_mem_functions(digest_memory_new, digest_memory_grow, digest_memory_free);
    /* Its clean-up at exit takes memory: where none is left, a finished command would end as a failed one. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

struct digest *digest_new(void)
{
    struct digest *d = mem_zero(1, sizeof *d);

    d->ctx = EVP_MD_CTX_new();
    if (!d->ctx || EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL) != 1) {
        /* only exhausted memory or a broken OpenSSL gets here; a digest that is not one must not exist */
        fputs("keycustody: OpenSSL gives no SHA-256: check its configuration\n", stderr);
        _exit(1);
    }
    return d;
}

void digest_add(struct digest *d, const void *bytes, size_t n)
{
    EVP_DigestUpdate(d->ctx, bytes, n);
}

static void digest_hex(const unsigned char *bytes, size_t n, char *hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * n] = '\0';
}

void digest_end(struct digest *d, char hex[DIGEST_HEX])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    EVP_DigestFinal_ex(d->ctx, bytes, &n);
    digest_hex(bytes, 32, hex);
    EVP_MD_CTX_free(d->ctx);
    free(d);
}

void digest_bytes(const void *bytes, size_t n, char hex[DIGEST_HEX])
{
    struct digest *d = digest_new();

    digest_add(d, bytes, n);
    digest_end(d, hex);
}

int digest_file(const char *path, char hex[DIGEST_HEX], uint64_t *size, struct err *e)
{
    char *block = mem_alloc(1 << 18);
    struct digest *d = digest_new();
    uint64_t total = 0;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;

    if (fd < 0 || fstat(fd, &st) != 0) {
        err_set(e, "%s: cannot read: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(e, "%s: not a regular file", path);
        goto out;
    }
    for (;;) {
        ssize_t n = read(fd, block, 1 << 18);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_set(e, "%s: cannot read: %s", path, strerror(errno));
            goto out;
        }
        if (n == 0)
            break;
        digest_add(d, block, (size_t)n);
        total += (uint64_t)n;
    }
    if (size)
        *size = total;
    rc = 0;
out:
    digest_end(d, hex);
    if (fd >= 0)
        close(fd);
    free(block);
    return rc;
}

void digest_random_hex(size_t bytes, char *hex)
{
    unsigned char *raw = mem_zero(bytes, 1);

    if (RAND_bytes(raw, (int)bytes) != 1) {
        fputs("keycustody: the system gives no random numbers\n", stderr);
        _exit(1);
    }
    digest_hex(raw, bytes, hex);
    free(raw);
}
