/* Resource Graph, as far as counts go: "... | where type in~ ('a/b', ...) | summarize NAME=count() by type,
 * subscriptionId". Other queries list id, name, type and subscriptionId. See place.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "place.h"

struct graph_row {
    char subscription[37];
    const char *type, *id;
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

static void graph_row(struct json_out *o, const struct graph_row *row, const char *count)
{
    json_object(o, NULL);
    if (!count)
        json_put_text(o, "id", row->id);
    json_put_text(o, "type", row->type);
    json_put_text(o, "subscriptionId", row->subscription);
    if (count)
        json_put_int(o, count, row->count);
    json_object_end(o);
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
    struct graph_row *rows = NULL;
    size_t n = 0;
    const char *query = NULL;
    char *count = NULL;

    if (json_parse(&doc, buf_str(&x->asked), x->asked.len, NULL) != 0 ||
        !(query = json_text(json_get(doc, "query")))) {
        exchange_error(x, 400, "BadRequest", "Please provide below info when asking for support.");
        goto out;
    }
    count = graph_count_name(query);
    for (size_t i = 0; i < s->estate.count; i++) {
        const struct estate_item *item = &s->estate.items[i];
        struct graph_row row = {.type = item->type, .count = 1};
        size_t k = 0;

        if (strncmp(item->key, "/subscriptions/", 15) != 0 || strlen(item->key) < 52 ||
            !strchr(item->type, '/') || strchr(item->type, '/') != strrchr(item->type, '/') ||
            !graph_wants_type(query, item->type))
            continue;
        memcpy(row.subscription, item->key + 15, 36);
        if (!graph_wants_subscription(doc, row.subscription))
            continue;
        row.id = item->key;
        for (k = n; count && k-- > 0;) {
            if (strcmp(rows[k].type, row.type) == 0 && strcmp(rows[k].subscription, row.subscription) == 0)
                break;
        }
        if (count && k != (size_t)-1) {
            rows[k].count++;
            continue;
        }
        rows = mem_grow(rows, n + 1, sizeof *rows);
        rows[n++] = row;
    }
    json_begin(&o);
    json_object(&o, NULL);
    json_put_int(&o, "totalRecords", (int64_t)n);
    json_put_int(&o, "count", (int64_t)n);
    json_array(&o, "data");
    for (size_t i = 0; i < n; i++)
        graph_row(&o, &rows[i], count);
    json_array_end(&o);
    json_array(&o, "facets");
    json_array_end(&o);
    json_put_text(&o, "resultTruncated", "false");
    json_object_end(&o);
    exchange_json(x, 200, &o);
    exchange_say(x, "x-ms-user-quota-remaining", "14");
    exchange_say(x, "x-ms-user-quota-resets-after", "00:00:05");
out:
    free(rows);
    free(count);
    json_free(doc);
}
