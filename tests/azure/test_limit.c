/* Limits: buckets run empty and fill again, answers lower them, Retry-After closes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "azure/limit.h"
#include "base/clock.h"

#define SUB "https://management.azure.com/subscriptions/11111111-1111-1111-1111-111111111111"
#define OTHER "https://management.azure.com/subscriptions/22222222-2222-2222-2222-222222222222"
#define DISKS "/providers/Microsoft.Compute/disks?api-version=1"

/* How many requests may go at once. */
static int burst(struct limits *l, const char *url, int64_t now)
{
    struct limit *of[LIMIT_OF_REQUEST];
    int n = 0;

    limits_find(l, url, of);
    while (n < 100000 && limit_take(of, now) == 0)
        n++;
    return n;
}

static void test_bursts(void **state)
{
    static const struct {
        const char *url;
        int burst;
    } cases[] = {
        {SUB "/providers/Microsoft.KeyVault/vaults?api-version=1", 250},
        {SUB DISKS, 240},
        {SUB "/resourceGroups/x/providers/microsoft.compute/virtualMachineScaleSets", 240},
        {SUB "/providers/Microsoft.ContainerService/managedClusters/?api-version=1",
         250}, /* ARM's own is less */
        {SUB "/resourceGroups/x/providers/Microsoft.ContainerService/managedClusters/c/agentPools", 60},
        {SUB "/resourceGroups/x/providers/Microsoft.ContainerService/managedClusters/c/providers/"
             "Microsoft.Insights/diagnosticSettings",
         250}, /* an extension belongs to its own provider */
        {"https://management.azure.com/subscriptions?api-version=1", 250},
        {"https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=1", 15},
        {"https://kv.vault.azure.net/keys/k?api-version=7.5", 2000},
    };
    int64_t now = clock_ticks() + 1000;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct limits *l = limits_new(0);
        int n = burst(l, cases[i].url, now);

        if (n != cases[i].burst)
            fail_msg("%s: %d, not %d", cases[i].url, n, cases[i].burst);
        limits_free(l);
    }
}

static void test_subscriptions_have_their_own(void **state)
{
    struct limits *l = limits_new(0);
    int64_t now = clock_ticks() + 1000;

    (void)state;
    assert_int_equal(burst(l, SUB "/x", now), 250);
    assert_int_equal(burst(l, SUB DISKS, now), 0); /* the subscription is empty, whatever the provider */
    assert_int_equal(burst(l, OTHER DISKS, now), 240);
    assert_int_equal(burst(l, OTHER "/x", now), 10);
    assert_int_equal(burst(l, SUB "/x", now + 2000), 50);     /* 25 a second */
    assert_int_equal(burst(l, SUB "/x", now + 1000000), 250); /* never more than the burst */
    limits_free(l);
}

static void test_wait_is_told(void **state)
{
    struct limits *l = limits_new(0);
    struct limit *of[LIMIT_OF_REQUEST];
    int64_t now = clock_ticks() + 1000;

    (void)state;
    burst(l, SUB "/x", now);
    limits_find(l, SUB "/x", of);
    assert_in_range(limit_take(of, now), 1, 42);
    limit_close(of, now + 5000);
    assert_int_equal(limit_take(of, now), 5000);
    assert_int_equal(limit_take(of, now + 5001), 0);
    limits_free(l);
}

static void test_answers_are_heeded(void **state)
{
    struct http_answer a = {.body = ""};
    struct limits *l = limits_new(0);
    struct limit *of[LIMIT_OF_REQUEST];
    int64_t now = clock_ticks() + 1000;

    (void)state;
    limits_find(l, SUB DISKS, of);
    a.header[HTTP_LEFT_SUBSCRIPTION] = "11999"; /* more than we count ourselves: nothing changes */
    limit_heed(of, &a, now);
    a.header[HTTP_LEFT_RESOURCE] =
        "Microsoft.Compute/HighCostGet3Min;7,Microsoft.Compute/HighCostGet30Min;1917";
    limit_heed(of, &a, now);
    assert_int_equal(burst(l, SUB DISKS, now), 7);
    a.header[HTTP_LEFT_RESOURCE] = "nonsense;";
    a.header[HTTP_LEFT_SUBSCRIPTION] = "3";
    limit_heed(of, &a, now);
    assert_int_equal(burst(l, SUB "/x", now), 3);
    limits_free(l);
}

static void test_slow_cloud(void **state)
{
    struct limits *l = limits_new(1);
    int64_t now = clock_ticks() + 1000;
    int n = 0;

    (void)state;
    for (int i = 0; i < 60; i++) /* ten minutes of asking as fast as the bucket of a second allows */
        n += burst(l, SUB "/x", now + i * 10000);
    assert_in_range(n, 12000, 14000); /* 12,000, and what flows in during these minutes */
    limits_free(l);
}

static void test_retry_after(void **state)
{
    static const struct {
        const char *value, *date;
        int64_t wait;
    } cases[] = {
        {"0", NULL, 0},
        {"17", NULL, 17000},
        {"-1", NULL, -1},
        {"1e9", NULL, -1},
        {"99999999999999999999", NULL, -1},
        {"", NULL, -1},
        {"soon", NULL, -1},
        {NULL, NULL, -1},
        {"Tue, 24 Nov 2026 10:00:30 GMT", "Tue, 24 Nov 2026 10:00:00 GMT", 30000},
        {"Tue, 24 Nov 2026 09:59:00 GMT", "Tue, 24 Nov 2026 10:00:00 GMT", 0},
        {"Tue, 24 Nov 2037 10:00:30 GMT", "Tue, 24 Nov 2026 10:00:00 GMT", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t wait = limit_retry_after(cases[i].value, cases[i].date);

        if (wait != cases[i].wait)
            fail_msg("%s: %lld", cases[i].value ? cases[i].value : "-", (long long)wait);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bursts),       cmocka_unit_test(test_subscriptions_have_their_own),
        cmocka_unit_test(test_wait_is_told), cmocka_unit_test(test_answers_are_heeded),
        cmocka_unit_test(test_slow_cloud),   cmocka_unit_test(test_retry_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
