/* Words of PDF text (ISO 32000-1, 7.2 and 7.3). See pdf_read.h. */
#include <string.h>

#include "pack/pdf_read.h"

enum word_kind { WORD_END, WORD_BAD, WORD_NAME, WORD_STRING, WORD_OPEN, WORD_CLOSE, WORD_OTHER };

static int word_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

static int word_breaks(char c)
{
    return word_space(c) || strchr("()<>[]{}/%", c) != NULL;
}

static const char *word_string_end(const char *p, const char *end) /* behind the closing ')'; NULL: none */
{
    size_t depth = 0;

    for (; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return NULL;
    return NULL;
}

static enum word_kind word_next(const char **at, const char *end, struct pdf_span *word)
{
    const char *p = *at;
    enum word_kind kind = WORD_OTHER;

    while (p < end && word_space(*p))
        p++;
    word->p = p;
    word->n = 0;
    if (p >= end)
        return WORD_END;
    if (*p == '(') {
        p = word_string_end(p, end);
        kind = WORD_STRING;
    } else if (*p == '[' || *p == ']') {
        kind = *p == '[' ? WORD_OPEN : WORD_CLOSE;
        p++;
    } else if (end - p > 1 && (memcmp(p, "<<", 2) == 0 || memcmp(p, ">>", 2) == 0)) {
        kind = *p == '<' ? WORD_OPEN : WORD_CLOSE;
        p += 2;
    } else if (*p == '<') {
        p = memchr(p, '>', (size_t)(end - p));
        p = p ? p + 1 : NULL;
        kind = WORD_STRING;
    } else if (*p == '/' || !word_breaks(*p)) {
        kind = *p == '/' ? WORD_NAME : WORD_OTHER;
        for (p++; p < end && !word_breaks(*p);)
            if (*p++ == '#') /* the same name in another writing: we never write it */
                return WORD_BAD;
    } else {
        p = NULL; /* comments too */
    }
    if (!p)
        return WORD_BAD;
    word->n = (size_t)(p - word->p);
    *at = p;
    return kind;
}

/* A whole value: a word, an array, a dictionary, or the three words of a reference. */
static int word_value(const char **at, const char *end, struct pdf_span *value)
{
    struct pdf_span w = {0};
    enum word_kind kind = word_next(at, end, &w);
    size_t depth = 0;
    const char *ahead = NULL;

    value->p = w.p;
    if (kind == WORD_END || kind == WORD_BAD || kind == WORD_CLOSE)
        return -1;
    for (depth = kind == WORD_OPEN; depth;) {
        kind = word_next(at, end, &w);
        if (kind == WORD_END || kind == WORD_BAD)
            return -1;
        depth += kind == WORD_OPEN;
        depth -= kind == WORD_CLOSE;
    }
    value->n = (size_t)(*at - value->p);
    ahead = *at;
    if (kind == WORD_OTHER && word_next(&ahead, end, &w) == WORD_OTHER &&
        word_next(&ahead, end, &w) == WORD_OTHER && w.n == 1 && *w.p == 'R') {
        *at = ahead;
        value->n = (size_t)(*at - value->p);
    }
    return 0;
}

/* The next key and value of a dictionary; *at NULL begins. 1, at its end 0, -1 when it is none. */
static int word_pair(struct pdf_span text, const char **at, struct pdf_span *key, struct pdf_span *value)
{
    const char *end = text.p + text.n;
    enum word_kind kind = WORD_END;

    if (!*at) {
        *at = text.p;
        if (word_next(at, end, key) != WORD_OPEN || key->n != 2)
            return -1;
    }
    kind = word_next(at, end, key);
    if (kind == WORD_CLOSE && key->n == 2)
        return 0;
    return kind == WORD_NAME && word_value(at, end, value) == 0 ? 1 : -1;
}

int pdf_key(struct pdf_span text, const char *key, struct pdf_span *value)
{
    struct pdf_span name = {0}, v = {0};
    const char *at = NULL;
    int found = 0, more = 0;

    while ((more = word_pair(text, &at, &name, &v)) == 1) {
        if (name.n != strlen(key) || memcmp(name.p, key, name.n) != 0)
            continue;
        if (found)
            return -1;
        found = 1;
        *value = v;
    }
    return more < 0 ? -1 : found;
}

int pdf_keys_known(struct pdf_span text, const char *known)
{
    struct pdf_span name = {0}, v = {0};
    const char *at = NULL;
    int more = 0;

    while ((more = word_pair(text, &at, &name, &v)) == 1) {
        int found = 0;

        for (const char *k = known; *k && !found; k = strchr(k, ' ') + 1)
            found = (size_t)(strchr(k, ' ') - k) == name.n && memcmp(k, name.p, name.n) == 0;
        if (!found)
            return 0;
    }
    return more == 0;
}

int pdf_is(struct pdf_span text, const char *words)
{
    const char *a = text.p, *b = words;
    struct pdf_span x = {0}, y = {0};
    enum word_kind kind = WORD_END;

    do {
        kind = word_next(&a, text.p + text.n, &x);
        if (kind != word_next(&b, words + strlen(words), &y) || kind == WORD_BAD || x.n != y.n ||
            memcmp(x.p, y.p, x.n) != 0)
            return 0;
    } while (kind != WORD_END);
    return 1;
}

int pdf_number(struct pdf_span text, uint64_t *number)
{
    *number = 0;
    if (text.n == 0 || text.n > 15)
        return 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return 0;
        *number = *number * 10 + (uint64_t)(text.p[i] - '0');
    }
    return 1;
}

int pdf_reference(struct pdf_span text, uint64_t *number)
{
    const char *at = text.p, *end = text.n ? text.p + text.n : NULL;
    struct pdf_span w = {0}, generation = {0}, r = {0};

    return text.n && word_next(&at, end, &w) == WORD_OTHER && pdf_number(w, number) &&
           word_next(&at, end, &generation) == WORD_OTHER && generation.n == 1 && *generation.p == '0' &&
           word_next(&at, end, &r) == WORD_OTHER && r.n == 1 && *r.p == 'R' &&
           word_next(&at, end, &w) == WORD_END;
}

struct pdf_span pdf_dictionary(struct pdf_span text)
{
    const char *at = text.p;
    struct pdf_span whole = {0};

    if (word_value(&at, text.p + text.n, &whole) != 0 || whole.n < 4 || memcmp(whole.p, "<<", 2) != 0)
        whole = (struct pdf_span){0};
    return whole;
}

struct pdf_span pdf_first(struct pdf_span text)
{
    const char *at = text.p;
    struct pdf_span w = {0}, item = {0};

    if (word_next(&at, text.p + text.n, &w) != WORD_OPEN || w.n != 1 ||
        word_value(&at, text.p + text.n, &item) != 0)
        item = (struct pdf_span){0};
    return item;
}
