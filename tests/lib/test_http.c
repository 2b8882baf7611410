/* The HTTP client: what it sends, what it lets out, what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lib/http.h"
#include "plain_server.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"

static const struct plain_row rows[] = {
    {"GET /plain", NULL, OK "Content-Length: 2\r\n\r\n{}"},
    {"GET /headers", NULL,
     OK "Date: Tue, 24 Nov 2026 10:00:00 GMT\r\nx-ms-request-id:  r1 \r\nSet-Cookie: secret=1\r\n"
        "X-Other: no\r\nWWW-Authenticate: Basic realm=\"a\"\r\nwww-authenticate: Bearer b=c\r\n"
        "x-ms-ratelimit-remaining-resource: A;1\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}"},
    {"GET /redirect", NULL,
     "HTTP/1.1 302 Found\r\nLocation: /plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
    {"GET /cut", NULL, OK "Content-Length: 100\r\n\r\n{\"a\":"},
    {"GET /long", NULL, OK "Content-Length: 40\r\n\r\n0123456789012345678901234567890123456789"},
    {"GET /endless", NULL, OK "\r\n0123456789012345678901234567890123456789"},
    {"GET /interim", NULL,
     "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\n\r\n" OK "Content-Length: 2\r\n\r\n{}"},
    {"GET /close", NULL, ""},
    {"GET /hang", NULL, "hang"},
    {"GET /dots/../plain", NULL, OK "Content-Length: 6\r\n\r\n\"dots\""},
    {"POST /form", "secret=%26x", OK "Content-Length: 4\r\n\r\ntrue"},
    {NULL, NULL, NULL},
};

static struct plain_server server;

struct seen {
    int calls, status;
    enum http_fault fault;
    struct buf body, why, headers;
};

static int seen_done(void *owner, const struct http_answer *a, struct err *e)
{
    struct seen *s = owner;

    (void)e;
    s->calls++;
    s->status = a->status;
    s->fault = a->fault;
    buf_clear(&s->body);
    buf_clear(&s->why);
    buf_clear(&s->headers);
    buf_add(&s->body, a->body, a->size);
    buf_text(&s->why, a->why);
    for (int i = 0; i < HTTP_HEADERS; i++)
        buf_print(&s->headers, "%s|", a->header[i] ? a->header[i] : "");
    return 0;
}

static void seen_free(struct seen *s)
{
    buf_free(&s->body);
    buf_free(&s->why);
    buf_free(&s->headers);
}

static void call(const char *path, struct http_request request, struct seen *s)
{
    struct http_options options = {.connections = 4};
    struct http *h = NULL;
    struct err e = {""};
    char url[256];

    snprintf(url, sizeof url, path[0] == '/' ? "http://127.0.0.1:%d%s" : "%.0d%s", server.port, path);
    request.method = request.body ? "POST" : "GET";
    request.url = url;
    request.timeout = request.timeout ? request.timeout : 5;
    request.connect_timeout = 5;
    request.size_max = request.size_max ? request.size_max : 1000;
    request.done = seen_done;
    request.owner = s;
    if (http_open(&h, &options, &e) != 0 || http_call(h, &request, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(http_under_way(h), 0);
    assert_int_equal(http_held(h), 0);
    http_close(h);
    assert_int_equal(s->calls, 1);
    s->calls = 0;
}

static void test_answers(void **state)
{
    static const struct {
        const char *path;
        enum http_fault fault;
        int status;
        const char *body;
    } cases[] = {
        {"/plain", HTTP_ANSWERED, 200, "{}"},
        {"/redirect", HTTP_ANSWERED, 302, ""}, /* not followed */
        {"/missing", HTTP_ANSWERED, 404, "{}"},
        {"/dots/../plain", HTTP_ANSWERED, 200, "\"dots\""}, /* byte by byte as it was written */
        {"/cut", HTTP_LOST, 0, ""},
        {"/close", HTTP_LOST, 0, ""},
        {"/long", HTTP_TOO_LONG, 0, ""},
        {"/endless", HTTP_TOO_LONG, 0, ""},
        {"http://192.0.2.1/plain", HTTP_REFUSED, 0, ""}, /* http, and not on this machine */
        {"http://management.azure.com/x", HTTP_REFUSED, 0, ""},
        {"http://localhost.evil.test/x", HTTP_REFUSED, 0, ""},
        {"http://127.0.0.1.evil.test/x", HTTP_REFUSED, 0, ""},
        {"http://127.0.0.1@evil.test/x", HTTP_REFUSED, 0, ""},
        {"ftp://127.0.0.1/x", HTTP_REFUSED, 0, ""},
        {"file:///etc/passwd", HTTP_REFUSED, 0, ""},
    };
    struct seen s = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call(cases[i].path, (struct http_request){.metadata = 1, .size_max = 39}, &s);
        if (s.fault != cases[i].fault || s.status != cases[i].status ||
            strcmp(buf_str(&s.body), cases[i].body) != 0)
            fail_msg("%s: fault %d (%s), status %d, body \"%s\"", cases[i].path, s.fault, buf_str(&s.why),
                     s.status, buf_str(&s.body));
        assert_int_equal(*buf_str(&s.why) == '\0', s.fault == HTTP_ANSWERED);
    }
    seen_free(&s);
}

static void test_http_is_for_metadata_alone(void **state)
{
    struct seen s = {0};

    (void)state;
    call("/plain", (struct http_request){.metadata = 0}, &s);
    assert_int_equal(s.fault, HTTP_REFUSED);
    seen_free(&s);
}

static void test_only_listed_headers_come_out(void **state)
{
    struct seen s = {0};

    (void)state;
    call("/headers", (struct http_request){.metadata = 1}, &s);
    assert_string_equal(buf_str(&s.headers),
                        "Tue, 24 Nov 2026 10:00:00 GMT|r1|||||application/json|7|Basic realm=\"a\", "
                        "Bearer b=c||||A;1|||");
    call("/interim", (struct http_request){.metadata = 1}, &s);
    assert_int_equal(s.status, 200);
    assert_string_equal(buf_str(&s.headers), "||||||application/json|||||||||");
    seen_free(&s);
}

static void test_what_goes_out(void **state)
{
    static const char *const lines[] = {"x-ms-client-request-id: 7", NULL};
    struct seen s = {0};
    char *log = NULL;

    (void)state;
    call("/form",
         (struct http_request){.metadata = 1, .body = "secret=%26x", .body_size = 11, .body_type = "text/x"},
         &s);
    assert_string_equal(buf_str(&s.body), "true");
    call("/plain", (struct http_request){.metadata = 1, .bearer = "abc.def", .headers = lines}, &s);
    seen_free(&s);
    log = plain_stop(&server);
    assert_non_null(strstr(log, "Content-Type: text/x\r\n"));
    assert_non_null(strstr(log, "Authorization: Bearer abc.def\r\n"));
    assert_non_null(strstr(log, "x-ms-client-request-id: 7\r\n"));
    assert_non_null(strstr(log, "User-Agent: keycustody/"));
    assert_null(strstr(log, "Expect:"));
    assert_null(strstr(log, "Cookie:"));
    free(log);
    assert_int_equal(plain_start(&server, rows), 0);
}

static void test_time(void **state)
{
    struct seen s = {0};
    int64_t begun = clock_ticks();

    (void)state;
    call("/hang", (struct http_request){.metadata = 1, .timeout = 1}, &s);
    assert_int_equal(s.fault, HTTP_LOST);
    assert_in_range(clock_ticks() - begun, 900, 4000);
    seen_free(&s);
}

/* Many at once on one loop; those that are cut off end too. */
static void test_many(void **state)
{
    struct http_options options = {.connections = 8};
    struct seen s = {0};
    struct http *h = NULL;
    struct err e = {""};
    char url[256];

    (void)state;
    assert_int_equal(http_open(&h, &options, &e), 0);
    for (int i = 0; i < 60; i++) {
        struct http_request request = {.method = "GET",
                                       .url = url,
                                       .timeout = 60,
                                       .connect_timeout = 5,
                                       .size_max = 100,
                                       .metadata = 1,
                                       .done = seen_done,
                                       .owner = &s};

        snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server.port, i % 15 == 14 ? "/hang" : "/plain");
        assert_int_equal(http_send(h, &request, &e), 0);
    }
    while (http_under_way(h) > 4)
        assert_true(http_step(h, 100, &e) >= 0);
    assert_int_equal(s.calls, 56);
    assert_int_equal(s.status, 200);
    assert_int_equal(http_abort(h, &e), 0);
    assert_int_equal(s.calls, 60);
    assert_int_equal(s.fault, HTTP_LOST);
    http_close(h);
    seen_free(&s);
}

static void test_local(void **state)
{
    static const char *const local[] = {"http://169.254.169.254/x",
                                        "http://127.0.0.1:40342/x",
                                        "http://localhost/",
                                        "http://LOCALHOST:1/",
                                        "http://[::1]:7/x",
                                        "http://[::1]",
                                        NULL};
    static const char *const other[] = {"http://169.255.169.254/", "http://10.0.0.1/",
                                        "http://1.2.3.4/",         "http://localhost.evil/",
                                        "http://127.0.0.1.evil/",  "http://[::2]/",
                                        "http://[::1].evil/",      "http://127.evil.0.1/",
                                        "http://x@127.0.0.1/",     "http://127.0.0.1\\@e/",
                                        "http://evil/127.0.0.1",   "127.0.0.1",
                                        "http://evil?127.0.0.1/",  "http://evil#@127.0.0.1/",
                                        "http:///127.0.0.1",       NULL};

    (void)state;
    for (size_t i = 0; local[i]; i++) {
        if (!http_is_local(local[i]))
            fail_msg("%s is local", local[i]);
    }
    for (size_t i = 0; other[i]; i++) {
        if (http_is_local(other[i]))
            fail_msg("%s is not local", other[i]);
    }
}

static int start(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* metadata never goes through a proxy */
    unsetenv("no_proxy");
    return plain_start(&server, rows);
}

static int stop(void **state)
{
    (void)state;
    free(plain_stop(&server));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_http_is_for_metadata_alone),
        cmocka_unit_test(test_only_listed_headers_come_out),
        cmocka_unit_test(test_what_goes_out),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_local),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
