/* The workbook: what a cell may hold, what a sheet looks like to other programs (openpyxl reads it), and what
 * happens where the library would lose something silently. Each case writes a workbook from a template of its
 * own. */
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "lib/db.h"
#include "lib/digest.h"
#include "render/render.h"
#include "render/xlsx_text.h"

static char dir[] = "/tmp/kc-xlsx-XXXXXX";
static char out[64], tpl[64];

#define HEAD                                                                                                   \
    "{\"format\":1,\"fonts\":{\"text\":\"Noto Sans\",\"mono\":\"Noto Sans "                                    \
    "Mono\"},\"colours\":{\"ink\":\"#1B1F24\",\"quiet\":"                                                      \
    "\"#5B6470\",\"hairline\":\"#D5DAE0\",\"band\":\"#F3F5F7\",\"warning-band\":\"#FBF6EC\",\"tint\":\"#"      \
    "EEF2FA\",\"link\":"                                                                                       \
    "\"#3B5BA5\"},\"conclusions\":[\"agreed\",\"exception\"],\"marks\":[{\"words\":\"fail\",\"mark\":\"✕\"," \
    "\"colour\":"                                                                                              \
    "\"#B3261E\"}],"

static void put(const char *name, const char *text)
{
    char *path = file_join(tpl, name);
    struct err e = {""};

    if (file_write(path, text, strlen(text), 0600, &e) != 0)
        fail_msg("%s", e.text);
    free(path);
}

static int setup(void **state)
{
    char sheets[96];

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(out, sizeof out, "%s/out.xlsx", dir);
    snprintf(tpl, sizeof tpl, "%s/tpl", dir);
    snprintf(sheets, sizeof sheets, "%s/sheets", tpl);
    assert_int_equal(file_make_dir(tpl, 0700, NULL), 0);
    assert_int_equal(file_make_dir(sheets, 0700, NULL), 0);
    put("template.json", "{}");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir, NULL);
}

static struct db *facts(const char *sql)
{
    struct db *db = NULL;
    struct err e = {""};

    if (db_open(&db, ":memory:", DB_MEMORY, &e) != 0 ||
        db_exec(db,
                "CREATE TABLE engagement(name TEXT, value TEXT); CREATE TABLE snapshot(taken_at TEXT, source "
                "TEXT);"
                "INSERT INTO snapshot VALUES('2026-09-30T06:00:00Z', 'recording');"
                "INSERT INTO engagement VALUES('organisation', '2nd Contoso & Sons'), ('prepared-by', 'D. "
                "Okafor');",
                &e) != 0 ||
        db_exec(db, sql, &e) != 0)
        fail_msg("%s", e.text);
    return db;
}

/* Writes the workbook of one sheet "T" with the column x; kind: of the column. */
static int write_one(struct db *db, const char *kind, const char *more, const char *sql, struct err *e)
{
    const struct report_options o = {.pack_id = "KC-20260930-7f3a91c2"};
    char *json = mem_print(
        HEAD
        "%s\"sheets\":[{\"id\":\"t\",\"title\":\"T\",\"about\":\"a\",\"sql\":\"sheets/t.sql\",\"columns\":[{"
        "\"name\":\"x\",\"title\":\"X\",\"kind\":\"%s\"}]}]}",
        more, kind);
    int rc = -1;

    put("workbook.json", json);
    put("sheets/t.sql", sql);
    rc = render_xlsx(db, tpl, &o, out, e);
    free(json);
    return rc;
}

/* Runs a line of Python with the workbook open as wb and sheet T as ws. */
static void python(const char *expression)
{
    char *line = mem_print("/usr/bin/python3 -c 'import openpyxl,sys\n"
                           "wb=openpyxl.load_workbook(sys.argv[1])\n"
                           "ws=wb[wb.sheetnames[0]]\n"
                           "assert %s' %s",
                           expression, out);

    if (system(line) != 0)
        fail_msg("not true of the workbook: %s", expression);
    free(line);
}

static void cells_hold_what_can_be_shown(void **state)
{
    static const struct {
        const char *in, *wanted;
        size_t n;
    } cases[] = {
        {"plain", "plain", 0},
        {"=HYPERLINK(\"http://x\")", "=HYPERLINK(\"http://x\")", 0},
        {"a\x01z", "a<U+0001>z", 0},
        {"a\tb\r\nc", "a b  c", 0},
        {"\xe2\x80\xaegpj.exe", "<U+202E>gpj.exe", 0},
        {"a\xff\xc3z", "a\xef\xbf\xbd\xef\xbf\xbdz", 0},
        {"a\xef\xbf\xbez", "a<U+FFFE>z", 0},
        {"a\xed\xa0\x80z", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz", 0},
        {"_x0041_", "_x005F_x0041_", 0},
        {"_x0041_x0042_", "_x005F_x0041_x005F_x0042_", 0},
        {"_x00g1_", "_x00g1_", 0},
        {"_x004", "_x004", 0},
        {"a\0b", "a<U+0000>b", 3},
        {"😀 日本", "😀 日本", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf b = {0};

        xlsx_text(&b, cases[i].in, cases[i].n ? cases[i].n : strlen(cases[i].in), "");
        assert_string_equal(buf_str(&b), cases[i].wanted);
        buf_free(&b);
    }
}

/* Where a column wraps, a remedy's commands stay one under the other; elsewhere a line break is a space. */
static void lines_stay_where_a_column_wraps(void **state)
{
    static const struct {
        const char *kind, *wanted;
    } cases[] = {{"wrap\",\"width\":20,\"about\":\"a", "ws[\"A2\"].value == \"one\\ntwo\""},
                 {"text", "ws[\"A2\"].value == \"one two\""}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct db *db = facts("");
        struct err e = {""};

        if (write_one(db, cases[i].kind, "", "SELECT 'one\ntwo' AS x", &e) != 0)
            fail_msg("%s", e.text);
        python(cases[i].wanted);
        db_close(db);
    }
}

static void long_text_is_cut_and_says_so(void **state)
{
    static const struct {
        const char *unit;
        size_t count;
        int cut;
    } cases[] = {{"a", 32767, 0}, {"a", 32768, 1}, {"é", 32767, 0},
                 {"😀", 16383, 0}, {"😀", 16384, 1}, {"_x0041_", 2600, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf in = {0}, b = {0};

        for (size_t n = 0; n < cases[i].count; n++)
            buf_text(&in, cases[i].unit);
        xlsx_text(&b, buf_str(&in), in.len, "see findings.json");
        assert_int_equal(strstr(buf_str(&b), "[cut here, ") != NULL, cases[i].cut);
        if (cases[i].cut)
            assert_non_null(strstr(b.data, "more characters: see findings.json]"));
        buf_free(&in);
        buf_free(&b);
    }
}

static void what_would_become_a_formula_is_known(void **state)
{
    (void)state;
    assert_true(xlsx_text_is_formula("=1+1"));
    assert_true(xlsx_text_is_formula("+cmd|x"));
    assert_true(xlsx_text_is_formula("-2"));
    assert_true(xlsx_text_is_formula("@SUM"));
    assert_true(xlsx_text_is_formula("＝1"));
    assert_false(xlsx_text_is_formula("a=1"));
    assert_false(xlsx_text_is_formula(""));
}

static void lines_are_counted_as_they_wrap(void **state)
{
    double word = xlsx_text_pixels("word", 9, 0, 0);

    (void)state;
    assert_int_equal(xlsx_text_lines("word word word", word * 10, 9, 0), 1);
    assert_int_equal(xlsx_text_lines("word word word", word + 1, 9, 0), 3);
    assert_int_equal(xlsx_text_lines("wordwordword", word + 1, 9, 0), 3);
    assert_int_equal(xlsx_text_lines("", 10, 9, 0), 1);
    assert_int_equal(xlsx_text_lines("word word\nword", word * 10, 9, 0), 2);
    assert_true(xlsx_text_pixels("日本", 9, 0, 0) > xlsx_text_pixels("ab", 9, 0, 0));
}

static void text_stays_text(void **state)
{
    struct db *db = facts("CREATE TABLE t(x); INSERT INTO t "
                          "VALUES('=1+1'),('+cmd|x'),('-2+3'),('@SUM(A1)'),('=HYPERLINK(\"http://a\")'),"
                          "('_x0041_'),(CAST(x'61ff62' AS TEXT)),(CAST(x'61efbfbe62' AS "
                          "TEXT)),('a'||char(1)||'b'),(NULL),('')");
    struct err e = {""};

    (void)state;
    if (write_one(db, "text", "", "SELECT x FROM t ORDER BY rowid;\n", &e) != 0)
        fail_msg("%s", e.text);
    python("[c.value for c in "
           "ws[\"A\"]][1:6]==[\"=1+1\",\"+cmd|x\",\"-2+3\",\"@SUM(A1)\",\"=HYPERLINK(\\\"http://a\\\")\"]");
    python("all(c.data_type==\"s\" for c in ws[\"A\"][0:11])");
    python("all(c.number_format==\"@\" for c in ws[\"A\"][1:6]) and ws[\"A7\"].number_format==\"General\"");
    python("ws[\"A7\"].value in (\"_x0041_\",\"_x005F_x0041_\")");
    python("ws[\"A8\"].value==\"a\\ufffdb\" and ws[\"A9\"].value==\"a<U+FFFE>b\" and "
           "ws[\"A10\"].value==\"a<U+0001>b\"");
    python("ws[\"A11\"].value==\"not known\" and ws[\"A12\"].value is None");
    db_close(db);
}

static void numbers_are_numbers_or_text(void **state)
{
    struct db *db =
        facts("CREATE TABLE t(x); INSERT INTO t "
              "VALUES(1),(1.5),(9e999),(-9e999),(9007199254740993),(999999999999999),('7'),(NULL)");
    struct err e = {""};

    (void)state;
    if (write_one(db, "number", "", "SELECT x FROM t ORDER BY rowid", &e) != 0)
        fail_msg("%s", e.text);
    python(
        "[c.value for c in "
        "ws[\"A\"]][1:]==[1,1.5,\"Inf\",\"-Inf\",\"9007199254740993\",999999999999999,\"7\",\"not known\"]");
    db_close(db);
}

static void locale_changes_no_number(void **state)
{
    struct db *db = facts("CREATE TABLE t(x); INSERT INTO t VALUES(1.5)");
    struct err e = {""};
    char *line = mem_print("localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 2>>%s/log", dir, dir);

    (void)state;
    if (system(line) != 0 || setenv("LOCPATH", dir, 1) != 0 || !setlocale(LC_ALL, "de_DE.UTF-8")) {
        print_message("no German locale can be made on this machine\n");
        free(line);
        db_close(db);
        skip();
    }
    free(line);
    if (write_one(db, "number", "", "SELECT x FROM t", &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(setlocale(LC_NUMERIC, NULL), "de_DE.UTF-8"); /* the caller's is as it was */
    setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
    python("ws[\"A2\"].value==1.5");
    db_close(db);
}

static void long_sheets_go_on_in_another(void **state)
{
    static const char *const limits[] = {"\"row-limit\":4,",
                                         "\"row-limit\":4,\"table-limit\":5,"}; /* tables; row by row */
    struct err e = {""};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct db *db = facts("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2),(3),(4),(5),(6),(7),(8),(9)");

        if (write_one(db, "number", limits[i], "SELECT x FROM t ORDER BY x", &e) != 0)
            fail_msg("%s", e.text);
        python("wb.sheetnames==[\"T\",\"T (2)\",\"T (3)\"]");
        python("[[c.value for c in s[\"A\"]] for s in wb]==[[\"X\",1,2,3,4],[\"X\",5,6,7,8],[\"X\",9]]");
        python(i == 0 ? "len(ws.tables)==1 and list(ws.tables.values())[0].ref==\"A1:A5\""
                      : "len(ws.tables)==0 and ws.auto_filter.ref==\"A1:A5\"");
        python("ws.freeze_panes==\"A2\" and ws.print_title_rows in (\"$1:$1\",\"1:1\") and "
               "ws.page_setup.orientation==\"landscape\"");
        python("ws.sheet_properties.pageSetUpPr.fitToPage and str(ws.page_setup.fitToHeight)==\"0\"");
        db_close(db);
    }
}

static void links_lead_to_the_row_on_the_right_sheet(void **state)
{
    const struct report_options o = {.pack_id = "KC-1"};
    struct db *db = facts("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2),(3)");
    struct err e = {""};

    (void)state;
    put("workbook.json", HEAD "\"row-limit\":2,\"sheets\":[{\"id\":\"f\",\"title\":\"F\",\"about\":\"a\","
                              "\"sql\":\"sheets/f.sql\",\"auditor\":true,"
                              "\"columns\":[{\"name\":\"x\",\"title\":\"X\",\"link\":{\"sheet\":\"t\","
                              "\"row\":\"r\"}},{\"name\":\"s\",\"title\":\"S\","
                              "\"kind\":\"status\"}]},{\"id\":\"t\",\"title\":\"T's\",\"about\":\"a\","
                              "\"sql\":\"sheets/t.sql\",\"columns\":[{\"name\":\"x\","
                              "\"title\":\"X\"}]}]}");
    put("sheets/t.sql", "SELECT x FROM t ORDER BY x");
    put("sheets/f.sql", "SELECT 'a' AS x, 3 AS r, 'not-assessed' AS s UNION ALL SELECT 'b', NULL, 'fail'");
    if (render_xlsx(db, tpl, &o, out, &e) != 0)
        fail_msg("%s", e.text);
    python("ws[\"A2\"].hyperlink.location.replace(chr(39)*2,chr(39))==chr(39)+\"T\"+chr(39)+\"s "
           "(2)\"+chr(39)+\"!A2\"");
    python(
        "ws[\"A3\"].hyperlink is None and ws[\"B2\"].value==\"not assessed\" and ws[\"B3\"].value==\"fail\"");
    python("[c.value for c in ws[1]][2:]==[\"Conclusion\",\"Tested by\",\"Tested "
           "on\",\"Auditor\"+chr(39)+\"s notes\"]");
    python("\"agreed,exception\" in ws.data_validations.dataValidation[0].formula1 and "
           "ws[\"C2\"].fill.fgColor.rgb==\"FFEEF2FA\"");
    python("len(ws.conditional_formatting)==1");
    db_close(db);
}

static void properties_come_from_the_report(void **state)
{
    struct db *db = facts("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
    char one[DIGEST_HEX], two[DIGEST_HEX];
    struct err e = {""};

    (void)state;
    setenv("TZ", "Asia/Tokyo", 1);
    assert_int_equal(write_one(db, "number", "", "SELECT x FROM t", &e), 0);
    assert_int_equal(digest_file(out, one, NULL, &e), 0);
    sleep(2); /* a clock in the bytes would show */
    setenv("TZ", "America/Lima", 1);
    assert_int_equal(write_one(db, "number", "", "SELECT x FROM t", &e), 0);
    assert_int_equal(digest_file(out, two, NULL, &e), 0);
    unsetenv("TZ");
    assert_string_equal(one, two);
    python("str(wb.properties.created)==\"2026-09-30 06:00:00\" and wb.properties.creator==\"D. Okafor\"");
    python("\"from a recording\" in ws.oddFooter.center.text and \"KC-20260930-7f3a91c2\" in "
           "ws.oddFooter.left.text");
    python("ws.oddHeader.left.text.strip().startswith(\"2nd Contoso &\") and \"&\" + \"P\" in "
           "str(ws.oddFooter.right.text)");
    db_close(db);
}

static void template_errors_name_file_and_place(void **state)
{
    static const struct {
        const char *kind, *more, *sql, *says;
    } cases[] = {
        {"text", "", "SELECT 1 AS y", "sheets/t.sql: yields no column x"},
        {"text", "", "SELECT 1 AS x, 2 AS y", "sheets/t.sql: nobody shows its column y"},
        {"text", "", "SELECT nothing AS x", "sheets/t.sql"},
        {"text", "", "DELETE FROM t", "sheets/t.sql"},
        {"colour", "", "SELECT 1 AS x", "workbook.json: /sheets/0/columns/0/kind"},
        {"text", "\"row-limit\":0,", "SELECT 1 AS x", "workbook.json: /row-limit"},
        {"text", "\"unknown\":0,", "SELECT 1 AS x", "workbook.json: /unknown: unknown field"},
    };
    struct db *db = facts("CREATE TABLE t(x)");

    (void)state;
    unlink(out);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {""};

        assert_int_equal(write_one(db, cases[i].kind, cases[i].more, cases[i].sql, &e), -1);
        if (!strstr(e.text, cases[i].says))
            fail_msg("wanted '%s', got '%s'", cases[i].says, e.text);
        assert_false(file_exists(out));
    }
    db_close(db);
}

static void reserved_and_long_names_of_sheets_are_refused(void **state)
{
    static const char *const names[] = {"History", "HISTORY", "a name of twenty-six signs!"};
    struct db *db = facts("CREATE TABLE t(x)");

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct err e = {""};
        char *json = mem_print(HEAD "\"sheets\":[{\"id\":\"t\",\"title\":\"%s\",\"about\":\"a\",\"sql\":"
                                    "\"sheets/t.sql\",\"columns\":[{"
                                    "\"name\":\"x\",\"title\":\"X\"}]}]}",
                               names[i]);

        put("workbook.json", json);
        put("sheets/t.sql", "SELECT x FROM t");
        assert_int_equal(render_xlsx(db, tpl, &(struct report_options){.pack_id = "KC"}, out, &e), -1);
        assert_non_null(strstr(e.text, "workbook.json: /sheets/0/title"));
        free(json);
    }
    db_close(db);
}

/* Excel holds about 65,530 links a sheet; the library refuses the next one, and then the cell would be lost.
 */
static void more_links_than_a_sheet_can_hold(void **state)
{
    struct db *db = facts("CREATE TABLE t(x); INSERT INTO t VALUES('a')");
    struct err e = {""};

    (void)state;
    put("workbook.json", HEAD "\"sheets\":[{\"id\":\"f\",\"title\":\"F\",\"about\":\"a\",\"sql\":\"sheets/"
                              "f.sql\",\"columns\":[{\"name\":\"x\","
                              "\"title\":\"X\",\"link\":{\"sheet\":\"t\",\"row\":\"r\"}}]},{\"id\":\"t\","
                              "\"title\":\"T\",\"about\":\"a\",\"sql\":"
                              "\"sheets/t.sql\",\"columns\":[{\"name\":\"x\",\"title\":\"X\"}]}]}");
    put("sheets/t.sql", "SELECT x FROM t");
    put("sheets/f.sql", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 66000) "
                        "SELECT i AS x, 1 AS r FROM n");
    if (render_xlsx(db, tpl, &(struct report_options){.pack_id = "KC"}, out, &e) != 0)
        fail_msg("%s", e.text);
    python("ws.max_row==66001 and ws[\"A66001\"].value==\"66000\" and ws[\"A66001\"].hyperlink is None and "
           "ws[\"A2\"].hyperlink.location==\"T!A2\" or "
           "ws[\"A2\"].hyperlink.location==chr(39)+\"T\"+chr(39)+\"!A2\"");
    db_close(db);
}

static void long_words_fit_head_and_cell(void **state)
{
    struct db *db = facts(
        "CREATE TABLE t(x); INSERT INTO t SELECT replace(hex(zeroblob(20000)), '0', 'ü');"
        "UPDATE engagement SET value = replace(hex(zeroblob(200)), '0', 'Ü&') WHERE name = 'organisation';"
        "INSERT INTO engagement VALUES('classification', replace(hex(zeroblob(200)), '0', '&'))");
    struct err e = {""};

    (void)state;
    if (write_one(db, "text", "", "SELECT x FROM t", &e) != 0)
        fail_msg("%s", e.text);
    python("30000<len(ws[\"A2\"].value)<=32767 and \"[cut here, \" in ws[\"A2\"].value");
    python("ws.oddFooter.right.text is not None and \"P\" in ws.oddFooter.right.text");
    db_close(db);
}

static void a_full_disk_leaves_nothing(void **state)
{
    static const rlim_t sizes[] = {0, 100, 1000, 4000, 20000};
    struct rlimit before;
    struct db *db = facts(
        "CREATE TABLE t(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        "INSERT INTO t SELECT printf('%d %s', i, hex(randomblob(20))) FROM n");

    (void)state;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN); /* write() fails with EFBIG, as it does with ENOSPC */
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        struct rlimit now = {sizes[i / 2], before.rlim_max};
        struct err e = {""};
        int rc = 0;

        unlink(out);
        put("workbook.json", "{}");
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(write_one(db, "text", "", "SELECT x FROM t LIMIT 0", &e),
                         0); /* the template is there */
        unlink(out);
        put("sheets/t.sql", "SELECT x FROM t ORDER BY rowid");
        if (i % 2)
            put("workbook.json", HEAD "\"table-limit\":1,\"sheets\":[{\"id\":\"t\",\"title\":\"T\",\"about\":"
                                      "\"a\",\"sql\":\"sheets/t.sql\","
                                      "\"columns\":[{\"name\":\"x\",\"title\":\"X\"}]}]}");
        setrlimit(RLIMIT_FSIZE, &now);
        rc = render_xlsx(db, tpl, &(struct report_options){.pack_id = "KC"}, out, &e);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(rc, -1);
        assert_true(e.text[0] != '\0');
        assert_false(file_exists(out));
    }
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_hold_what_can_be_shown),
        cmocka_unit_test(long_text_is_cut_and_says_so),
        cmocka_unit_test(what_would_become_a_formula_is_known),
        cmocka_unit_test(lines_stay_where_a_column_wraps),
        cmocka_unit_test(lines_are_counted_as_they_wrap),
        cmocka_unit_test(text_stays_text),
        cmocka_unit_test(numbers_are_numbers_or_text),
        cmocka_unit_test(locale_changes_no_number),
        cmocka_unit_test(long_sheets_go_on_in_another),
        cmocka_unit_test(links_lead_to_the_row_on_the_right_sheet),
        cmocka_unit_test(properties_come_from_the_report),
        cmocka_unit_test(template_errors_name_file_and_place),
        cmocka_unit_test(reserved_and_long_names_of_sheets_are_refused),
        cmocka_unit_test(more_links_than_a_sheet_can_hold),
        cmocka_unit_test(long_words_fit_head_and_cell),
        cmocka_unit_test(a_full_disk_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
