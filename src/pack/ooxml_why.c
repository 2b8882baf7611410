/* Words for a signature that is not the one that its workbook's parts would have. That it is another one is
 * known already: what is said here decides nothing. See ooxml_check.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/xml.h"
#include "pack/ooxml_check.h"
#include "pack/ooxml_sign.h"

static int why_known(const char *algorithm)
{
    static const char *const known[] = {
        OOXML_C14N,
        OOXML_RELS,
        OOXML_SHA256,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(algorithm, known[i]) == 0)
            return 1;
    }
    return 0;
}

/* What of the form is another one: elements that there is one of, the names of elements, algorithms. */
static int why_form(const struct xml *x, struct err *e)
{
    static const char *const once[] = {"Signature",        "SignedInfo",  "SignatureValue",
                                       "KeyInfo",          "Manifest",    "X509Data",
                                       "SignedProperties", "SigningTime", "SignatureMethod"};
    static const char *const names[] = {"idPackageSignature", "idPackageObject", "idOfficeObject",
                                        "idSignedProperties", "idSignatureTime", "idOfficeV1Details"};
    int elements[sizeof once / sizeof once[0]] = {0}, ids[sizeof names / sizeof names[0]] = {0};
    int rc = 0;

    if (!xml_is(xml_root(x), OOXML_DSIG, "Signature"))
        return err_set(e, OOXML_SIGNATURE ": is no XML signature");
    for (const struct xml_node *n = xml_root(x); n && rc == 0; n = xml_walk(n)) {
        char *id = xml_attribute(n, "Id"), *algorithm = xml_attribute(n, "Algorithm");
        size_t known = sizeof names / sizeof names[0];

        for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
            if (strcmp(xml_name(n), once[i]) == 0 && elements[i]++)
                rc = err_set(e, "its signature holds %s twice: which one a reader takes is not known",
                             once[i]);
        }
        for (size_t i = 0; id && i < sizeof names / sizeof names[0]; i++) {
            if (strcmp(id, names[i]) != 0)
                continue;
            known = i;
            if (ids[i]++)
                rc = err_set(e, "two elements of its signature have the Id %s", id);
        }
        if (rc == 0 && id && known == sizeof names / sizeof names[0])
            rc = err_set(e, "an element of its signature has the Id %.100s, which keycustody does not write",
                         id);
        if (rc == 0 && algorithm && !why_known(algorithm))
            rc = err_set(e, "its signature uses %.200s, which keycustody does not write", algorithm);
        free(id);
        free(algorithm);
    }
    return rc;
}

static int why_order(const void *key, const void *part)
{
    return strcmp(key, ((const struct ooxml_part *)part)->name);
}

/* A reference against the part that it names; marks the part in `seen`. */
static int why_reference(const struct ooxml_parts *p, char *seen, char *uri, const char *value, struct err *e)
{
    char *query = strchr(uri, '?');
    const char *name = *uri == '/' ? uri + 1 : uri;
    const struct ooxml_part *part = NULL;
    struct buf hash = {0};
    int rc = 0;

    if (query)
        *query++ = '\0';
    if (p->count)
        part = bsearch(name, p->list, p->count, sizeof *p->list, why_order);
    if (!part)
        return err_set(e, "its signature covers %.300s, which is not there", name);
    if (seen[part - p->list]++)
        return err_set(e, "its signature covers %s twice", name);
    ooxml_base64(&hash, part->hash);
    if (!query || strncmp(query, "ContentType=", 12) != 0 || strcmp(query + 12, part->type) != 0)
        rc = err_set(e, "%s: its content type is not the one that was signed", name);
    else if (strcmp(value, buf_str(&hash)) != 0)
        rc = err_set(e, "%s: changed after it was signed", name);
    buf_free(&hash);
    return rc;
}

static const struct xml_node *why_child(const struct xml_node *node, const char *name)
{
    const struct xml_node *n = node ? xml_children(node) : NULL;

    while (n && !xml_is(n, OOXML_DSIG, name))
        n = xml_next(n);
    return n;
}

static const struct xml_node *why_manifest(const struct xml *x)
{
    for (const struct xml_node *n = xml_root(x); n; n = xml_walk(n)) {
        if (xml_is(n, OOXML_DSIG, "Manifest"))
            return n;
    }
    return NULL;
}

static int why_parts(const struct ooxml_parts *p, const struct xml *x, struct err *e)
{
    char *seen = mem_zero(p->count + 1, 1);
    int rc = 0;

    for (const struct xml_node *n = why_child(why_manifest(x), "Reference"); n && rc == 0; n = xml_next(n)) {
        const struct xml_node *digest = why_child(n, "DigestValue");
        char *uri = xml_attribute(n, "URI"), *value = digest ? xml_text(digest) : NULL;

        rc = uri && value ? why_reference(p, seen, uri, value, e)
                          : err_set(e, "a reference of its signature names no part or no digest");
        free(uri);
        free(value);
    }
    for (size_t i = 0; rc == 0 && i < p->count; i++) {
        if (!seen[i])
            rc =
                err_set(e, "%s: is not covered by its signature: added after it was signed", p->list[i].name);
    }
    free(seen);
    return rc;
}

int ooxml_why(const struct ooxml_parts *p, const struct buf *signature, const struct buf *wanted,
              struct err *e)
{
    const char *is = buf_str(signature), *should = buf_str(wanted);
    struct xml *x = NULL;
    size_t at = 0;
    int rc = xml_open(&x, is, signature->len, OOXML_SIGNATURE, e);

    if (rc == 0)
        rc = why_form(x, e);
    if (rc == 0)
        rc = why_parts(p, x, e);
    xml_close(x);
    if (rc != 0)
        return -1;
    while (at < signature->len && at < wanted->len && is[at] == should[at])
        at++;
    return err_set(e, "its signature is not written as keycustody writes one, from byte %zu of %s on", at,
                   OOXML_SIGNATURE);
}
