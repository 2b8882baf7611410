/* The header of SQL files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/header.h"

static void test_fields(void **state)
{
    struct header h;
    struct err e = {""};

    (void)state;
    assert_int_equal(
        header_read(
            &h, "x.sql",
            "-- id: disk-cmk\n-- why:  because\n--   it is so\n--\n-- each:\n--   SELECT 1\nSELECT 2;\n", &e),
        0);
    assert_int_equal(h.count, 3);
    assert_string_equal(header_get(&h, "id"), "disk-cmk");
    assert_string_equal(header_get(&h, "why"), "because\nit is so");
    assert_string_equal(header_get(&h, "each"), "SELECT 1");
    assert_null(header_get(&h, "absent"));
    assert_string_equal(h.body, "SELECT 2;\n");
    header_free(&h);
}

static void test_refused(void **state)
{
    static const char *const cases[] = {"-- no colon here\nSELECT 1", "--   continued from nothing\n",
                                        "--x: y\n", "-- two words: value\n"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct header h;
        struct err e = {""};

        assert_int_equal(header_read(&h, "x.sql", cases[i], &e), -1);
        assert_non_null(strstr(e.text, "x.sql:1"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
