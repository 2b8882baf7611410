/* Tables: widths from the content, rows that stay whole, a head that comes again on every page. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/pdf_block.h"

#define TABLE_GAP 9.0   /* between two columns */
#define TABLE_PAD 4.5   /* above a row's text */
#define TABLE_FOOT 4.0  /* below it */
#define TABLE_PIECE 92. /* what has no place to break may make a column this wide, not wider */
#define TABLE_KEEP 6    /* tables up to so many rows are kept on one page where they fit */

struct table_column {
    double x, width;
    double natural, least; /* of head and cells: unwrapped; the widest piece */
    struct pdf_text text;  /* of the row that is drawn */
};
struct table_work {
    const struct doc_table *t;
    struct table_column *columns;
    int head; /* there are titles */
    double head_height;
};

static double table_max(double a, double b)
{
    return a > b ? a : b;
}

static struct pdf_type table_head_type(const struct pdf_work *w)
{
    struct pdf_type type = pdf_type_small(w);

    type.bold = 1;
    return type;
}

static void table_measure(struct table_work *k, struct pdf_work *w)
{
    struct pdf_type head = table_head_type(w), cell = pdf_type_cell(w);
    struct pdf_text t = {0};

    for (size_t c = 0; c < k->t->column_count; c++) {
        struct table_column *m = &k->columns[c];
        const char *title = k->t->columns[c].title;

        k->head |= title && *title;
        pdf_text_plain(&t, w, title ? title : "", &head);
        m->least = pdf_text_least(&t);
        m->natural = table_max(m->least, pdf_text_natural(&t) * 0.6); /* a title may take two lines */
        for (size_t r = 0; r < k->t->row_count; r++) {
            double piece = 0;

            pdf_text_set(&t, w, &k->t->cells[r * k->t->column_count + c].text, &cell);
            piece = pdf_text_least(&t);
            m->least = table_max(m->least, piece < TABLE_PIECE ? piece : TABLE_PIECE);
            m->natural = table_max(m->natural, pdf_text_natural(&t));
        }
        if (m->least > m->natural)
            m->natural = m->least;
    }
    pdf_text_free(&t);
}

/* Columns with a weight share what the others leave. What is too wide gives way by how much it wants beyond
 * its least; what is left over goes to the columns of text. */
static void table_widths(struct table_work *k, double whole)
{
    size_t n = k->t->column_count;
    double room = whole - TABLE_GAP * (double)(n - 1), least = 0, want = 0, weights = 0, others = 0, x = 0;

    for (size_t c = 0; c < n; c++) {
        struct table_column *m = &k->columns[c];

        if (m->natural > room * 0.62 && n > 1)
            m->natural = table_max(m->least, room * 0.62);
        weights += k->t->columns[c].weight;
        others += k->t->columns[c].weight > 0 ? 0 : m->natural;
    }
    for (size_t c = 0; c < n; c++) { /* a weight is a wish for that share of what the others leave */
        struct table_column *m = &k->columns[c];

        if (k->t->columns[c].weight > 0)
            m->natural = table_max(m->least, (room - others) * k->t->columns[c].weight / weights);
        least += m->least;
        want += m->natural;
    }
    if (want <= room) {
        double text = 0, spare = room - want;

        for (size_t c = 0; c < n; c++)
            text += k->t->columns[c].right ? 0 : k->columns[c].natural;
        for (size_t c = 0; c < n; c++) {
            struct table_column *m = &k->columns[c];

            m->width = m->natural;
            if (text > 0 && !k->t->columns[c].right)
                m->width += spare * m->natural / text;
        }
    } else {
        for (size_t c = 0; c < n; c++) {
            struct table_column *m = &k->columns[c];

            if (least >= room)
                m->width = m->least * room / least; /* words are broken */
            else
                m->width = m->least + (room - least) * (m->natural - m->least) / (want - least);
        }
    }
    for (size_t c = 0; c < n; c++) {
        k->columns[c].x = x;
        x += k->columns[c].width + TABLE_GAP;
    }
}

static double table_head_height(struct table_work *k, struct pdf_work *w)
{
    struct pdf_type type = table_head_type(w);
    double h = 0;

    for (size_t c = 0; k->head && c < k->t->column_count; c++) {
        struct pdf_text *t = &k->columns[c].text;

        pdf_text_plain(t, w, k->t->columns[c].title ? k->t->columns[c].title : "", &type);
        pdf_text_wrap(t, k->columns[c].width);
        h = table_max(h, t->height);
    }
    return k->head ? h + 4 + TABLE_FOOT : 0;
}

static void table_head(struct table_work *k, struct pdf_work *w)
{
    struct pdf_type type = table_head_type(w);

    if (k->head) {
        for (size_t c = 0; c < k->t->column_count; c++) { /* titles stand on the rule */
            struct pdf_text *t = &k->columns[c].text;

            pdf_text_plain(t, w, k->t->columns[c].title ? k->t->columns[c].title : "", &type);
            pdf_text_wrap(t, k->columns[c].width);
            pdf_text_draw(t, w, w->x + k->columns[c].x, w->y + k->head_height - TABLE_FOOT - t->height,
                          k->columns[c].width, k->t->columns[c].right ? 1 : 0, 0, t->row_count);
        }
        w->y += k->head_height;
        pdf_page_stroke(w, w->doc->colours.ink, 1);
        pdf_page_rule(w, w->x, w->y, w->x + w->width, w->y);
    }
    w->fresh = 0;
}

static double table_row_set(struct table_work *k, struct pdf_work *w, size_t row)
{
    struct pdf_type type = pdf_type_cell(w);
    double h = 0;

    for (size_t c = 0; c < k->t->column_count; c++) {
        struct pdf_text *t = &k->columns[c].text;

        pdf_text_set(t, w, &k->t->cells[row * k->t->column_count + c].text, &type);
        pdf_text_wrap(t, k->columns[c].width);
        h = table_max(h, t->height);
    }
    return h + TABLE_PAD + TABLE_FOOT;
}

static void table_again(struct table_work *k, struct pdf_work *w)
{
    struct pdf_type type = pdf_type_small(w);

    pdf_page_new(w);
    w->y += pdf_text_put(w, "continued", &type, w->x, w->y, w->width, 0);
    w->fresh = 0;
    table_head(k, w);
}

/* The lines of each cell from `from` on that fit into the room; returns the height they take. */
static double table_slice(const struct table_work *k, const size_t *from, size_t *to, double room)
{
    double most = 0;

    for (size_t c = 0; c < k->t->column_count; c++) {
        const struct pdf_text *t = &k->columns[c].text;
        double h = 0;

        for (to[c] = from[c]; to[c] < t->row_count && h + t->rows[to[c]].leading <= room + 0.01; to[c]++)
            h += t->rows[to[c]].leading;
        most = table_max(most, h);
    }
    return most;
}

static int table_rest(const struct table_work *k, const size_t *from)
{
    for (size_t c = 0; c < k->t->column_count; c++)
        if (from[c] < k->columns[c].text.row_count)
            return 1;
    return 0;
}

static void table_row(struct table_work *k, struct pdf_work *w, size_t row)
{
    double h = table_row_set(k, w, row), whole = pdf_page_whole(w) - k->head_height - 11;
    size_t *from = NULL, *to = NULL, n = k->t->column_count;

    if (h > pdf_page_room(w) + 0.01 && (h <= whole || pdf_page_room(w) < 80)) {
        table_again(k, w);
        table_row_set(k, w, row); /* the head used the cells */
    }
    if (k->t->anchors)
        pdf_page_target(w, k->t->anchors[row], w->y);
    from = mem_zero(2 * n, sizeof *from);
    to = from + n;
    while (!w->failed && table_rest(k, from)) { /* once, unless the row is taller than a page */
        double used = table_slice(k, from, to, pdf_page_room(w) - TABLE_PAD - TABLE_FOOT);

        for (size_t c = 0; c < n; c++)
            pdf_text_draw(&k->columns[c].text, w, w->x + k->columns[c].x, w->y + TABLE_PAD,
                          k->columns[c].width, k->t->columns[c].right ? 1 : 0, from[c], to[c]);
        memcpy(from, to, n * sizeof *from);
        w->y += TABLE_PAD + used + TABLE_FOOT;
        if (table_rest(k, from)) {
            table_again(k, w);
            table_row_set(k, w, row);
        }
    }
    free(from);
    pdf_page_stroke(w, w->doc->colours.hairline, 0.6);
    pdf_page_rule(w, w->x, w->y, w->x + w->width, w->y);
    w->fresh = 0;
}

static void table_begin(struct table_work *k, struct pdf_work *w, const struct doc_table *t)
{
    k->t = t;
    k->columns = mem_zero(t->column_count, sizeof *k->columns);
    table_measure(k, w);
    table_widths(k, w->width);
    k->head_height = table_head_height(k, w);
}

static void table_end(struct table_work *k)
{
    for (size_t c = 0; c < k->t->column_count; c++)
        pdf_text_free(&k->columns[c].text);
    free(k->columns);
}

/* Head and as many rows as shall not be parted from it. */
static double table_together(struct table_work *k, struct pdf_work *w)
{
    size_t rows = k->t->row_count <= TABLE_KEEP ? k->t->row_count : 2;
    double first = 0, h = 0;

    for (size_t r = 0; r < rows; r++) {
        h += table_row_set(k, w, r);
        if (r == 0)
            first = h;
    }
    return k->head_height + (h < pdf_page_whole(w) * 0.4 ? h : first);
}

void pdf_table(struct pdf_work *w, const struct doc_table *t)
{
    struct table_work k = {0};

    if (t->row_count == 0 || t->column_count == 0) {
        struct pdf_type type = pdf_type_text(w);

        type.colour = w->doc->colours.quiet;
        pdf_page_need(w, 14);
        w->y += pdf_text_put(w, t->empty ? t->empty : "None.", &type, w->x, w->y, w->width, 0);
        pdf_block_gap(w, 5);
        w->fresh = 0;
        return;
    }
    table_begin(&k, w, t);
    pdf_page_need(w, table_together(&k, w) + 2);
    table_head(&k, w);
    for (size_t r = 0; r < t->row_count && !w->failed; r++)
        table_row(&k, w, r);
    pdf_note(w, t->more);
    pdf_block_gap(w, 8);
    table_end(&k);
}

double pdf_table_start(struct pdf_work *w, const struct doc_table *t)
{
    struct table_work k = {0};
    double h = 14;

    if (t->row_count == 0 || t->column_count == 0)
        return h;
    table_begin(&k, w, t);
    h = table_together(&k, w);
    table_end(&k);
    return h;
}
