/* The collector. See collect.h. */
#include "azure/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/fetch.h"
#include "azure/instead.h"
#include "base/mem.h"
#include "base/note.h"
#include "base/utf8.h"
#include "lib/db.h"
#include "store/facts_sql.h"

enum collect_state { COLLECT_WAITING, COLLECT_RUNNING, COLLECT_DONE };

/* One resource file on its way. */
struct collect_item {
    struct collect *collect;
    struct fetch_context fetch;
    enum collect_state state;
    int height;         /* how many resources, one behind the other, wait for this one */
    int begun;          /* every job of it was begun */
    int64_t jobs, last; /* planned; collect_job.n of the last one begun */
    int64_t done, incomplete;
};

/* How many lists of a subscription itself have ended. */
struct collect_scope_row {
    char key[52];
    int ended;
};

struct collect {
    const struct collect_options *options;
    struct transport *transport;
    struct evidence *evidence;
    struct db *db;
    struct db_stmt *next, *ended, *spoilt, *told; /* ready statements on the two tables below */
    struct collect_item *items;                   /* one for each resource, in their order */
    size_t count;
    struct instead *instead;
    struct collect_scope_row *scopes; /* sorted by key */
    size_t scope_count;
    int per_scope; /* resources that are lists of a subscription */
    struct collect_progress progress;
};

/* What is asked for, and what became of it. The second is handed to the snapshot when everything is read: an
 * item that could not become a fact, or that another answer tells of, means that the list was not read to the
 * end. */
static const char collect_tables[] =
    "CREATE TABLE main.collect_job(n INTEGER PRIMARY KEY, resource TEXT, subject TEXT, url TEXT, scope TEXT, "
    "UNIQUE (resource, subject));"
    "CREATE INDEX main.collect_job_next ON collect_job(resource, n);"
    "CREATE TABLE main.collect_end(resource TEXT, subject TEXT, url TEXT, complete INT, pages INT, status "
    "INT, code TEXT, exchange INT, PRIMARY KEY (resource, subject)) WITHOUT ROWID";

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

static int collect_scope_order(const void *a, const void *b)
{
    return strcmp(((const struct collect_scope_row *)a)->key, ((const struct collect_scope_row *)b)->key);
}

static void collect_count(struct collect *c, const char *subject)
{
    struct collect_scope_row key = {.ended = 0}, *row = NULL;

    collect_scope(subject, key.key);
    if (!*key.key || subject[51] || !c->scope_count)
        return;
    row = bsearch(&key, c->scopes, c->scope_count, sizeof *c->scopes, collect_scope_order);
    if (row && ++row->ended == c->per_scope)
        c->progress.subscriptions_read++;
}

static int collect_ended(void *ctx, const struct fetch_end *end, struct err *e)
{
    struct collect_item *item = ctx;
    struct db_stmt *s = item->collect->ended;

    item->done++;
    item->incomplete += !end->complete;
    item->collect->progress.ended++;
    collect_count(item->collect, end->subject);
    db_bind_text(s, 1, item->fetch.resource->name);
    db_bind_text(s, 2, end->subject);
    db_bind_text(s, 3, end->url);
    db_bind_int(s, 4, end->complete);
    db_bind_int(s, 5, end->pages);
    db_bind_int(s, 6, end->status);
    db_bind_text(s, 7, end->code);
    db_bind_int(s, 8, end->exchange);
    return db_run(s, e);
}

/* Something in a usable answer that became no fact. */
static int collect_gap(void *ctx, const struct facts_gap *gap, struct err *e)
{
    struct collect_item *item = ctx;
    struct collect *c = item->collect;
    struct buf reason = {0};
    int rc = -1, told = 0;

    db_bind_text(c->spoilt, 1, item->fetch.resource->name);
    db_bind_text(c->spoilt, 2, gap->subject);
    db_bind_text(c->spoilt, 3, gap->code);
    if (db_run(c->spoilt, e) != 0)
        return -1;
    /* the wrong shape of a whole answer was seen when it came in */
    db_bind_int(c->told, 1, gap->exchange);
    told = db_step(c->told, e);
    db_reset(c->told);
    if (told != 0)
        return told < 0 ? -1 : 0;
    utf8_visible(&reason, gap->reason, strlen(gap->reason));
    rc = instead_gap(item->fetch.instead, c->evidence, gap->resource, gap->subject, gap->scope, gap->url,
                     gap->status, gap->code, buf_str(&reason), gap->exchange, e);
    buf_free(&reason);
    return rc;
}

static int collect_stopped(const struct collect *c)
{
    return c->options->stop && *c->options->stop;
}

/* Of the jobs of a resource, one for each subscription stays. */
static int collect_thin(struct collect *c, const struct resource *r, struct err *e)
{
    return db_exec_print(
        c->db, e,
        "DELETE FROM main.collect_job WHERE resource = %Q AND n NOT IN (SELECT min(n) FROM "
        "main.collect_job WHERE resource = %Q GROUP BY CASE WHEN scope <> '' THEN scope ELSE "
        "lower(substr(url, 1, 51)) END)",
        r->name, r->name);
}

/* Turns `each:` into rows of collect_job. */
static int collect_plan(struct collect *c, struct collect_item *item, struct err *e)
{
    const struct resource *r = item->fetch.resource;
    struct db_stmt *s = NULL;
    char *sql = NULL;
    int64_t own = 0;
    int rc = -1, scoped = 0;

    item->state = COLLECT_RUNNING;
    item->begun = !*r->each || (r->at_vault && c->options->control_plane_only);
    if (item->begun)
        return 0;
    if (db_prepare(c->db, &s, r->each, e) != 0)
        goto out;
    scoped = db_column(s, "scope") >= 0;
    if (db_column(s, "subject") < 0 || db_column(s, "url") < 0) {
        err_set(e, "it must yield the columns subject and url");
        goto out;
    }
    sql = mem_print("INSERT OR IGNORE INTO main.collect_job(resource, subject, url, scope) SELECT ?1, "
                    "subject, url, coalesce(%s, '') FROM (%s)",
                    scoped ? "scope" : "NULL", r->each);
    db_free(s);
    s = NULL;
    if (db_prepare(c->db, &s, sql, e) != 0)
        goto out;
    db_bind_text(s, 1, r->name);
    if (db_run(s, e) != 0 || (c->options->probe && collect_thin(c, r, e) != 0) ||
        db_value_int(c->db, &item->jobs, e, "SELECT count(*) FROM main.collect_job WHERE resource = %Q",
                     r->name) != 0)
        goto out;
    c->progress.planned += item->jobs;
    if (db_value_int(c->db, &own, e,
                     "SELECT count(*) FROM main.collect_job WHERE resource = %Q AND length(subject) = 51 AND "
                     "lower(subject) GLOB '/subscriptions/*'",
                     r->name) != 0)
        goto out;
    c->per_scope += own > 0;
    rc = 0;
out:
    if (rc != 0)
        err_context(e, "%s: each", r->file->name);
    db_free(s);
    free(sql);
    return rc;
}

/* Begins the next job of a resource, or finds that there is none left. */
static int collect_begin_job(struct collect *c, struct collect_item *item, struct err *e)
{
    struct db_stmt *s = c->next;
    struct fetch_job job = {0};
    char *subject = NULL, *url = NULL, *scope = NULL, own[52];
    int more = 0, rc = 0;

    db_bind_text(s, 1, item->fetch.resource->name);
    db_bind_int(s, 2, item->last);
    more = db_step(s, e);
    if (more == 1) {
        item->last = db_int(s, 0);
        subject = mem_copy(db_text(s, 1));
        url = mem_copy(db_text(s, 2));
        scope = mem_copy(db_text(s, 3));
    }
    db_reset(s);
    if (more != 1) {
        item->begun = 1;
        return more;
    }
    collect_scope(url, own);
    job = (struct fetch_job){subject, url, scope && *scope ? scope : own};
    if (subject && facts_sql_fold_text(c->db, subject, e) != 0)
        rc = -1;
    else
        rc = fetch_begin(&item->fetch, &job, e);
    free(subject);
    free(url);
    free(scope);
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
        if (db_exec_print(
                c->db, e,
                "UPDATE main.collect_end SET complete = 0, code = coalesce(code, 'NoSubscriptions') "
                "WHERE resource = %Q",
                r->name) != 0)
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

/* How everything that was asked for of a resource ended goes into the snapshot. */
static int collect_settle(struct collect *c, const struct resource *r, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1, more = 0;

    if (db_prepare(c->db, &s,
                   "SELECT subject, url, complete, pages, status, code, exchange FROM main.collect_end WHERE "
                   "resource = ?1 ORDER BY subject",
                   e) != 0)
        return -1;
    db_bind_text(s, 1, r->name);
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

/* The subscriptions in scope are known. */
static int collect_load_scopes(struct collect *c, struct err *e)
{
    struct db_stmt *s = NULL;
    int more = 0;

    if (db_prepare(c->db, &s, "SELECT subscription_id FROM snap.scope ORDER BY 1", e) != 0)
        return -1;
    while ((more = db_step(s, e)) == 1) {
        c->scopes = mem_grow(c->scopes, c->scope_count + 1, sizeof *c->scopes);
        c->scopes[c->scope_count] = (struct collect_scope_row){.ended = 0};
        snprintf(c->scopes[c->scope_count++].key, sizeof c->scopes->key, "/subscriptions/%s", db_text(s, 0));
    }
    db_free(s);
    c->progress.subscriptions = (int64_t)c->scope_count;
    return more;
}

/* Every answer is there: facts are built, and how it ended is written down. */
static int collect_finish(struct collect *c, struct collect_item *item, struct err *e)
{
    const struct resource *r = item->fetch.resource;
    int64_t gaps = evidence_gaps(c->evidence);

    if (facts_sql_build(c->db, r, NULL, collect_gap, item, e) != 0)
        return -1;
    if (*r->declares && (collect_declare(c, r, e) != 0 || collect_load_scopes(c, e) != 0))
        return -1;
    if (evidence_checkpoint(c->evidence, e) != 0)
        return -1;
    gaps = evidence_gaps(c->evidence) - gaps;
    if (c->options->probe)
        note_debug("%s: tried", r->title);
    else if (item->jobs && (item->incomplete || gaps))
        note_info("%s: %lld of %lld read", r->title, (long long)(item->done - item->incomplete),
                  (long long)item->jobs);
    else if (item->jobs)
        note_info("%s: %lld read", r->title, (long long)item->jobs);
    item->state = COLLECT_DONE;
    return 0;
}

static struct collect_item *collect_find(struct collect *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->items[i].fetch.resource->name, name) == 0)
            return &c->items[i];
    }
    return NULL;
}

static int collect_is_ready(struct collect *c, const struct collect_item *item)
{
    for (size_t i = 0; item->fetch.resource->after[i]; i++) {
        const struct collect_item *before = collect_find(c, item->fetch.resource->after[i]);

        if (before && before->state != COLLECT_DONE)
            return 0;
    }
    return 1;
}

/* Plans what can be planned, finishes what has ended. Returns how many resources are not done, or -1. */
static int collect_advance(struct collect *c, struct err *e)
{
    int left = 0, moved = 1;

    while (moved && !collect_stopped(c)) {
        moved = left = 0;
        for (size_t i = 0; i < c->count; i++) {
            struct collect_item *item = &c->items[i];

            if (item->state == COLLECT_WAITING && collect_is_ready(c, item)) {
                if (collect_plan(c, item, e) != 0)
                    return -1;
                moved = 1;
            }
            if (item->state == COLLECT_RUNNING && item->begun && !item->fetch.under_way) {
                if (collect_finish(c, item, e) != 0)
                    return -1;
                moved = 1;
            }
            left += item->state != COLLECT_DONE;
        }
    }
    return left;
}

/* Everything is read. */
static int collect_settle_all(struct collect *c, struct err *e)
{
    struct tie_options tie = {.resources = c->options->resources, .stop = c->options->stop};

    if (c->options->tie && evidence_exchanges(c->evidence) &&
        tie_run(c->transport, c->evidence, &tie, c->options->tie, e) != 0)
        return -1;
    if (instead_settle(c->instead, c->evidence, e) != 0)
        return -1;
    for (size_t i = 0; i < c->count; i++) {
        if (collect_settle(c, c->items[i].fetch.resource, e) != 0)
            return -1;
    }
    return 0;
}

/* Of the resources with jobs left, the one for which most others wait; with one request at a time, the first,
 * so that a recording is read in the order of the files. */
static struct collect_item *collect_pick(struct collect *c)
{
    struct collect_item *best = NULL;

    for (size_t i = 0; i < c->count; i++) {
        struct collect_item *item = &c->items[i];

        if (item->state != COLLECT_RUNNING || item->begun)
            continue;
        if (!best || (c->transport->capacity > 1 && item->height > best->height))
            best = item;
    }
    return best;
}

static int collect_under_way(const struct collect *c)
{
    int n = 0;

    for (size_t i = 0; i < c->count; i++)
        n += c->items[i].fetch.under_way;
    return n;
}

static int collect_loop(struct collect *c, struct err *e)
{
    struct collect_item *item = NULL;
    int left = 0;

    while (!collect_stopped(c) && (left = collect_advance(c, e)) > 0) {
        while (collect_under_way(c) < c->transport->capacity && (item = collect_pick(c))) {
            if (collect_begin_job(c, item, e) != 0)
                return -1;
            c->progress.reading = item->fetch.resource->title;
        }
        if (collect_under_way(c) && c->transport->step(c->transport, e) < 0)
            return -1;
        if (c->options->progress)
            c->options->progress(c->options->progress_ctx, &c->progress);
    }
    return left < 0 ? -1 : 0;
}

/* A resource is as high as the longest chain of others that wait for it. */
static void collect_heights(struct collect *c)
{
    for (size_t i = c->count; i-- > 0;) { /* resources stand behind those that they need */
        const struct resource *r = c->items[i].fetch.resource;

        for (size_t k = 0; r->after[k]; k++) {
            struct collect_item *before = collect_find(c, r->after[k]);

            if (before && before->height <= c->items[i].height)
                before->height = c->items[i].height + 1;
        }
    }
}

static int collect_prepare(struct collect *c, struct err *e)
{
    const struct collect_options *o = c->options;

    if (facts_sql_begin(c->db, NULL, e) != 0 || db_exec(c->db, collect_tables, e) != 0 ||
        instead_begin(&c->instead, c->db, o->resources, e) != 0)
        return -1;
    if (db_prepare(c->db, &c->next,
                   "SELECT n, subject, url, scope FROM main.collect_job INDEXED BY collect_job_next WHERE "
                   "resource = ?1 AND n > ?2 ORDER BY n LIMIT 1",
                   e) != 0 ||
        db_prepare(c->db, &c->ended, "INSERT INTO main.collect_end VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                   e) != 0 ||
        db_prepare(c->db, &c->spoilt,
                   "UPDATE main.collect_end SET complete = 0, code = coalesce(code, ?3) WHERE resource = ?1 "
                   "AND subject = ?2",
                   e) != 0 ||
        db_prepare(
            c->db, &c->told,
            "SELECT 1 FROM snap.gap WHERE exchange = ?1 AND code = 'WrongShape' UNION ALL SELECT 1 FROM "
            "main.instead_gap WHERE exchange = ?1 AND code = 'WrongShape'",
            e) != 0)
        return -1;
    for (size_t i = 0; i < o->subscription_count; i++) {
        if (evidence_scope(c->evidence, o->subscriptions[i].id, "option", o->subscriptions[i].written, e) !=
            0)
            return -1;
    }
    for (size_t i = 0; i < c->count; i++) {
        c->items[i].collect = c;
        c->items[i].fetch = (struct fetch_context){.transport = c->transport,
                                                   .evidence = c->evidence,
                                                   .resource = &o->resources->rows[i],
                                                   .principal_id = o->principal_id,
                                                   .instead = c->instead,
                                                   .ended = collect_ended,
                                                   .ctx = &c->items[i]};
    }
    collect_heights(c);
    return 0;
}

static void collect_close(struct collect *c)
{
    for (size_t i = 0; i < c->count; i++)
        fetch_drop_all(&c->items[i].fetch);
    db_free(c->next);
    db_free(c->ended);
    db_free(c->spoilt);
    db_free(c->told);
    instead_end(c->instead);
    free(c->items);
    free(c->scopes);
}

int collect_run(struct transport *t, struct evidence *ev, const struct collect_options *options,
                struct collect_result *result, struct err *e)
{
    struct collect c = {.options = options,
                        .transport = t,
                        .evidence = ev,
                        .db = evidence_db(ev),
                        .items = mem_zero(options->resources->count, sizeof *c.items),
                        .count = options->resources->count};
    int rc = -1;

    *result = (struct collect_result){0};
    t->done = fetch_answer;
    t->ctx = NULL;
    if (collect_prepare(&c, e) != 0 || collect_loop(&c, e) != 0 ||
        (!collect_stopped(&c) && collect_settle_all(&c, e) != 0 && !collect_stopped(&c)))
        goto out;
    if (db_value_int(c.db, &result->subscriptions, e, "SELECT count(*) FROM snap.scope") != 0)
        goto out;
    /* whatever the resource files say: a snapshot of nothing is never a clean one (Azure answers GET
     * /subscriptions with 200 and an empty list to a caller without rights) */
    if (!result->subscriptions && !evidence_gaps(ev) &&
        evidence_gap(ev, "", "", "", NULL, 0, "NoSubscriptions", "no subscription is in scope", 0, e) != 0)
        goto out;
    for (size_t i = 0; i < c.count; i++)
        result->requests += c.items[i].fetch.requests;
    result->interrupted = collect_stopped(&c);
    rc = 0;
out:
    collect_close(&c);
    return rc;
}
