/* JSON: the strict reader accepts and refuses as RFC 8259 and our own narrower rules say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "lib/json.h"

static const char *const accepted[] = {
    "0",
    "-0",
    "1.5e10",
    "-12E-3",
    "9223372036854775807",
    "-9223372036854775808",
    "true",
    "false",
    "null",
    "\"\"",
    " [ ] ",
    "{}",
    "[1,2,3]",
    "{\"a\":{\"b\":[null,true,false]}}",
    "\"\\u00fc\\n\\\"\\\\\\/\"",
    "\"\\ud83d\\ude00\"",
    "\xef\xbb\xbf{}",
    "\"z\xc3\xbcrich\"",
    "[\"\\u007f\"]",
    "1e400",
};

static const char *const refused[] = {
    "",
    " ",
    "{",
    "[",
    "\"",
    "[1",
    "[1,",
    "[,1]",
    "[1,]",
    "{\"a\":1,}",
    "{\"a\"}",
    "{a:1}",
    "{'a':1}",
    "{\"a\":1 \"b\":2}",
    "01",
    "+1",
    ".5",
    "1.",
    "1e",
    "1e+",
    "-",
    "0x10",
    "NaN",
    "Infinity",
    "nul",
    "True",
    "[1] x",
    "[1][2]",
    "\"\t\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\ud800\\u0041\"",
    "\"\xff\"",
    "\"\xc0\xaf\"",
    "\"\xed\xa0\x80\"",
    "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"\\u0061\":2}",
    "9223372036854775808",
    "123456789012345678901234567890",
    "<html>",
    "\xef\xbb\xbf",
    "// c\n1",
    "[1 2]",
    "\"a",
    "{\"a\":}",
    "\xff\xfe[\0]\0",
};

static void test_strict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        struct err e = {""};

        if (json_scan(accepted[i], strlen(accepted[i]), NULL, NULL, &e) != 0)
            fail_msg("refused %s: %s", accepted[i], e.text);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct err e = {""};

        if (json_scan(refused[i], strlen(refused[i]), NULL, NULL, &e) == 0)
            fail_msg("accepted %s", refused[i]);
        assert_non_null(strstr(e.text, "line "));
    }
    assert_int_equal(json_scan("\"a\0b\"", 5, NULL, NULL, NULL), -1);
}

static void test_depth(void **state)
{
    struct buf b = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        buf_char(&b, '[');
    for (int i = 0; i < 100; i++)
        buf_char(&b, ']');
    assert_int_equal(json_scan(b.data, b.len, NULL, NULL, NULL), 0);
    buf_clear(&b);
    for (int i = 0; i < 101; i++)
        buf_char(&b, '[');
    for (int i = 0; i < 101; i++)
        buf_char(&b, ']');
    assert_int_equal(json_scan(b.data, b.len, NULL, NULL, NULL), -1);
    buf_clear(&b);
    for (int i = 0; i < 1000000; i++)
        buf_text(&b, "[{\"a\":");
    assert_int_equal(json_scan(b.data, b.len, NULL, NULL, NULL), -1);
    buf_free(&b);
}

static void test_many_names(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_char(&b, '{');
    for (int i = 0; i < 50000; i++)
        buf_print(&b, "\"name%d\":%d,", i, i);
    buf_text(&b, "\"last\":0}");
    assert_int_equal(json_scan(b.data, b.len, NULL, NULL, NULL), 0);
    b.len--;
    buf_text(&b, ",\"name777\":0}");
    assert_int_equal(json_scan(b.data, b.len, NULL, NULL, NULL), -1);
    buf_free(&b);
}

static void test_tree(void **state)
{
    const char *text = "{\"a/b\":[{\"x\":\"s\"},7],\"t\":true}";
    struct json *doc = NULL;
    const struct json *x = NULL;
    char *pointer = NULL;
    int64_t n = 0;

    (void)state;
    assert_int_equal(json_parse(&doc, text, strlen(text), NULL), 0);
    x = json_get(json_first(json_get(doc, "a/b")), "x");
    assert_string_equal(json_text(x), "s");
    pointer = json_pointer(doc, x);
    assert_string_equal(pointer, "/a~1b/0/x");
    free(pointer);
    assert_int_equal(json_int(json_next(json_first(json_get(doc, "a/b"))), &n), 0);
    assert_int_equal(n, 7);
    assert_true(json_true(json_get(doc, "t")));
    assert_null(json_get(doc, "T"));
    assert_null(json_text(json_get(doc, "t")));
    assert_int_equal(json_count(doc), 2);
    json_free(doc);
}

static void test_writer(void **state)
{
    struct json_out o = {0};
    struct err e;

    (void)state;
    json_begin(&o);
    json_object(&o, NULL);
    json_put_text(&o, "a", "q\"\\\n\x01");
    json_put_text(&o, "none", NULL);
    json_array(&o, "list");
    json_put_int(&o, NULL, -5);
    json_put_bool(&o, NULL, 1);
    json_array_end(&o);
    json_array(&o, "empty");
    json_array_end(&o);
    json_object_end(&o);
    assert_int_equal(json_end(&o, &e), 0);
    assert_string_equal(buf_str(&o.buf), "{\n  \"a\": \"q\\\"\\\\\\n\\u0001\",\n  \"none\": null,\n  "
                                         "\"list\": [\n    -5,\n    true\n  ],\n  \"empty\": []\n}\n");
    assert_int_equal(json_scan(o.buf.data, o.buf.len, NULL, NULL, NULL), 0);
    buf_free(&o.buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strict), cmocka_unit_test(test_depth),  cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_tree),   cmocka_unit_test(test_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
