/* The chain of a store: the file SHA256SUMS. A snapshot counts when, and only when, it has a line here.
 *
 * A new line is written in three steps: SHA256SUMS.next (all lines and the new one) is written and synced;
 * the snapshot gets its final name; SHA256SUMS.next is renamed to SHA256SUMS. A process that dies in between
 * leaves a .next, and what it means is decided by the bytes alone: if its lines are those of SHA256SUMS and
 * one more, and the snapshot that this line names is there with that very hash, then the snapshot was
 * complete and the last step is made good; else .next and the seal that it announced are dropped. A snapshot
 * that nobody announced is never taken in: that would let anyone add one. */
#ifndef KC_STORE_CHAIN_H
#define KC_STORE_CHAIN_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

struct chain {
    struct store_snapshot *rows; /* owned; oldest first */
    size_t count;
    int pending; /* the last row stands in SHA256SUMS.next only, and its snapshot is whole */
    int dropped; /* there is a .next that announces nothing whole */
};

typedef void chain_found(void *ctx, const char *file, const char *what);
/* Reads the chain of the folder `dir`. A broken line is told to found() and left out; found NULL makes it an
 * error. */
int chain_read(struct chain *c, const char *dir, chain_found *found, void *ctx, struct err *e);
void chain_free(struct chain *c);
void chain_put(struct buf *out, const struct chain *c, size_t count); /* the text of the first `count` rows */
/* Completes or drops a .next as described above. The caller holds the lock. */
int chain_recover(struct chain *c, const char *dir, struct err *e);
/* Adds a row to c; nothing is written. */
const struct store_snapshot *chain_add(struct chain *c, const char *dir, const char *file,
                                       const char *sha256);
/* 0 when `file` ("snapshots/....db") is a name that we give; fills the row's id and taken_at. */
int chain_name(struct store_snapshot *row, const char *file);

#endif
