/* A recording: HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as browsers and mitmproxy
 * write it. The file is mapped and read event by event; only an index of its entries is kept, so memory does
 * not grow with the bodies. Credentials in it are noticed, never kept. */
#ifndef KC_AZURE_HAR_H
#define KC_AZURE_HAR_H

#include <stddef.h>
#include <stdint.h>

#include "azure/url.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "lib/digest.h"

/* A piece of the mapped text; at NULL: absent. Raw: JSON escapes are as written. */
struct har_text {
    const char *at;
    size_t n;
};

enum har_header {
    HAR_DATE,
    HAR_REQUEST_ID,
    HAR_CORRELATION_ID,
    HAR_ROUTING_ID,
    HAR_FAILURE_CAUSE,
    HAR_ETAG,
    HAR_HEADERS
};

/* What one entry says. */
struct har_fields {
    struct har_text started, method, url, post, content, encoding;
    struct har_text headers[HAR_HEADERS]; /* of the response; only these may enter evidence */
    int status;                           /* -1: the entry has none */
    int credentials;                      /* it carries some */
};

struct har_entry {
    uint64_t key; /* hash of the canonical request without api-version */
    uint64_t at;  /* offset in the file */
    uint64_t size;
    uint32_t version; /* hash of the api-version */
    uint32_t next;    /* the next entry with this key's slot, in recorded order, + 1 */
    int16_t status;
    uint8_t used;
};

struct har {
    void *map;        /* the file, as mapped */
    const char *text; /* the same, to be read */
    size_t size;
    struct har_entry *entries;
    size_t count, cap;
    uint32_t *slots, *tails; /* hash index: first and last entry of a chain, + 1 */
    size_t slot_count;       /* a power of two */
    char sha256[DIGEST_HEX];
    char *creator;                            /* name and version, "" when the file names none */
    char *endpoint;                           /* origin of the requests to ARM, NULL when there are none */
    char first[CLOCK_TEXT], last[CLOCK_TEXT]; /* "" when there are no entries */
    int credentials;                          /* how many entries carry some */
};

int har_open(struct har *h, const char *path, struct err *e);
void har_close(struct har *h); /* NULL is fine */
/* Reads one entry again; the pieces point into the mapped file. */
int har_fields(const struct har *h, const struct har_entry *entry, struct har_fields *out, struct err *e);
/* The first entry of the chain that may hold this key, then the next; NULL at the end. Keys must still be
 * compared. */
struct har_entry *har_find(const struct har *h, uint64_t key);
struct har_entry *har_after(const struct har *h, const struct har_entry *entry);
/* The canonical request of an entry's fields, its hash, and its api-version. -1: not an http(s) URL. */
int har_key(const struct har_fields *f, struct buf *canonical, uint64_t *key, char version[URL_VERSION]);
void har_put_body(struct buf *canonical, const char *body, size_t n); /* the part of a POST */
uint64_t har_hash(const char *bytes, size_t n);
/* startedDateTime (ISO 8601 with any offset) as UTC. */
int har_time(const char *at, size_t n, char out[CLOCK_TEXT]);
/* The decoded body. -1: the entry has no content.text, or it is broken base64; *why says which. */
int har_body(const struct har_fields *f, struct buf *out, const char **why);

#endif
