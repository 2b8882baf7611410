/* See wipe.h. */
#include "lib/wipe.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/mem.h"

void wipe(void *bytes, size_t n)
{
    if (n)
        OPENSSL_cleanse(bytes, n);
}

void wipe_text(char *text)
{
    if (text)
        wipe(text, strlen(text));
    free(text);
}

void wipe_buf(struct buf *b)
{
    wipe(b->data, b->cap);
    buf_free(b);
}

void wipe_reserve(struct buf *b, size_t n)
{
    size_t need = b->len + n + 1, cap = b->cap ? b->cap : need;
    char *data = NULL;

    if (need <= b->cap)
        return;
    while (cap < need)
        cap *= 2;
    data = mem_alloc(cap);
    if (b->len)
        memcpy(data, b->data, b->len);
    data[b->len] = '\0';
    wipe(b->data, b->cap);
    free(b->data);
    b->data = data;
    b->cap = cap;
}
