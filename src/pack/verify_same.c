/* Two files of text, two PDFs. See verify_same.h; workbooks are in verify_same_book.c. */
#include "pack/verify_same.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#define SAME_SHOWN 160             /* bytes of a line that a message shows */
#define SAME_PDF ((size_t)1 << 30) /* bytes */

/* Where two lines part, a bit of what stands before it, and what follows. */
static void same_line_differs(const char *theirs, const char *ours, size_t line, struct err *e)
{
    size_t at = 0, from = 0;

    while (theirs[at] && theirs[at] == ours[at])
        at++;
    from = at > 40 ? at - 40 : 0;
    while (from && ((unsigned char)theirs[from] & 0xc0) == 0x80) /* not within a letter */
        from--;
    err_set(e, "line %zu: \"%.*s\"; written again: \"%.*s\"", line,
            (int)strcspn(theirs + from, "\n") < SAME_SHOWN ? (int)strcspn(theirs + from, "\n") : SAME_SHOWN,
            theirs + from,
            (int)strcspn(ours + from, "\n") < SAME_SHOWN ? (int)strcspn(ours + from, "\n") : SAME_SHOWN,
            ours + from);
}

int same_text(const char *theirs, const char *ours, const char *aside, size_t *lines, struct err *e)
{
    FILE *a = fopen(theirs, "rbe"), *b = fopen(ours, "rbe");
    char *x = NULL, *y = NULL;
    size_t x_room = 0, y_room = 0;
    int rc = -1, skip = 0;

    *lines = 0;
    if (!a || !b) {
        err_set(e, "%s: cannot read: %s", a ? ours : theirs, strerror(errno));
        goto out;
    }
    for (;;) {
        ssize_t n = getline(&x, &x_room, a), m = getline(&y, &y_room, b);

        if (n < 0 && m < 0)
            break;
        ++*lines;
        if (n < 0 || m < 0) {
            same_line_differs(n < 0 ? "" : x, m < 0 ? "" : y, *lines, e);
            goto out;
        }
        if (skip && strchr(y, '}'))
            skip = 0;
        if (!skip && (n != m || memcmp(x, y, (size_t)n) != 0)) {
            same_line_differs(x, y, *lines, e);
            goto out;
        }
        if (aside && strcmp(y, aside) == 0)
            skip = 1;
    }
    rc = ferror(a) || ferror(b) ? err_set(e, "%s: cannot be read to its end", ferror(a) ? theirs : ours) : 0;
out:
    if (a)
        fclose(a);
    if (b)
        fclose(b);
    free(x);
    free(y);
    return rc;
}

/* The number before " 0 obj" of the object that the byte belongs to. */
static unsigned long same_object(const struct buf *pdf, size_t at)
{
    const char *text = buf_str(pdf);

    for (size_t i = at < pdf->len ? at : pdf->len; i-- > 0;) {
        if (text[i] == '\n' && i + 1 < pdf->len && text[i + 1] >= '1' && text[i + 1] <= '9') {
            char *end = NULL;
            unsigned long n = strtoul(text + i + 1, &end, 10);

            if (strncmp(end, " 0 obj", 6) == 0)
                return n;
        }
    }
    return 0;
}

/* Pages in the order of the file, which is that of the report; the one that draws this object, 0: none. */
static size_t same_page(const struct buf *pdf, unsigned long object, size_t *pages)
{
    const char *text = buf_str(pdf), *end = text + pdf->len;
    size_t found = 0;

    *pages = 0;
    for (const char *p = text; (p = memmem(p, (size_t)(end - p), "/Type /Page", 11)); p += 11) {
        const char *stop = memmem(p, (size_t)(end - p), "endobj", 6), *contents = NULL;
        unsigned long own = same_object(pdf, (size_t)(p - text));

        if (p[11] != '\n' && p[11] != '\r' && p[11] != ' ')
            continue; /* /Pages */
        ++*pages;
        for (const char *q = p; stop && q > text && !contents; q--) { /* the dictionary has no fixed order */
            if (strncmp(q, " 0 obj", 6) == 0)
                contents = memmem(q, (size_t)(stop - q), "/Contents ", 10);
            if (strncmp(q, " 0 obj", 6) == 0)
                break;
        }
        if (!found && (own == object || (contents && strtoul(contents + 10, NULL, 10) == object)))
            found = *pages;
    }
    return found;
}

int same_pdf(const char *theirs, uint64_t size, const char *ours, size_t *pages, struct err *e)
{
    struct buf a = {0}, b = {0};
    size_t at = 0, page = 0;
    unsigned long object = 0;
    int rc = -1;

    if (file_read(theirs, SAME_PDF, &a, e) != 0 || file_read(ours, SAME_PDF, &b, e) != 0)
        goto out;
    if (size && size < a.len)
        a.len = (size_t)size;
    while (at < a.len && at < b.len && a.data[at] == b.data[at])
        at++;
    object = same_object(&b, at);
    page = same_page(&b, object, pages);
    if (at == a.len && at == b.len)
        rc = 0;
    else if (page)
        err_set(e, "page %zu is not the one that this program draws (object %lu, byte %zu)", page, object,
                at);
    else
        err_set(e, "it is not the one that this program draws (object %lu, byte %zu)", object, at);
out:
    buf_free(&a);
    buf_free(&b);
    return rc;
}
