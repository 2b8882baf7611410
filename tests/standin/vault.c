/* Key Vault's data plane: hosts of their own, tokens of their own. Recorded answers, and answers made of the
 * keys that Resource Manager shows. See place.h. Facts: Key Vault REST API 7.5, keys. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/mem.h"
#include "place.h"

/* The name of the vault that a host is, or NULL. */
static char *vault_name(const struct server *s, const char *host)
{
    size_t n = strcspn(host, ":"), dot = strcspn(host, ".");

    if (!s->options->vaults || dot >= n || n - dot - 1 != strlen(s->options->vaults) ||
        strncasecmp(host + dot + 1, s->options->vaults, n - dot - 1) != 0)
        return NULL;
    return mem_copy_n(host, dot);
}

/* ---- answers made of recorded keys */

/* Numbers as Key Vault gives them: so many bits, the first one set. Which number it is means nothing. */
static void vault_put_modulus(struct json_out *o, int64_t bits)
{
    struct buf bytes = {0}, text = {0};

    for (int64_t i = 0; i < bits / 8; i++)
        buf_char(&bytes, (char)(0x80 | (i * 37 & 0x7f)));
    base64url_put(&text, bytes.data, bytes.len);
    json_put_text(o, "n", buf_str(&text));
    json_put_text(o, "e", "AQAB");
    buf_free(&bytes);
    buf_free(&text);
}

static void vault_put_raw(struct json_out *o, const char *name, const struct json *value)
{
    char *raw = value ? json_raw(value) : NULL;

    if (raw)
        json_put_raw(o, name, raw);
    else
        json_put_null(o, name);
    free(raw);
}

/* kid: keyUri or keyUriWithVersion, without the port that is https's own. */
static void vault_put_id(struct json_out *o, const char *name, const char *uri, const char *more)
{
    const char *port = strstr(uri, ":443/");
    char *kid =
        port ? mem_print("%.*s%s%s", (int)(port - uri), uri, port + 4, more) : mem_print("%s%s", uri, more);

    json_put_text(o, name, kid);
    free(kid);
}

static void vault_key(struct exchange *x, const struct json *properties)
{
    struct json_out o = {.compact = 1};
    const char *kty = json_text(json_get(properties, "kty")),
               *uri = json_text(json_get(properties, "keyUriWithVersion"));
    int64_t bits = 0;

    json_begin(&o);
    json_object(&o, NULL);
    json_object(&o, "key");
    vault_put_id(&o, "kid", uri ? uri : "", "");
    json_put_text(&o, "kty", kty);
    vault_put_raw(&o, "key_ops", json_get(properties, "keyOps"));
    if (json_int(json_get(properties, "keySize"), &bits) == 0)
        vault_put_modulus(&o, bits);
    json_object_end(&o);
    vault_put_raw(&o, "attributes", json_get(properties, "attributes"));
    json_object(&o, "tags");
    json_object_end(&o);
    json_object_end(&o);
    exchange_json(x, 200, &o);
}

/* A key without a policy answers with a notice of the default, and attributes null. */
static void vault_policy(struct exchange *x, const struct json *properties)
{
    const struct json *policy = json_get(properties, "rotationPolicy");
    const char *uri = json_text(json_get(properties, "keyUri"));
    struct json_out o = {.compact = 1};

    json_begin(&o);
    json_object(&o, NULL);
    if (json_first(policy)) {
        vault_put_id(&o, "id", uri ? uri : "", "/rotationpolicy");
        json_array(&o, "lifetimeActions");
        for (const struct json *a = json_first(json_get(policy, "lifetimeActions")); a; a = json_next(a)) {
            const char *type = json_text(json_get(json_get(a, "action"), "type"));

            json_object(&o, NULL);
            vault_put_raw(&o, "trigger", json_get(a, "trigger"));
            json_object(&o, "action");
            json_put_text(&o, "type", type && strcasecmp(type, "rotate") == 0 ? "Rotate" : "Notify");
            json_object_end(&o);
            json_object_end(&o);
        }
        json_array_end(&o);
        vault_put_raw(&o, "attributes", json_get(policy, "attributes"));
    } else {
        json_put_raw(&o, "lifetimeActions",
                     "[{\"trigger\":{\"timeBeforeExpiry\":\"P30D\"},\"action\":{\"type\":\"Notify\"}}]");
        json_put_null(&o, "attributes");
    }
    json_object_end(&o);
    exchange_json(x, 200, &o);
}

/* The keys of a vault, or the versions of a key: those right below `prefix`. */
static void vault_list(const struct server *s, struct exchange *x, const char *prefix, const char *uri_name)
{
    struct json_out o = {.compact = 1};
    size_t n = strlen(prefix);

    json_begin(&o);
    json_object(&o, NULL);
    json_array(&o, "value");
    for (size_t i = 0; i < s->estate.count; i++) {
        const struct estate_item *item = &s->estate.items[i];
        struct json *doc = NULL;
        const char *uri = NULL;

        if (strncmp(item->key, prefix, n) != 0 || strchr(item->key + n, '/') ||
            json_parse(&doc, item->json, item->n, NULL) != 0)
            continue;
        uri = json_text(json_get(json_get(doc, "properties"), uri_name));
        json_object(&o, NULL);
        vault_put_id(&o, "kid", uri ? uri : "", "");
        vault_put_raw(&o, "attributes", json_get(json_get(doc, "properties"), "attributes"));
        json_object_end(&o);
        json_free(doc);
    }
    json_array_end(&o);
    json_put_null(&o, "nextLink");
    json_object_end(&o);
    exchange_json(x, 200, &o);
}

/* The folded id of the vault with this name, or NULL; caller frees. */
static char *vault_id(const struct server *s, const char *name)
{
    char *end = mem_print("/providers/microsoft.keyvault/vaults/%s", name),
         *tail = estate_key(end, strlen(end)), *id = NULL;
    size_t n = strlen(tail);

    for (size_t i = 0; i < s->estate.count && !id; i++) {
        const char *key = s->estate.items[i].key;

        if (strlen(key) > n && strcmp(key + strlen(key) - n, tail) == 0)
            id = mem_copy(key);
    }
    free(end);
    free(tail);
    return id;
}

static int vault_made(struct server *s, struct exchange *x, const char *name)
{
    char *path = estate_key(x->path, strlen(x->path)), *vault = NULL, *id = NULL, *rest = NULL;
    const struct estate_item *item = NULL;
    struct json *doc = NULL;
    int made = 1;

    estate_read(&s->estate, &s->recording);
    vault = vault_id(s, name);
    if (!vault || strncmp(path, "/keys", 5) != 0) {
        made = 0;
    } else if (!path[5]) {
        id = mem_print("%s/keys/", vault);
        vault_list(s, x, id, "keyUri");
    } else {
        id = mem_print("%s%.*s", vault, (int)(6 + strcspn(path + 6, "/")), path);
        rest = path + 6 + strcspn(path + 6, "/");
        item = estate_find(&s->estate, id);
        if (!item || json_parse(&doc, item->json, item->n, NULL) != 0) {
            made = 0;
        } else if (strcmp(rest, "/versions") == 0) {
            char *prefix = mem_print("%s/versions/", id);

            vault_list(s, x, prefix, "keyUriWithVersion");
            free(prefix);
        } else if (strcmp(rest, "/rotationpolicy") == 0) {
            vault_policy(x, json_get(doc, "properties"));
        } else if (rest[0] && rest[1]) { /* one version */
            char *one = mem_print("https://management.azure.com%s/versions/%s", id, rest + 1);
            const struct recording_answer *a = recording_find(&s->recording, "GET", one, "", 0);

            json_free(doc);
            doc = NULL;
            made = a && a->status == 200 && json_parse(&doc, buf_str(&a->body), a->body.len, NULL) == 0;
            if (made)
                vault_key(x, json_get(doc, "properties"));
            free(one);
        } else {
            vault_key(x, json_get(doc, "properties"));
        }
    }
    json_free(doc);
    free(path);
    free(vault);
    free(id);
    return made;
}

int place_vault(struct server *s, struct exchange *x)
{
    char *name = vault_name(s, x->host), *url = NULL;
    const struct recording_answer *a = NULL;

    if (!name)
        return 0;
    if (!place_may(s, x, place_is_vault)) {
        fields_free(&x->out);
        exchange_error(x, 401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.");
        exchange_say(x, "www-authenticate",
                     "Bearer authorization=\"%s/%s\", resource=\"https://vault.azure.net\"", s->origin,
                     s->options->tenant);
        goto out;
    }
    if (vault_signs(s, x))
        goto out;
    url = mem_print("https://%s.vault.azure.net%s", name, x->target);
    a = recording_find(&s->recording, x->method, url, buf_str(&x->asked), x->asked.len);
    if (a && !a->broken)
        exchange_borrow(x, a->status, buf_str(&a->body), a->body.len);
    else if (!vault_made(s, x, name))
        exchange_error(x, 404, "KeyNotFound", "A key with (name/id) %s was not found in this key vault.",
                       x->path);
out:
    free(name);
    free(url);
    return 1;
}
