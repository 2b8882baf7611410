/* Figures by kind, and those that are bars. Numbers come as text from the template's SELECT; each figure
 * prints them in words beside what it draws. */
#include "report/figure.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/pdf_block.h"

static const struct {
    const char *kind;
    void (*draw)(struct pdf_work *w, const struct doc_figure *f);
} figure_kinds[] = {
    {"control-bars", pdf_bars},     {"status-bar", pdf_bars}, {"custody-chain", pdf_chain},
    {"key-timeline", pdf_timeline}, {"steps", pdf_steps},
};

void pdf_figure(struct pdf_work *w, const struct doc_figure *f)
{
    if (f->row_count == 0)
        return;
    for (size_t i = 0; i < sizeof figure_kinds / sizeof figure_kinds[0]; i++)
        if (strcmp(figure_kinds[i].kind, f->kind) == 0)
            figure_kinds[i].draw(w, f);
    pdf_note(w, f->more);
    pdf_block_gap(w, 8);
}

static const char *bars_value(const struct doc_figure *f, size_t row, const char *name)
{
    const char *v = figure_value(f, row, name);

    return v ? v : "";
}

enum bars_look { BARS_PASS, BARS_FAIL, BARS_UNREAD, BARS_ATTESTED, BARS_SUPPORT, BARS_HAND, BARS_NONE };
static const struct {
    const char *column, *words; /* words: of the head of control-bars */
    enum bars_look look;
} bars_parts[] = {
    {"no_exceptions", "No exceptions in the part tested", BARS_PASS},
    {"pass", NULL, BARS_PASS},
    {"exceptions", "exceptions", BARS_FAIL},
    {"fail", NULL, BARS_FAIL},
    {"not_assessed", "not assessed", BARS_UNREAD},
    {"attested", NULL, BARS_ATTESTED},
    {"supporting", "supporting evidence only", BARS_SUPPORT},
    {"by_hand", "by hand", BARS_HAND},
    {"not_applicable", "not applicable", BARS_NONE},
};
#define BARS_PARTS (sizeof bars_parts / sizeof bars_parts[0])

static void bars_part(struct pdf_work *w, enum bars_look look, double x, double y, double width,
                      double height)
{
    const struct doc_colours *c = &w->doc->colours;

    switch (look) {
    case BARS_PASS:
        pdf_page_fill(w, c->pass);
        break;
    case BARS_FAIL:
        pdf_page_fill(w, c->fail);
        break;
    case BARS_ATTESTED:
        pdf_page_fill(w, c->attested);
        break;
    case BARS_SUPPORT:
        pdf_page_fill(w, 0x8fa3c9);
        break;
    case BARS_HAND:
        pdf_page_fill(w, 0xc3c8d0);
        break;
    case BARS_UNREAD: /* hatched, in a frame */
        pdf_page_stroke(w, c->not_assessed, 0.5);
        pdf_page_hatch(w, x, y, width, height);
        pdf_page_stroke(w, c->not_assessed, 0.7);
        pdf_page_frame(w, x + 0.35, y + 0.35, width > 0.8 ? width - 0.7 : width, height - 0.7);
        return;
    case BARS_NONE:
        pdf_page_stroke(w, c->hairline, 0.7);
        pdf_page_frame(w, x + 0.35, y + 0.35, width > 0.8 ? width - 0.7 : width, height - 0.7);
        return;
    }
    pdf_page_rect(w, x, y, width, height);
}

/* A stacked bar that fills `width`; what is there is seen, however small. */
static void bars_stack(struct pdf_work *w, const struct doc_figure *f, size_t row, double x, double y,
                       double width, double height)
{
    double n[BARS_PARTS], total = 0, scale = 0, floored = 0, rest = 0;
    const double least = 3;
    int parts = 0;

    for (size_t i = 0; i < BARS_PARTS; i++) {
        n[i] = strtod(bars_value(f, row, bars_parts[i].column), NULL);
        n[i] = n[i] > 0 && n[i] < 1e15 ? n[i] : 0;
        total += n[i];
        parts += n[i] > 0;
    }
    if (total <= 0) {
        bars_part(w, BARS_NONE, x, y, width, height);
        return;
    }
    for (size_t i = 0; i < BARS_PARTS; i++) {
        if (n[i] > 0 && n[i] / total * width < least)
            floored += least;
        else
            rest += n[i];
    }
    scale = rest > 0 ? (width - floored - (parts - 1)) / rest : 0;
    for (size_t i = 0; i < BARS_PARTS; i++) {
        double part = n[i] / total * width < least ? least : n[i] * scale;

        if (n[i] <= 0)
            continue;
        bars_part(w, bars_parts[i].look, x, y, part, height);
        x += part + 1;
    }
}

static void bars_head(struct pdf_work *w, const struct doc_figure *f, double bars, double width)
{
    struct pdf_type head = pdf_type_small(w);
    struct pdf_text t = {0};
    struct buf words = {0};
    int separator = 0;

    head.bold = 1;
    for (size_t i = 0; i < BARS_PARTS; i++) {
        double n = 0;

        for (size_t r = 0; r < f->row_count; r++)
            n += strtod(bars_value(f, r, bars_parts[i].column), NULL);
        if (!bars_parts[i].words || (n <= 0 && bars_parts[i].look == BARS_NONE))
            continue;
        buf_print(&words, "%s%s", separator ? " · " : "", bars_parts[i].words);
        separator = 1;
    }
    pdf_text_plain(&t, w, buf_str(&words), &head);
    pdf_text_wrap(&t, width);
    pdf_text_put(w, "Framework", &head, w->x, w->y + t.height - 11, 0, 0);
    pdf_text_put(w, "Controls", &head, w->x + bars - 70, w->y + t.height - 11, 64, 1);
    w->y += pdf_text_draw(&t, w, w->x + bars, w->y, w->width, 0, 0, t.row_count) + 4;
    pdf_page_stroke(w, w->doc->colours.ink, 1);
    pdf_page_rule(w, w->x, w->y, w->x + w->width, w->y);
    pdf_text_free(&t);
    buf_free(&words);
}

void pdf_bars(struct pdf_work *w, const struct doc_figure *f)
{
    struct pdf_type name = pdf_type_cell(w), small = pdf_type_small(w), number = name;
    int frameworks = figure_column(f, "title") >= 0;
    double bars = frameworks ? 158 : 130, most = w->width - bars < 285 ? w->width - bars : 285;
    const char *title = frameworks ? "title" : "label";

    name.bold = 1;
    most = frameworks ? most : w->width - bars;
    pdf_page_need(w, 60);
    w->y += w->fresh ? 0 : 4;
    if (frameworks)
        bars_head(w, f, bars, most);
    for (size_t r = 0; r < f->row_count && !w->failed; r++) {
        struct pdf_text left = {0}, detail = {0}, words = {0};
        double h = 0, side = 0;

        pdf_text_plain(&left, w, bars_value(f, r, title), &name);
        pdf_text_wrap(&left, frameworks ? bars - 50 : bars - 10);
        pdf_text_plain(&detail, w, bars_value(f, r, "detail"), &small);
        pdf_text_wrap(&detail, frameworks ? bars - 50 : bars - 10);
        pdf_text_plain(&words, w, bars_value(f, r, "words"), &small);
        pdf_text_wrap(&words, w->width - bars);
        side = left.height + (detail.count ? detail.height : 0);
        h = 10 + words.height > side ? 10 + words.height : side;
        if (h + 9 > pdf_page_room(w)) {
            pdf_page_new(w);
            if (frameworks)
                bars_head(w, f, bars, most);
        }
        pdf_text_draw(&left, w, w->x, w->y + 4, bars, 0, 0, left.row_count);
        if (detail.count)
            pdf_text_draw(&detail, w, w->x, w->y + 4 + left.height, bars, 0, 0, detail.row_count);
        if (frameworks)
            pdf_text_put(w, bars_value(f, r, "controls"), &number, w->x + bars - 70, w->y + 4, 64, 1);
        bars_stack(w, f, r, w->x + bars, w->y + 5, most, 6.5);
        pdf_text_draw(&words, w, w->x + bars, w->y + 13, w->width, 0, 0, words.row_count);
        w->y += h + 8.5;
        pdf_page_stroke(w, w->doc->colours.hairline, 0.6);
        pdf_page_rule(w, w->x, w->y, w->x + w->width, w->y);
        w->fresh = 0;
        pdf_text_free(&left);
        pdf_text_free(&detail);
        pdf_text_free(&words);
    }
}

/* ---- steps: numbered boxes in a row, an arrow between them */

#define STEPS_ROW 4 /* boxes side by side */
#define STEPS_GAP 16.0

static double steps_box(struct pdf_work *w, const struct doc_figure *f, size_t row, double x, double y,
                        double width)
{
    struct pdf_type name = pdf_type_cell(w), small = pdf_type_small(w);
    char *title = mem_print("%zu  %s", row + 1, bars_value(f, row, "title"));
    double h = 7;

    name.bold = 1;
    h += pdf_text_put(w, title, &name, x + 8, y + h, width - 16, 0);
    h += pdf_text_put(w, bars_value(f, row, "text"), &small, x + 8, y + h, width - 16, 0) + 7;
    free(title);
    return h;
}

static void steps_arrow(struct pdf_work *w, double x, double y)
{
    const double head[3][2] = {{x + 8, y - 3}, {x + 11.5, y}, {x + 8, y + 3}};

    pdf_page_stroke(w, w->doc->colours.quiet, 0.8);
    pdf_page_rule(w, x + 4, y, x + 11.5, y);
    pdf_page_path(w, head, 3, 0);
}

void pdf_steps(struct pdf_work *w, const struct doc_figure *f)
{
    size_t per = f->row_count < STEPS_ROW ? f->row_count : STEPS_ROW;
    double width = (w->width - STEPS_GAP * (double)(per - 1)) / (double)per;

    w->y += w->fresh ? 0 : 4;
    for (size_t first = 0; first < f->row_count && !w->failed; first += per) {
        double h = 0;
        int dry = w->dry;
        size_t end = first + per < f->row_count ? first + per : f->row_count;

        w->dry = 1; /* the tallest box gives the row's height */
        for (size_t r = first; r < end; r++) {
            double one = steps_box(w, f, r, 0, 0, width);

            h = one > h ? one : h;
        }
        w->dry = dry;
        pdf_page_need(w, h + 8);
        for (size_t r = first; r < end; r++) {
            double x = w->x + (width + STEPS_GAP) * (double)(r - first);

            pdf_page_fill(w, w->doc->colours.band);
            pdf_page_rect(w, x, w->y, width, h);
            steps_box(w, f, r, x, w->y, width);
            if (r + 1 < f->row_count && r + 1 < end)
                steps_arrow(w, x + width, w->y + h / 2);
        }
        w->y += h + 10;
        w->fresh = 0;
    }
}
