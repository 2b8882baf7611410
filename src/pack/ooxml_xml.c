/* The text of a signature. Each piece is written as Canonical XML 1.0 has it, so that what is hashed is what
 * is written, with the namespaces that are in scope put at its first element. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "lib/digest.h"
#include "lib/xml.h"
#include "pack/ooxml_sign.h"

#define XML_XADES "http://uri.etsi.org/01903/v1.3.2#"
#define XML_SHA256 "<DigestMethod Algorithm=\"" OOXML_SHA256 "\"></DigestMethod><DigestValue>"

static void xml_digest(struct buf *out, const void *bytes, size_t n)
{
    char hash[DIGEST_HEX] = "";

    digest_bytes(bytes, n, hash);
    ooxml_base64(out, hash);
}

/* Text between tags: of what an attribute value escapes, quotes and white space stay (none is in a name). */
static void xml_put(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            buf_text(out, "&amp;");
        else if (*text == '<')
            buf_text(out, "&lt;");
        else if (*text == '>')
            buf_text(out, "&gt;");
        else if (*text == '\r')
            buf_text(out, "&#xD;");
        else
            buf_char(out, *text);
    }
}

/* One reference of SignedInfo to a piece of the same file: `name` with `scope` is its first tag there. */
static void xml_reference(struct buf *info, const char *type, const char *id, const char *name,
                          const char *scope, const struct buf *rest)
{
    struct buf whole = {0};

    buf_print(&whole, "<%s%s Id=\"%s\">%s", name, scope, id, buf_str(rest));
    buf_print(info, "<Reference Type=\"%s\" URI=\"#%s\">", type, id);
    if (strcmp(name, "Object") != 0)
        buf_text(info, "<Transforms><Transform Algorithm=\"" OOXML_C14N "\"></Transform></Transforms>");
    buf_text(info, XML_SHA256);
    xml_digest(info, buf_str(&whole), whole.len);
    buf_text(info, "</DigestValue></Reference>");
    buf_free(&whole);
}

static void xml_package(struct buf *out, const struct ooxml_parts *p, const char *at)
{
    buf_text(out, "<Manifest>");
    for (size_t i = 0; i < p->count; i++)
        buf_text(out, p->list[i].text);
    buf_text(out, "</Manifest><SignatureProperties><SignatureProperty Id=\"idSignatureTime\" "
                  "Target=\"#idPackageSignature\"><mdssi:SignatureTime xmlns:mdssi=\"" OOXML_PACKAGE
                  "digital-signature\"><mdssi:Format>YYYY-MM-DDThh:mm:ssTZD</mdssi:Format><mdssi:Value>");
    xml_put(out, at);
    buf_text(out, "</mdssi:Value></mdssi:SignatureTime></SignatureProperty></SignatureProperties></Object>");
}

/* [MS-OFFCRYPTO] 2.5.2.5: a signature that shows no line in the document. The versions are those of a Windows
 * and an Office that know SHA-256; Office wants them there. */
static void xml_office(struct buf *out)
{
    buf_text(out, "<SignatureProperties><SignatureProperty Id=\"idOfficeV1Details\" "
                  "Target=\"#idPackageSignature\"><SignatureInfoV1 "
                  "xmlns=\"http://schemas.microsoft.com/office/2006/digsig\"><SetupID></SetupID>"
                  "<SignatureText></SignatureText><SignatureImage></SignatureImage>"
                  "<SignatureComments></SignatureComments><WindowsVersion>10.0</WindowsVersion>"
                  "<OfficeVersion>16.0</OfficeVersion><ApplicationVersion>16.0</ApplicationVersion>"
                  "<Monitors>1</Monitors><HorizontalResolution>1920</HorizontalResolution>"
                  "<VerticalResolution>1080</VerticalResolution><ColorDepth>32</ColorDepth>"
                  "<SignatureProviderId>{00000000-0000-0000-0000-000000000000}</SignatureProviderId>"
                  "<SignatureProviderUrl></SignatureProviderUrl>"
                  "<SignatureProviderDetails>9</SignatureProviderDetails><SignatureType>1</SignatureType>"
                  "</SignatureInfoV1></SignatureProperty></SignatureProperties></Object>");
}

/* XAdES 1.3.2 (ETSI TS 101 903, 7.2.1 to 7.2.3), as [MS-OFFCRYPTO] 2.5.2 wants it. */
static void xml_xades(struct buf *out, const struct ooxml_terms *t, const struct sign_cert *cert)
{
    buf_print(out,
              "<xd:SignedSignatureProperties><xd:SigningTime>%s</xd:SigningTime><xd:SigningCertificate>"
              "<xd:Cert><xd:CertDigest>" XML_SHA256,
              t->at);
    xml_digest(out, buf_str(&t->certs[0]), t->certs[0].len);
    buf_text(out, "</DigestValue></xd:CertDigest><xd:IssuerSerial><X509IssuerName>");
    xml_put(out, cert->issuer);
    buf_print(out,
              "</X509IssuerName><X509SerialNumber>%s</X509SerialNumber></xd:IssuerSerial></xd:Cert>"
              "</xd:SigningCertificate><xd:SignaturePolicyIdentifier><xd:SignaturePolicyImplied>"
              "</xd:SignaturePolicyImplied></xd:SignaturePolicyIdentifier></xd:SignedSignatureProperties>"
              "</xd:SignedProperties>",
              cert->serial);
}

void ooxml_compose(const struct ooxml_parts *p, const struct ooxml_terms *t, const struct sign_cert *cert,
                   struct ooxml_text *text)
{
    static const char object[] = OOXML_DSIG "Object", scope[] = " xmlns=\"" OOXML_DSIG "\"";
    struct buf package = {0}, office = {0}, xades = {0}, inner = {0}, *after = &text->after;

    xml_package(&package, p, t->at);
    xml_office(&office);
    xml_xades(&xades, t, cert);
    buf_print(&inner,
              "<CanonicalizationMethod Algorithm=\"" OOXML_C14N "\"></CanonicalizationMethod>"
              "<SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#%s-sha%d\">"
              "</SignatureMethod>",
              cert->kind == SIGN_RAW_ECDSA ? "ecdsa" : "rsa", cert->bits);
    xml_reference(&inner, object, "idPackageObject", "Object", scope, &package);
    xml_reference(&inner, object, "idOfficeObject", "Object", scope, &office);
    xml_reference(&inner, "http://uri.etsi.org/01903#SignedProperties", "idSignedProperties",
                  "xd:SignedProperties", " xmlns=\"" OOXML_DSIG "\" xmlns:xd=\"" XML_XADES "\"", &xades);
    buf_print(&text->info, "<SignedInfo%s>%s</SignedInfo>", scope, buf_str(&inner));

    buf_print(&text->before,
              "<Signature%s Id=\"idPackageSignature\"><SignedInfo>%s</SignedInfo><SignatureValue>", scope,
              buf_str(&inner));
    buf_text(after, "</SignatureValue><KeyInfo><X509Data>");
    for (size_t i = 0; i < t->cert_count; i++) {
        buf_text(after, "<X509Certificate>");
        base64_put(after, buf_str(&t->certs[i]), t->certs[i].len);
        buf_text(after, "</X509Certificate>");
    }
    buf_print(after,
              "</X509Data></KeyInfo><Object Id=\"idPackageObject\">%s<Object Id=\"idOfficeObject\">%s<Object>"
              "<xd:QualifyingProperties xmlns:xd=\"" XML_XADES "\" Target=\"#idPackageSignature\">"
              "<xd:SignedProperties Id=\"idSignedProperties\">%s</xd:QualifyingProperties></Object>"
              "</Signature>",
              buf_str(&package), buf_str(&office), buf_str(&xades));
    buf_free(&package);
    buf_free(&office);
    buf_free(&xades);
    buf_free(&inner);
}

void ooxml_join(const struct ooxml_text *text, const struct buf *value, struct buf *out)
{
    buf_add(out, buf_str(&text->before), text->before.len);
    base64_put(out, buf_str(value), value->len);
    buf_add(out, buf_str(&text->after), text->after.len);
}

void ooxml_terms_free(struct ooxml_terms *t)
{
    for (size_t i = 0; i < t->cert_count; i++)
        buf_free(&t->certs[i]);
    free(t->certs);
    *t = (struct ooxml_terms){0};
}

void ooxml_text_free(struct ooxml_text *text)
{
    buf_free(&text->before);
    buf_free(&text->after);
    buf_free(&text->info);
}
