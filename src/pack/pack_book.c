/* The workbook's own signature, made before the manifests are, which name the hash of the signed file. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/note.h"
#include "lib/sign_raw.h"
#include "pack/ooxml_check.h"
#include "pack/ooxml_sign.h"
#include "pack/pack_job.h"

int pack_book_signed(const struct pack_job *j)
{
    return j->o->signer && signer_raw_kind(j->o->signer) != SIGN_RAW_NONE;
}

/* What was signed is read back before anybody gets it, as verify will read it. */
static int pack_book_again(const char *path, struct err *e)
{
    struct ooxml_seen seen = {0};
    int rc = ooxml_check(path, &seen, e);

    if (rc == 0 && !seen.there)
        rc = err_set(e, "was signed and holds no signature");
    if (rc != 0)
        err_context(e, "%s", path);
    ooxml_seen_free(&seen);
    return rc;
}

int pack_book(struct pack_job *j, struct err *e)
{
    char *path = NULL, now[CLOCK_TEXT] = "";
    int rc = 0;

    if (!pack_book_signed(j)) {
        if (j->o->signer)
            note_warn("data/evidence.xlsx carries no signature of its own: readers of workbooks know none by "
                      "RSA-PSS; the pack's own signature covers it");
        return 0;
    }
    path = pack_path(j, "data/evidence.xlsx");
    clock_text(clock_now(), now);
    rc = ooxml_sign(path, j->o->signer, now, e);
    if (rc == 0)
        rc = pack_book_again(path, e);
    free(path);
    return rc;
}
