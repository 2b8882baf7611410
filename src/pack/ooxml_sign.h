/* The signature of a workbook as Excel and LibreOffice show it: XML signature of an OOXML package
 * (ISO/IEC 29500-2:2012, 13; [MS-OFFCRYPTO] 2.5.2) with the XAdES properties that Office wants there (ETSI TS
 * 101 903, 7.2.1 to 7.2.3). It does not cover docProps/core.xml and
 * app.xml, and readers accept parts that were added; "Every Signature is Broken" (Rohlmann et al., USENIX
 * Security 2023) says what else. What counts is the pack's own signature. */
#ifndef KC_PACK_OOXML_SIGN_H
#define KC_PACK_OOXML_SIGN_H

#include "base/buf.h"
#include "base/err.h"
#include "lib/sign_raw.h"
#include "pack/ooxml_parts.h"

/* Signs the workbook in place; the parts stay byte for byte as they are. at: YYYY-MM-DDThh:mm:ssZ. A signer
 * by RSA-PSS is refused: readers of workbooks know no such signatures (ECMA-376-2:2021, 10.5.6, names none).
 */
int ooxml_sign(const char *path, const struct signer *s, const char *at, struct err *e);

/* ---- its parts */
#define OOXML_ORIGIN_NAME OOXML_FOLDER "origin.sigs"
#define OOXML_ORIGIN_RELS_NAME OOXML_FOLDER "_rels/origin.sigs.rels"
#define OOXML_ORIGIN_RELS /* the whole file */                                                               \
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"                                        \
    "<Relationships xmlns=\"" OOXML_PACKAGE "relationships\"><Relationship Id=\"rId1\" "                     \
    "Type=\"" OOXML_PACKAGE "relationships/digital-signature/signature\" "                                   \
    "Target=\"sig1.xml\"/></Relationships>"
/* What the lists of the package say more, before their end tags. */
#define OOXML_TYPES_LINE                                                                                     \
    "<Default Extension=\"sigs\" "                                                                           \
    "ContentType=\"application/vnd.openxmlformats-package.digital-signature-origin\"/>"                      \
    "<Override PartName=\"/" OOXML_SIGNATURE "\" "                                                           \
    "ContentType=\"application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml\"/>"
#define OOXML_ROOT_LINE                                                                                      \
    "<Relationship Id=\"rIdSignatures\" Type=\"" OOXML_ORIGIN "\" Target=\"" OOXML_ORIGIN_NAME "\"/>"

struct ooxml_terms { /* what a signature says beside the parts */
    const char *at;
    struct buf *certs; /* DER, the signer's own first; owned */
    size_t cert_count;
};
void ooxml_terms_free(struct ooxml_terms *t);
struct ooxml_text {
    struct buf before, after; /* the signature file up to the value and behind it */
    struct buf info;          /* SignedInfo: what the value is over */
};
/* Every piece is canonical XML. cert: read from the first of the certificates. */
void ooxml_compose(const struct ooxml_parts *p, const struct ooxml_terms *t, const struct sign_cert *cert,
                   struct ooxml_text *text);
void ooxml_join(const struct ooxml_text *text, const struct buf *value, struct buf *out);
void ooxml_text_free(struct ooxml_text *text);

#endif
