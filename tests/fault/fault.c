/* Makes the n-th call fail: a preload library for the test nth-call-fails. FAULT=kind:n chooses (memory,
 * write, sync, rename, open, read); FAULT_COUNT=FILE writes at the end how many calls of each kind there
 * were. Built twice: with FAULT_MEMORY for the plain program, without it beside AddressSanitizer, which owns
 * malloc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { MEMORY, WRITE, SYNC, RENAME, OPEN, READ, KINDS };
static const char *const names[KINDS] = {"memory", "write", "sync", "rename", "open", "read"};
static long calls[KINDS];
static int wanted = -1;
static long wanted_at = -1;
static int ready; /* 0 before the environment was read */

static void start(void)
{
    const char *fault = getenv("FAULT");

    ready = 1;
    for (int i = 0; fault && i < KINDS; i++) {
        size_t n = strlen(names[i]);

        if (strncmp(fault, names[i], n) == 0 && fault[n] == ':') {
            wanted = i;
            wanted_at = strtol(fault + n + 1, NULL, 10);
        }
    }
}

/* 1 when this call is the one that fails. */
static int strike(enum kind kind)
{
    if (!ready)
        start();
    return ++calls[kind] == wanted_at && (int)kind == wanted;
}

__attribute__((destructor)) static void finish(void)
{
    const char *path = getenv("FAULT_COUNT");
    char line[64];
    int fd = -1;

    if (!path)
        return;
    wanted = -1;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; fd >= 0 && i < KINDS; i++) {
        int n = snprintf(line, sizeof line, "%s %ld\n", names[i], calls[i]);

        if (write(fd, line, (size_t)n) != n)
            break;
    }
    if (fd >= 0)
        close(fd);
}

#define REAL(type, name, args)                                                                               \
    static type(*real_##name) args;                                                                          \
    if (!real_##name)                                                                                        \
    *(void **)(&real_##name) = dlsym(RTLD_NEXT, #name)

#ifdef FAULT_MEMORY
/* glibc's own names: dlsym itself allocates, so it cannot find malloc for us */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t n)
{
    if (strike(MEMORY)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
    if (strike(MEMORY)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
    if (strike(MEMORY)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(p, n);
}
#endif

ssize_t write(int fd, const void *bytes, size_t n)
{
    REAL(ssize_t, write, (int, const void *, size_t));
    if (fd > 2 && strike(WRITE)) {
        errno = ENOSPC;
        return -1;
    }
    return real_write(fd, bytes, n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    REAL(ssize_t, pwrite64, (int, const void *, size_t, off64_t));
    if (strike(WRITE)) {
        errno = ENOSPC;
        return -1;
    }
    return real_pwrite64(fd, bytes, n, at);
}

ssize_t pread64(int fd, void *bytes, size_t n, off64_t at)
{
    REAL(ssize_t, pread64, (int, void *, size_t, off64_t));
    if (strike(READ)) {
        errno = EIO;
        return -1;
    }
    return real_pread64(fd, bytes, n, at);
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *to)
{
    REAL(size_t, fwrite, (const void *, size_t, size_t, FILE *));
    if (to != stdout && to != stderr && strike(WRITE)) {
        errno = ENOSPC;
        return 0;
    }
    return real_fwrite(bytes, size, count, to);
}

int fclose(FILE *f)
{
    REAL(int, fclose, (FILE *));
    if (f != stdout && f != stderr && strike(WRITE)) {
        real_fclose(f);
        errno = ENOSPC;
        return EOF;
    }
    return real_fclose(f);
}

int fsync(int fd)
{
    REAL(int, fsync, (int));
    if (strike(SYNC)) {
        errno = EIO;
        return -1;
    }
    return real_fsync(fd);
}

int fdatasync(int fd)
{
    REAL(int, fdatasync, (int));
    if (strike(SYNC)) {
        errno = EIO;
        return -1;
    }
    return real_fdatasync(fd);
}

int rename(const char *from, const char *to)
{
    REAL(int, rename, (const char *, const char *));
    if (strike(RENAME)) {
        errno = EACCES;
        return -1;
    }
    return real_rename(from, to);
}

static int open_mode(int flags, va_list ap)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    int mode = 0;

    REAL(int, open, (const char *, int, ...));
    va_start(ap, flags);
    mode = open_mode(flags, ap);
    va_end(ap);
    if (strike(OPEN)) {
        errno = EMFILE;
        return -1;
    }
    return real_open(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list ap;
    int mode = 0;

    REAL(int, open64, (const char *, int, ...));
    va_start(ap, flags);
    mode = open_mode(flags, ap);
    va_end(ap);
    if (strike(OPEN)) {
        errno = EMFILE;
        return -1;
    }
    return real_open64(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    REAL(FILE *, fopen, (const char *, const char *));
    if (strike(OPEN)) {
        errno = EMFILE;
        return NULL;
    }
    return real_fopen(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    REAL(FILE *, fopen64, (const char *, const char *));
    if (strike(OPEN)) {
        errno = EMFILE;
        return NULL;
    }
    return real_fopen64(path, mode);
}
