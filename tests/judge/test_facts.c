/* facts.db: every table is there, the snapshot's own rows are copied, ids fold, gaps are never lost, and
 * rebuild.sql makes the same rows. The snapshots here are made by SQL over the schema of a snapshot; what
 * resource files make of answers is tested with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/mem.h"
#include "judge/facts.h"
#include "store/resource.h"

#define SUB "/subscriptions/11111111-1111-1111-1111-111111111111"

static char *dir;

static int make_dir(void **state)
{
    char name[] = "/tmp/kc-facts-XXXXXX";

    (void)state;
    dir = mem_copy(mkdtemp(name));
    return dir ? 0 : -1;
}

static int drop_dir(void **state)
{
    int rc = file_remove_tree(dir, NULL);

    (void)state;
    free(dir);
    return rc;
}

static void run(struct db *db, const char *sql)
{
    struct err e = {""};

    if (db_exec(db, sql, &e) != 0)
        fail_msg("%s", e.text);
}

static int64_t number(struct db *db, const char *sql)
{
    struct err e = {""};
    int64_t n = 0;

    if (db_value_int(db, &n, &e, "%s", sql) != 0)
        fail_msg("%s", e.text);
    return n;
}

static char *text(struct db *db, const char *sql)
{
    struct err e = {""};
    char *out = NULL;

    if (db_value_text(db, &out, &e, "%s", sql) != 0)
        fail_msg("%s", e.text);
    return out ? out : mem_copy("(null)");
}

static void says(struct db *db, const char *sql, const char *expected)
{
    char *got = text(db, sql);

    assert_string_equal(got, expected);
    free(got);
}

/* A snapshot's file with one exchange per body: `resource|subject|status|body`, closed by NULL. */
static char *snapshot(const char *const *answers, const char *more)
{
    char *path = file_join(dir, "snapshot.db");
    struct db *db = NULL;
    struct db_stmt *x = NULL, *f = NULL;
    struct err e = {""};

    unlink(path);
    if (db_open(&db, path, DB_CREATE, &e) != 0)
        fail_msg("%s", e.text);
    run(db, embed_find("store/evidence.sql")->data);
    run(db, "INSERT INTO snapshot VALUES ('0a1b2c3d', 1, '2026-09-30T06:00:00Z', 'collector', "
            "'2026-09-30T05:59:00Z',"
            " '2026-09-30T06:00:00Z', 0, 'azure', 'AzureCloud', 'https://management.azure.com', NULL, NULL, "
            "NULL, NULL,"
            " NULL, NULL, NULL, NULL, 'keycustody', '0', 'x', 'x', 'x', 'x', '3', NULL, NULL);"
            "INSERT INTO scope VALUES ('11111111-1111-1111-1111-111111111111', 'option', 'x');");
    if (db_prepare(db, &x,
                   "INSERT INTO exchange(n, resource, subject, page, method, url, api_version, status, "
                   "usable, received_at,"
                   " size, sha256) VALUES (?1, ?2, ?3, 1, 'GET', ?3, '2026-03-01', ?4, 1, "
                   "'2026-09-30T05:59:30Z', 0, ?1)",
                   &e) != 0 ||
        db_prepare(db, &f,
                   "INSERT INTO sqlar VALUES ('answers/' || ?1, 33152, 0, length(CAST(?2 AS BLOB)), CAST(?2 "
                   "AS BLOB))",
                   &e) != 0)
        fail_msg("%s", e.text);
    for (int n = 0; answers[n]; n++) {
        char *copy = mem_copy(answers[n]), *p = copy, *part[3];

        for (int i = 0; i < 3; i++)
            part[i] = strsep(&p, "|");
        db_bind_int(x, 1, n + 1);
        db_bind_text(x, 2, part[0]);
        db_bind_text(x, 3, part[1]);
        db_bind_int(x, 4, atoi(part[2]));
        db_bind_int(f, 1, n + 1);
        db_bind_text(f, 2, p);
        if (db_run(x, &e) != 0 || db_run(f, &e) != 0)
            fail_msg("%s", e.text);
        free(copy);
    }
    db_free(x);
    db_free(f);
    run(db, more);
    db_close(db);
    return path;
}

static struct db *build(const char *path, const char *engagement)
{
    struct db *db = NULL;
    struct err e = {""};

    if (db_open(&db, NULL, DB_MEMORY, &e) != 0 || facts_build(db, path, engagement, &e) != 0)
        fail_msg("%s", e.text);
    return db;
}

static void declared(void **state)
{
    struct db *db = NULL;
    struct err e = {""};

    (void)state;
    assert_int_equal(db_open(&db, NULL, DB_MEMORY, &e), 0);
    if (facts_declare(db, &e) != 0)
        fail_msg("%s", e.text);
    says(db, "SELECT taken_at FROM snapshot", "2026-09-30T06:00:00Z");
    assert_int_equal(
        number(db,
               "SELECT (SELECT count(*) FROM aks_cluster) + (SELECT count(*) FROM role_assignment) +"
               " (SELECT count(*) FROM gap) + (SELECT count(*) FROM listing) + (SELECT count(*) FROM fold)"),
        0);
    assert_true(number(db, "SELECT count(*) FROM policy") > 5);
    says(db, "SELECT op FROM resource_permission WHERE resource = 'aks_cluster'",
         "microsoft.containerservice/managedclusters/read");
    /* each resource file that asks has its permission there */
    assert_int_equal(
        number(db, "SELECT count(*) FROM resource_permission WHERE op <> lower(op) OR op GLOB '*[ ,]*'"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"), 0);
    run(db, "INSERT INTO listing VALUES ('disk', 'x', 'x', 1, 1, 200, NULL, NULL, 'x')");
    db_close(db);
}

static const char *const zurich[] = {
    "subscription||200|{\"value\":[{\"id\":\"" SUB
    "\",\"subscriptionId\":\"11111111-1111-1111-1111-111111111111\","
    "\"displayName\":\"One\",\"state\":\"Enabled\",\"tenantId\":\"22222222-1111-1111-1111-111111111111\"}]}",
    "aks_cluster|" SUB "|200|{\"value\":[{\"id\":\"" SUB
    "/resourceGroups/RG-ZÜRICH/providers/Microsoft.ContainerService/"
    "managedClusters/"
    "One\",\"name\":\"One\",\"location\":\"westeurope\",\"properties\":{\"nodeResourceGroup\":"
    "\"MC_rg-z\\u00fcrich\",\"provisioningState\":\"Succeeded\",\"agentPoolProfiles\":[]}}]}",
    NULL,
};
static const char zurich_rows[] =
    "INSERT INTO listing VALUES ('subscription', '', '/subscriptions', 1, 1, 200, NULL, 1);"
    "INSERT INTO listing VALUES ('aks_cluster', '" SUB "', 'u', 1, 1, 200, NULL, 2);"
    "INSERT INTO listing VALUES ('scale_set', '" SUB
    "/resourceGroups/MC_Rg-ZÜRICH', 'u', 0, 1, 403, 'Denied', NULL);"
    "INSERT INTO gap VALUES (1, 'scale_set', '" SUB "/resourceGroups/MC_Rg-ZÜRICH', '" SUB
    "', 'u', 403, 'Denied', 'permission denied', NULL);";

static void built(void **state)
{
    char *path = snapshot(zurich, zurich_rows);
    struct db *db = build(path, NULL);

    (void)state;
    says(db, "SELECT id FROM snapshot", "0a1b2c3d");
    assert_int_equal(number(db, "SELECT count(*) FROM exchange"), 2);
    assert_int_equal(number(db, "SELECT count(*) FROM gap"), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM late_gap"), 0);
    says(db, "SELECT id_key FROM aks_cluster",
         SUB "/resourcegroups/rg-zürich/providers/microsoft.containerservice/managedclusters/one");
    /* a subject that was put together joins with what came in answers */
    assert_int_equal(number(db, "SELECT count(*) FROM listing l JOIN aks_cluster c ON c.node_rg_key = "
                                "l.subject_key WHERE l.resource = "
                                "'scale_set'"),
                     1);
    says(db, "SELECT subject_key FROM listing WHERE resource = 'aks_cluster'", SUB);
    /* the snapshot is let go of */
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_database_list WHERE name = 'snap'"), 0);
    db_close(db);
    free(path);
}

/* What an older collector took for a whole list is a gap now, and the list is not whole. */
static void late(void **state)
{
    static const char *const odd[] = {
        "aks_cluster|" SUB "|200|{\"value\":[{\"id\":7}]}",
        "vault|" SUB "|200|{\"value\":[{\"id\":7}]}",
        "disk|" SUB "|200|{\"value\":[7]}",
        NULL,
    };
    char *path = snapshot(
        odd, "INSERT INTO listing VALUES ('aks_cluster', '" SUB "', 'u', 1, 1, 200, NULL, 1);"
             "INSERT INTO listing VALUES ('vault', '" SUB "', 'u', 0, 1, 200, 'Other', 2);"
             "INSERT INTO listing VALUES ('disk', '" SUB "', 'u', 0, 1, 200, 'WrongShape', 3);"
             "INSERT INTO gap VALUES (7, 'disk', '" SUB "', '" SUB "', 'u', 200, 'WrongShape', 'x', 3);");
    struct db *db = build(path, NULL), *again = NULL;
    char *known = NULL, *sql = NULL;

    (void)state;
    says(db, "SELECT complete || code FROM listing WHERE resource = 'aks_cluster'", "0WrongType");
    says(db, "SELECT complete || code FROM listing WHERE resource = 'vault'", "0Other");
    assert_int_equal(number(db, "SELECT count(*) FROM gap WHERE resource = 'aks_cluster' AND exchange = 1"),
                     number(db, "SELECT count(*) FROM late_gap WHERE resource = 'aks_cluster'"));
    assert_true(number(db, "SELECT count(*) FROM late_gap WHERE resource = 'aks_cluster'") > 0);
    assert_int_equal(number(db, "SELECT count(*) FROM late_gap WHERE resource = 'disk'"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM gap WHERE n = 7"), 1);
    /* with those gaps in the snapshot nothing is late */
    known = text(db, "SELECT group_concat('INSERT INTO gap VALUES (' || n || ',' || quote(resource) || ',' "
                     "|| quote(subject) ||"
                     " ',' || quote(scope) || ',' || quote(url) || ',' || coalesce(status, 'NULL') || ',' || "
                     "quote(code) || ','"
                     " || quote(reason) || ',' || coalesce(exchange, 'NULL') || ')', ';') FROM gap");
    sql = mem_print("%s", known);
    free(path);
    path = snapshot(odd, sql);
    again = build(path, NULL);
    assert_int_equal(number(again, "SELECT count(*) FROM late_gap"), 0);
    assert_int_equal(number(again, "SELECT count(*) FROM gap"), number(db, "SELECT count(*) FROM gap"));
    db_close(again);
    db_close(db);
    free(known);
    free(sql);
    free(path);
}

/* Runs the stock shell over rebuild.sql and compares every table. */
static void rebuilt(const char *const *answers, const char *rows, const char *engagement)
{
    char *path = snapshot(answers, rows), *data = file_join(dir, "data"),
         *snapshots = file_join(dir, "data/snapshots"),
         *copy = file_join(dir, "data/snapshots/20260930T060000Z-0a1b2c3d.db"),
         *script = file_join(dir, "data/rebuild.sql"), *made = file_join(dir, "data/new.db"),
         *command = mem_print("cd %s && sqlite3 -bail new.db < rebuild.sql", data);
    struct db *db = build(path, engagement);
    struct db_stmt *s = NULL;
    struct buf sql = {0};
    struct err e = {""};

    if (file_make_dir(data, 0700, &e) != 0 || file_make_dir(snapshots, 0700, &e) != 0 ||
        rename(path, copy) != 0 || facts_rebuild_sql(db, "20260930T060000Z-0a1b2c3d.db", &sql, &e) != 0 ||
        file_write(script, buf_str(&sql), sql.len, 0600, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(system(command), 0);
    if (db_attach(db, made, "made", 1, &e) != 0 ||
        db_prepare(db, &s,
                   "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'",
                   &e) != 0)
        fail_msg("%s", e.text);
    while (db_step(s, &e) == 1) {
        char *compare = mem_print(
            "SELECT (SELECT count(*) FROM (SELECT * FROM main.\"%s\" EXCEPT SELECT * FROM made.\"%s\")) +"
            " (SELECT count(*) FROM (SELECT * FROM made.\"%s\" EXCEPT SELECT * FROM main.\"%s\"))",
            db_text(s, 0), db_text(s, 0), db_text(s, 0), db_text(s, 0));

        if (number(db, compare) != 0)
            fail_msg("table %s differs", db_text(s, 0));
        free(compare);
    }
    db_free(s);
    assert_int_equal(
        number(db,
               "SELECT count(*) FROM made.sqlite_schema WHERE type IN ('table', 'index') AND name NOT GLOB "
               "'sqlite_*'"),
        number(db,
               "SELECT count(*) FROM main.sqlite_schema WHERE type IN ('table', 'index') AND name NOT GLOB "
               "'sqlite_*'"));
    db_close(db);
    assert_int_equal(file_remove_tree(data, NULL), 0);
    buf_free(&sql);
    free(path);
    free(data);
    free(snapshots);
    free(copy);
    free(script);
    free(made);
    free(command);
}

static void rebuilt_whole(void **state)
{
    static const char engagement[] =
        "{\"format\": 1, \"organisation\": \"Müller's \\\"Bank\\\"\\n.quit\", \"thresholds\": "
        "{\"cryptoperiod\": {\"value\": \"P2Y\"}}}";
    char *path = file_join(dir, "engagement.json");

    (void)state;
    assert_int_equal(file_write(path, engagement, strlen(engagement), 0600, NULL), 0);
    rebuilt(zurich, zurich_rows, path);
    free(path);
}

static void rebuilt_late(void **state)
{
    static const char *const odd[] = {"aks_cluster|" SUB "|200|{\"value\":[{\"id\":7}]}", NULL};

    (void)state;
    rebuilt(odd, "INSERT INTO listing VALUES ('aks_cluster', '" SUB "', 'u', 1, 1, 200, NULL, 1);", NULL);
}

static void no_snapshot(void **state)
{
    char *path = file_join(dir, "nothing.db");
    struct db *db = NULL;
    struct err e = {""};

    (void)state;
    assert_int_equal(db_open(&db, NULL, DB_MEMORY, &e), 0);
    assert_int_equal(facts_build(db, path, NULL, &e), -1);
    assert_non_null(strstr(e.text, "nothing.db"));
    assert_int_equal(file_exists(path), 0);
    db_close(db);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declared),      cmocka_unit_test(built),        cmocka_unit_test(late),
        cmocka_unit_test(rebuilt_whole), cmocka_unit_test(rebuilt_late), cmocka_unit_test(no_snapshot),
    };

    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
