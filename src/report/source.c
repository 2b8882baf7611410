#include "report/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/mem.h"
#include "report/template.h"

#define SOURCE_PREFIX "report-templates/"

static int source_is_word(const char *name)
{
    return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static const struct embed_row *source_embedded(const char *name, const char *relative)
{
    char *path = mem_print(SOURCE_PREFIX "%s/%s", name, relative);
    const struct embed_row *row = embed_find(path);

    free(path);
    return row;
}

int source_open(struct source *s, const char *name_or_dir, struct err *e)
{
    s->name = name_or_dir ? name_or_dir : "default";
    s->built_in = source_is_word(s->name) && source_embedded(s->name, "template.json");
    if (!s->built_in && !file_is_dir(s->name))
        return err_set(
            e, "%s: no such template: give a built-in name (default) or a folder with a template.json",
            s->name);
    return 0;
}

/* Names inside a template: parts that are neither empty nor "." nor "..", joined by slashes. */
static int source_name_is_safe(const char *relative)
{
    const char *p = relative;

    if (strchr(relative, '\\'))
        return 0;
    for (;;) {
        size_t n = strcspn(p, "/");

        if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
            return 0;
        if (!p[n])
            return 1;
        p += n + 1;
    }
}

/* Every folder on the way and the file itself are what they seem: no link leads away. */
static int source_check_path(const struct source *s, const char *relative, struct err *e)
{
    for (const char *p = strchr(relative, '/'); p; p = strchr(p + 1, '/')) {
        char *part = mem_copy_n(relative, (size_t)(p - relative));
        char *path = file_join(s->name, part);
        int ok = file_is_dir(path);

        free(path);
        free(part);
        if (!ok)
            return err_set(e, "%s: %s: no folder of the template (links are not followed)", s->name,
                           relative);
    }
    return 0;
}

int source_read(const struct source *s, const char *relative, struct buf *out, struct err *e)
{
    char *path = NULL;
    int rc = -1;

    if (!source_name_is_safe(relative))
        return err_set(e, "%s: %s: a template's files may not leave its folder", s->name, relative);
    if (s->built_in) {
        const struct embed_row *row = source_embedded(s->name, relative);

        if (!row)
            return err_set(e, "%s: %s: no such file in the template", s->name, relative);
        buf_add(out, row->data, embed_size(row));
        return 0;
    }
    path = file_join(s->name, relative);
    if (source_check_path(s, relative, e) != 0)
        goto out;
    if (!file_is_regular(path)) {
        err_set(e, "%s: %s: no such file in the template (links are not followed)", s->name, relative);
        goto out;
    }
    rc = file_read(path, SOURCE_FILE_MAX, out, e);
out:
    free(path);
    return rc;
}

int template_read(const char *name_or_dir, const char *relative, struct buf *out, struct err *e)
{
    struct source s = {0};

    if (source_open(&s, name_or_dir, e) != 0)
        return -1;
    return source_read(&s, relative, out, e);
}

struct source_walk {
    const struct source *source;
    int (*fn)(void *ctx, const char *relative, const void *bytes, size_t n, struct err *e);
    void *ctx;
};

static int source_visit(void *ctx, const char *relative, struct err *e)
{
    struct source_walk *w = ctx;
    struct buf b = {0};
    int rc = source_read(w->source, relative, &b, e);

    if (rc == 0)
        rc = w->fn(w->ctx, relative, buf_str(&b), b.len, e);
    buf_free(&b);
    return rc;
}

int template_each(const char *name_or_dir,
                  int (*fn)(void *ctx, const char *relative, const void *bytes, size_t n, struct err *e),
                  void *ctx, struct err *e)
{
    struct source s = {0};
    struct source_walk w = {&s, fn, ctx};
    const struct embed_row *row = NULL;
    char *prefix = NULL;
    int rc = 0;

    if (source_open(&s, name_or_dir, e) != 0)
        return -1;
    if (!s.built_in)
        return file_each(s.name, source_visit, &w, e);
    prefix = mem_print(SOURCE_PREFIX "%s/", s.name);
    while (rc == 0 && (row = embed_next(row, prefix, "")))
        rc = fn(ctx, row->name + strlen(prefix), row->data, embed_size(row), e);
    free(prefix);
    return rc;
}
