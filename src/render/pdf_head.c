/* Running heads and feet, drawn when the number of pages is known. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/pdf_block.h"

void pdf_page_heads(struct pdf_work *w)
{
    const struct doc *d = w->doc;
    struct pdf_type small = pdf_type_small(w), mono = small;

    mono.mono = 1;
    for (size_t i = 0; i < w->sheet_count; i++) {
        const struct pdf_sheet *s = &w->sheets[i];
        double x = PDF_MARGIN, width = s->width - 2 * PDF_MARGIN, foot = s->height - 37.5;
        char *number = NULL;

        if (s->bare)
            continue;
        number = mem_print("%zu of %zu", i + 1, w->sheet_count);
        pdf_page_go(w, i);
        pdf_text_fit(w, d->head_left ? d->head_left : "", &small, x, 36, width * 0.62, 0);
        if (s->chapter)
            pdf_text_fit(w, s->chapter, &small, x + width * 0.64, 36, width * 0.36, 1);
        pdf_page_stroke(w, d->colours.hairline, 0.6);
        pdf_page_rule(w, x, 53.5, x + width, 53.5);
        pdf_text_fit(w, d->foot_left ? d->foot_left : "", &mono, x, foot, width * 0.34, 0);
        pdf_text_fit(w, d->foot_middle ? d->foot_middle : "", &small, x + width * 0.25, foot, width * 0.5,
                     0.5);
        pdf_text_fit(w, number, &small, x + width * 0.8, foot, width * 0.2, 1);
        free(number);
    }
}
