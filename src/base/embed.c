/* Looking up the files that the program carries. See embed.h. */
#include "base/embed.h"

#include <string.h>

const struct embed_row *embed_find(const char *name)
{
    for (const struct embed_row *row = embed_rows; row->name; row++) {
        if (strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

static int embed_fits(const char *name, const char *prefix, const char *suffix)
{
    size_t n = strlen(name), s = strlen(suffix);
    return strncmp(name, prefix, strlen(prefix)) == 0 && n >= s && strcmp(name + n - s, suffix) == 0;
}

const struct embed_row *embed_next(const struct embed_row *after, const char *prefix, const char *suffix)
{
    for (const struct embed_row *row = after ? after + 1 : embed_rows; row->name; row++) {
        if (embed_fits(row->name, prefix, suffix))
            return row;
    }
    return NULL;
}

size_t embed_size(const struct embed_row *row)
{
    return (size_t)(row->end - row->data);
}
