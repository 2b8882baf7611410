/* Messages: no secret and no control character reaches the terminal; error texts stay one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/note.h"

/* What note_info prints of `text`, read back through a pipe. */
static void printed(const char *text, char *out, size_t n)
{
    int ends[2], saved = dup(2);
    ssize_t got = 0;

    assert_int_equal(pipe(ends), 0);
    fflush(stderr);
    dup2(ends[1], 2);
    note_info("%s", text);
    fflush(stderr);
    dup2(saved, 2);
    close(ends[1]);
    got = read(ends[0], out, n - 1);
    out[got > 0 ? got : 0] = '\0';
    close(ends[0]);
    close(saved);
}

static void test_secrets(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"plain words", "plain words\n"},
        {"Authorization: Bearer abcdef123456", "Authorization: Bearer <secret>\n"},
        {"token eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl end", "token <secret> end\n"},
        {"https://x.blob/y?sv=1&sig=abcDEF%2F123&se=2", "https://x.blob/y?sv=1&sig=<secret>&se=2\n"},
        {"eyJust a word", "eyJust a word\n"},
        {"line\nbreak\x1b[31m", "line break<U+001B>[31m\n"},
        {"client_secret=hunter2hunter2", "client_secret=<secret>\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[512];

        printed(cases[i].text, out, sizeof out);
        assert_string_equal(out, cases[i].shown);
    }
}

static void test_err(void **state)
{
    struct err e = {""};
    char longer[4096];

    (void)state;
    assert_int_equal(err_set(&e, "a: %d\nb", 5), -1);
    assert_string_equal(e.text, "a: 5?b");
    assert_int_equal(err_context(&e, "file %s", "x"), -1);
    assert_string_equal(e.text, "file x: a: 5?b");
    memset(longer, 'y', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(err_context(&e, "%s", longer), -1);
    assert_true(strlen(e.text) < sizeof e.text);
    assert_int_equal(err_set(NULL, "nobody listens"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_err),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
