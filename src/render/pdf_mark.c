/* The marks of the statuses, drawn: they need no font and read the same in grey. */
#include "render/pdf_page.h"

unsigned pdf_mark_colour(const struct pdf_work *w, enum verdict v)
{
    const struct doc_colours *c = &w->doc->colours;

    switch (v) {
    case VERDICT_PASS:
        return c->pass;
    case VERDICT_FAIL:
        return c->fail;
    case VERDICT_NOT_ASSESSED:
        return c->not_assessed;
    case VERDICT_ATTESTED:
        return c->attested;
    case VERDICT_NOT_APPLICABLE:
    case VERDICT_NONE:
        break;
    }
    return c->not_applicable;
}

static void mark_pass(struct pdf_work *w, double x, double y, double s)
{
    const double tick[3][2] = {
        {x - 0.24 * s, y + 0.02 * s}, {x - 0.06 * s, y + 0.2 * s}, {x + 0.24 * s, y - 0.17 * s}};

    pdf_page_disc(w, x, y, 0.5 * s);
    pdf_page_stroke(w, 0xffffff, 0.13 * s);
    pdf_page_path(w, tick, 3, 0);
}

static void mark_fail(struct pdf_work *w, double x, double y, double s)
{
    const double d = 0.2 * s;

    pdf_page_rect(w, x - 0.46 * s, y - 0.46 * s, 0.92 * s, 0.92 * s);
    pdf_page_stroke(w, 0xffffff, 0.13 * s);
    pdf_page_rule(w, x - d, y - d, x + d, y + d);
    pdf_page_rule(w, x - d, y + d, x + d, y - d);
}

static void mark_unread(struct pdf_work *w, double x, double y, double s, unsigned colour)
{
    const double r = 0.55 * s;
    const double diamond[4][2] = {{x, y - r}, {x + r, y}, {x, y + r}, {x - r, y}};

    pdf_page_fill(w, 0xffffff); /* the chain's line does not show through */
    pdf_page_rect(w, x - 0.38 * s, y - 0.38 * s, 0.76 * s, 0.76 * s);
    pdf_page_stroke(w, colour, 0.1 * s);
    pdf_page_path(w, diamond, 4, 1);
    pdf_page_rule(w, x, y - 0.24 * s, x, y + 0.07 * s);
    pdf_page_fill(w, colour);
    pdf_page_disc(w, x, y + 0.21 * s, 0.065 * s);
}

void pdf_mark(struct pdf_work *w, double x, double y, double size, enum verdict v, int ringed)
{
    unsigned colour = pdf_mark_colour(w, v);

    if (w->dry)
        return;
    pdf_page_fill(w, colour);
    switch (v) {
    case VERDICT_PASS:
        mark_pass(w, x, y, size);
        return;
    case VERDICT_FAIL:
        mark_fail(w, x, y, size);
        return;
    case VERDICT_NOT_ASSESSED:
        mark_unread(w, x, y, size, colour);
        return;
    case VERDICT_ATTESTED:
        if (ringed) { /* the chain's line does not show through */
            pdf_page_fill(w, 0xffffff);
            pdf_page_disc(w, x, y, 0.45 * size);
            pdf_page_fill(w, colour);
        }
        pdf_page_stroke(w, colour, 0.12 * size);
        pdf_page_ring(w, x, y, 0.42 * size);
        pdf_page_disc(w, x, y, 0.17 * size);
        return;
    case VERDICT_NOT_APPLICABLE:
    case VERDICT_NONE:
        break;
    }
    if (ringed) {
        pdf_page_fill(w, 0xffffff);
        pdf_page_disc(w, x, y, 0.5 * size);
        pdf_page_stroke(w, colour, 0.06 * size);
        pdf_page_ring(w, x, y, 0.47 * size);
    }
    pdf_page_stroke(w, colour, ringed ? 0.08 * size : 0.12 * size);
    pdf_page_rule(w, x - (ringed ? 0.22 : 0.4) * size, y, x + (ringed ? 0.22 : 0.4) * size, y);
}
