/* Small XML documents by libxml2, as the lists and the signature of an OOXML package are. What is read may be
 * anybody's: nothing is fetched, and a document type, a comment, CDATA or an encoding other than UTF-8 is
 * refused before libxml2 sees it. */
#ifndef KC_LIB_XML_H
#define KC_LIB_XML_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct xml;
struct xml_node; /* an element; lives as long as its document */

/* what: named in messages. */
int xml_open(struct xml **out, const void *bytes, size_t n, const char *what, struct err *e);
void xml_close(struct xml *x); /* NULL is fine */
const struct xml_node *xml_root(const struct xml *x);
const struct xml_node *xml_children(const struct xml_node *node); /* the first one; NULL: none */
const struct xml_node *xml_next(const struct xml_node *node);     /* its next sibling */
const struct xml_node *xml_walk(const struct xml_node *node);     /* the next one in the document */
const char *xml_name(const struct xml_node *node);                /* without a prefix */
int xml_is(const struct xml_node *node, const char *space, const char *name);
size_t xml_attributes(const struct xml_node *node);                 /* how many */
char *xml_attribute(const struct xml_node *node, const char *name); /* the caller's; NULL: absent */
char *xml_text(const struct xml_node *node);                        /* all text in it; the caller's */
/* As Canonical XML 1.0 writes text in an attribute value. */
void xml_escape(struct buf *out, const char *text);

#endif
