/* Signing the report's PDF: PAdES (ETSI EN 319 142-1) as a certification that permits no change (DocMDP P=1),
 * in exactly one incremental update. The bytes before it stay as they are, so whoever cuts the file where its
 * /Prev table's %%EOF ends has the unsigned one again. */
#ifndef KC_PACK_PDF_SIGN_H
#define KC_PACK_PDF_SIGN_H

#include "base/err.h"
#include "lib/sign.h"

#define PDF_SUBFILTER "/ETSI.CAdES.detached"
#define PDF_REFERENCE                                                                                        \
    "[ << /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P 1 /V /1.2 "   \
    ">> >> ]"
#define PDF_KEYS                                                                                             \
    "/Type /Filter /SubFilter /M /Reason /Reference /ByteRange /Contents " /* of the signature dictionary */

/* `path`: as render/pdf.c wrote it for a report that is to be signed, with its empty signature field. It is
 * appended to in place; on failure it is as it was. at: the claimed time, YYYY-MM-DDThh:mm:ssZ. */
int pdf_sign(const char *path, const struct signer *s, const struct sign_terms *terms, const char *at,
             struct err *e);

#endif
