/* The age of keys: a bar per key on one axis of time, version after version up to the snapshot; hatched
 * beyond the cryptoperiod, a tick where it ends, a ring where a version was taken up, a diamond where the key
 * expires.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "render/pdf_block.h"
#include "report/figure.h"

#define LINE_BARS 132.0 /* from the left edge to the axis */
#define LINE_HEIGHT 9.0
#define LINE_DAY 86400.0
#define LINE_YEARS 3.0      /* what is older lies left of the axis */
#define LINE_OLDER 0x9fb8ac /* a version that is not the newest */

struct line_axis {
    double from, to; /* seconds since 1970 */
    double x, width;
};

static const char *line_value(const struct doc_figure *f, size_t row, const char *name)
{
    const char *v = figure_value(f, row, name);

    return v ? v : "";
}

static double line_time(const struct doc_figure *f, size_t row, const char *name) /* NAN: none */
{
    const char *v = figure_value(f, row, name);
    char *end = NULL;
    double t = v ? strtod(v, &end) : NAN;

    return v && end != v && t > 0 && t < 4e9 ? t : NAN;
}

/* The next of the times in a list, numbers with spaces between; NAN behind the last. */
static double line_next(const char **list)
{
    char *end = NULL;
    double t = strtod(*list, &end);

    if (end == *list)
        return NAN;
    *list = end;
    return t;
}

static double line_x(const struct line_axis *a, double t)
{
    double at = (t - a->from) / (a->to - a->from);

    return a->x + a->width * (at < 0 ? 0 : at > 1 ? 1 : at);
}

static struct line_axis line_axis(const struct pdf_work *w, const struct doc_figure *f)
{
    struct line_axis a = {INFINITY, -INFINITY, w->x + LINE_BARS, w->width - LINE_BARS};
    double now = -INFINITY;

    for (size_t r = 0; r < f->row_count; r++) {
        double start = line_time(f, r, "start"), end = line_time(f, r, "now"),
               limit = line_time(f, r, "limit");
        double expires = line_time(f, r, "expires");
        const char *earlier = line_value(f, r, "earlier");
        double first = line_next(&earlier);

        a.from = start < a.from ? start : a.from;
        a.from = first < a.from ? first : a.from;
        now = end > now ? end : now;
        a.to = limit > a.to ? limit : a.to;
        a.to = expires > a.to ? expires : a.to;
    }
    a.to = now > a.to ? now : a.to;
    if (a.from < now - LINE_YEARS * 365 * LINE_DAY)
        a.from = now - LINE_YEARS * 365 * LINE_DAY;
    if (!isfinite(a.from) || !isfinite(now)) {
        a.from = 0;
        a.to = LINE_DAY;
    } else if (a.to > now + (now - a.from)) { /* a date far away does not press the bars together */
        a.to = now + (now - a.from);
    }
    a.to += (a.to - a.from) * 0.02;
    if (a.to - a.from < 30 * LINE_DAY)
        a.from = a.to - 30 * LINE_DAY;
    return a;
}

/* Ticks at the first of a month, so many months apart that at most eight stand on the axis. */
static void line_grid(struct pdf_work *w, const struct line_axis *a, double top, double bottom)
{
    static const char *names[] = {"January", "February", "March",     "April",   "May",      "June",
                                  "July",    "August",   "September", "October", "November", "December"};
    static const int steps[] = {1, 2, 3, 6, 12, 24, 60, 120};
    struct pdf_type small = pdf_type_small(w);
    double months = (a->to - a->from) / (30.44 * LINE_DAY);
    char text[64], label[32];
    int step = 1, year = 0, month = 0;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && months / (step = steps[i]) > 7; i++)
        ;
    clock_text((int64_t)a->from, text);
    sscanf(text, "%d-%d", &year, &month);
    for (month -= (month - 1) % (step < 12 ? step : 12);; month += step) {
        int64_t t = 0;

        while (month > 12) {
            month -= 12;
            year++;
        }
        if (step > 12 && (year % (step / 12)) != 0 && month == 1) {
            month += 12 - step;
            continue;
        }
        snprintf(text, sizeof text, "%04d-%02d-01T00:00:00Z", year % 10000, month);
        if (clock_read(text, &t, NULL) != 0 || (double)t > a->to)
            return;
        if ((double)t < a->from)
            continue;
        if (line_x(a, (double)t) > a->x + a->width - 38)
            continue;
        pdf_page_stroke(w, w->doc->colours.hairline, 0.6);
        pdf_page_rule(w, line_x(a, (double)t), top, line_x(a, (double)t), bottom);
        if (step < 12 && month != 1)
            snprintf(label, sizeof label, "%.9s", months > 14 ? "" : names[month - 1]);
        else
            snprintf(label, sizeof label, "%d", year);
        if (label[0] == '\0')
            snprintf(label, sizeof label, "%.3s", names[month - 1]);
        pdf_text_put(w, label, &small, line_x(a, (double)t) + 2, bottom + 1, 0, 0);
    }
}

/* Versions before the one in use, each up to the next. */
static void line_earlier(struct pdf_work *w, const struct doc_figure *f, size_t row,
                         const struct line_axis *a, double y, double start)
{
    const char *list = line_value(f, row, "earlier");
    double at = line_next(&list);

    pdf_page_fill(w, LINE_OLDER);
    while (!isnan(at)) {
        double next = line_next(&list), x = line_x(a, at), to = line_x(a, isnan(next) ? start : next) - 1;

        if (to > x)
            pdf_page_rect(w, x, y, to - x, LINE_HEIGHT);
        at = next;
    }
}

static void line_signs(struct pdf_work *w, const struct doc_figure *f, size_t row, const struct line_axis *a,
                       double y)
{
    const struct doc_colours *c = &w->doc->colours;
    double limit = line_time(f, row, "limit"), expires = line_time(f, row, "expires"),
           adopted = line_time(f, row, "adopted"), middle = y + LINE_HEIGHT / 2;

    if (limit <= a->to && limit > a->from) {
        pdf_page_stroke(w, limit < line_time(f, row, "now") ? c->fail : c->ink, 1.2);
        pdf_page_rule(w, line_x(a, limit), y - 3, line_x(a, limit), y + LINE_HEIGHT + 3);
    }
    if (adopted <= a->to && adopted > a->from) {
        pdf_page_fill(w, 0xffffff);
        pdf_page_disc(w, line_x(a, adopted), middle, 2.6);
        pdf_page_stroke(w, c->ink, 1);
        pdf_page_ring(w, line_x(a, adopted), middle, 2.6);
    }
    if (expires <= a->to && expires > a->from) {
        const double x = line_x(a, expires), r = 3.4;
        const double diamond[4][2] = {{x, middle - r}, {x + r, middle}, {x, middle + r}, {x - r, middle}};

        pdf_page_stroke(w, c->ink, 0.9);
        pdf_page_path(w, diamond, 4, 1);
    }
}

static void line_bar(struct pdf_work *w, const struct doc_figure *f, size_t row, const struct line_axis *a,
                     double y)
{
    const struct doc_colours *c = &w->doc->colours;
    double start = line_time(f, row, "start"), now = line_time(f, row, "now"),
           limit = line_time(f, row, "limit"), solid = now;
    enum verdict v = verdict_read(figure_value(f, row, "status"));
    int newest = isnan(line_time(f, row, "newer"));

    if (isnan(start) || isnan(now) || start > now) {
        pdf_page_stroke(w, c->not_applicable, 0.7);
        pdf_page_rule(w, a->x, y + LINE_HEIGHT / 2, a->x + 12, y + LINE_HEIGHT / 2);
        return;
    }
    line_earlier(w, f, row, a, y, start);
    if (limit < now)
        solid = limit > start ? limit : start;
    pdf_page_fill(w, !newest ? LINE_OLDER : v == VERDICT_NOT_ASSESSED ? c->not_applicable : c->pass);
    pdf_page_rect(w, line_x(a, start), y, line_x(a, solid) - line_x(a, start), LINE_HEIGHT);
    if (solid < now) {
        double x = line_x(a, solid), width = line_x(a, now) - x;

        pdf_page_stroke(w, c->fail, 0.9);
        pdf_page_hatch(w, x, y, width, LINE_HEIGHT);
        pdf_page_frame(w, x + 0.4, y + 0.4, width > 1 ? width - 0.8 : 0.2, LINE_HEIGHT - 0.8);
    }
    line_signs(w, f, row, a, y);
}

/* Under the bar's beginning, moved left where it would not fit; the grid does not run through it. */
static void line_words(struct pdf_work *w, const struct doc_figure *f, size_t row, const struct line_axis *a,
                       double y)
{
    struct pdf_type small = pdf_type_small(w);
    struct pdf_text t = {0};
    double start = line_time(f, row, "start"), x = isnan(start) ? a->x : line_x(a, start), width = 0;

    pdf_text_plain(&t, w, line_value(f, row, "words"), &small);
    pdf_text_wrap(&t, a->width);
    for (size_t i = 0; i < t.row_count; i++)
        width = t.rows[i].width > width ? t.rows[i].width : width;
    if (x + width > a->x + a->width)
        x = a->x + a->width - width;
    if (t.count) {
        pdf_page_fill(w, 0xffffff);
        pdf_page_rect(w, x - 1, y + 1, width + 2, t.height - 2);
        pdf_text_draw(&t, w, x, y, width, 0, 0, t.row_count);
    }
    pdf_text_free(&t);
}

/* Rows of one page share their grid: it is drawn first, under the bars. */
static size_t line_page(struct pdf_work *w, const struct doc_figure *f, size_t first,
                        const struct line_axis *a)
{
    struct pdf_type cell = pdf_type_cell(w), small = pdf_type_small(w);
    double heights[64], room = pdf_page_room(w) - 20, h = 0, top = 0;
    size_t n = 0;

    for (; first + n < f->row_count && n < 64; n++) {
        struct pdf_text name = {0}, detail = {0}, words = {0};
        double left = 0, right = 0;

        pdf_text_plain(&name, w, line_value(f, first + n, "key"), &cell);
        pdf_text_wrap(&name, LINE_BARS - 10);
        pdf_text_plain(&detail, w, line_value(f, first + n, "detail"), &small);
        pdf_text_wrap(&detail, LINE_BARS - 10);
        pdf_text_plain(&words, w, line_value(f, first + n, "words"), &small);
        pdf_text_wrap(&words, a->width);
        left = name.height + (detail.count ? detail.height : 0);
        right = LINE_HEIGHT + 4 + (words.count ? words.height : 0);
        heights[n] = (left > right ? left : right) + 9;
        pdf_text_free(&name);
        pdf_text_free(&detail);
        pdf_text_free(&words);
        if (h + heights[n] > room && n > 0)
            break;
        h += heights[n];
    }
    top = w->y;
    line_grid(w, a, top, top + h);
    for (size_t r = first; r < first + n; r++) {
        double y = w->y + 3;

        y += pdf_text_put(w, line_value(f, r, "key"), &cell, w->x, y, LINE_BARS - 10, 0);
        if (*line_value(f, r, "detail"))
            pdf_text_put(w, line_value(f, r, "detail"), &small, w->x, y, LINE_BARS - 10, 0);
        line_bar(w, f, r, a, w->y + 4.5);
        line_words(w, f, r, a, w->y + LINE_HEIGHT + 6.5);
        w->y += heights[r - first];
        w->fresh = 0;
    }
    w->y += 16;
    return first + n;
}

void pdf_timeline(struct pdf_work *w, const struct doc_figure *f)
{
    struct line_axis a = line_axis(w, f);

    w->y += w->fresh ? 0 : 6;
    pdf_page_need(w, 90);
    for (size_t r = 0; r < f->row_count && !w->failed;) {
        r = line_page(w, f, r, &a);
        if (r < f->row_count)
            pdf_page_new(w);
    }
    pdf_note(
        w,
        "Bar: the versions of the key, the last one the version in use, up to the snapshot; dark: it is the "
        "newest. Ring: the disk encryption set took it up. Tick: the end of the cryptoperiod. Diamond: the "
        "key expires. Hatched: beyond the cryptoperiod.");
}
