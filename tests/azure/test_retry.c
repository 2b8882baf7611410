/* When another try is worth it, and after how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "azure/retry.h"

static void test_may_help(void **state)
{
    static const struct {
        enum http_fault fault;
        int status, help;
    } cases[] = {
        {HTTP_ANSWERED, 200, 0}, {HTTP_ANSWERED, 400, 0}, {HTTP_ANSWERED, 401, 0}, {HTTP_ANSWERED, 403, 0},
        {HTTP_ANSWERED, 404, 0}, {HTTP_ANSWERED, 408, 1}, {HTTP_ANSWERED, 409, 0}, {HTTP_ANSWERED, 429, 1},
        {HTTP_ANSWERED, 500, 1}, {HTTP_ANSWERED, 501, 0}, {HTTP_ANSWERED, 502, 1}, {HTTP_ANSWERED, 503, 1},
        {HTTP_ANSWERED, 504, 1}, {HTTP_ANSWERED, 307, 0}, {HTTP_LOST, 0, 1},       {HTTP_UNTRUSTED, 0, 0},
        {HTTP_TOO_LONG, 0, 0},   {HTTP_REFUSED, 0, 0},    {HTTP_LOST, 200, 1}, /* cut off behind its head */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_answer a = {.fault = cases[i].fault, .status = cases[i].status, .body = ""};

        if (retry_may_help(&a) != cases[i].help)
            fail_msg("fault %d, status %d: %d", cases[i].fault, cases[i].status, retry_may_help(&a));
    }
}

/* Doubled from try to try, spread over as much again, and what was asked for is never undercut. */
static void test_pause(void **state)
{
    static const struct {
        int tries;
        int64_t asked, least, most;
    } cases[] = {
        {1, -1, 200, 600}, {2, -1, 400, 1200},       {3, -1, 800, 2400},    {4, -1, 1600, 4800},
        {1, 0, 0, 400},    {1, 17000, 17000, 17400}, {4, 1000, 1000, 1400}, {1, 600000, 600000, 600400},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t least = INT64_MAX, most = 0;

        for (uint64_t dice = 0; dice < 10000; dice++) {
            int64_t pause = retry_pause(cases[i].tries, cases[i].asked, dice);

            least = pause < least ? pause : least;
            most = pause > most ? pause : most;
        }
        if (least != cases[i].least || most != cases[i].most)
            fail_msg("case %zu: %lld to %lld", i, (long long)least, (long long)most);
    }
    assert_in_range(retry_pause(1, -1, UINT64_MAX), 200, 600);
}

static void test_pause_short(void **state)
{
    (void)state;
    assert_int_equal(retry_pause_short(1, 30000, 0), 30000);
    assert_int_equal(retry_pause_short(1, 30001, 0), 200);
    assert_int_equal(retry_pause_short(2, -1, 0), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_may_help),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_pause_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
