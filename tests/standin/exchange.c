/* Requests and answers. See exchange.h. */
#include "exchange.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

struct exchange *exchange_new(struct conn *conn, int listener)
{
    struct exchange *x = mem_zero(1, sizeof *x);

    x->conn = conn;
    x->listener = listener;
    x->body = "";
    return x;
}

void fields_add(struct fields *f, const char *name, size_t name_n, const char *value, size_t value_n)
{
    struct field one = {mem_copy_n(name, name_n), mem_copy_n(value, value_n)};

    for (char *p = one.name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    f->rows = mem_grow(f->rows, f->count + 1, sizeof *f->rows);
    f->rows[f->count++] = one;
}

void fields_free(struct fields *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->rows[i].name);
        free(f->rows[i].value);
    }
    free(f->rows);
    *f = (struct fields){0};
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    free(x->method);
    free(x->target);
    free(x->host);
    free(x->path);
    free(x->query);
    fields_free(&x->in);
    fields_free(&x->out);
    buf_free(&x->asked);
    buf_free(&x->own);
    free(x);
}

const char *exchange_header(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->in.count; i++) {
        if (strcmp(x->in.rows[i].name, name) == 0)
            return x->in.rows[i].value;
    }
    return NULL;
}

void exchange_set_target(struct exchange *x, const char *target, size_t n)
{
    size_t path = 0;

    free(x->target);
    free(x->path);
    free(x->query);
    x->target = mem_copy_n(target, n);
    path = strcspn(x->target, "?");
    x->path = mem_copy_n(x->target, path);
    x->query = mem_copy(x->target[path] ? x->target + path + 1 : "");
}

static int exchange_hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* One value of a=b&c=d, with + and %XX undone. */
static int exchange_value(const char *list, const char *name, struct buf *out)
{
    size_t n = strlen(name);

    for (const char *p = list; *p;) {
        size_t end = strcspn(p, "&");

        if (end > n && p[n] == '=' && strncasecmp(p, name, n) == 0) {
            for (size_t i = n + 1; i < end; i++) {
                if (p[i] == '%' && i + 2 < end && exchange_hex(p[i + 1]) >= 0 &&
                    exchange_hex(p[i + 2]) >= 0) {
                    buf_char(out, (char)(exchange_hex(p[i + 1]) * 16 + exchange_hex(p[i + 2])));
                    i += 2;
                } else {
                    buf_char(out, p[i] == '+' ? ' ' : p[i]);
                }
            }
            return 1;
        }
        p += end + (p[end] == '&');
    }
    return 0;
}

int exchange_parameter(const struct exchange *x, const char *name, struct buf *out)
{
    struct buf encoded = {0};
    int found = exchange_value(x->query, name, out);

    if (!found && *name == '$') { /* "%24filter" */
        buf_print(&encoded, "%%24%s", name + 1);
        found = exchange_value(x->query, buf_str(&encoded), out);
        buf_free(&encoded);
    }
    return found;
}

int exchange_form(const struct exchange *x, const char *name, struct buf *out)
{
    return exchange_value(buf_str(&x->asked), name, out);
}

int exchange_glob(const char *pattern, const char *text)
{
    return fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

/* ---- the answer */

void exchange_say(struct exchange *x, const char *name, const char *fmt, ...)
{
    char value[2048];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    fields_add(&x->out, name, strlen(name), value, strlen(value));
}

void exchange_borrow(struct exchange *x, int status, const char *body, size_t size)
{
    x->status = status;
    x->body = body;
    x->size = size;
    exchange_say(x, "content-type", "application/json; charset=utf-8");
}

void exchange_json(struct exchange *x, int status, struct json_out *o)
{
    buf_free(&x->own);
    json_end(o, NULL);
    x->own = o->buf;
    o->buf = (struct buf){0};
    exchange_borrow(x, status, buf_str(&x->own), x->own.len);
}

void exchange_text(struct exchange *x, int status, const char *type, const char *text)
{
    buf_clear(&x->own);
    buf_text(&x->own, text);
    x->status = status;
    x->body = buf_str(&x->own);
    x->size = x->own.len;
    exchange_say(x, "content-type", "%s", type);
}

void exchange_error(struct exchange *x, int status, const char *code, const char *fmt, ...)
{
    struct json_out o = {.compact = 1};
    char message[4096];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    json_begin(&o);
    json_object(&o, NULL);
    json_object(&o, "error");
    json_put_text(&o, "code", code);
    json_put_text(&o, "message", message);
    json_object_end(&o);
    json_object_end(&o);
    exchange_json(x, status, &o);
    exchange_say(x, "x-ms-failure-cause", "gateway");
}
