/* A store: the folder that snapshots live in, one after the other.
 *   STORE/lock                                     held while a collection runs
 *   STORE/SHA256SUMS                               the chain: one line per snapshot, oldest first; sha256sum
 * -c reads it STORE/snapshots/<taken_at>-<id>.db             a snapshot, read-only
 *   STORE/snapshots/<taken_at>-<id>.db.p7s         its seal, when a key was given
 *   STORE/snapshots/<taken_at>-<id>.db.p7s.(...)   what is kept about revocation beside it: lib/revocation.h
 *   STORE/snapshots/(anything).partial             a collection under way, or one that was cut off: no
 * snapshot STORE/SHA256SUMS.next                          see chain.h: a snapshot on its way into the chain
 * Links are not followed anywhere in it. */
#ifndef KC_STORE_STORE_H
#define KC_STORE_STORE_H

#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "lib/digest.h"

#define STORE_ID 9 /* bytes for a snapshot's id and its NUL */

struct store_snapshot {
    char *file; /* "snapshots/20261124T093000Z-1a2b3c4d.db", as the chain names it */
    char *path; /* the same with the store's folder before it */
    char id[STORE_ID];
    char taken_at[CLOCK_TEXT];
    char sha256[DIGEST_HEX]; /* as the chain names it */
    char *seal;              /* path of the .p7s, NULL when there is none */
};

struct store;
/* Opens a store to read. It changes nothing on disk and needs no lock. A chain that cannot be read is an
 * error. */
int store_open(struct store **out, const char *dir, struct err *e);
/* Opens a store to add a snapshot: makes the folder if it is missing, takes the lock, removes what a killed
 * collection left behind and finishes what it had begun to list (chain.h). *locked: 1 when another process
 * holds the lock (-1 is returned). The head of the chain must be whole: its file there, with the hash that
 * the chain names. */
int store_open_to_add(struct store **out, const char *dir, int *locked, struct err *e);
/* The same, but what cut-off collections had read stays, to go on from: see below. */
int store_open_to_resume(struct store **out, const char *dir, int *locked, struct err *e);
size_t store_partial_count(const struct store *s);
const char *store_partial(const struct store *s, size_t at); /* path of its snapshot in the making */
int store_drop_partials(struct store *s, struct err *e);     /* they are not needed any more */
void store_close(struct store *s);                           /* releases the lock; NULL is fine */

const char *store_dir(const struct store *s);
size_t store_count(const struct store *s);
const struct store_snapshot *store_at(const struct store *s, size_t at); /* in chain order */
const struct store_snapshot *store_last(const struct store *s);          /* NULL while the store is empty */
/* "latest", a snapshot's id, or the beginning of one that fits no other. */
int store_pick(const struct store *s, const char *name, const struct store_snapshot **out, struct err *e);

/* Makes a finished file a snapshot of the store: hashes it, makes it read-only, lists it in the chain,
 * renames it. Whole or not at all, also under kill -9. seal: the bytes of its CMS signature, or NULL. The
 * store must be open to add. */
int store_add(struct store *s, const char *partial, const char *id, const char *taken_at, const void *seal,
              size_t seal_size, struct err *e);

/* Checks everything: the chain's lines, each file and its hash, what each snapshot says about the one before
 * it, the order of times, every answer inside against its name and its exchange, seals, and that nothing else
 * lies there. Calls found() once for each thing that is broken. Returns the number of them, or -1 when it
 * could not look at all. */
typedef void store_found(void *ctx, const char *file, const char *what);
int store_verify(const char *dir, store_found *found, void *ctx, struct err *e);
/* The same for the inside of one snapshot file, wherever it lies (a pack's copy). name: for found(). With
 * `chained`, what it says about the snapshot before it is compared with `before` (NULL: it must be the
 * first). */
int store_verify_snapshot(const char *path, const char *name, int chained,
                          const struct store_snapshot *before, store_found *found, void *ctx, struct err *e);

#endif
