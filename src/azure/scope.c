/* See scope.h. What is asked here only finds out what to look at; the collection asks the same again, and
 * that is evidence. */
#include "azure/scope.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/ask.h"
#include "azure/url.h"
#include "base/mem.h"
#include "lib/json.h"

#define SCOPE_PAGES_MAX 1000

int scope_is_guid(const char *text, char out[37])
{
    if (strlen(text) != 36)
        return 0;
    for (int i = 0; i < 36; i++) {
        char c = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
        int dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return 0;
        out[i] = c;
    }
    out[36] = '\0';
    return 1;
}

void scope_add(struct scope *s, const char *id, const char *written)
{
    struct collect_subscription *row = NULL;

    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->rows[i].id, id) == 0)
            return;
    }
    s->words = mem_grow(s->words, s->word_count + 1, sizeof *s->words);
    s->words[s->word_count] = mem_copy(written);
    s->rows = mem_grow(s->rows, s->count + 1, sizeof *s->rows);
    row = &s->rows[s->count++];
    memcpy(row->id, id, 37);
    row->written = s->words[s->word_count++];
}

void scope_free(struct scope *s)
{
    for (size_t i = 0; s && i < s->word_count; i++)
        free(s->words[i]);
    if (s) {
        free(s->words);
        free(s->rows);
        *s = (struct scope){0};
    }
}

/* ---- a list, page by page */

static int scope_list(struct transport *t, const struct resources *resources, const char *resource,
                      const char *id, const char *what, int (*item)(void *ctx, const struct json *item),
                      void *ctx, struct err *e)
{
    struct ask_answer answer = {0};
    struct buf url = {0};
    const char *version = NULL;
    int rc = -1;

    for (size_t i = 0; i < resources->count && !version; i++) {
        if (strcmp(resources->rows[i].name, resource) == 0)
            version = resources->rows[i].versions[0];
    }
    if (!version) {
        err_set(e, "%s: there is no resource file of this name", resource);
        goto out;
    }
    if (url_build(&url, t->endpoint, id, version, e) != 0)
        goto out;
    for (int page = 0; page < SCOPE_PAGES_MAX; page++) {
        struct json *doc = NULL;

        if (ask(t, what, buf_str(&url), NULL, RESOURCE_LIST, &answer, e) != 0)
            goto out;
        if (!answer.good) {
            err_set(e, "%s", answer.why.text);
            goto out;
        }
        if (json_parse(&doc, buf_str(&answer.body), answer.body.len, e) != 0)
            goto out;
        for (const struct json *one = json_first(json_get(doc, "value")); one; one = json_next(one))
            item(ctx, one);
        json_free(doc);
        if (!answer.next) {
            rc = 0;
            goto out;
        }
        buf_clear(&url);
        buf_text(&url, answer.next);
        ask_answer_free(&answer);
    }
    err_set(e, "%s: more than %d pages", what, SCOPE_PAGES_MAX);
out:
    ask_answer_free(&answer);
    buf_free(&url);
    return rc;
}

/* ---- names and groups */

struct scope_search {
    struct scope *scope;
    const char *name, *written;
    char id[37];
    int hits;
};

static int scope_item_name(void *ctx, const struct json *item)
{
    struct scope_search *s = ctx;
    const char *name = json_text(json_get(item, "displayName")),
               *id = json_text(json_get(item, "subscriptionId"));

    if (name && id && strcasecmp(name, s->name) == 0 && scope_is_guid(id, s->id))
        s->hits++;
    return 0;
}

int scope_add_name(struct scope *scope, struct transport *t, const struct resources *resources,
                   const char *name, struct err *e)
{
    struct scope_search s = {.name = name};

    if (scope_list(t, resources, "subscription", "/subscriptions", "the list of subscriptions",
                   scope_item_name, &s, e) != 0)
        return -1;
    if (s.hits != 1)
        return err_set(e, "--subscription: %s is called \"%.100s\"%s",
                       s.hits ? "more than one subscription" : "no subscription that this identity sees",
                       name, s.hits ? ": write the id" : "");
    scope_add(scope, s.id, name);
    return 0;
}

static int scope_item_group(void *ctx, const struct json *item)
{
    struct scope_search *s = ctx;
    const char *type = json_text(json_get(item, "type")), *id = json_text(json_get(item, "name"));
    size_t n = type ? strlen(type) : 0;

    /* the type is "/subscriptions" or "Microsoft.Management/managementGroups/subscriptions" */
    if (n >= 14 && strcasecmp(type + n - 14, "/subscriptions") == 0 && id && scope_is_guid(id, s->id)) {
        scope_add(s->scope, s->id, s->written);
        s->hits++;
    }
    return 0;
}

int scope_add_group(struct scope *scope, struct transport *t, const struct resources *resources,
                    const char *group, struct err *e)
{
    char *written = mem_print("management group %s", group),
         *id = mem_print("/providers/Microsoft.Management/managementGroups/%s/descendants", group);
    struct scope_search s = {.scope = scope, .written = written};
    int rc = -1;

    if (strchr(group, '/'))
        err_set(e, "--management-group: \"%.100s\": write its id without slashes", group);
    else
        rc = scope_list(t, resources, "mg_descendant", id, written, scope_item_group, &s, e);
    if (rc == 0 && !s.hits)
        rc = err_set(e, "--management-group: no subscription below \"%.100s\" is visible to this identity",
                     group);
    free(written);
    free(id);
    return rc;
}
