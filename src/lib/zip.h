/* ZIP archives by libzip. Same input, same bytes: times are UTC, entries stand in the order they were added.
 * The verbs start with zip_out_ and zip_in_ because libzip owns zip_open and its like. */
#ifndef KC_LIB_ZIP_H
#define KC_LIB_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* An archive in the making. Nothing stands at `path` before zip_out_commit, and what stands there then is
 * whole. mtime: seconds since 1970, of every entry (the format holds 1980 to 2107 and even seconds: others
 * are moved there). */
struct zip_out;
#define ZIP_LARGE (16 << 20) /* bytes: above it files are deflated at level ZIP_FAST */
#define ZIP_FAST 1           /* a third of the time, a few percent more bytes */
int zip_out_create(struct zip_out **out, const char *path, int64_t mtime,
                   struct err *e); /* path must not exist */
int zip_out_add(struct zip_out *z, const char *name, const char *path,
                struct err *e); /* read from disk at commit */
/* A file that is deflated already (RFC 1951): the bytes of `before`, those of an open file from its
 * beginning, those of `after`. All are read at commit and stay the caller's. */
struct zip_packed {
    const void *before, *after;
    size_t before_n, after_n;
    int fd;
    uint64_t fd_n;
    uint64_t size; /* of what they unpack to */
    uint32_t crc;
};
int zip_out_add_packed(struct zip_out *z, const char *name, const struct zip_packed *packed, struct err *e);
struct zip_in;
/* An entry of another archive as it is there; the archive stays open until commit. */
int zip_out_add_entry(struct zip_out *z, const char *name, struct zip_in *from, uint64_t at, struct err *e);
int zip_out_commit(struct zip_out *z, struct err *e); /* frees z in every case; on failure nothing is left */
void zip_out_abandon(struct zip_out *z);              /* NULL is fine */

struct zip_entry {
    const char *name; /* as the archive has it, lives as long as the archive is open */
    uint64_t size;    /* uncompressed, as the archive claims */
    unsigned mode;    /* unix mode, 0 when not recorded */
    int encrypted;
};

/* Reading what somebody else may have made: the archive's two lists of entries must agree. Names are not
 * judged here. */
int zip_in_open(struct zip_in **out, const char *path, struct err *e);
void zip_in_close(struct zip_in *z); /* NULL is fine */
uint64_t zip_in_count(const struct zip_in *z);
int zip_in_entry(struct zip_in *z, uint64_t at, struct zip_entry *entry, struct err *e);
/* Unpacks one entry to `path` (whole or not at all, mode 0600); more than `max` bytes is an error. */
int zip_in_extract(struct zip_in *z, uint64_t at, const char *path, uint64_t max, struct err *e);
/* Unpacks one entry into a function, a block at a time; it returns 0 to go on. More than `max` bytes is an
 * error. */
int zip_in_read(struct zip_in *z, uint64_t at, uint64_t max,
                int (*fn)(void *ctx, const void *bytes, size_t n, struct err *e), void *ctx, struct err *e);

#endif
