/* UTF-8: what is valid, what is made visible, and which ids fold to the same key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void test_valid(void **state)
{
    static const struct {
        const char *bytes;
        int valid;
    } cases[] = {
        {"", 1},
        {"plain", 1},
        {"z\xc3\xbcrich", 1},
        {"\xe2\x82\xac", 1},
        {"\xf0\x9f\x98\x80", 1},
        {"\xef\xbf\xbd", 1}, /* U+FFFD itself */
        {"\xc3", 0},         /* cut off */
        {"\xc0\xaf", 0},     /* overlong */
        {"\xe0\x80\xaf", 0},
        {"\xed\xa0\x80", 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0}, /* beyond U+10FFFF */
        {"\xff", 0},
        {"a\x80", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_valid(cases[i].bytes, strlen(cases[i].bytes)), cases[i].valid);
}

static void test_fold(void **state)
{
    static const char *const same[][2] = {
        {"/subscriptions/A/resourceGroups/RG", "/SUBSCRIPTIONS/a/resourcegroups/rg/"},
        {"MC_rg-z\xc3\xbcrich", "MC_RG-Z\xc3\x9cRICH"},
        {"\xce\xa3\xce\xa3", "\xcf\x83\xcf\x82"}, /* sigma, final sigma */
        {"\xd0\x9c\xd0\x9e\xd0\xa1", "\xd0\xbc\xd0\xbe\xd1\x81"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct buf a = {0}, b = {0};

        utf8_fold(&a, same[i][0], strlen(same[i][0]));
        utf8_fold(&b, same[i][1], strlen(same[i][1]));
        assert_string_equal(buf_str(&a), buf_str(&b));
        buf_free(&a);
        buf_free(&b);
    }
}

static void test_visible(void **state)
{
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"a\tb\nc", "a b c"},
        {"a\x01z", "a<U+0001>z"},
        {"evil\xe2\x80\xaetxt", "evil<U+202E>txt"},
        {"\xef\xbb\xbfx", "<U+FEFF>x"},
        {"bad\xff", "bad\xef\xbf\xbd"},
        {"z\xc3\xbcrich", "z\xc3\xbcrich"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};

        utf8_visible(&b, cases[i].from, strlen(cases[i].from));
        assert_string_equal(buf_str(&b), cases[i].to);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_visible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
