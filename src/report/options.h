/* What the person who ordered the report said, and what its pages print about the pack. Everything else is
 * read from facts.db. The text of a NULL field comes from the engagement file's row or stays away. */
#ifndef KC_REPORT_OPTIONS_H
#define KC_REPORT_OPTIONS_H

#include <stddef.h>

#include "base/err.h"
#include "lib/db.h"

/* One snapshot of the store's chain, oldest first; the strings are the caller's and outlive the report. */
struct report_link {
    const char *id;
    const char *taken_at;
    const char *file;            /* base name: 20260930T060000Z-1a2b3c4d.db */
    const char *sha256;          /* of the file */
    const char *previous_sha256; /* as the snapshot itself says; NULL for the first */
    int signed_seal;             /* 1: a detached signature lies beside it */
};

struct report_options {
    const char *pack_id;       /* KC-20260930-7f3a91c2 */
    const char *as_of;         /* the report's date, YYYY-MM-DDThh:mm:ssZ; NULL: the snapshot's taken_at */
    const char *title;         /* NULL: the template's */
    const char *snapshot_file; /* base name of the snapshot that was judged */
    const char *snapshot_sha256;
    const char *command_line; /* of the report */
    const char *tool_version;
    const char *tool_sha256;         /* of the program file that writes the report; NULL: not known */
    int will_sign;                   /* 1: a key was given, so signatures will lie beside the pack's files */
    const char *signer;              /* name in the signing certificate, or NULL */
    const struct report_link *chain; /* may be NULL */
    size_t chain_count;
};

/* Makes the options readable by SQL of templates (pages and workbook), as TEMP tables that no copy of the
 * database contains: report_option(name, value) with the fields above (pack-id, as-of, will-sign 0/1, ...;
 * absent fields have no row) and report_chain(position, id, taken_at, file, sha256, previous_sha256, signed).
 * Call it before db_confine; calling it again replaces the rows. */
int report_options_bind(struct db *facts, const struct report_options *o, struct err *e);

#endif
