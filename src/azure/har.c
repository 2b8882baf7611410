/* Recordings. See har.h. */
#include "azure/har.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/mem.h"
#include "lib/json.h"

#define HAR_LEVELS 10 /* how deep in a document names are remembered */

/* The walk over a whole file or, to read an entry again, over that entry alone: then base is 0 instead of 3.
 */
struct har_walk {
    struct har *har; /* NULL: one entry alone */
    struct har_fields fields;
    struct har_text name[HAR_LEVELS]; /* of the member under way, by depth of its value */
    struct har_text header_name, header_value;
    struct har_text creator, version;
    const char *start;
    int base, in_entry, entries_seen;
};

static int har_is(struct har_text t, const char *word)
{
    return t.at && t.n == strlen(word) && memcmp(t.at, word, t.n) == 0;
}

static int har_is_any(struct har_text t, const char *const *words)
{
    for (; *words; words++) {
        if (t.n == strlen(*words) && strncasecmp(t.at, *words, t.n) == 0)
            return 1;
    }
    return 0;
}

uint64_t har_hash(const char *bytes, size_t n)
{
    uint64_t h = UINT64_C(1469598103934665603); /* FNV-1a; what it finds is compared in full */

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return h;
}

void har_put_body(struct buf *canonical, const char *body, size_t n)
{
    buf_char(canonical, '\n');
    buf_add(canonical, body, n);
}

int har_key(const struct har_fields *f, struct buf *canonical, uint64_t *key, char version[URL_VERSION])
{
    struct buf url = {0}, method = {0};
    int rc = -1;

    json_unescape(&url, f->url.at, f->url.n);
    json_unescape(&method, f->method.at, f->method.n);
    if (url_canonical(canonical, buf_str(&method), buf_str(&url), url.len, version) != 0)
        goto out;
    if (strcasecmp(buf_str(&method), "POST") == 0) {
        struct buf post = {0};

        if (f->post.at)
            json_unescape(&post, f->post.at, f->post.n);
        har_put_body(canonical, buf_str(&post), post.len);
        buf_free(&post);
    }
    *key = har_hash(buf_str(canonical), canonical->len);
    rc = 0;
out:
    buf_free(&url);
    buf_free(&method);
    return rc;
}

int har_time(const char *at, size_t n, char out[CLOCK_TEXT])
{
    char text[CLOCK_TEXT];
    const char *p = at + 19, *end = at + n;
    int64_t seconds = 0;

    if (n < 20)
        return -1;
    snprintf(text, sizeof text, "%.19sZ", at);
    if (clock_read(text, &seconds, NULL) != 0)
        return -1;
    if (*p == '.' || *p == ',') {
        for (p++; p < end && *p >= '0' && *p <= '9'; p++)
            ;
    }
    if (p < end && (*p == '+' || *p == '-')) {
        int digits[4], k = 0, sign = *p == '+' ? 1 : -1;

        for (p++; p < end && k < 4; p++) {
            if (*p == ':' && k == 2)
                continue;
            if (*p < '0' || *p > '9')
                return -1;
            digits[k++] = *p - '0';
        }
        if (k != 4 || p != end)
            return -1;
        seconds -= sign * ((digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60);
    } else if (p + 1 != end || (*p != 'Z' && *p != 'z')) {
        return -1;
    }
    if (seconds < 0)
        return -1;
    clock_text(seconds, out);
    return 0;
}

int har_body(const struct har_fields *f, struct buf *out, const char **why)
{
    struct buf text = {0};
    int rc = -1;

    if (!f->content.at) {
        *why = "the recording holds no body for this answer: record with bodies";
        return -1;
    }
    if (!f->encoding.n) {
        json_unescape(out, f->content.at, f->content.n);
        return 0;
    }
    json_unescape(&text, f->content.at, f->content.n);
    if (!har_is(f->encoding, "base64"))
        *why = "the recording's content.encoding is not base64";
    else if (base64_read(out, buf_str(&text), text.len) != 0)
        *why = "the recording's body is broken base64";
    else
        rc = 0;
    buf_free(&text);
    return rc;
}

/* ---- the walk */

static int har_add(struct har_walk *w, const char *end, struct err *e)
{
    static const char *const login[] = {"https://login.", "https://sts.", "http://169.254.169.254", NULL};
    struct har *h = w->har;
    struct har_fields *f = &w->fields;
    struct har_entry row = {.at = (uint64_t)(w->start - h->text), .size = (uint64_t)(end - w->start)};
    struct buf canonical = {0};
    char version[URL_VERSION], when[CLOCK_TEXT];
    int which = ++w->entries_seen;

    if (!f->method.at || !f->url.at || f->status < 0)
        return err_set(e, "entry %d has no request.method, request.url or response.status: not a HAR entry",
                       which);
    if (!f->started.at || har_time(f->started.at, f->started.n, when) != 0)
        return err_set(e, "entry %d: startedDateTime is missing or no time", which);
    if (!*h->first || strcmp(when, h->first) < 0)
        memcpy(h->first, when, sizeof when);
    if (!*h->last || strcmp(when, h->last) > 0)
        memcpy(h->last, when, sizeof when);
    for (int i = 0; login[i]; i++)
        f->credentials |=
            f->url.n > strlen(login[i]) && strncasecmp(f->url.at, login[i], strlen(login[i])) == 0;
    f->credentials |= memmem(f->url.at, f->url.n, "sig=", 4) != NULL;
    h->credentials += f->credentials != 0;
    if (har_key(f, &canonical, &row.key, version) == 0) { /* chrome-extension: and data: are no requests */
        const char *from = strchr(buf_str(&canonical), ' ') + 1, *p = strstr(from, "://") + 3;

        p += strcspn(p, "/?");
        if (*version && !h->endpoint &&
            (strncmp(p, "/subscriptions", 14) == 0 || strncmp(p, "/providers/", 11) == 0))
            h->endpoint = mem_copy_n(from, (size_t)(p - from));
        row.status = (int16_t)(f->status > 999 ? 999 : f->status);
        row.version = (uint32_t)har_hash(version, strlen(version));
        if (h->count == h->cap) {
            h->cap = h->cap ? h->cap * 2 : 1024;
            h->entries = mem_grow(h->entries, h->cap, sizeof *h->entries);
        }
        h->entries[h->count++] = row;
    }
    buf_free(&canonical);
    return 0;
}

static void har_header(struct har_walk *w, int response)
{
    static const char *const kept[HAR_HEADERS] = {"date",
                                                  "x-ms-request-id",
                                                  "x-ms-correlation-request-id",
                                                  "x-ms-routing-request-id",
                                                  "x-ms-failure-cause",
                                                  "etag"};
    static const char *const secret[] = {
        "authorization",     "proxy-authorization",          "cookie", "set-cookie",
        "x-identity-header", "x-ms-authorization-auxiliary", "secret", NULL};

    if (!w->header_name.at || !w->header_value.at)
        return;
    if (har_is_any(w->header_name, secret) && w->header_value.n)
        w->fields.credentials = 1;
    for (int i = 0; response && i < HAR_HEADERS; i++) {
        if (w->header_name.n == strlen(kept[i]) &&
            strncasecmp(w->header_name.at, kept[i], w->header_name.n) == 0 && !w->fields.headers[i].at)
            w->fields.headers[i] = w->header_value;
    }
}

/* A scalar inside an entry; d: depth below the entry, 1 for its members. */
static void har_scalar(struct har_walk *w, enum json_event event, struct har_text t, int d)
{
    const struct har_text *name = w->name + w->base;
    int request = har_is(name[1], "request"), response = har_is(name[1], "response");

    if (event == JSON_NUMBER && d == 2 && response && har_is(name[2], "status")) {
        w->fields.status = t.n <= 4 ? atoi(t.at) : -1;
    } else if (event != JSON_STRING) {
        return;
    } else if (d == 1 && har_is(name[1], "startedDateTime")) {
        w->fields.started = t;
    } else if (d == 2 && request && har_is(name[2], "method")) {
        w->fields.method = t;
    } else if (d == 2 && request && har_is(name[2], "url")) {
        w->fields.url = t;
    } else if (d == 3 && request && har_is(name[2], "postData") && har_is(name[3], "text")) {
        w->fields.post = t;
    } else if (d == 3 && response && har_is(name[2], "content") && har_is(name[3], "text")) {
        w->fields.content = t;
    } else if (d == 3 && response && har_is(name[2], "content") && har_is(name[3], "encoding")) {
        w->fields.encoding = t;
    } else if (d == 4 && (request || response) && har_is(name[2], "headers") && har_is(name[4], "name")) {
        w->header_name = t;
    } else if (d == 4 && (request || response) && har_is(name[2], "headers") && har_is(name[4], "value")) {
        w->header_value = t;
    } else if (d == 4 && (request || response) && har_is(name[2], "cookies") && har_is(name[4], "value") &&
               t.n) {
        w->fields.credentials = 1;
    }
}

static int har_event(void *ctx, enum json_event event, const char *at, size_t n, int depth, struct err *e)
{
    struct har_walk *w = ctx;
    struct har_text t = {at, n};
    int d = depth - w->base;

    switch (event) {
    case JSON_NAME:
        if (depth < HAR_LEVELS)
            w->name[depth] = t;
        return 0;
    case JSON_OBJECT:
        if (depth == w->base && (!w->har || (har_is(w->name[1], "log") && har_is(w->name[2], "entries")))) {
            w->in_entry = 1;
            w->start = at;
            w->fields = (struct har_fields){.status = -1};
        } else if (w->in_entry && d == 3) {
            w->header_name = w->header_value = (struct har_text){0};
        }
        return 0;
    case JSON_OBJECT_END:
        if (w->in_entry && d == 3 && har_is(w->name[w->base + 2], "headers"))
            har_header(w, har_is(w->name[w->base + 1], "response"));
        if (w->in_entry && d == 0) {
            w->in_entry = 0;
            return w->har ? har_add(w, at + 1, e) : 0;
        }
        return 0;
    case JSON_ARRAY:
        if (depth + 1 < HAR_LEVELS)
            w->name[depth + 1] = (struct har_text){0}; /* items have no name */
        return 0;
    case JSON_ARRAY_END:
        return 0;
    default:
        if (w->in_entry)
            har_scalar(w, event, t, d);
        else if (w->har && depth == 3 && event == JSON_STRING && har_is(w->name[1], "log") &&
                 har_is(w->name[2], "creator")) {
            if (har_is(w->name[3], "name"))
                w->creator = t;
            else if (har_is(w->name[3], "version"))
                w->version = t;
        }
        return 0;
    }
}

int har_fields(const struct har *h, const struct har_entry *entry, struct har_fields *out, struct err *e)
{
    struct har_walk w = {.base = 0};

    if (json_scan(h->text + entry->at, entry->size, har_event, &w, e) != 0)
        return -1;
    *out = w.fields;
    return 0;
}

/* ---- the index */

static void har_index(struct har *h)
{
    h->slot_count = 16;
    while (h->slot_count < h->count * 2)
        h->slot_count *= 2;
    h->slots = mem_zero(h->slot_count, sizeof *h->slots);
    h->tails = mem_zero(h->slot_count, sizeof *h->tails);
    for (size_t i = 0; i < h->count; i++) {
        size_t at = (size_t)(h->entries[i].key & (h->slot_count - 1));

        if (h->tails[at])
            h->entries[h->tails[at] - 1].next = (uint32_t)i + 1;
        else
            h->slots[at] = (uint32_t)i + 1;
        h->tails[at] = (uint32_t)i + 1;
    }
    free(h->tails);
    h->tails = NULL;
}

struct har_entry *har_find(const struct har *h, uint64_t key)
{
    uint32_t at = h->slots[key & (h->slot_count - 1)];

    return at ? &h->entries[at - 1] : NULL;
}

struct har_entry *har_after(const struct har *h, const struct har_entry *entry)
{
    return entry->next ? &h->entries[entry->next - 1] : NULL;
}

static int har_map(struct har *h, const char *path, struct err *e)
{
    struct stat st;
    void *map = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;

    if (fd < 0 || fstat(fd, &st) != 0) {
        err_set(e, "%s: cannot read: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        err_set(e, "%s: %s: name a recording (HAR 1.2)", path,
                S_ISREG(st.st_mode) ? "empty" : "not a regular file");
        goto out;
    }
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        err_set(e, "%s: cannot map: %s", path, strerror(errno));
        goto out;
    }
    h->map = map;
    h->text = map;
    h->size = (size_t)st.st_size;
    madvise(map, h->size, MADV_SEQUENTIAL);
    rc = 0;
out:
    if (fd >= 0)
        close(fd);
    return rc;
}

int har_open(struct har *h, const char *path, struct err *e)
{
    struct har_walk w = {.har = h, .base = 3};
    struct buf creator = {0};
    int rc = -1;

    *h = (struct har){0};
    if (har_map(h, path, e) != 0)
        goto out;
    if (json_scan(h->text, h->size, har_event, &w, e) != 0) {
        err_context(e, "%s: not a whole HAR 1.2 recording", path);
        goto out;
    }
    if (!w.entries_seen) {
        err_set(e, "%s: not a HAR 1.2 recording, or an empty one: it has no log.entries", path);
        goto out;
    }
    digest_bytes(h->text, h->size, h->sha256);
    if (w.creator.at)
        json_unescape(&creator, w.creator.at, w.creator.n);
    if (w.version.at) {
        buf_text(&creator, creator.len ? " " : "");
        json_unescape(&creator, w.version.at, w.version.n);
    }
    h->creator = buf_take(&creator);
    har_index(h);
    madvise(h->map, h->size, MADV_RANDOM);
    rc = 0;
out:
    if (rc != 0)
        har_close(h);
    return rc;
}

void har_close(struct har *h)
{
    if (!h)
        return;
    if (h->map)
        munmap(h->map, h->size);
    free(h->entries);
    free(h->slots);
    free(h->tails);
    free(h->creator);
    free(h->endpoint);
    *h = (struct har){0};
}
