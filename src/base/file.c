/* Files, whole or not at all. See file.h. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct file_out {
    char *path, *temp;
    FILE *stream;
    int failed; /* errno of the first failure */
};

int file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
    char block[65536];
    struct stat st;
    int fd = -1, rc = -1;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        err_set(e, "%s: cannot read: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(e, "%s: not a regular file: name a file", path);
        goto out;
    }
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_set(e, "%s: cannot read: %s", path, strerror(errno));
            goto out;
        }
        if (n == 0)
            break;
        if (out->len + (size_t)n > max) {
            err_set(e, "%s: longer than %zu bytes: not read", path, max);
            goto out;
        }
        buf_add(out, block, (size_t)n);
    }
    rc = 0;
out:
    explicit_bzero(block, sizeof block); /* keys and tokens are read too */
    if (fd >= 0)
        close(fd);
    return rc;
}

int file_create(struct file_out **out, const char *path, int mode, struct err *e)
{
    struct file_out *f = mem_zero(1, sizeof *f);
    int fd = -1;

    f->path = mem_copy(path);
    f->temp = mem_print("%s.%ld.tmp", path, (long)getpid());
    fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (fd < 0 && errno == EEXIST &&
        unlink(f->temp) == 0) /* ours, from a process that ended with the same number */
        fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (fd < 0) {
        err_set(e, "%s: cannot write: %s", path, strerror(errno));
        goto fail;
    }
    if (fchmod(fd, (mode_t)mode) != 0 || !(f->stream = fdopen(fd, "w"))) {
        err_set(e, "%s: cannot write: %s", path, strerror(errno));
        close(fd);
        unlink(f->temp);
        goto fail;
    }
    *out = f;
    return 0;
fail:
    free(f->path);
    free(f->temp);
    free(f);
    return -1;
}

int file_add(struct file_out *f, const void *bytes, size_t n, struct err *e)
{
    if (!f->failed && n && fwrite(bytes, 1, n, f->stream) != n)
        f->failed = errno ? errno : EIO;
    if (f->failed)
        return err_set(e, "%s: cannot write: %s", f->path, strerror(f->failed));
    return 0;
}

static void file_out_free(struct file_out *f)
{
    free(f->path);
    free(f->temp);
    free(f);
}

static char *file_parent(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return mem_copy(".");
    return slash == path ? mem_copy("/") : mem_copy_n(path, (size_t)(slash - path));
}

int file_commit(struct file_out *f, struct err *e)
{
    struct stat st;
    char *parent = file_parent(f->path);
    int rc = -1;

    if (!f->failed && (fflush(f->stream) != 0 || fsync(fileno(f->stream)) != 0))
        f->failed = errno ? errno : EIO;
    if (fclose(f->stream) != 0 && !f->failed)
        f->failed = errno ? errno : EIO;
    f->stream = NULL;
    if (!f->failed && lstat(f->path, &st) == 0 && !S_ISREG(st.st_mode)) {
        err_set(e, "%s: a link or a folder stands where the file should go: remove it or name another place",
                f->path);
        unlink(f->temp);
        goto out;
    }
    if (!f->failed && rename(f->temp, f->path) != 0)
        f->failed = errno;
    if (f->failed) {
        err_set(e, "%s: cannot write: %s", f->path, strerror(f->failed));
        unlink(f->temp);
        goto out;
    }
    rc = file_sync_dir(parent, e);
out:
    free(parent);
    file_out_free(f);
    return rc;
}

void file_abandon(struct file_out *f)
{
    if (!f)
        return;
    fclose(f->stream);
    unlink(f->temp);
    file_out_free(f);
}

int file_write(const char *path, const void *bytes, size_t n, int mode, struct err *e)
{
    struct file_out *f = NULL;

    if (file_create(&f, path, mode, e) != 0)
        return -1;
    if (file_add(f, bytes, n, e) != 0) {
        file_abandon(f);
        return -1;
    }
    return file_commit(f, e);
}

int file_sync_dir(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return err_set(e, "%s: cannot open the folder: %s", path, strerror(errno));
    /* some file systems refuse fsync on folders (EINVAL); there is nothing more to do there */
    if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP)
        rc = err_set(e, "%s: cannot sync the folder: %s", path, strerror(errno));
    close(fd);
    return rc;
}

int file_make_dir(const char *path, int mode, struct err *e)
{
    if (mkdir(path, (mode_t)mode) == 0) {
        chmod(path, (mode_t)mode); /* whatever the umask is */
        return 0;
    }
    if (errno == EEXIST && file_is_dir(path))
        return 0;
    if (errno == EEXIST)
        return err_set(e, "%s: not a folder (links are not followed): name another place", path);
    return err_set(e, "%s: cannot make the folder: %s", path, strerror(errno));
}

int file_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

int file_is_dir(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int file_is_regular(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

char *file_join(const char *a, const char *b)
{
    size_t n = strlen(a);

    return mem_print("%s%s%s", a, n && a[n - 1] != '/' ? "/" : "", b);
}

struct file_names {
    char **names;
    size_t count;
};

static int file_name_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void file_names_free(struct file_names *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
}

/* Every path below dir, folders with a closing slash, relative to the first dir. */
static int file_walk(const char *dir, const char *below, struct file_names *list, struct err *e)
{
    char *here = *below ? file_join(dir, below) : mem_copy(dir);
    DIR *d = opendir(here);
    struct dirent *entry = NULL;
    int rc = -1;

    if (!d) {
        err_set(e, "%s: cannot read the folder: %s", here, strerror(errno));
        goto out;
    }
    while ((entry = readdir(d))) {
        char *relative = NULL, *full = NULL;
        struct stat st;
        int bad = 0;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        relative = *below ? file_join(below, entry->d_name) : mem_copy(entry->d_name);
        full = file_join(dir, relative);
        if (lstat(full, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
            err_set(e, "%s: neither a file nor a folder (a link?): remove it", full);
            bad = 1;
        } else if (S_ISDIR(st.st_mode)) {
            bad = file_walk(dir, relative, list, e) != 0;
        } else {
            list->names = mem_grow(list->names, list->count + 1, sizeof *list->names);
            list->names[list->count++] = relative;
            relative = NULL;
        }
        free(relative);
        free(full);
        if (bad)
            goto out;
    }
    rc = 0;
out:
    if (d)
        closedir(d);
    free(here);
    return rc;
}

int file_each(const char *dir, int (*fn)(void *ctx, const char *relative, struct err *e), void *ctx,
              struct err *e)
{
    struct file_names list = {0};
    int rc = -1;

    if (file_walk(dir, "", &list, e) != 0)
        goto out;
    if (list.count)
        qsort(list.names, list.count, sizeof *list.names, file_name_order);
    for (size_t i = 0; i < list.count; i++) {
        if (fn(ctx, list.names[i], e) != 0)
            goto out;
    }
    rc = 0;
out:
    file_names_free(&list);
    return rc;
}

/* Takes no memory of its own below the first folder but what opening a folder takes: a tree goes by its
 * parent's descriptor and the name in it. -1 with errno set. */
static int file_remove_at(int parent, const char *name)
{
    struct dirent *entry = NULL;
    struct stat st;
    DIR *d = NULL;
    int fd = -1, kept = 0, rc = 0;

    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -1;
    if (!S_ISDIR(st.st_mode))
        return unlinkat(parent, name, 0);
    if (fchmodat(parent, name, 0700, 0) != 0 && errno != EPERM) /* another's folder may still be emptied */
        return -1;
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        kept = errno;
        if (fd >= 0)
            close(fd);
        errno = kept;
        return -1;
    }
    while (rc == 0 && (entry = readdir(d))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = file_remove_at(dirfd(d), entry->d_name);
    }
    kept = errno;
    closedir(d);
    errno = kept;
    return rc == 0 ? unlinkat(parent, name, AT_REMOVEDIR) : -1;
}

int file_remove_tree(const char *path, struct err *e)
{
    return file_remove_at(AT_FDCWD, path) == 0 ? 0
                                               : err_set(e, "%s: cannot remove: %s", path, strerror(errno));
}
