/* The parts of an OOXML package (ISO/IEC 29500-2, ECMA-376 part 2) and the references to them that a
 * signature of the package holds. Reads packages of strangers: nothing is unpacked to disk, memory holds the
 * lists alone, and whatever libxlsxwriter does not write is refused, since readers may understand it in
 * another way than this one. */
#ifndef KC_PACK_OOXML_PARTS_H
#define KC_PACK_OOXML_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/digest.h"

#define OOXML_TYPES "[Content_Types].xml"
#define OOXML_ROOT "_rels/.rels"
#define OOXML_FOLDER "_xmlsignatures/"
#define OOXML_SIGNATURE OOXML_FOLDER "sig1.xml"
#define OOXML_DSIG "http://www.w3.org/2000/09/xmldsig#"
#define OOXML_PACKAGE "http://schemas.openxmlformats.org/package/2006/"
#define OOXML_ORIGIN OOXML_PACKAGE "relationships/digital-signature/origin"
#define OOXML_RELS_TYPE "application/vnd.openxmlformats-package.relationships+xml"
#define OOXML_C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define OOXML_RELS "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
#define OOXML_SHA256 "http://www.w3.org/2001/04/xmlenc#sha256"
#define OOXML_LIST ((size_t)4 << 20) /* bytes of a signature, and of all lists: ours have 20 KB */

struct zip_in;

struct ooxml_part {
    char *name;            /* in the archive */
    char *type;            /* content type */
    char hash[DIGEST_HEX]; /* SHA-256 of its bytes, or of its relationships as a signature has them */
    char *text;            /* its reference in canonical form */
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

/* ---- its parts */
struct ooxml_types { /* ooxml_types.c: [Content_Types].xml */
    struct ooxml_type {
        char *key, *type;
        int part; /* the key is the name of a part, else the end of names */
    } * list;     /* by key, letter case ignored */
    size_t count;
};
int ooxml_types_read(struct ooxml_types *t, const struct buf *bytes, struct err *e);
const char *ooxml_type(const struct ooxml_types *t, const char *name); /* of a part; NULL: none is given */
void ooxml_types_free(struct ooxml_types *t);
/* ooxml_rels.c: the relationships of the part `name` as a signature has them: their hash, and the
 * RelationshipReference elements that name them. */
int ooxml_rels(const struct buf *bytes, const char *name, struct buf *sources, char hash[DIGEST_HEX],
               struct err *e);
void ooxml_base64(struct buf *out, const char hash[DIGEST_HEX]); /* as XML signatures write hashes */

#endif
