/* BagIt manifests (RFC 8493 section 2.1.3): one line a file, "<64 hex digits><two blanks><path>", as
 * sha256sum writes and checks them. Names in a pack are ours: ASCII letters, digits and . _ - + in folders,
 * relative, at most 255 bytes. */
#ifndef KC_PACK_MANIFEST_H
#define KC_PACK_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/digest.h"

struct manifest_line {
    char *path; /* relative to the bag */
    char sha256[DIGEST_HEX];
};
struct manifest {
    struct manifest_line *lines; /* in byte order of the paths */
    size_t count;
    uint64_t bytes; /* of the files, when manifest_add read them */
};

int manifest_name_fits(const char *path); /* 1 when a pack may hold a file of that name */
int manifest_add(struct manifest *m, const char *dir, const char *path, struct err *e); /* hashes dir/path */
void manifest_sort(struct manifest *m);
void manifest_text(const struct manifest *m, struct buf *out);
/* Reads a manifest that somebody else may have written: every line is as above, no path twice, none that does
 * not fit. */
int manifest_read(struct manifest *m, const char *name, const char *text, size_t n, struct err *e);
const struct manifest_line *manifest_find(const struct manifest *m,
                                          const char *path); /* sorted; NULL when absent */
void manifest_free(struct manifest *m);                      /* what it holds; it can be used again */

#endif
