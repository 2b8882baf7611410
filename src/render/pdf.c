/* report.pdf. Blocks are laid out once, from first to last; what needs the number of pages (heads, feet, page
 * numbers of the contents, links, outline) is drawn onto the finished pages. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/pdf_block.h"
#include "render/pdf_file.h"
#include "render/pdf_stream.h"
#include "render/render.h"

/* libharu does not look at every answer of malloc (HPDF_Name_New): it gets memory that is there, or the
 * program ends. */
static void *pdf_alloc(HPDF_UINT size)
{
    return mem_alloc(size);
}

int render_pdf(const struct doc *d, const char *path, struct err *e)
{
    struct pdf_work w = {.doc = d, .fresh = 1};
    int rc = -1;

    w.pdf = HPDF_NewEx(NULL, pdf_alloc, free, 0,
                       NULL); /* without a handler errors stick in the document, and are asked for */
    if (!w.pdf)
        return err_set(e, "%s: libharu: out of memory", path);
    if (pdf_font_open(&w.fonts, w.pdf, e) != 0)
        goto out;
    if (pdf_file_begin(&w) != 0)
        goto out;
    pdf_stream_begin(&w);
    if (d->block_count && d->blocks[0]->kind != DOC_LANDSCAPE)
        pdf_page_new(&w);
    pdf_block_all(&w, d->blocks, d->block_count);
    if (w.sheet_count == 0)
        pdf_page_new(&w);
    pdf_contents_numbers(&w);
    pdf_page_heads(&w);
    pdf_page_go(&w, 0); /* the last operators are on their page now */
    if (pdf_link_all(&w) != 0 || pdf_field(&w) != 0 || pdf_file_end(&w) != 0 || pdf_stream_all(&w) != 0)
        goto out;
    rc = pdf_file_write(&w, path, e);
out:
    if (rc != 0 && (w.failed || w.fonts.failed))
        err_set(e, "%s: %s", path, w.fonts.failed ? w.fonts.err.text : w.err.text);
    pdf_stream_end(&w);
    HPDF_Free(w.pdf);
    pdf_font_close(&w.fonts);
    buf_free(&w.ops);
    free(w.sheets);
    free(w.targets);
    free(w.links);
    free(w.entries);
    free(w.lines);
    return rc;
}
