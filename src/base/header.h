/* The header of our SQL files: lines `-- key: value` at the top; a line `--   more` (three spaces or more)
 * continues the value above with a newline. The first line that is neither ends the header; what follows is
 * the body. */
#ifndef KC_BASE_HEADER_H
#define KC_BASE_HEADER_H

#include <stddef.h>

#include "base/err.h"

struct header_field {
    char *key;
    char *value;
};
struct header {
    struct header_field *fields; /* owned, in file order */
    size_t count;
    const char *body; /* points into the text that was read */
};

int header_read(struct header *h, const char *name, const char *text, struct err *e); /* name: for messages */
const char *header_get(const struct header *h, const char *key);                      /* NULL when absent */
void header_free(struct header *h);

#endif
