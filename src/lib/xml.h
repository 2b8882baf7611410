/* Small XML documents by libxml2: a root and its children, as the lists of an OOXML package are (.rels,
 * [Content_Types].xml). Nothing is fetched, no entity is expanded, and a document type is refused. */
#ifndef KC_LIB_XML_H
#define KC_LIB_XML_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct xml;
struct xml_node;

/* root: the name that the root must have. what: named in messages. */
int xml_open(struct xml **out, const void *bytes, size_t n, const char *root, const char *what,
             struct err *e);
void xml_close(struct xml *x);                         /* NULL is fine */
const struct xml_node *xml_first(const struct xml *x); /* child elements of the root; NULL: none */
const struct xml_node *xml_next(const struct xml_node *node);
const char *xml_name(const struct xml_node *node);
char *xml_attribute(const struct xml_node *node, const char *name); /* the caller's; NULL: absent */
/* As Canonical XML 1.0 writes text in an attribute value. */
void xml_escape(struct buf *out, const char *text);

#endif
