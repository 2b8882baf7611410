/* Answers from a recording. See replay.h. */
#include "azure/replay.h"

#include <stdlib.h>
#include <string.h>

#include "azure/har.h"
#include "azure/secret.h"
#include "azure/url.h"
#include "base/mem.h"
#include "lib/json.h"

#define REPLAY_ENDPOINT "https://management.azure.com" /* for a recording without a request to ARM */

struct replay_request {
    struct replay_request *next;
    char *method, *url, *body;
    size_t body_size;
    const char *const *versions;
    void *owner;
};

struct replay {
    struct transport transport; /* first: a struct transport * is a struct replay * */
    struct har har;
    struct evidence_origin origin;
    char *name;
    struct replay_request *first, **last;
    int waiting;
};

static void replay_request_free(struct replay_request *r)
{
    if (!r)
        return;
    free(r->method);
    free(r->url);
    free(r->body);
    free(r);
}

static void replay_free(struct transport *t)
{
    struct replay *r = (struct replay *)t;

    while (r->first) {
        struct replay_request *next = r->first->next;

        replay_request_free(r->first);
        r->first = next;
    }
    har_close(&r->har);
    free(r->name);
    free(r);
}

static int replay_send(struct transport *t, const struct transport_request *request, struct err *e)
{
    struct replay *r = (struct replay *)t;
    struct replay_request *one = mem_zero(1, sizeof *one);

    (void)e;
    one->method = mem_copy(request->method);
    one->url = mem_copy(request->url);
    one->body = request->body ? mem_copy_n(request->body, request->body_size) : NULL;
    one->body_size = request->body_size;
    one->versions = request->versions;
    one->owner = request->owner;
    *r->last = one;
    r->last = &one->next;
    r->waiting++;
    return 0;
}

/* An attempt that was repeated: throttled, a server's fault, or cut off by the browser; and the browser's own
 * cache. */
static int replay_is_retry(int status)
{
    return status == 0 || status == 304 || status == 408 || status == 429 || status >= 500;
}

/* What a request's answers are: the entries with this key, and, unless any will do, this api-version. */
struct replay_wanted {
    uint64_t key;
    const char *canonical;
    const char *version; /* NULL: any */
};

static int replay_fits(const struct har *h, const struct har_entry *entry, const struct replay_wanted *w)
{
    struct har_fields f;
    struct buf canonical = {0};
    char version[URL_VERSION];
    uint64_t key = 0;
    int fits = 0;

    if (entry->key != w->key)
        return 0;
    if (w->version && entry->version != (uint32_t)har_hash(w->version, strlen(w->version)))
        return 0;
    if (har_fields(h, entry, &f, NULL) != 0 || har_key(&f, &canonical, &key, version) != 0)
        return 0;
    fits =
        strcmp(buf_str(&canonical), w->canonical) == 0 && (!w->version || strcmp(version, w->version) == 0);
    buf_free(&canonical);
    return fits;
}

/* The next answer in recorded order: the first that was not given yet, passing over an attempt that a later
 * one follows; when all were given, the last of them once more (two resources may ask the same). NULL: none
 * at all. */
static struct har_entry *replay_choose(const struct har *h, const struct replay_wanted *w)
{
    struct har_entry *best = NULL, *given = NULL;

    for (struct har_entry *entry = har_find(h, w->key); entry; entry = har_after(h, entry)) {
        if (!replay_fits(h, entry, w))
            continue;
        if (entry->used) {
            given = entry;
            continue;
        }
        if (best && !replay_is_retry(best->status))
            break;
        if (best)
            best->used = 1; /* passed over for good */
        best = entry;
    }
    if (best)
        best->used = 1;
    return best ? best : given;
}

static struct har_entry *replay_look_up(struct har *h, const struct replay_request *r, const char *canonical,
                                        const char *version)
{
    struct replay_wanted w = {har_hash(canonical, strlen(canonical)), canonical, version};
    struct har_entry *entry = replay_choose(h, &w);

    for (size_t i = 0; !entry && r->versions && r->versions[i]; i++) {
        w.version = r->versions[i];
        entry = replay_choose(h, &w);
    }
    w.version = NULL;
    return entry ? entry : replay_choose(h, &w);
}

static char *replay_text(struct har_text t)
{
    struct buf b = {0};

    if (!t.at)
        return NULL;
    json_unescape(&b, t.at, t.n);
    return buf_take(&b);
}

/* Fills the answer from an entry. What it points to is in `body`, `own` and `version`. */
static int replay_fill(struct har *h, const struct har_entry *entry, struct transport_answer *a,
                       struct buf *body, char *own[HAR_HEADERS], char version[URL_VERSION], struct err *e)
{
    struct har_fields f;
    struct buf canonical = {0};
    uint64_t key = 0;
    const char *why = NULL;

    if (har_fields(h, entry, &f, e) != 0)
        return -1;
    har_key(&f, &canonical, &key, version);
    buf_free(&canonical);
    a->api_version = *version ? version : NULL;
    har_time(f.started.at, f.started.n, a->received_at);
    a->status = f.status;
    if (har_body(&f, body, &why) != 0) {
        a->fault_code = "BodyNotRecorded";
        a->fault = why;
        buf_clear(body);
    } else if (f.status == 0) {
        a->fault_code = "NotRecorded";
        a->fault = "the recorded attempt has no answer: it was cut off";
    }
    a->body = buf_str(body);
    a->size = body->len;
    for (int i = 0; i < HAR_HEADERS; i++)
        own[i] = replay_text(f.headers[i]);
    a->date = secret_header(own[HAR_DATE]);
    a->request_id = secret_header(own[HAR_REQUEST_ID]);
    a->correlation_id = secret_header(own[HAR_CORRELATION_ID]);
    a->routing_id = secret_header(own[HAR_ROUTING_ID]);
    a->failure_cause = secret_header(own[HAR_FAILURE_CAUSE]);
    a->etag = secret_header(own[HAR_ETAG]);
    return 0;
}

static int replay_answer(struct replay *r, const struct replay_request *one, struct err *e)
{
    struct transport_answer a = {.body = ""};
    struct buf canonical = {0}, body = {0};
    char *own[HAR_HEADERS] = {NULL}, asked[URL_VERSION], version[URL_VERSION];
    struct har_entry *entry = NULL;
    int rc = -1;

    if (url_canonical(&canonical, one->method, one->url, strlen(one->url), asked) == 0) {
        if (one->body)
            har_put_body(&canonical, one->body, one->body_size);
        entry = replay_look_up(&r->har, one, buf_str(&canonical), asked);
    }
    if (!entry) {
        a.fault_code = "NotRecorded";
        a.fault = "the recording holds no answer to this request";
    } else if (replay_fill(&r->har, entry, &a, &body, own, version, e) != 0) {
        goto out;
    }
    rc = r->transport.done(r->transport.ctx, one->owner, &a, e);
out:
    for (int i = 0; i < HAR_HEADERS; i++)
        free(own[i]);
    buf_free(&canonical);
    buf_free(&body);
    return rc;
}

static int replay_step(struct transport *t, struct err *e)
{
    struct replay *r = (struct replay *)t;
    struct replay_request *one = r->first;
    int rc = 0;

    if (!one)
        return 0;
    r->first = one->next;
    if (!r->first)
        r->last = &r->first;
    r->waiting--;
    rc = replay_answer(r, one, e);
    replay_request_free(one);
    return rc != 0 ? -1 : r->waiting;
}

int replay_open(struct transport **out, const char *path, int *credentials, struct err *e)
{
    struct replay *r = mem_zero(1, sizeof *r);
    const char *slash = strrchr(path, '/');

    if (har_open(&r->har, path, e) != 0) {
        free(r);
        return -1;
    }
    *credentials = r->har.credentials;
    r->name = mem_copy(slash ? slash + 1 : path);
    r->last = &r->first;
    r->origin = (struct evidence_origin){.source = "recording",
                                         .arm_endpoint = r->har.endpoint ? r->har.endpoint : REPLAY_ENDPOINT,
                                         .recording_name = r->name,
                                         .recording_sha256 = r->har.sha256,
                                         .recording_creator = r->har.creator,
                                         .recording_first = r->har.first,
                                         .recording_last = r->har.last};
    r->transport = (struct transport){.send = replay_send,
                                      .step = replay_step,
                                      .free = replay_free,
                                      .endpoint = r->origin.arm_endpoint,
                                      .origin = &r->origin,
                                      .capacity = 1};
    *out = &r->transport;
    return 0;
}
