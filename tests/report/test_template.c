/* The language of templates: what an error says, how far a list goes, where a link leads. Each case writes a
 * template of its own and builds it over a table t of five rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "report/template.h"

static char dir[] = "/tmp/kc-template-XXXXXX";

static void put(const char *name, const char *text)
{
    char *path = file_join(dir, name);
    struct err e = {""};

    if (file_write(path, text, strlen(text), 0600, &e) != 0)
        fail_msg("%s", e.text);
    free(path);
}

static int setup(void **state)
{
    char *tables = NULL;

    (void)state;
    assert_non_null(mkdtemp(dir));
    tables = file_join(dir, "tables");
    assert_int_equal(file_make_dir(tables, 0700, NULL), 0);
    free(tables);
    put("tables/rows.sql", "SELECT n, name, status, link FROM t ORDER BY n");
    put("tables/none.sql", "SELECT n FROM t WHERE n > 9");
    put("tables/one.sql", "SELECT 2 AS wanted, '' AS empty");
    put("tables/wanted.sql", "SELECT name FROM t WHERE n = :wanted");
    put("tables/broken.sql", "SELECT n,\n  missing FROM t");
    put("tables/writes.sql", "DELETE FROM t");
    put("tables/two.sql", "SELECT 1; SELECT 2");
    put("tables/unknown.sql", "SELECT :nobody");
    put("tables/values.sql", "SELECT 'Example AG' AS organisation");
    put("tables/links.sql",
        "SELECT name AS label, 1 AS pass, 0 AS fail, 0 AS not_assessed, 0 AS not_applicable, 0 AS "
        "attested, 'one' AS words FROM t ORDER BY n");
    put("tables/markup.sql", "SELECT '**a** [b](#c) {{d}} \xe2\x80\xae' || 'e' AS x");
    put("tables/wanted-code.sql", "SELECT 'SELECT 1\n  FROM t\n' AS sql");
    put("logo.png", "no picture");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir, NULL);
}

static struct db *facts(void)
{
    struct db *db = NULL;
    struct err e = {""};

    if (db_open(&db, NULL, DB_MEMORY, &e) != 0 ||
        db_exec(db,
                "CREATE TABLE t(n INTEGER, name TEXT, status TEXT, link TEXT);"
                "INSERT INTO t VALUES (1, 'one', 'fail', 'F-1'), (2, 'two', 'pass', 'F-2'), (3, 'three', "
                "NULL, ''), (4, 'four', 'nonsense', 'F-9'), (5, '/subscriptions/s/resourceGroups/g/"
                "providers/p/disks/pvc-0a1b2c3d-1111-4222-8333-444455556666', 'not-assessed', 'F-5')",
                &e) != 0)
        fail_msg("%s", e.text);
    return db;
}

/* Builds the template with that text (members of the root beside "format"); NULL and the error, or the
 * document. */
static struct doc *build(const char *members, struct err *e)
{
    const struct report_options o = {.pack_id = "KC"};
    struct db *db = facts();
    struct doc *d = NULL;
    char *text = mem_print("{\"format\": 1, %s}", members);

    put("template.json", text);
    free(text);
    if (template_build(db, dir, &o, &d, e) != 0)
        d = NULL;
    db_close(db);
    return d;
}

static struct doc *built(const char *members)
{
    struct err e = {""};
    struct doc *d = build(members, &e);

    if (!d)
        fail_msg("%s", e.text);
    return d;
}

static void an_error_names_file_and_place(void **state)
{
    static const struct {
        const char *members, *place, *what;
    } cases[] = {
        {"\"blocks\": [{\"hading\": \"x\"}]", "/blocks/0", "no kind of block"},
        {"\"blocks\": [{\"heading\": \"x\", \"colour\": \"red\"}]", "/blocks/0/colour",
         "\"colour\" is not known here"},
        {"\"blocks\": [7]", "/blocks/0", "a block is an object"},
        {"\"blocks\": {}", "/blocks", "an array of blocks"},
        {"\"bloks\": []", "/bloks", "\"bloks\" is not known here"},
        {"\"blocks\": [{\"lead\": 1}]", "/blocks/0/lead", "a text is wanted"},
        {"\"blocks\": [{\"lead\": \"{{name}}\"}]", "/blocks/0/lead", "{{name}}: there is no column"},
        {"\"blocks\": [{\"lead\": \"{{name\"}]", "/blocks/0/lead", "closing braces"},
        {"\"blocks\": [{\"lead\": \"[words](\"}]", "/blocks/0/lead", "a link is written"},
        {"\"blocks\": [{\"for-each\": \"tables/rows.sql\", \"blocks\": [{\"lead\": \"{{name|loud}}\"}]}]",
         "/blocks/0/blocks/0/lead", "look \"loud\""},
        {"\"blocks\": [{\"table\": \"tables/rows.sql\"}]", "/blocks/0/table", "a table needs \"columns\""},
        {"\"blocks\": [{\"table\": \"tables/rows.sql\", \"columns\": [{\"col\": \"no\"}]}]",
         "/blocks/0/columns/0/col", "no column \"no\""},
        {"\"blocks\": [{\"table\": \"tables/rows.sql\", \"columns\": [{\"col\": \"n\", \"as\": \"art\"}]}]",
         "/blocks/0/columns/0/as", "resource, name, short, hash, lines"},
        {"\"blocks\": [{\"table\": \"tables/rows.sql\", \"limit\": -1, \"columns\": [{\"col\": \"n\"}]}]",
         "/blocks/0/limit", "whole number"},
        {"\"blocks\": [{\"table\": \"tables/gone.sql\", \"columns\": [{\"col\": \"n\"}]}]", "/blocks/0/table",
         "tables/gone.sql: no such file"},
        {"\"blocks\": [{\"table\": \"tables/broken.sql\", \"columns\": [{\"col\": \"n\"}]}]",
         "/blocks/0/table", "tables/broken.sql: SQL line 2: no such column: missing"},
        {"\"blocks\": [{\"keep\": [{\"table\": \"tables/writes.sql\", \"columns\": [{\"col\": \"n\"}]}]}]",
         "/blocks/0/keep/0/table", "tables/writes.sql: "},
        {"\"blocks\": [{\"table\": \"tables/two.sql\", \"columns\": [{\"col\": \"n\"}]}]", "/blocks/0/table",
         "tables/two.sql: "},
        {"\"blocks\": [{\"table\": \"tables/unknown.sql\", \"columns\": [{\"col\": \"n\"}]}]",
         "/blocks/0/table", "parameter :nobody"},
        {"\"blocks\": [{\"table\": \"../t.sql\", \"columns\": [{\"col\": \"n\"}]}]", "/blocks/0/table",
         "may not leave its folder"},
        {"\"blocks\": [{\"table\": \"/etc/passwd\", \"columns\": [{\"col\": \"n\"}]}]", "/blocks/0/table",
         "may not leave its folder"},
        {"\"blocks\": [{\"columns\": [[]]}]", "/blocks/0/columns", "two arrays of blocks"},
        {"\"blocks\": [{\"figure\": \"pie\", \"sql\": \"tables/rows.sql\"}]", "/blocks/0/sql",
         "figure pie: no such kind"},
        {"\"blocks\": [{\"figure\": \"status-bar\", \"sql\": \"tables/rows.sql\"}]", "/blocks/0/sql",
         "has no column label"},
        {"\"blocks\": [{\"page\": \"sideways\"}]", "/blocks/0/page", "break, landscape or portrait"},
        {"\"blocks\": [{\"lead\": \"x\", \"if\": \"nothing\"}]", "/blocks/0/if", "no column \"nothing\""},
        {"\"page\": \"a3\", \"blocks\": []", "/page", "a4 or letter"},
        {"\"colours\": {\"ink\": \"black\"}, \"blocks\": []", "/colours/ink", "#RRGGBB"},
        {"\"colours\": {\"pink\": \"#ffffff\"}, \"blocks\": []", "/colours", "known are ink"},
        {"\"values\": \"tables/none.sql\", \"blocks\": []", "/values", "gave no row"},
        {"\"logo\": \"logo.png\", \"blocks\": []", "/logo", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {""};
        struct doc *d = build(cases[i].members, &e);
        char *where = mem_print("%s/template.json: %s: ", dir, cases[i].place);

        if (d)
            fail_msg("%s: no error", cases[i].members);
        if (strncmp(e.text, where, strlen(where)) != 0 || !strstr(e.text, cases[i].what))
            fail_msg("%s: wanted \"%s…%s\", got \"%s\"", cases[i].members, where, cases[i].what, e.text);
        free(where);
    }
}

static void a_template_must_be_there_and_be_json(void **state)
{
    const struct report_options o = {.pack_id = "KC"};
    struct db *db = facts();
    struct doc *d = NULL;
    struct err e = {""};

    (void)state;
    assert_int_equal(template_build(db, "no-such-template", &o, &d, &e), -1);
    assert_non_null(strstr(e.text, "no-such-template: no such template"));
    put("template.json", "{\"format\": 1,");
    assert_int_equal(template_build(db, dir, &o, &d, &e), -1);
    assert_non_null(strstr(e.text, "/template.json"));
    put("template.json", "{\"format\": 2, \"blocks\": []}");
    assert_int_equal(template_build(db, dir, &o, &d, &e), -1);
    assert_non_null(strstr(e.text, "/template.json: /format: "));
    db_close(db);
}

/* A link in a template's folder could lead anywhere. */
static void links_of_the_file_system_are_not_followed(void **state)
{
    char *link = file_join(dir, "tables/away.sql"), *folder = file_join(dir, "away"),
         *inside = file_join(dir, "tables");
    struct err e = {""};

    (void)state;
    assert_int_equal(symlink("rows.sql", link), 0);
    assert_int_equal(symlink(inside, folder), 0);
    assert_null(build("\"blocks\": [{\"table\": \"tables/away.sql\", \"columns\": [{\"col\": \"n\"}]}]", &e));
    assert_non_null(strstr(e.text, "links are not followed"));
    assert_null(build("\"blocks\": [{\"table\": \"away/rows.sql\", \"columns\": [{\"col\": \"n\"}]}]", &e));
    assert_non_null(strstr(e.text, "links are not followed"));
    unlink(link);
    unlink(folder);
    free(link);
    free(folder);
    free(inside);
}

static void lists_end_at_their_limit_and_say_so(void **state)
{
    struct doc *d = built(
        "\"limit\": 4, \"blocks\": ["
        "{\"table\": \"tables/rows.sql\", \"limit\": 2, \"more\": \"and {{more}} of {{total}}, {{shown}} "
        "shown\", \"columns\": [{\"col\": \"n\"}]},"
        "{\"table\": \"tables/rows.sql\", \"columns\": [{\"col\": \"n\"}]},"
        "{\"table\": \"tables/rows.sql\", \"limit\": 5, \"columns\": [{\"col\": \"n\"}]},"
        "{\"table\": \"tables/none.sql\", \"empty\": \"nothing\", \"columns\": [{\"col\": \"n\"}]},"
        "{\"figure\": \"status-bar\", \"sql\": \"tables/links.sql\", \"limit\": 3, \"more\": "
        "\"{{more}} more\"},"
        "{\"for-each\": \"tables/rows.sql\", \"limit\": 1, \"more\": \"{{more}} left out\", \"blocks\": "
        "[{\"lead\": \"{{name}}\"}]}]");

    (void)state;
    assert_int_equal(d->block_count, 7);
    assert_int_equal(d->blocks[0]->table.row_count, 2);
    assert_string_equal(d->blocks[0]->table.more, "and 3 of 5, 2 shown");
    assert_int_equal(d->blocks[1]->table.row_count, 4); /* the template's own limit */
    assert_non_null(strstr(d->blocks[1]->table.more, "and 1 more"));
    assert_int_equal(d->blocks[2]->table.row_count, 5);
    assert_null(d->blocks[2]->table.more);
    assert_int_equal(d->blocks[3]->table.row_count, 0);
    assert_string_equal(d->blocks[3]->table.empty, "nothing");
    assert_int_equal(d->blocks[4]->figure.row_count, 3);
    assert_string_equal(d->blocks[4]->figure.more, "2 more");
    assert_int_equal(d->blocks[5]->kind, DOC_LEAD);
    assert_string_equal(d->blocks[6]->text.runs[0].text, "4 left out");
    doc_free(d);
}

/* What is beyond a limit is no target, so a link to it becomes plain text. */
static void links_lead_somewhere_or_are_none(void **state)
{
    struct doc *d = built(
        "\"blocks\": ["
        "{\"lead\": \"[a](#top) [b](#F-2) [c](#F-5) [d](https://example.org/)\"},"
        "{\"heading\": \"Top\", \"anchor\": \"top\"},"
        "{\"keep\": [{\"table\": \"tables/rows.sql\", \"limit\": 2, \"anchor\": \"{{link}}\", \"columns\": "
        "[{\"col\": \"name\", \"link\": \"#{{link}}\"}]}]},"
        "{\"table\": \"tables/rows.sql\", \"columns\": [{\"col\": \"name\", \"link\": \"#{{link}}\"}]}]");
    const struct doc_table *t = &d->blocks[2]->children[0]->table;
    const struct doc_cell *cells = d->blocks[3]->table.cells;

    (void)state;
    assert_string_equal(d->blocks[0]->text.runs[0].link, "#top");
    assert_string_equal(d->blocks[0]->text.runs[2].link, "#F-2");
    assert_null(d->blocks[0]->text.runs[4].link);
    assert_string_equal(d->blocks[0]->text.runs[6].link, "https://example.org/");
    assert_string_equal(t->anchors[0], "F-1");
    assert_string_equal(t->anchors[1], "F-2");
    assert_string_equal(cells[0].text.runs[0].link, "#F-1");
    assert_null(cells[2].text.runs[0].link); /* '#' and nothing is no link */
    assert_null(cells[3].text.runs[0].link);
    assert_null(cells[4].text.runs[0].link);
    doc_free(d);
}

static void values_reach_inward(void **state)
{
    struct doc *d = built(
        "\"values\": \"tables/values.sql\", \"head-left\": \"{{organisation}}\", \"blocks\": ["
        "{\"when\": \"tables/one.sql\", \"blocks\": [{\"for-each\": \"tables/wanted.sql\", \"blocks\": "
        "[{\"lead\": \"{{name}} of {{organisation}}\"}]}, {\"lead\": \"x\", \"if\": \"empty\"}, {\"lead\": "
        "\"y\", \"unless\": \"empty\"}]},"
        "{\"when\": \"tables/none.sql\", \"blocks\": [{\"lead\": \"no\"}], \"else\": [{\"lead\": "
        "\"else\"}]}]");
    static const char *const wanted[] = {"two of Example AG", "y", "else"};

    (void)state;
    assert_string_equal(d->head_left, "Example AG");
    assert_int_equal(d->block_count, 3);
    for (size_t i = 0; i < 3; i++) {
        char *text = doc_plain(&d->blocks[i]->text);

        assert_string_equal(text, wanted[i]);
        free(text);
    }
    doc_free(d);
}

/* What comes out of a SELECT is text, whatever it looks like; a status that does not exist has no mark. */
static void rows_are_text_with_marks(void **state)
{
    struct doc *d = built("\"blocks\": [{\"table\": \"tables/rows.sql\", \"columns\": ["
                          "{\"col\": \"name\", \"as\": \"short\", \"mark\": \"status\"}]},"
                          "{\"table\": \"tables/markup.sql\", \"columns\": [{\"col\": \"x\"}]}]");
    const struct doc_cell *cells = d->blocks[0]->table.cells;
    static const enum verdict marks[] = {VERDICT_FAIL, VERDICT_PASS, VERDICT_NONE, VERDICT_NONE,
                                         VERDICT_NOT_ASSESSED};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(cells[i].text.runs[0].status, marks[i]);
        assert_int_equal((cells[i].text.runs[0].look & DOC_MARK) != 0, marks[i] != VERDICT_NONE);
    }
    assert_string_equal(cells[4].text.runs[0].text, "pvc-0a1b2c…6666");
    assert_int_equal(d->blocks[1]->table.cells[0].text.count, 1);
    assert_string_equal(d->blocks[1]->table.cells[0].text.runs[0].text, "**a** [b](#c) {{d}} <U+202E>e");
    doc_free(d);
}

/* The lines of a file have numbers, commands have none; a block that is kept together holds its blocks. */
static void code_and_keep(void **state)
{
    struct doc *d = built(
        "\"blocks\": [{\"code\": [\"one\", \"two\"]}, {\"for-each\": \"tables/wanted-code.sql\", \"blocks\": "
        "[{\"code\": \"sql\"}]}, {\"keep\": [{\"lead\": \"a\"}, {\"lead\": \"b\"}]}]");

    (void)state;
    assert_string_equal(d->blocks[0]->code, "one\ntwo");
    assert_int_equal(d->blocks[0]->level, 0);
    assert_string_equal(d->blocks[1]->code, "SELECT 1\n  FROM t");
    assert_int_equal(d->blocks[1]->level, 1);
    assert_int_equal(d->blocks[2]->kind, DOC_KEEP);
    assert_int_equal(d->blocks[2]->child_count, 2);
    doc_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_names_file_and_place),
        cmocka_unit_test(a_template_must_be_there_and_be_json),
        cmocka_unit_test(links_of_the_file_system_are_not_followed),
        cmocka_unit_test(lists_end_at_their_limit_and_say_so),
        cmocka_unit_test(links_lead_somewhere_or_are_none),
        cmocka_unit_test(values_reach_inward),
        cmocka_unit_test(rows_are_text_with_marks),
        cmocka_unit_test(code_and_keep),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
