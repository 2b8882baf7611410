/* findings.json, streamed from facts.db. See findings_json.h. */
#include "judge/findings_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "judge/check.h"
#include "lib/digest.h"

/* Walks the rows of a statement; row() writes one. only: parameter ?1, where the SQL has it. */
static int
findings_each(struct json_out *o, struct db *facts, const char *name, const char *sql, const char *only,
              int (*row)(struct json_out *o, struct db_stmt *s, struct db_stmt *more, struct err *e),
              struct db_stmt *more, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1, got = 0;

    if (db_prepare(facts, &s, sql, e) != 0)
        return -1;
    if (db_parameter(s, 1))
        db_bind_text(s, 1, only);
    json_array(o, name);
    while ((got = db_step(s, e)) == 1) {
        json_object(o, NULL);
        o->compact = 1; /* a row is a line */
        if (row(o, s, more, e) != 0)
            goto out;
        json_object_end(o);
        o->compact = 0;
    }
    json_array_end(o);
    rc = got;
out:
    o->compact = 0;
    db_free(s);
    return rc;
}

static void findings_number(struct json_out *o, const char *name, struct db_stmt *s, int at)
{
    if (db_is_null(s, at))
        json_put_null(o, name);
    else
        json_put_int(o, name, db_int(s, at));
}

/* An empty text is none. */
static void findings_text(struct json_out *o, const char *name, struct db_stmt *s, int at)
{
    const char *text = db_text(s, at);

    json_put_text(o, name, text && *text ? text : NULL);
}

static int findings_scope_row(struct json_out *o, struct db_stmt *s, struct db_stmt *more, struct err *e)
{
    (void)more;
    (void)e;
    json_put_text(o, "id", db_text(s, 0));
    json_put_text(o, "declared_by", db_text(s, 1));
    json_put_text(o, "declared_as", db_text(s, 2));
    findings_text(o, "name", s, 3);
    findings_text(o, "state", s, 4);
    return 0;
}

static int findings_policy_row(struct json_out *o, struct db_stmt *s, struct db_stmt *more, struct err *e)
{
    (void)more;
    (void)e;
    json_put_text(o, "name", db_text(s, 0));
    json_put_text(o, "value", db_text(s, 1));
    json_put_text(o, "unit", db_text(s, 2));
    json_put_bool(o, "adopted", (int)db_int(s, 3));
    json_put_text(o, "owner", db_text(s, 4));
    json_put_text(o, "basis", db_text(s, 5));
    return 0;
}

/* Tokens "N" and "N#/pointer"; each N was found when the check ran. */
static int findings_evidence(struct json_out *o, const char *tokens, struct db_stmt *exchange, struct err *e)
{
    json_array(o, "evidence");
    for (const char *p = tokens; *p;) {
        size_t n = strcspn(p, " "), digits = strspn(p, "0123456789");
        char *ref = NULL, *pointer = p[digits] == '#' ? mem_copy_n(p + digits + 1, n - digits - 1) : NULL;
        int got = 0;

        db_bind_int(exchange, 1, strtoll(p, NULL, 10));
        got = db_step(exchange, e);
        if (got == 1) {
            ref = mem_print("E-%04lld", (long long)db_int(exchange, 0));
            json_object(o, NULL);
            json_put_text(o, "ref", ref);
            json_put_text(o, "sha256", db_text(exchange, 1));
            json_put_text(o, "url", db_text(exchange, 2));
            json_put_int(o, "status", db_int(exchange, 3));
            json_put_text(o, "received_at", db_text(exchange, 4));
            json_put_text(o, "pointer", pointer);
            json_object_end(o);
        }
        db_reset(exchange);
        free(ref);
        free(pointer);
        if (got < 0)
            return -1;
        p += n;
        p += *p == ' ';
    }
    json_array_end(o);
    return 0;
}

static int findings_finding_row(struct json_out *o, struct db_stmt *s, struct db_stmt *exchange,
                                struct err *e)
{
    static const char *const fields[] = {"id",       "check",  "title",    "subject",  "status",
                                         "severity", "basis",  "observed", "expected", "reason",
                                         "limit",    "remedy", "danger"};
    int at = 0, rc = 0;

    for (; at < (int)(sizeof fields / sizeof *fields); at++) {
        if (strcmp(fields[at], "reason") == 0)
            json_put_text(o, fields[at], db_text(s, at)); /* always a text: programs look at how it begins */
        else
            findings_text(o, fields[at], s, at);
    }
    rc = findings_evidence(o, db_text(s, at), exchange, e);
    return rc;
}

static int findings_gap_row(struct json_out *o, struct db_stmt *s, struct db_stmt *affects, struct err *e)
{
    char *ref = mem_print("G-%04lld", (long long)db_int(s, 0));
    int got = 0;

    json_put_text(o, "ref", ref);
    json_put_text(o, "scope", db_text(s, 1));
    json_put_text(o, "resource", db_text(s, 2));
    json_put_text(o, "url", db_text(s, 3));
    findings_number(o, "http", s, 4);
    json_put_text(o, "code", db_text(s, 5));
    json_array(o, "affects");
    db_bind_int(affects, 1, db_int(s, 0));
    while ((got = db_step(affects, e)) == 1)
        json_put_text(o, NULL, db_text(affects, 0));
    db_reset(affects);
    json_array_end(o);
    free(ref);
    return got;
}

static void findings_ids(struct json_out *o, const char *ids)
{
    json_array(o, "findings");
    for (const char *p = ids; *p;) {
        size_t n = strcspn(p, " ");
        char *id = mem_copy_n(p, n);

        json_put_text(o, NULL, id);
        free(id);
        p += n;
        p += *p == ' ';
    }
    json_array_end(o);
}

static int findings_custody_row(struct json_out *o, struct db_stmt *s, struct db_stmt *links, struct err *e)
{
    int got = 0;

    json_put_text(o, "cluster", db_text(s, 1));
    json_array(o, "links");
    db_bind_text(links, 1, db_text(s, 0));
    while ((got = db_step(links, e)) == 1) {
        json_object(o, NULL);
        json_put_text(o, "link", db_text(links, 0));
        json_put_text(o, "status", db_text(links, 1));
        findings_ids(o, db_text(links, 2));
        json_object_end(o);
    }
    db_reset(links);
    json_array_end(o);
    json_put_text(o, "weakest", db_text(s, 2));
    json_put_text(o, "status", db_text(s, 3));
    json_put_text(o, "etcd", db_text(s, 4));
    return got;
}

int findings_complete(struct db *facts, int *complete, struct err *e)
{
    int64_t whole = 0;

    if (db_value_int(facts, &whole, e,
                     "SELECT NOT EXISTS (SELECT 1 FROM gap) AND NOT EXISTS (SELECT 1 FROM finding WHERE "
                     "population_unknown) AND (SELECT count(*) > 0 AND sum(status NOT IN ('pass', "
                     "'not-applicable')) = 0 FROM finding WHERE check_id = %Q)",
                     CHECK_COMPLETE) != 0)
        return -1;
    *complete = whole != 0;
    return 0;
}

static int findings_head(struct db *facts, struct json_out *o, const char *pack, struct err *e)
{
    struct db_stmt *s = NULL;
    char tool[DIGEST_HEX];
    int rc = -1, complete = 0;

    if (digest_file("/proc/self/exe", tool, NULL, e) != 0 || findings_complete(facts, &complete, e) != 0 ||
        db_prepare(facts, &s, "SELECT id, taken_at, source FROM snapshot", e) != 0)
        return -1;
    if (db_step(s, e) != 1) {
        err_set(e, "facts: there is no snapshot in it");
        goto out;
    }
    json_put_int(o, "format", 1);
    json_object(o, "tool");
    json_put_text(o, "name", "keycustody");
    json_put_text(o, "version", KC_VERSION);
    json_put_text(o, "sha256", tool);
    json_object_end(o);
    json_put_text(o, "pack", pack);
    json_put_text(o, "snapshot", db_text(s, 0));
    json_put_text(o, "taken_at", db_text(s, 1));
    json_put_text(o, "source", db_text(s, 2));
    json_put_bool(o, "complete", complete);
    rc = 0;
out:
    db_free(s);
    return rc;
}

/* population null: of one check at least it is not known, so no total is given. */
static int findings_counts(struct db *facts, struct json_out *o, const char *only, struct err *e)
{
    static const char *const names[] = {"population",     "assessed",     "pass",    "fail",
                                        "not_applicable", "not_assessed", "attested"};
    struct db_stmt *s = NULL;
    int rc = -1;

    if (db_prepare(facts, &s,
                   "SELECT CASE WHEN coalesce(min(population_known), 0) THEN sum(population) END, "
                   "coalesce(sum(assessed), 0),"
                   " coalesce(sum(pass), 0), coalesce(sum(fail), 0), coalesce(sum(not_applicable), 0),"
                   " coalesce(sum(not_assessed), 0), coalesce(sum(attested), 0) FROM check_count"
                   " WHERE ?1 IS NULL OR check_id IN (SELECT value FROM json_each(?1))",
                   e) != 0)
        return -1;
    db_bind_text(s, 1, only);
    if (db_step(s, e) == 1) {
        json_object(o, "counts");
        for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
            findings_number(o, names[i], s, i);
        json_object_end(o);
        rc = 0;
    }
    db_free(s);
    return rc;
}

static int findings_lists(struct db *facts, struct json_out *o, const char *only, struct err *e)
{
    struct db_stmt *exchange = NULL, *affects = NULL, *links = NULL;
    int rc = -1;

    if (db_prepare(facts, &exchange, "SELECT n, sha256, url, status, received_at FROM exchange WHERE n = ?1",
                   e) != 0 ||
        db_prepare(facts, &affects,
                   "SELECT a.check_id FROM gap_affects a JOIN check_meta m ON m.check_id = a.check_id WHERE "
                   "a.gap_n = ?1"
                   " ORDER BY m.position",
                   e) != 0 ||
        db_prepare(facts, &links,
                   "SELECT link, status, findings FROM custody_link WHERE cluster_key = ?1 ORDER BY position",
                   e) != 0)
        goto out;
    if (findings_each(
            o, facts, "findings",
            "SELECT id, check_id, title, subject, status, severity, basis, observed, expected, reason, "
            "limit_text,"
            " remedy, danger, evidence FROM finding WHERE ?1 IS NULL OR check_id IN (SELECT value FROM"
            " json_each(?1)) ORDER BY n",
            only, findings_finding_row, exchange, e) != 0 ||
        findings_each(o, facts, "gaps", "SELECT n, scope, resource, url, status, code FROM gap ORDER BY n",
                      NULL, findings_gap_row, affects, e) != 0 ||
        findings_each(o, facts, "custody",
                      "SELECT cluster_key, cluster, weakest, status, etcd FROM custody ORDER BY 1", NULL,
                      findings_custody_row, links, e) != 0)
        goto out;
    rc = 0;
out:
    db_free(exchange);
    db_free(affects);
    db_free(links);
    return rc;
}

int findings_json_put(struct db *facts, struct json_out *o, const char *pack, const char *only, struct err *e)
{
    json_object(o, NULL);
    if (findings_head(facts, o, pack, e) != 0)
        return -1;
    json_object(o, "scope");
    if (findings_each(o, facts, "subscriptions",
                      "SELECT s.subscription_id, s.declared_by, s.declared_as, v.display_name, v.state FROM "
                      "scope s LEFT JOIN"
                      " subscription v ON v.subscription_id = s.subscription_id ORDER BY 1",
                      NULL, findings_scope_row, NULL, e) != 0)
        return -1;
    json_object_end(o);
    if (findings_each(o, facts, "policy",
                      "SELECT name, value, unit, adopted, owner, basis FROM policy ORDER BY position", NULL,
                      findings_policy_row, NULL, e) != 0 ||
        findings_counts(facts, o, only, e) != 0 || findings_lists(facts, o, only, e) != 0)
        return -1;
    json_object_end(o);
    return 0;
}

static int findings_bytes(void *ctx, const char *bytes, size_t n, struct err *e)
{
    return file_add(ctx, bytes, n, e);
}

int findings_json_write(struct db *facts, const char *path, const char *pack, struct err *e)
{
    struct json_out o = {.write = findings_bytes};
    struct file_out *f = NULL;
    int rc = -1;

    if (file_create(&f, path, 0600, e) != 0)
        return -1;
    o.ctx = f;
    json_begin(&o);
    if (findings_json_put(facts, &o, pack, NULL, e) != 0 || json_end(&o, e) != 0)
        goto out;
    rc = file_commit(f, e);
    f = NULL;
out:
    file_abandon(f);
    buf_free(&o.buf);
    return rc;
}
