/* ZIP archives by libzip. See zip.h. */
#include "lib/zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#define ZIP_COMPRESSION 6 /* zlib's own default, said aloud so that it stays */

struct zip_out {
    zip_t *zip;
    char *path, *temp; /* libzip writes temp, we rename it */
    uint16_t date, time;
};

struct zip_in {
    zip_t *zip;
    char *path;
};

/* MS-DOS date and time (APPNOTE.TXT 4.4.6). Not by zip_file_set_mtime, which asks the time zone of the
 * machine. */
static void zip_dos_time(int64_t seconds, uint16_t *date, uint16_t *time)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    char text[CLOCK_TEXT];

    clock_text(seconds < 0 ? 0 : seconds, text);
    if (sscanf(text, "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second) != 6 || year < 1980) {
        year = 1980;
        month = day = 1;
        hour = minute = second = 0;
    } else if (year > 2107) {
        year = 2107;
    }
    *date = (uint16_t)((year - 1980) << 9 | month << 5 | day);
    *time = (uint16_t)(hour << 11 | minute << 5 | second / 2);
}

static int zip_fail_code(struct err *e, const char *path, const char *what, int code)
{
    zip_error_t error;

    zip_error_init_with_code(&error, code);
    err_set(e, "%s: %s: %s", path, what, zip_error_strerror(&error));
    zip_error_fini(&error);
    return -1;
}

static char *zip_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? mem_copy_n(path, slash == path ? 1 : (size_t)(slash - path)) : mem_copy(".");
}

static int zip_sync_parent(const char *path, struct err *e)
{
    char *parent = zip_parent(path);
    int rc = file_sync_dir(parent, e);

    free(parent);
    return rc;
}

static void zip_out_free(struct zip_out *z)
{
    unlink(z->temp);
    free(z->path);
    free(z->temp);
    free(z);
}

int zip_out_create(struct zip_out **out, const char *path, int64_t mtime, struct err *e)
{
    struct zip_out *z = NULL;
    int code = 0;

    if (file_exists(path))
        return err_set(e, "%s: is there already: remove it or name another place", path);
    if (zip_sync_parent(path, e) != 0) /* libzip would say so only at the end */
        return -1;
    z = mem_zero(1, sizeof *z);
    z->path = mem_copy(path);
    z->temp = mem_print("%s.%ld.tmp", path, (long)getpid());
    zip_dos_time(mtime, &z->date, &z->time);
    unlink(z->temp); /* ours, from a process that ended with the same number */
    z->zip = zip_open(z->temp, ZIP_CREATE | ZIP_EXCL, &code);
    if (!z->zip) {
        zip_fail_code(e, path, "cannot write", code);
        zip_out_free(z);
        return -1;
    }
    *out = z;
    return 0;
}

static int zip_out_dress(struct zip_out *z, zip_int64_t at, const char *name, struct err *e)
{
    if (zip_file_set_dostime(z->zip, (zip_uint64_t)at, z->time, z->date, 0) != 0 ||
        zip_file_set_external_attributes(z->zip, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX,
                                         (zip_uint32_t)(S_IFREG | 0644) << 16) != 0)
        return err_set(e, "%s: %s cannot be added: %s", z->path, name, zip_strerror(z->zip));
    return 0;
}

/* A workbook is an archive itself: deflating it once more takes seconds and saves nothing. */
static int zip_is_packed(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && strcmp(dot, ".xlsx") == 0;
}

int zip_out_add(struct zip_out *z, const char *name, const char *path, struct err *e)
{
    zip_source_t *source = zip_source_file(z->zip, path, 0, -1);
    struct stat st = {0};
    unsigned level = stat(path, &st) == 0 && st.st_size > ZIP_LARGE ? ZIP_FAST : ZIP_COMPRESSION;
    zip_int64_t at = source ? zip_file_add(z->zip, name, source, ZIP_FL_ENC_UTF_8) : -1;

    if (at < 0) {
        zip_source_free(source);
        return err_set(e, "%s: %s cannot be added: %s", z->path, name, zip_strerror(z->zip));
    }
    if (zip_set_file_compression(z->zip, (zip_uint64_t)at,
                                 zip_is_packed(name) ? ZIP_CM_STORE : ZIP_CM_DEFLATE, level) != 0)
        return err_set(e, "%s: %s cannot be added: %s", z->path, name, zip_strerror(z->zip));
    return zip_out_dress(z, at, name, e);
}

struct zip_feed { /* of a source that libzip reads */
    struct zip_packed packed;
    uint64_t at;
    zip_error_t error;
};

static zip_int64_t zip_feed_read(struct zip_feed *f, char *to, uint64_t room)
{
    const struct zip_packed *p = &f->packed;
    const uint64_t total = p->before_n + p->fd_n + p->after_n;
    uint64_t done = 0;

    while (done < room && f->at < total) {
        uint64_t n = room - done, at = f->at;

        if (at < p->before_n) {
            n = n < p->before_n - at ? n : p->before_n - at;
            memcpy(to + done, (const char *)p->before + at, n);
        } else if ((at -= p->before_n) < p->fd_n) {
            ssize_t got = pread(p->fd, to + done, n < p->fd_n - at ? n : p->fd_n - at, (off_t)at);

            if (got <= 0) {
                zip_error_set(&f->error, ZIP_ER_READ, got < 0 ? errno : EIO);
                return -1;
            }
            n = (uint64_t)got;
        } else {
            at -= p->fd_n;
            n = n < p->after_n - at ? n : p->after_n - at;
            memcpy(to + done, (const char *)p->after + at, n);
        }
        done += n;
        f->at += n;
    }
    return (zip_int64_t)done;
}

static zip_int64_t zip_feed_stat(const struct zip_feed *f, zip_stat_t *st)
{
    zip_stat_init(st);
    st->valid = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_CRC;
    st->size = f->packed.size;
    st->comp_size = f->packed.before_n + f->packed.fd_n + f->packed.after_n;
    st->comp_method = ZIP_CM_DEFLATE; /* so libzip takes the bytes as they are */
    st->crc = f->packed.crc;
    return sizeof *st;
}

static zip_int64_t zip_feed(void *ctx, void *data, zip_uint64_t n, zip_source_cmd_t command)
{
    struct zip_feed *f = ctx;

    switch (command) {
    case ZIP_SOURCE_OPEN:
        f->at = 0;
        return 0;
    case ZIP_SOURCE_READ:
        return zip_feed_read(f, data, n);
    case ZIP_SOURCE_STAT:
        return zip_feed_stat(f, data);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&f->error, data, n);
    case ZIP_SOURCE_FREE:
        zip_error_fini(&f->error);
        free(f);
        return 0;
    case ZIP_SOURCE_CLOSE:
        return 0;
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_READABLE;
    default:
        zip_error_set(&f->error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

int zip_out_add_packed(struct zip_out *z, const char *name, const struct zip_packed *packed, struct err *e)
{
    struct zip_feed *f = mem_zero(1, sizeof *f);
    zip_source_t *source = NULL;
    zip_int64_t at = -1;

    f->packed = *packed;
    zip_error_init(&f->error);
    source = zip_source_function(z->zip, zip_feed, f);
    if (!source)
        free(f);
    else
        at = zip_file_add(z->zip, name, source, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(source); /* NULL is fine; frees f */
        return err_set(e, "%s: %s cannot be added: %s", z->path, name, zip_strerror(z->zip));
    }
    if (zip_set_file_compression(z->zip, (zip_uint64_t)at, ZIP_CM_DEFLATE, ZIP_COMPRESSION) != 0)
        return err_set(e, "%s: %s cannot be added: %s", z->path, name, zip_strerror(z->zip));
    return zip_out_dress(z, at, name, e);
}

int zip_out_add_entry(struct zip_out *z, const char *name, struct zip_in *from, uint64_t number,
                      struct err *e)
{
    zip_source_t *source = zip_source_zip(z->zip, from->zip, number, ZIP_FL_COMPRESSED, 0, -1);
    zip_int64_t at = source ? zip_file_add(z->zip, name, source, ZIP_FL_ENC_UTF_8) : -1;

    if (at < 0) {
        zip_source_free(source);
        return err_set(e, "%s: %s cannot be added: %s", z->path, name, zip_strerror(z->zip));
    }
    if (zip_set_file_compression(z->zip, (zip_uint64_t)at, ZIP_CM_DEFLATE, ZIP_COMPRESSION) != 0)
        return err_set(e, "%s: %s cannot be added: %s", z->path, name, zip_strerror(z->zip));
    return zip_out_dress(z, at, name, e);
}

static int zip_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc = -1;

    if (fd >= 0 && fchmod(fd, 0600) == 0 && fsync(fd) == 0)
        rc = 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* Whoever put a file there meanwhile keeps it. */
static int zip_move(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS) /* a file system that cannot */
        return -1;
    if (file_exists(to)) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

int zip_out_commit(struct zip_out *z, struct err *e)
{
    int rc = -1;

    if (zip_close(z->zip) != 0) {
        err_set(e, "%s: cannot write: %s", z->path, zip_strerror(z->zip));
        zip_discard(z->zip);
        goto out;
    }
    if (zip_sync(z->temp) != 0 || zip_move(z->temp, z->path) != 0) {
        err_set(e, "%s: cannot write: %s", z->path, strerror(errno));
        goto out;
    }
    rc = zip_sync_parent(z->path, e);
    if (rc != 0)
        unlink(z->path);
out:
    zip_out_free(z);
    return rc;
}

void zip_out_abandon(struct zip_out *z)
{
    if (!z)
        return;
    zip_discard(z->zip);
    zip_out_free(z);
}

int zip_in_open(struct zip_in **out, const char *path, struct err *e)
{
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_RDONLY | ZIP_CHECKCONS, &code);

    if (!zip && code == ZIP_ER_EXISTS) /* a name twice: the caller shall see which */
        zip = zip_open(path, ZIP_RDONLY, &code);
    if (!zip)
        return zip_fail_code(e, path, "cannot read as a ZIP archive", code);
    *out = mem_zero(1, sizeof **out);
    (*out)->zip = zip;
    (*out)->path = mem_copy(path);
    return 0;
}

void zip_in_close(struct zip_in *z)
{
    if (!z)
        return;
    zip_discard(z->zip);
    free(z->path);
    free(z);
}

uint64_t zip_in_count(const struct zip_in *z)
{
    zip_int64_t n = zip_get_num_entries(z->zip, 0);
    return n < 0 ? 0 : (uint64_t)n;
}

int zip_in_entry(struct zip_in *z, uint64_t at, struct zip_entry *entry, struct err *e)
{
    const zip_uint64_t wanted = ZIP_STAT_SIZE | ZIP_STAT_ENCRYPTION_METHOD;
    zip_uint32_t attributes = 0;
    zip_uint8_t system = 0;
    zip_stat_t st;

    memset(entry, 0, sizeof *entry);
    entry->name = zip_get_name(z->zip, at, ZIP_FL_ENC_RAW);
    if (!entry->name || zip_stat_index(z->zip, at, ZIP_FL_ENC_RAW, &st) != 0 ||
        (st.valid & wanted) != wanted ||
        zip_file_get_external_attributes(z->zip, at, 0, &system, &attributes) != 0)
        return err_set(e, "%s: entry %llu cannot be read: %s", z->path, (unsigned long long)at,
                       zip_strerror(z->zip));
    entry->size = st.size;
    entry->encrypted = st.encryption_method != ZIP_EM_NONE;
    entry->mode = system == ZIP_OPSYS_UNIX ? attributes >> 16 : 0;
    return 0;
}

int zip_in_read(struct zip_in *z, uint64_t at, uint64_t max,
                int (*fn)(void *ctx, const void *bytes, size_t n, struct err *e), void *ctx, struct err *e)
{
    zip_file_t *in = zip_fopen_index(z->zip, at, 0);
    char block[65536];
    uint64_t total = 0;
    zip_int64_t n = 0;
    int rc = -1;

    if (!in)
        return err_set(e, "%s: entry %llu cannot be unpacked: %s", z->path, (unsigned long long)at,
                       zip_strerror(z->zip));
    while ((n = zip_fread(in, block, sizeof block)) > 0) {
        total += (uint64_t)n;
        if (total > max) {
            err_set(e, "%s: entry %llu unpacks to more than %llu bytes: refused", z->path,
                    (unsigned long long)at, (unsigned long long)max);
            goto out;
        }
        if (fn(ctx, block, (size_t)n, e) != 0)
            goto out;
    }
    if (n < 0) { /* broken stream, or the checksum at its end is wrong */
        err_set(e, "%s: entry %llu cannot be unpacked: %s", z->path, (unsigned long long)at,
                zip_error_strerror(zip_file_get_error(in)));
        goto out;
    }
    rc = 0;
out:
    zip_fclose(in);
    return rc;
}

static int zip_in_write(void *ctx, const void *bytes, size_t n, struct err *e)
{
    return file_add(ctx, bytes, n, e);
}

int zip_in_extract(struct zip_in *z, uint64_t at, const char *path, uint64_t max, struct err *e)
{
    struct file_out *f = NULL;

    if (file_create(&f, path, 0600, e) != 0)
        return -1;
    if (zip_in_read(z, at, max, zip_in_write, f, e) != 0) {
        file_abandon(f);
        return -1;
    }
    return file_commit(f, e);
}
