/* The five rules from findings to controls, as a table: what the tests of one control found, and what the
 * control says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/embed.h"
#include "base/mem.h"
#include "judge/mapping.h"
#include "judge/policy.h"

static const char words_na[] = "not applicable", words_exceptions[] = "exceptions noted",
                  words_not_assessed[] = "not assessed",
                  words_none[] = "no exceptions noted in the part tested",
                  words_hand[] = "to be shown by hand";

/* One check of a control, with its counts. */
struct test {
    const char *relation; /* "D", "S", "I"; NULL closes */
    int pass, fail, na, gone, attested;
    int unknown;   /* 1: the population is not known */
    int not_run;   /* 1: no row in check_count */
    int threshold; /* 1: rests on a threshold nobody adopted; 2: on one that is adopted; 3: on one that does
                      not exist */
};

#define D(...)                                                                                               \
    {                                                                                                        \
        .relation = "D", __VA_ARGS__                                                                         \
    }
#define S(...)                                                                                               \
    {                                                                                                        \
        .relation = "S", __VA_ARGS__                                                                         \
    }
#define I(...)                                                                                               \
    {                                                                                                        \
        .relation = "I", __VA_ARGS__                                                                         \
    }
#define NO_TEST                                                                                              \
    {                                                                                                        \
        .relation = NULL                                                                                     \
    }

static const struct {
    const char *name;
    struct test tests[4];
    const char *setup; /* more SQL, or NULL */
    const char *words;
    int population; /* -1: not known */
    int supporting_fail;
    const char *reason; /* part of it */
} cases[] = {
    {"no check at all", {NO_TEST}, NULL, words_hand, 0, 0, "no test of this version reaches it"},
    {"a direct test holds", {D(.pass = 3)}, NULL, words_none, 3, 0, "all 3 direct tests hold"},
    {"one direct test fails", {D(.pass = 3, .fail = 1)}, NULL, words_exceptions, 4, 0, "1 of 4 direct tests"},
    {"a failure goes before what was not assessed",
     {D(.pass = 3, .fail = 1, .gone = 1)},
     NULL,
     words_exceptions,
     5,
     0,
     "1 of 4"},
    {"a failure stands although the population is not known",
     {D(.pass = 3, .fail = 1, .gone = 1, .unknown = 1)},
     NULL,
     words_exceptions,
     -1,
     0,
     ""},
    {"one subject not assessed",
     {D(.pass = 3, .gone = 1)},
     NULL,
     words_not_assessed,
     4,
     0,
     "1 direct test could not"},
    {"population not known",
     {D(.pass = 3, .gone = 1, .unknown = 1)},
     NULL,
     words_not_assessed,
     -1,
     0,
     "population"},
    {"population not known, nothing else", {D(.unknown = 1)}, NULL, words_not_assessed, -1, 0, "population"},
    {"direct check not run",
     {D(.not_run = 1)},
     NULL,
     words_not_assessed,
     -1,
     0,
     "the direct check did not run"},
    {"one of two direct checks not run",
     {D(.pass = 2), D(.not_run = 1)},
     NULL,
     words_not_assessed,
     -1,
     0,
     "1 of 2"},
    {"one of two direct checks fails", {D(.pass = 2), D(.fail = 1)}, NULL, words_exceptions, 3, 0, ""},
    {"one of two not assessed", {D(.pass = 2), D(.gone = 1)}, NULL, words_not_assessed, 3, 0, ""},
    {"both hold", {D(.pass = 2), D(.pass = 5)}, NULL, words_none, 7, 0, "all 7"},
    {"direct holds, supporting fails", {D(.pass = 2), S(.fail = 4)}, NULL, words_none, 6, 4, ""},
    {"direct holds, supporting population not known",
     {D(.pass = 2), S(.pass = 1, .gone = 1, .unknown = 1)},
     NULL,
     words_none,
     -1,
     0,
     ""},
    {"only supporting, all hold", {S(.pass = 9)}, NULL, words_hand, 9, 0, "none of them reaches it directly"},
    {"only supporting, one fails", {S(.pass = 8, .fail = 1)}, NULL, words_hand, 9, 1, ""},
    {"only supporting, not run", {S(.not_run = 1)}, NULL, words_hand, -1, 0, ""},
    {"informing tests count nowhere",
     {I(.pass = 3, .fail = 3, .gone = 3)},
     NULL,
     words_hand,
     0,
     0,
     "no test of this version"},
    {"a failing informing test changes nothing", {D(.pass = 2), I(.fail = 5)}, NULL, words_none, 2, 0, ""},
    {"nothing in scope", {D(.na = 1)}, NULL, words_hand, 1, 0, "nothing in scope"},
    {"nothing in scope for one, the other holds", {D(.na = 1), D(.pass = 2)}, NULL, words_none, 3, 0, ""},
    {"attested is no test", {D(.pass = 2, .attested = 1)}, NULL, words_hand, 3, 0, "attested by a person"},
    {"not adopted: a direct test only supports",
     {D(.pass = 4, .threshold = 1)},
     NULL,
     words_hand,
     4,
     0,
     "not adopted"},
    {"not adopted: a failure too only supports",
     {D(.fail = 4, .threshold = 1)},
     NULL,
     words_hand,
     4,
     4,
     "not adopted"},
    {"adopted: direct again", {D(.fail = 4, .threshold = 2)}, NULL, words_exceptions, 4, 0, ""},
    {"a threshold that no policy has is not adopted",
     {D(.pass = 4, .threshold = 3)},
     NULL,
     words_hand,
     4,
     0,
     ""},
    {"one of two direct tests demoted",
     {D(.pass = 4, .threshold = 1), D(.pass = 1)},
     NULL,
     words_none,
     5,
     0,
     "the one direct test holds"},
    {"declared not applicable, although it fails",
     {D(.fail = 4)},
     "INSERT INTO not_applicable VALUES ('f', 'c', 'no such thing here', 'the CISO', '')",
     words_na,
     4,
     0,
     "no such thing here"},
    {"for service providers only, nothing declared",
     {D(.pass = 1)},
     "UPDATE control SET service_provider = 1",
     words_none,
     1,
     0,
     ""},
    {"for service providers only, a merchant",
     {D(.pass = 1)},
     "UPDATE control SET service_provider = 1; INSERT INTO engagement VALUES ('entity-type', 'merchant')",
     words_na,
     1,
     0,
     "asked of service providers only"},
    {"for service providers only, a service provider",
     {D(.pass = 1)},
     "UPDATE control SET service_provider = 1; INSERT INTO engagement VALUES ('entity-type', "
     "'service-provider')",
     words_none,
     1,
     0,
     ""},
    {"for all, a merchant",
     {D(.pass = 1)},
     "INSERT INTO engagement VALUES ('entity-type', 'merchant')",
     words_none,
     1,
     0,
     ""},
    {"outside the declared baseline",
     {D(.fail = 1)},
     "UPDATE control SET low = 0, moderate = 0, high = 1; INSERT INTO engagement VALUES ('baseline', "
     "'moderate')",
     words_na,
     1,
     0,
     "not in the moderate baseline"},
    {"inside the declared baseline",
     {D(.fail = 1)},
     "UPDATE control SET low = 0, moderate = 0, high = 1; INSERT INTO engagement VALUES ('baseline', 'high')",
     words_exceptions,
     1,
     0,
     ""},
    {"in no baseline, none declared",
     {NO_TEST},
     "UPDATE control SET low = 0, moderate = 0, high = 0",
     words_hand,
     0,
     0,
     ""},
    {"a framework without baselines, one declared",
     {D(.pass = 1)},
     "INSERT INTO engagement VALUES ('baseline', 'low')",
     words_none,
     1,
     0,
     ""},
};

static void sql(struct db *db, const char *text)
{
    struct err e = {""};

    if (db_exec(db, text, &e) != 0)
        fail_msg("%s: %s", text, e.text);
}

/* A database as the checks leave it, with the framework 'f' and its one control 'c'. */
static struct db *judged(const struct test *tests)
{
    struct db *db = NULL;
    struct err e = {""};

    assert_int_equal(db_open(&db, NULL, DB_MEMORY, &e), 0);
    assert_int_equal(policy_load(db, NULL, &e), 0);
    sql(db, embed_find("judge/mapping.sql")->data);
    sql(db,
        "CREATE TABLE check_count(check_id TEXT PRIMARY KEY, population INTEGER, population_known INTEGER,"
        " assessed INTEGER, pass INTEGER, fail INTEGER, not_applicable INTEGER, not_assessed INTEGER,"
        " attested INTEGER) STRICT;"
        "CREATE TABLE finding(n INTEGER PRIMARY KEY, id TEXT, check_id TEXT, status TEXT) STRICT;"
        "CREATE TABLE check_threshold(check_id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (check_id, "
        "name))"
        " STRICT;"
        "UPDATE policy SET adopted = 1 WHERE name = 'rsa-bits';"
        "INSERT INTO framework VALUES ('f', 1, 'F', 'F', '1', '', '', '', '', 'f.json', '', 0);"
        "INSERT INTO control VALUES ('f', 'c', 1, '', '', 't', '', 'recalled', '', '', '', '', 0, NULL, NULL,"
        " NULL, NULL, '', '', 'original');");
    for (int i = 0; tests[i].relation; i++) {
        const struct test *t = &tests[i];
        static const char *const thresholds[] = {NULL, "cryptoperiod", "rsa-bits", "no-such-threshold"};

        assert_int_equal(
            db_exec_print(db, &e,
                          "INSERT INTO relation VALUES ('f', 'c', 'check-%d', %d, %Q, 'p', 'r', 's',"
                          " 'original')",
                          i, i + 1, t->relation),
            0);
        if (t->threshold)
            assert_int_equal(db_exec_print(db, &e, "INSERT INTO check_threshold VALUES ('check-%d', %Q)", i,
                                           thresholds[t->threshold]),
                             0);
        if (!t->not_run)
            assert_int_equal(
                db_exec_print(db, &e,
                              "INSERT INTO check_count VALUES ('check-%d', %s, %d, %d, %d, %d, %d, %d, %d)",
                              i, t->unknown ? "NULL" : "0", !t->unknown, t->pass + t->fail, t->pass, t->fail,
                              t->na, t->gone, t->attested),
                0);
        sql(db, "UPDATE check_count SET population = pass + fail + not_applicable + not_assessed + attested"
                " WHERE population_known");
    }
    return db;
}

static void rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct db *db = judged(cases[i].tests);
        struct err e = {""};
        char *words = NULL, *reason = NULL;
        int64_t population = 0, fails = 0;

        if (cases[i].setup)
            sql(db, cases[i].setup);
        if (control_roll_up(db, &e) != 0)
            fail_msg("%s: %s", cases[i].name, e.text);
        assert_int_equal(db_value_text(db, &words, &e, "SELECT status_words FROM control_result"), 0);
        assert_int_equal(db_value_text(db, &reason, &e, "SELECT reason FROM control_result"), 0);
        assert_int_equal(
            db_value_int(db, &population, &e, "SELECT coalesce(population, -1) FROM control_result"), 0);
        assert_int_equal(db_value_int(db, &fails, &e, "SELECT supporting_fail FROM control_result"), 0);
        if (strcmp(words, cases[i].words) != 0 || population != cases[i].population ||
            fails != cases[i].supporting_fail || !strstr(reason, cases[i].reason))
            fail_msg("%s: %s (%s), population %lld, %lld supporting tests fail", cases[i].name, words, reason,
                     (long long)population, (long long)fails);
        free(words);
        free(reason);
        db_close(db);
    }
}

static void findings_behind_a_control(void **state)
{
    static const struct test tests[] = {D(.pass = 1, .fail = 1), S(.gone = 1), I(.fail = 1), NO_TEST};
    struct db *db = judged(tests);
    struct err e = {""};
    char *ids = NULL;

    (void)state;
    sql(db, "INSERT INTO finding VALUES (1, 'F-1', 'check-0', 'fail'), (2, 'F-2', 'check-0', 'pass'),"
            " (3, 'F-3', 'check-1', 'not-assessed'), (4, 'F-4', 'check-2', 'fail')");
    assert_int_equal(control_roll_up(db, &e), 0);
    assert_int_equal(db_value_text(db, &ids, &e,
                                   "SELECT group_concat(finding_id || relation, ' ') FROM (SELECT * FROM"
                                   " control_finding ORDER BY n)"),
                     0);
    assert_string_equal(ids, "F-1D F-3S");
    free(ids);
    db_close(db);
}

static void a_declared_control_must_exist(void **state)
{
    static const struct test none[] = {NO_TEST};
    struct db *db = judged(none);
    struct err e = {""};

    (void)state;
    sql(db, "INSERT INTO not_applicable VALUES ('f', '3.7.66', 'r', 'a', '')");
    assert_int_equal(control_roll_up(db, &e), -1);
    assert_non_null(strstr(e.text, "f 3.7.66"));
    sql(db, "DELETE FROM not_applicable; INSERT INTO not_applicable VALUES ('elsewhere', '1', 'r', 'a', '')");
    assert_int_equal(control_roll_up(db, &e), 0);
    db_close(db);
}

/* Nothing that the checks can lose makes a control better: for every case, take away one count at a time. */
static int rank(struct db *db)
{
    struct err e = {""};
    int64_t worst = 0;

    if (control_roll_up(db, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(
        db_value_int(db, &worst, &e,
                     "SELECT CASE status WHEN 'not-applicable' THEN 0 WHEN 'no-exceptions' THEN 1 WHEN"
                     " 'by-hand' THEN 2 WHEN 'not-assessed' THEN 3 ELSE 4 END FROM control_result"),
        0);
    return (int)worst;
}

static void losing_what_held_makes_nothing_better(void **state)
{
    static const char *const losses[] = {
        /* a refused list: what held becomes not assessed and the population is not known */
        "UPDATE check_count SET not_assessed = not_assessed + 1, pass = 0, population = NULL, "
        "population_known = 0",
        /* one subject cannot be read any more */
        "UPDATE check_count SET not_assessed = not_assessed + 1, pass = pass - 1 WHERE pass > 0",
        /* the check cannot run at all and nothing had failed */
        "DELETE FROM check_count WHERE fail = 0"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t k = 0; k < sizeof losses / sizeof *losses; k++) {
            struct db *before = judged(cases[i].tests), *after = judged(cases[i].tests);

            if (cases[i].setup) {
                sql(before, cases[i].setup);
                sql(after, cases[i].setup);
            }
            sql(after, losses[k]);
            if (rank(after) < rank(before))
                fail_msg("%s: loss %zu makes it better", cases[i].name, k);
            db_close(before);
            db_close(after);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rules), cmocka_unit_test(findings_behind_a_control),
                                       cmocka_unit_test(a_declared_control_must_exist),
                                       cmocka_unit_test(losing_what_held_makes_nothing_better)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
