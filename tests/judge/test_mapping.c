/* Mappings: the built-in ones load whole; a broken one is refused with its place and leaves nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "judge/mapping.h"

static void assert_value(struct db *db, const char *expected, const char *sql)
{
    struct err e = {""};
    char *got = NULL;

    if (db_value_text(db, &got, &e, "%s", sql) != 0)
        fail_msg("%s: %s", sql, e.text);
    assert_string_equal(got ? got : "(null)", expected);
    free(got);
}

static struct db *memory(void)
{
    struct db *db = NULL;
    struct err e = {""};

    assert_int_equal(db_open(&db, NULL, DB_MEMORY, &e), 0);
    return db;
}

static void built_in(void **state)
{
    struct db *db = memory();
    struct err e = {""};

    (void)state;
    if (mapping_load_all(db, &e) != 0)
        fail_msg("%s", e.text);
    assert_value(db, "pci-dss hipaa fedramp-rev5",
                 "SELECT group_concat(id, ' ') FROM (SELECT id FROM framework ORDER BY position)");
    assert_value(db, "legacy Rev5; the 2026 classes are not mapped",
                 "SELECT label FROM framework WHERE id = 'fedramp-rev5'");
    /* whose key it is, is required by none of the three; 3.5.1.2 can never be shown by a test */
    assert_value(db, "0",
                 "SELECT count(*) FROM relation WHERE relation = 'D' AND check_id IN ('cluster-uses-des',"
                 " 'scale-set-des', 'disk-cmk', 'etcd-kms-cmk', 'pool-encryption-at-host', 'key-hsm')");
    assert_value(db, "0", "SELECT count(*) FROM relation WHERE control = '3.5.1.2' AND relation = 'D'");
    assert_value(db, "164.312(a)(2)(iv) SC-28 SC-28(1)",
                 "SELECT group_concat(control, ' ') FROM (SELECT control FROM relation WHERE check_id ="
                 " 'disk-encrypted' AND relation = 'D' ORDER BY 1)");
    assert_value(
        db, "10.2.1 164.312(b) 3.7.4 7.2.5 AC-6 AU-12",
        "SELECT group_concat(control, ' ') FROM (SELECT control FROM relation WHERE relation = 'D' AND"
        " check_id <> 'disk-encrypted' ORDER BY 1)");
    assert_value(
        db, "1 1 1 1",
        "SELECT li_saas || ' ' || low || ' ' || moderate || ' ' || high FROM control WHERE id = 'SC-28'");
    assert_value(
        db, "0 0 0 1",
        "SELECT li_saas || ' ' || low || ' ' || moderate || ' ' || high FROM control WHERE id = 'SC-12(1)'");
    assert_value(
        db, "0 0 0 0",
        "SELECT li_saas || ' ' || low || ' ' || moderate || ' ' || high FROM control WHERE id = 'SA-9(6)'");
    assert_value(db, "addressable", "SELECT obligation FROM control WHERE id = '164.312(a)(2)(iv)'");
    assert_value(db, "3.6.1.1 3.7.9 12.5.2.1 12.9.2",
                 "SELECT group_concat(id, ' ') FROM (SELECT id FROM control WHERE service_provider ORDER BY "
                 "position)");
    assert_value(db, "0",
                 "SELECT count(*) FROM control WHERE test_kind <> '' AND test_kind_verified = 'recalled'");
    assert_value(
        db, "1",
        "SELECT count(*) FROM framework_note WHERE framework = 'pci-dss' AND kind = 'limit' AND name LIKE"
        " '%3.5.1.2%'");
    assert_int_equal(mapping_load(db, "hipaa", &e), -1);
    assert_non_null(strstr(e.text, "given twice"));
    db_close(db);
}

#define HEAD                                                                                                 \
    "{\"format\": 1, \"id\": \"mine\", \"title\": \"M\", \"full-title\": \"M\", \"edition\": \"1\", "        \
    "\"published\":"                                                                                         \
    " \"2026\", \"publisher\": \"us\", \"retention\": \"r\", \"notes\": [], \"limits\": [],\n \"sources\": " \
    "[{\"key\":"                                                                                             \
    " \"K\", \"title\": \"k\", \"verified\": \"original\"}], \"families\": [{\"id\": \"1\", \"title\": "     \
    "\"one\"}],\n"
#define CONTROL(id, family, source)                                                                          \
    "{\"id\": \"" id "\", \"family\": \"" family                                                             \
    "\", \"title\": \"t\", \"tests\": [\"examine\"], \"tests-verified\":"                                    \
    " \"recalled\", \"proves\": \"p\", \"cannot\": \"c\", \"rest\": \"r\", \"source\": \"" source            \
    "\", \"verified\": \"original\", \"relations\": ["

/* a mapping, and what is said about it (without the file's name); '' for a sound one */
static const char *const files[][2] = {
    {HEAD "\"controls\": [" CONTROL("1.1", "1", "K") "]}]}", ""},
    {HEAD "\"controls\": [" CONTROL("1.1", "1", "K") "]},\n" CONTROL("1.1", "1", "K") "]}]}",
     ":4: /controls/1/id: \"1.1\" stands twice"},
    {HEAD "\"controls\": [" CONTROL("1.1", "2", "K") "]}]}",
     ":3: /controls/0/family: no family has the id \"2\""},
    {HEAD "\"controls\": [" CONTROL("1.1", "1", "K, X") "]}]}",
     ":3: /controls/0/source: no source has the key \"X\""},
    {HEAD "\"controls\": [" CONTROL(
         "1.1", "1", "K") "\n{\"check\": \"nonsense\", \"relation\": \"D\", \"part\": \"p\","
                          " \"rest\": \"r\", \"source\": \"K\", \"verified\": \"original\"}]}]}",
     ":4: /controls/0/relations/0/check: unknown check \"nonsense\": see keycustody checks list"},
    {HEAD "\"controls\": [" CONTROL(
         "1.1", "1", "K") "\n{\"check\": \"../../x\", \"relation\": \"D\", \"part\": \"p\","
                          " \"rest\": \"r\", \"source\": \"K\", \"verified\": \"original\"}]}]}",
     ":4: /controls/0/relations/0/check: unknown check \"../../x\": see keycustody checks list"},
    {HEAD "\"colour\": \"red\", \"controls\": []}", ":3: /colour: unknown field \"colour\""},
    {HEAD "\"order\": \"1\", \"controls\": []}", ":3: /order: must be an integer"},
    {"{\"format\": 1}", ":1: /: the field \"id\" is missing"},
    {"[]", ":1: /: must be an object"},
    {"{\"format\": 1,\n}", ": line 2 column 1"},
};

static void own_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[] = "/tmp/keycustody-test-XXXXXX.json", *expected = NULL;
        int fd = mkstemps(path, 5);
        struct buf problems = {0};
        struct db *db = memory();
        struct err e = {""};
        int loaded = 0;

        assert_int_equal(write(fd, files[i][0], strlen(files[i][0])), (ssize_t)strlen(files[i][0]));
        close(fd);
        expected = mem_print("%s%s", path, files[i][1]);
        loaded = mapping_load(db, path, &e) == 0;
        if (loaded != !*files[i][1])
            fail_msg("%zu: %s", i, e.text);
        if (!loaded) {
            assert_memory_equal(e.text, expected, strlen(expected));
            assert_value(db, "0", "SELECT count(*) FROM sqlite_schema");
        } else {
            struct buf copy = {0};
            char *name = NULL;

            assert_value(db, "", "SELECT test_kind FROM control"); /* recalled: not printed */
            assert_int_equal(mapping_text(path, &copy, &name, &e), 0);
            assert_string_equal(buf_str(&copy), files[i][0]);
            assert_string_equal(name, "mine.json");
            assert_int_equal(mapping_lint(path, &problems, &e), 0);
            buf_free(&copy);
            free(name);
        }
        unlink(path);
        free(expected);
        buf_free(&problems);
        db_close(db);
    }
}

static void names(void **state)
{
    static const struct {
        const char *name, *said;
    } cases[] = {{"pci", "pci: no such framework: built in are "},
                 {"", ": no such framework"},
                 {"/nonexistent/x.json", "/nonexistent/x.json"},
                 {"policy", "no such framework"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct db *db = memory();
        struct err e = {""};

        assert_int_equal(mapping_load(db, cases[i].name, &e), -1);
        if (!strstr(e.text, cases[i].said))
            fail_msg("%s", e.text);
        db_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(built_in), cmocka_unit_test(own_files),
                                       cmocka_unit_test(names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
