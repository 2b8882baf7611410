/* The strict pass over JSON text, event by event (RFC 8259). It stands before everything that reads an
 * answer: SQLite's json_valid and cJSON both accept what must not become evidence (bad UTF-8, lone
 * surrogates, duplicate names). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "lib/json.h"

#define JSON_DEPTH_MAX 100
#define JSON_NAMES_LINEAR 16

/* The names seen so far in one object: a list while short, then an open hash table over it. */
struct json_names {
    struct json_name {
        uint64_t hash;
        const char *at;
        size_t n;
        char *owned; /* unescaped form when the raw one has escapes */
    } * list;
    size_t count, cap;
    size_t *table;
    size_t table_size;
};

struct json_pass {
    const char *start, *p, *end;
    json_handler *fn;
    void *ctx;
    struct err *e;
    int depth;
    struct json_names names[JSON_DEPTH_MAX + 1];
};

static int json_wrong(struct json_pass *s, const char *what)
{
    size_t line = 1, column = 1;

    for (const char *p = s->start; p < s->p; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else {
            column++;
        }
    }
    return err_set(s->e, "line %zu column %zu (byte %zu): %s", line, column, (size_t)(s->p - s->start), what);
}

static int json_tell(struct json_pass *s, enum json_event event, const char *at, size_t n)
{
    return s->fn && s->fn(s->ctx, event, at, n, s->depth, s->e) != 0 ? -1 : 0;
}

static void json_space(struct json_pass *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static int json_hex(const char *p, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        unsigned d = 0;

        if (c >= '0' && c <= '9')
            d = (unsigned)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            d = (unsigned)((c | 32) - 'a') + 10;
        else
            return -1;
        *out = *out << 4 | d;
    }
    return 0;
}

/* At the backslash; advances past the escape. */
static int json_escape(struct json_pass *s)
{
    unsigned c = 0, low = 0;

    if (s->end - s->p < 2)
        return json_wrong(s, "the text ends inside a string");
    if (s->p[1] != 'u') {
        if (!memchr("\"\\/bfnrt", s->p[1], 8))
            return json_wrong(s, "unknown escape in a string");
        s->p += 2;
        return 0;
    }
    if (s->end - s->p < 6 || json_hex(s->p + 2, &c))
        return json_wrong(s, "\\u needs four hexadecimal digits");
    if (c == 0)
        return json_wrong(s, "\\u0000 is not accepted in evidence");
    if (c >= 0xdc00 && c <= 0xdfff)
        return json_wrong(s, "lone surrogate");
    if (c >= 0xd800 && c <= 0xdbff) {
        if (s->end - s->p < 12 || s->p[6] != '\\' || s->p[7] != 'u' || json_hex(s->p + 8, &low) ||
            low < 0xdc00 || low > 0xdfff)
            return json_wrong(s, "lone surrogate");
        s->p += 6;
    }
    s->p += 6;
    return 0;
}

/* At the opening quote; gives the raw span between the quotes. */
static int json_string(struct json_pass *s, const char **at, size_t *n, int *escaped)
{
    *at = ++s->p;
    *escaped = 0;
    while (s->p < s->end) {
        unsigned char c = (unsigned char)*s->p;

        if (c == '"') {
            *n = (size_t)(s->p++ - *at);
            return 0;
        }
        if (c < 0x20)
            return json_wrong(s, "control character inside a string");
        if (c == '\\') {
            *escaped = 1;
            if (json_escape(s))
                return -1;
        } else if (c < 0x80) {
            s->p++;
        } else {
            const char *before = s->p;

            if (utf8_next(&s->p, s->end) == 0xfffd &&
                !(s->p - before == 3 && memcmp(before, "\xef\xbf\xbd", 3) == 0)) {
                s->p = before;
                return json_wrong(s, "not UTF-8");
            }
        }
    }
    return json_wrong(s, "the text ends inside a string");
}

static int json_number(struct json_pass *s)
{
    const char *at = s->p;
    int whole = 1;

    if (*s->p == '-')
        s->p++;
    if (s->p >= s->end || *s->p < '0' || *s->p > '9')
        return json_wrong(s, "not a value");
    if (*s->p == '0') {
        s->p++;
    } else {
        while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
            s->p++;
    }
    if (s->p < s->end && *s->p == '.') {
        whole = 0;
        s->p++;
        if (s->p >= s->end || *s->p < '0' || *s->p > '9')
            return json_wrong(s, "a digit must follow the decimal point");
        while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
            s->p++;
    }
    if (s->p < s->end && (*s->p | 32) == 'e') {
        whole = 0;
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
            s->p++;
        if (s->p >= s->end || *s->p < '0' || *s->p > '9')
            return json_wrong(s, "a digit must follow the exponent");
        while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
            s->p++;
    }
    if (whole && s->p - at > 18) {
        char digits[24];
        size_t n = (size_t)(s->p - at);

        if (n >= sizeof digits)
            return json_wrong(s, "integer does not fit 64 bits");
        memcpy(digits, at, n);
        digits[n] = '\0';
        errno = 0;
        strtoll(digits, NULL, 10);
        if (errno == ERANGE)
            return json_wrong(s, "integer does not fit 64 bits");
    }
    return json_tell(s, JSON_NUMBER, at, (size_t)(s->p - at));
}

static uint64_t json_hash(const char *p, size_t n)
{
    uint64_t h = UINT64_C(1469598103934665603); /* FNV-1a */

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * UINT64_C(1099511628211);
    return h;
}

static int json_name_same(const struct json_name *a, const struct json_name *b)
{
    return a->hash == b->hash && a->n == b->n && memcmp(a->at, b->at, a->n) == 0;
}

static void json_names_clear(struct json_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i].owned);
    names->count = 0;
    free(names->table);
    names->table = NULL;
    names->table_size = 0;
}

static void json_names_index(struct json_names *names, size_t at)
{
    size_t slot = names->list[at].hash & (names->table_size - 1);

    while (names->table[slot])
        slot = (slot + 1) & (names->table_size - 1);
    names->table[slot] = at + 1;
}

static int json_names_seen(const struct json_names *names, const struct json_name *name)
{
    if (names->table) {
        for (size_t slot = name->hash & (names->table_size - 1); names->table[slot];
             slot = (slot + 1) & (names->table_size - 1)) {
            if (json_name_same(&names->list[names->table[slot] - 1], name))
                return 1;
        }
        return 0;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (json_name_same(&names->list[i], name))
            return 1;
    }
    return 0;
}

/* 1 when the name is already there. */
static int json_names_add(struct json_names *names, const char *at, size_t n, int escaped)
{
    struct json_name name = {0, at, n, NULL};

    if (escaped) {
        struct buf plain = {0};

        json_unescape(&plain, at, n);
        name.n = plain.len;
        name.owned = buf_take(&plain);
        name.at = name.owned;
    }
    name.hash = json_hash(name.at, name.n);
    if (json_names_seen(names, &name)) {
        free(name.owned);
        return 1;
    }
    if (names->count == names->cap) {
        names->cap = names->cap ? names->cap * 2 : JSON_NAMES_LINEAR;
        names->list = mem_grow(names->list, names->cap, sizeof *names->list);
    }
    names->list[names->count++] = name;
    if (names->count >= JSON_NAMES_LINEAR && (!names->table || names->count * 2 > names->table_size)) {
        free(names->table);
        names->table_size = names->cap * 4;
        while (names->table_size & (names->table_size - 1)) /* a power of two */
            names->table_size &= names->table_size - 1;
        if (names->table_size < names->count * 2 + 2)
            names->table_size *= 2;
        names->table = mem_zero(names->table_size, sizeof *names->table);
        for (size_t i = 0; i < names->count; i++)
            json_names_index(names, i);
    } else if (names->table) {
        json_names_index(names, names->count - 1);
    }
    return 0;
}

static int json_value(struct json_pass *s);

static int json_members(struct json_pass *s)
{
    struct json_names *names = &s->names[s->depth];
    const char *at = NULL;
    size_t n = 0;
    int escaped = 0;

    json_names_clear(names);
    json_space(s);
    if (s->p < s->end && *s->p == '}')
        return 0;
    for (;;) {
        json_space(s);
        if (s->p >= s->end || *s->p != '"')
            return json_wrong(s, "a name in quotes must stand here");
        if (json_string(s, &at, &n, &escaped))
            return -1;
        if (json_names_add(names, at, n, escaped))
            return json_wrong(s, "this name stands twice in its object");
        if (json_tell(s, JSON_NAME, at, n))
            return -1;
        json_space(s);
        if (s->p >= s->end || *s->p != ':')
            return json_wrong(s, "a colon must stand here");
        s->p++;
        if (json_value(s))
            return -1;
        json_space(s);
        if (s->p < s->end && *s->p == ',') {
            s->p++;
            continue;
        }
        if (s->p < s->end && *s->p == '}')
            return 0;
        return json_wrong(s,
                          s->p >= s->end ? "the text ends inside an object" : "a comma or } must stand here");
    }
}

static int json_items(struct json_pass *s)
{
    json_space(s);
    if (s->p < s->end && *s->p == ']')
        return 0;
    for (;;) {
        if (json_value(s))
            return -1;
        json_space(s);
        if (s->p < s->end && *s->p == ',') {
            s->p++;
            continue;
        }
        if (s->p < s->end && *s->p == ']')
            return 0;
        return json_wrong(s,
                          s->p >= s->end ? "the text ends inside an array" : "a comma or ] must stand here");
    }
}

static int json_word(struct json_pass *s, const char *word, enum json_event event)
{
    size_t n = strlen(word);

    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return json_wrong(s, "not a value");
    s->p += n;
    return json_tell(s, event, s->p - n, n);
}

static int json_nest(struct json_pass *s, enum json_event open, int (*inside)(struct json_pass *))
{
    int rc = -1;

    if (s->depth >= JSON_DEPTH_MAX)
        return json_wrong(s, "nested more than 100 deep");
    if (json_tell(s, open, s->p, 1))
        return -1;
    s->p++;
    s->depth++;
    rc = inside(s);
    s->depth--;
    if (rc)
        return -1;
    s->p++;
    return json_tell(s, open == JSON_OBJECT ? JSON_OBJECT_END : JSON_ARRAY_END, s->p - 1, 1);
}

static int json_value(struct json_pass *s)
{
    const char *at = NULL;
    size_t n = 0;
    int escaped = 0;

    json_space(s);
    if (s->p >= s->end)
        return json_wrong(s, "a value is missing");
    switch (*s->p) {
    case '{':
        return json_nest(s, JSON_OBJECT, json_members);
    case '[':
        return json_nest(s, JSON_ARRAY, json_items);
    case '"':
        if (json_string(s, &at, &n, &escaped))
            return -1;
        return json_tell(s, JSON_STRING, at, n);
    case 't':
        return json_word(s, "true", JSON_TRUE);
    case 'f':
        return json_word(s, "false", JSON_FALSE);
    case 'n':
        return json_word(s, "null", JSON_NULL);
    default:
        return json_number(s);
    }
}

int json_scan(const char *text, size_t n, json_handler *fn, void *ctx, struct err *e)
{
    struct json_pass *s = mem_zero(1, sizeof *s);
    int rc = -1;

    *s = (struct json_pass){.start = text, .p = text, .end = text + n, .fn = fn, .ctx = ctx, .e = e};
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        s->p += 3;
    rc = json_value(s);
    if (rc == 0) {
        json_space(s);
        if (s->p != s->end)
            rc = json_wrong(s, "text after the end of the document");
    }
    for (int i = 0; i <= JSON_DEPTH_MAX; i++) {
        json_names_clear(&s->names[i]);
        free(s->names[i].list);
    }
    free(s);
    return rc;
}

void json_unescape(struct buf *out, const char *raw, size_t n)
{
    const char *p = raw, *end = raw + n;

    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        unsigned c = 0, low = 0;

        if (!slash || end - slash < 2) {
            buf_add(out, p, (size_t)(end - p));
            return;
        }
        buf_add(out, p, (size_t)(slash - p));
        p = slash + 2;
        switch (slash[1]) {
        case 'b':
            buf_char(out, '\b');
            break;
        case 'f':
            buf_char(out, '\f');
            break;
        case 'n':
            buf_char(out, '\n');
            break;
        case 'r':
            buf_char(out, '\r');
            break;
        case 't':
            buf_char(out, '\t');
            break;
        case 'u':
            if (end - p < 4 || json_hex(p, &c))
                return;
            p += 4;
            if (c >= 0xd800 && c <= 0xdbff && end - p >= 6 && json_hex(p + 2, &low) == 0) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                p += 6;
            }
            utf8_put(out, c);
            break;
        default:
            buf_char(out, slash[1]);
        }
    }
}
