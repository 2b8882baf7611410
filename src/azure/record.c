/* See record.h. The form: http://www.softwareishard.com/blog/har-12-spec/. Request headers are left out, of
 * the response's those that may enter evidence are kept, and so no credential can be in it. */
#include "azure/record.h"

#include <stdlib.h>
#include <string.h>

#include "azure/answer.h"
#include "azure/url.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lib/json.h"

struct record {
    struct transport transport; /* first: a struct transport * is a struct record * */
    struct transport *inner;
    struct file_out *file;
    struct json_out json;
    char *path;
    struct record_request *live;
};

struct record_request {
    struct record_request *before, *after;
    char *method, *url, *body;
    size_t body_size;
    void *owner;
};

static void record_drop(struct record *r, struct record_request *one)
{
    if (one->before)
        one->before->after = one->after;
    else
        r->live = one->after;
    if (one->after)
        one->after->before = one->before;
    free(one->method);
    free(one->url);
    free(one->body);
    free(one);
}

static int record_write(void *ctx, const char *bytes, size_t n, struct err *e)
{
    return file_add(ctx, bytes, n, e);
}

static int record_send(struct transport *t, const struct transport_request *request, struct err *e)
{
    struct record *r = (struct record *)t;
    struct record_request *one = mem_zero(1, sizeof *one);
    struct transport_request own = *request;

    one->method = mem_copy(request->method);
    one->url = mem_copy(request->url);
    one->body = request->body ? mem_copy_n(request->body, request->body_size) : NULL;
    one->body_size = request->body_size;
    one->owner = request->owner;
    one->after = r->live;
    if (one->after)
        one->after->before = one;
    r->live = one;
    own.owner = one;
    return r->inner->send(r->inner, &own, e);
}

static void record_header(struct json_out *o, const char *name, const char *value)
{
    if (!value)
        return;
    json_object(o, NULL);
    json_put_text(o, "name", name);
    json_put_text(o, "value", value);
    json_object_end(o);
}

static void record_put_request(struct json_out *o, const struct record_request *one)
{
    struct buf url = {0};

    url_clean(&url, one->url, strlen(one->url));
    json_object(o, "request");
    json_put_text(o, "method", one->method);
    json_put_text(o, "url", buf_str(&url));
    json_put_text(o, "httpVersion", "");
    json_array(o, "cookies");
    json_array_end(o);
    json_array(o, "headers");
    json_array_end(o);
    json_array(o, "queryString");
    json_array_end(o);
    if (one->body) {
        json_object(o, "postData");
        json_put_text(o, "mimeType", "application/json");
        json_put_text(o, "text", one->body);
        json_object_end(o);
    }
    json_put_int(o, "headersSize", -1);
    json_put_int(o, "bodySize", (int64_t)one->body_size);
    json_object_end(o);
    buf_free(&url);
}

static void record_put_body(struct json_out *o, const struct transport_answer *a)
{
    struct answer read = {0};
    struct buf text = {0};

    answer_read(&read, a->body, a->size, a->status, RESOURCE_ONE);
    json_object(o, "content");
    json_put_int(o, "size", (int64_t)a->size);
    json_put_text(o, "mimeType", "application/json");
    if (read.secret) {
        buf_print(&text, "not kept: the body holds %s", read.secret);
        json_put_text(o, "comment", buf_str(&text));
    } else if (utf8_valid(a->body, a->size) && strlen(a->body) == a->size) {
        json_put_text(o, "text", a->body);
    } else {
        base64_put(&text, a->body, a->size);
        json_put_text(o, "text", buf_str(&text));
        json_put_text(o, "encoding", "base64");
    }
    json_object_end(o);
    buf_free(&text);
    answer_free(&read);
}

static void record_put(struct record *r, const struct record_request *one, const struct transport_answer *a)
{
    struct json_out *o = &r->json;

    json_object(o, NULL);
    json_put_text(o, "startedDateTime", a->received_at);
    json_put_int(o, "time", 0);
    record_put_request(o, one);
    json_object(o, "response");
    json_put_int(o, "status", a->status);
    json_put_text(o, "statusText", "");
    json_put_text(o, "httpVersion", "");
    json_array(o, "cookies");
    json_array_end(o);
    json_array(o, "headers");
    record_header(o, "Date", a->date);
    record_header(o, "x-ms-request-id", a->request_id);
    record_header(o, "x-ms-correlation-request-id", a->correlation_id);
    record_header(o, "x-ms-routing-request-id", a->routing_id);
    record_header(o, "x-ms-failure-cause", a->failure_cause);
    record_header(o, "ETag", a->etag);
    json_array_end(o);
    record_put_body(o, a);
    json_put_text(o, "redirectURL", "");
    json_put_int(o, "headersSize", -1);
    json_put_int(o, "bodySize", (int64_t)a->size);
    json_object_end(o);
    json_object(o, "cache");
    json_object_end(o);
    json_object(o, "timings");
    json_put_int(o, "send", 0);
    json_put_int(o, "wait", 0);
    json_put_int(o, "receive", 0);
    json_object_end(o);
    json_object_end(o);
}

static int record_done(void *ctx, void *owner, const struct transport_answer *a, struct err *e)
{
    struct record *r = ctx;
    struct record_request *one = owner;
    int rc = r->transport.done(r->transport.ctx, one->owner, a, e);

    if (rc == 1)
        return 1; /* another answer will come for it */
    if (rc == 0 && a->status)
        record_put(r, one, a);
    record_drop(r, one);
    return rc;
}

static int record_step(struct transport *t, struct err *e)
{
    struct record *r = (struct record *)t;

    return r->inner->step(r->inner, e);
}

static void record_free(struct transport *t)
{
    struct record *r = (struct record *)t;

    for (struct record_request *one = r->live, *next = NULL; one; one = next) {
        next = one->after;
        record_drop(r, one);
    }
    file_abandon(r->file);
    buf_free(&r->json.buf);
    transport_free(r->inner);
    free(r->path);
    free(r);
}

int record_open(struct transport **out, struct transport *inner, const char *path, struct err *e)
{
    struct record *r = mem_zero(1, sizeof *r);
    struct json_out *o = &r->json;

    r->inner = inner;
    r->path = mem_copy(path);
    r->transport = *inner;
    r->transport.send = record_send;
    r->transport.step = record_step;
    r->transport.free = record_free;
    inner->done = record_done;
    inner->ctx = r;
    if (file_create(&r->file, path, 0600, e) != 0) {
        record_free(&r->transport);
        return -1;
    }
    o->write = record_write;
    o->ctx = r->file;
    json_begin(o);
    json_object(o, NULL);
    json_object(o, "log");
    json_put_text(o, "version", "1.2");
    json_object(o, "creator");
    json_put_text(o, "name", "keycustody");
    json_put_text(o, "version", KC_VERSION);
    json_object_end(o);
    json_array(o, "entries");
    *out = &r->transport;
    return 0;
}

int record_finish(struct transport *t, struct err *e)
{
    struct record *r = (struct record *)t;
    struct file_out *file = r->file;

    json_array_end(&r->json);
    json_object_end(&r->json);
    json_object_end(&r->json);
    if (json_end(&r->json, e) != 0)
        return err_context(e, "%s", r->path);
    r->file = NULL;
    return file_commit(file, e);
}
