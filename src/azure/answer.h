/* What the body of an answer says, after the strict reader has passed over it. */
#ifndef KC_AZURE_ANSWER_H
#define KC_AZURE_ANSWER_H

#include <stddef.h>

#include "base/err.h"
#include "store/resource.h"

#define ANSWER_SIZE_MAX ((size_t)64 << 20) /* bytes of one body */

struct answer {
    int usable;         /* whole, strict JSON: views may read it */
    const char *secret; /* what it holds that must not be kept, or NULL */
    const char *wrong;  /* code of what is wrong with it as an answer of this shape, or NULL: MalformedBody,
                           NotJson,  WrongShape */
    struct err reason;  /* a sentence for it */
    char *next;         /* nextLink; NULL: the list ends here */
    char *code;         /* Azure's error code, or NULL; of Key Vault's Forbidden, the one that says why */
    char *message;      /* and its message */
    size_t items;       /* of `value` */
};

/* Reads a body. status decides what is expected: an answer of `shape` below 300, else an error body
 * (with or without the wrapper `error`). Freed with answer_free. */
void answer_read(struct answer *a, const char *body, size_t n, int status, enum resource_shape shape);
void answer_free(struct answer *a);

#endif
