/* Resource files. See resource.h. */
#include "store/resource.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static void resource_words_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

/* Words separated by commas or white space. */
static char **resource_words(const char *text)
{
    char **list = mem_zero(1, sizeof *list);
    size_t count = 0;

    for (const char *p = text; p && *p;) {
        size_t n = 0;

        p += strspn(p, ", \t\r\n");
        n = strcspn(p, ", \t\r\n");
        if (!n)
            break;
        list = mem_grow(list, count + 2, sizeof *list);
        list[count++] = mem_copy_n(p, n);
        list[count] = NULL;
        p += n;
    }
    return list;
}

void resource_free(struct resource *r)
{
    if (!r)
        return;
    resource_words_free(r->versions);
    resource_words_free(r->after);
    resource_words_free(r->must);
    resource_words_free(r->known);
    header_free(&r->header);
    *r = (struct resource){0};
}

void resources_free(struct resources *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        resource_free(&list->rows[i]);
    free(list->rows);
    *list = (struct resources){0};
}

static const char *resource_field(const struct resource *r, const char *key)
{
    const char *value = header_get(&r->header, key);

    return value ? value + strspn(value, " \t\r\n") : "";
}

static int resource_shape_read(struct resource *r, struct err *e)
{
    const char *shape = resource_field(r, "shape");

    if (strcmp(shape, "list") == 0)
        r->shape = RESOURCE_LIST;
    else if (strcmp(shape, "array-list") == 0)
        r->shape = RESOURCE_TEXT_LIST;
    else if (strcmp(shape, "one") == 0)
        r->shape = RESOURCE_ONE;
    else if (*r->each)
        return err_set(e, "%s: shape: \"%s\": write list, array-list or one", r->file->name, shape);
    return 0;
}

int resource_read(struct resource *out, const struct embed_row *file, struct err *e)
{
    struct resource r = {.file = file};
    const char *gone = NULL, *audience = NULL;
    int rc = -1;

    if (header_read(&r.header, file->name, file->data, e) != 0)
        goto out;
    r.name = resource_field(&r, "resource");
    r.title = resource_field(&r, "title");
    r.each = resource_field(&r, "each");
    r.permission = resource_field(&r, "permission");
    r.declares = resource_field(&r, "declares");
    r.instead = resource_field(&r, "instead");
    audience = resource_field(&r, "audience");
    r.at_vault = strcmp(audience, "vault") == 0;
    r.versions = resource_words(header_get(&r.header, "api-version"));
    r.after = resource_words(header_get(&r.header, "after"));
    r.must = resource_words(header_get(&r.header, "must"));
    r.known = resource_words(header_get(&r.header, "known"));
    gone = resource_field(&r, "gone");
    if (!*r.name || !*r.title) {
        err_set(e, "%s: the header needs resource and title", file->name);
        goto out;
    }
    if (*r.each && !r.versions[0]) {
        err_set(e, "%s: api-version: name at least one", file->name);
        goto out;
    }
    if (*audience && !r.at_vault && strcmp(audience, "arm") != 0) {
        err_set(e, "%s: audience: \"%s\": write arm or vault", file->name, audience);
        goto out;
    }
    if (resource_shape_read(&r, e) != 0)
        goto out;
    if (*gone && strcmp(gone, "404") != 0) {
        err_set(e, "%s: gone: \"%s\": only 404 can mean that something is not there", file->name, gone);
        goto out;
    }
    r.gone = *gone != '\0';
    *out = r;
    r = (struct resource){0};
    rc = 0;
out:
    resource_free(&r);
    return rc;
}

void resources_for_cloud(struct resources *list, const char *cloud)
{
    for (size_t i = 0; i < list->count; i++) {
        struct resource *r = &list->rows[i];

        for (size_t k = 0; k < r->header.count; k++) {
            const char *key = r->header.fields[k].key;

            if (strncmp(key, "api-version-", 12) != 0 || strcasecmp(key + 12, cloud) != 0)
                continue;
            resource_words_free(r->versions);
            r->versions = resource_words(r->header.fields[k].value);
        }
    }
}

static int resource_name_order(const void *a, const void *b)
{
    return strcmp(((const struct resource *)a)->name, ((const struct resource *)b)->name);
}

static int resource_placed(const struct resources *list, size_t placed, const char *name)
{
    for (size_t i = 0; i < placed; i++) {
        if (strcmp(list->rows[i].name, name) == 0)
            return 1;
    }
    return 0;
}

static int resource_is_ready(const struct resources *list, size_t placed, const struct resource *r)
{
    for (size_t i = 0; r->after[i]; i++) {
        if (!resource_placed(list, placed, r->after[i]))
            return 0;
    }
    return 1;
}

/* Repeatedly the first by name of those whose needs are met. */
static int resources_sort(struct resources *list, struct err *e)
{
    qsort(list->rows, list->count, sizeof *list->rows, resource_name_order);
    for (size_t placed = 0; placed < list->count; placed++) {
        size_t at = placed;

        while (at < list->count && !resource_is_ready(list, placed, &list->rows[at]))
            at++;
        if (at == list->count)
            return err_set(e, "%s: after: names a resource that does not exist or that needs this one",
                           list->rows[placed].file->name);
        if (at != placed) {
            struct resource moved = list->rows[at];

            memmove(&list->rows[placed + 1], &list->rows[placed], (at - placed) * sizeof moved);
            list->rows[placed] = moved;
        }
    }
    return 0;
}

int resources_load(struct resources *out, struct err *e)
{
    struct resources list = {0};

    for (const struct embed_row *row = NULL; (row = embed_next(row, "azure/", ".sql"));) {
        struct resource r = {0};

        if (resource_read(&r, row, e) != 0)
            goto fail;
        list.rows = mem_grow(list.rows, list.count + 1, sizeof *list.rows);
        list.rows[list.count++] = r;
    }
    if (list.count && resources_sort(&list, e) != 0)
        goto fail;
    for (size_t i = 1; i < list.count; i++) {
        if (resource_placed(&list, i, list.rows[i].name)) {
            err_set(e, "%s: the resource \"%s\" is there twice", list.rows[i].file->name, list.rows[i].name);
            goto fail;
        }
    }
    *out = list;
    return 0;
fail:
    resources_free(&list);
    return -1;
}
