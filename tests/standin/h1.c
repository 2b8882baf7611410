/* HTTP/1.1 (RFC 9112), as far as clients of Azure use it. One request at a time; what a client sends ahead
 * waits. See conn.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "conn.h"
#include "server.h"

#define H1_HEAD_MAX 65536
#define H1_BODY_MAX (4 << 20)

static int h1_header(struct exchange *x, const char *line, size_t n)
{
    const char *colon = memchr(line, ':', n), *from = NULL, *end = line + n;

    if (!colon || colon == line)
        return -1;
    for (from = colon + 1; from < end && (*from == ' ' || *from == '\t'); from++)
        ;
    while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    fields_add(&x->in, line, (size_t)(colon - line), from, (size_t)(end - from));
    return 0;
}

static int h1_head(struct exchange *x, const char *head, size_t n)
{
    const char *p = head, *end = head + n;
    const char *first = memchr(head, ' ', n), *second = NULL;

    if (first)
        second = memchr(first + 1, ' ', (size_t)(end - first - 1));
    if (!second || first == head || first[1] != '/')
        return -1;
    x->method = mem_copy_n(head, (size_t)(first - head));
    exchange_set_target(x, first + 1, (size_t)(second - first - 1));
    p = memchr(second, '\n', (size_t)(end - second));
    for (p = p ? p + 1 : end; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t line = (size_t)((stop ? stop : end) - p);

        if (line && p[line - 1] == '\r')
            line--;
        if (line && h1_header(x, p, line) != 0)
            return -1;
        p = stop ? stop + 1 : end;
    }
    x->host = mem_copy(exchange_header(x, "host") ? exchange_header(x, "host") : "");
    return 0;
}

/* A chunked body. Bytes that it takes; 0: not whole yet; -1: broken. */
static long h1_chunks(const char *at, size_t n, struct buf *out)
{
    size_t i = 0;

    for (;;) {
        const char *line = memchr(at + i, '\n', n - i);
        unsigned long size = 0;

        if (!line)
            return 0;
        size = strtoul(at + i, NULL, 16);
        if (size > H1_BODY_MAX || out->len + size > H1_BODY_MAX)
            return -1;
        i = (size_t)(line + 1 - at);
        if (n - i < size + 2)
            return 0;
        buf_add(out, at + i, size);
        i += size + 2;
        if (!size)
            return (long)i;
    }
}

/* The next whole request, if it is there. 1: served; 0: more bytes are needed; -1: broken. */
static int h1_next(struct conn *c)
{
    const char *end = c->in.len ? memmem(c->in.data, c->in.len, "\r\n\r\n", 4) : NULL;
    struct exchange *x = NULL;
    const char *length = NULL, *coding = NULL;
    size_t head = 0, body = 0;

    if (!end)
        return c->in.len > H1_HEAD_MAX ? -1 : 0;
    head = (size_t)(end + 4 - c->in.data);
    x = exchange_new(c, c->listener);
    if (h1_head(x, c->in.data, head - 2) != 0)
        goto broken;
    length = exchange_header(x, "content-length");
    coding = exchange_header(x, "transfer-encoding");
    if (coding && strcasecmp(coding, "chunked") == 0) {
        long n = h1_chunks(c->in.data + head, c->in.len - head, &x->asked);

        if (n < 0)
            goto broken;
        if (n == 0)
            goto later;
        body = (size_t)n;
    } else if (length) {
        body = strtoul(length, NULL, 10);
        if (body > H1_BODY_MAX)
            goto broken;
        if (c->in.len - head < body)
            goto later;
        buf_add(&x->asked, c->in.data + head, body);
    }
    memmove(c->in.data, c->in.data + head + body, c->in.len - head - body);
    c->in.len -= head + body;
    c->open = x;
    server_serve(c->server, x);
    return 1;
later:
    exchange_free(x);
    return 0;
broken:
    exchange_free(x);
    return -1;
}

int h1_feed(struct conn *c, const char *bytes, size_t n)
{
    int rc = 1;

    buf_add(&c->in, bytes, n);
    while (!c->open && !c->dead && rc == 1)
        rc = h1_next(c);
    return rc < 0 ? -1 : 0;
}

static const char *h1_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {{200, "OK"},
                {302, "Found"},
                {307, "Temporary Redirect"},
                {400, "Bad Request"},
                {401, "Unauthorized"},
                {403, "Forbidden"},
                {404, "Not Found"},
                {405, "Method Not Allowed"},
                {409, "Conflict"},
                {429, "Too Many Requests"},
                {500, "Internal Server Error"},
                {502, "Bad Gateway"},
                {503, "Service Unavailable"},
                {504, "Gateway Timeout"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].status == status)
            return rows[i].text;
    }
    return "Other";
}

static void h1_done(struct exchange *x)
{
    struct conn *c = x->conn;
    const char *asked = exchange_header(x, "connection");

    if (x->way == EXCHANGE_TRUNCATED || x->way == EXCHANGE_GOAWAY ||
        (asked && strcasecmp(asked, "close") == 0))
        c->closing = 1;
    conn_drop(x);
    if (!c->closing && h1_feed(c, "", 0) != 0)
        c->closing = 1;
}

static void h1_drip(void *arg)
{
    struct exchange *x = arg;
    struct conn *c = x->conn;
    size_t n = x->size - x->sent;

    if (c->dead)
        return;
    if (n > x->drip_bytes)
        n = x->drip_bytes;
    buf_add(&c->out, x->body + x->sent, n);
    x->sent += n;
    if (x->sent < x->size)
        server_hold(x, x->drip_ms, h1_drip);
    else
        h1_done(x);
    conn_flush_soon(c);
}

void h1_answer(struct exchange *x)
{
    struct conn *c = x->conn;
    struct buf *out = &c->out;
    size_t n = x->way == EXCHANGE_TRUNCATED ? x->size / 2 : x->size;

    buf_print(out, "HTTP/1.1 %d %s\r\n", x->status, h1_reason(x->status));
    for (size_t i = 0; i < x->out.count; i++)
        buf_print(out, "%s: %s\r\n", x->out.rows[i].name, x->out.rows[i].value);
    if (x->way == EXCHANGE_GOAWAY)
        buf_text(out, "connection: close\r\n");
    buf_print(out, "content-length: %zu\r\n\r\n", x->size);
    if (strcasecmp(x->method, "HEAD") == 0)
        n = 0;
    if (x->way == EXCHANGE_DRIP && n) {
        server_hold(x, x->drip_ms, h1_drip);
        return;
    }
    buf_add(out, x->body, n);
    h1_done(x);
}
