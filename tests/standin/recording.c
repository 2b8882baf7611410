/* Recorded answers. See recording.h. */
#include "recording.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/url.h"
#include "base/mem.h"
#include "lib/json.h"

#define RECORDING_ENDPOINT "https://management.azure.com"

int recording_open(struct recording *r, const char *path, struct err *e)
{
    if (har_open(&r->har, path, e) != 0)
        return -1;
    r->answers = mem_zero(r->har.count, sizeof *r->answers);
    r->endpoint = mem_copy(r->har.endpoint ? r->har.endpoint : RECORDING_ENDPOINT);
    return 0;
}

void recording_close(struct recording *r)
{
    for (size_t i = 0; r->answers && i < r->har.count; i++) {
        free(r->answers[i].canonical);
        free(r->answers[i].etag);
        buf_free(&r->answers[i].body);
    }
    free(r->answers);
    free(r->endpoint);
    free(r->vault_from);
    free(r->vault_to);
    har_close(&r->har);
}

static int recording_is_place(char c)
{
    return c == '/' || c == '?' || c == '"' || c == '\\' || c == '\0';
}

/* Every `from` in letters of any case becomes `to`, where what follows ends a host (after :443, too). */
static void recording_replace(struct buf *body, const char *from, const char *to)
{
    struct buf out = {0};
    size_t n = strlen(from), at = 0;
    const char *p = body->data, *end = body->data ? body->data + body->len : NULL;

    while (p && (size_t)(end - p) >= n) {
        const char *found = memchr(p, *from, (size_t)(end - p)), *after = NULL;

        if (!found || (size_t)(end - found) < n)
            break;
        p = found + 1;
        if (strncasecmp(found, from, n) != 0)
            continue;
        after = found + n;
        if (end - after >= 4 && memcmp(after, ":443", 4) == 0)
            after += 4;
        if (after < end && !recording_is_place(*after))
            continue;
        buf_add(&out, body->data + at, (size_t)(found - body->data) - at);
        buf_text(&out, to);
        at = (size_t)(after - body->data);
        p = after;
    }
    if (!at)
        return;
    buf_add(&out, body->data + at, body->len - at);
    buf_free(body);
    *body = out;
}

static void recording_name(struct recording *r, size_t i)
{
    struct recording_answer *a = &r->answers[i];
    struct har_fields f;
    struct buf canonical = {0};
    uint64_t key = 0;

    if (a->canonical)
        return;
    if (har_fields(&r->har, &r->har.entries[i], &f, NULL) == 0)
        har_key(&f, &canonical, &key, a->version);
    a->status = r->har.entries[i].status;
    a->canonical = buf_take(&canonical);
}

const struct recording_answer *recording_read(struct recording *r, size_t i)
{
    struct recording_answer *a = &r->answers[i];
    struct har_fields f;
    struct buf etag = {0};
    const char *why = NULL;

    if (a->read)
        return a;
    a->read = 1;
    recording_name(r, i);
    if (har_fields(&r->har, &r->har.entries[i], &f, NULL) != 0 || har_body(&f, &a->body, &why) != 0) {
        a->broken = 1;
        return a;
    }
    recording_replace(&a->body, r->endpoint, r->origin);
    if (r->vault_from)
        recording_replace(&a->body, r->vault_from, r->vault_to);
    if (f.headers[HAR_ETAG].at) {
        json_unescape(&etag, f.headers[HAR_ETAG].at, f.headers[HAR_ETAG].n);
        a->etag = buf_take(&etag);
    }
    return a;
}

static int recording_is_retry(int status)
{
    return status == 0 || status == 304 || status == 408 || status == 429 || status >= 500;
}

static struct har_entry *recording_choose(struct recording *r, const char *canonical, const char *version)
{
    struct har_entry *best = NULL, *given = NULL;
    uint64_t key = har_hash(canonical, strlen(canonical));

    for (struct har_entry *entry = har_find(&r->har, key); entry; entry = har_after(&r->har, entry)) {
        struct recording_answer *a = &r->answers[entry - r->har.entries];

        if (entry->key != key)
            continue;
        recording_name(r, (size_t)(entry - r->har.entries));
        if (strcmp(a->canonical, canonical) != 0 || (version && strcmp(a->version, version) != 0))
            continue;
        if (entry->used) {
            given = entry;
            continue;
        }
        if (best && !recording_is_retry(best->status))
            break;
        if (best)
            best->used = 1;
        best = entry;
    }
    if (best)
        best->used = 1;
    return best ? best : given;
}

const struct recording_answer *recording_find(struct recording *r, const char *method, const char *url,
                                              const char *body, size_t size)
{
    struct buf canonical = {0};
    struct har_entry *entry = NULL;
    char version[URL_VERSION];

    if (url_canonical(&canonical, method, url, strlen(url), version) == 0) {
        if (strcasecmp(method, "POST") == 0)
            har_put_body(&canonical, body, size);
        entry = recording_choose(r, buf_str(&canonical), version);
        if (!entry)
            entry = recording_choose(r, buf_str(&canonical), NULL);
    }
    buf_free(&canonical);
    return entry ? recording_read(r, (size_t)(entry - r->har.entries)) : NULL;
}
