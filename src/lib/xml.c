/* XML by libxml2. See xml.h. */
#include "lib/xml.h"

#include <libxml/parser.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct xml {
    xmlDoc *doc;
};

static void *xml_more(void *old, size_t size)
{
    return mem_grow(old, size ? size : 1, 1);
}

static char *xml_copy(const char *text)
{
    return mem_copy(text);
}

/* A document type is what entities, and with them most attacks on XML readers, need. No list of a package has
 * one, nor a comment or CDATA, which all begin alike. A zero byte is what UTF-16 would hide them behind. */
static const char *xml_refused(const char *bytes, size_t n)
{
    if (n == 0 || n > INT_MAX)
        return "is no XML";
    if (memchr(bytes, 0, n))
        return "is not in UTF-8";
    return memmem(bytes, n, "<!", 2) ? "has a document type, a comment or CDATA, which no part like it has"
                                     : NULL;
}

int xml_open(struct xml **out, const void *bytes, size_t n, const char *what, struct err *e)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC;
    const char *refused = xml_refused(bytes, n);
    xmlDoc *doc = NULL;

    if (refused)
        return err_set(e, "%s: %s", what, refused);
    /* so that the end of memory is handled where it always is */
    if (xmlMemSetup(free, mem_alloc, xml_more, xml_copy) != 0)
        return err_set(e, "%s: libxml2 cannot be set up", what);
    doc = xmlReadMemory(bytes, (int)n, NULL, "UTF-8", options);
    if (!doc || !xmlDocGetRootElement(doc)) {
        xmlFreeDoc(doc);
        return err_set(e, "%s: is no well-formed XML", what);
    }
    *out = mem_zero(1, sizeof **out);
    (*out)->doc = doc;
    return 0;
}

void xml_close(struct xml *x)
{
    if (!x)
        return;
    xmlFreeDoc(x->doc);
    free(x);
}

static const xmlNode *xml_node(const struct xml_node *node)
{
    return (const xmlNode *)node;
}

static const struct xml_node *xml_element(const xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return (const struct xml_node *)node;
}

const struct xml_node *xml_root(const struct xml *x)
{
    return xml_element(xmlDocGetRootElement(x->doc));
}

const struct xml_node *xml_children(const struct xml_node *node)
{
    return xml_element(xml_node(node)->children);
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    return xml_element(xml_node(node)->next);
}

const struct xml_node *xml_walk(const struct xml_node *node)
{
    const struct xml_node *next = xml_children(node);
    const xmlNode *up = xml_node(node);

    while (!next && up && up->type == XML_ELEMENT_NODE) {
        next = xml_element(up->next);
        up = up->parent;
    }
    return next;
}

const char *xml_name(const struct xml_node *node)
{
    return (const char *)xml_node(node)->name;
}

int xml_is(const struct xml_node *node, const char *space, const char *name)
{
    const xmlNs *ns = xml_node(node)->ns;

    return ns && strcmp((const char *)ns->href, space) == 0 && strcmp(xml_name(node), name) == 0;
}

size_t xml_attributes(const struct xml_node *node)
{
    size_t count = 0;

    for (const xmlAttr *at = xml_node(node)->properties; at; at = at->next)
        count++;
    return count;
}

char *xml_attribute(const struct xml_node *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(xml_node(node), (const xmlChar *)name);
    char *copy = mem_copy((const char *)value);

    xmlFree(value);
    return copy;
}

char *xml_text(const struct xml_node *node)
{
    xmlChar *value = xmlNodeGetContent(xml_node(node));
    char *copy = mem_copy(value ? (const char *)value : "");

    xmlFree(value);
    return copy;
}

void xml_escape(struct buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buf_text(out, "&amp;");
            break;
        case '<':
            buf_text(out, "&lt;");
            break;
        case '"':
            buf_text(out, "&quot;");
            break;
        case '\t':
            buf_text(out, "&#x9;");
            break;
        case '\n':
            buf_text(out, "&#xA;");
            break;
        case '\r':
            buf_text(out, "&#xD;");
            break;
        default:
            buf_char(out, *text);
        }
    }
}
