/* BagIt manifests. See manifest.h. */
#include "pack/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#define MANIFEST_HEX 64
#define MANIFEST_NAME 255 /* bytes of a path */

int manifest_name_fits(const char *path)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+/";
    size_t n = strlen(path);

    if (!n || n > MANIFEST_NAME || path[0] == '/' || path[n - 1] == '/' || strspn(path, allowed) != n)
        return 0;
    for (const char *p = path; p; p = strchr(p, '/')) {
        p += *p == '/';
        if (*p == '/' || *p == '\0' || !strncmp(p, "./", 2) || !strcmp(p, ".") || !strncmp(p, "../", 3) ||
            !strcmp(p, ".."))
            return 0;
    }
    return 1;
}

static struct manifest_line *manifest_grow(struct manifest *m, char *path)
{
    if ((m->count & (m->count - 1)) == 0) /* at powers of two */
        m->lines = mem_grow(m->lines, m->count ? 2 * m->count : 1, sizeof *m->lines);
    m->lines[m->count].path = path;
    return &m->lines[m->count++];
}

int manifest_add(struct manifest *m, const char *dir, const char *path, struct err *e)
{
    struct manifest_line *line = NULL;
    uint64_t size = 0;
    char *whole = NULL;
    int rc = -1;

    if (!manifest_name_fits(path))
        return err_set(e, "%s: a pack holds no file of such a name", path);
    line = manifest_grow(m, mem_copy(path));
    whole = file_join(dir, path);
    rc = digest_file(whole, line->sha256, &size, e);
    m->bytes += size;
    free(whole);
    return rc;
}

static int manifest_order(const void *a, const void *b)
{
    return strcmp(((const struct manifest_line *)a)->path, ((const struct manifest_line *)b)->path);
}

void manifest_sort(struct manifest *m)
{
    if (m->count)
        qsort(m->lines, m->count, sizeof *m->lines, manifest_order);
}

void manifest_text(const struct manifest *m, struct buf *out)
{
    for (size_t i = 0; i < m->count; i++)
        buf_print(out, "%s  %s\n", m->lines[i].sha256, m->lines[i].path);
}

static int manifest_read_line(struct manifest *m, const char *at, size_t n, const char *name, size_t number,
                              struct err *e)
{
    struct manifest_line *line = NULL;
    char *path = NULL;

    if (n < MANIFEST_HEX + 3 || strspn(at, "0123456789abcdef") != MANIFEST_HEX ||
        memcmp(at + MANIFEST_HEX, "  ", 2) != 0)
        return err_set(e, "%s, line %zu: not \"<SHA-256>  <path>\"", name, number);
    path = mem_copy_n(at + MANIFEST_HEX + 2, n - MANIFEST_HEX - 2);
    if (strlen(path) != n - MANIFEST_HEX - 2 || !manifest_name_fits(path)) {
        free(path);
        return err_set(e, "%s, line %zu: a pack holds no file of such a name", name, number);
    }
    line = manifest_grow(m, path);
    memcpy(line->sha256, at, MANIFEST_HEX);
    line->sha256[MANIFEST_HEX] = '\0';
    return 0;
}

int manifest_read(struct manifest *m, const char *name, const char *text, size_t n, struct err *e)
{
    const char *at = text, *end = text + n;

    for (size_t number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        if (!stop)
            return err_set(e, "%s, line %zu: does not end with a newline", name, number);
        if (manifest_read_line(m, at, (size_t)(stop - at), name, number, e) != 0)
            return -1;
        at = stop + 1;
    }
    manifest_sort(m);
    for (size_t i = 1; i < m->count; i++) {
        if (strcmp(m->lines[i - 1].path, m->lines[i].path) == 0)
            return err_set(e, "%s: %s stands there twice", name, m->lines[i].path);
    }
    return 0;
}

const struct manifest_line *manifest_find(const struct manifest *m, const char *path)
{
    const struct manifest_line key = {.path = (char *)path};

    return m->count ? bsearch(&key, m->lines, m->count, sizeof *m->lines, manifest_order) : NULL;
}

void manifest_free(struct manifest *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->lines[i].path);
    free(m->lines);
    *m = (struct manifest){0};
}
