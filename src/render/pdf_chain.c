/* Key custody, link by link: a row per cluster, a mark per link, a line between them, etcd apart. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/pdf_block.h"
#include "report/figure.h"

static const struct {
    const char *column, *title;
} chain_links[] = {
    {"declared", "declared"},
    {"pool_disks", "pool disks"},
    {"data_disks", "data disks"},
    {"des", "DES"},
    {"key", "key"},
    {"rotation", "rotation"},
    {"vault", "vault"},
    {"identity", "identity"},
    {"etcd", "etcd"},
};
#define CHAIN_LINKS 8 /* of the chain; the ninth stands apart */

#define CHAIN_HEAD 52.0 /* height, for the turned titles */
#define CHAIN_MARK 9.2

struct chain_grid {
    double first, step, etcd, weakest; /* from the left edge of the box */
};

static struct chain_grid chain_grid(double width)
{
    double scale = width / 483;

    return (struct chain_grid){130 * scale, 23.3 * scale, 328 * scale, 347 * scale};
}

static double chain_x(const struct chain_grid *g, size_t link)
{
    return link == CHAIN_LINKS ? g->etcd : g->first + g->step * (double)link;
}

static const char *chain_value(const struct doc_figure *f, size_t row, const char *name)
{
    const char *v = figure_value(f, row, name);

    return v ? v : "";
}

static void chain_head(struct pdf_work *w, const struct chain_grid *g)
{
    struct pdf_type head = pdf_type_small(w), turned = head;
    double base = w->y + CHAIN_HEAD - 6;

    head.bold = turned.bold = 1;
    turned.size = 6.5;
    pdf_text_put(w, "Cluster", &head, w->x, base - 9, 0, 0);
    pdf_text_put(w, "Weakest link", &head, w->x + g->weakest, base - 9, 0, 0);
    for (size_t i = 0; i <= CHAIN_LINKS; i++)
        pdf_text_turned(w, chain_links[i].title, &turned, w->x + chain_x(g, i), base, 40);
    w->y += CHAIN_HEAD;
    pdf_page_stroke(w, w->doc->colours.ink, 1);
    pdf_page_rule(w, w->x, w->y, w->x + w->width, w->y);
    w->fresh = 0;
}

static void chain_marks(struct pdf_work *w, const struct doc_figure *f, size_t row,
                        const struct chain_grid *g, double y)
{
    pdf_page_stroke(w, w->doc->colours.ink, 0.7);
    pdf_page_rule(w, w->x + g->first, y, w->x + chain_x(g, CHAIN_LINKS - 1), y);
    for (size_t i = 0; i <= CHAIN_LINKS; i++)
        pdf_mark(w, w->x + chain_x(g, i), y, CHAIN_MARK,
                 verdict_read(figure_value(f, row, chain_links[i].column)), 1);
}

struct chain_row {
    struct pdf_text name, detail, weakest, reason;
    double height;
};

/* `weakest` with its mark, as a run of the document would have it. */
static void chain_weakest(struct chain_row *k, struct pdf_work *w, const struct doc_figure *f, size_t row,
                          const struct pdf_type *type)
{
    struct doc_run run = {.look = DOC_BOLD | DOC_MARK,
                          .status = verdict_read(figure_value(f, row, "status"))};
    struct doc_text text = {&run, 1};
    char *words = mem_copy(chain_value(f, row, "weakest"));

    run.text = words;
    pdf_text_set(&k->weakest, w, &text, type);
    k->weakest.styles[0].link = figure_value(f, row, "link"); /* the document's, as long as its pages */
    free(words);
}

static void chain_set(struct chain_row *k, struct pdf_work *w, const struct doc_figure *f, size_t row,
                      const struct chain_grid *g)
{
    struct pdf_type cell = pdf_type_cell(w), name = cell, small = pdf_type_small(w);
    double left = 0, right = 0, side = w->width - g->weakest;

    name.bold = 1;
    pdf_text_plain(&k->name, w, chain_value(f, row, "cluster"), &name);
    pdf_text_wrap(&k->name, g->first - 12);
    pdf_text_plain(&k->detail, w, chain_value(f, row, "detail"), &small);
    pdf_text_wrap(&k->detail, g->first - 12);
    chain_weakest(k, w, f, row, &cell);
    pdf_text_wrap(&k->weakest, side);
    pdf_text_plain(&k->reason, w, chain_value(f, row, "reason"), &small);
    pdf_text_wrap(&k->reason, side);
    left = k->name.height + (k->detail.count ? k->detail.height : 0);
    right = k->weakest.height + (k->reason.count ? k->reason.height : 0);
    k->height = (left > right ? left : right) + 8.5;
}

static void chain_draw(struct chain_row *k, struct pdf_work *w, const struct doc_figure *f, size_t row,
                       const struct chain_grid *g)
{
    double y = w->y + 3.5, x = w->x + g->weakest;

    pdf_text_draw(&k->name, w, w->x, y, g->first, 0, 0, k->name.row_count);
    if (k->detail.count)
        pdf_text_draw(&k->detail, w, w->x, y + k->name.height, g->first, 0, 0, k->detail.row_count);
    pdf_text_draw(&k->weakest, w, x, y, w->width, 0, 0, k->weakest.row_count);
    if (k->reason.count)
        pdf_text_draw(&k->reason, w, x, y + k->weakest.height, w->width, 0, 0, k->reason.row_count);
    chain_marks(w, f, row, g, y + 9.5);
    w->y += k->height;
    pdf_page_stroke(w, w->doc->colours.hairline, 0.6);
    pdf_page_rule(w, w->x, w->y, w->x + w->width, w->y);
}

static void chain_words(struct pdf_work *w)
{
    static const struct {
        enum verdict v;
        const char *words;
    } legend[] = {{VERDICT_PASS, "holds"},
                  {VERDICT_FAIL, "does not hold"},
                  {VERDICT_NOT_ASSESSED, "could not be read"},
                  {VERDICT_NOT_APPLICABLE, "does not apply"}};
    struct pdf_type small = pdf_type_small(w);
    double x = w->x;

    w->y += 6;
    for (size_t i = 0; i < sizeof legend / sizeof legend[0]; i++) {
        pdf_mark(w, x + 3.2, w->y + 5.5, 6.6, legend[i].v, 0);
        x += 9 + pdf_text_put(w, legend[i].words, &small, x + 9, w->y, 0, 0) + 9;
    }
    w->y += 11;
}

void pdf_chain(struct pdf_work *w, const struct doc_figure *f)
{
    struct chain_grid g = chain_grid(w->width);
    struct chain_row k = {0};

    pdf_page_need(w, CHAIN_HEAD + 90);
    chain_head(w, &g);
    for (size_t r = 0; r < f->row_count && !w->failed; r++) {
        chain_set(&k, w, f, r, &g);
        if (k.height + (r + 1 == f->row_count ? 17 : 0) > pdf_page_room(w)) {
            struct pdf_type small = pdf_type_small(w);

            pdf_page_new(w);
            pdf_text_put(w, "continued", &small, w->x, w->y, 0, 0);
            chain_head(w, &g);
        }
        chain_draw(&k, w, f, r, &g);
    }
    chain_words(w);
    pdf_text_free(&k.name);
    pdf_text_free(&k.detail);
    pdf_text_free(&k.weakest);
    pdf_text_free(&k.reason);
}
