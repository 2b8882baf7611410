/* The header of our SQL files. See header.h. */
#include "base/header.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void header_add(struct header *h, char *key, char *value)
{
    h->fields = mem_grow(h->fields, h->count + 1, sizeof *h->fields);
    h->fields[h->count++] = (struct header_field){key, value};
}

static void header_continue(struct header *h, const char *from, size_t n)
{
    char **value = &h->fields[h->count - 1].value;
    char *longer = **value ? mem_print("%s\n%.*s", *value, (int)n, from) : mem_copy_n(from, n);

    free(*value);
    *value = longer;
}

int header_read(struct header *h, const char *name, const char *text, struct err *e)
{
    const char *p = text;
    int line = 1;

    *h = (struct header){0};
    for (; strncmp(p, "--", 2) == 0; line++) {
        const char *end = strchr(p, '\n'), *colon = NULL, *value = NULL;
        size_t n = 0;

        if (!end)
            end = p + strlen(p);
        p += 2;
        if (end - p >= 3 && strncmp(p, "   ", 3) == 0) {
            if (!h->count) {
                header_free(h);
                return err_set(e,
                               "%s:%d: a continued line has nothing to continue: write -- key: value first",
                               name, line);
            }
            p += 3;
            header_continue(h, p, (size_t)(end - p));
        } else if (end > p) {
            colon = memchr(p, ':', (size_t)(end - p));
            if (*p != ' ' || !colon || memchr(p + 1, ' ', (size_t)(colon - p - 1))) {
                header_free(h);
                return err_set(e, "%s:%d: not a header line: write -- key: value", name, line);
            }
            p++;
            value = colon + 1;
            while (value < end && *value == ' ')
                value++;
            n = (size_t)(end - value);
            while (n && (value[n - 1] == ' ' || value[n - 1] == '\r'))
                n--;
            header_add(h, mem_copy_n(p, (size_t)(colon - p)), mem_copy_n(value, n));
        }
        p = *end ? end + 1 : end;
    }
    h->body = p;
    return 0;
}

const char *header_get(const struct header *h, const char *key)
{
    for (size_t i = 0; i < h->count; i++) {
        if (strcmp(h->fields[i].key, key) == 0)
            return h->fields[i].value;
    }
    return NULL;
}

void header_free(struct header *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->count; i++) {
        free(h->fields[i].key);
        free(h->fields[i].value);
    }
    free(h->fields);
    *h = (struct header){0};
}
