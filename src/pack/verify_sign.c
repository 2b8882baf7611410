/* Signatures in a pack or a store: whose, since when, over what. See verify.h. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/db.h"
#include "lib/digest.h"
#include "lib/revocation.h"
#include "lib/sign.h"
#include "lib/sign_strict.h"
#include "lib/stamp.h"
#include "pack/bag.h"
#include "pack/verify.h"

#define VERIFY_SKEW 300   /* seconds by which two honest clocks may differ */
#define VERIFY_LATE 86400 /* a stamp that comes later than this says little about when */

/* A stamp may be neither of the future nor older than something that the same thing holds or follows. */
static void verify_stamp_order(struct verify *v, const char *what, const struct stamp_seen *seen)
{
    int64_t now = clock_now();
    char text[CLOCK_TEXT];

    clock_text(now, text);
    if (seen->time > now + VERIFY_SKEW)
        verify_say(
            v, VERIFY_FAIL, what,
            "its time stamp is of %s, which is still to come: here it is %s: one of the clocks is wrong",
            seen->text, text);
}

/* The time at which the certificate is judged: the stamped one, once an authority that the reader trusts
 * vouches for it; else 0, now. A stamp of anybody's could be of any time. */
int64_t verify_stamp(struct verify *v, const char *what, const struct buf *der, int64_t *stamped)
{
    const char *trust = v->o->tsa_trust;
    struct stamp_seen seen = {0};
    struct err e = {""};
    int64_t when = 0;

    *stamped = 0;
    if (stamp_check(der->data, der->len, trust, &seen, &e) != 0) {
        verify_say(v, VERIFY_FAIL, what, "its time stamp: %s", e.text);
    } else if (!seen.there) {
        if (v->o->require_stamp)
            verify_say(v, VERIFY_FAIL, what, "no time stamp: when it was signed is the signer's own word");
        else if (v->stamp_due)
            verify_say(v, VERIFY_FAIL, what,
                       "no time stamp: data/options.json says that it was made with one");
    } else if (trust) {
        verify_say(v, VERIFY_PASS, what, "time stamp of %s by %s, whom %s vouches for", seen.text,
                   seen.authority, trust);
        when = seen.time;
    } else {
        verify_say(v, v->o->require_stamp ? VERIFY_FAIL : VERIFY_PASS, what,
                   "time stamp of %s by %s; whose that is was not checked: --tsa-trust CA.pem", seen.text,
                   seen.authority);
    }
    if (seen.text[0]) {
        *stamped = seen.time;
        verify_stamp_order(v, what, &seen);
    }
    stamp_seen_free(&seen);
    return when;
}

struct verify_revocation {
    struct verify *v;
    const char *what;
};

static void verify_revocation_line(void *ctx, enum revocation_result result, const char *words)
{
    static const enum verify_result results[] = {VERIFY_PASS, VERIFY_FAIL, VERIFY_NOTE};
    const struct verify_revocation *r = ctx;

    verify_say(r->v, results[result], r->what, "%s", words);
}

void verify_revocation(struct verify *v, const char *what, const char *signature, const struct buf *der,
                       int64_t when, int owner)
{
    struct verify_revocation to = {v, what};
    const struct revocation_view view = {
        .trust_pem = v->o->trust, .when = when, .owner = owner, .line = verify_revocation_line, .ctx = &to};
    struct revocation kept = {.count = 0};
    struct err e = {""};

    if (revocation_read(signature, &kept, &e) != 0)
        verify_say(v, owner ? VERIFY_FAIL : VERIFY_NOTE, what, "%s", e.text);
    else
        revocation_judge(&kept, der->data, der->len, &view);
    revocation_free(&kept);
}

int64_t verify_cms(struct verify *v, const char *what, const char *signature, const char *signed_file,
                   const char *word)
{
    struct buf der = {0};
    struct err e = {""};
    char *signer = NULL, *unknown = NULL;
    int64_t when = 0, stamped = 0;

    if (!file_is_regular(signature)) {
        verify_say(v, VERIFY_FAIL, what, "its signature is no plain file");
        goto out;
    }
    if (file_read(signature, VERIFY_SIGNATURE_BYTES, &der, &e) != 0) {
        verify_say(v, VERIFY_FAIL, what, "%s", e.text);
        goto out;
    }
    when = verify_stamp(v, what, &der, &stamped);
    if (sign_verify_file_at(der.data, der.len, signed_file, v->o->trust, when, &signer, &e) != 0)
        verify_say(v, VERIFY_FAIL, what, "%s", e.text);
    else if (sign_strict(der.data, der.len, v->o->trust, v->o->tsa_trust, &unknown, &e) != 0)
        verify_say(v, VERIFY_FAIL, what, "changed, though what it signs is not: %s", e.text);
    else if (v->o->trust)
        verify_say(v, VERIFY_PASS, what, "%s by %s, whom %s vouches for", word, signer, v->o->trust);
    else
        verify_say(
            v, VERIFY_PASS, what,
            "%s: fits the file and the certificate of %s; whose that is was not checked: --trust CA.pem",
            word, signer);
    if (unknown)
        verify_say(v, VERIFY_NOTE, what, "brings the certificate of %s along, whose issuer is not known here",
                   unknown);
    if (signer)
        verify_revocation(v, what, signature, &der, when, 1);
out:
    buf_free(&der);
    free(signer);
    free(unknown);
    return stamped;
}

/* What a stamp says about the times that a snapshot names: it cannot be from after it was stamped. */
static void verify_seal_time(struct verify *v, const char *path, const char *name, int64_t stamped)
{
    char *taken = NULL, *finished = NULL, text[CLOCK_TEXT];
    int64_t taken_at = 0, finished_at = 0;
    struct db *db = NULL;

    clock_text(stamped, text);
    if (db_open(&db, path, DB_FOREIGN, NULL) != 0 ||
        db_value_text(db, &taken, NULL, "SELECT taken_at FROM snapshot") != 0 ||
        db_value_text(db, &finished, NULL, "SELECT finished_at FROM snapshot") != 0 || !taken || !finished ||
        clock_read(taken, &taken_at, NULL) != 0 || clock_read(finished, &finished_at, NULL) != 0)
        verify_say(v, VERIFY_FAIL, name, "says no time that its stamp could be compared with");
    else if (taken_at > stamped + VERIFY_SKEW || finished_at > stamped + VERIFY_SKEW)
        verify_say(
            v, VERIFY_FAIL, name,
            "was stamped at %s, before the time at which it says that it was taken, %s: one of the clocks "
            "was set",
            text, taken_at > finished_at ? taken : finished);
    else if (v->signed_at && v->signed_at + VERIFY_SKEW < stamped)
        verify_say(v, VERIFY_FAIL, name,
                   "was stamped at %s, after the pack that holds it: one of the clocks is wrong", text);
    else if (stamped > taken_at + VERIFY_LATE)
        verify_say(
            v, VERIFY_NOTE, name,
            "was stamped %lld days after the time at which it says that it was taken, %s: that it is so "
            "old nobody else vouches for",
            (long long)((stamped - taken_at) / 86400), taken);
    db_close(db);
    free(taken);
    free(finished);
}

void verify_seal(struct verify *v, const char *path, const char *name)
{
    char *seal = mem_print("%s.p7s", path);
    int64_t stamped = 0;

    if (file_exists(seal)) {
        stamped = verify_cms(v, name, seal, path, "sealed");
        if (stamped)
            verify_seal_time(v, path, name, stamped);
    }
    free(seal);
}

/* NAME.tsr: an authority's answer about the bytes of NAME, as `openssl ts` asks for. */
void verify_answer(struct verify *v, const char *answer)
{
    char *name = mem_copy_n(answer, strlen(answer) - strlen(".tsr")), *path = file_join(v->dir, name),
         *file = file_join(v->dir, answer), hex[DIGEST_HEX];
    struct stamp_seen seen = {0};
    struct buf der = {0};
    struct err e = {""};

    if (!file_is_regular(path))
        verify_say(v, VERIFY_FAIL, answer, "a time stamp of %s, which is not there", name);
    else if (file_read(file, VERIFY_SIGNATURE_BYTES, &der, &e) != 0 ||
             digest_file(path, hex, NULL, &e) != 0 ||
             stamp_check_answer(der.data, der.len, hex, v->o->tsa_trust, &seen, &e) != 0)
        verify_say(v, VERIFY_FAIL, answer, "%s", e.text);
    else
        verify_say(v, VERIFY_PASS, answer, "%s was there at %s: %s, %s%s", name, seen.text, seen.authority,
                   v->o->tsa_trust ? "whom " : "whose that is was not checked: --tsa-trust CA.pem",
                   v->o->tsa_trust ? v->o->tsa_trust : "");
    if (seen.text[0])
        verify_stamp_order(v, answer, &seen);
    stamp_seen_free(&seen);
    buf_free(&der);
    free(name);
    free(path);
    free(file);
}
