/* Azure Resource Manager: recorded answers, and answers made of recorded resources. See place.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "place.h"

int place_may(struct server *s, struct exchange *x, int (*audience)(const struct server *, const char *))
{
    const char *given = exchange_header(x, "authorization"), *code = NULL, *text = NULL;
    char now[CLOCK_TEXT], end[CLOCK_TEXT];
    char *expired = NULL;

    if (s->options->open)
        return 1;
    if (!given || strncasecmp(given, "Bearer ", 7) != 0) {
        code = "AuthenticationFailed";
        text = "Authentication failed. The 'Authorization' header is missing.";
    } else if (!x->bearer) {
        code = "InvalidAuthenticationToken";
        text = "The access token is invalid.";
    } else if (x->bearer->revoked || x->bearer->expires <= clock_now()) {
        clock_text(x->bearer->expires, end);
        clock_text(clock_now(), now);
        code = "ExpiredAuthenticationToken";
        expired = mem_print("The access token expiry UTC time '%s' is earlier than current UTC time '%s'.",
                            end, now);
        text = expired;
    } else if (!audience(s, x->bearer->audience)) {
        code = "InvalidAuthenticationTokenAudience";
        text = "The access token has been obtained for wrong audience or resource.";
    } else {
        return 1;
    }
    exchange_error(x, 401, code, "%s", text);
    exchange_say(x, "www-authenticate",
                 "Bearer authorization_uri=\"%s/%s\", error=\"invalid_token\", "
                 "error_description=\"%s\"",
                 s->origin, s->options->tenant, text);
    free(expired);
    return 0;
}

static void arm_recorded(struct exchange *x, const struct recording_answer *a)
{
    exchange_borrow(x, a->status, buf_str(&a->body), a->body.len);
    if (a->etag)
        exchange_say(x, "etag", "%s", a->etag);
}

/* ---- answers made of recorded resources */

struct arm_page {
    struct buf body;
    size_t from, to, at; /* items that are written; at: the next */
};

static void arm_item(struct arm_page *p, const char *json, size_t n)
{
    if (p->at >= p->from && p->at < p->to) {
        if (p->at > p->from)
            buf_char(&p->body, ',');
        buf_add(&p->body, json, n);
    }
    p->at++;
}

static void arm_page_begin(const struct server *s, const struct exchange *x, struct arm_page *p)
{
    struct buf skip = {0};

    *p = (struct arm_page){.to = (size_t)-1};
    if (exchange_parameter(x, "$skiptoken", &skip))
        p->from = strtoul(buf_str(&skip), NULL, 10);
    if (s->options->page)
        p->to = p->from + (size_t)s->options->page;
    buf_text(&p->body, "{\"value\":[");
    buf_free(&skip);
}

static void arm_page_end(const struct server *s, struct exchange *x, struct arm_page *p)
{
    buf_char(&p->body, ']');
    if (p->at > p->to) {
        struct buf version = {0};

        exchange_parameter(x, "api-version", &version);
        buf_print(&p->body, ",\"nextLink\":\"%s%s?api-version=%s&$skiptoken=%zu\"", s->origin, x->path,
                  buf_str(&version), p->to);
        buf_free(&version);
    }
    buf_char(&p->body, '}');
    buf_free(&x->own);
    x->own = p->body;
    exchange_borrow(x, 200, buf_str(&x->own), x->own.len);
}

/* $filter=atScope(): what is assigned here or above. */
static int arm_at_scope(const struct estate_item *item, const char *list)
{
    const char *end = strstr(item->key, "/providers/microsoft.authorization/"), *here = NULL;
    size_t n = end ? (size_t)(end - item->key) : 0;

    here = strstr(list, "/providers/microsoft.authorization/");
    return strncmp(item->key, "/providers/microsoft.management/", 32) == 0 || !n ||
           (here && n <= (size_t)(here - list) && strncmp(item->key, list, n) == 0);
}

static void arm_list(struct server *s, struct exchange *x, const char *key, const struct estate_item **list,
                     size_t n)
{
    struct buf filter = {0};
    struct arm_page p;
    int at_scope =
        exchange_parameter(x, "$filter", &filter) && strcasecmp(buf_str(&filter), "atScope()") == 0;

    arm_page_begin(s, x, &p);
    for (size_t i = 0; i < n; i++) {
        if (!at_scope || arm_at_scope(list[i], key))
            arm_item(&p, list[i]->json, list[i]->n);
    }
    arm_page_end(s, x, &p);
    buf_free(&filter);
}

static void arm_stub(struct arm_page *p, const struct estate_item *item)
{
    static const char *const kept[] = {"id", "name", "type", "location"};
    struct json_out o = {.compact = 1};
    struct json *doc = NULL;

    if (json_parse(&doc, item->json, item->n, NULL) != 0)
        return;
    json_begin(&o);
    json_object(&o, NULL);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (json_text(json_get(doc, kept[i])))
            json_put_text(&o, kept[i], json_text(json_get(doc, kept[i])));
    }
    json_object(&o, "tags");
    json_object_end(&o);
    json_object_end(&o);
    json_end(&o, NULL);
    arm_item(p, o.buf.data, o.buf.len);
    buf_free(&o.buf);
    json_free(doc);
}

/* /subscriptions/ID[/resourceGroups/G]/resources?$filter=resourceType eq 'NAMESPACE/TYPE': stubs, as the
 * SDK's list of vaults reads them. */
static void arm_resources(struct server *s, struct exchange *x, const char *key)
{
    struct buf filter = {0};
    char *scope = mem_copy_n(key, strlen(key) - 9), *type = NULL; /* with the slash of "/resources" */
    struct arm_page p;

    if (exchange_parameter(x, "$filter", &filter)) {
        const char *from = strchr(buf_str(&filter), '\'');

        type = from ? estate_key(from + 1, strcspn(from + 1, "'")) : NULL;
    }
    arm_page_begin(s, x, &p);
    for (size_t i = 0; i < s->estate.count; i++) {
        const struct estate_item *item = &s->estate.items[i];

        if (strncmp(item->key, scope, strlen(scope)) == 0 && strstr(item->key, "/providers/") &&
            strchr(item->type, '/') == strrchr(item->type, '/') && (!type || strcmp(type, item->type) == 0))
            arm_stub(&p, item);
    }
    arm_page_end(s, x, &p);
    free(scope);
    free(type);
    buf_free(&filter);
}

/* The groups that recorded resources lie in. */
static void arm_groups(struct server *s, struct exchange *x, const char *key)
{
    char *prefix = mem_print("%s/", key), *last = mem_copy("");
    struct arm_page p;

    arm_page_begin(s, x, &p);
    for (size_t i = 0; i < s->estate.count; i++) {
        const char *at = s->estate.items[i].key;
        size_t n = strlen(prefix);
        struct json_out o = {.compact = 1};
        char *group = NULL;

        if (strncmp(at, prefix, n) != 0)
            continue;
        group = mem_copy_n(at, n + strcspn(at + n, "/"));
        if (strcmp(group, last) == 0) {
            free(group);
            continue;
        }
        json_begin(&o);
        json_object(&o, NULL);
        json_put_text(&o, "id", group);
        json_put_text(&o, "name", group + n);
        json_put_text(&o, "type", "Microsoft.Resources/resourceGroups");
        json_put_text(&o, "location", "westeurope");
        json_object_end(&o);
        json_end(&o, NULL);
        arm_item(&p, o.buf.data, o.buf.len);
        buf_free(&o.buf);
        free(last);
        last = group;
    }
    arm_page_end(s, x, &p);
    free(prefix);
    free(last);
}

/* CLUSTER/agentPools[/NAME] out of the cluster's own copy of its pools. */
static int arm_pools(struct server *s, struct exchange *x, const char *key)
{
    const char *at = strstr(key, "/agentpools"), *wanted = NULL;
    char *cluster = at ? mem_copy_n(key, (size_t)(at - key)) : NULL;
    const struct estate_item *item = cluster ? estate_find(&s->estate, cluster) : NULL;
    struct json *doc = NULL;
    struct arm_page p = {0};
    int found = 0;

    free(cluster);
    if (!item || json_parse(&doc, item->json, item->n, NULL) != 0)
        return 0;
    wanted = at[11] == '/' ? at + 12 : NULL;
    if (!wanted)
        arm_page_begin(s, x, &p);
    for (const struct json *pool = json_first(json_get(json_get(doc, "properties"), "agentPoolProfiles"));
         pool; pool = json_next(pool)) {
        const char *name = json_text(json_get(pool, "name"));
        char *id = mem_print("%s/agentPools/%s", json_text(json_get(doc, "id")), name),
             *profile = json_raw(pool);
        struct json_out o = {.compact = 1};

        json_begin(&o);
        json_object(&o, NULL);
        json_put_text(&o, "id", id);
        json_put_text(&o, "name", name);
        json_put_text(&o, "type", "Microsoft.ContainerService/managedClusters/agentPools");
        json_put_raw(&o, "properties", profile);
        json_object_end(&o);
        if (!wanted) {
            json_end(&o, NULL);
            arm_item(&p, o.buf.data, o.buf.len);
        } else if (!found && strcasecmp(wanted, name) == 0) {
            exchange_json(x, 200, &o);
            found = 1;
        }
        buf_free(&o.buf);
        free(id);
        free(profile);
    }
    json_free(doc);
    if (!wanted)
        arm_page_end(s, x, &p);
    return !wanted || found;
}

static void arm_tenants(struct server *s, struct exchange *x)
{
    struct json_out o = {.compact = 1};
    char *id = mem_print("/tenants/%s", s->options->tenant);

    json_begin(&o);
    json_object(&o, NULL);
    json_array(&o, "value");
    json_object(&o, NULL);
    json_put_text(&o, "id", id);
    json_put_text(&o, "tenantId", s->options->tenant);
    json_put_text(&o, "tenantCategory", "Home");
    json_object_end(&o);
    json_array_end(&o);
    json_object_end(&o);
    exchange_json(x, 200, &o);
    free(id);
}

static int arm_made(struct server *s, struct exchange *x, const char *key)
{
    const struct estate_item *one = NULL, **list = NULL;
    size_t n = strlen(key), count = 0;
    int known = 0;

    if (strcmp(key, "/tenants") == 0) {
        arm_tenants(s, x);
        return 1;
    }
    if ((one = estate_find(&s->estate, key))) {
        exchange_borrow(x, 200, one->json, one->n);
        return 1;
    }
    if (n >= 61 && strcmp(key + n - 10, "/resources") == 0) {
        arm_resources(s, x, key);
        return 1;
    }
    if (n == 66 && strcmp(key + 51, "/resourcegroups") == 0) {
        arm_groups(s, x, key);
        return 1;
    }
    if (strstr(key, "/managedclusters/") && arm_pools(s, x, key))
        return 1;
    count = estate_list(&s->estate, key, &list, &known);
    if (known)
        arm_list(s, x, key, list, count);
    free((void *)list);
    return known;
}

static void arm_not_found(const struct server *s, struct exchange *x, const char *key)
{
    char *subscription = mem_copy_n(key, strlen(key) >= 51 ? 51 : strlen(key));
    const char *group = strstr(key, "/resourcegroups/"), *type = strstr(key, "/providers/");

    if (strncmp(key, "/subscriptions/", 15) != 0)
        exchange_error(x, 404, "NotFound", "Nothing is at '%s'.", x->path);
    else if (strcspn(key + 15, "/") != 36)
        exchange_error(x, 400, "InvalidSubscriptionId",
                       "The provided subscription identifier '%.*s' is malformed or "
                       "invalid.",
                       (int)strcspn(key + 15, "/"), key + 15);
    else if (!estate_find(&s->estate, subscription))
        exchange_error(x, 404, "SubscriptionNotFound", "The subscription '%s' could not be found.",
                       subscription + 15);
    else
        exchange_error(x, 404, "ResourceNotFound",
                       "The Resource '%s' under resource group '%.*s' was not found. For "
                       "more details please go to https://aka.ms/ARMResourceNotFoundFix",
                       type ? type + 11 : "", group ? (int)strcspn(group + 16, "/") : 6,
                       group ? group + 16 : "<null>");
    free(subscription);
}

int place_arm(struct server *s, struct exchange *x)
{
    const struct recording_answer *a = NULL;
    int get = strcasecmp(x->method, "GET") == 0 || strcasecmp(x->method, "HEAD") == 0;
    char *url = NULL, *key = NULL;

    if (!place_may(s, x, place_is_arm))
        return 1;
    url = mem_print("%s%s", s->recording.endpoint, x->target);
    a = recording_find(&s->recording, get ? "GET" : x->method, url, buf_str(&x->asked), x->asked.len);
    free(url);
    if (a && !a->broken) {
        arm_recorded(x, a);
        return 1;
    }
    estate_read(&s->estate, &s->recording);
    if (strcasecmp(x->method, "POST") == 0 &&
        strcasecmp(x->path, "/providers/Microsoft.ResourceGraph/resources") == 0) {
        place_graph(s, x);
        return 1;
    }
    if (!get) {
        exchange_error(x, 405, "MethodNotAllowed", "Only readers are served here.");
        return 1;
    }
    key = estate_key(x->path, strlen(x->path));
    if (!arm_made(s, x, key))
        arm_not_found(s, x, key);
    free(key);
    return 1;
}
