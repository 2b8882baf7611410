/* A pack's .zip, which anybody may have made: its names are judged before one byte is written. See verify.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "lib/zip.h"
#include "lib/zip_layout.h"
#include "pack/manifest.h"
#include "pack/verify.h"

#define VERIFY_ZIP_ENTRIES 100000
#define VERIFY_ZIP_BYTES (UINT64_C(64) << 30) /* unpacked, all together */

struct verify_names {
    struct verify *v;
    struct zip_in *zip;
    char **names; /* sorted without regard to letter case */
    size_t count;
    uint64_t bytes;
};

static int verify_name_order(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Some archivers write an entry for each folder; it holds nothing and is not unpacked. */
static int verify_is_folder(const struct zip_entry *entry)
{
    const unsigned kind = entry->mode & S_IFMT;
    size_t n = strlen(entry->name);
    char *name = n && entry->name[n - 1] == '/' ? mem_copy_n(entry->name, n - 1) : NULL;
    int fits =
        name && manifest_name_fits(name) && !entry->size && !entry->encrypted && (!kind || kind == S_IFDIR);

    free(name);
    return fits;
}

/* One entry: a regular file of a name that fits, in the pack's one folder. */
static void verify_entry(struct verify_names *n, const struct zip_entry *entry, const char *top, size_t top_n)
{
    const unsigned kind = entry->mode & S_IFMT;

    if (verify_is_folder(entry))
        return;
    if (!manifest_name_fits(entry->name))
        verify_say(n->v, VERIFY_FAIL, "zip", "%s: refused: absolute, with \"..\", or a name that no pack has",
                   entry->name);
    else if (strncmp(entry->name, top, top_n) != 0)
        verify_say(n->v, VERIFY_FAIL, "zip", "%s: refused: not in the pack's own folder", entry->name);
    if (kind && kind != S_IFREG)
        verify_say(n->v, VERIFY_FAIL, "zip", "%s: refused: a link or a special file", entry->name);
    if (entry->encrypted)
        verify_say(n->v, VERIFY_FAIL, "zip", "%s: refused: encrypted", entry->name);
    n->bytes += entry->size;
    if (entry->size > VERIFY_ZIP_BYTES || n->bytes > VERIFY_ZIP_BYTES)
        verify_say(n->v, VERIFY_FAIL, "zip", "%s: refused: more than %llu bytes unpacked", entry->name,
                   (unsigned long long)VERIFY_ZIP_BYTES);
}

/* Is a part of the path another entry, which is a file? */
static int verify_is_below(const struct verify_names *n, const char *name)
{
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        char *part = mem_copy_n(name, (size_t)(slash - name));
        int file = bsearch(&part, n->names, n->count, sizeof *n->names, verify_name_order) != NULL;

        free(part);
        if (file)
            return 1;
    }
    return 0;
}

static int verify_judge_names(struct verify_names *n, struct err *e)
{
    uint64_t count = zip_in_count(n->zip);
    const char *slash = NULL;
    struct zip_entry entry;
    char *first = NULL;
    size_t top_n = 0;

    if (!count || count > VERIFY_ZIP_ENTRIES) {
        verify_say(n->v, VERIFY_FAIL, "zip", "%llu entries: a pack has 1 to %d", (unsigned long long)count,
                   VERIFY_ZIP_ENTRIES);
        return 0;
    }
    n->names = mem_zero((size_t)count, sizeof *n->names);
    for (uint64_t i = 0; i < count; i++) {
        if (zip_in_entry(n->zip, i, &entry, e) != 0)
            return -1;
        if (!first) {
            slash = strchr(entry.name, '/');
            first = mem_copy(entry.name);
            top_n = slash ? (size_t)(slash - entry.name) + 1 : 0;
        }
        verify_entry(n, &entry, first, top_n);
        n->names[n->count++] = mem_copy(entry.name);
    }
    if (!top_n)
        verify_say(n->v, VERIFY_FAIL, "zip", "%s: refused: not in the pack's own folder", first);
    free(first);
    qsort(n->names, n->count, sizeof *n->names, verify_name_order);
    for (size_t i = 1; i < n->count; i++) {
        if (strcasecmp(n->names[i - 1], n->names[i]) == 0)
            verify_say(n->v, VERIFY_FAIL, "zip", "%s: refused: the name stands there twice", n->names[i]);
        else if (verify_is_below(n, n->names[i]))
            verify_say(n->v, VERIFY_FAIL, "zip", "%s: refused: it lies in a file, not in a folder",
                       n->names[i]);
    }
    return 0;
}

static int verify_make_parents(const char *dir, const char *name, struct err *e)
{
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        char *part = mem_copy_n(name, (size_t)(slash - name)), *path = file_join(dir, part);
        int rc = file_make_dir(path, 0700, e);

        free(part);
        free(path);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int verify_write(void *ctx, const void *bytes, size_t n, struct err *e)
{
    return fwrite(bytes, 1, n, ctx) == n ? 0 : err_set(e, "cannot be unpacked: %s", strerror(errno));
}

/* One entry into a new file of a folder that goes again: nothing of it has to outlive a fall of the power. */
static int verify_extract_one(struct verify_names *n, uint64_t at, const char *path, uint64_t size,
                              struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), rc = -1;
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (!f) {
        err_set(e, "cannot be unpacked: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    rc = zip_in_read(n->zip, at, size, verify_write, f, e);
    if (fclose(f) != 0 && rc == 0)
        rc = err_set(e, "cannot be unpacked: %s", strerror(errno));
    return rc;
}

static int verify_extract(struct verify_names *n, const char *dir, struct err *e)
{
    struct zip_entry entry;

    for (uint64_t i = 0; i < n->count; i++) {
        struct err why = {""};
        char *path = NULL;
        int rc = 0;

        if (zip_in_entry(n->zip, i, &entry, e) != 0 || verify_make_parents(dir, entry.name, e) != 0)
            return -1;
        if (verify_is_folder(&entry))
            continue;
        path = file_join(dir, entry.name);
        rc = verify_extract_one(n, i, path, entry.size, &why);
        free(path);
        if (rc != 0) {
            verify_say(n->v, VERIFY_FAIL, "zip", "%s: %s", entry.name, why.text);
            return 0;
        }
    }
    return 0;
}

int verify_unpack(struct verify *v, const char *zip, char **dir, char **top, struct err *e)
{
    struct verify_names n = {.v = v};
    const char *temp = getenv("TMPDIR");
    struct err why = {""};
    int before = v->failed, rc = -1;

    if (zip_in_open(&n.zip, zip, &why) != 0) {
        verify_say(v, VERIFY_FAIL, "zip", "%s", why.text);
        return 0;
    }
    if (zip_layout(zip, &why) != 0)
        verify_say(v, VERIFY_FAIL, "zip", "%s", why.text);
    if (verify_judge_names(&n, e) != 0)
        goto out;
    if (v->failed > before) {
        verify_say(v, VERIFY_NOTE, "zip", "nothing was unpacked");
        rc = 0;
        goto out;
    }
    *dir = mem_print("%s/keycustody-verify-XXXXXX", temp && *temp ? temp : "/tmp");
    if (!mkdtemp(*dir)) {
        err_set(e, "%s: cannot unpack here: set TMPDIR to a folder with room", *dir);
        free(*dir);
        *dir = NULL;
        goto out;
    }
    if (verify_extract(&n, *dir, e) != 0)
        goto out;
    if (v->failed == before) {
        char *name = mem_copy_n(n.names[0], strcspn(n.names[0], "/"));

        *top = file_join(*dir, name);
        free(name);
        verify_say(v, VERIFY_PASS, "zip", "%zu entries in one folder; names, kinds and sizes are sound",
                   n.count);
    }
    rc = 0;
out:
    for (size_t i = 0; i < n.count; i++)
        free(n.names[i]);
    free(n.names);
    zip_in_close(n.zip);
    return rc;
}
