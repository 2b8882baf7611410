/* The report as shipped, over the small estate of estate.sql: its text, word for word, and what holds for any
 * estate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "estate.h"
#include "render/render.h"
#include "report/template.h"

#define EXAMPLE "tests/report/framework.json"

static char dir[] = "/tmp/kc-shipped-XXXXXX";

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(dir));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir, NULL);
}

static struct doc *report(const char *facts, const char *found, const char *framework)
{
    struct db *db = estate_judged(facts, found, framework);
    struct doc *d = NULL;
    struct err e = {""};

    if (template_build(db, NULL, &estate_options, &d, &e) != 0)
        fail_msg("%s", e.text);
    db_close(db);
    return d;
}

/* report.txt; the caller frees it. */
static char *report_text(const char *facts, const char *found, const char *framework)
{
    struct doc *d = report(facts, found, framework);
    char *path = file_join(dir, "report.txt");
    struct buf b = {0};
    struct err e = {""};

    if (render_text(d, path, &e) != 0 || file_read(path, 16 << 20, &b, &e) != 0)
        fail_msg("%s", e.text);
    free(path);
    doc_free(d);
    return buf_take(&b);
}

/* The same with every run of white space as one space, so that a sentence is found wherever its lines end. */
static char *report_words(const char *facts, const char *found, const char *framework)
{
    char *text = report_text(facts, found, framework), *to = text;

    for (const char *p = text; *p; p++) {
        if (*p != ' ' && *p != '\n')
            *to++ = *p;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    *to = '\0';
    return text;
}

static void has(const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("\"%s\" is missing", wanted);
}

static void lacks(const char *text, const char *unwanted)
{
    const char *at = strcasestr(text, unwanted);

    if (at)
        fail_msg("\"%s\" must not be there: …%.200s", unwanted, at - text > 60 ? at - 60 : text);
}

/* tests/golden/report.txt is the report to read when a template changes. A new one is left in the build
 * folder. */
static void the_text_is_word_for_word(void **state)
{
    char *text = report_text("", "", EXAMPLE), *fresh = NULL;
    const char *build = getenv("BUILD_DIR");
    struct buf golden = {0};
    struct err e = {""};
    size_t line = 1, at = 0;

    (void)state;
    if (file_read("tests/golden/report.txt", 16 << 20, &golden, &e) == 0 &&
        strcmp(buf_str(&golden), text) == 0) {
        buf_free(&golden);
        free(text);
        return;
    }
    while (text[at] && at < golden.len && text[at] == golden.data[at])
        line += text[at++] == '\n';
    while (at > 0 && text[at - 1] != '\n')
        at--;
    fresh = file_join(build ? build : dir, "report.txt");
    if (file_write(fresh, text, strlen(text), 0644, &e) != 0)
        fail_msg("%s", e.text);
    fail_msg(
        "tests/golden/report.txt: line %zu is now \"%.*s\". The new report is %s: read it, and copy it there "
        "if it is right",
        line, (int)strcspn(text + at, "\n"), text + at, fresh);
}

static void it_never_says_more_than_was_seen(void **state)
{
    char *text = report_words("", "", NULL);

    (void)state;
    lacks(text, "compliant");
    lacks(text, " score");
    lacks(text, "certified");
    has(text, "from a recording");
    has(text, "Between snapshots nothing was observed");
    has(text, "Encryption of disks cannot by itself make card numbers unreadable (3.5.1.2)");
    free(text);
}

static void what_was_only_recalled_is_not_printed(void **state)
{
    char *text = report_words("", "", EXAMPLE);

    (void)state;
    lacks(text, "nobody has read");
    lacks(text, "observe ·"); /* kind of test of 1.2(a) */
    has(text, "examine, interview");
    has(text, "1.1† Disks are encrypted");
    has(text, "1.3 Rights are given by roles");
    has(text, "The first limit, from a copy. †");
    free(text);
}

static void an_unknown_population_has_no_total(void **state)
{
    char *text = report_words(
        "", "UPDATE check_count SET population_known = 0 WHERE check_id IN ('disk-cmk', 'cluster-uses-des')",
        EXAMPLE);

    (void)state;
    lacks(text, "of 2 clusters");
    lacks(text, "1 of 2");
    has(text, "of the 2 clusters that could be read");
    has(text, "How many clusters there are in all is not known");
    has(text, "Population not known, 2 assessed: 1 pass, 1 fail");
    free(text);
}

/* Nothing asked, nothing found: still a report, and not a good one. */
static void nothing_at_all_is_a_report(void **state)
{
    char *text = report_words(
        "DELETE FROM listing; DELETE FROM exchange; DELETE FROM gap; DELETE FROM scope; DELETE FROM "
        "subscription;"
        "DELETE FROM aks_cluster; DELETE FROM node_pool; DELETE FROM disk; DELETE FROM in_scope_disk; DELETE "
        "FROM des_use;"
        "DELETE FROM used_des; DELETE FROM used_vault; DELETE FROM used_key; DELETE FROM key_use; DELETE "
        "FROM vault;"
        "DELETE FROM crypto_key; DELETE FROM key_version; DELETE FROM role_assignment; DELETE FROM "
        "engagement;"
        "DELETE FROM disk_encryption_set; DELETE FROM des_identity",
        "DELETE FROM finding; DELETE FROM check_count; DELETE FROM check_meta; DELETE FROM gap_affects",
        EXAMPLE);

    (void)state;
    has(text, "no AKS cluster could be read; whether there are any is not known");
    has(text, "No test was performed.");
    has(text, "No cluster was found, so there is no chain to show.");
    has(text, "0 without exceptions, 0 with, 1 not assessed");
    free(text);
}

static void long_lists_end_and_say_where_the_rest_is(void **state)
{
    char *text = report_words(
        "",
        "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 260) "
        "INSERT INTO finding(id, check_id, title, subject, subject_key, status, severity, basis, observed, "
        "expected, reason, evidence, population_unknown) "
        "SELECT printf('F-%08x', n), check_id, title, "
        "'/subscriptions/s/resourceGroups/g/providers/p/disks/d' || n, "
        "'d' || n, 'fail', severity, basis, 'o', 'what disk-cmk expects', 'r', '3', 0 FROM i, check_meta "
        "WHERE check_id = 'disk-cmk';"
        "UPDATE check_count SET population = 262, assessed = 262, fail = 261 WHERE check_id = 'disk-cmk'",
        EXAMPLE);

    (void)state;
    has(text, "and 61 more failing subjects: workbook, sheet Findings, and data/findings.json");
    has(text, "262 subjects in the population, 262 assessed: 1 pass, 261 fail");
    has(text, "F-000000c7"); /* 199 of these, and the one that was there before */
    lacks(text, "F-000000c8");
    free(text);
}

/* Every place that a reader is sent to is there, once. */
static void places(const struct doc_block *b, const char *name, int *n)
{
    *n += b->anchor && strcmp(b->anchor, name) == 0;
    for (size_t r = 0; b->table.anchors && r < b->table.row_count; r++)
        *n += b->table.anchors[r] && strcmp(b->table.anchors[r], name) == 0;
    for (size_t i = 0; i < b->child_count; i++)
        places(b->children[i], name, n);
}

static void readers_are_sent_to_places_that_are_there(void **state)
{
    static const char *const names[] = {"answer",
                                        "completeness",
                                        "chain",
                                        "custody",
                                        "framework-example",
                                        "control-example-1.2(a)",
                                        "findings",
                                        "not-assessed",
                                        "keys",
                                        "impact",
                                        "access",
                                        "evidence",
                                        "tests",
                                        "refused",
                                        "thresholds",
                                        "words",
                                        "check",
                                        "E-0003",
                                        "G-0001",
                                        "sql-key-age",
                                        "test-disk-cmk",
                                        "F-1fffffff"};
    struct doc *d = report("", "", EXAMPLE);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int n = 0;

        for (size_t k = 0; k < d->block_count; k++)
            places(d->blocks[k], names[i], &n);
        if (n != 1)
            fail_msg("%s: there %d times", names[i], n);
    }
    doc_free(d);
}

/* The second page of report.pdf; the caller frees it. */
static char *page_two(const char *facts, const char *found, const char *framework)
{
    struct doc *d = report(facts, found, framework);
    char *path = file_join(dir, "report.pdf"), *command = mem_print("pdftotext -f 2 -l 2 -layout %s -", path);
    struct buf b = {0};
    struct err e = {""};
    char part[4096];
    size_t n = 0;
    FILE *p = NULL;

    if (render_pdf(d, path, &e) != 0)
        fail_msg("%s", e.text);
    p = popen(command, "r"); /* NOLINT(cert-env33-c): our own words and path */
    assert_non_null(p);
    while ((n = fread(part, 1, sizeof part, p)) > 0)
        buf_add(&b, part, n);
    assert_int_equal(pclose(p), 0);
    free(command);
    free(path);
    doc_free(d);
    return buf_take(&b);
}

static void the_answer_stays_on_one_page(void **state)
{
    static const struct {
        const char *facts, *found, *framework;
    } cases[] = {
        {"", "", EXAMPLE},
        {"", "", NULL},
        /* everything fails, everything is open, long titles */
        {"",
         "UPDATE check_meta SET title = title || ', and a good many more words that make the title as long "
         "as titles get'; "
         "UPDATE check_count SET fail = 99999, not_assessed = 99999, population = 123456; "
         "UPDATE finding SET status = CASE n % 2 WHEN 0 THEN 'fail' ELSE 'not-assessed' END; "
         "INSERT INTO finding(id, check_id, title, subject, subject_key, status, severity, basis, observed, "
         "reason, evidence, population_unknown) "
         "SELECT 'F-' || printf('%08x', position), check_id, title, "
         "'/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/resourceGroups/g/providers/p/disks/"
         "a-very-long-name-of-a-disk-that-goes-on', check_id || s, s, severity, basis, 'o', 'r', '1', 0 FROM "
         "check_meta, (SELECT 'fail' AS s UNION ALL SELECT 'not-assessed')",
         NULL},
        {"UPDATE engagement SET value = 'A person with a long title, of a department with a longer name, in "
         "a company whose name is the longest' "
         "WHERE name = 'prepared-by'; INSERT INTO engagement VALUES ('prepared-for', 'The assessor of this "
         "year''s assessment and the officer for security of "
         "health information, together')",
         "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = page_two(cases[i].facts, cases[i].found, cases[i].framework);

        if (!strstr(text, "Who holds the keys of the disks?") || !strstr(text, "What does not hold") ||
            !strstr(text, "Where the rest is") || !strstr(text, "2 of "))
            fail_msg("case %zu: not on one page:\n%s", i, text);
        free(text);
    }
}

/* The text between the first fence of that language and the one that closes it. */
static char *fenced(const char *text, const char *fence)
{
    const char *from = strstr(text, fence), *to = NULL;

    assert_non_null(from);
    from += strlen(fence);
    to = strstr(from, "\n```");
    assert_non_null(to);
    return mem_copy_n(from, (size_t)(to - from));
}

/* docs/template.md shows a template: it is one. */
static void the_documented_template_works(void **state)
{
    char *folder = file_join(dir, "documented"), *tables = file_join(folder, "tables"), *json = NULL,
         *sql = NULL, *to_json = file_join(folder, "template.json"), *to_sql = file_join(tables, "keys.sql");
    struct db *db = estate_judged("", "", EXAMPLE);
    struct doc *d = NULL;
    struct buf doc = {0};
    struct err e = {""};

    (void)state;
    assert_int_equal(file_read("docs/template.md", 1 << 20, &doc, &e), 0);
    json = fenced(buf_str(&doc), "```json\n");
    sql = fenced(buf_str(&doc), "```sql\n");
    if (file_make_dir(folder, 0700, &e) != 0 || file_make_dir(tables, 0700, &e) != 0 ||
        file_write(to_json, json, strlen(json), 0600, &e) != 0 ||
        file_write(to_sql, sql, strlen(sql), 0600, &e) != 0 ||
        template_build(db, folder, &estate_options, &d, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(d->block_count, 2);
    assert_int_equal(d->blocks[1]->table.row_count, 1);
    assert_string_equal(d->blocks[1]->table.cells[1].text.runs[0].text, "2026-03-02");
    doc_free(d);
    db_close(db);
    buf_free(&doc);
    free(json);
    free(sql);
    free(to_json);
    free(to_sql);
    free(tables);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_word_for_word),
        cmocka_unit_test(it_never_says_more_than_was_seen),
        cmocka_unit_test(what_was_only_recalled_is_not_printed),
        cmocka_unit_test(an_unknown_population_has_no_total),
        cmocka_unit_test(nothing_at_all_is_a_report),
        cmocka_unit_test(long_lists_end_and_say_where_the_rest_is),
        cmocka_unit_test(readers_are_sent_to_places_that_are_there),
        cmocka_unit_test(the_answer_stays_on_one_page),
        cmocka_unit_test(the_documented_template_works),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
