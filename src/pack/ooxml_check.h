/* The signature of a workbook, checked: it is of the form that ooxml_sign writes, byte by byte, over exactly
 * the parts that are there. Everything else is refused in its own words, valid as it may be elsewhere. */
#ifndef KC_PACK_OOXML_CHECK_H
#define KC_PACK_OOXML_CHECK_H

#include "base/buf.h"
#include "base/err.h"
#include "pack/ooxml_parts.h"

struct ooxml_seen {
    int there;       /* 0: the workbook holds no signature, and nothing else is set */
    size_t parts;    /* how many it covers */
    char *uncovered; /* the names of the others */
    char *signer;    /* subject of the certificate in it, RFC 2253 */
    struct buf cert; /* that certificate, DER */
};

/* -1: the file is no workbook, or its signature does not hold; the text does not name the file. Whose the
 * certificate is, and whether it was valid, is not judged here. */
int ooxml_check(const char *path, struct ooxml_seen *seen, struct err *e);
void ooxml_seen_free(struct ooxml_seen *seen);

/* ---- its parts */
/* ooxml_why.c: in what a signature differs from the one that these parts would have. Returns -1. */
int ooxml_why(const struct ooxml_parts *p, const struct buf *signature, const struct buf *wanted,
              struct err *e);

#endif
