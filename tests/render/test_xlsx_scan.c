/* A part of a workbook that lost bytes on its way is noticed: xlsx_scan.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "lib/deflate.h"
#include "render/xlsx_scan.h"

#define HEAD                                                                                                 \
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"                                        \
    "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension "             \
    "ref=\"A1:B3\"/>"
#define ROWS                                                                                                 \
    "<row r=\"1\" spans=\"1:2\"><c r=\"A1\" s=\"1\" t=\"inlineStr\"><is><t>one</t></is></c></row>"           \
    "<row r=\"2\" spans=\"1:2\"><c r=\"A2\" t=\"inlineStr\"><is><t>a &lt; b</t></is></c><c "                 \
    "r=\"B2\"><v>2</v></c></row>"
#define LINKS                                                                                                \
    "<hyperlinks><hyperlink ref=\"A1\" location=\"'x'!A1\"/><hyperlink ref=\"A2\" "                          \
    "location=\"'x'!A2\"/></hyperlinks>"                                                                     \
    "</worksheet>"
#define FOOT "<mergeCells count=\"2\"><mergeCell ref=\"A1:B1\"/><mergeCell ref=\"A3:B3\"/></mergeCells>" LINKS

/* Reads the text in blocks of so many bytes. */
static int scan(struct xlsx_scan *s, const char *text, size_t n, size_t block)
{
    struct err e = {""};
    int rc = 0;

    memset(s, 0, sizeof *s);
    xlsx_scan_begin(s);
    for (size_t at = 0; at < n && rc == 0; at += block)
        rc = xlsx_scan_block(s, text + at, n - at < block ? n - at : block, &e);
    if (rc == 0)
        rc = xlsx_scan_end(s, &e);
    xlsx_scan_free(s);
    if (rc != 0)
        assert_non_null(strstr(e.text, "is the disk full?"));
    return rc;
}

#define VALUES "onea &lt; b2"

static void test_whole(void **state)
{
    static const char text[] = HEAD "<sheetData>" ROWS "</sheetData>" FOOT;
    struct xlsx_scan s;

    (void)state;
    for (size_t block = 1; block < sizeof text; block++) {
        assert_int_equal(scan(&s, text, strlen(text), block), 0);
        assert_int_equal(s.rows, 2);
        assert_int_equal(s.cells, 3);
        assert_int_equal(s.links, 2);
        assert_int_equal(s.bytes, strlen(VALUES));
        assert_int_equal(s.sum, deflate_sum(DEFLATE_SUM, VALUES, strlen(VALUES)));
    }
}

/* Any longer stretch from the rows on; an attribute or two may go unseen. */
static void test_every_loss(void **state)
{
    static const char text[] = HEAD "<sheetData>" ROWS "</sheetData>" LINKS;
    const size_t n = strlen(text);
    struct xlsx_scan s;

    (void)state;
    for (size_t at = strlen(HEAD); at < n; at++) {
        for (size_t lost = 48; at + lost <= n; lost++) {
            char *rest = mem_print("%.*s%s", (int)at, text, text + at + lost);

            if (scan(&s, rest, n - lost, n) == 0 && s.links == 2 && s.rows == 2 && s.cells == 3 &&
                s.sum == deflate_sum(DEFLATE_SUM, VALUES, strlen(VALUES)))
                fail_msg("%zu bytes lost at %zu: not noticed: %s", lost, at, rest);
            free(rest);
        }
    }
}

static void test_broken(void **state)
{
    static const char *const broken[] = {
        "",
        "<a/>",
        "<?xml version=\"1.0\"?>",
        "<?xml version=\"1.0\"?><a>",
        "<?xml version=\"1.0\"?><a></b>",
        "<?xml version=\"1.0\"?><a/><a/>",
        "<?xml version=\"1.0\"?><a b=\"1></a>",
        "<?xml version=\"1.0\"?><a b=\"1\"c=\"2\"/>",
        "<?xml version=\"1.0\"?><list count=\"2\"><x/></list>",
        "<?xml version=\"1.0\"?><sst count=\"9\" uniqueCount=\"2\"><si/></sst>",
        "<?xml version=\"1.0\"?></a>",
        "<?xml version=\"1.0\"?><a></a",
        "<?xml version=\"1.0\"?><a =\"1\"/>"};
    struct xlsx_scan s;

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        if (scan(&s, broken[i], strlen(broken[i]), 4096) == 0)
            fail_msg("taken for whole: %s", broken[i]);
    assert_int_equal(
        scan(&s, "<?xml version=\"1.0\"?>\n<a b=\"1\" c=\"\"><list count=\"1\"><x/></list></a>\n", 68, 4096),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_every_loss),
                                       cmocka_unit_test(test_broken)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
