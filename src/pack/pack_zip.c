/* The ZIP of a pack. See pack_job.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/zip.h"
#include "pack/pack_job.h"

#define PACK_BLOCK (1 << 18)

struct pack_zip {
    const struct pack_job *j;
    struct zip_out *zip;
};

static int pack_deflate(int from, const char *path, struct pack_large *l, struct err *e)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct deflate_out *d = deflate_out_new(ZIP_FAST, processors > 1 ? (size_t)processors : 0, l->fd);
    char *block = mem_alloc(PACK_BLOCK);
    ssize_t n = 0;
    int failed = 0;

    while ((n = read(from, block, PACK_BLOCK)) > 0 || (n < 0 && errno == EINTR))
        deflate_out_add(d, block, n > 0 ? (size_t)n : 0);
    failed = n < 0 ? errno : 0;
    free(block);
    if (deflate_out_end(d, &l->result, e) != 0)
        return err_context(e, "%s", path);
    return failed ? err_set(e, "%s: cannot read: %s", path, strerror(failed)) : 0;
}

static int pack_large_file(void *ctx, const char *relative, struct err *e)
{
    struct pack_job *j = ctx;
    char *path = pack_path(j, relative), *to = mem_print("%s/%zu.deflate", j->temp, j->large_count);
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc = -1;
    struct pack_large *l = NULL;
    struct stat st;

    if (from < 0 || fstat(from, &st) != 0) {
        err_set(e, "%s: cannot read: %s", path, strerror(errno));
        goto out;
    }
    rc = 0;
    if (st.st_size <= ZIP_LARGE)
        goto out;
    j->large = mem_grow(j->large, j->large_count + 1, sizeof *j->large);
    l = &j->large[j->large_count++];
    *l = (struct pack_large){.name = mem_copy(relative)};
    l->fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    rc = l->fd < 0 ? err_set(e, "%s: cannot write: %s", to, strerror(errno)) : pack_deflate(from, path, l, e);
out:
    if (from >= 0)
        close(from);
    free(path);
    free(to);
    return rc;
}

int pack_zip_large(struct pack_job *j, struct err *e)
{
    char *snapshot = mem_print("data/snapshots/%s", j->report.snapshot_file);
    const char *const files[] = {"data/facts.db", "data/findings.json", "data/controls.json", snapshot};
    int rc = 0;

    for (size_t i = 0; i < sizeof files / sizeof files[0] && rc == 0; i++)
        rc = pack_large_file(j, files[i], e);
    free(snapshot);
    return rc;
}

void pack_zip_free(struct pack_job *j)
{
    for (size_t i = 0; i < j->large_count; i++) {
        free(j->large[i].name);
        if (j->large[i].fd >= 0)
            close(j->large[i].fd);
    }
    free(j->large);
    j->large = NULL;
    j->large_count = 0;
}

static int pack_zip_add(void *ctx, const char *relative, struct err *e)
{
    struct pack_zip *z = ctx;
    char *name = mem_print("%s/%s", z->j->id, relative), *path = pack_path(z->j, relative);
    const struct pack_large *l = NULL;
    int rc = 0;

    for (size_t i = 0; i < z->j->large_count && !l; i++)
        l = strcmp(z->j->large[i].name, relative) == 0 ? &z->j->large[i] : NULL;
    if (l) {
        const struct zip_packed packed = {.after = DEFLATE_END,
                                          .after_n = DEFLATE_END_SIZE,
                                          .fd = l->fd,
                                          .fd_n = l->result.packed,
                                          .size = l->result.size,
                                          .crc = l->result.crc};

        rc = zip_out_add_packed(z->zip, name, &packed, e);
    } else {
        rc = zip_out_add(z->zip, name, path, e);
    }
    free(name);
    free(path);
    return rc;
}

int pack_zip(struct pack_job *j, const char *path, struct err *e)
{
    struct pack_zip z = {.j = j};
    int64_t seconds = 0;

    if (clock_read(j->as_of, &seconds, e) != 0 || zip_out_create(&z.zip, path, seconds, e) != 0)
        return -1;
    if (file_each(j->dir, pack_zip_add, &z, e) != 0) {
        zip_out_abandon(z.zip);
        return -1;
    }
    return zip_out_commit(z.zip, e);
}
