/* Manifests: names that a pack may hold, and lists that somebody else wrote. */
#include "pack/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void names_that_fit(void **state)
{
    static const struct {
        const char *name;
        int fits;
    } cases[] = {
        {"data/report.pdf", 1},
        {"a", 1},
        {"data/a..b", 1},
        {"data/..a", 1},
        {"a/.b", 1},
        {"", 0},
        {"/etc/passwd", 0},
        {"../x", 0},
        {"data/../x", 0},
        {"data/..", 0},
        {"./x", 0},
        {"data/./x", 0},
        {"data//x", 0},
        {"data/", 0},
        {"a b", 0},
        {"a\\b", 0},
        {"a\nb", 0},
        {"d\xc3\xbcsk", 0},
        {"data/x:stream", 0},
        {"~root", 0},
    };
    char long_name[300];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (manifest_name_fits(cases[i].name) != cases[i].fits)
            fail_msg("%s", cases[i].name);
    }
    memset(long_name, 'a', sizeof long_name);
    long_name[255] = '\0';
    assert_int_equal(manifest_name_fits(long_name), 1);
    long_name[255] = 'a';
    long_name[256] = '\0';
    assert_int_equal(manifest_name_fits(long_name), 0);
}

static void lists_are_read_strictly(void **state)
{
    static const struct {
        const char *text, *says; /* says NULL: it is good */
    } cases[] = {
        {"", NULL},
        {HASH "  data/a\n" HASH "  data/b\n", NULL},
        {HASH "  data/b\n" HASH "  data/a\n", NULL},
        {HASH "  data/a", "does not end with a newline"},
        {HASH " *data/a\n", "not \"<SHA-256>  <path>\""},
        {HASH " data/a\n", "not \"<SHA-256>  <path>\""},
        {HASH "  data/a\n" HASH "  data/a\n", "stands there twice"},
        {HASH "  ../a\n", "no file of such a name"},
        {HASH "  /a\n", "no file of such a name"},
        {HASH "  data/a\r\n", "no file of such a name"},
        {"\\" HASH "  data/a\\nb\n", "line 1"},
        {"E3B0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  data/a\n", "line 1"},
        {"e3b0  data/a\n", "line 1"},
        {HASH "ab  data/a\n", "line 1"},
        {"\n", "line 1"},
        {HASH "  \n", "line 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct manifest m = {0};
        struct err e = {""};
        int rc = manifest_read(&m, "list", cases[i].text, strlen(cases[i].text), &e);

        if ((rc == 0) != (cases[i].says == NULL) || (cases[i].says && !strstr(e.text, cases[i].says)))
            fail_msg("case %zu: %d '%s'", i, rc, e.text);
        manifest_free(&m);
    }
}

static void lists_are_sorted_and_found(void **state)
{
    static const char text[] =
        HASH "  data/b\n" HASH "  data/B\n" HASH "  data/a/c\n" HASH "  data/a.c\n" HASH "  data/a\n";
    struct manifest m = {0};
    struct buf out = {0};

    (void)state;
    assert_int_equal(manifest_read(&m, "list", text, sizeof text - 1, NULL), 0);
    assert_non_null(manifest_find(&m, "data/a/c"));
    assert_null(manifest_find(&m, "data/c"));
    manifest_text(&m, &out);
    assert_string_equal(buf_str(&out), HASH "  data/B\n" HASH "  data/a\n" HASH "  data/a.c\n" HASH
                                            "  data/a/c\n" HASH "  data/b\n");
    buf_free(&out);
    manifest_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_fit),
        cmocka_unit_test(lists_are_read_strictly),
        cmocka_unit_test(lists_are_sorted_and_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
