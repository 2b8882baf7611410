/* A growing run of bytes; always NUL-terminated behind `len`, so it can be read as text. Zero-initialise to
 * start. */
#ifndef KC_BASE_BUF_H
#define KC_BASE_BUF_H

#include <stddef.h>

struct buf {
    char *data; /* owned; NULL while empty */
    size_t len; /* bytes without the closing NUL */
    size_t cap;
};

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_text(struct buf *b, const char *text); /* NULL adds nothing */
void buf_char(struct buf *b, char c);
void buf_print(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *buf_str(const struct buf *b); /* never NULL; "" while empty */
char *buf_take(struct buf *b); /* the bytes, now the caller's (never NULL); the buffer is empty again */
void buf_clear(struct buf *b); /* keeps the memory */
void buf_free(struct buf *b);  /* NULL is fine; the buffer can be used again */

#endif
