/* Thresholds and engagement. See policy.h. */
#include "judge/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/mem.h"
#include "judge/signers.h"
#include "lib/shape.h"

#define POLICY_FILE "mappings/policy.json"

static const char *const policy_units[] = {"duration", "days", "bits", "boolean", "count", NULL};
static const char *const policy_bases[] = {"own-policy", "contract", "law", "good-practice", NULL};
static const char *const policy_entities[] = {"merchant", "service-provider", NULL};
static const char *const policy_baselines[] = {"low", "moderate", "high", NULL};

static const struct shape_field policy_threshold[] = {{"name", SHAPE_TEXT, 1, NULL, NULL},
                                                      {"value", SHAPE_SCALAR, 1, NULL, NULL},
                                                      {"unit", SHAPE_TEXT, 1, policy_units, NULL},
                                                      {"minimum", SHAPE_INT, 0, NULL, NULL},
                                                      {"maximum", SHAPE_INT, 0, NULL, NULL},
                                                      {"owner", SHAPE_TEXT, 1, NULL, NULL},
                                                      {"basis", SHAPE_TEXT, 1, policy_bases, NULL},
                                                      {"adopted", SHAPE_BOOL, 1, NULL, NULL},
                                                      {"description", SHAPE_TEXT, 1, NULL, NULL},
                                                      {"source", SHAPE_TEXT, 1, NULL, NULL},
                                                      {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field policy_file[] = {{"format", SHAPE_INT, 1, NULL, NULL},
                                                 {"title", SHAPE_TEXT, 1, NULL, NULL},
                                                 {"thresholds", SHAPE_OBJECTS, 1, NULL, policy_threshold},
                                                 {NULL, SHAPE_TEXT, 0, NULL, NULL}};

static const struct shape_field policy_override[] = {
    {"value", SHAPE_SCALAR, 0, NULL, NULL},       {"adopted", SHAPE_BOOL, 0, NULL, NULL},
    {"owner", SHAPE_TEXT, 0, NULL, NULL},         {"document", SHAPE_TEXT, 0, NULL, NULL},
    {"basis", SHAPE_TEXT, 0, policy_bases, NULL}, {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field policy_period[] = {{"title", SHAPE_TEXT, 0, NULL, NULL},
                                                   {"start", SHAPE_TEXT, 1, NULL, NULL},
                                                   {"end", SHAPE_TEXT, 1, NULL, NULL},
                                                   {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field policy_excluded[] = {
    {"framework", SHAPE_TEXT, 1, NULL, NULL}, {"control", SHAPE_TEXT, 1, NULL, NULL},
    {"reason", SHAPE_TEXT, 1, NULL, NULL},    {"approver", SHAPE_TEXT, 1, NULL, NULL},
    {"document", SHAPE_TEXT, 0, NULL, NULL},  {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field policy_engagement_file[] = {
    {"format", SHAPE_INT, 1, NULL, NULL},
    {"organisation", SHAPE_TEXT, 0, NULL, NULL},
    {"prepared-by", SHAPE_TEXT, 0, NULL, NULL},
    {"prepared-for", SHAPE_TEXT, 0, NULL, NULL},
    {"classification", SHAPE_TEXT, 0, NULL, NULL},
    {"period", SHAPE_OBJECT, 0, NULL, policy_period},
    {"entity-type", SHAPE_TEXT, 0, policy_entities, NULL},
    {"baseline", SHAPE_TEXT, 0, policy_baselines, NULL},
    {"thresholds", SHAPE_MAP, 0, NULL, policy_override},
    {"not-applicable", SHAPE_OBJECTS, 0, NULL, policy_excluded},
    {"signers", SHAPE_OBJECTS, 0, NULL, signers_shape},
    {NULL, SHAPE_TEXT, 0, NULL, NULL}};

/* One JSON file in memory, with what is wrong with it. */
struct policy_doc {
    struct buf text;
    struct json *doc;
    struct shape_report report;
};

static void policy_doc_free(struct policy_doc *d)
{
    json_free(d->doc);
    buf_free(&d->report.lines);
    buf_free(&d->text);
}

/* text in d->text already. A file that is no JSON is an error, not a problem. */
static int policy_doc_parse(struct policy_doc *d, const char *file, const struct shape_field *fields,
                            struct err *e)
{
    if (json_parse(&d->doc, buf_str(&d->text), d->text.len, e) != 0)
        return err_context(e, "%s", file);
    d->report =
        (struct shape_report){.file = file, .text = buf_str(&d->text), .size = d->text.len, .doc = d->doc};
    shape_check(&d->report, d->doc, fields);
    return 0;
}

static void policy_check_format(struct policy_doc *d)
{
    const struct json *format = json_get(d->doc, "format");
    int64_t n = 0;

    if (json_int(format, &n) == 0 && n != 1)
        shape_problem(&d->report, format, "format %lld is not known: this version reads format 1",
                      (long long)n);
}

static int policy_shipped(struct policy_doc *d, struct err *e)
{
    const struct embed_row *row = embed_find(POLICY_FILE);

    if (!row)
        return err_set(e, "%s: not built in", POLICY_FILE);
    buf_add(&d->text, row->data, embed_size(row));
    return policy_doc_parse(d, POLICY_FILE, policy_file, e);
}

/* ---- values */

/* An ISO 8601 duration as our SQL reads it: parts in the order Y M W D, then T and H M S, whole numbers
 * without leading zeros, at least one part, not all of them zero. */
static int policy_duration_valid(const char *text)
{
    const char *units = "YMWD", *p = text;
    int parts = 0, in_time = 0, some = 0;

    if (*p++ != 'P')
        return 0;
    while (*p) {
        const char *unit = NULL;
        size_t digits = 0;

        if (*p == 'T' && !in_time && p[1]) {
            in_time = 1;
            units = "HMS";
            p++;
            continue;
        }
        digits = strspn(p, "0123456789");
        if (!digits || digits > 6 || (digits > 1 && *p == '0') || !p[digits])
            return 0;
        some |= strspn(p, "0") < digits;
        unit = strchr(units, p[digits]);
        if (!unit)
            return 0;
        units = unit + 1;
        p += digits + 1;
        parts++;
    }
    return parts > 0 && some;
}

/* The text of a value in the table; the caller frees. */
static char *policy_value(const struct json *value)
{
    int64_t n = 0;

    if (json_text(value))
        return mem_copy(json_text(value));
    if (json_int(value, &n) == 0)
        return mem_print("%lld", (long long)n);
    return mem_copy(json_true(value) ? "true" : "false");
}

/* `of` is the shipped threshold: its unit and bounds hold for an override too. */
static void policy_check_value(struct policy_doc *d, const struct json *value, const struct json *of)
{
    const char *unit = json_text(json_get(of, "unit"));
    const struct json *minimum = json_get(of, "minimum"), *maximum = json_get(of, "maximum");
    int64_t n = 0, bound = 0;

    if (!value || !unit)
        return;
    if (strcmp(unit, "duration") == 0) {
        if (!json_text(value) || !policy_duration_valid(json_text(value)))
            shape_problem(&d->report, value,
                          "must be an ISO 8601 duration such as \"P1Y\", \"P90D\" or \"PT1H\"");
    } else if (strcmp(unit, "boolean") == 0) {
        if (!json_is(value, JSON_TRUE) && !json_is(value, JSON_FALSE))
            shape_problem(&d->report, value, "must be true or false");
    } else if (json_int(value, &n) != 0 || n < 0) {
        shape_problem(&d->report, value, "must be a number of %s", unit);
    } else if ((json_int(minimum, &bound) == 0 && n < bound) ||
               (json_int(maximum, &bound) == 0 && n > bound)) {
        shape_problem(&d->report, value, "%lld %s is beyond the bound of %lld", (long long)n, unit,
                      (long long)bound);
    }
}

static const struct json *policy_find(const struct policy_doc *shipped, const char *name)
{
    const struct json *t = json_first(json_get(shipped->doc, "thresholds"));

    while (t && strcmp(json_text(json_get(t, "name")), name) != 0)
        t = json_next(t);
    return t;
}

static int policy_date_valid(const char *text)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *form = "dddd-dd-dd";
    int year = 0, month = 0, day = 0;

    if (strlen(text) != strlen(form))
        return 0;
    for (int i = 0; form[i]; i++) {
        if (form[i] == 'd' ? !(text[i] >= '0' && text[i] <= '9') : text[i] != '-')
            return 0;
    }
    year = atoi(text);
    month = atoi(text + 5);
    day = atoi(text + 8);
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
        return 0;
    return month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* ---- what a shape table cannot say */

static void policy_check_thresholds(struct policy_doc *d, const struct policy_doc *shipped)
{
    const struct json *t = json_first(json_get(d->doc, "thresholds"));

    for (; t; t = json_next(t)) {
        const struct json *of = policy_find(shipped, json_name(t)), *adopted = json_get(t, "adopted");

        if (!of) {
            shape_problem(&d->report, t, "unknown threshold \"%s\"", json_name(t));
            continue;
        }
        policy_check_value(d, json_get(t, "value"), of);
        if (json_true(adopted) && (!json_get(t, "owner") || !json_get(t, "document")))
            shape_problem(&d->report, adopted, "an adopted threshold needs its \"owner\" and \"document\"");
    }
}

static void policy_check_period(struct policy_doc *d)
{
    const struct json *period = json_get(d->doc, "period");
    const struct json *start = json_get(period, "start"), *end = json_get(period, "end");
    int good = 1;

    if (!json_text(start) || !json_text(end))
        return;
    for (const struct json *date = start;; date = end) {
        if (!policy_date_valid(json_text(date))) {
            shape_problem(&d->report, date, "must be a date as YYYY-MM-DD");
            good = 0;
        }
        if (date == end)
            break;
    }
    if (good && strcmp(json_text(start), json_text(end)) > 0)
        shape_problem(&d->report, end, "the period ends before it starts");
}

static void policy_check_excluded(struct policy_doc *d)
{
    const struct json *a = json_first(json_get(d->doc, "not-applicable"));

    for (; a; a = json_next(a)) {
        const char *framework = json_text(json_get(a, "framework")),
                   *control = json_text(json_get(a, "control"));

        for (const struct json *b = json_next(a); b && framework && control; b = json_next(b)) {
            const char *f = json_text(json_get(b, "framework")), *c = json_text(json_get(b, "control"));

            if (f && c && strcmp(f, framework) == 0 && strcmp(c, control) == 0)
                shape_problem(&d->report, b, "%s %s is declared twice", framework, control);
        }
    }
}

static int policy_read_engagement(struct policy_doc *d, const struct policy_doc *shipped, const char *path,
                                  struct err *e)
{
    if (file_read(path, POLICY_FILE_MAX, &d->text, e) != 0 ||
        policy_doc_parse(d, path, policy_engagement_file, e) != 0)
        return -1;
    policy_check_format(d);
    policy_check_thresholds(d, shipped);
    policy_check_period(d);
    policy_check_excluded(d);
    signers_check(&d->report);
    return 0;
}

static int policy_check_shipped(struct policy_doc *shipped, struct err *e)
{
    const struct json *t = json_first(json_get(shipped->doc, "thresholds"));

    policy_check_format(shipped);
    for (; t; t = json_next(t))
        policy_check_value(shipped, json_get(t, "value"), t);
    return shape_error(&shipped->report, e);
}

/* ---- rows */

static int policy_insert_thresholds(struct db *db, const struct policy_doc *shipped,
                                    const struct policy_doc *own, struct err *e)
{
    struct db_stmt *s = NULL;
    const struct json *t = json_first(json_get(shipped->doc, "thresholds"));
    int rc = -1, position = 1;

    if (db_prepare(db, &s, "INSERT INTO policy VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", e) !=
        0)
        return -1;
    for (; t; t = json_next(t), position++) {
        const char *name = json_text(json_get(t, "name"));
        const struct json *over = json_get(json_get(own->doc, "thresholds"), name);
        const struct json *value = json_get(over, "value"), *adopted = json_get(over, "adopted");
        const char *owner = json_text(json_get(over, "owner")), *basis = json_text(json_get(over, "basis"));
        char *shipped_value = policy_value(json_get(t, "value"));
        char *used = value ? policy_value(value) : mem_copy(shipped_value);

        db_bind_text(s, 1, name);
        db_bind_text(s, 2, used);
        db_bind_text(s, 3, json_text(json_get(t, "unit")));
        db_bind_int(s, 4, json_true(adopted ? adopted : json_get(t, "adopted")));
        db_bind_text(s, 5, owner ? owner : json_text(json_get(t, "owner")));
        db_bind_text(s, 6, basis ? basis : json_text(json_get(t, "basis")));
        db_bind_text(s, 7, json_get(over, "document") ? json_text(json_get(over, "document")) : "");
        db_bind_text(s, 8, json_text(json_get(t, "source")));
        db_bind_text(s, 9, json_text(json_get(t, "description")));
        db_bind_text(s, 10, shipped_value);
        db_bind_int(s, 11, position);
        free(shipped_value);
        free(used);
        if (db_run(s, e) != 0)
            goto out;
    }
    rc = 0;
out:
    db_free(s);
    return rc;
}

static int policy_insert_field(struct db_stmt *s, const char *name, const struct json *value, struct err *e)
{
    if (!json_text(value))
        return 0;
    db_bind_text(s, 1, name);
    db_bind_text(s, 2, json_text(value));
    return db_run(s, e);
}

static int policy_insert_engagement(struct db *db, const struct policy_doc *own, struct err *e)
{
    static const char *const fields[] = {"organisation",   "prepared-by", "prepared-for",
                                         "classification", "entity-type", "baseline"};
    const struct json *period = json_get(own->doc, "period");
    struct db_stmt *s = NULL;
    int rc = -1;

    if (db_prepare(db, &s, "INSERT INTO engagement VALUES (?1, ?2)", e) != 0)
        return -1;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (policy_insert_field(s, fields[i], json_get(own->doc, fields[i]), e) != 0)
            goto out;
    }
    if (policy_insert_field(s, "period-title", json_get(period, "title"), e) != 0 ||
        policy_insert_field(s, "period-start", json_get(period, "start"), e) != 0 ||
        policy_insert_field(s, "period-end", json_get(period, "end"), e) != 0)
        goto out;
    rc = 0;
out:
    db_free(s);
    return rc;
}

static int policy_insert_excluded(struct db *db, const struct policy_doc *own, struct err *e)
{
    const struct json *a = json_first(json_get(own->doc, "not-applicable"));
    struct db_stmt *s = NULL;
    int rc = -1;

    if (db_prepare(db, &s, "INSERT INTO not_applicable VALUES (?1, ?2, ?3, ?4, ?5)", e) != 0)
        return -1;
    for (; a; a = json_next(a)) {
        const char *document = json_text(json_get(a, "document"));

        db_bind_text(s, 1, json_text(json_get(a, "framework")));
        db_bind_text(s, 2, json_text(json_get(a, "control")));
        db_bind_text(s, 3, json_text(json_get(a, "reason")));
        db_bind_text(s, 4, json_text(json_get(a, "approver")));
        db_bind_text(s, 5, document ? document : "");
        if (db_run(s, e) != 0)
            goto out;
    }
    rc = 0;
out:
    db_free(s);
    return rc;
}

int policy_load(struct db *facts, const char *engagement_path, struct err *e)
{
    struct policy_doc shipped = {0}, own = {0};
    const struct embed_row *schema = embed_find("judge/policy.sql");
    int rc = -1;

    if (!schema)
        return err_set(e, "judge/policy.sql: not built in");
    if (policy_shipped(&shipped, e) != 0 || policy_check_shipped(&shipped, e) != 0)
        goto out;
    if (engagement_path &&
        (policy_read_engagement(&own, &shipped, engagement_path, e) != 0 || shape_error(&own.report, e) != 0))
        goto out;
    if (db_exec(facts, schema->data, e) != 0 || policy_insert_thresholds(facts, &shipped, &own, e) != 0 ||
        policy_insert_engagement(facts, &own, e) != 0 || policy_insert_excluded(facts, &own, e) != 0 ||
        signers_insert(facts, own.doc, e) != 0)
        goto out;
    rc = 0;
out:
    policy_doc_free(&own);
    policy_doc_free(&shipped);
    return rc;
}

int policy_lint_engagement(const char *path, struct buf *problems, struct err *e)
{
    struct policy_doc shipped = {0}, own = {0};
    int rc = -1;

    if (policy_shipped(&shipped, e) == 0 && policy_read_engagement(&own, &shipped, path, e) == 0) {
        buf_text(problems, buf_str(&own.report.lines));
        rc = own.report.problems;
    }
    policy_doc_free(&own);
    policy_doc_free(&shipped);
    return rc;
}

int policy_engagement(struct db *facts, const char *name, char **out, struct err *e)
{
    return db_value_text(facts, out, e, "SELECT value FROM engagement WHERE name = %Q", name);
}
