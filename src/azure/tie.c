/* See tie.h. Source: "Azure Resource Graph REST API, Resources" 2022-10-01 (1,000 rows a page, $skipToken);
 * "Guidance for throttled requests in Azure Resource Graph". */
#include "azure/tie.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/ask.h"
#include "azure/url.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lib/db.h"
#include "lib/json.h"

#define TIE_PATH "/providers/Microsoft.ResourceGraph/resources"
#define TIE_VERSION "2022-10-01"
#define TIE_BATCH 200 /* subscriptions in one query */
#define TIE_PAGES 1000
#define TIE_LOOKED_UP 5 /* things of one list that are asked for by id */

struct tie {
    struct transport *transport;
    struct evidence *evidence;
    struct db *db;
    const struct tie_options *options;
    struct tie_result *result;
    char *url;
};

/* What is counted: the type as Azure writes it, and the table that the list became. */
static const char *tie_type(const struct resource *r)
{
    const char *type = header_get(&r->header, "counted");

    return type && *type ? type : NULL;
}

static int tie_table(const struct resource *r, char name[64])
{
    const char *table = strstr(r->header.body, "CREATE TABLE ");

    return table && sscanf(table + 13, "%63[a-z_0-9]", name) == 1 ? 0 : -1;
}

/* ---- a query */

static char *tie_body(const char *subscriptions, const char *query, const char *skip)
{
    struct json_out o = {.compact = 1};

    json_begin(&o);
    json_object(&o, NULL);
    json_put_raw(&o, "subscriptions", subscriptions);
    json_put_text(&o, "query", query);
    json_object(&o, "options");
    json_put_text(&o, "resultFormat", "objectArray");
    json_put_int(&o, "$top", 1000);
    if (skip)
        json_put_text(&o, "$skipToken", skip);
    json_object_end(&o);
    json_object_end(&o);
    json_end(&o, NULL);
    return buf_take(&o.buf);
}

typedef int tie_row(struct tie *c, const struct json *row, void *ctx, struct err *e);

/* Asks, page by page, and calls fn for each row. When Resource Graph cannot be asked, result.not_possible
 * says why. */
static int tie_query(struct tie *c, const char *subscriptions, const char *query, tie_row *fn, void *ctx,
                     struct err *e)
{
    char *skip = NULL;
    int rc = 0, more = 1;

    for (int page = 0; rc == 0 && more && page < TIE_PAGES; page++) {
        char *body = tie_body(subscriptions, query, skip);
        struct ask_answer answer = {0};
        struct json *doc = NULL;

        more = 0;
        rc = ask(c->transport, "Resource Graph", c->url, body, RESOURCE_ONE, &answer, e);
        free(skip);
        skip = NULL;
        if (rc == 0 &&
            (!answer.good || json_parse(&doc, buf_str(&answer.body), answer.body.len, &answer.why) != 0))
            err_set(&c->result->not_possible, "%s", answer.why.text);
        for (const struct json *row = json_first(json_get(doc, "data")); rc == 0 && row; row = json_next(row))
            rc = fn(c, row, ctx, e);
        if (json_text(json_get(doc, "$skipToken"))) {
            skip = mem_copy(json_text(json_get(doc, "$skipToken")));
            more = *skip != '\0';
        }
        json_free(doc);
        ask_answer_free(&answer);
        free(body);
        if (c->options->stop && *c->options->stop)
            more = 0;
    }
    free(skip);
    return rc;
}

/* ---- counting */

static int tie_keep_count(struct tie *c, const struct json *row, void *ctx, struct err *e)
{
    const char *type = json_text(json_get(row, "type")), *id = json_text(json_get(row, "subscriptionId"));
    struct db_stmt *s = ctx;
    int64_t n = 0;

    (void)c;
    if (!type || !id || json_int(json_get(row, "n"), &n) != 0)
        return 0;
    db_bind_text(s, 1, type);
    db_bind_text(s, 2, id);
    db_bind_int(s, 3, n);
    return db_run(s, e);
}

/* Fills tie_graph(type, subscription_id, n) for every subscription in scope. */
static int tie_count(struct tie *c, struct err *e)
{
    struct db_stmt *scope = NULL, *keep = NULL;
    struct buf query = {0}, list = {0};
    int rc = -1, more = 1, any = 0;

    buf_text(&query, "resources | where type in~ (");
    for (size_t i = 0; i < c->options->resources->count; i++) {
        const char *type = tie_type(&c->options->resources->rows[i]);

        if (type)
            buf_print(&query, "%s'%s'", any++ ? ", " : "", type);
    }
    buf_text(&query,
             ") | summarize n=count() by type, subscriptionId | order by subscriptionId asc, type asc");
    if (db_prepare(c->db, &scope, "SELECT subscription_id FROM snap.scope ORDER BY 1", e) != 0 ||
        db_prepare(c->db, &keep, "INSERT OR REPLACE INTO temp.tie_graph VALUES (lower(?1), lower(?2), ?3)",
                   e) != 0)
        goto out;
    while (any && more == 1 && !*c->result->not_possible.text) {
        int n = 0;

        buf_clear(&list);
        buf_char(&list, '[');
        while (n < TIE_BATCH && (more = db_step(scope, e)) == 1)
            buf_print(&list, "%s\"%s\"", n++ ? "," : "", db_text(scope, 0));
        buf_char(&list, ']');
        if (more < 0 || (n && tie_query(c, buf_str(&list), buf_str(&query), tie_keep_count, keep, e) != 0))
            goto out;
    }
    rc = more < 0 ? -1 : 0;
out:
    db_free(scope);
    db_free(keep);
    buf_free(&query);
    buf_free(&list);
    return rc;
}

/* ---- what Resource Graph counts and the list lacks */

struct tie_list {
    const struct resource *resource;
    const char *type, *table, *subscription;
    int64_t counted, held; /* by Resource Graph; by the list */
    int64_t named, looked_up;
    int told;
};

static int tie_gap(struct tie *c, struct tie_list *l, const char *id, const char *code, const char *why,
                   struct err *e)
{
    char *subject = mem_print("/subscriptions/%s", l->subscription);
    struct buf visible = {0};
    char *reason = NULL;
    int rc = -1;

    utf8_visible(&visible, id, strlen(id));
    reason = mem_print("Resource Graph counts %.500s, %s", buf_str(&visible), why);
    c->result->lacking += !l->told;
    l->told = 1;
    if (evidence_gap(c->evidence, l->resource->name, subject, subject, NULL, 0, code, reason, 0, e) == 0)
        rc = db_exec_print(
            c->db, e,
            "UPDATE main.collect_end SET complete = 0, code = coalesce(code, %Q) WHERE resource "
            "= %Q AND subject = %Q",
            code, l->resource->name, subject);
    buf_free(&visible);
    free(reason);
    free(subject);
    return rc;
}

static int tie_look_up(struct tie *c, const struct json *row, void *ctx, struct err *e)
{
    struct tie_list *l = ctx;
    const char *id = json_text(json_get(row, "id"));
    struct ask_answer answer = {0};
    struct buf url = {0}, key = {0};
    char *known = NULL;
    int rc = -1;

    if (!id)
        return 0;
    l->named++;
    utf8_fold(&key, id, strlen(id));
    if (db_value_text(c->db, &known, e, "SELECT 1 FROM main.\"%w\" WHERE id_key = %Q", l->table,
                      buf_str(&key)) != 0)
        goto out;
    if (known || l->looked_up++ >= TIE_LOOKED_UP ||
        url_build(&url, c->transport->endpoint, id, l->resource->versions[0], NULL) != 0) {
        rc = 0;
        goto out;
    }
    if (ask(c->transport, id, buf_str(&url), NULL, RESOURCE_ONE, &answer, e) != 0)
        goto out;
    if (answer.status == 404) {
        c->result->stale++;
        rc = 0;
    } else if (answer.good) {
        rc = tie_gap(c, l, id, "NotInList", "which is there and not in the list: the list is not whole", e);
    } else {
        rc = tie_gap(c, l, id, "NotInList", "which is not in the list and cannot be read", e);
    }
out:
    ask_answer_free(&answer);
    buf_free(&url);
    buf_free(&key);
    free(known);
    return rc;
}

static int tie_differ(struct tie *c, struct tie_list *l, struct err *e)
{
    char *query =
        mem_print("resources | where type =~ '%s' and subscriptionId =~ '%s' | project id | order by "
                  "id asc",
                  l->type, l->subscription);
    char *list = mem_print("[\"%s\"]", l->subscription);
    int rc = tie_query(c, list, query, tie_look_up, l, e);

    if (rc == 0 && !*c->result->not_possible.text &&
        (l->named < l->counted || l->looked_up > TIE_LOOKED_UP)) {
        char *what = mem_print("%lld of type %s", (long long)l->counted, l->type);
        char *why =
            mem_print("and the list holds %lld: not each of the others was looked up", (long long)l->held);

        rc = tie_gap(c, l, what, "CountsDiffer", why, e);
        free(what);
        free(why);
    }
    free(query);
    free(list);
    return rc;
}

/* Compares one resource's lists, subscription by subscription. Lists that were not read to the end have their
 * gap already. */
static int tie_compare(struct tie *c, const struct resource *r, struct err *e)
{
    struct tie_list l = {.resource = r, .type = tie_type(r)};
    struct db_stmt *s = NULL;
    char table[64];
    char *sql = NULL;
    int rc = -1, more = 0;

    if (tie_table(r, table) != 0)
        return err_set(e, "%s: counted: the file makes no table", r->file->name);
    l.table = table;
    sql = mem_print(
        "WITH held AS MATERIALIZED (SELECT substr(id_key, 16, 36) AS subscription_id, count(*) AS n FROM "
        "main.\"%s\" GROUP BY 1) SELECT s.subscription_id, coalesce(g.n, 0), coalesce(h.n, 0) FROM "
        "snap.scope "
        "s JOIN main.collect_end t ON t.resource = ?1 AND t.subject = '/subscriptions/' || s.subscription_id "
        "AND t.complete AND t.status = 200 LEFT JOIN temp.tie_graph g ON g.subscription_id = "
        "s.subscription_id AND g.type = lower(?2) LEFT JOIN held h ON h.subscription_id = s.subscription_id "
        "ORDER BY 1",
        table);
    if (db_prepare(c->db, &s, sql, e) != 0)
        goto out;
    db_bind_text(s, 1, r->name);
    db_bind_text(s, 2, l.type);
    while ((more = db_step(s, e)) == 1) {
        char *id = mem_copy(db_text(s, 0));

        c->result->compared++;
        c->result->behind += db_int(s, 1) < db_int(s, 2);
        l.subscription = id;
        l.counted = db_int(s, 1);
        l.held = db_int(s, 2);
        l.named = l.looked_up = l.told = 0;
        more = db_int(s, 1) > db_int(s, 2) ? tie_differ(c, &l, e) : 0;
        free(id);
        if (more != 0 || (c->options->stop && *c->options->stop))
            break;
    }
    rc = more < 0 ? -1 : 0;
out:
    db_free(s);
    free(sql);
    return rc;
}

int tie_run(struct transport *t, struct evidence *ev, const struct tie_options *options,
            struct tie_result *result, struct err *e)
{
    struct tie c = {.transport = t,
                    .evidence = ev,
                    .db = evidence_db(ev),
                    .options = options,
                    .result = result,
                    .url = mem_print("%s" TIE_PATH "?api-version=" TIE_VERSION, t->endpoint)};
    int rc = -1;

    *result = (struct tie_result){0};
    if (db_exec(c.db,
                "CREATE TEMP TABLE tie_graph(type TEXT, subscription_id TEXT, n INTEGER, PRIMARY KEY (type, "
                "subscription_id))",
                e) != 0 ||
        tie_count(&c, e) != 0)
        goto out;
    for (size_t i = 0; i < options->resources->count && !*result->not_possible.text; i++) {
        if (tie_type(&options->resources->rows[i]) && tie_compare(&c, &options->resources->rows[i], e) != 0)
            goto out;
    }
    rc = 0;
out:
    free(c.url);
    return rc;
}
