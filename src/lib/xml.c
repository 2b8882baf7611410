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

int xml_open(struct xml **out, const void *bytes, size_t n, const char *root, const char *what, struct err *e)
{
    xmlDoc *doc = n <= INT_MAX ? xmlReadMemory(bytes, (int)n, NULL, NULL,
                                               XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
                               : NULL;
    const xmlNode *top = doc ? xmlDocGetRootElement(doc) : NULL;

    if (!top || doc->intSubset || strcmp((const char *)top->name, root) != 0) {
        int typed = doc && doc->intSubset;

        xmlFreeDoc(doc);
        if (typed)
            return err_set(e, "%s: has a document type, which no part of a package may have", what);
        return err_set(e, "%s: is no XML with %s as its root", what, root);
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

static const struct xml_node *xml_element(const xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return (const struct xml_node *)node;
}

const struct xml_node *xml_first(const struct xml *x)
{
    return xml_element(xmlDocGetRootElement(x->doc)->children);
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    return xml_element(((const xmlNode *)node)->next);
}

const char *xml_name(const struct xml_node *node)
{
    return (const char *)((const xmlNode *)node)->name;
}

char *xml_attribute(const struct xml_node *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp((const xmlNode *)node, (const xmlChar *)name);
    char *copy = mem_copy((const char *)value);

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
