/* Mappings: one JSON file per framework, checked in full before a row is written. See mapping.h. */
#include "judge/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/digest.h"
#include "lib/shape.h"

#define MAPPING_FILE_MAX (16 * 1024 * 1024)

static const char *const mapping_verified[] = {"original", "secondary", "recalled", NULL};
static const char *const mapping_relations[] = {"D", "S", "I", NULL};
static const char *const mapping_tests[] = {"examine", "interview", "observe", "test", NULL};
static const char *const mapping_obligations[] = {"required", "addressable", "standard", NULL};
static const char *const mapping_baselines[] = {"li-saas", "low", "moderate", "high", NULL};

static const struct shape_field mapping_note[] = {{"text", SHAPE_TEXT, 1, NULL, NULL},
                                                  {"source", SHAPE_TEXT, 1, NULL, NULL},
                                                  {"verified", SHAPE_TEXT, 1, mapping_verified, NULL},
                                                  {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field mapping_limit[] = {{"title", SHAPE_TEXT, 1, NULL, NULL},
                                                   {"text", SHAPE_TEXT, 1, NULL, NULL},
                                                   {"source", SHAPE_TEXT, 1, NULL, NULL},
                                                   {"verified", SHAPE_TEXT, 1, mapping_verified, NULL},
                                                   {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field mapping_source[] = {{"key", SHAPE_TEXT, 1, NULL, NULL},
                                                    {"title", SHAPE_TEXT, 1, NULL, NULL},
                                                    {"url", SHAPE_TEXT, 0, NULL, NULL},
                                                    {"seen", SHAPE_TEXT, 0, NULL, NULL},
                                                    {"verified", SHAPE_TEXT, 1, mapping_verified, NULL},
                                                    {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field mapping_family[] = {{"id", SHAPE_TEXT, 1, NULL, NULL},
                                                    {"title", SHAPE_TEXT, 1, NULL, NULL},
                                                    {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field mapping_relation[] = {
    {"check", SHAPE_TEXT, 1, NULL, NULL},  {"relation", SHAPE_TEXT, 1, mapping_relations, NULL},
    {"part", SHAPE_TEXT, 1, NULL, NULL},   {"rest", SHAPE_TEXT, 1, NULL, NULL},
    {"source", SHAPE_TEXT, 1, NULL, NULL}, {"verified", SHAPE_TEXT, 1, mapping_verified, NULL},
    {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field mapping_control[] = {
    {"id", SHAPE_TEXT, 1, NULL, NULL},
    {"family", SHAPE_TEXT, 1, NULL, NULL},
    {"title", SHAPE_TEXT, 1, NULL, NULL},
    {"tests", SHAPE_TEXTS, 1, mapping_tests, NULL},
    {"tests-verified", SHAPE_TEXT, 1, mapping_verified, NULL},
    {"service-provider", SHAPE_BOOL, 0, NULL, NULL},
    {"obligation", SHAPE_TEXT, 0, mapping_obligations, NULL},
    {"baselines", SHAPE_TEXTS, 0, mapping_baselines, NULL},
    {"proves", SHAPE_TEXT, 1, NULL, NULL},
    {"cannot", SHAPE_TEXT, 1, NULL, NULL},
    {"rest", SHAPE_TEXT, 1, NULL, NULL},
    {"note", SHAPE_TEXT, 0, NULL, NULL},
    {"source", SHAPE_TEXT, 1, NULL, NULL},
    {"verified", SHAPE_TEXT, 1, mapping_verified, NULL},
    {"relations", SHAPE_OBJECTS, 1, NULL, mapping_relation},
    {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field mapping_file[] = {{"format", SHAPE_INT, 1, NULL, NULL},
                                                  {"id", SHAPE_TEXT, 1, NULL, NULL},
                                                  {"order", SHAPE_INT, 0, NULL, NULL},
                                                  {"title", SHAPE_TEXT, 1, NULL, NULL},
                                                  {"full-title", SHAPE_TEXT, 1, NULL, NULL},
                                                  {"edition", SHAPE_TEXT, 1, NULL, NULL},
                                                  {"label", SHAPE_TEXT, 0, NULL, NULL},
                                                  {"published", SHAPE_TEXT, 1, NULL, NULL},
                                                  {"publisher", SHAPE_TEXT, 1, NULL, NULL},
                                                  {"retention", SHAPE_TEXT, 1, NULL, NULL},
                                                  {"notes", SHAPE_OBJECTS, 1, NULL, mapping_note},
                                                  {"limits", SHAPE_OBJECTS, 1, NULL, mapping_limit},
                                                  {"sources", SHAPE_OBJECTS, 1, NULL, mapping_source},
                                                  {"families", SHAPE_OBJECTS, 1, NULL, mapping_family},
                                                  {"controls", SHAPE_OBJECTS, 1, NULL, mapping_control},
                                                  {NULL, SHAPE_TEXT, 0, NULL, NULL}};

/* A mapping in memory, with what is wrong with it. */
struct mapping {
    char *file; /* for messages: a path, or the name of the built-in file */
    char *name; /* for a copy: ASCII, no folders */
    int built_in;
    struct buf text;
    struct json *doc;
    struct shape_report report;
};

static void mapping_free(struct mapping *m)
{
    json_free(m->doc);
    buf_free(&m->report.lines);
    buf_free(&m->text);
    free(m->file);
    free(m->name);
    *m = (struct mapping){0};
}

static const char *mapping_get(const struct json *object, const char *name)
{
    const char *text = json_text(json_get(object, name));

    return text ? text : "";
}

/* ---- what a table of fields cannot say */

static int mapping_is_id(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text) &&
           strlen(text) <= 64;
}

static int mapping_is_check(const char *slug)
{
    char *name = mem_print("checks/%s.sql", slug);
    int known = mapping_is_id(slug) && embed_find(name) != NULL;

    free(name);
    return known;
}

/* The item of a list whose `field` has this value, looking only before `stop` (NULL: everywhere). */
static const struct json *mapping_item(const struct json *list, const char *field, const char *value,
                                       const struct json *stop)
{
    const struct json *item = json_first(list);

    while (item && item != stop && strcmp(mapping_get(item, field), value) != 0)
        item = json_next(item);
    return item == stop ? NULL : item;
}

static void mapping_check_twice(struct mapping *m, const struct json *list, const char *field)
{
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        const char *value = mapping_get(item, field);

        if (*value && mapping_item(list, field, value, item))
            shape_problem(&m->report, json_get(item, field), "\"%s\" stands twice", value);
    }
}

/* `source` names keys of the sources, comma separated. */
static void mapping_check_source(struct mapping *m, const struct json *object)
{
    const struct json *source = json_get(object, "source"), *sources = json_get(m->doc, "sources");
    char *copy = mem_copy(mapping_get(object, "source")), *save = NULL;

    for (char *key = strtok_r(copy, ",", &save); key; key = strtok_r(NULL, ",", &save)) {
        key += strspn(key, " ");
        if (!mapping_item(sources, "key", key, NULL))
            shape_problem(&m->report, source, "no source has the key \"%s\"", key);
    }
    free(copy);
}

static void mapping_check_sources(struct mapping *m, const struct json *list)
{
    for (const struct json *item = json_first(list); item; item = json_next(item))
        mapping_check_source(m, item);
}

static void mapping_check_relations(struct mapping *m, const struct json *control, int lint)
{
    const struct json *list = json_get(control, "relations");

    mapping_check_twice(m, list, "check");
    mapping_check_sources(m, list);
    for (const struct json *r = json_first(list); r; r = json_next(r)) {
        const char *slug = mapping_get(r, "check");

        if (*slug && !mapping_is_check(slug) && (lint || !m->built_in))
            shape_problem(&m->report, json_get(r, "check"),
                          "unknown check \"%s\": see keycustody checks list", slug);
    }
}

static void mapping_check(struct mapping *m, int lint)
{
    const struct json *format = json_get(m->doc, "format"), *id = json_get(m->doc, "id");
    const struct json *controls = json_get(m->doc, "controls"), *families = json_get(m->doc, "families");
    int64_t n = 0;

    shape_check(&m->report, m->doc, mapping_file);
    if (json_int(format, &n) == 0 && n != 1)
        shape_problem(&m->report, format, "format %lld is not known: this version reads format 1",
                      (long long)n);
    if (json_text(id) && !mapping_is_id(json_text(id)))
        shape_problem(&m->report, id, "an id has only the characters a-z, 0-9 and -, at most 64");
    mapping_check_twice(m, json_get(m->doc, "sources"), "key");
    mapping_check_twice(m, families, "id");
    mapping_check_twice(m, controls, "id");
    mapping_check_sources(m, json_get(m->doc, "notes"));
    mapping_check_sources(m, json_get(m->doc, "limits"));
    mapping_check_sources(m, controls);
    for (const struct json *c = json_first(controls); c; c = json_next(c)) {
        const char *family = mapping_get(c, "family");

        if (*family && !mapping_item(families, "id", family, NULL))
            shape_problem(&m->report, json_get(c, "family"), "no family has the id \"%s\"", family);
        mapping_check_relations(m, c, lint);
    }
}

/* ---- reading */

static int mapping_parse(struct mapping *m, struct err *e)
{
    if (json_parse(&m->doc, buf_str(&m->text), m->text.len, e) != 0)
        return err_context(e, "%s", m->file);
    m->report =
        (struct shape_report){.file = m->file, .text = buf_str(&m->text), .size = m->text.len, .doc = m->doc};
    return 0;
}

/* The next built-in mapping after `row`: files of mappings/ that are neither thresholds nor schemas. */
static const struct embed_row *mapping_next(const struct embed_row *row)
{
    while ((row = embed_next(row, "mappings/", ".json"))) {
        size_t n = strlen(row->name), schema = strlen(".schema.json");

        if (strcmp(row->name, "mappings/policy.json") != 0 &&
            strcmp(row->name + n - schema, ".schema.json") != 0)
            return row;
    }
    return NULL;
}

static int mapping_open_row(struct mapping *m, const struct embed_row *row, struct err *e)
{
    m->built_in = 1;
    m->file = mem_copy(row->name);
    m->name = mem_copy(row->name + strlen("mappings/"));
    buf_add(&m->text, row->data, embed_size(row));
    return mapping_parse(m, e);
}

static int mapping_open_file(struct mapping *m, const char *path, struct err *e)
{
    const char *id = NULL;

    m->file = mem_copy(path);
    if (file_read(path, MAPPING_FILE_MAX, &m->text, e) != 0 || mapping_parse(m, e) != 0)
        return -1;
    id = mapping_get(m->doc, "id");
    m->name = mem_print("%s.json", mapping_is_id(id) ? id : "mapping");
    return 0;
}

static int mapping_open(struct mapping *m, const char *id_or_path, struct err *e)
{
    size_t n = strlen(id_or_path);
    struct buf known = {0};

    *m = (struct mapping){0};
    if (strchr(id_or_path, '/') || (n > 5 && strcmp(id_or_path + n - 5, ".json") == 0))
        return mapping_open_file(m, id_or_path, e);
    for (const struct embed_row *row = mapping_next(NULL); row; row = mapping_next(row)) {
        if (mapping_open_row(m, row, e) != 0) {
            buf_free(&known);
            return -1;
        }
        if (strcmp(mapping_get(m->doc, "id"), id_or_path) == 0) {
            buf_free(&known);
            return 0;
        }
        buf_print(&known, "%s%s", known.len ? ", " : "", mapping_get(m->doc, "id"));
        mapping_free(m);
    }
    err_set(e, "%s: no such framework: built in are %s; a file is given with its folder or as NAME.json",
            id_or_path, buf_str(&known));
    buf_free(&known);
    return -1;
}

/* ---- rows */

/* Binds texts from 1 on and runs; absent fields bind ''. */
static int mapping_insert_note(struct db_stmt *s, const char *framework, const char *kind, int position,
                               const struct json *item, struct err *e)
{
    int is_source = strcmp(kind, "source") == 0;

    db_bind_text(s, 1, framework);
    db_bind_text(s, 2, kind);
    db_bind_int(s, 3, position);
    db_bind_text(s, 4, mapping_get(item, is_source ? "key" : "title"));
    db_bind_text(s, 5, mapping_get(item, is_source ? "title" : "text"));
    db_bind_text(s, 6, mapping_get(item, "url"));
    db_bind_text(s, 7, mapping_get(item, "seen"));
    db_bind_text(s, 8, is_source ? "" : mapping_get(item, "source"));
    db_bind_text(s, 9, mapping_get(item, "verified"));
    return db_run(s, e);
}

static int mapping_insert_notes(struct db *db, const struct mapping *m, struct err *e)
{
    static const struct {
        const char *list, *kind;
    } lists[] = {{"notes", "note"}, {"limits", "limit"}, {"sources", "source"}};
    struct db_stmt *s = NULL;
    int rc = -1;

    if (db_prepare(db, &s, "INSERT INTO framework_note VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", e) != 0)
        return -1;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct json *item = json_first(json_get(m->doc, lists[i].list));

        for (int position = 1; item; item = json_next(item), position++) {
            if (mapping_insert_note(s, mapping_get(m->doc, "id"), lists[i].kind, position, item, e) != 0)
                goto out;
        }
    }
    rc = 0;
out:
    db_free(s);
    return rc;
}

static int mapping_insert_framework(struct db *db, const struct mapping *m, struct err *e)
{
    static const char *const fields[] = {"id",    "title",     "full-title", "edition",
                                         "label", "published", "publisher",  "retention"};
    struct db_stmt *s = NULL;
    char hash[DIGEST_HEX];
    int rc = -1;

    digest_bytes(buf_str(&m->text), m->text.len, hash);
    if (db_prepare(db, &s,
                   "INSERT INTO framework SELECT ?1, 1 + count(*), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11"
                   " FROM framework",
                   e) != 0)
        return -1;
    for (int i = 0; i < (int)(sizeof fields / sizeof *fields); i++)
        db_bind_text(s, i + 1, mapping_get(m->doc, fields[i]));
    db_bind_text(s, 9, m->name);
    db_bind_text(s, 10, hash);
    db_bind_int(s, 11, m->built_in);
    rc = db_run(s, e);
    db_free(s);
    return rc;
}

static int mapping_insert_relations(struct db_stmt *s, const char *framework, const struct json *control,
                                    struct err *e)
{
    static const char *const fields[] = {"relation", "part", "rest", "source", "verified"};
    const struct json *r = json_first(json_get(control, "relations"));

    for (int position = 1; r; r = json_next(r), position++) {
        db_bind_text(s, 1, framework);
        db_bind_text(s, 2, mapping_get(control, "id"));
        db_bind_text(s, 3, mapping_get(r, "check"));
        db_bind_int(s, 4, position);
        for (int i = 0; i < (int)(sizeof fields / sizeof *fields); i++)
            db_bind_text(s, 5 + i, mapping_get(r, fields[i]));
        if (db_run(s, e) != 0)
            return -1;
    }
    return 0;
}

/* "examine, interview", or '' where the kinds are only recalled: what nobody has looked up is not printed. */
static void mapping_bind_tests(struct db_stmt *s, int at, const struct json *control)
{
    struct buf kinds = {0};
    const struct json *t = json_first(json_get(control, "tests"));

    if (strcmp(mapping_get(control, "tests-verified"), "recalled") == 0)
        t = NULL;
    for (; t; t = json_next(t))
        buf_print(&kinds, "%s%s", kinds.len ? ", " : "", json_text(t));
    db_bind_text(s, at, buf_str(&kinds));
    buf_free(&kinds);
}

static void mapping_bind_baselines(struct db_stmt *s, int at, const struct json *control)
{
    const struct json *list = json_get(control, "baselines");

    for (int i = 0; mapping_baselines[i]; i++) {
        int member = 0;

        for (const struct json *b = json_first(list); b; b = json_next(b))
            member |= strcmp(json_text(b), mapping_baselines[i]) == 0;
        if (list)
            db_bind_int(s, at + i, member);
        else
            db_bind_null(s, at + i);
    }
}

static int mapping_insert_control(struct db_stmt *s, const struct mapping *m, const struct json *control,
                                  int position, struct err *e)
{
    const char *family = mapping_get(control, "family");

    db_bind_text(s, 1, mapping_get(m->doc, "id"));
    db_bind_text(s, 2, mapping_get(control, "id"));
    db_bind_int(s, 3, position);
    db_bind_text(s, 4, family);
    db_bind_text(s, 5, mapping_get(mapping_item(json_get(m->doc, "families"), "id", family, NULL), "title"));
    db_bind_text(s, 6, mapping_get(control, "title"));
    mapping_bind_tests(s, 7, control);
    db_bind_text(s, 8, mapping_get(control, "tests-verified"));
    db_bind_text(s, 9, mapping_get(control, "proves"));
    db_bind_text(s, 10, mapping_get(control, "cannot"));
    db_bind_text(s, 11, mapping_get(control, "rest"));
    db_bind_text(s, 12, mapping_get(control, "obligation"));
    db_bind_int(s, 13, json_true(json_get(control, "service-provider")));
    mapping_bind_baselines(s, 14, control);
    db_bind_text(s, 18, mapping_get(control, "note"));
    db_bind_text(s, 19, mapping_get(control, "source"));
    db_bind_text(s, 20, mapping_get(control, "verified"));
    return db_run(s, e);
}

static int mapping_insert_controls(struct db *db, const struct mapping *m, struct err *e)
{
    const struct json *c = json_first(json_get(m->doc, "controls"));
    struct db_stmt *control = NULL, *relation = NULL;
    int rc = -1, position = 1;

    if (db_prepare(
            db, &control,
            "INSERT INTO control VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
            " ?16, ?17, ?18, ?19, ?20)",
            e) != 0 ||
        db_prepare(db, &relation, "INSERT INTO relation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", e) != 0)
        goto out;
    for (; c; c = json_next(c), position++) {
        if (mapping_insert_control(control, m, c, position, e) != 0 ||
            mapping_insert_relations(relation, mapping_get(m->doc, "id"), c, e) != 0)
            goto out;
    }
    rc = 0;
out:
    db_free(control);
    db_free(relation);
    return rc;
}

static int mapping_insert(struct db *db, struct mapping *m, struct err *e)
{
    const struct embed_row *schema = embed_find("judge/mapping.sql");
    int64_t there = 0;

    mapping_check(m, 0);
    if (shape_error(&m->report, e) != 0)
        return -1;
    if (!schema)
        return err_set(e, "judge/mapping.sql: not built in");
    if (db_exec(db, schema->data, e) != 0 ||
        db_value_int(db, &there, e, "SELECT count(*) FROM framework WHERE id = %Q",
                     mapping_get(m->doc, "id")) != 0)
        return -1;
    if (there)
        return err_set(e, "%s: the framework \"%s\" is given twice", m->file, mapping_get(m->doc, "id"));
    if (mapping_insert_framework(db, m, e) != 0 || mapping_insert_notes(db, m, e) != 0 ||
        mapping_insert_controls(db, m, e) != 0)
        return err_context(e, "%s", m->file);
    return 0;
}

/* ---- what others call */

int mapping_load(struct db *facts, const char *id_or_path, struct err *e)
{
    struct mapping m = {0};
    int rc = mapping_open(&m, id_or_path, e) == 0 ? mapping_insert(facts, &m, e) : -1;

    mapping_free(&m);
    return rc;
}

static int mapping_by_order(const void *a, const void *b)
{
    const struct mapping *left = a, *right = b;
    int64_t x = INT64_MAX, y = INT64_MAX;

    json_int(json_get(left->doc, "order"), &x);
    json_int(json_get(right->doc, "order"), &y);
    return x != y ? (x > y) - (x < y) : strcmp(left->file, right->file);
}

int mapping_load_all(struct db *facts, struct err *e)
{
    struct mapping *all = NULL;
    size_t n = 0;
    int rc = -1;

    for (const struct embed_row *row = mapping_next(NULL); row; row = mapping_next(row)) {
        all = mem_grow(all, n + 1, sizeof *all);
        all[n] = (struct mapping){0};
        if (mapping_open_row(&all[n++], row, e) != 0)
            goto out;
    }
    if (n)
        qsort(all, n, sizeof *all, mapping_by_order);
    for (size_t i = 0; i < n; i++) {
        if (mapping_insert(facts, &all[i], e) != 0)
            goto out;
    }
    rc = 0;
out:
    for (size_t i = 0; i < n; i++)
        mapping_free(&all[i]);
    free(all);
    return rc;
}

int mapping_lint(const char *id_or_path, struct buf *problems, struct err *e)
{
    struct mapping m = {0};
    int rc = -1;

    if (mapping_open(&m, id_or_path, e) == 0) {
        mapping_check(&m, 1);
        buf_text(problems, buf_str(&m.report.lines));
        rc = m.report.problems;
    }
    mapping_free(&m);
    return rc;
}

int mapping_text(const char *id_or_path, struct buf *out, char **file_name, struct err *e)
{
    struct mapping m = {0};
    int rc = -1;

    if (mapping_open(&m, id_or_path, e) == 0) {
        buf_add(out, buf_str(&m.text), m.text.len);
        *file_name = mem_copy(m.name);
        rc = 0;
    }
    mapping_free(&m);
    return rc;
}
