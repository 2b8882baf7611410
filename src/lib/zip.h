/* ZIP archives by libzip. Same input, same bytes: times are fixed, entries stand in the order they were
 * added. */
#ifndef KC_LIB_ZIP_H
#define KC_LIB_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct zip_out;
int zip_create(struct zip_out **out, const char *path, int64_t mtime,
               struct err *e); /* path must not exist */
int zip_put_file(struct zip_out *z, const char *name, const char *path,
                 struct err *e);                  /* streamed from disk at commit */
int zip_commit(struct zip_out *z, struct err *e); /* frees z; on failure nothing is left */
void zip_abandon(struct zip_out *z);

struct zip_entry {
    const char *name;
    uint64_t size; /* uncompressed */
    unsigned mode; /* unix mode, 0 when not recorded */
};
struct zip_in;
int zip_open(struct zip_in **out, const char *path, struct err *e);
void zip_close_in(struct zip_in *z);
uint64_t zip_count(const struct zip_in *z);
int zip_entry_at(struct zip_in *z, uint64_t at, struct zip_entry *entry, struct err *e);
int zip_extract(struct zip_in *z, uint64_t at, const char *path, uint64_t max,
                struct err *e); /* caps what comes out */

#endif
