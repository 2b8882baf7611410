/* The cover: who, what, when, and who is to sign; nothing else. It never says that, or when, anybody signed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/pdf_block.h"

#define COVER_TITLE 236.0 /* from the upper edge */
#define COVER_LABEL 118.0
#define COVER_LOGO_WIDTH 150.0
#define COVER_LOGO_HEIGHT 56.0

static void cover_logo(struct pdf_work *w)
{
    const struct doc *d = w->doc;
    HPDF_Image image = NULL;
    double width = 0, height = 0, scale = 1;

    if (!d->logo_png || d->logo_size == 0 || w->dry)
        return;
    image = HPDF_LoadPngImageFromMem(w->pdf, d->logo_png, (HPDF_UINT)d->logo_size);
    if (!image) {
        pdf_page_fail(w, "the logo");
        return;
    }
    width = HPDF_Image_GetWidth(image);
    height = HPDF_Image_GetHeight(image);
    if (width <= 0 || height <= 0)
        return;
    scale = COVER_LOGO_WIDTH / width;
    scale = scale * height > COVER_LOGO_HEIGHT ? COVER_LOGO_HEIGHT / height : scale;
    pdf_page_image(w, image, w->x, PDF_TOP, width * scale, height * scale);
}

/* The title's runs: bold ones as a title, the others as a lead. */
static void cover_title(struct pdf_work *w, const struct doc_text *text)
{
    struct pdf_type title = {PDF_TITLE, 28, 1, 0, w->doc->colours.ink};
    struct pdf_type lead = {PDF_HEADING, 17, 0, 0, w->doc->colours.ink};

    for (size_t i = 0; i < text->count;) {
        size_t n = 1;
        struct doc_text line = {&text->runs[i], 0};
        int big = (text->runs[i].look & DOC_BOLD) || i == 0;

        while (i + n < text->count && !(text->runs[i + n].look & DOC_LINE))
            n++;
        line.count = n;
        pdf_paragraph(w, &line, big ? &title : &lead, big ? 4 : 0);
        i += n;
    }
}

static void cover_facts(struct pdf_work *w, const struct doc_table *t)
{
    struct pdf_type label = pdf_type_cell(w), value = pdf_type_text(w);
    struct pdf_text left = {0}, right = {0};

    label.colour = w->doc->colours.quiet;
    for (size_t r = 0; r < t->row_count && t->column_count >= 2; r++) {
        double h = 0;

        pdf_text_set(&left, w, &t->cells[r * t->column_count].text, &label);
        pdf_text_wrap(&left, COVER_LABEL - 10);
        pdf_text_set(&right, w, &t->cells[r * t->column_count + 1].text, &value);
        pdf_text_wrap(&right, w->width - COVER_LABEL);
        h = left.height > right.height ? left.height : right.height;
        pdf_text_draw(&left, w, w->x, w->y + 5, COVER_LABEL, 0, 0, left.row_count);
        pdf_text_draw(&right, w, w->x + COVER_LABEL, w->y + 4, w->width, 0, 0, right.row_count);
        w->y += h + 8;
        pdf_page_stroke(w, w->doc->colours.hairline, 0.6);
        pdf_page_rule(w, w->x, w->y, w->x + w->width, w->y);
    }
    pdf_text_free(&left);
    pdf_text_free(&right);
}

void pdf_cover(struct pdf_work *w, const struct doc_block *b)
{
    double height = 0, width = w->width, x = w->x;

    if (w->dry)
        return;
    if (!w->fresh)
        pdf_page_new(w);
    if (w->failed)
        return;
    w->sheets[w->at].bare = 1;
    cover_logo(w);
    w->y = COVER_TITLE;
    cover_title(w, &b->text);
    w->y += 20;
    cover_facts(w, &b->table);
    if (b->child_count) { /* at the foot, in a frame: who is to sign */
        height = pdf_block_height(w, b->children, b->child_count, width - 28) + 24;
        w->y = w->bottom - height > w->y + 16 ? w->bottom - height : w->y + 16;
        pdf_page_stroke(w, w->doc->colours.quiet, 0.7);
        pdf_page_frame(w, x, w->y, width, height);
        w->field = (struct pdf_field){w->at, x, w->y, width, height};
        w->y += 12;
        w->x = x + 14;
        w->width = width - 28;
        w->fresh = 1;
        pdf_block_all(w, b->children, b->child_count);
        w->x = x;
        w->width = width;
    }
    w->fresh = 0;
    pdf_page_new(w);
}
