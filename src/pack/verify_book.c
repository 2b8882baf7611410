/* verify: the workbook's own signature. It is a convenience for those who get that file alone; what covers
 * every byte of it is the pack's. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "pack/bag.h"
#include "pack/ooxml_check.h"
#include "pack/ooxml_sign.h"
#include "pack/verify.h"

#define VERIFY_BOOK "data/evidence.xlsx"

/* Against the certificate of the pack's own signature. Whether that one holds is another line's matter. */
static void verify_book_signer(struct verify *v, const struct ooxml_seen *seen)
{
    char *path = file_join(v->dir, BAG_SIGNATURE);
    struct buf cms = {0}, cert = {0};
    struct err e = {""};

    if (!file_exists(path))
        verify_say(v, VERIFY_NOTE, VERIFY_BOOK,
                   "its own signature fits the certificate of %s; no signature of the pack is there to hold "
                   "it against",
                   seen->signer);
    else if (!file_is_regular(path) || file_read(path, VERIFY_SIGNATURE_BYTES, &cms, &e) != 0 ||
             sign_cms_cert(buf_str(&cms), cms.len, &cert, &e) != 0)
        verify_say(v, VERIFY_FAIL, VERIFY_BOOK,
                   "its own signature is by the certificate of %s; " BAG_SIGNATURE " names none to hold it "
                   "against",
                   seen->signer);
    else if (cert.len != seen->cert.len || memcmp(buf_str(&cert), buf_str(&seen->cert), cert.len) != 0)
        verify_say(v, VERIFY_FAIL, VERIFY_BOOK,
                   "its own signature is by the certificate of %s, which is not the one that signed the pack",
                   seen->signer);
    else
        verify_say(v, VERIFY_PASS, VERIFY_BOOK,
                   "its own signature is by the certificate that signed the pack and covers %zu parts, all "
                   "but %s; a convenience for Excel and LibreOffice, not relied on here",
                   seen->parts, seen->uncovered);
    buf_free(&cms);
    buf_free(&cert);
    free(path);
}

void verify_book(struct verify *v)
{
    char *path = file_join(v->dir, VERIFY_BOOK);
    struct ooxml_seen seen = {0};
    struct err e = {""};

    if (!file_is_regular(path)) { /* the layout has a line for that */
        free(path);
        return;
    }
    if (ooxml_check(path, &seen, &e) != 0)
        verify_say(v, VERIFY_FAIL, VERIFY_BOOK, "%s", e.text);
    else if (!seen.there)
        verify_say(v, VERIFY_NOTE, VERIFY_BOOK, "holds no signature of its own");
    else
        verify_book_signer(v, &seen);
    ooxml_seen_free(&seen);
    free(path);
}
