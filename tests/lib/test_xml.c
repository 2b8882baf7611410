/* XML: what is plain is read, in the order of the document; what attacks on readers are made of is refused.
 */
#include "lib/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void elements_come_in_the_order_of_the_document(void **state)
{
    static const char text[] =
        "<?xml version=\"1.0\"?>\n<a xmlns='u' k='1'> <b n='&lt;&#xfc;&#10;'>x<c/>y</b>z<p:d "
        "xmlns:p='v' p:k='2' k='3'/></a>\n";
    const struct xml_node *n = NULL, *b = NULL;
    char *value = NULL, order[8] = "";
    struct err e = {""};
    struct xml *x = NULL;

    (void)state;
    assert_int_equal(xml_open(&x, text, strlen(text), "t", &e), 0);
    for (n = xml_root(x); n; n = xml_walk(n))
        strcat(order, xml_name(n));
    assert_string_equal(order, "abcd");
    assert_true(xml_is(xml_root(x), "u", "a"));
    assert_false(xml_is(xml_root(x), "v", "a"));
    assert_false(xml_is(xml_root(x), "u", "b"));
    assert_int_equal(xml_attributes(xml_root(x)), 1); /* a namespace is none */
    b = xml_children(xml_root(x));
    value = xml_attribute(b, "n");
    assert_string_equal(value, "<\xc3\xbc\n");
    free(value);
    assert_null(xml_attribute(b, "k"));
    value = xml_text(b);
    assert_string_equal(value, "xy");
    free(value);
    n = xml_next(b);
    assert_true(xml_is(n, "v", "d"));
    assert_int_equal(xml_attributes(n), 2);
    value = xml_attribute(n, "k"); /* the one without a prefix */
    assert_string_equal(value, "3");
    free(value);
    assert_null(xml_next(n));
    assert_null(xml_children(n));
    xml_close(x);
}

static void what_is_not_plain_is_refused(void **state)
{
    static const struct {
        const char *text;
        size_t n; /* 0: as long as it is */
        const char *says;
    } cases[] = {
        {"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", 0, "document type"},
        {"<!DOCTYPE a SYSTEM 'http://evil.example/'><a/>", 0, "document type"},
        {"<a><!-- b --></a>", 0, "comment"},
        {"<a><![CDATA[b]]></a>", 0, "CDATA"},
        {"<a>&b;</a>", 0, "no well-formed XML"},
        {"<a><b></a>", 0, "no well-formed XML"},
        {"<a/><b/>", 0, "no well-formed XML"},
        {"<a b='1' b='2'/>", 0, "no well-formed XML"},
        {"<a>\xff</a>", 0, "no well-formed XML"},
        {"<?xml version='1.0' encoding='UTF-7'?><a>+ADw-b+AD4</a><", 0, "no well-formed XML"},
        {"<\0a\0/\0>\0", 8, "not in UTF-8"},
        {"\0", 1, "not in UTF-8"},
        {" ", 0, "no well-formed XML"},
        {"", 0, "is no XML"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {""};
        struct xml *x = NULL;

        if (xml_open(&x, cases[i].text, cases[i].n ? cases[i].n : strlen(cases[i].text), "list", &e) != -1 ||
            strncmp(e.text, "list: ", 6) != 0 || !strstr(e.text, cases[i].says))
            fail_msg("case %zu: wanted '%s', got '%s'", i, cases[i].says, e.text);
        assert_null(x);
    }
}

/* A declared encoding does not make other letters of the bytes. */
static void an_encoding_is_not_believed(void **state)
{
    static const char text[] = "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xc3\xbc</a>";
    struct err e = {""};
    struct xml *x = NULL;
    char *value = NULL;

    (void)state;
    assert_int_equal(xml_open(&x, text, strlen(text), "t", &e), 0);
    value = xml_text(xml_root(x));
    assert_string_equal(value, "\xc3\xbc");
    free(value);
    xml_close(x);
}

static void attribute_values_are_written_canonically(void **state)
{
    struct buf out = {0};

    (void)state;
    xml_escape(&out, "a<b>\"c\"&'\t\n\r\xc3\xbc");
    assert_string_equal(buf_str(&out), "a&lt;b>&quot;c&quot;&amp;'&#x9;&#xA;&#xD;\xc3\xbc");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_come_in_the_order_of_the_document),
        cmocka_unit_test(what_is_not_plain_is_refused),
        cmocka_unit_test(an_encoding_is_not_believed),
        cmocka_unit_test(attribute_values_are_written_canonically),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
