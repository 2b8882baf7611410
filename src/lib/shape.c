/* The fields that a JSON document of ours may have. See shape.h. */
#include "lib/shape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- from a pointer to a line: one strict pass that keeps the path of the token it is at */

struct shape_search {
    const char *pointer;
    const char *found;
    struct buf path;
    size_t lengths[102]; /* of the path, per depth */
    int index[102];      /* of the next item, per depth; -1 inside an object */
};

static void shape_search_name(struct buf *path, const char *raw, size_t n)
{
    struct buf name = {0};

    json_unescape(&name, raw, n);
    buf_char(path, '/');
    for (const char *p = buf_str(&name); *p; p++) { /* RFC 6901 section 3 */
        if (*p == '~' || *p == '/')
            buf_text(path, *p == '~' ? "~0" : "~1");
        else
            buf_char(path, *p);
    }
    buf_free(&name);
}

static int shape_search_event(void *ctx, enum json_event event, const char *at, size_t n, int depth,
                              struct err *e)
{
    struct shape_search *s = ctx;

    (void)e;
    if (event == JSON_OBJECT_END || event == JSON_ARRAY_END)
        return 0;
    if (event == JSON_NAME) {
        s->path.len = s->lengths[depth - 1];
        shape_search_name(&s->path, at, n);
        return 0;
    }
    if (depth > 0 && s->index[depth - 1] >= 0) {
        s->path.len = s->lengths[depth - 1];
        buf_print(&s->path, "/%d", s->index[depth - 1]++);
    }
    if (s->path.data)
        s->path.data[s->path.len] = '\0';
    s->lengths[depth] = s->path.len;
    s->index[depth] = event == JSON_ARRAY ? 0 : -1;
    if (strcmp(buf_str(&s->path), s->pointer) == 0) {
        s->found = at;
        return 1;
    }
    return 0;
}

int shape_line(const char *text, size_t size, const char *pointer)
{
    struct shape_search s = {.pointer = pointer};
    struct err ignored;
    int line = 1;

    json_scan(text, size, shape_search_event, &s, &ignored);
    buf_free(&s.path);
    if (!s.found)
        return 0;
    for (const char *p = text; p < s.found; p++)
        line += *p == '\n';
    return line;
}

/* ---- problems */

void shape_problem(struct shape_report *r, const struct json *at, const char *fmt, ...)
{
    char *pointer = json_pointer(r->doc, at), what[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    buf_print(&r->lines, "%s:%d: %s: %s\n", r->file, shape_line(r->text, r->size, pointer),
              *pointer ? pointer : "/", what);
    r->problems++;
    free(pointer);
}

int shape_error(const struct shape_report *r, struct err *e)
{
    const char *lines = buf_str(&r->lines);

    if (!r->problems)
        return 0;
    if (r->problems == 1)
        return err_set(e, "%.*s", (int)strcspn(lines, "\n"), lines);
    return err_set(e, "%.*s (and %d more)", (int)strcspn(lines, "\n"), lines, r->problems - 1);
}

/* ---- the check */

static void shape_word(struct shape_report *r, const struct json *value, const char *const *words)
{
    struct buf all = {0};

    for (const char *const *w = words; w && *w; w++) {
        if (strcmp(*w, json_text(value)) == 0) {
            buf_free(&all);
            return;
        }
        buf_print(&all, "%s%s", w == words ? "" : ", ", *w);
    }
    if (words)
        shape_problem(r, value, "\"%s\" is none of: %s", json_text(value), buf_str(&all));
    buf_free(&all);
}

static void shape_text(struct shape_report *r, const struct json *value, const struct shape_field *f)
{
    if (!json_text(value))
        shape_problem(r, value, "must be a string");
    else if (!*json_text(value) && f->kind != SHAPE_BLANK)
        shape_problem(r, value, "is empty");
    else
        shape_word(r, value, f->words);
}

static void shape_items(struct shape_report *r, const struct json *value, const struct shape_field *f)
{
    enum json_event outer = f->kind == SHAPE_MAP ? JSON_OBJECT : JSON_ARRAY;

    if (!json_is(value, outer)) {
        shape_problem(r, value, outer == JSON_OBJECT ? "must be an object" : "must be an array");
        return;
    }
    for (const struct json *item = json_first(value); item; item = json_next(item)) {
        if (f->kind == SHAPE_TEXTS)
            shape_text(r, item, f);
        else
            shape_check(r, item, f->fields);
    }
}

static void shape_value(struct shape_report *r, const struct json *value, const struct shape_field *f)
{
    int64_t n = 0;
    int boolean = json_is(value, JSON_TRUE) || json_is(value, JSON_FALSE);

    switch (f->kind) {
    case SHAPE_TEXT:
    case SHAPE_BLANK:
        shape_text(r, value, f);
        break;
    case SHAPE_INT:
        if (json_int(value, &n) != 0)
            shape_problem(r, value, "must be an integer");
        break;
    case SHAPE_BOOL:
        if (!boolean)
            shape_problem(r, value, "must be true or false");
        break;
    case SHAPE_SCALAR:
        if (!boolean && json_int(value, &n) != 0 && !(json_text(value) && *json_text(value)))
            shape_problem(r, value, "must be a string, an integer, or true or false");
        break;
    case SHAPE_OBJECT:
        shape_check(r, value, f->fields);
        break;
    case SHAPE_OBJECTS:
    case SHAPE_MAP:
    case SHAPE_TEXTS:
        shape_items(r, value, f);
        break;
    }
}

void shape_check(struct shape_report *r, const struct json *object, const struct shape_field *fields)
{
    if (!json_is(object, JSON_OBJECT)) {
        shape_problem(r, object, "must be an object");
        return;
    }
    for (const struct json *member = json_first(object); member; member = json_next(member)) {
        const struct shape_field *f = fields;

        while (f->name && strcmp(f->name, json_name(member)) != 0)
            f++;
        if (f->name)
            shape_value(r, member, f);
        else
            shape_problem(r, member, "unknown field \"%s\"", json_name(member));
    }
    for (const struct shape_field *f = fields; f->name; f++) {
        if (f->required && !json_get(object, f->name))
            shape_problem(r, object, "the field \"%s\" is missing", f->name);
    }
}
