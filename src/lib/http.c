/* HTTPS by libcurl. See http.h. */
#include "lib/http.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lib/wipe.h"

#define HTTP_HEADER_MAX 16384 /* bytes of one header that we keep */
#define HTTP_SPARE_MAX 64     /* handles kept for the next request */
#define HTTP_SLOW_BYTES 64L   /* a transfer below this many bytes a second is dead, see timeout */

struct http_transfer {
    struct http *http;
    struct http_transfer *before, *after;
    CURL *easy;
    char *body; /* of the request */
    size_t body_size, size_max;
    struct curl_slist *lines;
    struct buf answer;
    char *header[HTTP_HEADERS];
    char why[CURL_ERROR_SIZE];
    int secret, too_long;
    http_done *done;
    void *owner;
};

struct http {
    CURLM *multi;
    char *ca_file;
    const volatile sig_atomic_t *stop;
    int64_t deadline; /* clock_ticks(); 0: none */
    struct http_transfer *live;
    CURL *spare[HTTP_SPARE_MAX];
    int spares, under_way;
    size_t held;
};

/* ---- curl's memory: requests with their tokens pass through it, so nothing of it is freed unwiped */

static void http_memory_free(void *p)
{
    if (p)
        wipe(p, malloc_usable_size(p));
    free(p);
}

static void *http_memory_grow(void *p, size_t n)
{
    size_t old = p ? malloc_usable_size(p) : 0;
    void *q = NULL;

    n = n ? n : 1;
    if (old >= n && p)
        return p;
    q = malloc(n);
    if (q && p) {
        memcpy(q, p, old);
        http_memory_free(p);
    }
    return q;
}

static char *http_memory_text(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = malloc(n);

    return copy ? memcpy(copy, text, n) : NULL;
}

static int http_start(struct err *e)
{
    static int started;

    if (started)
        return 0;
    /* TLS writes to a connection that the other end has broken: an error to its reader, not to the program */
    signal(SIGPIPE, SIG_IGN);
    /* curl would write the keys of every connection to the file that this names */
    unsetenv("SSLKEYLOGFILE");
    if (curl_global_init_mem(CURL_GLOBAL_ALL, malloc, http_memory_free, http_memory_grow, http_memory_text,
                             calloc) != CURLE_OK)
        return err_set(e, "libcurl: cannot be started");
    started = 1;
    return 0;
}

/* ---- one transfer */

static void http_transfer_clear(struct http_transfer *t)
{
    t->http->held -= t->answer.cap;
    for (int i = 0; i < HTTP_HEADERS; i++) {
        free(t->header[i]);
        t->header[i] = NULL;
    }
    if (t->secret)
        wipe_buf(&t->answer);
    else
        buf_free(&t->answer);
}

static void http_transfer_free(struct http *h, struct http_transfer *t)
{
    if (t->before)
        t->before->after = t->after;
    else
        h->live = t->after;
    if (t->after)
        t->after->before = t->before;
    h->under_way--;
    curl_multi_remove_handle(h->multi, t->easy);
    if (h->spares < HTTP_SPARE_MAX) {
        curl_easy_reset(t->easy);
        h->spare[h->spares++] = t->easy;
    } else {
        curl_easy_cleanup(t->easy);
    }
    curl_slist_free_all(t->lines);
    wipe(t->body, t->body_size);
    free(t->body);
    http_transfer_clear(t);
    free(t);
}

static size_t http_on_body(char *at, size_t one, size_t n, void *ctx)
{
    struct http_transfer *t = ctx;
    size_t before = t->answer.cap;

    n *= one;
    if (n > t->size_max - t->answer.len) {
        t->too_long = 1;
        return 0;
    }
    if (!t->answer.cap) {
        curl_off_t length = 0;

        curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        if (length > 0 && (uint64_t)length <= t->size_max)
            wipe_reserve(&t->answer, (size_t)length);
    }
    if (t->secret)
        wipe_reserve(&t->answer, n);
    buf_add(&t->answer, at, n);
    t->http->held += t->answer.cap - before;
    return n;
}

static size_t http_on_header(char *at, size_t one, size_t n, void *ctx)
{
    static const char *const names[HTTP_HEADERS] = {"date",
                                                    "x-ms-request-id",
                                                    "x-ms-correlation-request-id",
                                                    "x-ms-routing-request-id",
                                                    "x-ms-failure-cause",
                                                    "etag",
                                                    "content-type",
                                                    "retry-after",
                                                    "www-authenticate",
                                                    "x-ms-ratelimit-remaining-subscription-reads",
                                                    "x-ms-ratelimit-remaining-subscription-global-reads",
                                                    "x-ms-ratelimit-remaining-tenant-reads",
                                                    "x-ms-ratelimit-remaining-resource",
                                                    "x-ms-user-quota-remaining",
                                                    "x-ms-user-quota-resets-after"};
    struct http_transfer *t = ctx;
    const char *colon = memchr(at, ':', n * one), *end = at + n * one;

    if (n * one >= 5 && memcmp(at, "HTTP/", 5) == 0) { /* what an interim answer said does not count */
        http_transfer_clear(t);
        return n * one;
    }
    for (int i = 0; colon && end - at < HTTP_HEADER_MAX && i < HTTP_HEADERS; i++) {
        const char *value = colon + 1;
        char *joined = NULL;

        if (strlen(names[i]) != (size_t)(colon - at) || strncasecmp(at, names[i], strlen(names[i])) != 0)
            continue;
        while (value < end && (*value == ' ' || *value == '\t'))
            value++;
        while (end > value && strchr(" \t\r\n", end[-1]))
            end--;
        if (!t->header[i]) {
            t->header[i] = mem_copy_n(value, (size_t)(end - value));
        } else if (i == HTTP_AUTHENTICATE || i == HTTP_LEFT_RESOURCE) {
            joined = mem_print("%s, %.*s", t->header[i], (int)(end - value), value);
            free(t->header[i]);
            t->header[i] = joined;
        }
        break;
    }
    return n * one;
}

static enum http_fault http_fault_of(CURLcode code)
{
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        return HTTP_UNTRUSTED;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_FILESIZE_EXCEEDED:
        return HTTP_REFUSED;
    default:
        return HTTP_LOST;
    }
}

static int http_finish(struct http *h, struct http_transfer *t, CURLcode code, struct err *e)
{
    struct http_answer a = {.why = ""};
    long status = 0;
    curl_off_t received = 0;
    int rc = -1;

    if (code == CURLE_OUT_OF_MEMORY) {
        http_transfer_free(h, t);
        return err_set(e, "libcurl: out of memory");
    }
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
    a.status = code == CURLE_OK ? (int)status : 0;
    a.received = (uint64_t)received;
    a.body = code == CURLE_OK ? buf_str(&t->answer) : "";
    a.size = code == CURLE_OK ? t->answer.len : 0;
    for (int i = 0; i < HTTP_HEADERS; i++)
        a.header[i] = t->header[i];
    if (code != CURLE_OK) {
        a.fault = t->too_long ? HTTP_TOO_LONG : http_fault_of(code);
        a.why = t->too_long ? "the body is longer than it may be"
                : *t->why   ? t->why
                            : curl_easy_strerror(code);
    }
    rc = t->done(t->owner, &a, e);
    http_transfer_free(h, t);
    return rc;
}

/* ---- the client */

int http_open(struct http **out, const struct http_options *options, struct err *e)
{
    struct http *h = NULL;

    if (http_start(e) != 0)
        return -1;
    h = mem_zero(1, sizeof *h);
    h->stop = options->stop;
    h->deadline = options->deadline;
    h->ca_file = mem_copy(options->ca_file);
    h->multi = curl_multi_init();
    if (!h->multi) {
        free(h);
        return err_set(e, "libcurl: cannot be started");
    }
    curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)options->connections);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)options->connections * 4);
    *out = h;
    return 0;
}

static void http_drop(struct http *h)
{
    while (h->live)
        http_transfer_free(h, h->live); /* NOLINT(clang-analyzer-unix.Malloc): it takes itself off the list */
}

void http_close(struct http *h)
{
    if (!h)
        return;
    http_drop(h);
    for (int i = 0; i < h->spares; i++)
        curl_easy_cleanup(h->spare[i]);
    curl_multi_cleanup(h->multi);
    free(h->ca_file);
    free(h);
}

int http_under_way(const struct http *h)
{
    return h->under_way;
}

size_t http_held(const struct http *h)
{
    return h->held;
}

int http_is_local(const char *url)
{
    const char *host = strstr(url, "://"), *end = NULL;
    size_t n = 0;
    int dots = 0, digits = 1;

    if (!host)
        return 0;
    host += 3;
    end = host + strcspn(host, "/?#");
    if (memchr(host, '@', (size_t)(end - host)) || memchr(host, '\\', (size_t)(end - host)))
        return 0;
    if (strncmp(host, "[::1]", 5) == 0)
        return host[5] == ':' || host + 5 == end;
    n = strcspn(host, ":/?#");
    if (n == 9 && strncasecmp(host, "localhost", 9) == 0)
        return 1;
    for (size_t i = 0; i < n; i++) { /* a name may begin with digits; an address has nothing else */
        dots += host[i] == '.';
        digits &= host[i] == '.' || (host[i] >= '0' && host[i] <= '9');
    }
    return digits && dots == 3 && (strncmp(host, "127.", 4) == 0 || strncmp(host, "169.254.", 8) == 0);
}

static int http_may_send(const struct http_request *r, struct err *e)
{
    if (strncasecmp(r->url, "https://", 8) == 0)
        return 0;
    if (r->plain && !r->bearer && strncasecmp(r->url, "http://", 7) == 0)
        return 0;
    if (r->metadata && strncasecmp(r->url, "http://", 7) == 0 && http_is_local(r->url))
        return 0;
    return err_set(
        e, "%.200s: not sent: only https is spoken (http to this machine's metadata service alone)", r->url);
}

static void http_line(struct http_transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->lines, line);

    if (!longer)
        mem_alloc((size_t)-1 / 2); /* ends the program */
    t->lines = longer;
}

static void http_lines(struct http_transfer *t, const struct http_request *r)
{
    struct buf line = {0};

    if (r->bearer) {
        wipe_reserve(&line, strlen(r->bearer) + 32);
        buf_print(&line, "Authorization: Bearer %s", r->bearer);
        http_line(t, buf_str(&line));
        wipe_buf(&line);
    }
    if (r->body_type) {
        buf_print(&line, "Content-Type: %s", r->body_type);
        http_line(t, buf_str(&line));
        buf_free(&line);
    }
    if (!r->plain)
        http_line(t, "Accept: application/json");
    http_line(t, "Expect:"); /* no 100-continue: it costs a round trip */
    for (size_t i = 0; r->headers && r->headers[i]; i++)
        http_line(t, r->headers[i]);
}

static void http_set_trust(const struct http *h, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    if (h->ca_file) { /* the system's folder of authorities, CURLOPT_CAPATH, stays as it is */
        curl_easy_setopt(easy, CURLOPT_CAINFO, h->ca_file);
        curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, h->ca_file);
    }
}

static void http_set(struct http *h, struct http_transfer *t, const struct http_request *r)
{
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_URL, r->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* a nextLink goes out byte by byte */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, r->metadata || r->plain ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* Rather share a connection than open another. Without TLS curl learns only from the first answer whether
     * that can be done, and would wait for it. */
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)!r->metadata);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "keycustody/" KC_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->lines);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 300L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L); /* one per transfer; the usual 64 KiB add up */
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)r->timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)r->connect_timeout);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, HTTP_SLOW_BYTES);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)(r->timeout > 3 ? r->timeout / 2 : 1));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->why);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    if (r->metadata)
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    if (t->body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body_size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t->body);
    }
    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "POST") != 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
    http_set_trust(h, easy);
}

int http_send(struct http *h, const struct http_request *r, struct err *e)
{
    struct http_transfer *t = NULL;
    struct err bad = {""};

    if (http_may_send(r, &bad) != 0) {
        struct http_answer a = {.fault = HTTP_REFUSED, .why = bad.text, .body = ""};

        return r->done(r->owner, &a, e);
    }
    t = mem_zero(1, sizeof *t);
    t->http = h;
    t->easy = h->spares ? h->spare[--h->spares] : curl_easy_init();
    if (!t->easy) {
        free(t);
        return err_set(e, "libcurl: no handle");
    }
    t->body = r->body ? mem_copy_n(r->body, r->body_size) : NULL;
    t->body_size = r->body ? r->body_size : 0;
    t->size_max = r->size_max;
    t->secret = r->secret;
    t->done = r->done;
    t->owner = r->owner;
    http_lines(t, r);
    http_set(h, t, r);
    t->after = h->live;
    if (t->after)
        t->after->before = t;
    h->live = t;
    h->under_way++;
    if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK) {
        http_transfer_free(h, t);
        return err_set(e, "libcurl: the request cannot be started");
    }
    return 0;
}

/* Ends what has ended. Returns how many, or -1. */
static int http_reap(struct http *h, struct err *e)
{
    CURLMsg *msg = NULL;
    int left = 0, ended = 0;

    while ((msg = curl_multi_info_read(h->multi, &left))) {
        struct http_transfer *t = NULL;

        if (msg->msg != CURLMSG_DONE)
            continue;
        ended++;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
        if (http_finish(h, t, msg->data.result, e) != 0)
            return -1;
    }
    return ended;
}

int http_step(struct http *h, int milliseconds, struct err *e)
{
    int running = 0, ended = 0;

    if (curl_multi_perform(h->multi, &running) != CURLM_OK)
        return err_set(e, "libcurl: its event loop failed");
    ended = http_reap(h, e);
    if (ended == 0 && h->under_way && milliseconds > 0) {
        curl_multi_poll(h->multi, NULL, 0, milliseconds, NULL);
        if (curl_multi_perform(h->multi, &running) != CURLM_OK)
            return err_set(e, "libcurl: its event loop failed");
        ended = http_reap(h, e);
    }
    return ended < 0 ? -1 : h->under_way;
}

int http_abort(struct http *h, struct err *e)
{
    for (struct http_transfer *t = h->live, *next = NULL; t; t = next) {
        struct http_answer a = {.fault = HTTP_LOST, .why = "cut off: the time was over", .body = ""};
        int rc = t->done(t->owner, &a, e);

        next = t->after;
        http_transfer_free(h, t);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int http_late(const struct http *h)
{
    return h->deadline && clock_ticks() >= h->deadline;
}

int http_pause(const struct http *h, int64_t milliseconds)
{
    int64_t end = clock_ticks() + milliseconds;

    while (clock_ticks() < end) {
        struct timespec slice = {0, 50000000};

        if ((h->stop && *h->stop) || (h->deadline && clock_ticks() >= h->deadline))
            return -1;
        nanosleep(&slice, NULL);
    }
    return 0;
}

int http_call(struct http *h, const struct http_request *request, struct err *e)
{
    int left = 0;

    if (http_late(h))
        return err_set(e, "the time that --deadline allows is over");
    if (http_send(h, request, e) != 0)
        return -1;
    while ((left = http_step(h, 200, e)) > 0) {
        int stopped = h->stop && *h->stop;

        if (stopped || http_late(h)) {
            http_drop(h);
            return err_set(e, stopped ? "interrupted" : "no answer within the time that --deadline allows");
        }
    }
    return left;
}
