/* The collector. See collect.h. */
#include "azure/collect.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/fetch.h"
#include "base/mem.h"
#include "base/note.h"
#include "base/utf8.h"
#include "lib/db.h"
#include "store/facts_sql.h"

struct collect {
    struct fetch_context fetch;
    const struct collect_options *options;
    struct collect_result *result;
    struct evidence *evidence;
    struct db *db;
    struct db_stmt *ended, *spoilt, *told; /* ready statements on the two tables below */
    int64_t done, incomplete;              /* of the resource that is being read */
};

/* What is asked for, and what became of it, of the resource that is being read. The second is handed to the
 * snapshot when its facts are known: an item that could not become a fact means that the list was not read to
 * the end. */
static const char collect_tables[] =
    "CREATE TABLE main.collect_job(n INTEGER PRIMARY KEY, subject TEXT UNIQUE, url TEXT, scope TEXT);"
    "CREATE TABLE main.collect_end(subject TEXT PRIMARY KEY, url TEXT, complete INT, pages INT, status INT, "
    "code TEXT, "
    "exchange INT)";

static int collect_ended(void *ctx, const struct fetch_end *end, struct err *e)
{
    struct collect *c = ctx;

    c->done++;
    c->incomplete += !end->complete;
    db_bind_text(c->ended, 1, end->subject);
    db_bind_text(c->ended, 2, end->url);
    db_bind_int(c->ended, 3, end->complete);
    db_bind_int(c->ended, 4, end->pages);
    db_bind_int(c->ended, 5, end->status);
    db_bind_text(c->ended, 6, end->code);
    db_bind_int(c->ended, 7, end->exchange);
    return db_run(c->ended, e);
}

/* Something in a usable answer that became no fact. */
static int collect_gap(void *ctx, const struct facts_gap *gap, struct err *e)
{
    struct collect *c = ctx;
    struct buf reason = {0};
    int rc = -1, told = 0;

    db_bind_text(c->spoilt, 1, gap->subject);
    db_bind_text(c->spoilt, 2, gap->code);
    if (db_run(c->spoilt, e) != 0)
        return -1;
    /* the wrong shape of a whole answer was seen when it came in */
    db_bind_int(c->told, 1, gap->exchange);
    told = db_step(c->told, e);
    db_reset(c->told);
    if (told != 0)
        return told < 0 ? -1 : 0;
    utf8_visible(&reason, gap->reason, strlen(gap->reason));
    rc = evidence_gap(c->evidence, gap->resource, gap->subject, gap->scope, gap->url, gap->status, gap->code,
                      buf_str(&reason), gap->exchange, e);
    buf_free(&reason);
    return rc;
}

static int collect_stopped(const struct collect *c)
{
    return c->options->stop && *c->options->stop;
}

/* Waits until at most `most` requests are under way. */
static int collect_wait(struct collect *c, int most, struct err *e)
{
    while (c->fetch.under_way > most && !collect_stopped(c)) {
        if (c->fetch.transport->step(c->fetch.transport, e) < 0)
            return -1;
    }
    return 0;
}

/* Turns `each:` into rows of collect_job. */
static int collect_plan(struct collect *c, const struct resource *r, int64_t *jobs, struct err *e)
{
    struct db_stmt *s = NULL;
    char *sql = NULL;
    int rc = -1, scoped = 0;

    *jobs = 0;
    if (db_exec(c->db, "DELETE FROM main.collect_job; DELETE FROM main.collect_end", e) != 0)
        return -1;
    if (!*r->each)
        return 0;
    if (db_prepare(c->db, &s, r->each, e) != 0)
        goto out;
    scoped = db_column(s, "scope") >= 0;
    if (db_column(s, "subject") < 0 || db_column(s, "url") < 0) {
        err_set(e, "it must yield the columns subject and url");
        goto out;
    }
    sql = mem_print(
        "INSERT OR IGNORE INTO main.collect_job(subject, url, scope) SELECT subject, url, coalesce(%s, '') "
        "FROM (%s)",
        scoped ? "scope" : "NULL", r->each);
    if (db_exec(c->db, sql, e) != 0 ||
        db_value_int(c->db, jobs, e, "SELECT count(*) FROM main.collect_job") != 0)
        goto out;
    rc = 0;
out:
    if (rc != 0)
        err_context(e, "%s: each", r->file->name);
    db_free(s);
    free(sql);
    return rc;
}

/* '/subscriptions/<guid>' that a URL lies in, or ''. */
static void collect_scope(const char *url, char scope[52])
{
    *scope = '\0';
    if (!url || strlen(url) < 51 || strncasecmp(url, "/subscriptions/", 15) != 0 ||
        (url[51] && url[51] != '/'))
        return;
    for (int i = 0; i < 51; i++)
        scope[i] = (char)(url[i] >= 'A' && url[i] <= 'Z' ? url[i] | 0x20 : url[i]);
    scope[51] = '\0';
}

static int collect_fetch(struct collect *c, struct err *e)
{
    struct db_stmt *s = NULL;
    int64_t n = 0;
    int rc = -1, more = 0;

    if (db_prepare(c->db, &s,
                   "SELECT n, subject, url, scope FROM main.collect_job WHERE n > ?1 ORDER BY n LIMIT 1",
                   e) != 0)
        goto out;
    for (;;) {
        struct fetch_job job = {0};
        char *subject = NULL, *url = NULL, *scope = NULL, own[52];
        int begun = 0;

        if (collect_wait(c, c->fetch.transport->capacity - 1, e) != 0)
            goto out;
        db_bind_int(s, 1, n);
        if (collect_stopped(c) || (more = db_step(s, e)) != 1)
            break;
        n = db_int(s, 0);
        subject = mem_copy(db_text(s, 1));
        url = mem_copy(db_text(s, 2));
        scope = mem_copy(db_text(s, 3));
        db_reset(s);
        collect_scope(url, own);
        job = (struct fetch_job){subject, url, scope && *scope ? scope : own};
        if (facts_sql_fold_text(c->db, subject, e) != 0)
            begun = -1;
        else
            begun = fetch_begin(&c->fetch, &job, e);
        free(subject);
        free(url);
        free(scope);
        if (begun != 0)
            goto out;
    }
    if (more < 0 || collect_wait(c, 0, e) != 0)
        goto out;
    rc = 0;
out:
    db_free(s);
    return rc;
}

/* The one resource that says which subscriptions there are: what was declared must be among them. */
static int collect_declare(struct collect *c, const struct resource *r, struct err *e)
{
    struct db_stmt *s = NULL;
    char *sql = NULL;
    int rc = -1, more = 0;
    int64_t seen = 0;

    if (db_prepare(c->db, &s, r->declares, e) != 0)
        goto out;
    while ((more = db_step(s, e)) == 1) {
        seen++;
        if (!c->options->subscription_count && db_text(s, 0) &&
            evidence_scope(c->evidence, db_text(s, 0), "visible", db_text(s, 0), e) != 0)
            goto out;
    }
    if (more < 0)
        goto out;
    db_free(s);
    s = NULL;
    if (!c->options->subscription_count && !seen) {
        if (db_exec(c->db,
                    "UPDATE main.collect_end SET complete = 0, code = coalesce(code, 'NoSubscriptions')",
                    e) != 0)
            goto out;
        rc = evidence_gap(
            c->evidence, r->name, "", "", NULL, 0, "NoSubscriptions",
            "no subscription is visible to the caller: an empty answer is no proof of an empty estate", 0, e);
        goto out;
    }
    sql =
        mem_print("SELECT subscription_id, declared_as FROM snap.scope WHERE subscription_id NOT IN (SELECT "
                  "subscription_id FROM (%s)) ORDER BY 1",
                  r->declares);
    if (db_prepare(c->db, &s, sql, e) != 0)
        goto out;
    while ((more = db_step(s, e)) == 1) {
        char *subject = mem_print("/subscriptions/%s", db_text(s, 0));
        int told =
            evidence_gap(c->evidence, r->name, subject, subject, NULL, 0, "SubscriptionNotVisible",
                         "the subscription was declared as scope but is not visible to the caller", 0, e);

        free(subject);
        if (told != 0)
            goto out;
    }
    rc = more;
out:
    if (rc != 0)
        err_context(e, "%s: declares", r->file->name);
    db_free(s);
    free(sql);
    return rc;
}

/* How everything that was asked for ended goes into the snapshot. */
static int collect_settle(struct collect *c, const struct resource *r, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1, more = 0;

    if (db_prepare(c->db, &s,
                   "SELECT subject, url, complete, pages, status, code, exchange FROM main.collect_end ORDER "
                   "BY subject",
                   e) != 0)
        return -1;
    while ((more = db_step(s, e)) == 1) {
        if (evidence_listing(c->evidence, r->name, db_text(s, 0), db_text(s, 1), (int)db_int(s, 2),
                             (int)db_int(s, 3), (int)db_int(s, 4), db_text(s, 5), db_int(s, 6), e) != 0)
            goto out;
    }
    rc = more;
out:
    db_free(s);
    return rc;
}

static int collect_resource(struct collect *c, const struct resource *r, struct err *e)
{
    int64_t jobs = 0, gaps = evidence_gaps(c->evidence);

    c->fetch.resource = r;
    c->done = c->incomplete = 0;
    if (collect_plan(c, r, &jobs, e) != 0 || collect_fetch(c, e) != 0)
        return -1;
    if (collect_stopped(c))
        return 0;
    if (facts_sql_build(c->db, r, NULL, collect_gap, c, e) != 0)
        return -1;
    if (*r->declares && collect_declare(c, r, e) != 0)
        return -1;
    if (collect_settle(c, r, e) != 0 || evidence_checkpoint(c->evidence, e) != 0)
        return -1;
    gaps = evidence_gaps(c->evidence) - gaps;
    if (jobs && gaps)
        note_info("%s: %lld of %lld read, %lld %s", r->title, (long long)(c->done - c->incomplete),
                  (long long)jobs, (long long)gaps, gaps == 1 ? "gap" : "gaps");
    else if (jobs)
        note_info("%s: %lld read", r->title, (long long)jobs);
    return 0;
}

static int collect_begin(struct collect *c, struct err *e)
{
    const struct collect_options *o = c->options;

    if (facts_sql_begin(c->db, NULL, e) != 0 || db_exec(c->db, collect_tables, e) != 0)
        return -1;
    if (db_prepare(c->db, &c->ended, "INSERT INTO main.collect_end VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", e) !=
            0 ||
        db_prepare(c->db, &c->spoilt,
                   "UPDATE main.collect_end SET complete = 0, code = coalesce(code, ?2) WHERE subject = ?1",
                   e) != 0 ||
        db_prepare(c->db, &c->told, "SELECT 1 FROM snap.gap WHERE exchange = ?1 AND code = 'WrongShape'",
                   e) != 0)
        return -1;
    for (size_t i = 0; i < o->subscription_count; i++) {
        if (evidence_scope(c->evidence, o->subscriptions[i].id, "option", o->subscriptions[i].written, e) !=
            0)
            return -1;
    }
    return 0;
}

int collect_run(struct transport *t, struct evidence *ev, const struct collect_options *options,
                struct collect_result *result, struct err *e)
{
    struct collect c = {.options = options, .result = result, .evidence = ev, .db = evidence_db(ev)};
    int rc = -1;

    *result = (struct collect_result){0};
    c.fetch = (struct fetch_context){.transport = t,
                                     .evidence = ev,
                                     .principal_id = options->principal_id,
                                     .ended = collect_ended,
                                     .ctx = &c};
    t->done = fetch_answer;
    t->ctx = &c.fetch;
    if (collect_begin(&c, e) != 0)
        goto out;
    for (size_t i = 0; i < options->resources->count && !collect_stopped(&c); i++) {
        if (collect_resource(&c, &options->resources->rows[i], e) != 0)
            goto out;
    }
    if (db_value_int(c.db, &result->subscriptions, e, "SELECT count(*) FROM snap.scope") != 0)
        goto out;
    /* whatever the resource files say: a snapshot of nothing is never a clean one (Azure answers GET
     * /subscriptions with 200 and an empty list to a caller without rights) */
    if (!result->subscriptions && !evidence_gaps(ev) &&
        evidence_gap(ev, "", "", "", NULL, 0, "NoSubscriptions", "no subscription is in scope", 0, e) != 0)
        goto out;
    result->requests = c.fetch.requests;
    result->interrupted = collect_stopped(&c);
    rc = 0;
out:
    fetch_drop_all(&c.fetch);
    db_free(c.ended);
    db_free(c.spoilt);
    db_free(c.told);
    return rc;
}
