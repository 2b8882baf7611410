/* See resume.h. A list is used whole or not at all: its first page would lead to a next one that Azure may
 * not know any more. */
#include "azure/resume.h"

#include <stdlib.h>
#include <string.h>

#include "azure/url.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/note.h"
#include "lib/db.h"

#define RESUME_AGE (24 * 3600) /* seconds */

struct resume_request {
    struct resume_request *next;
    int64_t n;
    size_t db;
    void *owner;
};

struct resume {
    struct transport transport; /* first: a struct transport * is a struct resume * */
    struct transport *inner;
    struct db **dbs;
    struct db_stmt **find, **get;
    size_t count;
    struct resume_request *first, **last; /* found, not yet given */
    int waiting, asked;                   /* asked: of inner, without answer */
    struct resume_state state;
};

/* Which answers can be used: whole lists, and single answers. reuse(url) is all that is looked up. */
static const char resume_index[] =
    "CREATE TEMP TABLE reuse(url TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TEMP TABLE good AS SELECT n, resource, subject, page, url, sha256 FROM exchange "
    "WHERE method = 'GET' AND status = 200 AND usable AND principal_id = %Q AND received_at >= %Q AND "
    "substr(url, 1, length(%Q) + 1) = %Q || '/';"
    "CREATE TEMP TABLE whole AS SELECT resource, subject FROM (SELECT resource, subject, count(DISTINCT "
    "page) "
    "AS pages, max(page) AS last FROM good GROUP BY resource, subject) w WHERE pages = last AND "
    "(SELECT coalesce(json_extract(ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)), "
    "'$.nextLink'), '') = '' FROM good g JOIN sqlar s ON s.name = 'answers/' || g.sha256 WHERE g.resource = "
    "w.resource AND g.subject = w.subject AND g.page = w.last ORDER BY g.n DESC LIMIT 1);"
    "INSERT OR REPLACE INTO reuse SELECT url, n FROM good JOIN whole USING (resource, subject) ORDER BY n";

static int resume_scope_fits(struct db *db, const struct resume_options *o, int *fits, struct err *e)
{
    int64_t declared = 0, same = 0;

    if (db_value_int(db, &declared, e, "SELECT count(*) FROM scope WHERE declared_by = 'option'") != 0)
        return -1;
    for (size_t i = 0; i < o->subscription_count; i++) {
        int64_t there = 0;

        if (db_value_int(db, &there, e,
                         "SELECT count(*) FROM scope WHERE declared_by = 'option' AND subscription_id = %Q",
                         o->subscriptions[i].id) != 0)
            return -1;
        same += there;
    }
    *fits = declared == (int64_t)o->subscription_count && same == declared;
    return 0;
}

static void resume_span(struct resume *r, const char *first, const char *last)
{
    if (first && (!*r->state.first || strcmp(first, r->state.first) < 0))
        memcpy(r->state.first, first, CLOCK_TEXT);
    if (last && strcmp(last, r->state.last) > 0)
        memcpy(r->state.last, last, CLOCK_TEXT);
}

/* Takes in one file. What cannot be read is passed over: it is a rest, not evidence. */
static void resume_add(struct resume *r, const char *path, const struct resume_options *o)
{
    struct db *db = NULL;
    struct db_stmt *find = NULL, *get = NULL, *span = NULL;
    char since[CLOCK_TEXT];
    int64_t found = 0;
    struct err bad = {""};
    int fits = 0;

    clock_text(clock_now() - RESUME_AGE, since);
    /* opened to write: SQLite first takes back what was not committed */
    if (db_open(&db, path, DB_WRITE, &bad) != 0 || resume_scope_fits(db, o, &fits, &bad) != 0) {
        note_warn("%s: passed over: %s", path, bad.text);
        goto out;
    }
    if (!fits) {
        note_info("%s: passed over: it was for another scope", path);
        goto out;
    }
    if (db_exec_print(db, &bad, resume_index, o->principal_id, since, r->transport.endpoint,
                      r->transport.endpoint) != 0 ||
        db_value_int(db, &found, &bad, "SELECT count(*) FROM temp.reuse") != 0 ||
        db_prepare(db, &span,
                   "SELECT min(received_at), max(received_at) FROM temp.reuse JOIN exchange USING (n)",
                   &bad) != 0 ||
        db_prepare(db, &find, "SELECT n FROM temp.reuse WHERE url = ?1", &bad) != 0 ||
        db_prepare(db, &get,
                   "SELECT e.status, e.api_version, e.received_at, e.date_header, e.request_id, "
                   "e.correlation_id, e.routing_id, e.failure_cause, e.etag, sqlar_uncompress(s.data, s.sz) "
                   "FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256 WHERE e.n = ?1",
                   &bad) != 0) {
        note_warn("%s: passed over: %s", path, bad.text);
        goto out;
    }
    if (!found) {
        note_info("%s: passed over: it holds nothing of this caller from the last 24 hours", path);
        goto out;
    }
    if (db_step(span, &bad) == 1)
        resume_span(r, db_text(span, 0), db_text(span, 1));
    r->state.found += found;
    r->dbs = mem_grow(r->dbs, r->count + 1, sizeof *r->dbs);
    r->find = mem_grow(r->find, r->count + 1, sizeof *r->find);
    r->get = mem_grow(r->get, r->count + 1, sizeof *r->get);
    r->dbs[r->count] = db;
    r->find[r->count] = find;
    r->get[r->count++] = get;
    db = NULL;
    find = get = NULL;
out:
    db_free(span);
    db_free(find);
    db_free(get);
    db_close(db);
}

static int64_t resume_find(struct resume *r, const char *url, size_t *which)
{
    struct buf clean = {0};
    int64_t n = 0;

    url_clean(&clean, url, strlen(url));
    for (size_t i = 0; !n && i < r->count; i++) {
        db_bind_text(r->find[i], 1, buf_str(&clean));
        if (db_step(r->find[i], NULL) == 1)
            n = db_int(r->find[i], 0);
        db_reset(r->find[i]);
        *which = i;
    }
    buf_free(&clean);
    return n;
}

static int resume_send(struct transport *t, const struct transport_request *request, struct err *e)
{
    struct resume *r = (struct resume *)t;
    struct resume_request *one = NULL;
    size_t which = 0;
    int64_t n = strcmp(request->method, "GET") == 0 ? resume_find(r, request->url, &which) : 0;

    if (!n) {
        r->asked++;
        return r->inner->send(r->inner, request, e);
    }
    one = mem_zero(1, sizeof *one);
    one->n = n;
    one->db = which;
    one->owner = request->owner;
    *r->last = one;
    r->last = &one->next;
    r->waiting++;
    return 0;
}

static int resume_done(void *ctx, void *owner, const struct transport_answer *a, struct err *e)
{
    struct resume *r = ctx;
    int rc = r->transport.done(r->transport.ctx, owner, a, e);

    r->asked -= rc != 1;
    return rc;
}

static int resume_give(struct resume *r, const struct resume_request *one, struct err *e)
{
    struct db_stmt *s = r->get[one->db];
    struct transport_answer a = {.body = ""};
    const char *at = NULL;
    char *body = NULL;
    int rc = -1;

    db_bind_int(s, 1, one->n);
    if (db_step(s, e) != 1) {
        err_context(e, "what the collection before had read cannot be read again");
        goto out;
    }
    a.status = (int)db_int(s, 0);
    a.api_version = db_text(s, 1);
    at = db_text(s, 2);
    memcpy(a.received_at, at ? at : "", at ? CLOCK_TEXT : 1);
    a.date = db_text(s, 3);
    a.request_id = db_text(s, 4);
    a.correlation_id = db_text(s, 5);
    a.routing_id = db_text(s, 6);
    a.failure_cause = db_text(s, 7);
    a.etag = db_text(s, 8);
    a.size = db_size(s, 9);
    body = mem_copy_n(db_blob(s, 9) ? db_blob(s, 9) : "", a.size);
    a.body = body;
    r->state.used++;
    rc = r->transport.done(r->transport.ctx, one->owner, &a, e);
out:
    free(body);
    db_reset(s);
    return rc;
}

static int resume_step(struct transport *t, struct err *e)
{
    struct resume *r = (struct resume *)t;
    struct resume_request *one = r->first;
    int rc = 0;

    if (one) {
        r->first = one->next;
        if (!r->first)
            r->last = &r->first;
        r->waiting--;
        rc = resume_give(r, one, e);
        free(one);
    } else if (r->asked) {
        rc = r->inner->step(r->inner, e);
    }
    return rc < 0 ? -1 : r->waiting + r->asked;
}

static void resume_free(struct transport *t)
{
    struct resume *r = (struct resume *)t;

    while (r->first) {
        struct resume_request *next = r->first->next;

        free(r->first);
        r->first = next;
    }
    for (size_t i = 0; i < r->count; i++) {
        db_free(r->find[i]);
        db_free(r->get[i]);
        db_close(r->dbs[i]);
    }
    free(r->dbs);
    free(r->find);
    free(r->get);
    transport_free(r->inner);
    free(r);
}

void resume_open(struct transport **out, struct transport *inner, const struct resume_options *o)
{
    struct resume *r = mem_zero(1, sizeof *r);

    r->inner = inner;
    r->last = &r->first;
    r->transport = *inner;
    r->transport.send = resume_send;
    r->transport.step = resume_step;
    r->transport.free = resume_free;
    inner->done = resume_done;
    inner->ctx = r;
    if (!o->principal_id && store_partial_count(o->store))
        note_warn("--resume: the token names no object id, so nothing read before can be used");
    for (size_t i = 0; o->principal_id && i < store_partial_count(o->store); i++)
        resume_add(r, store_partial(o->store, i), o);
    *out = &r->transport;
}

const struct resume_state *resume_state(const struct transport *t)
{
    return &((const struct resume *)t)->state;
}
