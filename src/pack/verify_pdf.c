/* verify: the report's PDF, whoever made it. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "lib/sign.h"
#include "pack/bag.h"
#include "pack/pdf_check.h"
#include "pack/verify.h"

#define VERIFY_PDF "data/report.pdf"

/* Messages name the whole path; the table has the name in its first column. */
static const char *verify_pdf_words(const char *path, const char *text)
{
    size_t n = strlen(path);

    return strncmp(text, path, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text;
}

static void verify_pdf_signed(struct verify *v, const char *path, const struct pdf_shape *shape)
{
    unsigned long long hole = (unsigned long long)(shape->parts[1].at - shape->parts[0].size);
    char *signer = NULL, *beside = file_join(v->dir, BAG_SIGNATURE);
    struct err e = {""};
    int64_t when = 0, stamped = 0;

    verify_say(
        v, VERIFY_PASS, VERIFY_PDF,
        "certified (DocMDP, P 1): one signature over the whole file but the %llu bytes that hold it; nothing "
        "was added or changed behind it",
        hole);
    when = verify_stamp(v, VERIFY_PDF, &shape->der, &stamped);
    if (sign_verify_parts(shape->der.data, shape->der.len, path, shape->parts, 2, v->o->trust, when, &signer,
                          &e) != 0)
        verify_say(v, VERIFY_FAIL, VERIFY_PDF, "%s", verify_pdf_words(path, e.text));
    else if (v->o->trust)
        verify_say(v, VERIFY_PASS, VERIFY_PDF, "signed by %s, whom %s vouches for", signer, v->o->trust);
    else
        verify_say(v, VERIFY_PASS, VERIFY_PDF,
                   "fits the certificate of %s; whose that is was not checked: --trust CA.pem", signer);
    if (signer) /* whoever makes a pack signs both: what is kept about him lies beside the pack's signature */
        verify_revocation(v, VERIFY_PDF, beside, &shape->der, when, 0);
    free(beside);
    free(signer);
}

void verify_pdf(struct verify *v)
{
    char *path = file_join(v->dir, VERIFY_PDF);
    struct pdf_shape shape = {0};
    struct err e = {""};

    if (!file_exists(path)) { /* the layout has a line for that */
        free(path);
        return;
    }
    if (pdf_shape(path, &shape, &e) != 0)
        verify_say(v, VERIFY_FAIL, VERIFY_PDF, "%s", verify_pdf_words(path, e.text));
    else if (shape.state == PDF_AWAITED)
        verify_say(v, VERIFY_FAIL, VERIFY_PDF,
                   "unsigned: its signature field is empty, so it was to be signed");
    else if (shape.state == PDF_PLAIN)
        verify_say(v, VERIFY_NOTE, VERIFY_PDF, "holds no signature of its own, nor a field for one");
    else
        verify_pdf_signed(v, path, &shape);
    pdf_shape_free(&shape);
    free(path);
}
