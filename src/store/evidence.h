/* A snapshot in the making: one connection whose main database is a scratch file for facts that are needed
 * during the collection, and whose attached database `snap` is the snapshot itself (evidence.sql). Written
 * whole or not at all. */
#ifndef KC_STORE_EVIDENCE_H
#define KC_STORE_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/db.h"
#include "lib/revocation.h"
#include "lib/sign.h"
#include "store/store.h"

/* Where answers come from, as the snapshot states it. NULL: unknown or not applicable. */
struct evidence_origin {
    const char *source; /* "azure" or "recording" */
    const char *cloud, *arm_endpoint;
    const char *tenant_id;
    const char *recording_name, *recording_sha256, *recording_creator, *recording_first, *recording_last;
};

/* Who asked and how, and what is only known at the end. */
struct evidence_run {
    const struct evidence_origin *origin;
    const char *principal_id, *principal_basis;
    const char *taken_at;     /* set by the operator; NULL: when the collection ended */
    const char *command_line; /* no option carries a secret */
    int64_t started;          /* seconds since 1970 */
    int64_t clock_difference; /* seconds; with clock_known */
    int clock_known;
    const struct signer *signer; /* NULL: not sealed */
    struct revocation
        *revocation;       /* what was asked about the signer's certificates; is kept beside the seal */
    const char *tsa;       /* URL of the authority that stamps the seal; NULL: no time stamp */
    struct err *unstamped; /* with tsa: why the seal has none after all; that stops no collection */
};

struct evidence_exchange {
    const char *resource, *subject, *method, *url, *api_version, *api_version_asked, *received_at;
    const char *date, *request_id, *correlation_id, *routing_id, *failure_cause, *etag, *principal_id;
    int page, status, usable;
    const char *body;
    size_t size;
};

struct evidence;
int evidence_begin(struct evidence **out, struct store *store, struct err *e);
struct db *evidence_db(struct evidence *ev);
int evidence_scope(struct evidence *ev, const char *subscription_id, const char *declared_by,
                   const char *declared_as,
                   struct err *e); /* a subscription that stands there already is left as it is */
/* Keeps an answer: its bytes once under their hash, read back and hashed again. *n: its number. */
int evidence_exchange(struct evidence *ev, const struct evidence_exchange *x, int64_t *n, struct err *e);
/* status 0, exchange 0, code NULL: none */
int evidence_listing(struct evidence *ev, const char *resource, const char *subject, const char *url,
                     int complete, int pages, int status, const char *code, int64_t exchange, struct err *e);
int evidence_gap(struct evidence *ev, const char *resource, const char *subject, const char *scope,
                 const char *url, int status, const char *code, const char *reason, int64_t exchange,
                 struct err *e);
int64_t evidence_gaps(const struct evidence *ev);
int64_t evidence_exchanges(const struct evidence *ev);
int64_t evidence_bytes(const struct evidence *ev); /* of all bodies kept */
int evidence_checkpoint(struct evidence *ev,
                        struct err *e); /* what is there now survives the end of the process */
/* Closes the snapshot, seals it, adds it to the store. ev is freed in every case; on failure nothing is left.
 */
int evidence_finish(struct evidence *ev, const struct evidence_run *run, struct err *e);
void evidence_abandon(struct evidence *ev); /* removes it; NULL is fine */
/* Ends it as a killed process would, but with all that was read: the next collection may go on from it. */
void evidence_leave(struct evidence *ev);

#endif
