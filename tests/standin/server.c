/* The stand-in for Azure. See server.h. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "conn.h"
#include "place.h"

/* ---- listeners */

static void server_accept(struct loop_watch *w, unsigned events)
{
    struct server_listener *l = (struct server_listener *)w;
    int on = 1;

    (void)events;
    for (;;) {
        int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        conn_new(l->server, fd, l->kind, NULL);
    }
}

/* Loopback only: this program must never serve another machine. */
static int server_listen(struct server *s, int kind, int port, struct err *e)
{
    struct server_listener *l = &s->listeners[kind];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t n = sizeof a;
    int on = 1;

    if (inet_pton(AF_INET, s->options->listen, &a.sin_addr) != 1 || ntohl(a.sin_addr.s_addr) >> 24 != 127)
        return err_set(e, "--listen: %s: only 127.0.0.0/8 is served", s->options->listen);
    *l = (struct server_listener){.server = s, .kind = kind};
    l->watch =
        (struct loop_watch){socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), server_accept};
    if (l->watch.fd < 0)
        return err_set(e, "socket: %s", strerror(errno));
    setsockopt(l->watch.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(l->watch.fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(l->watch.fd, 512) != 0 ||
        getsockname(l->watch.fd, (struct sockaddr *)&a, &n) != 0)
        return err_set(e, "%s port %d: %s", s->options->listen, port, strerror(errno));
    l->port = ntohs(a.sin_port);
    return loop_add(&s->loop, &l->watch, EPOLLIN, e);
}

static int server_choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n,
                                  const unsigned char *in, unsigned in_n, void *arg)
{
    static const unsigned char both[] = "\x02h2\x08http/1.1";
    const struct server *s = arg;
    unsigned char *chosen = NULL;

    (void)ssl;
    if (SSL_select_next_proto(&chosen, n, both + (s->options->http1 ? 3 : 0), s->options->http1 ? 9 : 12, in,
                              in_n) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int server_tls(struct server *s, struct err *e)
{
    s->tls = SSL_CTX_new(TLS_server_method());
    if (!s->tls || SSL_CTX_use_certificate_chain_file(s->tls, s->options->cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(s->tls, s->options->key, SSL_FILETYPE_PEM) != 1)
        return err_set(e, "%s, %s: no certificate and key (PEM) that fit each other", s->options->cert,
                       s->options->key);
    SSL_CTX_set_mode(s->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(s->tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_alpn_select_cb(s->tls, server_choose_protocol, s);
    return 0;
}

static int server_file(FILE **out, const char *path, struct err *e)
{
    if (!path)
        return 0;
    *out = fopen(path, "ae");
    if (!*out)
        return err_set(e, "%s: %s", path, strerror(errno));
    setvbuf(*out, NULL, _IOLBF, 0);
    return 0;
}

/* Vault hosts in the answers become ours. */
static void server_name_vaults(struct server *s)
{
    if (!s->options->vaults)
        return;
    s->recording.vault_from = mem_copy(".vault.azure.net");
    s->recording.vault_to = mem_print(".%s:%d", s->options->vaults, s->listeners[LISTEN_TLS].port);
}

int server_open(struct server *s, const struct options *o, volatile sig_atomic_t *stop, struct err *e)
{
    *s = (struct server){.options = o};
    for (int i = 0; i < LISTEN_KINDS; i++)
        s->listeners[i].watch.fd = -1;
    tokens_open(&s->tokens);
    rules_open(&s->rules, o->rows, o->row_count, o->seed);
    if (loop_open(&s->loop, stop, e) != 0 || server_tls(s, e) != 0 ||
        recording_open(&s->recording, o->recording, e) != 0)
        return -1;
    if (server_listen(s, LISTEN_TLS, o->port, e) != 0 ||
        (o->plain && server_listen(s, LISTEN_PLAIN, 0, e) != 0) ||
        (o->thief && server_listen(s, LISTEN_THIEF, o->thief_port, e) != 0))
        return -1;
    s->origin = mem_print("https://%s:%d", o->name, s->listeners[LISTEN_TLS].port);
    s->thief = mem_print("https://%s:%d", o->name, o->thief ? s->listeners[LISTEN_THIEF].port : 9);
    s->recording.origin = s->origin;
    server_name_vaults(s);
    return server_file(&s->log, o->log, e) != 0 || server_file(&s->token_list, o->token_list, e) != 0 ? -1
                                                                                                      : 0;
}

int server_run(struct server *s, struct err *e)
{
    return loop_run(&s->loop, e);
}

void server_close(struct server *s)
{
    while (s->conns)
        conn_free(s->conns);
    for (int i = 0; i < LISTEN_KINDS; i++) {
        if (s->listeners[i].watch.fd >= 0)
            close(s->listeners[i].watch.fd);
    }
    if (s->log)
        fclose(s->log);
    if (s->token_list)
        fclose(s->token_list);
    loop_close(&s->loop);
    rules_close(&s->rules);
    tokens_close(&s->tokens);
    estate_free(&s->estate);
    recording_close(&s->recording);
    SSL_CTX_free(s->tls);
    free(s->origin);
    free(s->thief);
}

int64_t server_tls_delay(struct server *s)
{
    const struct rule_row *rule = rules_strike_tls(&s->rules);

    return rule ? rule->delay : 0;
}

/* ---- requests */

static void server_log(struct server *s, const struct exchange *x)
{
    static const char *const kinds[LISTEN_KINDS] = {"tls", "plain", "thief"};
    const char *given = exchange_header(x, "authorization");
    struct json_out o = {.compact = 1};
    struct timespec now;

    if (!s->log)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    json_begin(&o);
    json_object(&o, NULL);
    json_put_int(&o, "n", (int64_t)s->requests);
    json_put_int(&o, "ms", (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    json_put_text(&o, "at", kinds[x->listener]);
    json_put_int(&o, "conn", x->conn->number);
    json_put_text(&o, "http", x->conn->h2 ? "2" : "1.1");
    json_put_text(&o, "method", x->method);
    json_put_text(&o, "host", x->host);
    json_put_text(&o, "target", x->target);
    json_put_int(&o, "status", x->status);
    json_put_int(&o, "bytes", (int64_t)x->size);
    if (x->fault)
        json_put_text(&o, "fault", x->fault);
    json_put_text(&o, "auth",
                  !given                                  ? "none"
                  : strncasecmp(given, "Bearer ", 7) != 0 ? "other"
                  : x->bearer                             ? "bearer"
                                                          : "bearer, not ours");
    /* names alone; what came to the thief is shown whole */
    json_object(&o, "headers");
    for (size_t i = 0; i < x->in.count; i++)
        json_put_text(&o, x->in.rows[i].name, x->listener == LISTEN_THIEF ? x->in.rows[i].value : "");
    json_object_end(&o);
    if (x->listener == LISTEN_THIEF)
        json_put_text(&o, "body", buf_str(&x->asked));
    json_object_end(&o);
    json_end(&o, NULL);
    fprintf(s->log, "%s\n", buf_str(&o.buf));
    buf_free(&o.buf);
}

static void server_due(void *arg)
{
    struct exchange *x = arg;

    conn_answer(x);
}

static void server_wake(void *arg)
{
    struct exchange *x = arg;
    void (*run)(void *) = x->run;

    x->held = 0;
    x->run = NULL;
    if (x->conn)
        run(x);
    else
        exchange_free(x);
}

void server_hold(struct exchange *x, int64_t ms, void (*run)(void *arg))
{
    x->held = 1;
    x->run = run;
    loop_at(&x->conn->server->loop, loop_now() + ms, server_wake, x);
}

/* What ARM says beside every answer. */
static void server_say_usual(struct server *s, struct exchange *x)
{
    time_t now = time(NULL);
    struct tm tm;
    char date[40], id[40];
    int left = rules_left(&s->rules, x);

    gmtime_r(&now, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    snprintf(id, sizeof id, "00000000-0000-4000-8000-%012llx", (unsigned long long)s->requests);
    exchange_say(x, "date", "%s", date);
    exchange_say(x, "x-ms-request-id", "%s", id);
    exchange_say(x, "x-ms-correlation-request-id", "%s", id);
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &tm);
    exchange_say(x, "x-ms-routing-request-id", "WESTEUROPE:%s:%s", date, id);
    exchange_say(x, "x-content-type-options", "nosniff");
    if (strncasecmp(x->path, "/subscriptions/", 15) == 0)
        exchange_say(x, "x-ms-ratelimit-remaining-subscription-reads", "%d", left < 0 ? 249 : left);
}

static void server_answer(struct server *s, struct exchange *x)
{
    const struct rule_row *rule = NULL;

    if (x->listener == LISTEN_THIEF) {
        exchange_text(x, 200, "application/json",
                      "{\"value\":[],\"access_token\":\"stolen\",\"expires_in\":3600}");
        return;
    }
    rule = rules_strike(&s->rules, x);
    if (rule)
        x->fault = rule_name(rule->kind);
    if (rule && fault_answer(s, x, rule))
        return;
    if (x->listener == LISTEN_PLAIN)
        place_identity(s, x);
    else if (!place_vault(s, x) && !place_metadata(s, x) && !place_sign_in(s, x))
        place_arm(s, x);
    if (rule)
        fault_spoil(s, x, rule);
}

void server_serve(struct server *s, struct exchange *x)
{
    const char *given = exchange_header(x, "authorization");

    s->requests++;
    if (given && strncasecmp(given, "Bearer ", 7) == 0)
        x->bearer = tokens_find(&s->tokens, given + 7);
    server_answer(s, x);
    server_say_usual(s, x);
    server_log(s, x);
    if (x->way != EXCHANGE_HANG)
        server_hold(x, x->delay + (x->listener == LISTEN_TLS ? s->options->latency : 0), server_due);
}
