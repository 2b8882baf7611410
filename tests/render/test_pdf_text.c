/* Lines of the PDF: where text breaks, what is measured, in which order right-to-left letters stand; and what
 * we read of font files ourselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "pdf_sample.h"
#include "render/pdf_font_file.h"
#include "render/pdf_text.h"

static struct pdf_work w;
static const struct pdf_type type = {9, 14, 0, 0, 0}, mono = {7.5, 11, 0, 1, 0};

static int setup(void **state)
{
    struct err e = {""};

    (void)state;
    w.doc = sample_new();
    w.dry = 1;
    if (pdf_font_open(&w.fonts, NULL, &e) != 0)
        fail_msg("%s", e.text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pdf_font_close(&w.fonts);
    doc_free((struct doc *)(uintptr_t)w.doc);
    return 0;
}

/* The lines, "|" between them; the caller frees it. */
static char *lines(const char *text, const struct pdf_type *t, double width)
{
    struct pdf_text p = {0};
    struct buf out = {0};

    pdf_text_plain(&p, &w, text, t);
    pdf_text_wrap(&p, width);
    for (size_t i = 0; i < p.row_count; i++) {
        if (i)
            buf_char(&out, '|');
        for (size_t k = p.rows[i].from; k < p.rows[i].to; k++)
            utf8_put(&out, p.glyphs[k].code);
        assert_true(p.rows[i].width <= width + 0.02 || p.rows[i].to == p.rows[i].from + 1);
    }
    pdf_text_free(&p);
    return buf_take(&out);
}

static void test_where_lines_end(void **state)
{
    static const struct {
        const char *text;
        double width;
        int mono;
        const char *wanted;
    } cases[] = {
        {"", 100, 0, ""},
        {"one two three", 1000, 0, "one two three"},
        {"one two three", 40, 0, "one two|three"},
        {"one  two", 20, 0, "one|two"},
        {"a\nb\n\nc", 100, 0, "a|b||c"},
        {"found F-5c01a9e2", 60, 0, "found|F-5c01a9e2"},       /* not after "F-" */
        {"since 2026-02-02 on", 60, 0, "since|2026-02-02|on"}, /* not in a date */
        {"well-known thing", 30, 0, "well-|known|thing"},
        {"aks-claims-prod", 55, 1, "aks-claims-|prod"},
        {"/subscriptions/0000/resourceGroups/rg", 70, 1, "/subscriptions/|0000/|resourceGroups/|rg"},
        {"abcdefghijklmnop", 30, 1, "abcdef|ghijkl|mnop"}, /* where nothing else helps */
        {"暗号鍵の管理。報告", 40, 0, "暗号鍵の|管理。報|告"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *got = lines(cases[i].text, cases[i].mono ? &mono : &type, cases[i].width);

        assert_string_equal(got, cases[i].wanted);
        free(got);
    }
}

static void test_measures(void **state)
{
    struct pdf_text t = {0};

    (void)state;
    pdf_text_plain(&t, &w, "aaa bb\nbbbb", &mono);
    assert_true(pdf_text_natural(&t) > 6 * 4.4 && pdf_text_natural(&t) < 6 * 4.6); /* 0.6 of 7.5 */
    assert_true(pdf_text_least(&t) > 4 * 4.4 && pdf_text_least(&t) < 4 * 4.6);
    pdf_text_wrap(&t, 1000);
    assert_int_equal(t.row_count, 2);
    assert_true(t.height > 21.9 && t.height < 22.1);
    pdf_text_free(&t);
}

static void test_right_to_left_order(void **state)
{
    static const struct {
        const char *text, *wanted; /* as they come; as they are drawn, left to right */
    } cases[] = {
        {"abc", "abc"},           {"אבג", "גבא"},   {"x אבג y", "x גבא y"},
        {"אב 12 גד", "דג 12 בא"}, {"(אב)", "(בא)"}, {"אב (גד) הו", "וה (דג) בא"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pdf_text t = {0};
        struct buf out = {0};

        pdf_text_plain(&t, &w, cases[i].text, &type);
        pdf_bidi_order(t.glyphs, t.count);
        for (size_t k = 0; k < t.count; k++)
            utf8_put(&out, t.glyphs[k].code);
        assert_string_equal(buf_str(&out), cases[i].wanted);
        buf_free(&out);
        pdf_text_free(&t);
    }
}

static void test_faces_fall_back(void **state)
{
    (void)state;
    assert_int_equal(pdf_font_pick(&w.fonts, PDF_BOLD, 'a'), PDF_BOLD);
    assert_int_equal(pdf_font_pick(&w.fonts, PDF_MONO, 0x416), PDF_MONO);
    assert_true(pdf_font_pick(&w.fonts, PDF_REGULAR, 0x5d0) > PDF_MONO_BOLD);
    assert_int_equal(pdf_font_pick(&w.fonts, PDF_REGULAR, 0xd55c), -1);
    assert_int_equal(pdf_font_pick(&w.fonts, PDF_REGULAR, 0x1f600), -1);
    assert_int_equal(pdf_font_pick(&w.fonts, PDF_REGULAR, 0x202e), -1);
    assert_int_equal(pdf_font_pick(&w.fonts, PDF_REGULAR, 0), -1);
}

static int count_font(void *ctx, const struct pdf_font_row *row, struct err *e)
{
    (void)e;
    assert_int_equal(strlen(row->sha256), 64);
    ++*(int *)ctx;
    return 0;
}

static void test_recorded_fonts(void **state)
{
    struct err e = {""};
    int n = 0;

    (void)state;
    if (pdf_font_each(count_font, &n, &e) != 0)
        fail_msg("%s", e.text);
    assert_true(n >= PDF_FACES);
}

/* A glyph made of glyphs that are made of glyphs: libharu embeds the first level only. */
static void test_glyphs_and_their_parts(void **state)
{
    const struct pdf_font *f = &w.fonts.all[PDF_REGULAR];
    const unsigned char *bytes = (const unsigned char *)f->bytes.data;
    unsigned char *used = mem_zero(65536, 1);

    (void)state;
    pdf_font_file_mark(bytes, f->bytes.len, f->glyph[0x1e69], used, 65536); /* s, dot below, dot above */
    assert_true(used[f->glyph[0x1e69]]);
    assert_true(used[f->glyph['s']]);
    pdf_font_file_mark(bytes, f->bytes.len, 65535, used, 100); /* beyond the end: nothing */
    pdf_font_file_mark(bytes, 100, 5, used, 65536);            /* a file that is cut off */
    assert_int_equal(pdf_font_file_cap_height(bytes, f->bytes.len), 714);
    assert_int_equal(pdf_font_file_cap_height(bytes, 20), 700);
    free(used);
}

static void test_broken_font_files(void **state)
{
    const struct buf *file = &w.fonts.all[PDF_REGULAR].bytes;
    uint16_t *glyph = mem_zero(65536, sizeof *glyph), *width = mem_zero(65536, sizeof *width);

    (void)state;
    assert_int_equal(pdf_font_file_read((const unsigned char *)"", 0, glyph, width), -1);
    for (size_t n = 1; n < file->len; n = n * 3 + 7) { /* never reads beyond the end: the sanitizer watches */
        char *part = mem_copy_n(file->data, n);

        pdf_font_file_read((const unsigned char *)part, n, glyph, width);
        free(part);
    }
    free(glyph);
    free(width);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_lines_end),        cmocka_unit_test(test_measures),
        cmocka_unit_test(test_right_to_left_order),    cmocka_unit_test(test_faces_fall_back),
        cmocka_unit_test(test_recorded_fonts),         cmocka_unit_test(test_broken_font_files),
        cmocka_unit_test(test_glyphs_and_their_parts),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
