/* Files carried inside the program (cmake/embed.cmake): SQL, mappings, templates. Names are paths in the
 * source tree without the leading "src/": "checks/disk-cmk.sql", "mappings/policy.json". Sorted by name. */
#ifndef KC_BASE_EMBED_H
#define KC_BASE_EMBED_H

#include <stddef.h>

struct embed_row {
    const char *name;
    const char *data; /* followed by a NUL that is not part of it */
    const char *end;
};
extern const struct embed_row embed_rows[]; /* closed by a row whose name is NULL */

const struct embed_row *embed_find(const char *name); /* NULL when there is none */
/* The next row after `after` (NULL: the first) whose name starts with `prefix` and ends with `suffix`; NULL
 * at the end. */
const struct embed_row *embed_next(const struct embed_row *after, const char *prefix, const char *suffix);
size_t embed_size(const struct embed_row *row);

#endif
