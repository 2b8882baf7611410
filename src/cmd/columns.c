/* See columns.h. */
#include "cmd/columns.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

/* Columns of the character at p, at least one: a terminal may not know how to combine. *n: its bytes. */
static int columns_of(const char *p, const char *end, size_t *n)
{
    const char *next = p;
    char one[8] = "";

    utf8_next(&next, end);
    *n = (size_t)(next - p);
    if (*n >= sizeof one)
        return 1;
    memcpy(one, p, *n);
    return utf8_columns(one) > 1 ? 2 : 1;
}

/* How many bytes of text fit into `width` columns; *used: the columns that they take. */
static size_t columns_fit(const char *text, size_t size, int width, int *used)
{
    const char *p = text, *end = text + size;

    *used = 0;
    while (p < end) {
        size_t n = 0;
        int more = columns_of(p, end, &n);

        if (*used + more > width)
            break;
        *used += more;
        p += n;
    }
    return (size_t)(p - text);
}

/* The last bytes of text that fit into `width` columns. */
static const char *columns_tail(const char *text, size_t size, int width, int *used)
{
    const char *p = text, *end = text + size;
    int all = 0;

    columns_fit(text, size, INT_MAX, &all);
    while (p < end && all > width) {
        size_t n = 0;

        all -= columns_of(p, end, &n);
        p += n;
    }
    *used = all;
    return p;
}

/* tail: so many columns are kept of the end when the text is too long. Returns the columns printed. */
static int columns_put(const char *text, int width, int tail)
{
    struct buf seen = {0};
    const char *rest = "";
    int used = 0, more = 0;
    size_t n = 0;

    /* far more than a line is not looked at */
    utf8_visible(&seen, text, strnlen(text, 4096));
    n = columns_fit(buf_str(&seen), seen.len, width, &used);
    if (n < seen.len) {
        n = columns_fit(buf_str(&seen), seen.len, width - 3 - tail, &used);
        if (tail)
            rest = columns_tail(buf_str(&seen), seen.len, tail, &more);
        printf("%.*s...%s", (int)n, buf_str(&seen), rest);
        used += 3 + more;
    } else {
        printf("%s", buf_str(&seen));
    }
    buf_free(&seen);
    return used;
}

void columns_cut(const char *text, int width)
{
    columns_put(text, width, 0);
}

void columns_cell(const char *text, int width)
{
    printf("%*s", width - columns_put(text, width, 0), "");
}

void columns_name(const char *text, int width)
{
    printf("%*s", width - columns_put(text, width, width / 2 - 2), "");
}

void columns_wrap(const char *text, int indent)
{
    const int width = COLUMNS_WIDTH - indent;
    struct buf seen = {0};
    int at = 0;

    utf8_visible(&seen, text, strlen(text));
    for (const char *p = buf_str(&seen); *p;) {
        size_t n = strcspn(p, " "), fits = 0;
        int used = 0;

        if (!n) {
            p++;
            continue;
        }
        fits = columns_fit(p, n, width, &used);
        if (at && at + 1 + used > width) {
            putchar('\n');
            at = 0;
        }
        printf("%*s%.*s", at ? 1 : indent, "", (int)fits, p);
        at += used + (at ? 1 : 0);
        p += fits;
        if (fits < n) { /* the rest of a long word goes on a line of its own */
            putchar('\n');
            at = 0;
        }
    }
    if (at)
        putchar('\n');
    buf_free(&seen);
}
