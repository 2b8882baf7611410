/* Connections. See conn.h. */
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "server.h"

#define CONN_BLOCK 16384

void conn_drop(struct exchange *x)
{
    struct conn *c = x->conn;

    if (c) {
        if (x->before)
            x->before->after = x->after;
        else
            c->open = x->after;
        if (x->after)
            x->after->before = x->before;
    }
    x->before = x->after = NULL;
    x->conn = NULL;
    if (!x->held)
        exchange_free(x);
}

void conn_free(struct conn *c)
{
    if (!c)
        return;
    if (c->h2)
        nghttp2_session_del(c->h2);
    c->h2 = NULL;
    while (c->open)
        conn_drop(c->open);
    if (c->before)
        c->before->after = c->after;
    else
        c->server->conns = c->after;
    if (c->after)
        c->after->before = c->before;
    SSL_free(c->ssl);
    close(c->watch.fd);
    buf_free(&c->in);
    buf_free(&c->out);
    free(c);
}

static void conn_free_later(void *arg)
{
    struct conn *c = arg;

    if (c->flushing) /* its timer comes first */
        loop_at(&c->server->loop, loop_now(), conn_free_later, c);
    else
        conn_free(c);
}

/* Nothing more is read or written; freed when no caller is inside it any more. */
static void conn_kill(struct conn *c)
{
    if (c->dead)
        return;
    c->dead = 1;
    loop_change(&c->server->loop, &c->watch, 0);
    shutdown(c->watch.fd, SHUT_RDWR);
    loop_at(&c->server->loop, 0, conn_free_later, c);
}

void conn_reset(struct conn *c)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};

    if (c->dead)
        return;
    setsockopt(c->watch.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    c->dead = 1;
    loop_change(&c->server->loop, &c->watch, 0);
    loop_at(&c->server->loop, 0, conn_free_later, c);
}

/* ---- bytes */

/* Returns the count, 0 for "not now", -1 for the end. */
static ssize_t conn_read(struct conn *c, char *block, size_t n)
{
    ssize_t got = 0;

    if (!c->ssl) {
        got = read(c->watch.fd, block, n);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        return got ? got : -1;
    }
    ERR_clear_error();
    got = SSL_read(c->ssl, block, (int)n);
    if (got > 0)
        return got;
    switch (SSL_get_error(c->ssl, (int)got)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    default:
        return -1;
    }
}

static ssize_t conn_write(struct conn *c, const char *bytes, size_t n)
{
    ssize_t put = 0;

    if (!c->ssl) {
        put = send(c->watch.fd, bytes, n, MSG_NOSIGNAL);
        return put >= 0 ? put : errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    ERR_clear_error();
    put = SSL_write(c->ssl, bytes, (int)(n > 1 << 20 ? 1 << 20 : n));
    if (put > 0)
        return put;
    switch (SSL_get_error(c->ssl, (int)put)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    default:
        return -1;
    }
}

static void conn_watch(struct conn *c, unsigned events)
{
    if (events == c->events)
        return;
    c->events = events;
    loop_change(&c->server->loop, &c->watch, events);
}

/* To close at once, with bytes of the client unread, would reset the connection and could take from the
 * client what it has not read yet. */
static void conn_linger(struct conn *c)
{
    if (c->lingering)
        return;
    c->lingering = 1;
    if (c->ssl)
        SSL_shutdown(c->ssl);
    shutdown(c->watch.fd, SHUT_WR);
}

static void conn_discard(struct conn *c)
{
    char block[CONN_BLOCK];
    ssize_t n = 0;

    while ((n = read(c->watch.fd, block, sizeof block)) > 0)
        ;
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        conn_kill(c);
}

void conn_flush(struct conn *c)
{
    while (!c->dead && c->ready && !c->lingering) {
        ssize_t put = 0;

        if (c->out_at == c->out.len) {
            buf_clear(&c->out);
            c->out_at = 0;
            if (c->h2 && h2_pull(c) != 0) {
                conn_kill(c);
                return;
            }
            if (!c->out.len)
                break;
        }
        put = conn_write(c, c->out.data + c->out_at, c->out.len - c->out_at);
        if (put < 0) {
            conn_kill(c);
            return;
        }
        if (!put) {
            conn_watch(c, EPOLLIN | EPOLLOUT);
            return;
        }
        c->out_at += (size_t)put;
    }
    if (c->dead || !c->ready || c->lingering)
        return;
    conn_watch(c, EPOLLIN);
    if (c->closing || (c->h2 && !nghttp2_session_want_read(c->h2) && !nghttp2_session_want_write(c->h2))) {
        conn_linger(c);
    }
}

static void conn_receive(struct conn *c)
{
    char block[CONN_BLOCK];

    while (!c->dead && !c->lingering) {
        ssize_t n = conn_read(c, block, sizeof block);

        if (n < 0) {
            conn_kill(c); /* clients of Azure do not close one half only */
            return;
        }
        if (!n)
            break;
        if ((c->h2 ? h2_feed(c, block, (size_t)n) : h1_feed(c, block, (size_t)n)) != 0) {
            conn_kill(c);
            return;
        }
    }
    conn_flush(c);
}

static void conn_shake(struct conn *c)
{
    const unsigned char *protocol = NULL;
    unsigned n = 0;
    int rc = 0;

    ERR_clear_error();
    rc = SSL_accept(c->ssl);
    if (rc != 1) {
        int why = SSL_get_error(c->ssl, rc);

        if (why == SSL_ERROR_WANT_READ)
            conn_watch(c, EPOLLIN);
        else if (why == SSL_ERROR_WANT_WRITE)
            conn_watch(c, EPOLLIN | EPOLLOUT);
        else
            conn_kill(c);
        return;
    }
    c->ready = 1;
    SSL_get0_alpn_selected(c->ssl, &protocol, &n);
    if (n == 2 && memcmp(protocol, "h2", 2) == 0 && h2_begin(c) != 0) {
        conn_kill(c);
        return;
    }
    conn_receive(c);
}

static void conn_ready(struct loop_watch *w, unsigned events)
{
    struct conn *c = (struct conn *)w;

    if (c->dead || c->waiting)
        return;
    if (c->lingering)
        conn_discard(c);
    else if (!c->ready)
        conn_shake(c);
    else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        conn_receive(c);
    else
        conn_flush(c);
}

static void conn_shake_late(void *arg)
{
    struct conn *c = arg;

    c->waiting = 0;
    if (!c->dead)
        conn_shake(c);
}

int conn_new(struct server *s, int fd, int listener, struct err *e)
{
    struct conn *c = mem_zero(1, sizeof *c);
    int64_t late = 0;

    c->watch = (struct loop_watch){fd, conn_ready};
    c->server = s;
    c->listener = listener;
    c->number = ++s->connections;
    c->events = EPOLLIN;
    c->after = s->conns;
    if (c->after)
        c->after->before = c;
    s->conns = c;
    if (listener == LISTEN_PLAIN) {
        c->ready = 1;
    } else {
        c->ssl = SSL_new(s->tls);
        if (!c->ssl || SSL_set_fd(c->ssl, fd) != 1) {
            conn_free(c);
            return err_set(e, "TLS: no connection can be made");
        }
        late = server_tls_delay(s);
    }
    if (loop_add(&s->loop, &c->watch, EPOLLIN, e) != 0) {
        conn_free(c);
        return -1;
    }
    if (late) {
        c->waiting = 1;
        conn_watch(c, 0);
        loop_at(&s->loop, loop_now() + late, conn_shake_late, c);
    }
    return 0;
}

static void conn_flush_due(void *arg)
{
    struct conn *c = arg;

    c->flushing = 0;
    conn_flush(c);
}

void conn_flush_soon(struct conn *c)
{
    if (c->flushing || c->dead)
        return;
    c->flushing = 1;
    loop_at(&c->server->loop, loop_now(), conn_flush_due, c);
}

void conn_answer(struct exchange *x)
{
    struct conn *c = x->conn;

    if (c->dead)
        return;
    if (x->way == EXCHANGE_RESET || (x->way == EXCHANGE_STREAM && !c->h2)) {
        conn_reset(c);
        return;
    }
    if (c->h2)
        h2_answer(x);
    else
        h1_answer(x);
    conn_flush_soon(c);
}
