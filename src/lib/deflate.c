/* Deflate, by zlib. See deflate.h. */
#include "lib/deflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"

#define DEFLATE_MEMORY 8 /* zlib's own */

struct deflate {
    z_stream z;
};

static voidpf deflate_memory(voidpf ctx, uInt items, uInt size)
{
    (void)ctx;
    return mem_zero(items, size); /* there, or the program ends: nothing below can fail */
}

static void deflate_memory_free(voidpf ctx, voidpf p)
{
    (void)ctx;
    free(p);
}

struct deflate *deflate_new(int level)
{
    struct deflate *d = mem_zero(1, sizeof *d);

    d->z.zalloc = deflate_memory;
    d->z.zfree = deflate_memory_free;
    deflateInit2(&d->z, level, Z_DEFLATED, -MAX_WBITS, DEFLATE_MEMORY, Z_DEFAULT_STRATEGY);
    return d;
}

void deflate_free(struct deflate *d)
{
    if (!d)
        return;
    deflateEnd(&d->z);
    free(d);
}

void deflate_piece(struct deflate *d, struct buf *out, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    unsigned char part[16384];
    z_stream *z = &d->z;

    deflateReset(z);
    while (n) {
        uInt some = n > UINT_MAX ? UINT_MAX : (uInt)n;

        z->next_in = (z_const Bytef *)at;
        z->avail_in = some;
        do {
            z->next_out = part;
            z->avail_out = sizeof part;
            deflate(z, some == n ? Z_SYNC_FLUSH : Z_NO_FLUSH);
            buf_add(out, part, sizeof part - z->avail_out);
        } while (z->avail_out == 0);
        at += some;
        n -= some;
    }
}

uint32_t deflate_sum(uint32_t sum, const void *bytes, size_t n)
{
    return n ? (uint32_t)adler32_z(sum, bytes, n) : sum;
}

uint32_t deflate_sum_join(uint32_t sum, uint32_t next, size_t next_n)
{
    return (uint32_t)adler32_combine(sum, next, (z_off_t)next_n);
}

uint32_t deflate_crc(uint32_t crc, const void *bytes, size_t n)
{
    return n ? (uint32_t)crc32_z(crc, bytes, n) : crc;
}

uint32_t deflate_crc_join(uint32_t crc, uint32_t next, uint64_t next_n)
{
    return (uint32_t)crc32_combine(crc, next, (z_off_t)next_n);
}
