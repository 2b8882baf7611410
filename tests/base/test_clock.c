/* Times: what is read, what is refused, and that both directions agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void test_read(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2000-02-29T12:34:56Z", 951827696},
        {"2026-09-30T23:59:59Z", 1790812799},
        {"2026-09-30T23:59:59.1234567Z", 1790812799},
        {"2026-09-30T23:59:59+00:00", 1790812799},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"2026-02-29T00:00:00Z", -1},
        {"2026-13-01T00:00:00Z", -1},
        {"2026-09-30 23:59:59Z", -1},
        {"2026-09-30T23:59:59", -1},
        {"2026-09-30T23:59:59+02:00", -1},
        {"2026-09-30T24:00:00Z", -1},
        {"", -1},
        {"1969-12-31T23:59:59Z", -1},
        {"2026-09-30T23:59:59Zx", -1},
        {"2026-9-30T23:59:59Z", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {""};
        int64_t seconds = -1;
        int rc = clock_read(cases[i].text, &seconds, &e);

        assert_int_equal(rc, cases[i].seconds < 0 ? -1 : 0);
        if (rc == 0)
            assert_int_equal(seconds, cases[i].seconds);
        else
            assert_true(strlen(e.text) > 0);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    for (int64_t t = 0; t < INT64_C(253402300800); t += INT64_C(86400) * 13 + 7919) {
        char text[CLOCK_TEXT];
        int64_t back = 0;

        clock_text(t, text);
        assert_int_equal(clock_read(text, &back, NULL), 0);
        assert_int_equal(back, t);
    }
}

static void test_http(void **state)
{
    int64_t t = 0;

    (void)state;
    assert_int_equal(clock_read_http("Sun, 06 Nov 1994 08:49:37 GMT", &t, NULL), 0);
    assert_int_equal(t, 784111777);
    assert_int_equal(clock_read_http("Sunday, 06-Nov-94 08:49:37 GMT", &t, NULL), -1);
    assert_int_equal(clock_read_http("Sun, 06 anN 1994 08:49:37 GMT", &t, NULL), -1);
    assert_int_equal(clock_read_http("", &t, NULL), -1);
    assert_int_equal(clock_read_http(NULL, &t, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_http),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
