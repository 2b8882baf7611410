/* The hashes of a pack's files, and other work beside them, on all processors. Private to verify.c. */
#ifndef KC_PACK_VERIFY_HASH_H
#define KC_PACK_VERIFY_HASH_H

#include "pack/manifest.h"
#include "pack/verify.h"

struct verify_hashed {
    char hex[DIGEST_HEX];
    uint64_t size;
    int rc; /* of digest_file, with `why`; 1: was not asked for */
    struct err why;
};

/* Lines of the table that were said out of their turn. */
struct verify_later {
    struct verify_options o;
    struct verify v;
    struct verify_line {
        enum verify_result result;
        char *what, *words;
    } * lines;
    size_t count;
};

/* of[i]: the hash of dir/list->lines[i].path, for those whose rc is 0 before. Meanwhile fn(&later->v), once;
 * what it says is kept in `later`. fn may be NULL. */
void verify_hash(const struct verify *v, const struct manifest *list, struct verify_hashed *of,
                 void (*fn)(struct verify *v), struct verify_later *later);
/* Says it now, and forgets it. Nothing kept: calls fn. */
void verify_later_say(struct verify *v, struct verify_later *later, void (*fn)(struct verify *v));

#endif
