#include "report/template.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "lib/json.h"
#include "lib/picture.h"
#include "report/build.h"

/* Row limit of a table that says nothing itself. */
#define TEMPLATE_LIMIT 200

/* What a template may set besides its blocks; "values" and "names" are SELECTs. */
#define TEMPLATE_MEMBERS                                                                                     \
    "format title subject author language page colours logo limit values names head-left foot-left "         \
    "foot-middle created "                                                                                   \
    "blocks"

static int template_page(struct build *b, struct err *e)
{
    static const struct {
        const char *name;
        double width, height; /* points */
    } pages[] = {{"a4", 595, 842}, {"letter", 612, 792}};
    const struct json *page = json_get(b->root, "page");
    const char *word = page ? json_text(page) : "a4";

    b->at = page;
    for (size_t i = 0; word && i < sizeof pages / sizeof pages[0]; i++)
        if (strcmp(pages[i].name, word) == 0) {
            b->doc->page_width = pages[i].width;
            b->doc->page_height = pages[i].height;
            return 0;
        }
    return err_set(e, "\"page\" is a4 or letter");
}

static int template_colour(struct build *b, const struct json *value, unsigned *out, struct err *e)
{
    const char *text = json_text(value);

    b->at = value;
    if (!text || text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
        return err_set(e, "a colour is written #RRGGBB");
    *out = (unsigned)strtoul(text + 1, NULL, 16);
    return 0;
}

static int template_colours(struct build *b, struct err *e)
{
    struct doc_colours *c = &b->doc->colours;
    const struct {
        const char *name;
        unsigned *at, shipped;
    } colours[] = {
        {"ink", &c->ink, 0x1B1F24},
        {"quiet", &c->quiet, 0x5B6470},
        {"hairline", &c->hairline, 0xD5DAE0},
        {"band", &c->band, 0xF3F5F7},
        {"warning-band", &c->warning_band, 0xFBF6EC},
        {"pass", &c->pass, 0x1F7A4D},
        {"fail", &c->fail, 0xB3261E},
        {"not-assessed", &c->not_assessed, 0x8A5A00},
        {"not-applicable", &c->not_applicable, 0x5B6470},
        {"attested", &c->attested, 0x3B5BA5},
    };
    const struct json *given = json_get(b->root, "colours");
    size_t used = 0;

    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++) {
        const struct json *v = json_get(given, colours[i].name);

        *colours[i].at = colours[i].shipped;
        used += v != NULL;
        if (v && template_colour(b, v, colours[i].at, e) != 0)
            return -1;
    }
    b->at = given;
    if (given && used != json_count(given))
        return err_set(
            e, "colours: known are ink, quiet, hairline, band, warning-band, pass, fail, not-assessed, "
               "not-applicable, attested");
    return 0;
}

static int template_logo(struct build *b, struct err *e)
{
    const struct json *logo = json_get(b->root, "logo");
    struct buf bytes = {0};
    int rc = -1;

    if (!logo)
        return 0;
    b->at = logo;
    if (!json_text(logo))
        return err_set(e, "\"logo\" is the name of a PNG file of the template");
    if (source_read(b->source, json_text(logo), &bytes, e) == 0 &&
        picture_clean(buf_str(&bytes), bytes.len, &b->doc->logo_png, &b->doc->logo_size, e) == 0)
        rc = 0;
    buf_free(&bytes);
    return rc;
}

static int template_name_compare(const void *a, const void *b)
{
    return strcasecmp(((const struct build_name *)a)->id, ((const struct build_name *)b)->id);
}

/* "names": a SELECT of ids and what people call them (subscriptions), for cells that show a resource. */
static int template_names(struct build *b, struct err *e)
{
    const struct json *file = json_get(b->root, "names");
    struct db_stmt *s = NULL;
    int got = 0;

    if (!file)
        return 0;
    if (build_select(b, file, &s, e) != 0)
        return -1;
    while ((got = build_step(b, file, s, e)) == 1) {
        if ((b->name_count & (b->name_count - 1)) == 0)
            b->names = mem_grow(b->names, b->name_count ? b->name_count * 2 : 1, sizeof *b->names);
        b->names[b->name_count].id = mem_copy(db_text(s, 0) ? db_text(s, 0) : "");
        b->names[b->name_count++].name = mem_copy(db_text(s, 1) ? db_text(s, 1) : "");
    }
    db_free(s);
    if (b->name_count)
        qsort(b->names, b->name_count, sizeof *b->names, template_name_compare);
    return got;
}

/* "values": one row; its columns are known everywhere in the template. */
static int template_values(struct build *b, struct values *out, struct err *e)
{
    const struct json *file = json_get(b->root, "values");
    struct db_stmt *s = NULL;
    int got = 0;

    if (!file)
        return 0;
    if (build_select(b, file, &s, e) != 0)
        return -1;
    got = build_step(b, file, s, e);
    if (got == 1)
        values_read(out, s);
    else if (got == 0)
        got = err_set(e, "%s: \"values\" gave no row", json_text(file));
    db_free(s);
    return got == 1 ? 0 : -1;
}

static int template_properties(struct build *b, struct err *e)
{
    struct doc *d = b->doc;
    const struct {
        const char *name;
        char **at;
    } texts[] = {
        {"title", &d->title},
        {"subject", &d->subject},
        {"author", &d->author},
        {"language", &d->language},
        {"head-left", &d->head_left},
        {"foot-left", &d->foot_left},
        {"foot-middle", &d->foot_middle},
        {"created", &d->created},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct json *v = json_get(b->root, texts[i].name);

        if (!v)
            *texts[i].at = mem_copy("");
        else if (build_plain(b, v, texts[i].at, e) != 0)
            return -1;
    }
    return 0;
}

static int template_head(struct build *b, struct values *values, struct err *e)
{
    int64_t format = 0;

    if (build_members(b, b->root, TEMPLATE_MEMBERS, e) != 0)
        return -1;
    b->at = json_get(b->root, "format");
    if (json_int(b->at, &format) != 0 || format != 1)
        return err_set(e, "\"format\" is 1");
    if (build_number(b, b->root, "limit", TEMPLATE_LIMIT, &b->limit, e) != 0 || template_page(b, e) != 0 ||
        template_colours(b, e) != 0 || template_logo(b, e) != 0 || template_names(b, e) != 0 ||
        template_values(b, values, e) != 0)
        return -1;
    b->values = values;
    return template_properties(b, e);
}

/* ---- links that lead nowhere (rows beyond a limit) become plain text */

struct template_anchors {
    const char **names;
    size_t count;
};

static void template_anchor(struct template_anchors *a, const char *name)
{
    if (!name || !*name)
        return;
    if ((a->count & (a->count - 1)) == 0)
        a->names = mem_grow(a->names, a->count ? a->count * 2 : 1, sizeof *a->names);
    a->names[a->count++] = name;
}

static void template_find_anchors(struct template_anchors *a, struct doc_block **blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct doc_block *d = blocks[i];

        template_anchor(a, d->anchor);
        for (size_t r = 0; d->table.anchors && r < d->table.row_count; r++)
            template_anchor(a, d->table.anchors[r]);
        template_find_anchors(a, d->children, d->child_count);
    }
}

static int template_anchor_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int template_leads(const struct template_anchors *a, const char *link)
{
    const char *name = link + 1;

    return link[0] != '#' ||
           (a->count && bsearch(&name, a->names, a->count, sizeof *a->names, template_anchor_compare));
}

static void template_cut_text(const struct template_anchors *a, struct doc_text *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->runs[i].link && !template_leads(a, t->runs[i].link)) {
            free(t->runs[i].link);
            t->runs[i].link = NULL;
        }
}

static void template_cut_figure(const struct template_anchors *a, struct doc_figure *f)
{
    for (size_t i = 0; i < f->name_count; i++)
        for (size_t r = 0; strcmp(f->names[i], "link") == 0 && r < f->row_count; r++) {
            char **link = &f->values[r * f->name_count + i];

            if (*link && !template_leads(a, *link)) {
                free(*link);
                *link = NULL;
            }
        }
}

static void template_cut_links(const struct template_anchors *a, struct doc_block **blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct doc_block *d = blocks[i];

        template_cut_text(a, &d->text);
        for (size_t c = 0; c < d->table.row_count * d->table.column_count; c++)
            template_cut_text(a, &d->table.cells[c].text);
        template_cut_figure(a, &d->figure);
        template_cut_links(a, d->children, d->child_count);
    }
}

static void template_mend_links(struct doc *d)
{
    struct template_anchors a = {0};

    template_find_anchors(&a, d->blocks, d->block_count);
    if (a.count)
        qsort(a.names, a.count, sizeof *a.names, template_anchor_compare);
    template_cut_links(&a, d->blocks, d->block_count);
    free(a.names);
}

static int template_run(struct build *b, struct err *e)
{
    struct values values = {0};
    int rc = -1;

    if (template_head(b, &values, e) == 0 && build_blocks(b, json_get(b->root, "blocks"), e) == 0)
        rc = 0;
    values_clear(&values);
    for (size_t i = 0; i < b->name_count; i++) {
        free(b->names[i].id);
        free(b->names[i].name);
    }
    free(b->names);
    return rc;
}

int template_build(struct db *facts, const char *name_or_dir, const struct report_options *o,
                   struct doc **out, struct err *e)
{
    struct source source = {0};
    struct build b = {.facts = facts, .source = &source};
    struct buf text = {0};
    struct json *root = NULL;
    char *where = NULL;
    int rc = -1;

    if (source_open(&source, name_or_dir, e) != 0)
        return -1;
    if (source_read(&source, "template.json", &text, e) != 0)
        goto out;
    if (json_parse(&root, buf_str(&text), text.len, e) != 0) {
        err_context(e, "%s/template.json", source.name);
        goto out;
    }
    if (report_options_bind(facts, o, e) != 0 || db_confine(facts, 0, e) != 0)
        goto out;
    b.root = b.at = root;
    b.doc = doc_new();
    b.doc->will_sign = o->will_sign;
    rc = template_run(&b, e);
    db_unconfine(facts);
    if (rc != 0) {
        where = b.at ? json_pointer(root, b.at) : NULL;
        err_context(e, "%s/template.json: %s", source.name, where && *where ? where : "/");
        goto out;
    }
    template_mend_links(b.doc);
    *out = b.doc;
    b.doc = NULL;
out:
    doc_free(b.doc);
    json_free(root);
    buf_free(&text);
    free(where);
    return rc;
}
