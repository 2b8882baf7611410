/* How an archive lies in its file. See zip_layout.h. Section numbers are those of APPNOTE.TXT 6.3. */
#include "lib/zip_layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define LAYOUT_END 22     /* bytes of the end record without its comment, 4.3.16 */
#define LAYOUT_END64 56   /* 4.3.14, without extensible data */
#define LAYOUT_LOCATOR 20 /* 4.3.15 */
#define LAYOUT_LISTED 46  /* of an entry in the list, 4.3.12 */
#define LAYOUT_LOCAL 30   /* of an entry before its bytes, 4.3.7 */
#define LAYOUT_LIST_MAX (UINT64_C(64) << 20)

struct layout {
    const char *path;
    int fd;
    uint64_t size;                   /* of the file */
    uint64_t list, list_size, count; /* the list of entries */
    uint64_t list_end;               /* where the end records begin */
    struct layout_range {
        uint64_t at, end;
    } * ranges; /* of the entries */
};

struct layout_entry {
    uint64_t at, packed, size; /* where it lies, bytes of it, and unpacked */
    uint32_t crc;
    unsigned flags;
    const unsigned char *name;
    size_t name_n;
};

static uint64_t layout_number(const unsigned char *at, int bytes)
{
    uint64_t n = 0;

    for (int i = bytes; i-- > 0;)
        n = n << 8 | at[i];
    return n;
}

static int layout_is(const unsigned char *at, unsigned signature)
{
    return layout_number(at, 4) == signature;
}

static int layout_wrong(const struct layout *l, const char *what, struct err *e)
{
    return err_set(e, "%s: refused: %s: readers of archives would not agree on it", l->path, what);
}

static int layout_read(const struct layout *l, uint64_t at, void *out, size_t n, struct err *e)
{
    size_t done = 0;

    if (at > l->size || n > l->size - at)
        return layout_wrong(l, "it points behind its end", e);
    while (done < n) {
        ssize_t got = pread(l->fd, (char *)out + done, n - done, (off_t)(at + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_set(e, "%s: cannot read: %s", l->path, got < 0 ? strerror(errno) : "it grew shorter");
        done += (size_t)got;
    }
    return 0;
}

/* The end records: where the list lies. */
static int layout_end(struct layout *l, struct err *e)
{
    unsigned char end[LAYOUT_END] = {0}, locator[LAYOUT_LOCATOR] = {0}, large[LAYOUT_END64] = {0};

    if (l->size < LAYOUT_END || layout_read(l, l->size - LAYOUT_END, end, sizeof end, e) != 0 ||
        !layout_is(end, 0x06054b50) || layout_number(end + 20, 2) != 0)
        return layout_wrong(l, "it does not end where an archive without a comment ends", e);
    l->list_end = l->size - LAYOUT_END;
    l->count = layout_number(end + 10, 2);
    l->list_size = layout_number(end + 12, 4);
    l->list = layout_number(end + 16, 4);
    if (layout_number(end + 4, 2) != 0 || layout_number(end + 6, 2) != 0 ||
        layout_number(end + 8, 2) != l->count)
        return layout_wrong(l, "it is a part of several", e);
    if (l->list_end >= LAYOUT_LOCATOR + LAYOUT_END64 &&
        layout_read(l, l->list_end - LAYOUT_LOCATOR, locator, sizeof locator, e) == 0 &&
        layout_is(locator, 0x07064b50)) {
        l->list_end -= LAYOUT_LOCATOR + LAYOUT_END64;
        if (layout_number(locator + 8, 8) != l->list_end ||
            layout_read(l, l->list_end, large, sizeof large, e) != 0 || !layout_is(large, 0x06064b50) ||
            layout_number(large + 4, 8) != LAYOUT_END64 - 12)
            return layout_wrong(l, "its two ends do not meet", e);
        l->count = layout_number(large + 32, 8);
        l->list_size = layout_number(large + 40, 8);
        l->list = layout_number(large + 48, 8);
    }
    if (l->list > l->list_end || l->list_size != l->list_end - l->list || l->list_size > LAYOUT_LIST_MAX ||
        l->count > l->list_size / LAYOUT_LISTED)
        return layout_wrong(l, "something lies beside the list of its entries", e);
    return 0;
}

/* Extra fields (4.5): numbers of more than 32 bits are taken, a second name or comment is refused. */
static int layout_extra(const struct layout *l, const unsigned char *at, size_t n, struct layout_entry *entry,
                        struct err *e)
{
    while (n >= 4) {
        unsigned id = (unsigned)layout_number(at, 2);
        size_t size = (size_t)layout_number(at + 2, 2);

        at += 4;
        n -= 4;
        if (size > n)
            break;
        if (id == 0x7075 || id == 0x6375) /* 4.6.9 and 4.6.8: Unicode path, Unicode comment */
            return layout_wrong(l, "an entry has a second name or comment", e);
        if (id == 0x0001 && entry) { /* 4.5.3: in this order, each only where its 32 bits are all ones */
            uint64_t *const numbers[] = {&entry->size, &entry->packed, &entry->at};
            const unsigned char *p = at, *stop = at + size;

            for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
                if (*numbers[i] != UINT32_MAX)
                    continue;
                if (stop - p < 8)
                    return layout_wrong(l, "an entry's size is cut off", e);
                *numbers[i] = layout_number(p, 8);
                p += 8;
            }
        }
        at += size;
        n -= size;
    }
    return n ? layout_wrong(l, "an entry's extra fields are cut off", e) : 0;
}

/* Behind the bytes of an entry written to a pipe stand its checksum and sizes (4.3.9): how long is that? */
static int layout_descriptor(const struct layout *l, uint64_t at, const struct layout_entry *entry,
                             uint64_t *bytes, struct err *e)
{
    unsigned char text[24] = {0};
    uint64_t left = l->list - at;

    if (layout_read(l, at, text, left < sizeof text ? (size_t)left : sizeof text, e) != 0)
        return -1;
    for (int skip = 0; skip <= 4; skip += 4) {
        for (int wide = 4; wide <= 8; wide += 4) {
            if ((!skip || layout_is(text, 0x08074b50)) && layout_number(text + skip, 4) == entry->crc &&
                layout_number(text + skip + 4, wide) == entry->packed &&
                layout_number(text + skip + 4 + wide, wide) == entry->size) {
                *bytes = 4 + (uint64_t)skip + 2 * (uint64_t)wide;
                return 0;
            }
        }
    }
    return layout_wrong(l, "an entry does not end where it says", e);
}

/* One entry where its bytes are: the name is the listed one. */
static int layout_local(const struct layout *l, const struct layout_entry *entry, struct layout_range *range,
                        struct err *e)
{
    unsigned char head[LAYOUT_LOCAL] = {0};
    unsigned char *rest = NULL;
    size_t name_n = 0, extra_n = 0;
    uint64_t end = 0, behind = 0;
    int rc = -1;

    if (layout_read(l, entry->at, head, sizeof head, e) != 0)
        return -1;
    name_n = (size_t)layout_number(head + 26, 2);
    extra_n = (size_t)layout_number(head + 28, 2);
    if (!layout_is(head, 0x04034b50) || name_n != entry->name_n || layout_number(head + 6, 2) != entry->flags)
        return layout_wrong(l, "an entry is not what the list says", e);
    rest = mem_alloc(name_n + extra_n + 1);
    if (layout_read(l, entry->at + LAYOUT_LOCAL, rest, name_n + extra_n, e) != 0)
        goto out;
    if (memcmp(rest, entry->name, name_n) != 0) {
        layout_wrong(l, "an entry has two names", e);
        goto out;
    }
    if (layout_extra(l, rest + name_n, extra_n, NULL, e) != 0)
        goto out;
    end = entry->at + LAYOUT_LOCAL + name_n + extra_n;
    if (end > l->list || entry->packed > l->list - end) {
        layout_wrong(l, "an entry reaches into the list of entries", e);
        goto out;
    }
    end += entry->packed;
    if ((entry->flags & 8) && layout_descriptor(l, end, entry, &behind, e) != 0)
        goto out;
    *range = (struct layout_range){entry->at, end + behind};
    rc = 0;
out:
    free(rest);
    return rc;
}

static int layout_entries(struct layout *l, const unsigned char *list, struct err *e)
{
    const unsigned char *p = list, *stop = list + l->list_size;

    for (uint64_t i = 0; i < l->count; i++) {
        struct layout_entry entry = {0};
        size_t extra_n = 0;

        if (stop - p < LAYOUT_LISTED || !layout_is(p, 0x02014b50))
            return layout_wrong(l, "the list of its entries is not whole", e);
        entry.flags = (unsigned)layout_number(p + 8, 2);
        entry.crc = (uint32_t)layout_number(p + 16, 4);
        entry.packed = layout_number(p + 20, 4);
        entry.size = layout_number(p + 24, 4);
        entry.name_n = (size_t)layout_number(p + 28, 2);
        extra_n = (size_t)layout_number(p + 30, 2);
        entry.at = layout_number(p + 42, 4);
        entry.name = p + LAYOUT_LISTED;
        if (layout_number(p + 32, 2) != 0 || layout_number(p + 34, 2) != 0)
            return layout_wrong(l, "an entry has a comment or lies in another file", e);
        if ((size_t)(stop - p) < LAYOUT_LISTED + entry.name_n + extra_n)
            return layout_wrong(l, "the list of its entries is not whole", e);
        if (memchr(entry.name, '\0', entry.name_n))
            return layout_wrong(l, "a name has a NUL in it", e);
        if (layout_extra(l, entry.name + entry.name_n, extra_n, &entry, e) != 0 ||
            layout_local(l, &entry, &l->ranges[i], e) != 0)
            return -1;
        p = entry.name + entry.name_n + extra_n;
    }
    return p == stop ? 0 : layout_wrong(l, "something lies behind the list of its entries", e);
}

static int layout_order(const void *a, const void *b)
{
    const struct layout_range *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

/* The entries fill the file from its first byte to the list. */
static int layout_fills(const struct layout *l, struct err *e)
{
    uint64_t at = 0;

    if (l->count)
        qsort(l->ranges, (size_t)l->count, sizeof *l->ranges, layout_order);
    for (uint64_t i = 0; i < l->count; i++) {
        if (l->ranges[i].at < at)
            return layout_wrong(l, "two entries share bytes", e);
        if (l->ranges[i].at > at)
            return layout_wrong(l, "there are bytes that belong to no entry", e);
        at = l->ranges[i].end;
    }
    return at == l->list ? 0 : layout_wrong(l, "there are bytes that belong to no entry", e);
}

int zip_layout(const char *path, struct err *e)
{
    struct layout l = {.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    unsigned char *list = NULL;
    struct stat st;
    int rc = -1;

    if (l.fd < 0 || fstat(l.fd, &st) != 0) {
        err_set(e, "%s: cannot read: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(e, "%s: not a regular file", path);
        goto out;
    }
    l.size = (uint64_t)st.st_size;
    if (layout_end(&l, e) != 0)
        goto out;
    list = mem_alloc((size_t)l.list_size + 1);
    l.ranges = mem_zero((size_t)l.count + 1, sizeof *l.ranges);
    if (layout_read(&l, l.list, list, (size_t)l.list_size, e) == 0 && layout_entries(&l, list, e) == 0)
        rc = layout_fills(&l, e);
out:
    if (l.fd >= 0)
        close(l.fd);
    free(list);
    free(l.ranges);
    return rc;
}
