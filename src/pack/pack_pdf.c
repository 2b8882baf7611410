/* The PDF's own signature, made before the manifests are, which name the hash of the signed file. */
#include <stdlib.h>

#include "base/clock.h"
#include "pack/pack_job.h"
#include "pack/pdf_check.h"
#include "pack/pdf_sign.h"

/* What was signed is read back before anybody gets it, as verify will read it. */
static int pack_pdf_again(const char *path, struct err *e)
{
    struct pdf_shape shape = {0};
    int rc = pdf_shape(path, &shape, e);

    if (rc == 0 && shape.state != PDF_SIGNED)
        rc = err_set(e, "%s: was signed and holds no signature", path);
    if (rc == 0)
        rc = sign_verify_parts(shape.der.data, shape.der.len, path, shape.parts, 2, NULL, 0, NULL, e);
    pdf_shape_free(&shape);
    return rc;
}

int pack_pdf(struct pack_job *j, struct err *e)
{
    struct sign_terms terms = {.tsa = j->o->tsa};
    char *path = NULL, now[CLOCK_TEXT] = "";
    int rc = 0;

    if (!j->o->signer)
        return 0;
    path = pack_path(j, "data/report.pdf");
    clock_text(clock_now(), now);
    rc = pdf_sign(path, j->o->signer, &terms, now, e);
    if (rc == 0)
        rc = pack_pdf_again(path, e);
    free(path);
    return rc;
}
