/* Two workbooks, part by part. See verify_same.h. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "lib/digest.h"
#include "lib/zip.h"
#include "pack/ooxml_parts.h"
#include "pack/verify_same.h"

#define BOOK_PART ((size_t)2 << 30) /* bytes of a part that are looked into for a difference */
#define BOOK_SHOWN 160
#define BOOK_SIGNED_LIST 4096 /* how much a signature adds to the lists of the package */

struct book {
    struct zip_in *a, *b; /* theirs, ours */
    size_t sheets;
};

static int book_hash_block(void *ctx, const void *bytes, size_t n, struct err *e)
{
    (void)e;
    digest_add(ctx, bytes, n);
    return 0;
}

static int book_hash(struct zip_in *z, uint64_t at, char hex[DIGEST_HEX], struct err *e)
{
    struct digest *d = digest_new();
    int rc = zip_in_read(z, at, UINT64_MAX, book_hash_block, d, e);

    digest_end(d, hex);
    return rc;
}

/* 1: *at is the entry, 0: there is none. */
static int book_find(struct zip_in *z, const char *name, uint64_t *at, struct err *e)
{
    struct zip_entry entry;

    for (*at = 0; *at < zip_in_count(z); ++*at) {
        if (zip_in_entry(z, *at, &entry, e) != 0)
            return -1;
        if (strcmp(entry.name, name) == 0)
            return 1;
    }
    return 0;
}

/* The n-th <si> of the list of strings, or what stands at a byte of a sheet: from its tag to its end. */
static char *book_piece(const struct buf *text, size_t from, const char *end)
{
    const char *at = buf_str(text) + from, *stop = from < text->len ? strstr(at, end) : NULL;
    size_t n = stop ? (size_t)(stop - at) : strlen(at);

    return mem_copy_n(at, n < BOOK_SHOWN ? n : BOOK_SHOWN);
}

/* The last place before `at` where this tag begins; (size_t)-1: none. */
static size_t book_tag(const struct buf *text, size_t at, const char *tag)
{
    size_t n = strlen(tag);

    for (size_t i = (at < text->len ? at : text->len) + 1; i-- > 0;) {
        if (i + n <= text->len && memcmp(buf_str(text) + i, tag, n) == 0)
            return i;
    }
    return (size_t)-1;
}

/* The sheet's name from xl/workbook.xml, whose sheets are numbered in order; its part's name where that is
 * not there. */
static char *book_sheet(struct zip_in *z, const char *part)
{
    unsigned long number = strtoul(part + strlen("xl/worksheets/sheet"), NULL, 10);
    struct buf text = {0};
    const char *p = NULL;
    char *name = NULL;

    if (ooxml_entry(z, "xl/workbook.xml", OOXML_LIST, &text, NULL) == 1) {
        for (p = strstr(buf_str(&text), "<sheet name=\""); p && --number; p = strstr(p + 1, "<sheet name=\""))
            ;
        if (p)
            name = mem_copy_n(p + 13, strcspn(p + 13, "\""));
    }
    buf_free(&text);
    return name ? name : mem_copy(part);
}

/* Says what differs in a part of which both sides have one. */
static int book_differs(struct book *k, const char *name, struct err *e)
{
    struct buf a = {0}, b = {0};
    char *x = NULL, *y = NULL, *sheet = NULL, *cell = NULL;
    size_t at = 0, tag = 0, row = 0;

    if (ooxml_entry(k->a, name, BOOK_PART, &a, e) != 1 || ooxml_entry(k->b, name, BOOK_PART, &b, e) != 1) {
        err_set(e, "its part %s is not the one that this program writes", name);
        goto out;
    }
    while (at < a.len && at < b.len && a.data[at] == b.data[at])
        at++;
    if (strncmp(name, "xl/worksheets/sheet", 19) == 0 && (tag = book_tag(&b, at, "<c r=\"")) != (size_t)-1) {
        sheet = book_sheet(k->b, name);
        cell = mem_copy_n(buf_str(&b) + tag + 6, strcspn(buf_str(&b) + tag + 6, "\""));
        x = book_piece(&a, tag, "</c>");
        y = book_piece(&b, tag, "</c>");
        err_set(e, "sheet %s, cell %s: %s; written again: %s", sheet, cell, x, y);
    } else if (strcmp(name, "xl/sharedStrings.xml") == 0 && (tag = book_tag(&b, at, "<si>")) != (size_t)-1) {
        for (const char *p = buf_str(&b); (p = strstr(p, "<si>")) && p < buf_str(&b) + tag; p += 4)
            row++;
        x = book_piece(&a, tag, "</si>");
        y = book_piece(&b, tag, "</si>");
        err_set(e, "text %zu of its cells: %s; written again: %s", row, x, y);
    } else {
        err_set(e, "its part %s is not the one that this program writes, from byte %zu on", name, at);
    }
out:
    buf_free(&a);
    buf_free(&b);
    free(x);
    free(y);
    free(sheet);
    free(cell);
    return -1;
}

/* A signature adds a line to the package's two lists: they are the same but for that one piece. */
static int book_list(struct book *k, const char *name, struct err *e)
{
    struct buf a = {0}, b = {0};
    size_t at = 0, tail = 0;
    int rc = -1;

    if (ooxml_entry(k->a, name, OOXML_LIST, &a, e) != 1 || ooxml_entry(k->b, name, OOXML_LIST, &b, e) != 1) {
        err_set(e, "its part %s is not the one that this program writes", name);
        goto out;
    }
    while (at < a.len && at < b.len && a.data[at] == b.data[at])
        at++;
    while (tail < a.len - at && tail < b.len - at && a.data[a.len - 1 - tail] == b.data[b.len - 1 - tail])
        tail++;
    rc = at + tail == b.len && a.len - b.len <= BOOK_SIGNED_LIST
             ? 0
             : err_set(e, "its part %s is not the one that this program writes", name);
out:
    buf_free(&a);
    buf_free(&b);
    return rc;
}

static int book_part(struct book *k, uint64_t at, const char *name, int is_signed, struct err *e)
{
    char x[DIGEST_HEX], y[DIGEST_HEX];
    uint64_t there = 0;
    int rc = book_find(k->a, name, &there, e);

    if (rc < 0)
        return -1;
    if (!rc)
        return err_set(e, "its part %s is missing", name);
    k->sheets += strncmp(name, "xl/worksheets/sheet", 19) == 0;
    if (is_signed && (strcmp(name, OOXML_TYPES) == 0 || strcmp(name, OOXML_ROOT) == 0))
        return book_list(k, name, e);
    if (book_hash(k->a, there, x, e) != 0 || book_hash(k->b, at, y, e) != 0)
        return -1;
    return strcmp(x, y) == 0 ? 0 : book_differs(k, name, e);
}

/* What theirs has and ours has not: a signature alone. */
static int book_more(struct book *k, int *is_signed, struct err *e)
{
    struct zip_entry entry;
    uint64_t at = 0;

    for (uint64_t i = 0; i < zip_in_count(k->a); i++) {
        int rc = 0;

        if (zip_in_entry(k->a, i, &entry, e) != 0)
            return -1;
        if (strncmp(entry.name, OOXML_FOLDER, strlen(OOXML_FOLDER)) == 0) {
            *is_signed = 1;
            continue;
        }
        rc = book_find(k->b, entry.name, &at, e);
        if (rc <= 0)
            return rc < 0 ? -1
                          : err_set(e, "its part %s is one that this program does not write", entry.name);
    }
    return 0;
}

int same_book(const char *theirs, const char *ours, size_t *sheets, struct err *e)
{
    static const char *const last = "xl/sharedStrings.xml"; /* a cell says more than the list of texts */
    struct book k = {0};
    struct zip_entry entry;
    int rc = -1, is_signed = 0;

    *sheets = 0;
    if (zip_in_open(&k.a, theirs, e) != 0 || zip_in_open(&k.b, ours, e) != 0 ||
        book_more(&k, &is_signed, e) != 0)
        goto out;
    for (int strings = 0; strings <= 1; strings++) {
        for (uint64_t i = 0; i < zip_in_count(k.b); i++) {
            if (zip_in_entry(k.b, i, &entry, e) != 0)
                goto out;
            if ((strcmp(entry.name, last) == 0) == strings && book_part(&k, i, entry.name, is_signed, e) != 0)
                goto out;
        }
    }
    *sheets = k.sheets;
    rc = 0;
out:
    zip_in_close(k.a);
    zip_in_close(k.b);
    return rc;
}
