/* JSON trees (cJSON, behind the strict pass) and the JSON writer. See json.h. */
#include "lib/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A struct json is a cJSON; the name keeps the library inside this file. */
static const cJSON *json_item(const struct json *value)
{
    return (const cJSON *)value;
}

static const struct json *json_of(const cJSON *item)
{
    return (const struct json *)item;
}

int json_parse(struct json **out, const char *text, size_t n, struct err *e)
{
    cJSON *doc = NULL;
    const char *from = text;

    if (json_scan(text, n, NULL, NULL, e) != 0)
        return -1;
    if (n >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0)
        from += 3;
    doc = cJSON_ParseWithLengthOpts(from, n - (size_t)(from - text), NULL, 0);
    if (!doc)
        return err_set(e, "not JSON");
    *out = (struct json *)doc;
    return 0;
}

void json_free(struct json *doc)
{
    cJSON_Delete((cJSON *)doc);
}

const struct json *json_get(const struct json *object, const char *name)
{
    return json_of(
        cJSON_IsObject(json_item(object)) ? cJSON_GetObjectItemCaseSensitive(json_item(object), name) : NULL);
}

const struct json *json_first(const struct json *value)
{
    return value ? json_of(json_item(value)->child) : NULL;
}

const struct json *json_next(const struct json *item)
{
    return json_of(json_item(item)->next);
}

const char *json_name(const struct json *member)
{
    return json_item(member)->string;
}

const char *json_text(const struct json *value)
{
    return cJSON_GetStringValue(json_item(value));
}

int json_is(const struct json *value, enum json_event kind)
{
    const cJSON *item = json_item(value);

    switch (kind) {
    case JSON_OBJECT:
        return cJSON_IsObject(item);
    case JSON_ARRAY:
        return cJSON_IsArray(item);
    case JSON_STRING:
        return cJSON_IsString(item);
    case JSON_NUMBER:
        return cJSON_IsNumber(item);
    case JSON_TRUE:
        return cJSON_IsTrue(item);
    case JSON_FALSE:
        return cJSON_IsFalse(item);
    case JSON_NULL:
        return cJSON_IsNull(item);
    default:
        return 0;
    }
}

int json_int(const struct json *value, int64_t *out)
{
    const cJSON *item = json_item(value);

    if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) ||
        fabs(item->valuedouble) > 9e15)
        return -1;
    *out = (int64_t)item->valuedouble;
    return 0;
}

int json_true(const struct json *value)
{
    return cJSON_IsTrue(json_item(value));
}

size_t json_count(const struct json *value)
{
    size_t n = 0;

    for (const struct json *item = json_first(value); item; item = json_next(item))
        n++;
    return n;
}

static int json_path_to(const cJSON *at, const cJSON *goal, struct buf *path)
{
    size_t before = path->len;
    int i = 0;

    if (at == goal)
        return 1;
    for (const cJSON *child = at->child; child; child = child->next, i++) {
        path->len = before;
        buf_char(path, '/');
        if (cJSON_IsArray(at)) {
            buf_print(path, "%d", i);
        } else {
            for (const char *p = child->string; p && *p; p++) { /* RFC 6901 section 3 */
                if (*p == '~')
                    buf_text(path, "~0");
                else if (*p == '/')
                    buf_text(path, "~1");
                else
                    buf_char(path, *p);
            }
        }
        if (json_path_to(child, goal, path))
            return 1;
    }
    path->len = before;
    return 0;
}

char *json_pointer(const struct json *doc, const struct json *value)
{
    struct buf path = {0};

    buf_text(&path, "");
    json_path_to(json_item(doc), json_item(value), &path);
    if (path.data)
        path.data[path.len] = '\0';
    return buf_take(&path);
}

char *json_raw(const struct json *value)
{
    char *printed = cJSON_PrintUnformatted(json_item(value));
    char *copy = mem_copy(printed ? printed : "null");

    cJSON_free(printed);
    return copy;
}

/* ---- the writer */

#define JSON_FLUSH (64 * 1024)

static void json_flush(struct json_out *o)
{
    if (!o->write || o->failed)
        return;
    if (o->buf.len && o->write(o->ctx, o->buf.data, o->buf.len, &o->err) != 0)
        o->failed = 1;
    buf_clear(&o->buf);
}

static void json_quote(struct buf *b, const char *text)
{
    const char *run = text; /* what needs no escape is copied in one piece */

    buf_char(b, '"');
    for (const char *p = text;; p++) {
        unsigned char c = (unsigned char)*p;

        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buf_add(b, run, (size_t)(p - run));
        run = p + 1;
        if (!c)
            break;
        if (c == '"' || c == '\\')
            buf_print(b, "\\%c", c);
        else if (c == '\n')
            buf_text(b, "\\n");
        else
            buf_print(b, "\\u%04x", c);
    }
    buf_char(b, '"');
}

static void json_before(struct json_out *o, const char *name)
{
    if (o->depth > 0) {
        if (!o->fresh[o->depth])
            buf_char(&o->buf, ',');
        o->fresh[o->depth] = 0;
        if (!o->compact) {
            buf_char(&o->buf, '\n');
            for (int i = 0; i < o->depth; i++)
                buf_text(&o->buf, "  ");
        }
    }
    if (name) {
        json_quote(&o->buf, name);
        buf_text(&o->buf, o->compact ? ":" : ": ");
    }
}

static void json_after(struct json_out *o)
{
    if (o->buf.len >= JSON_FLUSH)
        json_flush(o);
}

void json_begin(struct json_out *o)
{
    o->depth = 0;
    o->failed = 0;
    buf_clear(&o->buf);
}

static void json_open(struct json_out *o, const char *name, char c)
{
    json_before(o, name);
    buf_char(&o->buf, c);
    if (o->depth < (int)(sizeof o->fresh / sizeof *o->fresh) - 1)
        o->depth++;
    o->fresh[o->depth] = 1;
}

static void json_close(struct json_out *o, char c)
{
    int empty = o->fresh[o->depth];

    o->depth--;
    if (!empty && !o->compact) {
        buf_char(&o->buf, '\n');
        for (int i = 0; i < o->depth; i++)
            buf_text(&o->buf, "  ");
    }
    buf_char(&o->buf, c);
    json_after(o);
}

void json_object(struct json_out *o, const char *name)
{
    json_open(o, name, '{');
}

void json_object_end(struct json_out *o)
{
    json_close(o, '}');
}

void json_array(struct json_out *o, const char *name)
{
    json_open(o, name, '[');
}

void json_array_end(struct json_out *o)
{
    json_close(o, ']');
}

void json_put_text(struct json_out *o, const char *name, const char *text)
{
    json_before(o, name);
    if (text)
        json_quote(&o->buf, text);
    else
        buf_text(&o->buf, "null");
    json_after(o);
}

void json_put_int(struct json_out *o, const char *name, int64_t value)
{
    json_before(o, name);
    buf_print(&o->buf, "%lld", (long long)value);
}

void json_put_bool(struct json_out *o, const char *name, int value)
{
    json_before(o, name);
    buf_text(&o->buf, value ? "true" : "false");
}

void json_put_null(struct json_out *o, const char *name)
{
    json_before(o, name);
    buf_text(&o->buf, "null");
}

void json_put_raw(struct json_out *o, const char *name, const char *json)
{
    json_before(o, name);
    buf_text(&o->buf, json);
    json_after(o);
}

int json_end(struct json_out *o, struct err *e)
{
    if (!o->compact)
        buf_char(&o->buf, '\n');
    json_flush(o);
    if (o->failed)
        return err_set(e, "%s", o->err.text);
    return 0;
}
