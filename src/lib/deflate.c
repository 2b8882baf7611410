/* Deflate, by zlib. See deflate.h. */
#include "lib/deflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"

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

void deflate_add(struct buf *out, const void *bytes, size_t n, int level)
{
    const unsigned char *at = bytes;
    unsigned char part[16384];
    z_stream z = {.zalloc = deflate_memory, .zfree = deflate_memory_free};
    int rc = deflateInit(&z, level);

    while (rc == Z_OK) {
        uInt some = n > UINT_MAX ? UINT_MAX : (uInt)n;

        z.next_in = (z_const Bytef *)at;
        z.avail_in = some;
        do {
            z.next_out = part;
            z.avail_out = sizeof part;
            rc = deflate(&z, some == n ? Z_FINISH : Z_NO_FLUSH);
            buf_add(out, part, sizeof part - z.avail_out);
        } while (rc == Z_OK && z.avail_out == 0);
        at += some;
        n -= some;
    }
    deflateEnd(&z);
}
