/* Every check against its own cases: tests/checks/<slug>.test beside src/checks/<slug>.sql.
 *
 * A .test file: lines before the first case are SQL of every case. A case is `== what it shows`, SQL that
 * fills fact tables, a line `--`, then every row that the check must yield, in order: `status | subject |
 * words`. The words, several joined by ` & `, must occur in observed, expected, reason or limit; `limit:
 * words` in the limit, `no limit` says that there is none, `evidence: words` in the evidence, `not: words`
 * nowhere. A line `@include name` stands for tests/checks/ name.sql. A line that starts with `#` is a remark.
 *
 * The tables of the facts are there and empty, `policy` holds the shipped thresholds, `snapshot` one row.
 * After the SQL of the case come the helper tables, then the check, confined as in production. Rows are also
 * held against what every check promises (broken_promise).
 *
 * Arguments: slug [case]. Runs that check only, that case only, and prints its rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/header.h"
#include "base/mem.h"
#include "judge/facts.h"
#include "judge/verdict.h"
#include "lib/db.h"

#define TEXT_MAX (1024 * 1024)

enum field { SUBJECT, STATUS, OBSERVED, EXPECTED, REASON, LIMIT, EVIDENCE, FIELDS };
static const char *const field_names[FIELDS] = {"subject", "status", "observed", "expected",
                                                "reason",  "limit",  "evidence"};

static const char *only_slug, *only_case;

static char *test_path(const char *name)
{
    const char *root = getenv("SOURCE_DIR");

    return mem_print("%s/tests/checks/%s", root ? root : ".", name);
}

static char *slug_of(const struct embed_row *row)
{
    const char *base = row->name + strlen("checks/");

    return mem_copy_n(base, strlen(base) - strlen(".sql"));
}

/* The text of tests/checks/<name>, its @include lines replaced. */
static void read_text(const char *name, struct buf *out)
{
    struct err e = {""};
    struct buf text = {0};
    char *path = test_path(name);

    if (file_read(path, TEXT_MAX, &text, &e) != 0)
        fail_msg("%s", e.text);
    for (const char *p = buf_str(&text); *p;) {
        size_t n = strcspn(p, "\n");

        if (strncmp(p, "@include ", 9) == 0) {
            char *other = mem_print("%.*s.sql", (int)(n - 9), p + 9);

            read_text(other, out);
            free(other);
        } else if (*p != '#') {
            buf_add(out, p, n);
            buf_char(out, '\n');
        }
        p += n + (p[n] == '\n');
    }
    buf_free(&text);
    free(path);
}

/* ---- the database of a case ---- */

static void run_sql(struct db *db, const char *sql, const char *where)
{
    struct err e = {""};

    if (db_exec(db, sql, &e) != 0)
        fail_msg("%s: %s", where, e.text);
}

/* What the builder of facts derives and no case should have to write: folded subjects of lists, and the
 * subscription whose list held an assignment. */
static const char derived[] =
    "UPDATE listing SET subject_key = coalesce((SELECT key FROM fold WHERE raw = subject), "
    "lower(rtrim(subject, '/')))"
    " WHERE subject_key IS NULL;"
    "INSERT OR IGNORE INTO role_assignment_seen(assignment_key, subscription_key) SELECT id_key, listed_for"
    " FROM role_assignment WHERE listed_for <> '';"
    "INSERT OR IGNORE INTO policy_assignment_seen(assignment_key, subscription_key) SELECT id_key, listed_for"
    " FROM policy_assignment WHERE listed_for <> ''";

/* ---- what every check promises, whatever the case ---- */

/* "N", "N#/pointer", one blank between; a pointer has no blank. */
static int evidence_is_well_formed(const char *text)
{
    for (const char *p = text; *p;) {
        size_t n = strspn(p, "0123456789");

        if (!n || (p[n] != '#' && p[n] != ' ' && p[n] != '\0'))
            return 0;
        if (p[n] == '#') {
            n++;
            if (p[n] != '/' && p[n] != ' ' && p[n] != '\0')
                return 0;
            n += strcspn(p + n, " ");
        }
        if (p[n] == ' ' && (p[n + 1] == '\0' || p[n + 1] == ' '))
            return 0;
        p += n + (p[n] == ' ');
    }
    return 1;
}

static const char *broken_promise(char *const now[FIELDS], const char *subject_before)
{
    enum verdict v = verdict_read(now[STATUS]);
    int judged = v == VERDICT_PASS || v == VERDICT_FAIL;

    if (v == VERDICT_NONE || v == VERDICT_ATTESTED)
        return "no such status";
    if (!now[SUBJECT] || !*now[SUBJECT])
        return "a row without subject";
    if (subject_before && strcmp(subject_before, now[SUBJECT]) >= 0)
        return strcmp(subject_before, now[SUBJECT]) ? "subjects are not in order" : "a subject comes twice";
    if (judged && (!now[OBSERVED] || !*now[OBSERVED] || !now[EXPECTED] || !*now[EXPECTED]))
        return "a pass and a fail say what was observed and what was expected";
    if (judged && (!now[EVIDENCE] || !*now[EVIDENCE]))
        return "a pass and a fail name their evidence";
    if (v != VERDICT_PASS && (!now[REASON] || !*now[REASON]))
        return "what does not pass says why";
    if (v != VERDICT_PASS && now[LIMIT])
        return "a limit belongs to a pass";
    if (now[LIMIT] && !*now[LIMIT])
        return "no limit is NULL";
    if (now[EVIDENCE] && !evidence_is_well_formed(now[EVIDENCE]))
        return "evidence is N or N#/pointer, one blank between";
    return NULL;
}

/* ---- one case ---- */

static int phrase_holds(char *const row[FIELDS], const char *phrase)
{
    int found = 0;

    if (strncmp(phrase, "limit: ", 7) == 0)
        return row[LIMIT] && strstr(row[LIMIT], phrase + 7);
    if (strncmp(phrase, "evidence: ", 10) == 0)
        return row[EVIDENCE] && strstr(row[EVIDENCE], phrase + 10);
    if (strcmp(phrase, "no limit") == 0)
        return !row[LIMIT];
    if (strncmp(phrase, "not: ", 5) == 0)
        return !phrase_holds(row, phrase + 5);
    for (int i = OBSERVED; i <= LIMIT; i++)
        found = found || (row[i] && strstr(row[i], phrase));
    return found;
}

/* The first phrase of `words` that does not hold, for the caller to free; NULL when all do. */
static char *phrase_missing(char *const row[FIELDS], const char *words)
{
    while (*words) {
        const char *end = strstr(words, " & ");
        size_t n = end ? (size_t)(end - words) : strlen(words);
        char *phrase = mem_copy_n(words, n);

        if (!phrase_holds(row, phrase))
            return phrase;
        free(phrase);
        words += n + (end ? 3 : 0);
    }
    return NULL;
}

/* Splits `status | subject | words` in place. */
static void split_row(char *line, char *part[3])
{
    part[0] = line;
    for (int i = 1; i < 3; i++) {
        char *bar = part[i - 1] ? strstr(part[i - 1], " | ") : NULL;

        part[i] = bar ? bar + 3 : NULL;
        if (bar)
            *bar = '\0';
    }
}

struct outcome {
    int passes, fails, not_assessed; /* rows expected over all cases of a file */
    int wrong;
};

static void print_row(char *const row[FIELDS])
{
    for (int i = 0; i < FIELDS; i++)
        printf("    %-8s %s\n", field_names[i], row[i] ? row[i] : "-");
}

/* "*tail" stands for every subject that ends so. */
static int subject_fits(const char *subject, const char *expected)
{
    size_t n = strlen(subject), tail = strlen(expected) - 1;

    if (*expected != '*')
        return strcmp(subject, expected) == 0;
    return n >= tail && strcmp(subject + n - tail, expected + 1) == 0;
}

/* Compares one row with one line (NULL: none is left) and says what differs. */
static int row_differs(const char *where, char *const row[FIELDS], char *line, const char *subject_before)
{
    const char *broken = broken_promise(row, subject_before);
    char *part[3] = {NULL}, *missing = NULL;
    int differs = 1;

    if (line)
        split_row(line, part);
    missing = line && part[2] ? phrase_missing(row, part[2]) : NULL;
    if (broken)
        printf("%s: %s\n", where, broken);
    else if (!line)
        printf("%s: a row that the case does not list\n", where);
    else if (!part[1] || strcmp(part[0], row[STATUS]) != 0 || !subject_fits(row[SUBJECT], part[1]))
        printf("%s: expected %s | %s\n", where, part[0], part[1] ? part[1] : "(no subject)");
    else if (missing)
        printf("%s: does not say \"%s\"\n", where, missing);
    else
        differs = 0;
    if (differs || only_case)
        print_row(row);
    free(missing);
    return differs;
}

/* Runs `check` after `sql` and compares its rows with the lines of `expected`. */
static void run_case(const struct embed_row *check, const char *body, const char *where, const char *sql,
                     char *expected, struct outcome *o)
{
    struct err e = {""};
    struct db *db = NULL;
    struct db_stmt *s = NULL;
    char *line = NULL, *rest = expected, *before = NULL;
    int more = 0;

    if (db_open(&db, NULL, DB_MEMORY, &e) != 0 || facts_declare(db, &e) != 0)
        fail_msg("%s", e.text);
    run_sql(db, sql, where);
    run_sql(db, derived, where);
    if (facts_helpers(db, &e) != 0)
        fail_msg("%s: %s", where, e.text);
    if (db_confine(db, 0, &e) != 0 || db_prepare(db, &s, body, &e) != 0)
        fail_msg("%s: %s", check->name, e.text);
    if (db_columns(s) != FIELDS)
        fail_msg("%s: %d columns", check->name, db_columns(s));
    for (int i = 0; i < FIELDS; i++)
        assert_string_equal(db_name(s, i), field_names[i]);
    while ((more = db_step(s, &e)) == 1) {
        char *row[FIELDS];

        for (int i = 0; i < FIELDS; i++) {
            if (db_is_number(s, i)) /* 'in ' || n / 7 || ' weeks' is one: || binds first */
                fail_msg("%s: %s is a number, not text", where, field_names[i]);
            row[i] = mem_copy(db_text(s, i));
        }
        line = strtok_r(NULL, "\n", &rest);
        o->wrong += row_differs(where, row, line, before);
        free(before);
        before = row[SUBJECT];
        for (int i = STATUS; i < FIELDS; i++)
            free(row[i]);
    }
    if (more < 0)
        fail_msg("%s: %s", where, e.text);
    while ((line = strtok_r(NULL, "\n", &rest))) {
        printf("%s: no row %s\n", where, line);
        o->wrong++;
    }
    free(before);
    db_free(s);
    db_close(db);
}

/* How many lines start with the status. */
static int count_status(const char *lines, const char *status)
{
    int n = 0;

    for (const char *p = lines; *p; p += strcspn(p, "\n"), p += *p == '\n')
        n += strncmp(p, status, strlen(status)) == 0 && p[strlen(status)] == ' ';
    return n;
}

/* Runs the cases of a .test file; `text` is cut up. */
static void run_cases(const struct embed_row *check, const char *body, const char *slug, char *text,
                      struct outcome *o)
{
    char *next = strncmp(text, "== ", 3) == 0 ? text : strstr(text, "\n== ");
    char *shared = mem_copy_n(text, next && next != text ? (size_t)(next + 1 - text) : 0);

    for (char *p = next; p; p = next) {
        char *name = strstr(p, "== ") + 3, *sql = strchr(name, '\n'),
             *rows = sql ? strstr(sql, "\n--\n") : NULL;
        char *where = NULL, *script = NULL;

        next = rows ? strstr(rows + 3, "\n== ") : NULL;
        if (!rows)
            fail_msg("%s: a case has no line \"--\": %.60s", slug, name);
        *sql = '\0';
        *rows = '\0';
        if (next)
            *next = '\0';
        where = mem_print("%s: %s", slug, name);
        script = mem_print("%s\n%s", shared, rows > sql ? sql + 1 : "");
        o->passes += count_status(rows + 4, "pass");
        o->fails += count_status(rows + 4, "fail");
        o->not_assessed += count_status(rows + 4, "not-assessed");
        if (!only_case || strcmp(only_case, name) == 0)
            run_case(check, body, where, script, rows + 4, o);
        free(where);
        free(script);
        if (next)
            next++;
    }
    free(shared);
}

static void check_holds(void **state)
{
    const struct embed_row *check = *(const struct embed_row **)*state;
    struct err e = {""};
    struct header header = {0};
    struct buf text = {0};
    struct outcome o = {0};
    char *slug = slug_of(check), *file = mem_print("%s.test", slug);

    if (header_read(&header, check->name, check->data, &e) != 0)
        fail_msg("%s", e.text);
    read_text(file, &text);
    if (text.len)
        run_cases(check, header.body, slug, text.data, &o);
    if (!o.passes || !o.not_assessed || (!o.fails && strcmp(slug, "collection-complete") != 0)) {
        printf("%s: wants a pass, a fail and a not-assessed case\n", file);
        o.wrong++;
    }
    buf_free(&text);
    header_free(&header);
    free(slug);
    free(file);
    if (o.wrong)
        fail_msg("%d differences", o.wrong);
}

static int has_check(void *ctx, const char *relative, struct err *e)
{
    size_t n = strlen(relative);
    char *name = NULL;
    int rc = 0;

    (void)ctx;
    if (n < 5 || strcmp(relative + n - 5, ".test") != 0)
        return 0;
    name = mem_print("checks/%.*s.sql", (int)n - 5, relative);
    if (!embed_find(name))
        rc = err_set(e, "tests/checks/%s: there is no %s", relative, name);
    free(name);
    return rc;
}

static void every_test_has_its_check(void **state)
{
    struct err e = {""};
    char *dir = test_path("");

    (void)state;
    if (file_each(dir, has_check, NULL, &e) != 0)
        fail_msg("%s", e.text);
    free(dir);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[128] = {cmocka_unit_test(every_test_has_its_check)};
    const struct embed_row *checks[128] = {NULL};
    char *slugs[128] = {NULL};
    size_t n = 1;
    int failed = 0;

    only_slug = argc > 1 ? argv[1] : NULL;
    only_case = argc > 2 ? argv[2] : NULL;
    for (const struct embed_row *row = NULL;
         n < sizeof tests / sizeof *tests && (row = embed_next(row, "checks/", ".sql"));) {
        char *slug = slug_of(row);

        if (only_slug && strcmp(only_slug, slug) != 0) {
            free(slug);
            continue;
        }
        checks[n] = row;
        slugs[n] = slug;
        tests[n] =
            (struct CMUnitTest){.name = slug, .test_func = check_holds, .initial_state = (void *)&checks[n]};
        n++;
    }
    failed = _cmocka_run_group_tests("checks", tests, n, NULL, NULL);
    for (size_t i = 1; i < n; i++)
        free(slugs[i]);
    return failed;
}
