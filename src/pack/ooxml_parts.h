/* The parts of an OOXML package (ECMA-376 part 2) and the references to them that a signature of the package
 * holds. Reads packages of strangers: nothing is unpacked to disk, and memory holds the lists alone. */
#ifndef KC_PACK_OOXML_PARTS_H
#define KC_PACK_OOXML_PARTS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define OOXML_TYPES "[Content_Types].xml"
#define OOXML_ROOT "_rels/.rels"
#define OOXML_FOLDER "_xmlsignatures/"
#define OOXML_SIGNATURE OOXML_FOLDER "sig1.xml"
#define OOXML_DSIG "http://www.w3.org/2000/09/xmldsig#"
#define OOXML_PACKAGE "http://schemas.openxmlformats.org/package/2006/"

struct zip_in;

struct ooxml_part {
    char *name; /* in the archive */
    char *head; /* its reference in canonical form, up to the digest */
    char *text; /* the whole reference */
};

struct ooxml_parts {
    struct ooxml_part *list; /* by name: packing the same parts again changes nothing */
    size_t count;
    struct buf types, root; /* bytes of OOXML_TYPES and OOXML_ROOT */
};

/* What a signature covers: every part but the list of content types, the core and extended properties (Office
 * rewrites those) and the signatures themselves. path: named in messages. */
int ooxml_parts_read(struct ooxml_parts *p, struct zip_in *z, const char *path, struct err *e);
void ooxml_parts_free(struct ooxml_parts *p);

/* Bytes of one entry, at most `max`; 1: read, 0: there is none. */
int ooxml_entry(struct zip_in *z, const char *name, size_t max, struct buf *out, struct err *e);

#endif
