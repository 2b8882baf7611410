/* The signature of a workbook as Excel and LibreOffice show it: XML signature of an OOXML package
 * (ISO/IEC 29500-2:2012, 13; [MS-OFFCRYPTO] 2.5.2) with the XAdES properties that Office wants there (ETSI TS
 * 101 903, 7.2.1 to 7.2.3). It does not cover docProps/core.xml and
 * app.xml, and readers accept parts that were added; "Every Signature is Broken" (Rohlmann et al., USENIX
 * Security 2023) says what else. What counts is the pack's own signature. */
#ifndef KC_PACK_OOXML_SIGN_H
#define KC_PACK_OOXML_SIGN_H

#include "base/buf.h"
#include "base/err.h"
#include "pack/ooxml_parts.h"

struct signer;

/* Signs the workbook in place; the parts stay byte for byte as they are. at: YYYY-MM-DDThh:mm:ssZ. A signer
 * by RSA-PSS is refused: readers of workbooks know no such signatures (ECMA-376-2:2021, 10.5.6, names none).
 */
int ooxml_sign(const char *path, const struct signer *s, const char *at, struct err *e);

/* ---- its parts */
struct ooxml_terms { /* what a signature says beside the parts */
    const char *at, *issuer, *serial;
    const char *method;      /* of the signature: "rsa-sha256", "ecdsa-sha256", "ecdsa-sha384" (RFC 6931) */
    const struct buf *certs; /* DER, the signer's own first */
    size_t cert_count;
};
/* The signature file up to the value and behind it, and what the value is over. Every piece is canonical
 * XML. */
void ooxml_compose(const struct ooxml_parts *p, const struct ooxml_terms *t, struct buf *before,
                   struct buf *after, struct buf *info);

#endif
