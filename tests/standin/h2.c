/* HTTP/2 (RFC 9113) by nghttp2. See conn.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "conn.h"
#include "server.h"

#define H2_PULL 65536 /* bytes of frames taken at once */
#define H2_BODY_MAX (4 << 20)
#define H2_WINDOW (1 << 20) /* of ours; clients send little */

static int h2_begin_headers(nghttp2_session *s, const nghttp2_frame *frame, void *user)
{
    struct conn *c = user;
    struct exchange *x = NULL;

    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    x = exchange_new(c, c->listener);
    x->stream = frame->hd.stream_id;
    x->after = c->open;
    if (x->after)
        x->after->before = x;
    c->open = x;
    nghttp2_session_set_stream_user_data(s, x->stream, x);
    return 0;
}

static int h2_header(nghttp2_session *s, const nghttp2_frame *frame, const uint8_t *name, size_t name_n,
                     const uint8_t *value, size_t value_n, uint8_t flags, void *user)
{
    struct exchange *x = nghttp2_session_get_stream_user_data(s, frame->hd.stream_id);
    const char *n = (const char *)name, *v = (const char *)value;

    (void)flags;
    (void)user;
    if (!x)
        return 0;
    if (name_n && *n != ':')
        fields_add(&x->in, n, name_n, v, value_n);
    else if (strcmp(n, ":method") == 0 && !x->method)
        x->method = mem_copy_n(v, value_n);
    else if (strcmp(n, ":authority") == 0 && !x->host)
        x->host = mem_copy_n(v, value_n);
    else if (strcmp(n, ":path") == 0 && !x->target)
        exchange_set_target(x, v, value_n);
    return 0;
}

static int h2_data(nghttp2_session *s, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t n,
                   void *user)
{
    struct exchange *x = nghttp2_session_get_stream_user_data(s, stream);

    (void)flags;
    (void)user;
    if (x && x->asked.len + n <= H2_BODY_MAX)
        buf_add(&x->asked, bytes, n);
    return 0;
}

static int h2_frame(nghttp2_session *s, const nghttp2_frame *frame, void *user)
{
    struct conn *c = user;
    struct exchange *x = NULL;

    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    x = nghttp2_session_get_stream_user_data(s, frame->hd.stream_id);
    if (!x)
        return 0;
    if (!x->host) {
        const char *host = exchange_header(x, "host");

        x->host = mem_copy(host ? host : "");
    }
    if (!x->method || !x->target)
        return nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE, x->stream, NGHTTP2_PROTOCOL_ERROR);
    server_serve(c->server, x);
    return 0;
}

static int h2_closed(nghttp2_session *s, int32_t stream, uint32_t code, void *user)
{
    struct exchange *x = nghttp2_session_get_stream_user_data(s, stream);

    (void)code;
    (void)user;
    if (!x)
        return 0;
    nghttp2_session_set_stream_user_data(s, stream, NULL);
    conn_drop(x);
    return 0;
}

int h2_begin(struct conn *c)
{
    nghttp2_session_callbacks *calls = NULL;
    nghttp2_settings_entry ours[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)c->server->options->streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW}};
    int rc = -1;

    if (nghttp2_session_callbacks_new(&calls) != 0)
        return -1;
    nghttp2_session_callbacks_set_on_begin_headers_callback(calls, h2_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(calls, h2_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, h2_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(calls, h2_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(calls, h2_closed);
    if (nghttp2_session_server_new(&c->h2, calls, c) == 0 &&
        nghttp2_submit_settings(c->h2, NGHTTP2_FLAG_NONE, ours, sizeof ours / sizeof *ours) == 0)
        rc = 0;
    nghttp2_session_callbacks_del(calls);
    return rc;
}

int h2_feed(struct conn *c, const char *bytes, size_t n)
{
    return nghttp2_session_mem_recv(c->h2, (const uint8_t *)bytes, n) == (ssize_t)n ? 0 : -1;
}

int h2_pull(struct conn *c)
{
    while (c->out.len < H2_PULL) {
        const uint8_t *bytes = NULL;
        ssize_t n = nghttp2_session_mem_send(c->h2, &bytes);

        if (n < 0)
            return -1;
        if (!n)
            break;
        buf_add(&c->out, bytes, (size_t)n);
    }
    return 0;
}

static ssize_t h2_read(nghttp2_session *s, int32_t stream, uint8_t *out, size_t room, uint32_t *flags,
                       nghttp2_data_source *source, void *user)
{
    struct exchange *x = source->ptr;
    size_t end = x->way == EXCHANGE_TRUNCATED ? x->size / 2 : x->size, n = 0;

    (void)s;
    (void)stream;
    (void)user;
    if (x->way == EXCHANGE_DRIP && end > x->allowed)
        end = x->allowed;
    n = end - x->sent;
    if (n > room)
        n = room;
    if (n)
        memcpy(out, x->body + x->sent, n);
    x->sent += n;
    if (x->sent == x->size || (x->way == EXCHANGE_TRUNCATED && x->sent == end))
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    else if (!n)
        return NGHTTP2_ERR_DEFERRED;
    return (ssize_t)n;
}

static void h2_drip(void *arg)
{
    struct exchange *x = arg;
    struct conn *c = x->conn;

    if (c->dead)
        return;
    x->allowed += x->drip_bytes;
    if (x->allowed < x->size)
        server_hold(x, x->drip_ms, h2_drip);
    nghttp2_session_resume_data(c->h2, x->stream);
    conn_flush_soon(c);
}

static nghttp2_nv h2_field(char *name, char *value)
{
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

void h2_answer(struct exchange *x)
{
    struct conn *c = x->conn;
    nghttp2_data_provider body = {.source.ptr = x, .read_callback = h2_read};
    nghttp2_nv *head = mem_zero(x->out.count + 2, sizeof *head);
    char status_name[] = ":status", size_name[] = "content-length", status[16], size[32];
    size_t n = 0;

    if (x->way == EXCHANGE_STREAM) {
        nghttp2_submit_rst_stream(c->h2, NGHTTP2_FLAG_NONE, x->stream, NGHTTP2_INTERNAL_ERROR);
        free(head);
        return;
    }
    snprintf(status, sizeof status, "%d", x->status);
    snprintf(size, sizeof size, "%zu", x->size);
    head[n++] = h2_field(status_name, status);
    for (size_t i = 0; i < x->out.count; i++) {
        if (strcmp(x->out.rows[i].name, "connection") != 0)
            head[n++] = h2_field(x->out.rows[i].name, x->out.rows[i].value);
    }
    head[n++] = h2_field(size_name, size);
    if (x->way == EXCHANGE_DRIP)
        server_hold(x, x->drip_ms, h2_drip);
    nghttp2_submit_response(c->h2, x->stream, head, n,
                            x->size && strcasecmp(x->method, "HEAD") != 0 ? &body : NULL);
    if (x->way == EXCHANGE_GOAWAY)
        nghttp2_submit_goaway(c->h2, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(c->h2),
                              NGHTTP2_NO_ERROR, NULL, 0);
    free(head);
}
