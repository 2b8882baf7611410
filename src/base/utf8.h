/* UTF-8 (RFC 3629) and what we do with characters that a page or a cell cannot show. */
#ifndef KC_BASE_UTF8_H
#define KC_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Decodes one character; advances *p (never beyond end). A wrong byte gives U+FFFD and advances by one. */
uint32_t utf8_next(const char **p, const char *end);
int utf8_valid(const char *bytes, size_t n); /* no overlong forms, surrogates, or beyond U+10FFFF */
void utf8_put(struct buf *b, uint32_t c);
/* Unicode simple case folding (CaseFolding.txt statuses C and S), through the C library's C.UTF-8 tables, one
 * trailing slash removed: the form in which Azure resource ids are compared. */
void utf8_fold(struct buf *b, const char *text, size_t n);
/* Columns a terminal needs (wcwidth; control characters count 0). */
size_t utf8_columns(const char *text);
/* Text for people: control characters, bidi controls (U+200E-F, 202A-E, 2066-9), U+FEFF and lone surrogates
 * become a visible escape such as <U+202E>; TAB and newlines become a space. */
void utf8_visible(struct buf *b, const char *text, size_t n);

#endif
