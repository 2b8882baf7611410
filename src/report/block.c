/* The kinds of blocks that template.json may hold, one row each in build_kinds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "report/build.h"
#include "report/markup.h"

struct doc_block *build_add(struct build *b, enum doc_kind kind)
{
    return b->parent ? doc_child(b->parent, kind) : doc_add(b->doc, kind);
}

int build_members(struct build *b, const struct json *object, const char *known, struct err *e)
{
    b->at = object;
    if (!json_is(object, JSON_OBJECT))
        return err_set(e, "an object is wanted here");
    for (const struct json *m = json_first(object); m; m = json_next(m)) {
        const char *name = json_name(m), *p = known;
        size_t n = strlen(name);
        int found = 0;

        while (*p && !found) {
            size_t k = strcspn(p, " ");

            found = k == n && memcmp(p, name, n) == 0;
            p += k + (p[k] == ' ');
        }
        if (!found) {
            b->at = m;
            return err_set(e, "\"%s\" is not known here: known are %s", name, known);
        }
    }
    return 0;
}

int build_number(struct build *b, const struct json *object, const char *name, int64_t missing, int64_t *out,
                 struct err *e)
{
    const struct json *v = json_get(object, name);

    *out = missing;
    if (!v)
        return 0;
    b->at = v;
    if (json_int(v, out) != 0 || *out < 0 || *out > 100000)
        return err_set(e, "\"%s\" is a whole number from 0 to 100000", name);
    return 0;
}

static int build_condition(struct build *b, const struct json *name, struct err *e)
{
    const char *word = json_text(name);
    const struct value *x = word ? values_find(b->values, word, strlen(word)) : NULL;

    b->at = name;
    if (!x)
        return err_set(e, "there is no column \"%s\" here", word ? word : "");
    return x->text && *x->text && strcmp(x->text, "0") != 0;
}

int build_wanted(struct build *b, const struct json *object, struct err *e)
{
    const struct json *yes = json_get(object, "if"), *no = json_get(object, "unless");
    int rc = 1;

    if (yes && (rc = build_condition(b, yes, e)) != 1)
        return rc;
    if (no && (rc = build_condition(b, no, e)) >= 0)
        rc = !rc;
    return rc;
}

int build_text(struct build *b, const struct json *value, char **out, struct err *e)
{
    struct buf text = {0};

    b->at = value;
    if (json_text(value)) {
        *out = mem_copy(json_text(value));
        return 0;
    }
    if (!json_is(value, JSON_ARRAY))
        return err_set(e, "a text is wanted here, or an array of texts");
    for (const struct json *line = json_first(value); line; line = json_next(line)) {
        if (!json_text(line)) {
            buf_free(&text);
            return err_set(e, "a text is wanted here, or an array of texts");
        }
        if (text.len && text.data[text.len - 1] != '\n')
            buf_char(&text, ' ');
        buf_text(&text, json_text(line));
    }
    *out = buf_take(&text);
    return 0;
}

int build_runs(struct build *b, const struct json *value, struct doc_text *out, struct err *e)
{
    char *text = NULL;
    int rc = 0;

    if (build_text(b, value, &text, e) != 0)
        return -1;
    rc = markup_runs(out, text, b->values, e);
    free(text);
    return rc;
}

int build_plain(struct build *b, const struct json *value, char **out, struct err *e)
{
    struct buf plain = {0};
    char *text = NULL;
    int rc = 0;

    if (build_text(b, value, &text, e) != 0)
        return -1;
    rc = markup_plain(&plain, text, b->values, e);
    free(text);
    if (rc == 0)
        *out = buf_take(&plain);
    buf_free(&plain);
    return rc;
}

int build_select(struct build *b, const struct json *file, struct db_stmt **out, struct err *e)
{
    struct buf sql = {0};
    int rc = -1;

    b->at = file ? file : b->at;
    if (!json_text(file))
        return err_set(e, "the name of a .sql file of the template is wanted here");
    if (source_read(b->source, json_text(file), &sql, e) != 0)
        goto out;
    if (db_prepare(b->facts, out, buf_str(&sql), e) != 0 || values_bind(b->values, *out, e) != 0) {
        err_context(e, "%s", json_text(file));
        goto out;
    }
    rc = 0;
out:
    buf_free(&sql);
    return rc;
}

int build_step(struct build *b, const struct json *file, struct db_stmt *s, struct err *e)
{
    int got = db_step(s, e);

    if (got < 0) {
        b->at = file;
        err_context(e, "%s", json_text(file));
    }
    return got;
}

int build_more(struct build *b, const struct json *text, int64_t shown, int64_t total, char **out,
               struct err *e)
{
    char number[3][24] = {{0}};
    char names[3][8] = {"more", "shown", "total"};
    struct value items[] = {{names[0], number[0], 1}, {names[1], number[1], 1}, {names[2], number[2], 1}};
    struct values v = {b->values, items, 3};
    const struct values *outer = b->values;
    int rc = 0;

    if (total <= shown)
        return 0;
    snprintf(number[0], sizeof number[0], "%lld", (long long)(total - shown));
    snprintf(number[1], sizeof number[1], "%lld", (long long)shown);
    snprintf(number[2], sizeof number[2], "%lld", (long long)total);
    if (!text) {
        *out = mem_print("and %s more: data/facts.db and the workbook hold all %s", number[0], number[2]);
        return 0;
    }
    b->values = &v;
    rc = build_plain(b, text, out, e);
    b->values = outer;
    return rc;
}

/* ---- kinds */

static int block_anchor(struct build *b, const struct json *block, struct doc_block *d, struct err *e)
{
    const struct json *anchor = json_get(block, "anchor");

    return anchor ? build_plain(b, anchor, &d->anchor, e) : 0;
}

static int block_flow(struct build *b, const struct json *block, const struct json *value, enum doc_kind kind,
                      struct err *e)
{
    struct doc_block *d = build_add(b, kind);
    int64_t level = 0;

    if (build_runs(b, value, &d->text, e) != 0 || block_anchor(b, block, d, e) != 0 ||
        build_number(b, block, "level", 1, &level, e) != 0)
        return -1;
    d->level = (int)level;
    return 0;
}

static int block_chapter(struct build *b, const struct json *block, const struct json *value,
                         enum doc_kind kind, struct err *e)
{
    const struct json *head = json_get(block, "short"), *number = json_get(block, "number");
    struct doc_block *d = build_add(b, kind);
    char *text = NULL;

    if (build_runs(b, value, &d->text, e) != 0 || block_anchor(b, block, d, e) != 0)
        return -1;
    if (!head)
        text = doc_plain(&d->text);
    else if (build_plain(b, head, &text, e) != 0)
        return -1;
    if (json_text(number))
        d->chapter = mem_print("%s %s", json_text(number), text);
    else if (!number || json_true(number))
        d->chapter = mem_print("%d %s", ++b->chapters, text);
    else
        d->chapter = mem_copy(text);
    free(text);
    return 0;
}

static int block_inside(struct build *b, struct doc_block *parent, const struct json *list, struct err *e)
{
    struct doc_block *outer = b->parent;
    int rc = 0;

    b->parent = parent;
    rc = build_blocks(b, list, e);
    b->parent = outer;
    return rc;
}

static int block_columns(struct build *b, const struct json *block, const struct json *value,
                         enum doc_kind kind, struct err *e)
{
    struct doc_block *d = build_add(b, kind);

    (void)block;
    b->at = value;
    if (!json_is(value, JSON_ARRAY) || json_count(value) != 2)
        return err_set(e, "\"columns\" is an array of two arrays of blocks");
    for (const struct json *side = json_first(value); side; side = json_next(side))
        if (block_inside(b, doc_child(d, DOC_COLUMN), side, e) != 0)
            return -1;
    return 0;
}

static int block_keep(struct build *b, const struct json *block, const struct json *value, enum doc_kind kind,
                      struct err *e)
{
    (void)block;
    return block_inside(b, build_add(b, kind), value, e);
}

static int block_table(struct build *b, const struct json *block, const struct json *value,
                       enum doc_kind kind, struct err *e)
{
    (void)value;
    return build_table(b, block, &build_add(b, kind)->table, e);
}

static int block_figure(struct build *b, const struct json *block, const struct json *value,
                        enum doc_kind kind, struct err *e)
{
    (void)value;
    return build_figure(b, block, &build_add(b, kind)->figure, e);
}

/* {"cover": [lines], "facts": {a table}, "blocks": [at the foot]} */
static int block_cover(struct build *b, const struct json *block, const struct json *value,
                       enum doc_kind kind, struct err *e)
{
    const struct json *facts = json_get(block, "facts"), *foot = json_get(block, "blocks");
    struct doc_block *d = build_add(b, kind);

    if (build_runs(b, value, &d->text, e) != 0)
        return -1;
    if (facts &&
        (build_members(b, facts, "table columns limit", e) != 0 || build_table(b, facts, &d->table, e) != 0))
        return -1;
    return foot ? block_inside(b, d, foot, e) : 0;
}

static int block_contents(struct build *b, const struct json *block, const struct json *value,
                          enum doc_kind kind, struct err *e)
{
    (void)block, (void)value, (void)e;
    build_add(b, kind);
    return 0;
}

static int block_page(struct build *b, const struct json *block, const struct json *value, enum doc_kind kind,
                      struct err *e)
{
    const char *word = json_text(value) ? json_text(value) : "";

    (void)block, (void)kind;
    b->at = value;
    if (strcmp(word, "break") == 0)
        build_add(b, DOC_PAGE_BREAK);
    else if (strcmp(word, "landscape") == 0)
        build_add(b, DOC_LANDSCAPE);
    else if (strcmp(word, "portrait") == 0)
        build_add(b, DOC_PORTRAIT);
    else
        return err_set(e, "\"page\" is break, landscape or portrait");
    return 0;
}

/* The lines of a code block as they are, except what a page cannot show. */
static int block_code(struct build *b, const struct json *block, const struct json *value, enum doc_kind kind,
                      struct err *e)
{
    struct doc_block *d = build_add(b, kind);
    const char *word = json_text(value);
    const struct value *x = word ? values_find(b->values, word, strlen(word)) : NULL;
    struct buf text = {0};

    b->at = value;
    if (block_anchor(b, block, d, e) != 0)
        return -1;
    b->at = value;
    if (word && !x)
        return err_set(e, "there is no column \"%s\" here", word);
    if (!word && !json_is(value, JSON_ARRAY))
        return err_set(e, "\"code\" is the name of a column, or an array of lines");
    d->level = x != NULL; /* the lines of a file have numbers, commands have none */
    if (x && x->text)
        for (const char *p = x->text;;) {
            size_t n = strcspn(p, "\n");

            utf8_visible(&text, p, n);
            if (!p[n] || !p[n + 1])
                break;
            buf_char(&text, '\n');
            p += n + 1;
        }
    for (const struct json *line = word ? NULL : json_first(value); line; line = json_next(line)) {
        char *plain = NULL;

        if (build_plain(b, line, &plain, e) != 0) {
            buf_free(&text);
            return -1;
        }
        buf_print(&text, "%s%s", line == json_first(value) ? "" : "\n", plain);
        free(plain);
    }
    d->code = buf_take(&text);
    return 0;
}

/* {"for-each": sql, "blocks": […], "limit": n, "more": text}: the blocks once per row; {"when": sql,
 * "blocks": […], "else": […]}: once, with the first row, if there is one. */
static int block_rows(struct build *b, const struct json *block, const struct json *value, enum doc_kind kind,
                      struct err *e)
{
    int once = json_get(block, "when") != NULL;
    struct values row = {.outer = b->values};
    struct db_stmt *s = NULL;
    int64_t limit = 0, total = 0, shown = 0;
    char *more = NULL;
    int rc = -1, got = 0;

    (void)kind;
    if (build_select(b, value, &s, e) != 0 || build_number(b, block, "limit", b->limit, &limit, e) != 0)
        goto out;
    while ((got = build_step(b, value, s, e)) == 1) {
        if (++total > (once ? 1 : limit)) {
            if (once)
                break;
            continue;
        }
        shown++;
        values_read(&row, s);
        b->values = &row;
        got = build_blocks(b, json_get(block, "blocks"), e);
        b->values = row.outer;
        if (got != 0)
            goto out;
    }
    if (got < 0)
        goto out;
    if (once && total == 0 && json_get(block, "else") && build_blocks(b, json_get(block, "else"), e) != 0)
        goto out;
    if (!once && build_more(b, json_get(block, "more"), shown, total, &more, e) != 0)
        goto out;
    if (more)
        doc_run(&build_add(b, DOC_PARAGRAPH)->text, more, 0);
    rc = 0;
out:
    free(more);
    values_clear(&row);
    db_free(s);
    return rc;
}

typedef int build_block(struct build *b, const struct json *block, const struct json *value,
                        enum doc_kind kind, struct err *e);

/* The member that says what a block is comes first in its row; the others that it may have follow. */
static const struct {
    const char *name;
    enum doc_kind kind;
    build_block *build;
    const char *members;
} build_kinds[] = {
    {"cover", DOC_COVER, block_cover, "cover facts blocks if unless"},
    {"contents", DOC_CONTENTS, block_contents, "contents if unless"},
    {"chapter", DOC_CHAPTER, block_chapter, "chapter short number anchor if unless"},
    {"section", DOC_SECTION, block_flow, "section level anchor if unless"},
    {"heading", DOC_HEADING, block_flow, "heading anchor if unless"},
    {"lead", DOC_LEAD, block_flow, "lead anchor if unless"},
    {"paragraph", DOC_PARAGRAPH, block_flow, "paragraph anchor if unless"},
    {"band", DOC_BAND, block_flow, "band anchor if unless"},
    {"warning", DOC_WARNING, block_flow, "warning anchor if unless"},
    {"table", DOC_TABLE, block_table, "table columns limit more empty anchor if unless"},
    {"columns", DOC_COLUMNS, block_columns, "columns if unless"},
    {"keep", DOC_KEEP, block_keep, "keep if unless"},
    {"figure", DOC_FIGURE, block_figure, "figure sql limit more if unless"},
    {"code", DOC_CODE, block_code, "code anchor if unless"},
    {"page", DOC_PAGE_BREAK, block_page, "page if unless"},
    {"for-each", DOC_PARAGRAPH, block_rows, "for-each blocks limit more if unless"},
    {"when", DOC_PARAGRAPH, block_rows, "when blocks else if unless"},
};

static int build_one(struct build *b, const struct json *block, struct err *e)
{
    b->at = block;
    if (!json_is(block, JSON_OBJECT))
        return err_set(e, "a block is an object");
    for (size_t i = 0; i < sizeof build_kinds / sizeof build_kinds[0]; i++) {
        const struct json *value = json_get(block, build_kinds[i].name);
        int wanted = 0;

        if (!value)
            continue;
        if (build_members(b, block, build_kinds[i].members, e) != 0 ||
            (wanted = build_wanted(b, block, e)) < 0)
            return -1;
        return wanted ? build_kinds[i].build(b, block, value, build_kinds[i].kind, e) : 0;
    }
    return err_set(
        e, "no kind of block: known are cover, contents, chapter, section, heading, lead, paragraph, band, "
           "warning, columns, keep, table, figure, code, page, for-each, when");
}

int build_blocks(struct build *b, const struct json *list, struct err *e)
{
    b->at = list ? list : b->at;
    if (!json_is(list, JSON_ARRAY))
        return err_set(e, "an array of blocks is wanted here");
    for (const struct json *block = json_first(list); block; block = json_next(block))
        if (build_one(b, block, e) != 0)
            return -1;
    return 0;
}
