/* What anybody can check about a pack or a store without believing who made it. Nothing in the pack is run.
 */
#ifndef KC_PACK_VERIFY_H
#define KC_PACK_VERIFY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct manifest;
enum verify_result { VERIFY_PASS, VERIFY_FAIL, VERIFY_NOTE /* neither: said, not judged */ };

struct verify_options {
    const char
        *trust; /* PEM file with the certificates to trust; NULL: whose key signed is not established */
    int allow_unsigned;    /* a pack without a signature is a note, not a failure */
    const char *tsa_trust; /* the same for time stamps; NULL: whose clock stamped is not established */
    int require_stamp;     /* a signature without a time stamp that tsa_trust vouches for is a failure */
    int deep;              /* perform its tests again too, and judge it again from its raw answers */
    void (*line)(void *ctx, enum verify_result result, const char *what,
                 const char *words); /* one line of the table */
    void *ctx;
};

/* `path`: a pack's folder, its .zip, or a store. Returns the number of lines that failed, or -1 when it could
 * not look. */
int verify_run(const char *path, const struct verify_options *o, struct err *e);

/* ---- its parts */
struct verify {
    const struct verify_options *o;
    const char *dir; /* the pack's folder */
    int failed;
    int stamp_due;                  /* the pack says that it was made with time stamps */
    int64_t signed_at;              /* the stamp of the pack's own signature; 0: none */
    const struct manifest *payload; /* data/ with the hashes that the files have; NULL: not yet */
};
void verify_say(struct verify *v, enum verify_result result, const char *what, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int verify_folder(struct verify *v, struct err *e); /* verify.c: layout, manifests, signatures */
void verify_pdf(struct verify *v);                  /* verify_pdf.c: data/report.pdf */
void verify_book(struct verify *v);                 /* verify_book.c: data/evidence.xlsx */
int verify_chain(struct verify *v,
                 struct err *e); /* verify_chain.c: chain.json and the snapshots in the pack */
/* verify_deep.c: only for a pack whose files are all that its manifests say. */
int verify_deep(struct verify *v, struct err *e);
int verify_again(struct verify *v, const char *snapshot, struct err *e); /* verify_again.c: its last part */
/* verify_sign.c: the time stamp of a signature, a line of its own; returns the time at which the signer's
 * certificate is judged, 0: now. *stamped: the time that it names, whoever does; 0: none. */
int64_t verify_stamp(struct verify *v, const char *what, const struct buf *der, int64_t *stamped);
/* A CMS signature over a file, and its time stamp, whose time it returns. word: "signed", "sealed". */
#define VERIFY_SIGNATURE_BYTES ((size_t)1 << 20)
int64_t verify_cms(struct verify *v, const char *what, const char *signature, const char *signed_file,
                   const char *word);
/* verify_sign.c: what is kept beside `signature` (a path) about revocation, as to this CMS. owner: it is the
 * signature itself, and no other one by the same signer. */
void verify_revocation(struct verify *v, const char *what, const char *signature, const struct buf *der,
                       int64_t when, int owner);
/* The seal beside a snapshot, <path>.p7s, when there is one. name: for the table. */
void verify_seal(struct verify *v, const char *path, const char *name);
void verify_answer(struct verify *v, const char *answer); /* a time stamp in a file of its own, NAME.tsr */
/* verify_zip.c: judges every name, then unpacks into a new folder (*dir, the caller's to remove and free).
 * Refused: *dir NULL. */
int verify_unpack(struct verify *v, const char *zip, char **dir, char **top, struct err *e);

#endif
