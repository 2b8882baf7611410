/* Reading a PDF as far as its signature goes: the classic cross-reference table (ISO 32000-1, 7.5.4), single
 * objects, and the keys of dictionaries. The file may come from anybody: every read is bounded, nothing is
 * recursive, and what we never write (comments, escapes in names, streams of objects) is refused. */
#ifndef KC_PACK_PDF_READ_H
#define KC_PACK_PDF_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define PDF_SECTIONS 16 /* of one cross-reference table; libharu writes 1, pdf_sign at most 3 */

struct pdf_read {
    int fd;
    const char *path; /* for messages */
    uint64_t size;
};
int pdf_read_open(struct pdf_read *r, const char *path, struct err *e);
void pdf_read_close(struct pdf_read *r);
/* Replaces *out by the bytes from `at` on: n, or fewer at the end of the file. */
int pdf_read_at(const struct pdf_read *r, uint64_t at, size_t n, struct buf *out, struct err *e);

/* ---- a piece of PDF text: points into somebody's buffer */
struct pdf_span {
    const char *p;
    size_t n;
};
/* The value of a key of the dictionary "<<...>>" that `text` begins with. 1: there, 0: not there, -1: the
 * text is no such dictionary, or has the key twice. value->p may be read up to value->n. */
int pdf_key(struct pdf_span text, const char *key, struct pdf_span *value);
int pdf_keys_known(struct pdf_span text, const char *known); /* 1 when every key stands in "/A /B /C " */
int pdf_is(struct pdf_span text, const char *words);         /* 1: the same words, whatever the white space */
int pdf_reference(struct pdf_span text, uint64_t *number);   /* "12 0 R": 1 */
int pdf_number(struct pdf_span text, uint64_t *number);      /* digits and nothing else: 1 */
struct pdf_span pdf_dictionary(struct pdf_span text);        /* the "<<...>>" at its beginning; n 0: none */
struct pdf_span pdf_first(struct pdf_span text); /* the first item of the array "[...]"; n 0: none */

/* ---- a revision: what one cross-reference table and its trailer say */
struct pdf_revision {
    uint64_t table, end; /* offset of "xref"; of the first byte behind its %%EOF and line end */
    struct {
        uint64_t first, count, rows; /* object numbers; offset of the rows */
    } sections[PDF_SECTIONS];
    size_t section_count;
    struct buf trailer; /* "<<...>>" */
    uint64_t size, root;
    int later;         /* 1: it has a /Prev, `previous` */
    uint64_t previous; /* offset of the table before */
};
/* The revision whose table stands there, up to its %%EOF; and the last one, which ends where the file ends.
 */
int pdf_revision_read(const struct pdf_read *r, uint64_t table, struct pdf_revision *v, struct err *e);
int pdf_revision_last(const struct pdf_read *r, struct pdf_revision *v, struct err *e);
void pdf_revision_free(struct pdf_revision *v);
/* Text between "N 0 obj" and "endobj" as this revision has it; *at: offset of the N. 0 when it says nothing
 * about that object, -1 on what is no object. */
int pdf_revision_object(const struct pdf_read *r, const struct pdf_revision *v, uint64_t number, uint64_t *at,
                        struct buf *text, struct err *e);

#endif
