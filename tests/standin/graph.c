/* Resource Graph, as far as counts and ids go. See place.h. Two kinds of query are answered:
 *   resources | where type in~ ('a/b', ...) | summarize NAME=count() by type, subscriptionId
 *   resources | where type =~ 'a/b' and subscriptionId =~ '...' | project id
 * Rows come as objects, at most options.$top of them, with a $skipToken where there are more. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "place.h"

struct graph_row {
    char subscription[37];
    const char *type;
    int64_t count;
};

/* Is the quoted text in the query, as in type =~ 'microsoft.compute/disks'? A query without a type asks for
 * all. */
static int graph_wants_type(const char *query, const char *type)
{
    char *quoted = mem_print("'%s'", type), *other = mem_print("\"%s\"", type);
    int wants = strcasestr(query, quoted) || strcasestr(query, other) || !strchr(query, '/');

    free(quoted);
    free(other);
    return wants;
}

static int graph_wants_subscription(const struct json *doc, const char *subscription)
{
    const struct json *list = json_get(doc, "subscriptions");

    if (!json_first(list))
        return 1;
    for (const struct json *one = json_first(list); one; one = json_next(one)) {
        if (json_text(one) && strcasecmp(json_text(one), subscription) == 0)
            return 1;
    }
    return 0;
}

/* What is asked, read once. */
struct graph_query {
    const struct json *doc;
    const char *text;
    char *count; /* name of the column; NULL: ids are listed */
    int64_t top, skip;
};

static int graph_wants(const struct graph_query *q, const struct estate_item *item)
{
    char subscription[37];

    if (strncmp(item->key, "/subscriptions/", 15) != 0 || strlen(item->key) < 52 ||
        !strchr(item->type, '/') || strchr(item->type, '/') != strrchr(item->type, '/') ||
        !graph_wants_type(q->text, item->type))
        return 0;
    memcpy(subscription, item->key + 15, 36);
    subscription[36] = '\0';
    if (strcasestr(q->text, "subscriptionId =~") && !strcasestr(q->text, subscription))
        return 0;
    return graph_wants_subscription(q->doc, subscription);
}

static size_t graph_count(const struct estate *estate, const struct graph_query *q, struct graph_row **out)
{
    struct graph_row *rows = NULL;
    size_t n = 0;

    for (size_t i = 0; i < estate->count; i++) {
        const struct estate_item *item = &estate->items[i];
        struct graph_row row = {.type = item->type, .count = 1};
        size_t k = n;

        if (!graph_wants(q, item))
            continue;
        memcpy(row.subscription, item->key + 15, 36);
        while (k && (strcmp(rows[k - 1].type, row.type) != 0 ||
                     strcmp(rows[k - 1].subscription, row.subscription) != 0))
            k--;
        if (k) {
            rows[k - 1].count++;
            continue;
        }
        rows = mem_grow(rows, n + 1, sizeof *rows);
        rows[n++] = row;
    }
    *out = rows;
    return n;
}

/* Rows of the page are written; gives how many there are in all. */
static int64_t graph_ids(const struct estate *estate, const struct graph_query *q, struct json_out *o)
{
    int64_t n = 0;

    for (size_t i = 0; i < estate->count; i++) {
        struct json *doc = NULL;

        if (!graph_wants(q, &estate->items[i]))
            continue;
        if (n >= q->skip && n < q->skip + q->top &&
            json_parse(&doc, estate->items[i].json, estate->items[i].n, NULL) == 0) {
            json_object(o, NULL);
            json_put_text(o, "id", json_text(json_get(doc, "id")));
            json_object_end(o);
        }
        json_free(doc);
        n++;
    }
    return n;
}

static int64_t graph_counts(const struct estate *estate, const struct graph_query *q, struct json_out *o)
{
    struct graph_row *rows = NULL;
    size_t n = graph_count(estate, q, &rows);

    for (size_t i = (size_t)q->skip; i < n && i < (size_t)(q->skip + q->top); i++) {
        json_object(o, NULL);
        json_put_text(o, "type", rows[i].type);
        json_put_text(o, "subscriptionId", rows[i].subscription);
        json_put_int(o, q->count, rows[i].count);
        json_object_end(o);
    }
    free(rows);
    return (int64_t)n;
}

static char *graph_count_name(const char *query)
{
    const char *at = strcasestr(query, "summarize "), *end = NULL;

    if (!at)
        return NULL;
    for (at += 10; *at == ' '; at++)
        ;
    for (end = at; *end && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", *end);
         end++)
        ;
    return strncmp(at, "count()", 7) == 0 ? mem_copy("count_") : mem_copy_n(at, (size_t)(end - at));
}

void place_graph(struct server *s, struct exchange *x)
{
    struct json *doc = NULL;
    struct json_out o = {.compact = 1};
    struct graph_query q = {.top = 1000};
    const struct json *options = NULL;
    int64_t total = 0;
    char next[24];

    if (json_parse(&doc, buf_str(&x->asked), x->asked.len, NULL) != 0 || !json_text(json_get(doc, "query"))) {
        exchange_error(x, 400, "BadRequest", "Please provide below info when asking for support.");
        goto out;
    }
    q.doc = doc;
    q.text = json_text(json_get(doc, "query"));
    q.count = graph_count_name(q.text);
    options = json_get(doc, "options");
    if (json_int(json_get(options, "$top"), &q.top) == 0 && (q.top < 1 || q.top > 1000))
        q.top = 1000;
    if (json_text(json_get(options, "$skipToken")))
        q.skip = strtoll(json_text(json_get(options, "$skipToken")), NULL, 10);
    json_begin(&o);
    json_object(&o, NULL);
    json_array(&o, "data");
    total = q.count ? graph_counts(&s->estate, &q, &o) : graph_ids(&s->estate, &q, &o);
    json_array_end(&o);
    json_put_int(&o, "totalRecords", total);
    json_put_int(&o, "count", total - q.skip < q.top ? total - q.skip : q.top);
    json_array(&o, "facets");
    json_array_end(&o);
    json_put_text(&o, "resultTruncated", "false");
    if (q.skip + q.top < total) {
        snprintf(next, sizeof next, "%" PRId64, q.skip + q.top);
        json_put_text(&o, "$skipToken", next);
    }
    json_object_end(&o);
    exchange_json(x, 200, &o);
    exchange_say(x, "x-ms-user-quota-remaining", "14");
    exchange_say(x, "x-ms-user-quota-resets-after", "00:00:05");
out:
    free(q.count);
    json_free(doc);
}
