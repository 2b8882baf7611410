#include "render/text_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

#define TEXT_GUTTER 2

size_t text_columns(const char *text)
{
    return utf8_columns(text);
}

/* Bytes of the character at p. */
static size_t text_step(const char *p)
{
    const char *q = p;

    utf8_next(&q, p + strlen(p) < p + 4 ? p + strlen(p) : p + 4);
    return (size_t)(q - p);
}

static size_t text_width_n(const char *p, size_t n)
{
    char *part = mem_copy_n(p, n);
    size_t w = utf8_columns(part);

    free(part);
    return w;
}

/* How many bytes of `p` fit into `width`: up to a space, else up to a sign at which an id may be broken, else
 * what fits. At least one character. */
static size_t text_fit(const char *p, size_t width, int words)
{
    size_t n = 0, w = 0, space = 0, sign = 0;

    while (p[n] && p[n] != '\n') {
        size_t k = text_step(p + n), cw = text_width_n(p + n, k);

        if (w + cw > width && n > 0)
            break;
        if (p[n] == ' ')
            space = n;
        n += k;
        w += cw;
        if (n > 0 && strchr("/-._,;:", p[n - 1]) && p[n - 1])
            sign = n;
    }
    if (!words || !p[n] || p[n] == '\n' || p[n] == ' ')
        return n;
    /* a word that would fit on a line of its own moves there; a longer one is broken at a sign */
    if (space > 0)
        return space;
    return sign > 0 ? sign : n;
}

/* Calls back with each line of the wrapped text. */
struct text_lines {
    char **lines;
    size_t count;
};

static void text_add_line(struct text_lines *l, const char *p, size_t n)
{
    while (n && p[n - 1] == ' ')
        n--;
    if ((l->count & (l->count - 1)) == 0)
        l->lines = mem_grow(l->lines, l->count ? l->count * 2 : 1, sizeof *l->lines);
    l->lines[l->count++] = mem_copy_n(p, n);
}

static void text_split(struct text_lines *l, const char *text, size_t width, int words)
{
    const char *p = text;

    do {
        size_t n = text_fit(p, width, words);

        text_add_line(l, p, n);
        p += n;
        while (words && *p == ' ')
            p++;
        if (*p == '\n') {
            p++;
            if (!*p)
                return;
        } else if (!*p)
            return;
    } while (1);
}

static void text_lines_free(struct text_lines *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->lines[i]);
    free(l->lines);
}

static void text_flow(struct buf *out, const char *text, size_t width, const char *first, const char *next,
                      int words)
{
    struct text_lines l = {0};
    size_t used = utf8_columns(first) > utf8_columns(next) ? utf8_columns(first) : utf8_columns(next);

    text_split(&l, text, width - used, words);
    for (size_t i = 0; i < l.count; i++)
        buf_print(out, "%s%s\n", l.lines[i][0] ? (i ? next : first) : "", l.lines[i]);
    text_lines_free(&l);
}

void text_wrap(struct buf *out, const char *text, size_t width, const char *first, const char *next)
{
    text_flow(out, text, width, first, next, 1);
}

void text_cut(struct buf *out, const char *line, size_t width, const char *first, const char *next)
{
    text_flow(out, line, width, first, next, 0);
}

/* The widest line of a cell, and its widest word. */
static void text_measure(const char *text, size_t *line, size_t *word)
{
    for (const char *p = text;;) {
        size_t n = strcspn(p, "\n"), w = text_width_n(p, n);

        *line = w > *line ? w : *line;
        for (size_t i = 0; i < n;) {
            size_t k = 0;

            while (i + k < n && p[i + k] != ' ')
                k++;
            w = text_width_n(p + i, k);
            *word = w > *word ? w : *word;
            i += k + 1;
        }
        if (!p[n])
            return;
        p += n + 1;
    }
}

/* Every column gets what it wants while that is no more than its fair share of what is left; the rest share
 * evenly. */
static void text_widths(const struct text_table *t, size_t *want, size_t *width)
{
    size_t left = t->width - TEXT_GUTTER * (t->columns - 1), open = t->columns;
    int settled = 1;

    memset(width, 0, t->columns * sizeof *width);
    while (settled && open) {
        size_t share = left / open;

        settled = 0;
        for (size_t i = 0; i < t->columns; i++)
            if (!width[i] && want[i] <= share) {
                width[i] = want[i] ? want[i] : 1;
                left -= width[i] <= left ? width[i] : left;
                open--;
                settled = 1;
            }
    }
    for (size_t i = 0; i < t->columns; i++)
        if (!width[i]) {
            width[i] = left / open ? left / open : 1;
            left -= width[i] <= left ? width[i] : left;
            open--;
        }
}

static void text_row(struct buf *out, const struct text_table *t, const size_t *width,
                     const char *const *cells)
{
    struct text_lines *l = mem_zero(t->columns, sizeof *l);
    size_t height = 0;

    for (size_t i = 0; i < t->columns; i++) {
        text_split(&l[i], cells[i], width[i], 1);
        height = l[i].count > height ? l[i].count : height;
    }
    for (size_t y = 0; y < height; y++) {
        size_t pending = 0; /* spaces that are printed only if something follows */

        for (size_t i = 0; i < t->columns; i++) {
            const char *line = y < l[i].count ? l[i].lines[y] : "";
            size_t w = utf8_columns(line), room = width[i] > w ? width[i] - w : 0;

            if (t->right[i])
                pending += room;
            if (*line) {
                buf_print(out, "%*s%s", (int)pending, "", line);
                pending = 0;
            } else
                pending += t->right[i] ? 0 : w;
            if (!t->right[i])
                pending += room;
            pending += TEXT_GUTTER;
        }
        buf_char(out, '\n');
    }
    for (size_t i = 0; i < t->columns; i++)
        text_lines_free(&l[i]);
    free(l);
}

/* 1 when a cell of the row needs more than one line. */
static int text_is_tall(const struct text_table *t, const size_t *width, const char *const *cells)
{
    for (size_t i = 0; i < t->columns; i++)
        if (strchr(cells[i], '\n') || utf8_columns(cells[i]) > width[i])
            return 1;
    return 0;
}

void text_table(struct buf *out, const struct text_table *t)
{
    size_t *want = mem_zero(t->columns, sizeof *want), *width = mem_zero(t->columns, sizeof *width),
           total = 0, word = 0;
    int tall = 0;

    for (size_t i = 0; i < t->columns; i++)
        text_measure(t->titles[i], t->head ? &want[i] : &word, &word);
    for (size_t i = 0; i < t->rows * t->columns; i++)
        text_measure(t->cells[i], &want[i % t->columns], &word);
    text_widths(t, want, width);
    for (size_t i = 0; i < t->columns; i++)
        total += width[i] + (i ? TEXT_GUTTER : 0);
    if (t->head) {
        text_row(out, t, width, t->titles);
        for (size_t i = 0; i < total; i++)
            buf_char(out, '-');
        buf_char(out, '\n');
    }
    for (size_t r = 0; r < t->rows; r++)
        tall |= text_is_tall(t, width, (const char *const *)&t->cells[r * t->columns]);
    for (size_t r = 0; r < t->rows; r++) {
        if (tall && r)
            buf_char(out, '\n');
        text_row(out, t, width, (const char *const *)&t->cells[r * t->columns]);
    }
    free(want);
    free(width);
}
