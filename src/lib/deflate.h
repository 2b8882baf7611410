/* Deflate in pieces (RFC 1950, 1951): pieces that know nothing of each other, made in any order and on any
 * thread, are put one behind the other between DEFLATE_HEAD and DEFLATE_TAIL, then the sum of what they hold.
 */
#ifndef KC_LIB_DEFLATE_H
#define KC_LIB_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define DEFLATE_HEAD "\x78\x5e" /* zlib's frame: deflate, a window of 32 KB */
#define DEFLATE_TAIL "\x03"     /* and a NUL: a last block that is empty */
#define DEFLATE_TAIL_SIZE 2
#define DEFLATE_SUM 1u /* of no bytes; the frame ends with the sum of all, most significant byte first */

struct deflate; /* for one thread at a time */

struct deflate *deflate_new(int level); /* 1 (fast) to 9 (small) */
void deflate_free(struct deflate *d);   /* NULL is fine */
/* Appends a piece; sum: Adler-32 of the n bytes. Same bytes and level, same piece. */
void deflate_piece(struct deflate *d, struct buf *out, const void *bytes, size_t n, uint32_t *sum);
uint32_t deflate_sum(uint32_t sum, const void *bytes, size_t n);   /* of what `sum` is of, and the n bytes */
uint32_t deflate_join(uint32_t sum, uint32_t next, size_t next_n); /* of bytes and the next_n behind them */

#endif
