/* Resource files: clouds may have api-versions of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/resource.h"

static const char text[] =
    "-- resource: r\n-- title: things\n-- api-version: 3, 2\n-- api-version-AzureChinaCloud: 1\n"
    "-- each: SELECT 1 AS subject, 2 AS url\n-- shape: list\nSELECT 1;\n";

static void test_versions_of_a_cloud(void **state)
{
    struct embed_row row = {"azure/r.sql", text, text + sizeof text - 1};
    struct resources list = {.rows = mem_zero(1, sizeof *list.rows), .count = 1};
    struct err e = {""};

    (void)state;
    if (resource_read(&list.rows[0], &row, &e) != 0)
        fail_msg("%s", e.text);
    resources_for_cloud(&list, "AzureCloud");
    assert_string_equal(list.rows[0].versions[0], "3");
    assert_string_equal(list.rows[0].versions[1], "2");
    resources_for_cloud(&list, "azurechinacloud");
    assert_string_equal(list.rows[0].versions[0], "1");
    assert_null(list.rows[0].versions[1]);
    resources_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_of_a_cloud),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
