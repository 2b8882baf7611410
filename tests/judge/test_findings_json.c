/* findings.json as programs read it (contracts.md, Findings): names, types, and when it calls itself
 * complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "judge/check.h"
#include "judge/custody.h"
#include "judge/facts.h"
#include "judge/findings_json.h"

#define SUB "/subscriptions/11111111-1111-1111-1111-111111111111"

static const char rows[] =
    "INSERT INTO scope VALUES ('11111111-1111-1111-1111-111111111111', 'option', 'One');"
    "INSERT INTO exchange(n, resource, subject, page, method, url, status, usable, received_at, size, "
    "sha256) VALUES"
    " (3, 'vault', 'x', 1, 'GET', 'https://a/b?c', 200, 1, '2026-09-30T05:59:30Z', 0, 'abc');"
    "INSERT INTO aks_cluster(id, id_key, name, subscription_id, rg_key, node_rg_key) VALUES ('" SUB
    "/C', '" SUB "/c', 'c',"
    " '11111111-1111-1111-1111-111111111111', 'r', 'n');"
    "INSERT INTO check_meta VALUES (1, 'one', 'O-1', 't', 'high', 'law', 'declared', 'cluster', 'vault', "
    "'w', 'l', 'r', NULL,"
    " 's', 'q', 'h'), (2, 'collection-complete', 'C-1', 't', 'high', 'law', NULL, 'subscription', 'vault', "
    "'w', 'l', 'r', NULL,"
    " 's', 'q', 'h');"
    "INSERT INTO finding VALUES (1, 'F-00000001', 'one', 'Title', '" SUB "/C', '" SUB
    "/c', 'fail', 'high', 'law', 'saw \"it\"',"
    " 'wanted', 'why', NULL, 'do', 'take care', '3#/value/0 3 3#', 0),"
    " (2, 'F-00000002', 'collection-complete', 'Whole', '" SUB "', '" SUB
    "', 'pass', 'high', 'law', 'o', 'e', '', 'but', NULL,"
    " NULL, '', 0);"
    "INSERT INTO check_count VALUES ('one', 1, 1, 1, 0, 1, 0, 0, 0), ('collection-complete', 1, 1, 1, 1, 0, "
    "0, 0, 0);";

static struct db *judged(const char *more)
{
    struct checks none = {0};
    struct db *db = NULL;
    struct err e = {""};

    if (db_open(&db, NULL, DB_MEMORY, &e) != 0 || facts_declare(db, &e) != 0 ||
        checks_run(db, &none, &e) != 0 || db_exec(db, rows, &e) != 0 || db_exec(db, more, &e) != 0 ||
        custody_run(db, &e) != 0)
        fail_msg("%s", e.text);
    return db;
}

static struct json *written(struct db *db, const char *pack, const char *only)
{
    struct json_out o = {0};
    struct json *doc = NULL;
    struct err e = {""};

    json_begin(&o);
    if (findings_json_put(db, &o, pack, only, &e) != 0 || json_end(&o, &e) != 0 ||
        json_parse(&doc, buf_str(&o.buf), o.buf.len, &e) != 0)
        fail_msg("%s", e.text);
    buf_free(&o.buf);
    return doc;
}

/* The names of an object's members, in order. */
static void names_are(const struct json *object, const char *expected)
{
    struct buf b = {0};

    for (const struct json *m = json_first(object); m; m = json_next(m))
        buf_print(&b, "%s%s", b.len ? " " : "", json_name(m));
    assert_string_equal(buf_str(&b), expected);
    buf_free(&b);
}

static void raw_is(const struct json *value, const char *expected)
{
    char *raw = json_raw(value);

    assert_string_equal(raw, expected);
    free(raw);
}

static void document(void **state)
{
    struct db *db =
        judged("INSERT INTO gap VALUES (12, 'vault', 'v', '" SUB "', 'u', NULL, 'NotRecorded', 'r', NULL);"
               "INSERT INTO gap_affects VALUES (12, 'one'), (12, 'collection-complete')");
    struct json *doc = written(db, "KC-1", NULL);
    const struct json *f = json_first(json_get(doc, "findings")), *e = json_get(f, "evidence");

    (void)state;
    names_are(doc,
              "format tool pack snapshot taken_at source complete scope policy counts findings gaps custody");
    raw_is(json_get(doc, "format"), "1");
    names_are(json_get(doc, "tool"), "name version sha256");
    assert_int_equal(strlen(json_text(json_get(json_get(doc, "tool"), "sha256"))), 64);
    raw_is(json_get(doc, "pack"), "\"KC-1\"");
    raw_is(json_get(doc, "taken_at"), "\"2026-09-30T06:00:00Z\"");
    raw_is(json_get(doc, "source"), "\"azure\"");
    raw_is(json_get(doc, "complete"), "false");
    raw_is(json_get(json_get(doc, "scope"), "subscriptions"),
           "[{\"id\":\"11111111-1111-1111-1111-111111111111\",\"declared_by\":\"option\",\"declared_as\":"
           "\"One\",\"name\":null,"
           "\"state\":null}]");
    names_are(json_first(json_get(doc, "policy")), "name value unit adopted owner basis");
    raw_is(json_get(doc, "counts"),
           "{\"population\":2,\"assessed\":2,\"pass\":1,\"fail\":1,\"not_applicable\":0,\"not_assessed\":0,"
           "\"attested\":0}");
    names_are(
        f,
        "id check title subject status severity basis observed expected reason limit remedy danger evidence");
    raw_is(json_get(f, "observed"), "\"saw \\\"it\\\"\"");
    raw_is(json_get(f, "limit"), "null");
    assert_int_equal(json_count(e), 3);
    raw_is(json_first(e),
           "{\"ref\":\"E-0003\",\"sha256\":\"abc\",\"url\":\"https://a/b?c\",\"status\":200,\"received_at\":"
           "\"2026-09-30T05:59:30Z\",\"pointer\":\"/value/0\"}");
    raw_is(json_get(json_next(json_first(e)), "pointer"), "null");
    raw_is(json_get(json_next(json_next(json_first(e))), "pointer"), "\"\"");
    raw_is(json_get(json_next(f), "reason"), "\"\"");
    raw_is(json_get(json_next(f), "evidence"), "[]");
    raw_is(json_get(doc, "gaps"),
           "[{\"ref\":\"G-0012\",\"scope\":\"" SUB "\",\"resource\":\"vault\",\"url\":\"u\",\"http\":null,"
           "\"code\":\"NotRecorded\",\"affects\":[\"one\",\"collection-complete\"]}]");
    raw_is(json_first(json_get(json_first(json_get(doc, "custody")), "links")),
           "{\"link\":\"declared\",\"status\":\"fail\",\"findings\":[\"F-00000001\"]}");
    assert_int_equal(json_count(json_get(json_first(json_get(doc, "custody")), "links")), 8);
    names_are(json_first(json_get(doc, "custody")), "cluster links weakest status etcd");
    raw_is(json_get(json_first(json_get(doc, "custody")), "weakest"), "\"declared\"");
    raw_is(json_get(json_first(json_get(doc, "custody")), "etcd"), "\"not-assessed\"");
    json_free(doc);
    db_close(db);
}

static void completeness(void **state)
{
    static const struct {
        const char *sql, *complete;
    } cases[] = {
        {"", "true"},
        {"INSERT INTO gap VALUES (1, 'vault', 'v', '', 'u', 403, 'x', 'r', NULL)", "false"},
        {"UPDATE finding SET status = 'not-assessed' WHERE n = 2", "false"},
        {"UPDATE finding SET status = 'fail' WHERE n = 2", "false"},
        {"UPDATE finding SET status = 'not-applicable' WHERE n = 2",
         "true"}, /* a subscription that is deleted */
        {"UPDATE finding SET population_unknown = 1, status = 'not-assessed' WHERE n = 1", "false"},
        {"DELETE FROM finding WHERE n = 2", "false"},
        {"UPDATE finding SET status = 'not-assessed' WHERE n = 1", "true"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct db *db = judged(cases[i].sql);
        struct json *doc = written(db, NULL, NULL);

        raw_is(json_get(doc, "complete"), cases[i].complete);
        raw_is(json_get(doc, "pack"), "null");
        json_free(doc);
        db_close(db);
    }
}

static void some_checks(void **state)
{
    struct db *db = judged("");
    struct json *doc = written(db, NULL, "[\"one\"]");

    (void)state;
    assert_int_equal(json_count(json_get(doc, "findings")), 1);
    raw_is(json_get(json_get(doc, "counts"), "population"), "1");
    raw_is(json_get(doc, "complete"), "true");
    assert_int_equal(json_count(json_get(doc, "custody")), 1);
    json_free(doc);
    doc = written(db, NULL, "[]");
    assert_int_equal(json_count(json_get(doc, "findings")), 0);
    raw_is(json_get(json_get(doc, "counts"), "population"), "null");
    json_free(doc);
    db_close(db);
}

/* While one population is not known no total is given. */
static void no_total(void **state)
{
    struct db *db = judged("UPDATE check_count SET population_known = 0 WHERE check_id = 'one'");
    struct json *doc = written(db, NULL, NULL);

    (void)state;
    raw_is(json_get(json_get(doc, "counts"), "population"), "null");
    json_free(doc);
    db_close(db);
}

static void file(void **state)
{
    char name[] = "/tmp/kc-findings-XXXXXX", *dir = mkdtemp(name), *path = file_join(dir, "findings.json"),
         *nowhere = file_join(dir, "no/findings.json");
    struct db *db = judged("");
    struct buf text = {0};
    struct json *doc = NULL;
    struct err e = {""};

    (void)state;
    assert_int_equal(findings_json_write(db, nowhere, NULL, &e), -1);
    if (findings_json_write(db, path, "KC-1", &e) != 0 || file_read(path, 1 << 20, &text, &e) != 0 ||
        json_parse(&doc, buf_str(&text), text.len, &e) != 0)
        fail_msg("%s", e.text);
    json_free(doc);
    buf_free(&text);
    db_close(db);
    assert_int_equal(file_remove_tree(dir, NULL), 0);
    free(path);
    free(nowhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document), cmocka_unit_test(completeness), cmocka_unit_test(some_checks),
        cmocka_unit_test(no_total), cmocka_unit_test(file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
