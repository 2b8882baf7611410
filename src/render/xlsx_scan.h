/* Reads a part of a workbook as it comes out of the archive: is it whole, and what does it hold? Knows what
 * libxlsxwriter writes: no comments, no CDATA, '>' in tags alone. */
#ifndef KC_RENDER_XLSX_SCAN_H
#define KC_RENDER_XLSX_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define XLSX_SCAN_DEPTH 64

struct xlsx_level { /* an element that is open */
    size_t name;    /* where its name begins in `names` */
    long wanted;    /* children, as its attribute "count" says; -1: it has none */
    long children;
};

struct xlsx_scan {
    /* what was found */
    size_t rows, cells, links, strings;
    uint64_t bytes; /* of the texts of <v> and <t> */
    uint32_t sum;
    /* private */
    int declared, rooted; /* the XML declaration, and the outermost element, were there */
    int in_tag;           /* between < and > */
    int text;             /* in <v> or <t> */
    struct buf tag, names;
    struct xlsx_level levels[XLSX_SCAN_DEPTH];
    size_t depth;
};

void xlsx_scan_begin(struct xlsx_scan *s);
int xlsx_scan_block(struct xlsx_scan *s, const char *bytes, size_t n, struct err *e);
int xlsx_scan_end(struct xlsx_scan *s, struct err *e); /* is it whole? */
void xlsx_scan_free(struct xlsx_scan *s);

#endif
