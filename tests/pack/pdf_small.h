/* A PDF as small as one can be that waits for a signature, written as libharu writes: for tests. */
#ifndef KC_TESTS_PACK_PDF_SMALL_H
#define KC_TESTS_PACK_PDF_SMALL_H

#include "base/buf.h"

static inline void pdf_small(struct buf *out)
{
    static const char *const objects[] = {
        "<<\n/Type /Catalog\n/Pages 2 0 R\n/AcroForm <<\n/Fields [ 4 0 R ]\n/SigFlags 3\n>>\n>>",
        "<<\n/Type /Pages\n/Kids [ 3 0 R ]\n/Count 1\n>>",
        "<<\n/Type /Page\n/MediaBox [ 0 0 200 200 ]\n/Parent 2 0 R\n/Resources <<\n>>\n/Annots [ 4 0 R ]\n>>",
        "<<\n/Type /Annot\n/Subtype /Widget\n/FT /Sig\n/T (Signature)\n/Rect [ 0 0 0 0 ]\n/F 132\n/P 3 0 "
        "R\n>>",
    };
    const unsigned count = sizeof objects / sizeof objects[0];
    unsigned offsets[8] = {0}, table = 0;

    buf_text(out, "%PDF-1.4\n%\xb7\xbe\xad\xaa\n");
    for (unsigned i = 0; i < count; i++) {
        offsets[i] = (unsigned)out->len;
        buf_print(out, "%u 0 obj\n%s\nendobj\n", i + 1, objects[i]);
    }
    table = (unsigned)out->len;
    buf_print(out, "xref\n0 %u\n0000000000 65535 f\r\n", count + 1);
    for (unsigned i = 0; i < count; i++)
        buf_print(out, "%010u 00000 n\r\n", offsets[i]);
    buf_print(out, "trailer\n<<\n/Root 1 0 R\n/Size %u\n>>\nstartxref\n%u\n%%%%EOF\n", count + 1, table);
}

#endif
