/* A pack's zip as verify takes it: whatever the bytes are, judging them ends; what is refused leaves nothing
 * behind, and what is unpacked lies in one new folder, plain files alone, of the sizes that the list names.
 * links: pack/verify_zip.c */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "lib/zip.h"
#include "pack/manifest.h"
#include "pack/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void verify_say(struct verify *v, enum verify_result result, const char *what, const char *fmt, ...)
{
    char words[2048];
    va_list ap;

    (void)what;
    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    v->failed += result == VERIFY_FAIL;
}

struct unpacked {
    const char *dir;
    struct zip_in *zip;
    size_t files;
};

static int file_there(void *ctx, const char *relative, struct err *e)
{
    struct unpacked *u = ctx;
    struct zip_entry entry;
    uint64_t n = 0, listed = UINT64_MAX;
    char *path = file_join(u->dir, relative);
    struct stat st;

    for (n = 0; n < zip_in_count(u->zip); n++) {
        if (zip_in_entry(u->zip, n, &entry, e) == 0 && strcmp(entry.name, relative) == 0)
            listed = entry.size;
    }
    if (!manifest_name_fits(relative) || lstat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        (uint64_t)st.st_size > listed || (st.st_mode & 0777) != 0600)
        abort();
    u->files++;
    free(path);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct verify_options options = {0};
    struct verify v = {.o = &options};
    struct err e = {""};
    char *dir = NULL, *top = NULL, path[64];
    int fd = memfd_create("zip", MFD_CLOEXEC);

    setenv("TMPDIR", "/dev/shm", 1);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (verify_unpack(&v, path, &dir, &top, &e) != 0) {
        if (!e.text[0])
            abort();
    } else if (!top) {
        if (!v.failed)
            abort(); /* refused, and nobody said why */
    } else {
        struct unpacked u = {.dir = dir};

        if (v.failed || !dir || strncmp(top, dir, strlen(dir)) != 0 || zip_in_open(&u.zip, path, &e) != 0 ||
            file_each(dir, file_there, &u, &e) != 0)
            abort();
        zip_in_close(u.zip);
    }
    if (dir)
        file_remove_tree(dir, NULL);
    free(dir);
    free(top);
    close(fd);
    return 0;
}
