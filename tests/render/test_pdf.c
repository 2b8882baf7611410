/* The PDF as other programs see it: poppler and qpdf read what we write. Each case is a promise of the report
 * or a thing that libharu 2.3.0 does wrong in silence. */
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "lib/digest.h"
#include "pdf_sample.h"
#include "render/render.h"

static char dir[] = "/tmp/kc-pdf-XXXXXX";
static char path[64], again[64], plain[64];

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a.pdf", dir);
    snprintf(again, sizeof again, "%s/b.pdf", dir);
    snprintf(plain, sizeof plain, "%s/q.pdf", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir, NULL);
}

/* What a program prints about the file, both streams; it must succeed. The caller frees it. */
static char *run(const char *program, const char *rest)
{
    char *command = mem_print("%s %s %s 2>&1", program, path, rest);
    struct buf out = {0};
    char part[4096];
    size_t n = 0;
    FILE *p = popen(command, "r"); /* NOLINT(cert-env33-c): our own words and path */

    assert_non_null(p);
    while ((n = fread(part, 1, sizeof part, p)) > 0)
        buf_add(&out, part, n);
    if (pclose(p) != 0)
        fail_msg("%s: %s", command, buf_str(&out));
    free(command);
    return buf_take(&out);
}

static void has(const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("\"%s\" is missing in:\n%.3000s", wanted, text);
}

static void lacks(const char *text, const char *unwanted)
{
    if (strstr(text, unwanted))
        fail_msg("\"%s\" must not be in:\n%.3000s", unwanted, text);
}

static void write_doc(struct doc *d, const char *to)
{
    struct err e = {""};

    if (render_pdf(d, to, &e) != 0)
        fail_msg("%s", e.text);
    doc_free(d);
}

/* All objects readable: qpdf's plain form, without its own comments. */
static char *objects(void)
{
    struct buf b = {0};
    char *said = run("qpdf --qdf --object-streams=disable", plain);

    free(said);
    assert_int_equal(file_read(plain, 64u << 20, &b, NULL), 0);
    for (size_t i = 0; i < b.len; i++)
        if (b.data[i] == '\0')
            b.data[i] = ' ';
    return buf_take(&b);
}

static struct doc *one_paragraph(const char *text)
{
    struct doc *d = sample_new();

    sample_chapter(d, "1 Text", "Text");
    sample_text(NULL, d, DOC_PARAGRAPH, text);
    return d;
}

static void test_readers_find_nothing_wrong(void **state)
{
    char *text = NULL, *check = NULL;

    (void)state;
    write_doc(sample_doc(), path);
    check = run("qpdf --check", "");
    has(check, "No syntax or stream encoding errors found");
    text = run("pdftotext -layout", "-");
    lacks(text, "Syntax"); /* poppler's warnings begin so */
    has(text, "Who holds the keys of the disks?");
    has(text, "2 of 5");
    lacks(text, "signed on");
    free(text);
    free(check);
}

static void test_scripts_of_the_world(void **state)
{
    static const char *texts[] = {
        "Prüfbericht Größe ẞ",       "Έκθεση ελέγχου",       "Příliš žluťoučký kůň", "Отчёт о ключах",
        "Zażółć gęślą jaźń",         "暗号鍵の管理報告書",   "a ≤ b → c ∀x∈ℝ ✓ ■",   "(brackets) back\\slash",
        "U+280D ⠍ and \xE0\xB8\xA3", "Iñtërnâtiônàlizætiøn", "flügel fi ﬁ"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *text = NULL;

        write_doc(one_paragraph(texts[i]), path);
        text = run("pdftotext", "-");
        lacks(text, "Syntax");
        if (i != 10)
            has(text, texts[i]);
        free(text);
    }
}

static void test_right_to_left(void **state)
{
    char *text = NULL;

    (void)state;
    write_doc(one_paragraph("מפתחות"), path);
    text = run("pdftotext", "-");
    has(text, "מפתחות"); /* poppler turns what stands visually right to left */
    free(text);
}

/* libharu: beyond the BMP a space, control characters a box, wrong UTF-8 any character, missing glyphs a box.
 */
static void test_what_cannot_be_shown_is_named(void **state)
{
    static const char *cases[][2] = {
        {"key \xF0\x9F\x94\x91 end", "key <U+1F511> end"},
        {"a\x01"
         "b\x7f"
         "c",
         "a<U+0001>b<U+007F>c"},
        {"x\xE2\x80\xAE"
         "evil\xE2\x80\xAC",
         "x<U+202E>evil<U+202C>"},
        {"zero\xE2\x80\x8Bwidth", "zero<U+200B>width"},
        {"private \xEE\x80\x80", "private <U+E000>"},
        {"hangul \xED\x95\x9C", "hangul <U+D55C>"},
        {"bad \xff\xfe bytes", "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes"},
        {"cut \xc3", "cut \xEF\xBF\xBD"},
        {"surrogate \xED\xA0\x80", "surrogate \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"tab\there", "tab here"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL;

        write_doc(one_paragraph(cases[i][0]), path);
        text = run("pdftotext", "-");
        has(text, cases[i][1]);
        lacks(text, "Syntax");
        free(text);
    }
}

static void test_same_document_same_bytes(void **state)
{
    char a[DIGEST_HEX], b[DIGEST_HEX];

    (void)state;
    write_doc(sample_doc(), path);
    sleep(1); /* libharu's own ID is made from the time of day */
    write_doc(sample_doc(), again);
    assert_int_equal(digest_file(path, a, NULL, NULL), 0);
    assert_int_equal(digest_file(again, b, NULL, NULL), 0);
    assert_string_equal(a, b);
    if (setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "C.UTF-8")) {
        write_doc(sample_doc(), again);
        setlocale(LC_ALL, "C");
        assert_int_equal(digest_file(again, b, NULL, NULL), 0);
        assert_string_equal(a, b);
    }
}

static void test_properties(void **state)
{
    struct doc *d = one_paragraph("x");
    char *info = NULL, *all = NULL, *meta = NULL;

    (void)state;
    free(d->title);
    d->title = mem_copy("Prüfbericht A&B <x> \xF0\x9F\x94\x91");
    write_doc(d, path);
    info = run("pdfinfo -isodates", "");
    has(info, "Title:           Prüfbericht A&B <x> <U+1F511>"); /* libharu: bytes as PDFDocEncoding */
    has(info, "CreationDate:    2026-09-30T08:00:00Z");
    has(info, "PDF version:     1.4");
    meta = run("pdfinfo -meta", "");
    has(meta, "Prüfbericht A&amp;B &lt;x&gt;"); /* libharu does not escape */
    has(meta, "<pdfaid:part>1</pdfaid:part>");
    has(meta, "<xmp:CreateDate>2026-09-30T08:00:00+00:00</xmp:CreateDate>");
    all = objects();
    has(all, "/Subtype /XML"); /* libharu: /SubType */
    has(all, "/GTS_PDFA1");
    has(all, "/Lang (en)");
    free(info);
    free(meta);
    free(all);
}

static void test_long_title(void **state)
{
    struct doc *d = one_paragraph("x");
    struct buf b = {0};
    char *info = NULL;

    (void)state;
    for (int i = 0; i < 70000; i++) /* libharu refuses strings above 65,535 bytes, and the document is dead */
        buf_char(&b, 'x');
    free(d->title);
    d->title = buf_take(&b);
    write_doc(d, path);
    info = run("pdfinfo", "");
    has(info, "Title:           xxxx");
    free(info);
}

static void test_fonts(void **state)
{
    char *all = NULL, *fonts = NULL;

    (void)state;
    write_doc(sample_doc(), path);
    all = objects();
    has(all, "beginbfrange");
    lacks(all, "begincidrange"); /* what readers warn about */
    has(all, "/CapHeight 714");
    has(all, "/CIDSet");
    has(all, "/Ordering (Identity)");
    lacks(all, "Identity-H)");
    fonts = run("pdffonts", "");
    has(fonts, "+NotoSans-Regular");
    has(fonts, "yes yes yes"); /* embedded, subset, with a map to Unicode */
    lacks(fonts, "yes no");
    free(all);
    free(fonts);
}

static void test_links(void **state)
{
    struct doc *d = sample_doc();
    char *all = NULL;

    (void)state;
    sample_text(NULL, d, DOC_PARAGRAPH, "elsewhere")->text.runs[0].link =
        mem_copy("https://example.org/(a)?b=1");
    sample_text(NULL, d, DOC_PARAGRAPH, "nowhere")->text.runs[0].link = mem_copy("#no-such-target");
    write_doc(d, path);
    all = objects();
    has(all, "/F 4"); /* libharu leaves it out: such a link would not print */
    has(all, "/XYZ");
    has(all, "/URI (https://example.org/\\(a\\)?b=1)");
    has(all, "/Outlines");
    lacks(all, "no-such-target");
    for (const char *p = all; (p = strstr(p, "/Subtype /Link")) != NULL; p++) {
        const char *from = p;

        while (from > all && strncmp(from, " obj\n", 5) != 0)
            from--;
        has(from, "/F 4");
    }
    free(all);
}

static void test_contents_have_page_numbers(void **state)
{
    char *text = NULL, *line = NULL, *end = NULL;

    (void)state;
    write_doc(sample_doc(), path);
    text = run("pdftotext -layout -f 3 -l 3", "-");
    line = strstr(text, "5 Key custody");
    assert_non_null(line);
    end = strchr(line, '\n');
    assert_non_null(end);
    assert_int_equal(end[-1], '4');
    free(text);
}

static void test_tables_over_pages(void **state)
{
    struct doc *d = sample_new();
    struct doc_table *t = NULL;
    char *text = NULL;
    int seen = 0;

    (void)state;
    sample_chapter(d, "1 Rows", "Rows");
    t = sample_table(doc_add(d, DOC_TABLE), "Finding|Observed|>Number");
    for (int i = 0; i < 150; i++) {
        char *row = mem_print("`row-%04d|first line of row %04d\nlast line of row %04d|%d", i, i, i, i);

        sample_row(t, row);
        free(row);
    }
    t->more = mem_copy("and 812 more");
    write_doc(d, path);
    text = run("pdftotext -layout", "-");
    has(text, "continued");
    has(text, "and 812 more");
    for (int i = 0; i < 150; i++) { /* both lines of a row stand on the same page */
        char *first = mem_print("first line of row %04d", i), *last = mem_print("last line of row %04d", i);
        const char *a = strstr(text, first), *b = strstr(text, last);

        assert_non_null(a);
        assert_non_null(b);
        assert_true(b > a);
        assert_null(memchr(a, '\f', (size_t)(b - a)));
        free(first);
        free(last);
    }
    for (const char *p = text; (p = strstr(p, "Observed")) != NULL; p++)
        seen++;
    assert_true(seen > 3); /* the head of every page */
    free(text);
}

static void test_row_taller_than_a_page(void **state)
{
    struct doc *d = sample_new();
    struct doc_table *t = NULL;
    char *text = NULL;

    (void)state;
    sample_chapter(d, "1 Row", "Row");
    t = sample_table(doc_add(d, DOC_TABLE), "A|B");
    sample_row(t, "x|");
    for (int part = 0; part < 2000; part += 500) { /* one run of a document is not as long */
        struct buf b = {0};

        for (int i = part; i < part + 500; i++)
            buf_print(&b, "w%04d ", i);
        doc_run(&t->cells[1].text, buf_str(&b), 0);
        buf_free(&b);
    }
    sample_row(t, "y|after");
    write_doc(d, path);
    text = run("pdftotext", "-");
    for (int i = 0; i < 2000; i++) {
        char word[16];

        snprintf(word, sizeof word, "w%04d", i);
        has(text, word);
    }
    has(text, "after");
    free(text);
}

static void test_code_keeps_its_characters(void **state)
{
    struct doc *d = sample_new();
    char *text = NULL;

    (void)state;
    sample_chapter(d, "1 Code", "Code");
    doc_add(d, DOC_CODE)->code =
        mem_copy("SELECT 'it''s' AS a,\n       b -- comment\n  FROM t\n WHERE c <> '\\';");
    write_doc(d, path);
    text = run("pdftotext -layout", "-");
    has(text, "SELECT 'it''s' AS a,");
    has(text, "WHERE c <> '\\';");
    free(text);
}

static void test_landscape_and_letter(void **state)
{
    struct doc *d = sample_new();
    char *info = NULL;

    (void)state;
    d->page_width = 612;
    d->page_height = 792;
    sample_chapter(d, "1 Up", "Upright");
    doc_add(d, DOC_LANDSCAPE);
    sample_chapter(d, "2 Side", "On its side");
    doc_add(d, DOC_PORTRAIT);
    sample_chapter(d, "3 Up", "Upright again");
    write_doc(d, path);
    info = run("pdfinfo -f 1 -l 3", "");
    has(info, "Page    1 size:  612 x 792");
    has(info, "Page    2 size:  792 x 612");
    has(info, "Page    3 size:  612 x 792");
    free(info);
}

/* How the first pages lie is said before there is one; their chapter and its tables have a width all the
 * same. */
static void test_begins_with_how_pages_lie(void **state)
{
    struct doc *d = sample_new();
    char *info = NULL, *text = NULL;

    (void)state;
    doc_add(d, DOC_LANDSCAPE);
    sample_chapter(d, "1 Side", "On its side");
    sample_row(sample_table(doc_add(d, DOC_TABLE), "Finding|Observed"),
               "a cell of seven words on one line|another cell");
    write_doc(d, path);
    info = run("pdfinfo -f 1 -l 3", "");
    has(info, "Pages:           1\n");
    has(info, "Page    1 size:  842 x 595");
    text = run("pdftotext -layout", "-");
    has(text, "a cell of seven words on one line");
    free(info);
    free(text);
}

static void test_empty_document(void **state)
{
    struct doc *d = sample_new();
    char *check = NULL;

    (void)state;
    sample_table(doc_add(d, DOC_TABLE), "A|B");
    sample_figure(doc_add(d, DOC_FIGURE), "key-timeline", "key|start|now|status|words");
    sample_text(NULL, d, DOC_PARAGRAPH, "");
    sample_text(NULL, d, DOC_WARNING, "");
    doc_add(d, DOC_COLUMNS);
    doc_add(d, DOC_CODE);
    write_doc(d, path);
    check = run("qpdf --check", "");
    free(check);
    write_doc(sample_new(), path);
    check = run("qpdf --check", "");
    free(check);
}

static void test_figures_with_wild_numbers(void **state)
{
    struct doc *d = sample_new();
    struct doc_figure *f = NULL;
    char *check = NULL;

    (void)state;
    f = sample_figure(doc_add(d, DOC_FIGURE), "key-timeline",
                      "key|detail|start|now|limit|expires|status|words");
    sample_values(f, "k||9999999999999|1790755200|nan|inf|pass|");
    sample_values(f, "k||-5|0|1|2|fail|words");
    sample_values(f, "k||1790755200|1753747200|x|y||later than now");
    f = sample_figure(doc_add(d, DOC_FIGURE), "status-bar",
                      "label|pass|fail|not_assessed|not_applicable|attested|words");
    sample_values(f, "a|1e300|-4|nan|inf|x|wild");
    sample_values(f, "b|100000000|1|0|0|0|one of very many is seen");
    sample_custody(d, 60);
    write_doc(d, path);
    check = run("qpdf --check", "");
    free(check);
}

/* ISO 19005-1, level B, by a validator that is not ours. */
static void test_archive_standard(void **state)
{
    static const char jars[] =
        "java -cp /usr/share/java/preflight.jar:/usr/share/java/pdfbox2.jar:/usr/share/java/"
        "fontbox2.jar:/usr/share/java/xmpbox.jar:/usr/share/java/commons-logging.jar:/usr/share/"
        "java/commons-io.jar:/usr/share/java/jaxb-api.jar:/usr/share/java/javax.activation.jar "
        "tests/render/Preflight.java";
    char *said = NULL;

    (void)state;
    if (!file_exists("/usr/share/java/preflight.jar") || !file_exists("/usr/bin/javac"))
        skip();
    for (int i = 0; i < 3;
         i++) { /* plain; with a signature field over the cover's box; with one of no size */
        struct doc *d = i < 2 ? sample_doc() : one_paragraph("No cover.");

        d->will_sign = i > 0;
        write_doc(d, path);
        said = run(jars, "");
        has(said, "valid PDF/A-1b");
        lacks(said, "not valid");
        free(said);
    }
}

static void test_signature_field(void **state)
{
    struct doc *d = sample_doc();
    char *text = NULL;

    (void)state;
    write_doc(d, path);
    text = objects();
    lacks(text, "/AcroForm");
    free(text);
    d = sample_doc();
    d->will_sign = 1;
    write_doc(d, path);
    text = objects();
    has(text, "/AcroForm");
    has(text, "/FT /Sig");
    lacks(text, "/ByteRange");
    free(text);
}

/* HPDF_SaveToFile says 0 on a full disk. */
static void test_full_disk_is_noticed(void **state)
{
    pid_t child = 0;
    int status = 0;

    (void)state;
    unlink(path);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit = {20000, 20000};
        struct err e = {""};
        struct doc *d = sample_doc();
        int rc = 0;

        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        rc = render_pdf(d, path, &e);
        _exit(rc == -1 && e.text[0] ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_false(file_exists(path));
}

static void test_bad_path_is_named(void **state)
{
    struct doc *d = one_paragraph("x");
    struct err e = {""};

    (void)state;
    assert_int_equal(render_pdf(d, "/no/such/folder/a.pdf", &e), -1);
    has(e.text, "/no/such/folder");
    doc_free(d);
}

/* Without HPDF_SetPagesConfiguration the 32,768th page cannot be added. */
static void test_many_pages(void **state)
{
    struct doc *d = sample_new();
    char *info = NULL;

    (void)state;
    free(d->head_left);
    free(d->foot_left);
    free(d->foot_middle);
    d->head_left = d->foot_left = d->foot_middle = NULL;
    for (int i = 0; i < 32800; i++) {
        sample_text(NULL, d, DOC_PARAGRAPH, "x");
        doc_add(d, DOC_PAGE_BREAK);
    }
    write_doc(d, path);
    info = run("pdfinfo", "");
    has(info, "Pages:           3280");
    free(info);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readers_find_nothing_wrong),
        cmocka_unit_test(test_scripts_of_the_world),
        cmocka_unit_test(test_right_to_left),
        cmocka_unit_test(test_what_cannot_be_shown_is_named),
        cmocka_unit_test(test_same_document_same_bytes),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_long_title),
        cmocka_unit_test(test_fonts),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_contents_have_page_numbers),
        cmocka_unit_test(test_tables_over_pages),
        cmocka_unit_test(test_row_taller_than_a_page),
        cmocka_unit_test(test_code_keeps_its_characters),
        cmocka_unit_test(test_landscape_and_letter),
        cmocka_unit_test(test_begins_with_how_pages_lie),
        cmocka_unit_test(test_empty_document),
        cmocka_unit_test(test_figures_with_wild_numbers),
        cmocka_unit_test(test_archive_standard),
        cmocka_unit_test(test_signature_field),
        cmocka_unit_test(test_full_disk_is_noticed),
        cmocka_unit_test(test_bad_path_is_named),
        cmocka_unit_test(test_many_pages),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
