/* Plain text in columns: wrapping and tables. Widths are columns of a terminal, not bytes. */
#ifndef KC_RENDER_TEXT_TABLE_H
#define KC_RENDER_TEXT_TABLE_H

#include <stddef.h>

#include "base/buf.h"

struct text_table {
    size_t columns, rows, width;
    const char **titles;
    int *right;   /* per column */
    char **cells; /* row-major; newlines start new lines */
    int head;     /* 1: print titles and the rule under them */
};

size_t text_columns(const char *text); /* never 0 for a text with a control character: those count 1 */

/* Adds the text broken at spaces into lines of at most `width` columns, `first` before the first line and
 * `next` before the others (both count); what has no space is broken where it must. Every line ends with a
 * newline. */
void text_wrap(struct buf *out, const char *text, size_t width, const char *first, const char *next);

/* The same without looking for spaces: for code. */
void text_cut(struct buf *out, const char *line, size_t width, const char *first, const char *next);

/* Columns as wide as they need while they fit; then the widest give way. */
void text_table(struct buf *out, const struct text_table *t);

#endif
