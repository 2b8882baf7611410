/* The resources of a tenant. See estate.h. */
#include "estate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/har.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lib/json.h"
#include "recording.h"

/* The walk over one answer: its items are the objects of `value`, or the answer itself when it has an id. */
struct estate_walk {
    struct estate *estate;
    const char *item, *top, *name;
    size_t name_n;
    struct buf id, top_id;
    int in_value;
};

static char *estate_fold(const char *text, size_t n)
{
    struct buf b = {0};

    utf8_fold(&b, text, n);
    return buf_take(&b);
}

char *estate_key(const char *path, size_t n)
{
    struct buf plain = {0};
    char *key = NULL;

    for (size_t i = 0; i < n; i++) {
        if (path[i] == '%' && i + 2 < n && isxdigit((unsigned char)path[i + 1]) &&
            isxdigit((unsigned char)path[i + 2])) {
            char hex[3] = {path[i + 1], path[i + 2], '\0'};

            buf_char(&plain, (char)strtoul(hex, NULL, 16));
            i += 2;
        } else {
            buf_char(&plain, path[i]);
        }
    }
    key = estate_fold(buf_str(&plain), plain.len);
    buf_free(&plain);
    return key;
}

char *estate_type(const char *key)
{
    const char *at = NULL, *p = key;
    struct buf type = {0};
    int n = 0;

    while ((p = strstr(p, "/providers/"))) {
        at = p + 11;
        p = at;
    }
    if (!at) {
        if (strncmp(key, "/subscriptions/", 15) != 0)
            return mem_copy("");
        p = strchr(key + 15, '/');
        if (!p)
            return mem_copy("subscription");
        return mem_copy(strncmp(p, "/resourcegroups/", 16) == 0 && !strchr(p + 16, '/') ? "resourcegroup"
                                                                                        : "");
    }
    for (p = at; *p; n++) { /* namespace, type, name, type, name */
        size_t len = strcspn(p, "/");

        if (n == 0 || n % 2 == 1) {
            buf_text(&type, n ? "/" : "");
            buf_add(&type, p, len);
        }
        p += len + (p[len] == '/');
    }
    return buf_take(&type);
}

static uint32_t *estate_slot(const struct estate *e, uint64_t hash, const char *key)
{
    size_t i = hash & (e->slot_count - 1);

    while (e->slots[i]) {
        const struct estate_item *item = &e->items[e->slots[i] - 1];

        if (item->hash == hash && strcmp(item->key, key) == 0)
            break;
        i = (i + 1) & (e->slot_count - 1);
    }
    return &e->slots[i];
}

static void estate_grow(struct estate *e)
{
    e->slot_count = e->slot_count ? e->slot_count * 2 : 1024;
    free(e->slots);
    e->slots = mem_zero(e->slot_count, sizeof *e->slots);
    for (size_t i = 0; i < e->count; i++)
        *estate_slot(e, e->items[i].hash, e->items[i].key) = (uint32_t)i + 1;
}

static void estate_add(struct estate *e, const struct buf *id, const char *json, size_t n)
{
    char *key = estate_fold(id->data, id->len);
    uint64_t hash = har_hash(key, strlen(key));
    uint32_t *slot = NULL;

    if (e->count * 2 >= e->slot_count)
        estate_grow(e);
    slot = estate_slot(e, hash, key);
    if (*slot) {
        free(key);
        return;
    }
    if (e->count == e->cap) {
        e->cap = e->cap ? e->cap * 2 : 1024;
        e->items = mem_grow(e->items, e->cap, sizeof *e->items);
    }
    e->items[e->count++] = (struct estate_item){key, estate_type(key), json, n, hash};
    *slot = (uint32_t)e->count;
}

static int estate_event(void *ctx, enum json_event event, const char *at, size_t n, int depth,
                        struct err *err)
{
    struct estate_walk *w = ctx;

    (void)err;
    if (event == JSON_NAME) {
        w->name = at;
        w->name_n = n;
    } else if (event == JSON_OBJECT && depth == 0) {
        w->top = at;
    } else if (event == JSON_ARRAY && depth == 1) {
        w->in_value = w->name_n == 5 && memcmp(w->name, "value", 5) == 0;
    } else if (event == JSON_OBJECT && depth == 2 && w->in_value) {
        w->item = at;
        buf_clear(&w->id);
    } else if (event == JSON_STRING && w->name_n == 2 && memcmp(w->name, "id", 2) == 0 &&
               ((depth == 3 && w->in_value && w->item) || depth == 1)) {
        json_unescape(depth == 1 ? &w->top_id : &w->id, at, n);
    } else if (event == JSON_OBJECT_END && depth == 2 && w->in_value && w->item) {
        if (w->id.len)
            estate_add(w->estate, &w->id, w->item, (size_t)(at + 1 - w->item));
        w->item = NULL;
    } else if (event == JSON_ARRAY_END && depth == 1) {
        w->in_value = 0;
    } else if (event == JSON_OBJECT_END && depth == 0 && w->top_id.len) {
        estate_add(w->estate, &w->top_id, w->top, (size_t)(at + 1 - w->top));
    }
    return 0;
}

void estate_read(struct estate *e, struct recording *r)
{
    size_t prefix = strlen(r->endpoint) + 4;

    if (e->read)
        return;
    e->read = 1;
    estate_grow(e);
    for (size_t i = 0; i < r->har.count; i++) {
        struct estate_walk w = {.estate = e};
        const struct recording_answer *a = NULL;

        if (r->har.entries[i].status != 200)
            continue;
        a = recording_read(r, i);
        if (a->broken || strncasecmp(a->canonical, "GET ", 4) != 0 ||
            strncasecmp(a->canonical + 4, r->endpoint, prefix - 4) != 0)
            continue;
        json_scan(buf_str(&a->body), a->body.len, estate_event, &w, NULL);
        buf_free(&w.id);
        buf_free(&w.top_id);
    }
}

void estate_free(struct estate *e)
{
    for (size_t i = 0; i < e->count; i++) {
        free(e->items[i].key);
        free(e->items[i].type);
    }
    free(e->items);
    free(e->slots);
}

const struct estate_item *estate_find(const struct estate *e, const char *key)
{
    uint32_t slot = *estate_slot(e, har_hash(key, strlen(key)), key);

    return slot ? &e->items[slot - 1] : NULL;
}

/* Does the path end in a type, as a list does, and not in a name? */
static int estate_is_list(const char *key)
{
    const char *at = NULL, *p = key;
    int slashes = 0;

    while ((p = strstr(p, "/providers/"))) {
        at = p + 11;
        p = at;
    }
    for (p = at ? at : ""; *p; p++)
        slashes += *p == '/';
    return slashes % 2 == 1;
}

/* A list at a subscription holds what lies in its groups; a list elsewhere what lies right below it. */
size_t estate_list(const struct estate *e, const char *key, const struct estate_item ***out, int *known)
{
    char *type = estate_type(key), *below = mem_print("%s/", key), *groups = NULL;
    int at_subscription = strncmp(key, "/subscriptions/", 15) == 0 && strlen(key) > 62 &&
                          strncmp(key + 51, "/providers/", 11) == 0;
    char *subscription =
        mem_copy_n(key, strncmp(key, "/subscriptions/", 15) == 0 && strlen(key) >= 51 ? 51 : 0);
    const struct estate_item **list = NULL;
    size_t n = 0, seen = 0;

    groups = mem_print("%s/resourcegroups/", subscription);
    for (size_t i = 0; i < e->count; i++) {
        const struct estate_item *item = &e->items[i];

        if (strcmp(item->type, type) != 0)
            continue;
        seen++;
        if ((strncmp(item->key, below, strlen(below)) == 0 && !strchr(item->key + strlen(below), '/')) ||
            (at_subscription && strncmp(item->key, groups, strlen(groups)) == 0)) {
            list = mem_grow((void *)list, n + 1, sizeof *list);
            list[n++] = item;
        }
    }
    *known = estate_is_list(key) && (n || (seen && estate_find(e, subscription)));
    *out = list;
    free(type);
    free(below);
    free(groups);
    free(subscription);
    return n;
}
