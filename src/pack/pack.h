/* The evidence pack: judged, drawn, copied, listed, signed and zipped; OUT/<pack id>/ and OUT/<pack id>.zip,
 * or nothing. */
#ifndef KC_PACK_PACK_H
#define KC_PACK_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/envelope.h"
#include "lib/sign.h"

struct pack_options {
    const char *store;              /* folder */
    const char *out;                /* folder; made when it is missing (one level) */
    const char *snapshot;           /* id or "latest" */
    const char *engagement;         /* file, or NULL */
    const char *const *frameworks;  /* ids and files */
    size_t framework_count;         /* 0: all that are built in */
    const char *template_name;      /* built-in name or folder; NULL: "default" */
    const char *as_of;              /* the report's date; NULL: the snapshot's */
    const char *command_line;       /* without what changes nothing in the pack: see options.json */
    const struct signer *signer;    /* NULL: unsigned */
    const struct envelope *readers; /* the zip is written for them too, as <zip>.p7m; NULL: it is not */
    const char *tsa;                /* with signer: URL of the authority that stamps; NULL: no time stamp */
};

struct pack_result {
    char *id, *dir, *zip;
    char *envelope;               /* the zip for its readers alone, or NULL */
    int64_t gaps;                 /* what could not be read */
    int complete;                 /* contracts.md: no gap, and visibility proven */
    int64_t failed, not_assessed; /* findings */
};

/* On failure nothing of it is left in OUT. An existing OUT/<pack id> or its .zip is refused. */
int pack_write(const struct pack_options *o, struct pack_result *r, struct err *e);
void pack_result_free(struct pack_result *r);

#endif
