/* Deflate (RFC 1951) in pieces that know nothing of each other: made in any order and on any thread, then put
 * one behind the other; DEFLATE_END closes them. Same bytes and level, same pieces. */
#ifndef KC_LIB_DEFLATE_H
#define KC_LIB_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define DEFLATE_END "\x03" /* and a NUL: a last block that is empty */
#define DEFLATE_END_SIZE 2

struct deflate; /* for one thread at a time */

struct deflate *deflate_new(int level); /* 1 (fast) to 9 (small) */
void deflate_free(struct deflate *d);   /* NULL is fine */
void deflate_piece(struct deflate *d, struct buf *out, const void *bytes, size_t n); /* appends a piece */

/* zlib's frame (RFC 1950): DEFLATE_HEAD, pieces, DEFLATE_END, the Adler-32 with its most significant byte
 * first. */
#define DEFLATE_HEAD "\x78\x5e"
#define DEFLATE_SUM 1u                                                 /* of no bytes */
uint32_t deflate_sum(uint32_t sum, const void *bytes, size_t n);       /* of what `sum` is of, and n bytes */
uint32_t deflate_sum_join(uint32_t sum, uint32_t next, size_t next_n); /* of two runs, one behind the other */
uint32_t deflate_crc(uint32_t crc, const void *bytes, size_t n);       /* CRC-32 of ZIP, of no bytes: 0 */
uint32_t deflate_crc_join(uint32_t crc, uint32_t next, uint64_t next_n);

/* A long run of bytes deflated by threads of its own while it is made, in pieces of 256 KB, into a file that
 * is open: deflate_out.c. Without DEFLATE_END, so that pieces of somebody else can stand before and behind
 * it. */
struct deflate_out;
struct deflate_result {
    uint64_t size, packed; /* bytes before and after */
    uint32_t crc;
};

struct deflate_out *deflate_out_new(int level, size_t threads,
                                    int fd); /* fd: to be written to; the caller's */
void deflate_out_add(struct deflate_out *d, const void *bytes, size_t n);
int deflate_out_failed(const struct deflate_out *d); /* errno of the first write that failed, else 0 */
/* Frees it in every case. */
int deflate_out_end(struct deflate_out *d, struct deflate_result *r, struct err *e);

#endif
