/* What assess prints for people: 80 columns, worst first, then key custody per cluster, then how much was
 * looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cmd/assess.h"
#include "cmd/columns.h"
#include "judge/verdict.h"

#define TABLE_SUBJECTS 15 /* of one check, unless checks were named; the other formats have them all */
#define TABLE_CLUSTERS 40

struct table {
    const struct assess *a;
    int colour;
    struct db_stmt *groups, *subjects; /* of one check: reasons, and who has them */
};

/* Only on a terminal, and not where the reader said no (no-color.org). */
static int table_colour(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

/* A word of a status in its colour, padded to `width` columns; 0: as it is. */
static void table_word(const struct table *t, enum verdict v, const char *word, int width)
{
    static const char *const colours[] = {
        [VERDICT_FAIL] = "\033[1;31m",   [VERDICT_NOT_ASSESSED] = "\033[33m", [VERDICT_PASS] = "\033[32m",
        [VERDICT_ATTESTED] = "\033[32m", [VERDICT_NOT_APPLICABLE] = "",       [VERDICT_NONE] = ""};

    if (t->colour)
        fputs(colours[v], stdout);
    if (width)
        columns_cell(word, width);
    else
        fputs(word, stdout);
    if (t->colour)
        fputs("\033[0m", stdout);
}

/* ---- subjects */

/* A name that a person knows a subject by: what stands behind the type names of its id, "cluster/pool",
 * "vault/key". */
static void table_name(struct buf *out, const char *subject)
{
    const char *p = strstr(subject, "/providers/"), *next = NULL;

    buf_clear(out);
    while (p && (next = strstr(p + 1, "/providers/")))
        p = next;
    if (!p) {
        const char *slash = strrchr(subject, '/');

        if (strncmp(subject, "https://", 8) == 0)
            buf_text(out, subject + 8);
        else
            buf_text(out, strcmp(subject, "/subscriptions") == 0 ? "all subscriptions"
                          : slash                                ? slash + 1
                                                                 : subject);
        return;
    }
    p += strlen("/providers/");
    p += strcspn(p, "/"); /* the namespace; then type, name, type, name */
    for (int i = 0; *p; i++) {
        size_t n = strcspn(++p, "/");

        if (i % 2)
            buf_print(out, "%s%.*s", out->len ? "/" : "", (int)n, p);
        p += n;
    }
    if (!out->len)
        buf_text(out, subject);
}

static int table_subjects(struct table *t, const char *check, const char *status, const char *reason,
                          int64_t *left, struct err *e)
{
    struct db_stmt *s = t->subjects;
    struct buf name = {0};
    int got = 0;

    db_bind_text(s, 1, check);
    db_bind_text(s, 2, status);
    db_bind_text(s, 3, reason);
    db_bind_int(s, 4, *left);
    while ((got = db_step(s, e)) == 1) {
        const char *where = db_text(s, 2);

        (*left)--;
        table_name(&name, db_text(s, 1));
        printf("        %s  ", db_text(s, 0));
        if (where && strcmp(where, buf_str(&name)) != 0) {
            columns_name(buf_str(&name), 40);
            fputs("  ", stdout);
            columns_cut(where, 18);
        } else {
            columns_cut(where ? where : buf_str(&name), 60);
        }
        putchar('\n');
    }
    db_reset(s);
    buf_free(&name);
    return got;
}

/* ---- checks that do not hold, or could not be assessed */

static void table_counts(const char *what, int64_t n, int *first)
{
    if (n) {
        printf("%s%lld %s", *first ? "" : ", ", (long long)n, what);
        *first = 0;
    }
}

/* columns: check_id, title, severity, population, population_known, pass, fail, not_applicable, not_assessed
 */
static int table_check(struct table *t, struct db_stmt *c, struct err *e)
{
    const char *check = db_text(c, 0);
    int64_t left = t->a->all_subjects ? INT64_MAX : TABLE_SUBJECTS, n = db_int(c, 6) + db_int(c, 8);
    enum verdict v = db_int(c, 6) ? VERDICT_FAIL : VERDICT_NOT_ASSESSED;
    int got = 0, first = 1;

    putchar('\n');
    table_word(t, v, v == VERDICT_FAIL ? "FAIL" : "NOT ASSESSED", v == VERDICT_FAIL ? 6 : 14);
    printf("%s  %s\n      ", db_text(c, 2), check);
    table_counts("failed", db_int(c, 6), &first);
    table_counts("not assessed", db_int(c, 8), &first);
    table_counts("passed", db_int(c, 5), &first);
    table_counts("not applicable", db_int(c, 7), &first);
    if (db_int(c, 4))
        printf(", of %lld\n", (long long)db_int(c, 3));
    else
        printf("; population not known\n");
    columns_wrap(db_text(c, 1), 6);
    db_bind_text(t->groups, 1, check);
    while (left > 0 && (got = db_step(t->groups, e)) == 1) {
        char *status = mem_copy(db_text(t->groups, 0)), *reason = mem_copy(db_text(t->groups, 1)),
             *said = NULL;
        int rc = 0;

        said = mem_print("%s%s", strcmp(status, "fail") == 0 ? "- " : "? not assessed: ", reason);
        columns_wrap(said, 6);
        rc = table_subjects(t, check, status, reason, &left, e);
        free(said);
        free(status);
        free(reason);
        if (rc < 0) {
            got = -1;
            break;
        }
    }
    db_reset(t->groups);
    if (got >= 0 && !t->a->all_subjects && n > TABLE_SUBJECTS)
        printf("        and %lld more: --check %s shows every one\n", (long long)(n - TABLE_SUBJECTS), check);
    return got < 0 ? -1 : 0;
}

static int table_each(struct table *t, const char *sql,
                      int (*row)(struct table *, struct db_stmt *, struct err *), struct err *e)
{
    struct db_stmt *s = NULL;
    int got = 0;

    if (db_prepare(t->a->facts, &s, sql, e) != 0)
        return -1;
    if (db_parameter(s, 1))
        db_bind_text(s, 1, t->a->only);
    while ((got = db_step(s, e)) == 1) {
        if (row(t, s, e) != 0) {
            got = -1;
            break;
        }
    }
    db_free(s);
    return got;
}

static int table_good(struct table *t, struct db_stmt *c, struct err *e)
{
    enum verdict v = db_int(c, 5) ? VERDICT_PASS : VERDICT_NOT_APPLICABLE;
    char *counts = v == VERDICT_PASS
                       ? mem_print("%lld of %lld", (long long)db_int(c, 5), (long long)db_int(c, 3))
                       : mem_copy("none in scope");

    (void)e;
    table_word(t, v, v == VERDICT_PASS ? "pass" : "-", 6);
    columns_cell(counts, 16);
    columns_cut(db_text(c, 0), 56);
    putchar('\n');
    free(counts);
    return 0;
}

#define TABLE_CHECKS                                                                                         \
    "SELECT m.check_id, m.title, m.severity, c.population, c.population_known, c.pass, c.fail, "             \
    "c.not_applicable,"                                                                                      \
    " c.not_assessed FROM check_meta m JOIN check_count c ON c.check_id = m.check_id"                        \
    " WHERE (?1 IS NULL OR m.check_id IN (SELECT value FROM json_each(?1))) AND "
#define TABLE_ORDER                                                                                          \
    " ORDER BY c.fail = 0, CASE m.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 "  \
    "ELSE 3 END,"                                                                                            \
    " c.fail DESC, c.not_assessed DESC, m.position"

static int table_checks(struct table *t, struct err *e)
{
    static const char groups[] =
        "SELECT status, reason FROM finding WHERE check_id = ?1 AND status IN ('fail', 'not-assessed')"
        " GROUP BY status, reason ORDER BY status <> 'fail', count(*) DESC, min(n)";
    static const char subjects[] =
        "SELECT f.id, f.subject, v.display_name FROM finding f LEFT JOIN subscription v ON f.subject_key GLOB"
        " '/subscriptions/?*' AND v.subscription_id = substr(f.subject_key, 16, 36)"
        " WHERE f.check_id = ?1 AND f.status = ?2 AND f.reason = ?3 ORDER BY f.n LIMIT ?4";
    int64_t good = 0;

    if (db_prepare(t->a->facts, &t->groups, groups, e) != 0 ||
        db_prepare(t->a->facts, &t->subjects, subjects, e) != 0 ||
        table_each(t, TABLE_CHECKS "(c.fail > 0 OR c.not_assessed > 0)" TABLE_ORDER, table_check, e) != 0)
        return -1;
    if (db_value_int(t->a->facts, &good, e,
                     "SELECT count(*) FROM check_count WHERE fail = 0 AND not_assessed = 0 AND (%Q IS NULL "
                     "OR check_id IN"
                     " (SELECT value FROM json_each(%Q)))",
                     t->a->only, t->a->only) != 0)
        return -1;
    if (!good)
        return 0;
    puts("\nWhat holds");
    return table_each(t, TABLE_CHECKS "c.fail = 0 AND c.not_assessed = 0" TABLE_ORDER, table_good, e);
}

/* ---- key custody */

/* columns: name, status, weakest, then the eight links and etcd */
static int table_cluster(struct table *t, struct db_stmt *s, struct err *e)
{
    static const char *const marks[] = {
        [VERDICT_FAIL] = "FAIL",    [VERDICT_NOT_ASSESSED] = "?", [VERDICT_PASS] = "ok",
        [VERDICT_ATTESTED] = "att", [VERDICT_NONE] = "?",         [VERDICT_NOT_APPLICABLE] = "-"};

    (void)e;
    columns_name(db_text(s, 0), 24);
    putchar(' ');
    for (int i = 0; i < 9; i++) {
        enum verdict v = verdict_read(db_text(s, 3 + i));

        table_word(t, v, marks[v], 5);
    }
    table_word(t, verdict_read(db_text(s, 1)), db_text(s, 2) ? db_text(s, 2) : "", 0);
    putchar('\n');
    return 0;
}

static int table_custody(struct table *t, struct err *e)
{
    static const char clusters[] =
        "SELECT c.name, c.status, c.weakest,"
        " max(CASE l.position WHEN 1 THEN l.status END), max(CASE l.position WHEN 2 THEN l.status END),"
        " max(CASE l.position WHEN 3 THEN l.status END), max(CASE l.position WHEN 4 THEN l.status END),"
        " max(CASE l.position WHEN 5 THEN l.status END), max(CASE l.position WHEN 6 THEN l.status END),"
        " max(CASE l.position WHEN 7 THEN l.status END), max(CASE l.position WHEN 8 THEN l.status END), "
        "c.etcd"
        " FROM (SELECT * FROM custody ORDER BY CASE status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 "
        "ELSE 2 END, name,"
        "  cluster_key LIMIT 40) c JOIN custody_link l ON l.cluster_key = c.cluster_key GROUP BY "
        "c.cluster_key"
        " ORDER BY CASE c.status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, c.name, "
        "c.cluster_key";
    int64_t n = 0;

    _Static_assert(TABLE_CLUSTERS == 40, "the number stands in the SQL");
    if (db_value_int(t->a->facts, &n, e, "SELECT count(*) FROM custody") != 0)
        return -1;
    puts("\nKey custody, link by link");
    if (!n) {
        puts("  no cluster was read");
        return 0;
    }
    printf("%-24s decl pool data des  key  rot  vlt  id   etcd weakest\n", "cluster");
    if (table_each(t, clusters, table_cluster, e) != 0)
        return -1;
    if (n > TABLE_CLUSTERS)
        printf("and %lld more, none of them worse: --format json has all\n", (long long)(n - TABLE_CLUSTERS));
    puts("decl: names a disk encryption set; pool, data: disks of pools, of volumes;\n"
         "des: the set; rot: rotation; vlt: vault; id: who may use the key. etcd stands\n"
         "beside the chain. ok holds, FAIL does not, ? not assessed, - does not apply");
    return 0;
}

/* ---- the end */

static int table_end(struct table *t, struct err *e)
{
    struct db_stmt *s = NULL;
    char *missing = NULL, *said = NULL;
    int rc = -1;

    if (assess_missing(t->a->facts, &missing, e) != 0 ||
        db_prepare(
            t->a->facts, &s,
            "WITH k AS (SELECT * FROM check_count WHERE ?1 IS NULL OR check_id IN (SELECT value FROM "
            "json_each(?1)))"
            " SELECT (SELECT printf('%d clusters: %d hold at every link, %d do not, %d not assessed', "
            "count(*),"
            "   coalesce(sum(status = 'pass'), 0), coalesce(sum(status = 'fail'), 0),"
            "   coalesce(sum(status = 'not-assessed'), 0)) FROM custody)"
            "  || CASE WHEN (SELECT population_known FROM check_count WHERE check_id = 'cluster-uses-des') "
            "THEN ''"
            "     ELSE '; how many clusters there are is not known' END || '.',"
            " printf('%d checks, %d tests of a subject: %d failed, %d passed, %d not assessed, %d not "
            "applicable',"
            "   count(*), sum(population), sum(fail), sum(pass), sum(not_assessed), sum(not_applicable))"
            "  || CASE WHEN min(population_known) THEN '' ELSE printf('; population not known for %d of the "
            "checks,"
            " so these are no totals', sum(NOT population_known)) END || '.' FROM k",
            e) != 0)
        goto out;
    db_bind_text(s, 1, t->a->only);
    if (db_step(s, e) != 1)
        goto out;
    putchar('\n');
    columns_wrap(db_text(s, 0), 0);
    columns_wrap(db_text(s, 1), 0);
    said = missing ? mem_print("Not complete: %s.", missing)
                   : mem_copy("Complete: everything in scope was read, and was visible to the caller.");
    columns_wrap(said, 0);
    rc = 0;
out:
    db_free(s);
    free(missing);
    free(said);
    return rc;
}

static int table_head(struct table *t, struct err *e)
{
    char *head = NULL;

    if (db_value_text(
            t->a->facts, &head, e,
            "SELECT 'Snapshot ' || id || ' of ' || taken_at || CASE source WHEN 'recording' THEN ', from a "
            "recording'"
            " ELSE '' END || ': ' || (SELECT count(*) || CASE count(*) WHEN 1 THEN ' subscription' ELSE"
            " ' subscriptions' END FROM scope) || ' in scope' FROM snapshot") != 0)
        return -1;
    columns_wrap(head ? head : "", 0);
    free(head);
    return 0;
}

int assess_table(const struct assess *a, struct err *e)
{
    struct table t = {.a = a, .colour = table_colour()};
    int rc = -1;

    if (table_head(&t, e) == 0 && table_checks(&t, e) == 0 && table_custody(&t, e) == 0 &&
        table_end(&t, e) == 0)
        rc = 0;
    db_free(t.groups);
    db_free(t.subjects);
    return rc;
}
