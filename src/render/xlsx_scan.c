/* Is a part of a workbook whole? See xlsx_scan.h. */
#include "render/xlsx_scan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/deflate.h"

#define SCAN_TAG (1 << 16) /* bytes; an address may have 2,079 characters, each of them escaped */

void xlsx_scan_begin(struct xlsx_scan *s)
{
    s->sum = DEFLATE_SUM;
}

void xlsx_scan_free(struct xlsx_scan *s)
{
    buf_free(&s->tag);
    buf_free(&s->names);
}

static int scan_bad(struct err *e)
{
    return err_set(e, "is cut off: is the disk full?");
}

static int scan_is(const char *name, size_t n, const char *wanted)
{
    return strlen(wanted) == n && memcmp(name, wanted, n) == 0;
}

/* Every attribute is ` name="value"`. */
static int scan_attributes(const char *p, const char *end)
{
    while (p < end) {
        const char *equals = memchr(p, '=', (size_t)(end - p));

        if (*p != ' ' || !equals || equals == p + 1 || equals + 1 == end || equals[1] != '"')
            return -1;
        for (const char *c = p + 1; c < equals; c++)
            if (*c == ' ' || *c == '"')
                return -1;
        p = memchr(equals + 2, '"', (size_t)(end - equals - 2));
        if (!p)
            return -1;
        p++;
    }
    return 0;
}

static long scan_number(const char *p, const char *end, const char *name) /* -1: no such attribute */
{
    const char *at = memmem(p, (size_t)(end - p), name, strlen(name));

    return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static long scan_wanted(const char *p, const char *end)
{
    long unique = scan_number(p, end, " uniqueCount=\""); /* of strings, which `count` counts in cells */

    return unique >= 0 ? unique : scan_number(p, end, " count=\"");
}

static int scan_close(struct xlsx_scan *s, const char *name, size_t n, struct err *e)
{
    const struct xlsx_level *l = s->depth ? &s->levels[s->depth - 1] : NULL;

    if (!l || !scan_is(name, n, s->names.data + l->name) || (l->wanted >= 0 && l->wanted != l->children))
        return scan_bad(e);
    s->names.len = l->name;
    s->depth--;
    s->text = 0;
    return 0;
}

static void scan_count(struct xlsx_scan *s, const char *name, size_t n)
{
    s->rows += scan_is(name, n, "row");
    s->cells += scan_is(name, n, "c");
    s->links += scan_is(name, n, "hyperlink");
    s->strings += scan_is(name, n, "si");
}

/* One tag, without its brackets. */
static int scan_tag(struct xlsx_scan *s, const char *p, size_t n, struct err *e)
{
    const char *end = p + n, *name_end = p;
    struct xlsx_level *l = NULL;
    int empty = n && p[n - 1] == '/';

    if (n && p[0] == '?') {
        s->declared |= n > 5 && memcmp(p, "?xml ", 5) == 0 && p[n - 1] == '?';
        return s->depth ? scan_bad(e) : 0;
    }
    if (n && p[0] == '/')
        return scan_close(s, p + 1, n - 1, e);
    end -= empty;
    while (name_end < end && *name_end != ' ')
        name_end++;
    n = (size_t)(name_end - p);
    if (!s->declared || !n || s->depth == XLSX_SCAN_DEPTH || (!s->depth && s->rooted) ||
        scan_attributes(name_end, end) != 0)
        return scan_bad(e);
    if (s->depth)
        s->levels[s->depth - 1].children++;
    s->rooted = 1;
    scan_count(s, p, n);
    l = &s->levels[s->depth++];
    *l = (struct xlsx_level){s->names.len, n > 2 && !scan_is(p, n, "row") ? scan_wanted(name_end, end) : -1,
                             0};
    buf_add(&s->names, p, n);
    buf_char(&s->names, '\0');
    if (empty)
        return scan_close(s, p, n, e);
    s->text = scan_is(p, n, "v") || scan_is(p, n, "t");
    return 0;
}

/* Up to the next tag. Gives how many bytes that was. */
static size_t scan_text(struct xlsx_scan *s, const char *p, size_t n)
{
    const char *tag = memchr(p, '<', n);

    n = tag ? (size_t)(tag - p) : n;
    if (s->text) {
        s->sum = deflate_sum(s->sum, p, n);
        s->bytes += n;
    }
    s->in_tag = tag != NULL;
    return n + (tag != NULL);
}

int xlsx_scan_block(struct xlsx_scan *s, const char *bytes, size_t n, struct err *e)
{
    const char *p = bytes, *end = bytes + n;

    while (p < end) {
        const char *close = NULL;

        if (!s->in_tag) {
            p += scan_text(s, p, (size_t)(end - p));
            continue;
        }
        close = memchr(p, '>', (size_t)(end - p));
        if (!close || s->tag.len) { /* it goes on in the next block, or began in the last */
            buf_add(&s->tag, p, (size_t)((close ? close : end) - p));
            if (s->tag.len > SCAN_TAG)
                return scan_bad(e);
        }
        if (!close)
            return 0;
        if (scan_tag(s, s->tag.len ? s->tag.data : p, s->tag.len ? s->tag.len : (size_t)(close - p), e) != 0)
            return -1;
        buf_clear(&s->tag);
        s->in_tag = 0;
        p = close + 1;
    }
    return 0;
}

int xlsx_scan_end(struct xlsx_scan *s, struct err *e)
{
    return s->rooted && !s->depth && !s->in_tag ? 0 : scan_bad(e);
}
