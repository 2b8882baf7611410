/* SQLite behind db.h: errors name their line, confinement holds, the archive function keeps the shell's
 * contract. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db.h"

static struct db *open_memory(void)
{
    struct db *db = NULL;

    assert_int_equal(db_open(&db, NULL, DB_MEMORY, NULL), 0);
    return db;
}

static void test_errors(void **state)
{
    struct db *db = open_memory();
    struct db_stmt *s = NULL;
    struct err e = {""};

    (void)state;
    assert_int_equal(db_exec(db, "CREATE TABLE t(a);\n\nSELECT nothing FROM t;", &e), -1);
    assert_non_null(strstr(e.text, "line 3"));
    assert_int_equal(db_prepare(db, &s, "SELECT 1; SELECT 2", &e), -1);
    assert_int_equal(db_prepare(db, &s, "SELECT 1 -- and a comment\n;\n-- more\n", &e), 0);
    db_free(s);
    assert_int_equal(db_prepare(db, &s, "  -- nothing", &e), -1);
    assert_int_equal(db_prepare(db, &s, "SELECT \"not a column\"", &e), -1);
    db_close(db);
}

static void test_values(void **state)
{
    struct db *db = open_memory();
    char *text = NULL;
    int64_t n = 0;

    (void)state;
    assert_int_equal(db_exec(db, "CREATE TABLE t(a, b)", NULL), 0);
    assert_int_equal(db_exec_print(db, NULL, "INSERT INTO t VALUES (%Q, %d)", "it's", 7), 0);
    assert_int_equal(db_value_text(db, &text, NULL, "SELECT a FROM t WHERE b = %d", 7), 0);
    assert_string_equal(text, "it's");
    free(text);
    assert_int_equal(db_value_text(db, &text, NULL, "SELECT a FROM t WHERE b = 8"), 0);
    assert_null(text);
    assert_int_equal(db_value_int(db, &n, NULL, "SELECT b FROM t"), 0);
    assert_int_equal(n, 7);
    db_close(db);
}

static void test_confined(void **state)
{
    static const char *const refused[] = {
        "INSERT INTO t VALUES (1)",
        "DELETE FROM t",
        "UPDATE t SET a = 2",
        "DROP TABLE t",
        "CREATE TABLE u(a)",
        "ATTACH 'x' AS x",
        "PRAGMA user_version = 3",
        "SELECT load_extension('x')",
        "SELECT random()",
        "VACUUM",
        "SELECT writefile('x', 'y')",
        "SELECT current_timestamp",

        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c",
    };
    struct db *db = open_memory();

    (void)state;
    assert_int_equal(db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES (5);", NULL), 0);
    assert_int_equal(db_confine(db, 1000000, NULL), 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct db_stmt *s = NULL;
        struct err e = {""};

        if (db_prepare(db, &s, refused[i], &e) == 0 && db_run(s, &e) == 0)
            fail_msg("ran: %s", refused[i]);
        db_free(s);
    }
    db_unconfine(db);
    assert_int_equal(db_confine(db, 0, NULL), 0);
    assert_int_equal(
        db_exec(db,
                "SELECT lower(a), json_extract('{\"x\":1}', '$.x'), '{}' ->> 'a' FROM t, json_each('[1]')",
                NULL),
        0);
    db_unconfine(db);
    assert_int_equal(db_exec(db, "INSERT INTO t VALUES (6)", NULL), 0);
    db_close(db);
}

static void test_sqlar(void **state)
{
    struct db *db = open_memory();
    char *text = NULL;

    (void)state;
    /* zlib of 40 times 'a' (python3: zlib.compress(b'a' * 40).hex()) */
    assert_int_equal(db_value_text(db, &text, NULL,
                                   "SELECT CAST(sqlar_uncompress(x'789c4b4c240e000036eb0f29', 40) AS TEXT)"),
                     0);
    assert_string_equal(text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    free(text);
    assert_int_equal(db_value_text(db, &text, NULL, "SELECT CAST(sqlar_uncompress(x'616263', 3) AS TEXT)"),
                     0);
    assert_string_equal(text, "abc");
    free(text);
    assert_int_equal(db_exec(db, "SELECT sqlar_uncompress(x'616263', 5)", NULL), -1);
    assert_int_equal(db_exec(db, "SELECT sqlar_uncompress(x'616263', 99999999999)", NULL), -1);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_confined),
        cmocka_unit_test(test_sqlar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
