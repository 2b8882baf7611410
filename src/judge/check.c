/* Reads the headers of checks. See check.h; judge/finding.c runs them. */
#include "judge/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/resource.h"

static const char *const check_severities[] = {"critical", "high", "medium", "low", NULL};
static const char *const check_bases[] = {"own-policy", "contract", "law", "good-practice", "standard", NULL};
static const char *const check_links[] = {"declared", "pool-disks", "data-disks", "des",  "key",
                                          "rotation", "vault",      "identity",   "etcd", "logging",
                                          "policy",   "none",       NULL};
static const char *const check_kinds[] = {"cluster", "pool", "scale-set",    "disk", "des",
                                          "vault",   "key",  "subscription", NULL};

/* The keys of a header. */
static const struct check_field {
    const char *key;
    size_t at; /* of the text in struct check */
    int required;
    const char *const *words; /* the values allowed, closed by NULL; NULL: any */
} check_fields[] = {
    {"check", offsetof(struct check, slug), 1, NULL},
    {"id", offsetof(struct check, code), 1, NULL},
    {"order", 0, 1, NULL},
    {"title", offsetof(struct check, title), 1, NULL},
    {"severity", offsetof(struct check, severity), 1, check_severities},
    {"basis", offsetof(struct check, basis), 1, check_bases},
    {"link", offsetof(struct check, link), 1, check_links},
    {"kind", offsetof(struct check, kind), 1, check_kinds},
    {"needs", offsetof(struct check, needs), 1, NULL},
    {"threshold", offsetof(struct check, threshold), 0, NULL},
    {"why", offsetof(struct check, why), 1, NULL},
    {"limits", offsetof(struct check, limits), 1, NULL},
    {"remedy", offsetof(struct check, remedy), 1, NULL},
    {"danger", offsetof(struct check, danger), 0, NULL},
    {"source", offsetof(struct check, source), 1, NULL},
};
#define CHECK_FIELDS (sizeof check_fields / sizeof *check_fields)

static int check_word(const char *const *words, const char *value)
{
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0)
            return 1;
    }
    return 0;
}

/* An unknown key is a misspelt one: what it was to say would silently be missing. */
static int check_keys_known(const struct check *c, struct err *e)
{
    for (size_t i = 0; i < c->header.count; i++) {
        const char *key = c->header.fields[i].key;
        size_t at = 0;

        while (at < CHECK_FIELDS && strcmp(check_fields[at].key, key) != 0)
            at++;
        if (at == CHECK_FIELDS)
            return err_set(e, "%s: unknown header key \"%s\"", c->file->name, key);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(c->header.fields[j].key, key) == 0)
                return err_set(e, "%s: the header has %s twice", c->file->name, key);
        }
    }
    return 0;
}

static int check_fields_read(struct check *c, struct err *e)
{
    for (size_t i = 0; i < CHECK_FIELDS; i++) {
        const struct check_field *f = &check_fields[i];
        const char *value = header_get(&c->header, f->key);

        if (f->required ? !value || !*value : value && !*value)
            return err_set(e, "%s: the header needs %s, and it may not be empty", c->file->name, f->key);
        if (value && f->words && !check_word(f->words, value))
            return err_set(e, "%s: %s: \"%s\" is none of its words", c->file->name, f->key, value);
        if (strcmp(f->key, "order") != 0)
            memcpy((char *)c + f->at, (const void *)&value, sizeof value);
    }
    if (strcmp(c->link, "none") == 0)
        c->link = NULL;
    return 0;
}

/* The slug is the name of the file, so that a finding leads to its SQL. */
static int check_slug(const struct check *c, struct err *e)
{
    char *name = mem_print("checks/%s.sql", c->slug);
    int same = strcmp(name, c->file->name) == 0;

    free(name);
    if (!same || c->slug[strspn(c->slug, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return err_set(e, "%s: check: \"%s\" is not the name of the file", c->file->name, c->slug);
    return 0;
}

static int check_order(struct check *c, struct err *e)
{
    const char *text = header_get(&c->header, "order");
    char *end = NULL;

    c->order = strtoll(text, &end, 10);
    if (*end || c->order < 1 || strspn(text, "0123456789") == 0)
        return err_set(e, "%s: order: \"%s\" is no number from 1 on", c->file->name, text);
    return 0;
}

int check_read(struct check *out, const struct embed_row *file, struct err *e)
{
    struct check c = {.file = file};
    int rc = -1;

    if (header_read(&c.header, file->name, file->data, e) != 0 || check_keys_known(&c, e) != 0 ||
        check_fields_read(&c, e) != 0 || check_slug(&c, e) != 0 || check_order(&c, e) != 0)
        goto out;
    *out = c;
    c = (struct check){0};
    rc = 0;
out:
    check_free(&c);
    return rc;
}

void check_free(struct check *c)
{
    if (!c)
        return;
    header_free(&c->header);
    *c = (struct check){0};
}

void checks_free(struct checks *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        check_free(&list->rows[i]);
    free(list->rows);
    *list = (struct checks){0};
}

const struct check *checks_find(const struct checks *list, const char *slug)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->rows[i].slug, slug) == 0)
            return &list->rows[i];
    }
    return NULL;
}

static int check_by_order(const void *a, const void *b)
{
    const struct check *x = a, *y = b;

    return x->order != y->order ? (x->order > y->order) - (x->order < y->order) : strcmp(x->slug, y->slug);
}

/* Each word of `needs` is a resource; a gap in one that is misspelt would be tied to no check. */
static int check_needs(const struct check *c, const struct resources *resources, struct err *e)
{
    char *words = mem_copy(c->needs), *save = NULL;
    int rc = 0;

    for (char *word = strtok_r(words, ", \n", &save); word && rc == 0; word = strtok_r(NULL, ", \n", &save)) {
        size_t i = 0;

        while (i < resources->count && strcmp(resources->rows[i].name, word) != 0)
            i++;
        if (i == resources->count)
            rc = err_set(e, "%s: needs: there is no resource \"%s\"", c->file->name, word);
    }
    free(words);
    return rc;
}

static int checks_validate(const struct checks *list, struct err *e)
{
    struct resources resources = {0};
    int rc = -1;

    if (resources_load(&resources, e) != 0)
        return -1;
    for (size_t i = 0; i < list->count; i++) {
        const struct check *c = &list->rows[i];

        if (check_needs(c, &resources, e) != 0)
            goto out;
        for (size_t j = 0; j < i; j++) {
            if (list->rows[j].order == c->order || strcmp(list->rows[j].code, c->code) == 0) {
                err_set(e, "%s: has the order or the id of %s", c->file->name, list->rows[j].file->name);
                goto out;
            }
        }
    }
    rc = 0;
out:
    resources_free(&resources);
    return rc;
}

int checks_load(struct checks *out, struct err *e)
{
    struct checks list = {0};

    for (const struct embed_row *row = NULL; (row = embed_next(row, "checks/", ".sql"));) {
        struct check c = {0};

        if (check_read(&c, row, e) != 0)
            goto fail;
        list.rows = mem_grow(list.rows, list.count + 1, sizeof *list.rows);
        list.rows[list.count++] = c;
    }
    if (list.count)
        qsort(list.rows, list.count, sizeof *list.rows, check_by_order);
    if (checks_validate(&list, e) != 0)
        goto fail;
    *out = list;
    return 0;
fail:
    checks_free(&list);
    return -1;
}
