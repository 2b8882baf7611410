/* JSON: a strict reader (RFC 8259, valid UTF-8, no duplicate names, depth at most 100, integers that fit
 * int64 where they are integers, no \u0000, no lone surrogate), a tree for small documents (cJSON inside), a
 * streaming writer. */
#ifndef KC_LIB_JSON_H
#define KC_LIB_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* ---- the strict pass, event by event; memory is flat whatever the size of the text */
enum json_event {
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_NAME,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};
/* at, n: the raw text of the token (strings and names without their quotes, escapes as written). depth: 0 for
 * the document's own value. Return 0 to go on; another value stops the pass, which then returns -1. */
typedef int json_handler(void *ctx, enum json_event event, const char *at, size_t n, int depth,
                         struct err *e);
/* One BOM at the start is allowed. The error names line, column and offset. fn may be NULL: only check. */
int json_scan(const char *text, size_t n, json_handler *fn, void *ctx, struct err *e);
void json_unescape(struct buf *out, const char *raw, size_t n); /* raw: as an event gives it */

/* ---- the tree, for mappings, engagement files, templates */
struct json; /* a value inside a document; freed with its document */
int json_parse(struct json **out, const char *text, size_t n,
               struct err *e); /* strict; caller frees with json_free */
void json_free(struct json *doc);
const struct json *json_get(const struct json *object,
                            const char *name); /* NULL when absent or no object; exact case */
const struct json *
json_first(const struct json *value); /* first item of an array or member of an object, or NULL */
const struct json *json_next(const struct json *item);
const char *json_name(const struct json *member);
const char *json_text(const struct json *value); /* NULL unless a string */
int json_is(const struct json *value,
            enum json_event kind); /* JSON_OBJECT, JSON_ARRAY, JSON_STRING, ... ; NULL: 0 */
int json_int(const struct json *value, int64_t *out); /* 0, or -1 when it is no integer */
int json_true(const struct json *value);
size_t json_count(const struct json *value);
/* The place of a value in its document as a JSON pointer (RFC 6901), for messages; caller frees. */
char *json_pointer(const struct json *doc, const struct json *value);
char *json_raw(const struct json *value); /* the value as compact JSON; caller frees */

/* ---- the writer: commas and escapes are its business; two-space indents, one member a line */
struct json_out {
    int (*write)(void *ctx, const char *bytes, size_t n, struct err *e); /* NULL: into buf */
    void *ctx;
    struct buf buf; /* flushed to write() when it is long, and by json_end */
    int depth, fresh[128], compact;
    int failed;
    struct err err;
};
void json_begin(struct json_out *o);
void json_object(struct json_out *o, const char *name); /* name NULL inside arrays and at the top */
void json_object_end(struct json_out *o);
void json_array(struct json_out *o, const char *name);
void json_array_end(struct json_out *o);
void json_put_text(struct json_out *o, const char *name, const char *text); /* NULL text writes null */
void json_put_int(struct json_out *o, const char *name, int64_t value);
void json_put_bool(struct json_out *o, const char *name, int value);
void json_put_null(struct json_out *o, const char *name);
void json_put_raw(struct json_out *o, const char *name, const char *json); /* already JSON */
int json_end(struct json_out *o, struct err *e); /* flushes; -1 if any write failed */

#endif
