/* Key custody: which findings count for which link of which cluster, and the weakest link; what depends on a
 * key. Checks and findings are rows here; the estate is two clusters that share a vault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "judge/check.h"
#include "judge/custody.h"
#include "judge/facts.h"

/* s1: clusters a and b; s2: cluster c. a uses set da (key ka), b uses db (key kb), both in vault v; etcd of
 * a: key ke in vault w. c names no set. */
static const char estate[] =
    "INSERT INTO aks_cluster(id, id_key, name, subscription_id, rg_key, node_rg, node_rg_key, des_id, "
    "des_key, kms_key_url,"
    " kms_enabled) VALUES"
    " ('/S/A', '/s/a', 'a', 's1', '/s/rg', 'NA', '/n/a', '/DA', '/da', 'https://w/keys/ke', 1),"
    " ('/S/B', '/s/b', 'b', 's1', '/s/rg', 'NB', '/n/b', '/DB', '/db', '', 0),"
    " ('/S/C', '/s/c', 'c', 's2', '/s2/rg', 'NC', '/n/c', '', '', '', 0);"
    "INSERT INTO node_pool(id, id_key, cluster_key, name) VALUES ('/S/A/P', '/s/a/p', '/s/a', 'p'), "
    "('/S/B/P', '/s/b/p', '/s/b', 'p'),"
    " ('/S/B/Q', '/s/b/q', '/s/b', 'q'), ('/S/C/P', '/s/c/p', '/s/c', 'p');"
    "INSERT INTO scale_set(id, id_key, rg_key, pool_name, os_des_key) VALUES ('/X/A', '/x/a', '/n/a', 'p', "
    "'/da'),"
    " ('/X/B', '/x/b', '/n/b', 'q', '/db2');"
    "INSERT INTO virtual_machine(id, id_key, rg_key, pool_name) VALUES ('/V/C', '/v/c', '/n/c', 'p');"
    "INSERT INTO disk(id, id_key) VALUES ('/D/A', '/d/a'), ('/D/B', '/d/b'), ('/D/U', '/d/u');"
    "INSERT INTO in_scope_disk VALUES ('/d/a', '/s/a'), ('/d/b', '/s/b'), ('/d/u', '');"
    "INSERT INTO used_des VALUES ('/da', '/DA'), ('/db', '/DB'), ('/db2', '/DB2');"
    "INSERT INTO des_use VALUES ('/da', '/s/a', 'cluster', '/s/a'), ('/da', '/s/a', 'scale-set', '/x/a'),"
    " ('/da', '/s/a', 'disk', '/d/a'), ('/db', '/s/b', 'cluster', '/s/b'), ('/db2', '/s/b', 'scale-set', "
    "'/x/b'),"
    " ('/da', '', 'disk', '/d/u');"
    "INSERT INTO key_use(user_kind, user_key, user_id, vault_key, vault_id, key_id, key_key) VALUES"
    " ('des', '/da', '/DA', '/v', '/V', '/V/keys/ka', '/v/keys/ka'), ('des', '/db', '/DB', '/v', '/V', "
    "'/V/keys/kb', '/v/keys/kb'),"
    " ('des', '/db2', '/DB2', NULL, 'https://U', 'https://U/keys/k', 'https://u/keys/k'),"
    " ('etcd', '/s/a', '/S/A', '/w', '/W', '/W/keys/ke', '/w/keys/ke');"
    "INSERT INTO used_key VALUES ('/v/keys/ka', '/V/keys/ka', '/v'), ('/v/keys/kb', '/V/keys/kb', '/v'),"
    " ('https://u/keys/k', 'https://U/keys/k', 'https://u'), ('/w/keys/ke', '/W/keys/ke', '/w');"
    "INSERT INTO used_vault VALUES ('/v', '/V', 'vault'), ('https://u', 'https://U', 'unresolved'), ('/w', "
    "'/W', 'vault');";

/* check, kind, link */
static const char *const checks[][3] = {
    {"c-declared", "cluster", "declared"},
    {"c-set", "scale-set", "pool-disks"},
    {"c-host", "pool", "pool-disks"},
    {"c-disk", "disk", "data-disks"},
    {"c-des", "des", "des"},
    {"c-key", "key", "key"},
    {"c-age", "key", "rotation"},
    {"c-vault", "vault", "vault"},
    {"c-id", "des", "identity"},
    {"c-etcd", "cluster", "etcd"},
    {"c-log", "vault", "logging"},
    {"c-none", "disk", NULL},
};

static void run(struct db *db, const char *sql)
{
    struct err e = {""};

    if (db_exec(db, sql, &e) != 0)
        fail_msg("%s: %s", sql, e.text);
}

static void finding(struct db *db, const char *check, const char *subject, const char *status)
{
    struct err e = {""};
    int unknown = strcmp(status, "unknown") == 0;

    if (db_exec_print(db, &e,
                      "INSERT INTO finding VALUES (NULL, 'F-' || %Q || %Q, %Q, 't', upper(%Q), %Q, %Q, "
                      "'low', 'law', NULL, NULL,"
                      " %Q, NULL, NULL, NULL, '', %d)",
                      check, subject, check, subject, subject, unknown ? "not-assessed" : status,
                      unknown ? "population not known: x" : "r", unknown) != 0)
        fail_msg("%s", e.text);
}

/* Every check passes for everything there is, then what the case says: "check subject status" per line. */
static struct db *judged(const char *changes)
{
    static const struct {
        const char *kind, *subjects[5];
    } all[] = {
        {"cluster", {"/s/a", "/s/b", "/s/c"}},
        {"pool", {"/s/a/p", "/s/b/p", "/s/b/q", "/s/c/p"}},
        {"scale-set", {"/x/a", "/x/b", "/v/c"}},
        {"disk", {"/d/a", "/d/b", "/d/u"}},
        {"des", {"/da", "/db", "/db2"}},
        {"key", {"/v/keys/ka", "/v/keys/kb", "https://u/keys/k", "/w/keys/ke"}},
        {"vault", {"/v", "https://u", "/w"}},
    };
    struct checks none = {0};
    struct db *db = NULL;
    struct err e = {""};
    char *copy = mem_copy(changes), *save = NULL;

    if (db_open(&db, NULL, DB_MEMORY, &e) != 0 || facts_declare(db, &e) != 0)
        fail_msg("%s", e.text);
    run(db, estate);
    if (checks_run(db, &none, &e) != 0)
        fail_msg("%s", e.text);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (db_exec_print(db, &e,
                          "INSERT INTO check_meta VALUES (%d, %Q, %Q, 't', 'low', 'law', %Q, %Q, 'disk', "
                          "'w', 'l', 'r', NULL, 's',"
                          " 'q', 'h'); INSERT INTO check_count VALUES (%Q, 0, 1, 0, 0, 0, 0, 0, 0)",
                          (int)i, checks[i][0], checks[i][0], checks[i][2], checks[i][1], checks[i][0]) != 0)
            fail_msg("%s", e.text);
        for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
            for (size_t s = 0; strcmp(all[k].kind, checks[i][1]) == 0 && s < 5 && all[k].subjects[s]; s++)
                finding(db, checks[i][0], all[k].subjects[s], "pass");
        }
    }
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *check = strsep(&line, " "), *subject = strsep(&line, " ");

        if (db_exec_print(db, &e, "DELETE FROM finding WHERE check_id = %Q AND subject_key = %Q", check,
                          subject) != 0)
            fail_msg("%s", e.text);
        if (strcmp(line, "gone") != 0)
            finding(db, check, subject, line);
    }
    if (custody_run(db, &e) != 0)
        fail_msg("%s", e.text);
    free(copy);
    return db;
}

static char *text(struct db *db, const char *sql)
{
    struct err e = {""};
    char *out = NULL;

    if (db_value_text(db, &out, &e, "%s", sql) != 0)
        fail_msg("%s", e.text);
    return out ? out : mem_copy("");
}

/* A letter per link and one for etcd: p, f, ? (not assessed), - (not applicable); then the verdict and the
 * weakest link. */
static const struct {
    const char *name, *changes, *a, *b, *c;
} cases[] = {
    {"all hold", "", "pppppppp/p pass", "pppppppp/p pass", "pp------/p pass"},
    {"the cluster itself", "c-declared /s/a fail", "fppppppp/p fail declared", "pppppppp/p pass",
     "pp------/p pass"},
    {"a pool", "c-host /s/b/q fail", "pppppppp/p pass", "pfpppppp/p fail pool-disks", "pp------/p pass"},
    {"a scale set", "c-set /x/b not-assessed", "pppppppp/p pass", "p?pppppp/p not-assessed pool-disks",
     "pp------/p pass"},
    {"a machine", "c-set /v/c fail", "pppppppp/p pass", "pppppppp/p pass", "pf------/p fail pool-disks"},
    {"a machine that a check of pools judges, since it belongs to none", "c-host /v/c fail",
     "pppppppp/p pass", "pppppppp/p pass", "pf------/p fail pool-disks"},
    {"such a machine that could not be judged", "c-host /v/c not-assessed", "pppppppp/p pass",
     "pppppppp/p pass", "p?------/p not-assessed pool-disks"},
    {"a disk", "c-disk /d/a fail", "ppfppppp/p fail data-disks", "pppppppp/p pass", "pp------/p pass"},
    {"a disk of no known cluster counts for none", "c-disk /d/u fail", "pppppppp/p pass", "pppppppp/p pass",
     "pp------/p pass"},
    {"a set of a scale set", "c-des /db2 fail", "pppppppp/p pass", "pppfpppp/p fail des", "pp------/p pass"},
    {"a shared vault", "c-vault /v fail", "ppppppfp/p fail vault", "ppppppfp/p fail vault",
     "pp------/p pass"},
    {"a vault that was not found", "c-vault https://u not-assessed", "pppppppp/p pass",
     "pppppp?p/p not-assessed vault", "pp------/p pass"},
    {"the key of etcd stands apart", "c-key /w/keys/ke fail\nc-vault /w fail", "pppppppp/p pass",
     "pppppppp/p pass", "pp------/p pass"},
    {"etcd stands apart", "c-etcd /s/a fail", "pppppppp/f pass", "pppppppp/p pass", "pp------/p pass"},
    {"logging and what has no link count nowhere", "c-log /v fail\nc-none /d/a fail", "pppppppp/p pass",
     "pppppppp/p pass", "pp------/p pass"},
    {"a failure goes before what was not assessed", "c-key /v/keys/ka not-assessed\nc-vault /v fail",
     "pppp?pfp/p fail vault", "ppppppfp/p fail vault", "pp------/p pass"},
    {"the first of equal links", "c-key /v/keys/ka fail\nc-declared /s/a fail\nc-id /da fail",
     "fpppfppf/p fail declared", "pppppppp/p pass", "pp------/p pass"},
    {"one of two subjects fails", "c-host /s/b/p not-assessed\nc-host /s/b/q fail", "pppppppp/p pass",
     "pfpppppp/p fail pool-disks", "pp------/p pass"},
    {"what does not apply is left out", "c-age /v/keys/ka not-applicable", "ppppp-pp/p pass",
     "pppppppp/p pass", "pp------/p pass"},
    {"not applicable beside a pass", "c-host /s/b/p not-applicable", "pppppppp/p pass", "pppppppp/p pass",
     "pp------/p pass"},
    {"nothing assessed",
     "c-declared /s/c not-applicable\nc-host /s/c/p not-applicable\nc-set /v/c not-applicable",
     "pppppppp/p pass", "pppppppp/p pass", "--------/p not-assessed"},
    {"disks of a subscription not known", "c-disk /subscriptions/s1 unknown",
     "pp?ppppp/p not-assessed data-disks", "pp?ppppp/p not-assessed data-disks", "pp------/p pass"},
    {"everything of the tenant not known", "c-disk /subscriptions unknown",
     "pp?ppppp/p not-assessed data-disks", "pp?ppppp/p not-assessed data-disks",
     "pp?-----/p not-assessed data-disks"},
    {"a node resource group not known", "c-set /n/b unknown\nc-disk /n/b unknown", "pppppppp/p pass",
     "p??ppppp/p not-assessed pool-disks", "pp------/p pass"},
    {"pools of a cluster not known", "c-host /s/c unknown", "pppppppp/p pass", "pppppppp/p pass",
     "p?------/p not-assessed pool-disks"},
    {"a set whose key is not known", "c-key /da unknown\nc-vault /da unknown", "pppp?p?p/p not-assessed key",
     "pppppppp/p pass", "pp------/p pass"},
    {"keys of a vault not known", "c-key /v unknown", "pppp?ppp/p not-assessed key",
     "pppp?ppp/p not-assessed key", "pp------/p pass"},
    {"clusters of a subscription not known",
     "c-declared /subscriptions/s2 unknown\nc-etcd /subscriptions/s2 unknown", "pppppppp/p pass",
     "pppppppp/p pass", "?p------/? not-assessed declared"},
    {"a failure stands beside what is not known", "c-disk /subscriptions/s1 unknown\nc-disk /d/b fail",
     "pp?ppppp/p not-assessed data-disks", "ppfppppp/p fail data-disks", "pp------/p pass"},
    {"a check that is silent about a set", "c-des /da gone", "ppp?pppp/p not-assessed des", "pppppppp/p pass",
     "pp------/p pass"},
    {"a check that is silent about the cluster", "c-declared /s/c gone\nc-etcd /s/c gone", "pppppppp/p pass",
     "pppppppp/p pass", "?p------/? not-assessed declared"},
    {"a check that is silent about a disk", "c-disk /d/b gone", "pppppppp/p pass",
     "pp?ppppp/p not-assessed data-disks", "pp------/p pass"},
};

static char *chain(struct db *db, const char *cluster)
{
    char *sql = mem_print(
        "SELECT (SELECT group_concat(CASE status WHEN 'pass' THEN 'p' WHEN 'fail' THEN 'f' WHEN "
        "'not-assessed' THEN '?' ELSE '-'"
        " END, '') FROM (SELECT status FROM custody_link WHERE cluster_key = '%s' ORDER BY position)) || '/' "
        "|| CASE etcd WHEN"
        " 'pass' THEN 'p' WHEN 'fail' THEN 'f' WHEN 'not-assessed' THEN '?' ELSE '-' END || ' ' || status ||"
        " coalesce(' ' || weakest, '') FROM custody WHERE cluster_key = '%s'",
        cluster, cluster);
    char *out = text(db, sql);

    free(sql);
    return out;
}

static void chains(void **state)
{
    int bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const keys[] = {"/s/a", "/s/b", "/s/c"}, *const expected[] = {cases[i].a, cases[i].b,
                                                                                  cases[i].c};
        struct db *db = judged(cases[i].changes);

        for (int k = 0; k < 3; k++) {
            char *got = chain(db, keys[k]);

            if (strcmp(got, expected[k]) != 0) {
                printf("%s: %s: %s, expected %s\n", cases[i].name, keys[k], got, expected[k]);
                bad++;
            }
            free(got);
        }
        db_close(db);
    }
    assert_int_equal(bad, 0);
}

static void is(struct db *db, const char *sql, const char *expected)
{
    char *got = text(db, sql);

    if (strcmp(got, expected) != 0)
        fail_msg("%s\n  gives    %s\n  expected %s", sql, got, expected);
    free(got);
}

static void rows(void **state)
{
    struct db *db = judged("c-disk /subscriptions/s1 unknown");

    (void)state;
    is(db,
       "SELECT group_concat(link, ' ') FROM (SELECT link FROM custody_link WHERE cluster_key = '/s/a' ORDER "
       "BY position)",
       "declared pool-disks data-disks des key rotation vault identity");
    for (int i = 0; custody_links[i]; i++) {
        char *sql =
            mem_print("SELECT link FROM custody_link WHERE cluster_key = '/s/b' AND position = %d", i + 1);

        is(db, sql, custody_links[i]);
        free(sql);
    }
    is(db, "SELECT findings FROM custody_link WHERE cluster_key = '/s/a' AND link = 'data-disks'",
       "F-c-disk/d/a F-c-disk/subscriptions/s1");
    is(db, "SELECT findings FROM custody_link WHERE cluster_key = '/s/b' AND link = 'key'",
       "F-c-key/v/keys/kb F-c-keyhttps://u/keys/k");
    is(db, "SELECT findings FROM custody_link WHERE cluster_key = '/s/c' AND link = 'key'", "");
    is(db,
       "SELECT group_concat(finding_id, ',') FROM custody_finding WHERE cluster_key = '/s/b' AND link = "
       "'pool-disks'",
       "F-c-set/x/b,F-c-host/s/b/p,F-c-host/s/b/q");
    is(db, "SELECT count(*) FROM custody_finding WHERE cluster_key = '/s/c' AND link = 'key'", "0");
    is(db, "SELECT cluster || name FROM custody WHERE cluster_key = '/s/a'", "/S/Aa");
    is(db, "SELECT count(*) FROM temp.sqlite_schema WHERE type = 'table'", "0");
    db_close(db);
}

/* Without the checks of a link nothing is said of it. */
static void checks_that_did_not_run(void **state)
{
    struct checks none = {0};
    struct db *db = NULL;
    struct err e = {""};

    (void)state;
    if (db_open(&db, NULL, DB_MEMORY, &e) != 0 || facts_declare(db, &e) != 0)
        fail_msg("%s", e.text);
    run(db, estate);
    if (checks_run(db, &none, &e) != 0 || custody_run(db, &e) != 0)
        fail_msg("%s", e.text);
    is(db, "SELECT group_concat(DISTINCT status) FROM custody", "not-assessed");
    is(db,
       "SELECT group_concat(DISTINCT status) || group_concat(DISTINCT etcd) || count(weakest) FROM (SELECT "
       "l.status, c.etcd,"
       " c.weakest FROM custody_link l JOIN custody c ON c.cluster_key = l.cluster_key)",
       "not-assessednot-assessed24");
    db_close(db);
}

static void impact(void **state)
{
    struct db *db = judged("");

    (void)state;
    is(db,
       "SELECT group_concat(dependent_kind || ' ' || dependent_id || coalesce(' ' || via, ''), ', ') FROM "
       "(SELECT * FROM"
       " key_impact WHERE key_id = '/V/keys/ka' ORDER BY 2, 3)",
       "cluster /S/A /DA, des /DA, disk /D/A /DA, disk /D/U /DA, pool /S/A/P /DA");
    is(db,
       "SELECT group_concat(dependent_kind || ' ' || dependent_id, ', ') FROM (SELECT * FROM key_impact "
       "WHERE key_id ="
       " '/V/keys/kb' ORDER BY 2, 3)",
       "cluster /S/B, des /DB, pool /S/B/P, pool /S/B/Q");
    /* the set that one scale set names alone: its own pool */
    is(db,
       "SELECT group_concat(dependent_kind || ' ' || dependent_id, ', ') FROM (SELECT * FROM key_impact "
       "WHERE key_id ="
       " 'https://U/keys/k' ORDER BY 2, 3)",
       "cluster /S/B, des /DB2, pool /S/B/Q");
    is(db,
       "SELECT group_concat(dependent_kind || ' ' || dependent_id || coalesce(via, ''), ', ') FROM "
       "key_impact WHERE key_id ="
       " '/W/keys/ke'",
       "etcd /S/A");
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains),
        cmocka_unit_test(rows),
        cmocka_unit_test(checks_that_did_not_run),
        cmocka_unit_test(impact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
