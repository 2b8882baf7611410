/* Whether a PDF is signed as pdf_sign.c signs, and nothing else was done to it. Against what was published on
 * PDF signatures (Ruhr-Universität Bochum: universal signature forgery, incremental saving and signature
 * wrapping, 2019; shadow attacks, 2021; attacks on certified documents, 2021) the answer is to be strict: one
 * revision, one update, three objects in it, every byte covered but the signature itself. Bytes of OpenSSL's
 * are not looked at here: lib/sign does that. */
#ifndef KC_PACK_PDF_CHECK_H
#define KC_PACK_PDF_CHECK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/sign.h"

enum pdf_state {
    PDF_PLAIN,   /* no signature, and no field for one */
    PDF_AWAITED, /* an empty signature field: to be signed, and is not */
    PDF_SIGNED   /* of the right shape; the CMS remains to be checked */
};

struct pdf_shape {
    enum pdf_state state;
    struct sign_part parts[2]; /* what the signature is over */
    uint64_t unsigned_size;    /* bytes of the file as it was before it was signed */
    struct buf der;            /* the CMS, without its padding */
};

/* -1: e names what is wrong, which is nothing that we would have written. */
int pdf_shape(const char *path, struct pdf_shape *shape, struct err *e);
void pdf_shape_free(struct pdf_shape *shape);

#endif
