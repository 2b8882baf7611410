/* Checks as files: what a header must say, and what the runner does with each row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "judge/check.h"
#include "judge/facts.h"
#include "judge/remedy.h"

#define SUB "/subscriptions/11111111-1111-1111-1111-111111111111"

#define HEAD                                                                                                 \
    "-- check: t\n-- id: T-1\n-- order: 7\n-- title: A test\n-- severity: high\n-- basis: own-policy\n"      \
    "-- link: vault\n-- kind: vault\n-- needs: vault, disk\n-- why: because\n-- limits: little\n"            \
    "-- remedy: az x --name {name}\n-- danger: it hurts\n-- source: a book\n"

static void run(struct db *db, const char *sql)
{
    struct err e = {""};

    if (db_exec(db, sql, &e) != 0)
        fail_msg("%s", e.text);
}

static int64_t number(struct db *db, const char *sql)
{
    struct err e = {""};
    int64_t n = 0;

    if (db_value_int(db, &n, &e, "%s", sql) != 0)
        fail_msg("%s", e.text);
    return n;
}

static void says(struct db *db, const char *sql, const char *expected)
{
    struct err e = {""};
    char *got = NULL;

    if (db_value_text(db, &got, &e, "%s", sql) != 0)
        fail_msg("%s", e.text);
    if (!got || strcmp(got, expected) != 0)
        fail_msg("%s\n  gives    %s\n  expected %s", sql, got ? got : "NULL", expected);
    free(got);
}

static struct db *facts(const char *rows)
{
    struct db *db = NULL;
    struct err e = {""};

    if (db_open(&db, NULL, DB_MEMORY, &e) != 0 || facts_declare(db, &e) != 0)
        fail_msg("%s", e.text);
    run(db, "INSERT INTO exchange(n, resource, subject, page, method, url, status, usable, received_at, "
            "size, sha256) VALUES"
            " (3, 'vault', 'x', 1, 'GET', 'u', 200, 1, 't', 0, 'h'), (4, 'vault', 'x', 1, 'GET', 'u', 200, "
            "1, 't', 0, 'h')");
    run(db, rows);
    if (facts_helpers(db, &e) != 0)
        fail_msg("%s", e.text);
    return db;
}

/* ---- headers */

struct head_case {
    const char *name, *text, *error; /* error NULL: it is sound */
};

static const struct head_case heads[] = {
    {"checks/t.sql", HEAD "SELECT 1", NULL},
    {"checks/t.sql", HEAD "-- threshold: rsa-bits\nSELECT 1", NULL},
    {"checks/u.sql", HEAD "SELECT 1", "checks/u.sql: check: \"t\" is not the name of the file"},
    {"checks/t.sql", HEAD "-- colour: red\nSELECT 1", "unknown header key \"colour\""},
    {"checks/t.sql", HEAD "-- title: again\nSELECT 1", "the header has title twice"},
    {"checks/t.sql", "-- check: t\n-- id: T-1\nSELECT 1", "the header needs order"},
    {"checks/t.sql", "-- check: t\n-- id:\nSELECT 1", "the header needs id, and it may not be empty"},
    {"checks/t.sql", "SELECT 1", "the header needs check"},
};

static void headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        const struct embed_row row = {heads[i].name, heads[i].text, heads[i].text + strlen(heads[i].text)};
        struct check c = {0};
        struct err e = {""};
        int rc = check_read(&c, &row, &e);

        if (heads[i].error ? rc == 0 || !strstr(e.text, heads[i].error) : rc != 0)
            fail_msg("%zu: %s", i, e.text);
        check_free(&c);
    }
}

/* One word of the header replaced. */
static void header_words(void **state)
{
    static const struct {
        const char *from, *to, *error; /* error NULL: it is sound */
    } cases[] = {
        {"severity: high", "severity: grave", "severity: \"grave\" is none of its words"},
        {"severity: high", "severity: critical", NULL},
        {"basis: own-policy", "basis: taste", "basis: \"taste\""},
        {"link: vault", "link: chain", "link: \"chain\""},
        {"link: vault", "link: none", NULL},
        {"kind: vault", "kind: safe", "kind: \"safe\""},
        {"order: 7", "order: 0", "order: \"0\" is no number from 1 on"},
        {"order: 7", "order: 7a", "order: \"7a\""},
        {"order: 7", "order: -7", "order: \"-7\""},
        {"why: because", "why:", "the header needs why"},
        {"danger: it hurts", "danger:", "the header needs danger"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *at = strstr(HEAD, cases[i].from);
        char *text =
            mem_print("%.*s%s%sSELECT 1", (int)(at - HEAD), HEAD, cases[i].to, at + strlen(cases[i].from));
        const struct embed_row row = {"checks/t.sql", text, text + strlen(text)};
        struct check c = {0};
        struct err e = {""};
        int rc = check_read(&c, &row, &e);

        if (cases[i].error ? rc == 0 || !strstr(e.text, cases[i].error) : rc != 0)
            fail_msg("%s: %s", cases[i].to, e.text);
        if (rc == 0 && strcmp(cases[i].to, "link: none") == 0)
            assert_null(c.link);
        check_free(&c);
        free(text);
    }
}

/* ---- rows */

static int run_one(struct db *db, const char *body, const char *threshold, struct err *e)
{
    char *text = mem_print("%s%s%s", HEAD, threshold, body);
    const struct embed_row row = {"checks/t.sql", text, text + strlen(text)};
    struct check c = {0};
    struct checks list = {&c, 1};
    int rc = check_read(&c, &row, e);

    if (rc == 0)
        rc = checks_run(db, &list, e);
    check_free(&c);
    free(text);
    return rc;
}

#define ROW(subject, status, reason, evidence)                                                               \
    "SELECT " subject " AS subject, " status " AS status, 'o' AS observed, 'x' AS expected, " reason         \
    " AS reason, NULL AS \"limit\", " evidence " AS evidence"

static const struct {
    const char *name, *body, *error;
} wrong[] = {
    {"other columns", "SELECT 'a' AS subject, 'pass' AS status", "its columns must be subject, status"},
    {"columns in another order",
     "SELECT 'pass' AS status, 'a' AS subject, NULL AS observed, NULL AS expected, NULL AS reason, NULL AS "
     "\"limit\", NULL AS"
     " evidence",
     "its columns must be"},
    {"a number", ROW("'a'", "'pass'", "7", "'3'"), "reason: is neither NULL nor text in UTF-8"},
    {"a blob", ROW("'a'", "'pass'", "CAST(x'ff41' AS TEXT)", "'3'"), "reason: is neither"},
    {"no subject", ROW("NULL", "'pass'", "NULL", "'3'"),
     "checks/t.sql: row 1 (no subject): subject: a row has none"},
    {"an empty subject", ROW("''", "'pass'", "NULL", "'3'"), "subject: a row has none"},
    {"a status that is none", ROW("'a'", "'passed'", "NULL", "'3'"), "row 1 (a): status: must be"},
    {"attested by a check", ROW("'a'", "'attested'", "'r'", "'3'"), "status: must be"},
    {"no status", ROW("'a'", "NULL", "'r'", "'3'"), "status: must be"},
    {"a failure without a reason", ROW("'a'", "'fail'", "NULL", "'3'"), "reason: only a pass"},
    {"evidence that is not there", ROW("'a'", "'pass'", "NULL", "'3 5'"),
     "evidence: names an answer that is not there"},
    {"evidence without a number", ROW("'a'", "'pass'", "NULL", "'#/x'"), "evidence: a token is neither"},
    {"evidence without a pointer's slash", ROW("'a'", "'pass'", "NULL", "'3#x'"),
     "evidence: a token is neither"},
    {"evidence with a word", ROW("'a'", "'pass'", "NULL", "'3x'"), "evidence: a token is neither"},
    {"a subject twice",
     ROW("'/a'", "'pass'", "NULL", "'3'") " UNION ALL " ROW("'/a'", "'pass'", "NULL", "'4'"),
     "checks/t.sql: yields the subject /a twice"},
    {"a subject twice, in other letters",
     ROW("'/RG-ZÜRICH'", "'pass'", "NULL", "'3'") " UNION ALL " ROW("'/rg-zürich/'", "'pass'", "NULL", "'4'"),
     "twice"},
    {"a limit of a failure",
     "SELECT 'a' AS subject, 'fail' AS status, NULL AS observed, NULL AS expected, 'r' AS reason, 'l' AS "
     "\"limit\", NULL AS"
     " evidence",
     "limit: only a pass has one"},
    {"two statements", ROW("'a'", "'pass'", "NULL", "'3'") "; SELECT 1", "more than one statement"},
    {"no statement", "/* nothing */", "no statement"},
    {"a statement that writes", "DELETE FROM gap", "not authorized"},
    {"a pragma", "PRAGMA user_version = 3", "not authorized"},
    {"a function that is not listed", ROW("'a'", "'pass'", "hex(randomblob(4))", "'3'"),
     "not authorized to use function"},
    {"a table that is not there", "SELECT * FROM no_such_table", "no such table"},
};

static void rows_that_are_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct db *db = facts("");
        struct err e = {""};

        if (run_one(db, wrong[i].body, "", &e) == 0 || !strstr(e.text, wrong[i].error) ||
            !strstr(e.text, "checks/t.sql"))
            fail_msg("%s: %s", wrong[i].name, e.text);
        /* the connection is not confined any more */
        run(db, "CREATE TABLE after(x)");
        db_close(db);
    }
}

static void threshold_that_is_none(void **state)
{
    struct db *db = facts("");
    struct err e = {""};

    (void)state;
    assert_int_equal(run_one(db, ROW("'a'", "'pass'", "NULL", "'3'"), "-- threshold: rsa-bits, speed\n", &e),
                     -1);
    assert_string_equal(e.text, "checks/t.sql: threshold: there is none named \"speed\"");
    db_close(db);
}

static void what_is_kept(void **state)
{
    static const char body[] =
        "SELECT '" SUB
        "/resourceGroups/RG/providers/Microsoft.KeyVault/vaults/One' AS subject, 'fail' AS status,"
        " 'seen' AS observed, 'wanted' AS expected, 'why' AS reason, NULL AS \"limit\", ' 3#/value/0  4 ' AS "
        "evidence"
        " UNION ALL SELECT '/b', 'pass', 'o', 'x', NULL, 'but', '3#'"
        " UNION ALL SELECT '/c', 'not-applicable', NULL, NULL, 'because', NULL, NULL"
        " UNION ALL SELECT '" SUB "', 'not-assessed', NULL, NULL, 'population not known: refused', NULL, '4'"
        " UNION ALL SELECT '/d', 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL";
    struct db *db =
        facts("INSERT INTO gap VALUES (1, 'vault', '" SUB "', '" SUB "', 'u', 403, 'Denied', 'r', 4),"
              " (2, 'scale_set', 'x', '" SUB "', 'u', 500, 'Http500', 'r', NULL)");
    struct err e = {""};

    (void)state;
    if (run_one(db, body, "", &e) != 0)
        fail_msg("%s", e.text);
    /* printf 't\n/b' | sha256sum */
    says(db, "SELECT id FROM finding WHERE subject = '/b'", "F-7fc0075e");
    says(db, "SELECT subject_key FROM finding WHERE n = 1",
         SUB "/resourcegroups/rg/providers/microsoft.keyvault/vaults/one");
    says(db, "SELECT group_concat(status, ' ') FROM (SELECT status FROM finding ORDER BY n)",
         "fail pass not-applicable not-assessed not-applicable");
    says(db,
         "SELECT observed || '|' || expected || '|' || reason || '|' || evidence || '|' || remedy || '|' || "
         "danger || '|' ||"
         " title || '|' || severity || '|' || basis FROM finding WHERE n = 1",
         "seen|wanted|why|3#/value/0 4|az x --name One|it hurts|A test|high|own-policy");
    says(db,
         "SELECT reason || '|' || limit_text || '|' || evidence || '|' || coalesce(remedy, 'none') || "
         "coalesce(danger, '')"
         " FROM finding WHERE n = 2",
         "|but|3#|none");
    says(db, "SELECT remedy FROM finding WHERE n = 4",
         "The account that collects needs microsoft.keyvault/vaults/read on " SUB
         " (the role Reader has that). Then collect again.");
    says(db,
         "SELECT group_concat(population_unknown, '') FROM (SELECT population_unknown FROM finding ORDER BY "
         "n)",
         "00010");
    says(db,
         "SELECT population || ' ' || population_known || ' ' || assessed || ' ' || pass || ' ' || fail || ' "
         "' ||"
         " not_applicable || ' ' || not_assessed || ' ' || attested FROM check_count",
         "3 0 2 1 1 2 1 0");
    says(db, "SELECT group_concat(gap_n || check_id) FROM gap_affects", "1t");
    says(db,
         "SELECT position || code || link || kind || length(sha256) || (sql GLOB '-- check: t*SELECT*') FROM "
         "check_meta",
         "1T-1vaultvault641");
    db_close(db);
}

/* A check that says nothing at all is no check that found nothing. */
static void no_row(void **state)
{
    struct db *db = facts("");
    struct err e = {""};

    (void)state;
    if (run_one(db, "SELECT * FROM (" ROW("'a'", "'pass'", "NULL", "'3'") ") WHERE 0", "", &e) != 0)
        fail_msg("%s", e.text);
    says(db, "SELECT population || ' ' || population_known FROM check_count", "0 0");
    db_close(db);
}

/* ---- what to do */

static void remedies(void **state)
{
    static const struct {
        const char *text, *subject, *expected;
    } cases[] = {
        {"{id}", "/x/y", "/x/y"},
        {"{name} in {group} of {subscription}, {parent}",
         SUB "/resourceGroups/rg-1/providers/Microsoft.KeyVault/vaults/kv/keys/k",
         "k in rg-1 of 11111111-1111-1111-1111-111111111111, kv"},
        {"{parent}/{name}",
         SUB "/resourceGroups/r/providers/Microsoft.ContainerService/managedClusters/c/agentPools/p", "c/p"},
        {"{name} {parent}", SUB "/resourceGroups/r/providers/Microsoft.KeyVault/vaults/kv",
         "kv <name of the parent>"},
        {"{name} {parent} {group}", "https://kv.vault.azure.net/keys/k", "k kv <resource group>"},
        {"{subscription} {group}", SUB, "11111111-1111-1111-1111-111111111111 <resource group>"},
        {"{name}", SUB "/resourceGroups/rg (1)", "'rg (1)'"},
        {"{name}", SUB "/resourceGroups/it's;$(id)", "'it'\\''s;$(id)'"},
        {"{name}", SUB "/resourceGroups/rg-zürich", "rg-zürich"},
        {"{name}", SUB "/resourceGroups/a\nb", "'a b'"},
        {"{other} {", SUB, "{other} {"},
        {"", SUB, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};

        remedy_fill(&out, cases[i].text, cases[i].subject);
        if (strcmp(buf_str(&out), cases[i].expected) != 0)
            fail_msg("%s of %s gives %s", cases[i].text, cases[i].subject, buf_str(&out));
        buf_free(&out);
    }
}

static void how_to_get_it_read(void **state)
{
    static const struct {
        const char *gaps, *subject, *expected;
    } cases[] = {
        {"", SUB "/x",
         "Nothing was refused: the reason says what is missing. It is read with "
         "microsoft.compute/disks/read, "
         "microsoft.keyvault/vaults/read (the role Reader has that)."},
        {"INSERT INTO gap VALUES (1, 'vault', 'x', '/subscriptions/other', 'u', 403, 'Denied', 'r', NULL)",
         SUB "/x",
         "The account that collects needs microsoft.keyvault/vaults/read on /subscriptions/other (the role "
         "Reader has that). "
         "Then collect again."},
        {"INSERT INTO gap VALUES (1, 'vault', 'x', '/subscriptions/other', 'u', 403, 'Denied', 'r', NULL),"
         " (12, 'disk', 'x', '" SUB "', 'u', NULL, 'NotRecorded', 'r', NULL)",
         SUB "/x", "What came back could not be used (G-0012): the gap says why. Then collect again."},
        {"INSERT INTO gap VALUES (1, 'role_assignment', 'x', '" SUB "', 'u', 403, 'Denied', 'r', NULL)",
         SUB "/x",
         "Nothing was refused: the reason says what is missing. It is read with "
         "microsoft.compute/disks/read, "
         "microsoft.keyvault/vaults/read (the role Reader has that)."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct db *db = facts(cases[i].gaps);
        const struct embed_row row = {"checks/t.sql", HEAD "SELECT 1",
                                      HEAD "SELECT 1" + strlen(HEAD "SELECT 1")};
        struct check c = {0};
        struct remedy_unread *r = NULL;
        struct err e = {""};
        const char *text = NULL;

        if (check_read(&c, &row, &e) != 0 || remedy_unread_new(&r, db, &c, &e) != 0 ||
            remedy_unread_text(r, cases[i].subject, &text, &e) != 0)
            fail_msg("%s", e.text);
        assert_string_equal(text, cases[i].expected);
        remedy_unread_free(r);
        check_free(&c);
        db_close(db);
    }
}

/* ---- the checks that are built in */

static void built_in(void **state)
{
    struct db *db = facts("INSERT INTO scope VALUES ('11111111-1111-1111-1111-111111111111', 'option', 'x')");
    struct checks list = {0};
    struct err e = {""};

    (void)state;
    if (checks_load(&list, &e) != 0 || checks_run(db, &list, &e) != 0)
        fail_msg("%s", e.text);
    assert_true(list.count >= 22);
    assert_non_null(checks_find(&list, CHECK_COMPLETE));
    assert_null(checks_find(&list, "no-such-check"));
    for (size_t i = 1; i < list.count; i++)
        assert_true(list.rows[i - 1].order < list.rows[i].order);
    /* nothing was read: nothing passes, and no population is known */
    assert_int_equal(number(db, "SELECT count(*) FROM finding WHERE status IN ('pass', 'fail')"), 0);
    assert_int_equal(
        number(db, "SELECT count(*) FROM check_count WHERE population_known AND check_id <> '" CHECK_COMPLETE
                   "'"),
        0);
    assert_int_equal(number(db, "SELECT count(*) FROM check_meta"), (int64_t)list.count);
    /* every link of key custody is looked at */
    assert_int_equal(number(db, "SELECT count(DISTINCT link) FROM check_meta WHERE link IN ('declared', "
                                "'pool-disks', 'data-disks',"
                                " 'des', 'key', 'rotation', 'vault', 'identity', 'etcd')"),
                     9);
    checks_free(&list);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(header_words),
        cmocka_unit_test(rows_that_are_wrong),
        cmocka_unit_test(what_is_kept),
        cmocka_unit_test(no_row),
        cmocka_unit_test(threshold_that_is_none),
        cmocka_unit_test(remedies),
        cmocka_unit_test(built_in),
        cmocka_unit_test(how_to_get_it_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
