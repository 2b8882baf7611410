/* workbook.json of a template. See xlsx_plan.h. */
#include "render/xlsx_plan.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"

#define XLSX_PLAN_FILE "workbook.json"
#define XLSX_PLAN_BYTES (1 << 20)
#define XLSX_TITLE_MAX 25      /* of Excel's 31: " (12)" may follow */
#define XLSX_ROW_LIMIT 1048575 /* 2^20 rows (Excel specifications and limits), one for the head */

struct xlsx_load {
    struct json *doc;
    xlsx_reader *read;
    void *ctx;
    struct err *e;
};

/* "workbook.json: /sheets/2/title: what" */
static int xlsx_plan_fail(struct xlsx_load *l, const struct json *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int xlsx_plan_fail(struct xlsx_load *l, const struct json *at, const char *fmt, ...)
{
    char *pointer = json_pointer(l->doc, at);
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_set(l->e, "%s: %s: %s", XLSX_PLAN_FILE, pointer && *pointer ? pointer : "/", text);
    free(pointer);
    return -1;
}

/* Names that an object may have, space separated. */
static int xlsx_plan_names(struct xlsx_load *l, const struct json *o, const char *allowed)
{
    if (!json_is(o, JSON_OBJECT))
        return xlsx_plan_fail(l, o, "an object is wanted here");
    for (const struct json *m = json_first(o); m; m = json_next(m)) {
        const char *name = json_name(m);
        size_t n = strlen(name);
        int known = 0;

        for (const char *p = allowed; p && !known; p = strchr(p, ' ')) {
            p += *p == ' ';
            known = strncmp(p, name, n) == 0 && (p[n] == ' ' || p[n] == '\0');
        }
        if (!known)
            return xlsx_plan_fail(l, m, "unknown field: one of %s", allowed);
    }
    return 0;
}

/* A text field; absent is an error only when `must`. */
static int xlsx_plan_text(struct xlsx_load *l, const struct json *o, const char *name, int must, char **out)
{
    const struct json *v = json_get(o, name);

    if (!v && !must)
        return 0;
    if (!v)
        return xlsx_plan_fail(l, o, "\"%s\" is missing", name);
    if (!json_text(v))
        return xlsx_plan_fail(l, v, "a text is wanted here");
    *out = mem_copy(json_text(v));
    return 0;
}

static int xlsx_plan_number(struct xlsx_load *l, const struct json *o, const char *name, int64_t min,
                            int64_t max, int64_t *out)
{
    const struct json *v = json_get(o, name);

    if (!v)
        return 0;
    if (json_int(v, out) != 0 || *out < min || *out > max)
        return xlsx_plan_fail(l, v, "a whole number from %lld to %lld is wanted here", (long long)min,
                              (long long)max);
    return 0;
}

static int xlsx_plan_colour(struct xlsx_load *l, const struct json *o, const char *name, unsigned *out)
{
    const struct json *v = json_get(o, name);
    const char *text = json_text(v);
    char *end = NULL;

    if (!text || strlen(text) != 7 || text[0] != '#')
        return xlsx_plan_fail(l, v ? v : o, "\"%s\": a colour like \"#1B1F24\" is wanted here", name);
    *out = (unsigned)strtoul(text + 1, &end, 16);
    return *end ? xlsx_plan_fail(l, v, "a colour like \"#1B1F24\" is wanted here") : 0;
}

/* One of the words, space separated; *out gets its place. Absent: 0. */
static int xlsx_plan_word(struct xlsx_load *l, const struct json *o, const char *name, const char *words,
                          int *out)
{
    const struct json *v = json_get(o, name);
    const char *text = json_text(v);
    int at = 0;

    *out = 0;
    if (!v)
        return 0;
    for (const char *p = words; text && p; p = strchr(p, ' '), at++) {
        size_t n = strlen(text);

        p += *p == ' ';
        if (strncmp(p, text, n) == 0 && (p[n] == ' ' || p[n] == '\0')) {
            *out = at;
            return 0;
        }
    }
    return xlsx_plan_fail(l, v, "one of %s is wanted here", words);
}

static int xlsx_plan_sql(struct xlsx_load *l, const struct json *o, char **sql, char **name)
{
    struct buf text = {0};

    if (xlsx_plan_text(l, o, "sql", 0, name) != 0)
        return -1;
    if (!*name)
        return 0;
    if (l->read(l->ctx, *name, &text, l->e) != 0) {
        buf_free(&text);
        return -1;
    }
    /* one SELECT that can also stand inside another */
    while (text.len && strchr(" \t\r\n;", text.data[text.len - 1]))
        text.data[--text.len] = '\0';
    *sql = buf_take(&text);
    return 0;
}

static int xlsx_plan_column(struct xlsx_load *l, const struct json *o, struct xlsx_column *c)
{
    const struct json *link = json_get(o, "link");
    int64_t width = 0;
    int kind = 0;

    if (xlsx_plan_names(l, o, "name title about kind width link") != 0 ||
        xlsx_plan_text(l, o, "name", 1, &c->name) != 0 || xlsx_plan_text(l, o, "title", 1, &c->title) != 0 ||
        xlsx_plan_text(l, o, "about", 0, &c->about) != 0 ||
        xlsx_plan_word(l, o, "kind", "text wrap mono number status name", &kind) != 0 ||
        xlsx_plan_number(l, o, "width", 4, 120, &width) != 0)
        return -1;
    c->kind = (enum xlsx_kind)kind;
    c->width = (double)width;
    if (c->kind == XLSX_WRAP && !width)
        return xlsx_plan_fail(l, o, "a wrapped column needs a \"width\"");
    if (!link)
        return 0;
    if (xlsx_plan_names(l, link, "sheet row") != 0)
        return -1;
    return xlsx_plan_text(l, link, "sheet", 1, &c->link_sheet) != 0
               ? -1
               : xlsx_plan_text(l, link, "row", 1, &c->link_row);
}

static int xlsx_plan_columns(struct xlsx_load *l, const struct json *o, struct xlsx_column **out,
                             size_t *count)
{
    const struct json *list = json_get(o, "columns");

    if (!json_is(list, JSON_ARRAY) || !json_count(list))
        return xlsx_plan_fail(l, list ? list : o, "\"columns\": a list of columns is wanted here");
    *out = mem_zero(json_count(list), sizeof **out);
    for (const struct json *c = json_first(list); c; c = json_next(c)) {
        if (xlsx_plan_column(l, c, &(*out)[*count]) != 0) {
            (*count)++;
            return -1;
        }
        for (size_t i = 0; i < *count; i++) {
            if (strcmp((*out)[i].title, (*out)[*count].title) == 0) {
                (*count)++;
                return xlsx_plan_fail(l, c, "two columns with the title %s", (*out)[i].title);
            }
        }
        (*count)++;
    }
    return 0;
}

static int xlsx_plan_chart(struct xlsx_load *l, const struct json *o, struct xlsx_block *b)
{
    const struct json *list = json_get(o, "series");

    if (xlsx_plan_names(l, o, "title categories series") != 0 ||
        xlsx_plan_text(l, o, "title", 1, &b->chart) != 0 ||
        xlsx_plan_text(l, o, "categories", 1, &b->chart_column) != 0)
        return -1;
    if (!json_is(list, JSON_ARRAY) || !json_count(list))
        return xlsx_plan_fail(l, o, "\"series\": a list is wanted here");
    b->series = mem_zero(json_count(list), sizeof *b->series);
    for (const struct json *s = json_first(list); s; s = json_next(s)) {
        struct xlsx_series *series = &b->series[b->series_count++];

        if (xlsx_plan_names(l, s, "column colour hatched") != 0 ||
            xlsx_plan_text(l, s, "column", 1, &series->name) != 0 ||
            xlsx_plan_colour(l, s, "colour", &series->colour) != 0)
            return -1;
        series->hatched = json_true(json_get(s, "hatched"));
    }
    return 0;
}

static int xlsx_plan_block(struct xlsx_load *l, const struct json *o, struct xlsx_block *b)
{
    const struct json *chart = json_get(o, "chart");
    int kind = 0, look = 0;

    if (xlsx_plan_names(l, o, "kind look text sql columns chart empty") != 0 ||
        xlsx_plan_word(l, o, "kind", "text table words columns", &kind) != 0 ||
        xlsx_plan_word(l, o, "look", "plain title lead band warning heading", &look) != 0 ||
        xlsx_plan_text(l, o, "text", 0, &b->text) != 0 || xlsx_plan_text(l, o, "empty", 0, &b->empty) != 0 ||
        xlsx_plan_sql(l, o, &b->sql, &b->sql_name) != 0)
        return -1;
    b->kind = (enum xlsx_block_kind)kind;
    b->look = look ? (enum xlsx_look)(look - 1) : XLSX_PLAIN;
    if (b->kind == XLSX_BLOCK_TEXT && !b->text == !b->sql)
        return xlsx_plan_fail(l, o, "either \"text\" or \"sql\" is wanted");
    if (b->kind != XLSX_BLOCK_TABLE)
        return 0;
    if (!b->sql)
        return xlsx_plan_fail(l, o, "\"sql\" is missing");
    if (xlsx_plan_columns(l, o, &b->columns, &b->column_count) != 0)
        return -1;
    return chart ? xlsx_plan_chart(l, chart, b) : 0;
}

static int xlsx_plan_widths(struct xlsx_load *l, const struct json *o, struct xlsx_sheet *s)
{
    const struct json *list = json_get(o, "widths");

    if (!json_is(list, JSON_ARRAY) || !json_count(list))
        return xlsx_plan_fail(l, list ? list : o, "\"widths\": a list of numbers is wanted here");
    s->widths = mem_zero(json_count(list), sizeof *s->widths);
    for (const struct json *w = json_first(list); w; w = json_next(w)) {
        int64_t width = 0;

        if (json_int(w, &width) != 0 || width < 1 || width > 200)
            return xlsx_plan_fail(l, w, "a whole number from 1 to 200 is wanted here");
        s->widths[s->width_count++] = (double)width;
    }
    return 0;
}

static int xlsx_plan_sheet_load(struct xlsx_load *l, const struct json *o, struct xlsx_sheet *s)
{
    const struct json *blocks = json_get(o, "blocks");
    int64_t freeze = 0;

    if (xlsx_plan_names(l, o, "id title about empty sql columns blocks widths auditor freeze") != 0 ||
        xlsx_plan_text(l, o, "id", 1, &s->id) != 0 || xlsx_plan_text(l, o, "title", 1, &s->title) != 0 ||
        xlsx_plan_text(l, o, "about", 1, &s->about) != 0 ||
        xlsx_plan_text(l, o, "empty", 0, &s->empty) != 0 ||
        xlsx_plan_number(l, o, "freeze", 0, 10, &freeze) != 0 ||
        xlsx_plan_sql(l, o, &s->sql, &s->sql_name) != 0)
        return -1;
    if (strcasecmp(s->title, "History") == 0 || utf8_columns(s->title) > XLSX_TITLE_MAX)
        return xlsx_plan_fail(
            l, json_get(o, "title"),
            "a sheet's name has at most %d characters and is not History, which Excel keeps for itself",
            XLSX_TITLE_MAX);
    s->freeze = (int)freeze;
    s->auditor = json_true(json_get(o, "auditor"));
    if (s->sql)
        return xlsx_plan_columns(l, o, &s->columns, &s->column_count);
    if (!json_is(blocks, JSON_ARRAY))
        return xlsx_plan_fail(l, o, "either \"sql\" or \"blocks\" is wanted");
    if (xlsx_plan_widths(l, o, s) != 0)
        return -1;
    s->blocks = mem_zero(json_count(blocks) + 1, sizeof *s->blocks);
    for (const struct json *b = json_first(blocks); b; b = json_next(b)) {
        if (xlsx_plan_block(l, b, &s->blocks[s->block_count++]) != 0)
            return -1;
    }
    return 0;
}

static int xlsx_plan_head(struct xlsx_load *l, struct xlsx_plan *p)
{
    const struct json *fonts = json_get(l->doc, "fonts"), *colours = json_get(l->doc, "colours");
    const struct json *words = json_get(l->doc, "conclusions"), *marks = json_get(l->doc, "marks");
    int64_t tables = 20000, rows = XLSX_ROW_LIMIT;

    if (xlsx_plan_names(l, l->doc,
                        "format fonts colours paper table-limit row-limit conclusions marks sheets") != 0 ||
        xlsx_plan_names(l, fonts ? fonts : l->doc, "text mono") != 0 ||
        xlsx_plan_text(l, fonts, "text", 1, &p->font) != 0 ||
        xlsx_plan_text(l, fonts, "mono", 1, &p->mono) != 0 ||
        xlsx_plan_names(l, colours ? colours : l->doc, "ink quiet hairline band warning-band tint link") !=
            0 ||
        xlsx_plan_colour(l, colours, "ink", &p->ink) != 0 ||
        xlsx_plan_colour(l, colours, "quiet", &p->quiet) != 0 ||
        xlsx_plan_colour(l, colours, "hairline", &p->hairline) != 0 ||
        xlsx_plan_colour(l, colours, "band", &p->band) != 0 ||
        xlsx_plan_colour(l, colours, "warning-band", &p->warning_band) != 0 ||
        xlsx_plan_colour(l, colours, "tint", &p->tint) != 0 ||
        xlsx_plan_colour(l, colours, "link", &p->link) != 0 ||
        xlsx_plan_word(l, l->doc, "paper", "a4 letter", &p->letter) != 0 ||
        xlsx_plan_number(l, l->doc, "table-limit", 0, 200000, &tables) != 0 ||
        xlsx_plan_number(l, l->doc, "row-limit", 1, XLSX_ROW_LIMIT, &rows) != 0)
        return -1;
    p->table_limit = (size_t)tables;
    p->row_limit = (size_t)rows;
    p->conclusions = mem_zero(json_count(words) + 1, sizeof *p->conclusions);
    for (const struct json *w = json_first(words); w; w = json_next(w)) {
        if (!json_text(w) || strchr(json_text(w), ','))
            return xlsx_plan_fail(l, w, "a text without a comma is wanted here");
        p->conclusions[p->conclusion_count++] = mem_copy(json_text(w));
    }
    p->marks = mem_zero(json_count(marks) + 1, sizeof *p->marks);
    for (const struct json *m = json_first(marks); m; m = json_next(m)) {
        struct xlsx_mark *mark = &p->marks[p->mark_count++];

        if (xlsx_plan_names(l, m, "words mark colour about") != 0 ||
            xlsx_plan_text(l, m, "about", 0, &mark->about) != 0 ||
            xlsx_plan_text(l, m, "words", 1, &mark->words) != 0 ||
            xlsx_plan_text(l, m, "mark", 1, &mark->mark) != 0 ||
            xlsx_plan_colour(l, m, "colour", &mark->colour) != 0)
            return -1;
        if (strchr(mark->words, '"') || strchr(mark->mark, '"'))
            return xlsx_plan_fail(l, m, "no quotation marks in words and marks");
    }
    return 0;
}

/* Links go to sheets that are there and that rows stand in. */
static int xlsx_plan_links(struct xlsx_load *l, struct xlsx_plan *p)
{
    for (size_t s = 0; s < p->sheet_count; s++) {
        for (size_t c = 0; c < p->sheets[s].column_count; c++) {
            const char *to = p->sheets[s].columns[c].link_sheet;
            int at = to ? xlsx_plan_sheet(p, to) : 0;

            if (to && (at < 0 || !p->sheets[at].sql))
                return xlsx_plan_fail(l, l->doc,
                                      "sheet %s, column %s: links to %s, which is no sheet of rows",
                                      p->sheets[s].id, p->sheets[s].columns[c].name, to);
        }
    }
    return 0;
}

int xlsx_plan_load(struct xlsx_plan **out, xlsx_reader *read, void *ctx, struct err *e)
{
    struct xlsx_load l = {NULL, read, ctx, e};
    struct xlsx_plan *p = mem_zero(1, sizeof *p);
    const struct json *sheets = NULL;
    struct buf text = {0};
    int rc = -1;

    if (read(ctx, XLSX_PLAN_FILE, &text, e) != 0)
        goto out;
    if (text.len > XLSX_PLAN_BYTES || json_parse(&l.doc, buf_str(&text), text.len, e) != 0) {
        err_context(e, XLSX_PLAN_FILE);
        goto out;
    }
    if (xlsx_plan_head(&l, p) != 0)
        goto out;
    sheets = json_get(l.doc, "sheets");
    if (!json_is(sheets, JSON_ARRAY) || !json_count(sheets)) {
        xlsx_plan_fail(&l, l.doc, "\"sheets\": a list is wanted here");
        goto out;
    }
    p->sheets = mem_zero(json_count(sheets), sizeof *p->sheets);
    for (const struct json *s = json_first(sheets); s; s = json_next(s)) {
        if (xlsx_plan_sheet_load(&l, s, &p->sheets[p->sheet_count++]) != 0)
            goto out;
    }
    if (xlsx_plan_links(&l, p) != 0)
        goto out;
    *out = p;
    p = NULL;
    rc = 0;
out:
    json_free(l.doc);
    buf_free(&text);
    xlsx_plan_free(p);
    return rc;
}

static void xlsx_columns_free(struct xlsx_column *c, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(c[i].name);
        free(c[i].title);
        free(c[i].about);
        free(c[i].link_sheet);
        free(c[i].link_row);
    }
    free(c);
}

static void xlsx_block_free(struct xlsx_block *b)
{
    for (size_t i = 0; i < b->series_count; i++)
        free(b->series[i].name);
    free(b->series);
    xlsx_columns_free(b->columns, b->column_count);
    free(b->text);
    free(b->sql);
    free(b->sql_name);
    free(b->chart);
    free(b->chart_column);
    free(b->empty);
}

void xlsx_plan_free(struct xlsx_plan *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->sheet_count; i++) {
        struct xlsx_sheet *s = &p->sheets[i];

        for (size_t b = 0; b < s->block_count; b++)
            xlsx_block_free(&s->blocks[b]);
        free(s->blocks);
        free(s->widths);
        xlsx_columns_free(s->columns, s->column_count);
        free(s->id);
        free(s->title);
        free(s->about);
        free(s->empty);
        free(s->sql);
        free(s->sql_name);
    }
    for (size_t i = 0; i < p->mark_count; i++) {
        free(p->marks[i].words);
        free(p->marks[i].mark);
        free(p->marks[i].about);
    }
    for (size_t i = 0; i < p->conclusion_count; i++)
        free(p->conclusions[i]);
    free(p->conclusions);
    free(p->marks);
    free(p->sheets);
    free(p->font);
    free(p->mono);
    free(p);
}

const struct xlsx_mark *xlsx_plan_mark(const struct xlsx_plan *p, const char *words)
{
    for (size_t i = 0; i < p->mark_count; i++) {
        if (strcmp(p->marks[i].words, words) == 0)
            return &p->marks[i];
    }
    return NULL;
}

int xlsx_plan_sheet(const struct xlsx_plan *p, const char *id)
{
    for (size_t i = 0; i < p->sheet_count; i++) {
        if (strcmp(p->sheets[i].id, id) == 0)
            return (int)i;
    }
    return -1;
}
