/* Signatures in a pack or a store: whose, since when, over what. See verify.h. */
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "lib/sign.h"
#include "lib/stamp.h"
#include "pack/bag.h"
#include "pack/verify.h"

/* The time at which the certificate is judged: the stamped one, once an authority that the reader trusts
 * vouches for it; else 0, now. A stamp of anybody's could be of any time. */
int64_t verify_stamp(struct verify *v, const char *what, const struct buf *der)
{
    const char *trust = v->o->tsa_trust;
    struct stamp_seen seen = {0};
    struct err e = {""};
    int64_t when = 0;

    if (stamp_check(der->data, der->len, trust, &seen, &e) != 0) {
        verify_say(v, VERIFY_FAIL, what, "its time stamp: %s", e.text);
    } else if (!seen.there) {
        if (v->o->require_stamp)
            verify_say(v, VERIFY_FAIL, what, "no time stamp: when it was signed is the signer's own word");
    } else if (trust) {
        verify_say(v, VERIFY_PASS, what, "time stamp of %s by %s, whom %s vouches for", seen.text,
                   seen.authority, trust);
        when = seen.time;
    } else {
        verify_say(v, v->o->require_stamp ? VERIFY_FAIL : VERIFY_PASS, what,
                   "time stamp of %s by %s; whose that is was not checked: --tsa-trust CA.pem", seen.text,
                   seen.authority);
    }
    stamp_seen_free(&seen);
    return when;
}

void verify_cms(struct verify *v, const char *what, const char *signature, const char *signed_file,
                const char *word)
{
    struct buf der = {0};
    struct err e = {""};
    char *signer = NULL;
    int64_t when = 0;

    if (!file_is_regular(signature)) {
        verify_say(v, VERIFY_FAIL, what, "its signature is no plain file");
        goto out;
    }
    if (file_read(signature, VERIFY_SIGNATURE_BYTES, &der, &e) != 0) {
        verify_say(v, VERIFY_FAIL, what, "%s", e.text);
        goto out;
    }
    when = verify_stamp(v, what, &der);
    if (sign_verify_file_at(der.data, der.len, signed_file, v->o->trust, when, &signer, &e) != 0)
        verify_say(v, VERIFY_FAIL, what, "%s", e.text);
    else if (v->o->trust)
        verify_say(v, VERIFY_PASS, what, "%s by %s, whom %s vouches for", word, signer, v->o->trust);
    else
        verify_say(
            v, VERIFY_PASS, what,
            "%s: fits the file and the certificate of %s; whose that is was not checked: --trust CA.pem",
            word, signer);
out:
    buf_free(&der);
    free(signer);
}

void verify_seal(struct verify *v, const char *path, const char *name)
{
    char *seal = mem_print("%s.p7s", path);

    if (file_exists(seal))
        verify_cms(v, name, seal, path, "sealed");
    free(seal);
}
