/* Shapes: what is not in the table of fields is found, and its line too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/shape.h"

static const char *const colours[] = {"red", "blue", NULL};
static const struct shape_field inner[] = {{"n", SHAPE_INT, 1, NULL, NULL},
                                           {NULL, SHAPE_TEXT, 0, NULL, NULL}};
static const struct shape_field outer[] = {
    {"name", SHAPE_TEXT, 1, NULL, NULL},      {"blank", SHAPE_BLANK, 0, NULL, NULL},
    {"colour", SHAPE_TEXT, 0, colours, NULL}, {"on", SHAPE_BOOL, 0, NULL, NULL},
    {"any", SHAPE_SCALAR, 0, NULL, NULL},     {"one", SHAPE_OBJECT, 0, NULL, inner},
    {"many", SHAPE_OBJECTS, 0, NULL, inner},  {"map", SHAPE_MAP, 0, NULL, inner},
    {"words", SHAPE_TEXTS, 0, colours, NULL}, {NULL, SHAPE_TEXT, 0, NULL, NULL}};

/* text, then all problems; '' for none */
static const char *const cases[][2] = {
    {"{\"name\": \"a\"}", ""},
    {"{\"name\": \"a\", \"blank\": \"\", \"colour\": \"red\", \"on\": false, \"any\": 3, \"one\": {\"n\": "
     "1},\n"
     " \"many\": [{\"n\": 1}, {\"n\": -2}], \"map\": {\"x y\": {\"n\": 0}}, \"words\": [\"red\", \"blue\"]}",
     ""},
    {"{}", "f:1: /: the field \"name\" is missing\n"},
    {"[]", "f:1: /: must be an object\n"},
    {"{\"name\": \"\"}", "f:1: /name: is empty\n"},
    {"{\n  \"name\": 7\n}", "f:2: /name: must be a string\n"},
    {"{\"name\": \"a\",\n\n\"nmae\": 1}", "f:3: /nmae: unknown field \"nmae\"\n"},
    {"{\"name\": \"a\", \"a/b~c\": 1}", "f:1: /a~1b~0c: unknown field \"a/b~c\"\n"},
    {"{\"name\": \"a\", \"colour\": \"green\"}", "f:1: /colour: \"green\" is none of: red, blue\n"},
    {"{\"name\": \"a\", \"on\": \"true\"}", "f:1: /on: must be true or false\n"},
    {"{\"name\": \"a\", \"any\": null}", "f:1: /any: must be a string, an integer, or true or false\n"},
    {"{\"name\": \"a\", \"any\": 1.5}", "f:1: /any: must be a string, an integer, or true or false\n"},
    {"{\"name\": \"a\", \"one\": {\"n\": \"1\"}}", "f:1: /one/n: must be an integer\n"},
    {"{\"name\": \"a\", \"many\": [{\"n\": 1},\n{},\n{\"n\": 2, \"m\": 3}]}",
     "f:2: /many/1: the field \"n\" is missing\nf:3: /many/2/m: unknown field \"m\"\n"},
    {"{\"name\": \"a\", \"many\": {}}", "f:1: /many: must be an array\n"},
    {"{\"name\": \"a\", \"map\": []}", "f:1: /map: must be an object\n"},
    {"{\"name\": \"a\", \"map\": {\"x\":\n {\"n\": {}}}}", "f:2: /map/x/n: must be an integer\n"},
    {"{\"name\": \"a\", \"words\": [\"red\", 1]}", "f:1: /words/1: must be a string\n"},
};

static void problems_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i][0];
        struct json *doc = NULL;
        struct err e = {""};

        assert_int_equal(json_parse(&doc, text, strlen(text), &e), 0);
        struct shape_report r = {.file = "f", .text = text, .size = strlen(text), .doc = doc};
        shape_check(&r, doc, outer);
        assert_string_equal(buf_str(&r.lines), cases[i][1]);
        assert_int_equal(shape_error(&r, &e), *cases[i][1] ? -1 : 0);
        assert_int_equal(r.problems > 0, *cases[i][1] != 0);
        buf_free(&r.lines);
        json_free(doc);
    }
}

static void lines_of_pointers(void **state)
{
    const char *text = "{\n\"a\": [1,\n {\"b\": true,\n  \"c\": [[],\n [2]]}],\n\"\\u0062\": 3}";
    static const struct {
        const char *pointer;
        int line;
    } at[] = {{"", 1},         {"/a", 2},         {"/a/0", 2}, {"/a/1", 3}, {"/a/1/b", 3}, {"/a/1/c", 4},
              {"/a/1/c/0", 4}, {"/a/1/c/1/0", 5}, {"/b", 6},   {"/a/2", 0}, {"/c", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        assert_int_equal(shape_line(text, strlen(text), at[i].pointer), at[i].line);
}

static void deep_documents(void **state)
{
    char deep[2 * 100 + 1];

    (void)state;
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    deep[200] = '\0';
    assert_int_equal(shape_line(deep, 200, "/0/0/0"), 1);
    assert_int_equal(shape_line(deep, 200, "/1"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(problems_are_found),
                                       cmocka_unit_test(lines_of_pointers), cmocka_unit_test(deep_documents)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
