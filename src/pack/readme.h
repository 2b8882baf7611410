/* README-auditor.md: how somebody who never saw keycustody checks a pack with stock tools, in the right
 * order. */
#ifndef KC_PACK_README_H
#define KC_PACK_README_H

#include <stddef.h>

#include "base/buf.h"

struct readme {
    const char *id;           /* pack id */
    const char *snapshot;     /* base name of the judged snapshot in data/snapshots */
    const char *signer;       /* subject of the certificate that is to sign, or NULL: unsigned */
    int book;                 /* the workbook is signed as well */
    int stamped;              /* the signature gets a time stamp */
    unsigned answers, lists;  /* bit N: an OCSP answer, a CRL is kept about the certificate at place N */
    int sealed;               /* the snapshot has a seal beside it */
    int recording;            /* the answers come from a recording */
    const char *check;        /* name of one check, for the example */
    size_t checks, snapshots; /* how many tests, how many snapshots in the chain */
};

void readme_text(struct buf *out, const struct readme *r);

#endif
