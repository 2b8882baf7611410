#include "report/markup.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "judge/verdict.h"

struct markup {
    struct doc_text *out;
    const struct values *values;
    struct buf text; /* of the run in the making */
    unsigned look;   /* of the run in the making */
    char *link;      /* target while inside [words](#anchor) */
};

static void markup_flush(struct markup *m)
{
    if (m->text.len) {
        struct doc_run *r = doc_run(m->out, buf_str(&m->text), m->look);

        r->link = mem_copy(m->link);
        m->look &= ~(unsigned)DOC_LINE;
    }
    buf_clear(&m->text);
}

static void markup_new_line(struct markup *m)
{
    markup_flush(m);
    if (m->look & DOC_LINE) /* the line before is empty */
        doc_run(m->out, "", m->look);
    m->look |= DOC_LINE;
}

void markup_hash(struct buf *out, const char *hash)
{
    size_t n = strlen(hash);

    if (n < 12) {
        buf_text(out, hash);
        return;
    }
    buf_add(out, hash, 4);
    buf_text(out, "…");
    buf_text(out, hash + n - 2);
}

int markup_look(unsigned *look, const char *words, struct err *e)
{
    static const struct {
        const char *word;
        unsigned bit;
    } looks[] = {{"bold", DOC_BOLD},   {"mono", DOC_MONO}, {"quiet", DOC_QUIET},
                 {"small", DOC_SMALL}, {"warn", DOC_WARN}, {"line", DOC_LINE}};

    while (*words) {
        size_t n = strcspn(words, " "), i = 0;

        for (i = 0; i < sizeof looks / sizeof looks[0]; i++)
            if (strlen(looks[i].word) == n && memcmp(looks[i].word, words, n) == 0)
                break;
        if (n && i == sizeof looks / sizeof looks[0])
            return err_set(e, "look \"%.*s\": known are bold, mono, quiet, small, warn, line", (int)n, words);
        if (n)
            *look |= looks[i].bit;
        words += n + (words[n] == ' ');
    }
    return 0;
}

/* A placeholder's filters: looks, mark:column, hash, lines. */
struct markup_filter {
    unsigned look;
    enum verdict status;
    int hash, lines;
};

static int markup_filters(struct markup_filter *f, const char *p, size_t n, const struct values *v,
                          struct err *e)
{
    const char *end = p + n;

    while (p < end) {
        size_t k = 0;
        char *word = NULL;
        int rc = 0;

        while (p + k < end && p[k] != ' ')
            k++;
        word = mem_copy_n(p, k);
        if (strncmp(word, "mark:", 5) == 0) {
            const struct value *x = values_find(v, word + 5, strlen(word + 5));

            if (!x)
                rc = err_set(e, "{{…|%s}}: there is no column of that name here", word);
            else
                f->status = verdict_read(x->text);
            if (f->status != VERDICT_NONE)
                f->look |= DOC_MARK;
        } else if (strcmp(word, "hash") == 0)
            f->hash = 1;
        else if (strcmp(word, "lines") == 0)
            f->lines = 1;
        else
            rc = markup_look(&f->look, word, e);
        free(word);
        if (rc != 0)
            return -1;
        p += k + 1;
    }
    return 0;
}

static void markup_put(struct markup *m, const struct markup_filter *f, const char *text)
{
    const char *p = text;

    markup_flush(m);
    for (;;) {
        size_t n = f->lines ? strcspn(p, "\n") : strlen(p);
        struct buf b = {0}, h = {0};
        struct doc_run *r = NULL;

        utf8_visible(&b, p, n);
        if (f->hash)
            markup_hash(&h, buf_str(&b));
        if (b.len) {
            r = doc_run(m->out, f->hash ? buf_str(&h) : buf_str(&b), m->look | f->look);
            r->status = f->status;
            r->link = mem_copy(m->link);
            m->look &= ~(unsigned)DOC_LINE;
        }
        buf_free(&b);
        buf_free(&h);
        if (!p[n])
            return;
        p += n + 1;
        markup_new_line(m);
    }
}

/* One {{…}}; *at stands behind the opening braces and is moved behind the closing ones. */
static const struct value *markup_find(const char **at, const struct values *v, const char **filters,
                                       size_t *filters_n, struct err *e)
{
    const char *end = strstr(*at, "}}"), *bar = NULL;
    const struct value *x = NULL;
    size_t n = 0;

    if (!end) {
        err_set(e, "{{%.40s: the closing braces are missing", *at);
        return NULL;
    }
    bar = memchr(*at, '|', (size_t)(end - *at));
    n = (size_t)((bar ? bar : end) - *at);
    x = values_find(v, *at, n);
    if (!x)
        err_set(e, "{{%.*s}}: there is no column of that name here", (int)n, *at);
    *filters = bar ? bar + 1 : end;
    *filters_n = (size_t)(end - *filters);
    *at = end + 2;
    return x;
}

static int markup_placeholder(struct markup *m, const char **at, struct err *e)
{
    struct markup_filter f = {0};
    const char *filters = NULL;
    size_t n = 0;
    const struct value *x = markup_find(at, m->values, &filters, &n, e);

    if (!x || markup_filters(&f, filters, n, m->values, e) != 0)
        return -1;
    if (x->text)
        markup_put(m, &f, x->text);
    return 0;
}

/* [words](#anchor): sets the link until the closing bracket. *at stands behind the opening one. */
static int markup_open_link(struct markup *m, const char *at, struct err *e)
{
    const char *middle = strstr(at, "]("), *end = middle ? strchr(middle, ')') : NULL;
    struct buf target = {0};
    char *raw = NULL;
    int rc = 0;

    if (m->link || !end)
        return err_set(e, "[%.40s: a link is written [words](#anchor)", at);
    markup_flush(m);
    raw = mem_copy_n(middle + 2, (size_t)(end - middle - 2));
    rc = markup_plain(&target, raw, m->values, e);
    free(raw);
    if (rc == 0)
        m->link = buf_take(&target);
    buf_free(&target);
    return rc;
}

static void markup_close_link(struct markup *m)
{
    markup_flush(m);
    free(m->link);
    m->link = NULL;
}

static int markup_step(struct markup *m, const char **at, struct err *e)
{
    static const struct {
        const char *mark;
        unsigned look;
    } toggles[] = {{"**", DOC_BOLD}, {"`", DOC_MONO}, {"~~", DOC_SMALL | DOC_QUIET}};
    const char *p = *at;

    for (size_t i = 0; i < sizeof toggles / sizeof toggles[0]; i++) {
        size_t n = strlen(toggles[i].mark);

        if (strncmp(p, toggles[i].mark, n) == 0) {
            markup_flush(m);
            m->look ^= toggles[i].look;
            *at = p + n;
            return 0;
        }
    }
    if (p[0] == '{' && p[1] == '{') {
        *at = p + 2;
        return markup_placeholder(m, at, e);
    }
    if (*p == '[') {
        *at = p + 1;
        return markup_open_link(m, *at, e);
    }
    if (*p == ']' && m->link) {
        const char *end = strchr(p, ')');

        markup_close_link(m);
        *at = end ? end + 1 : p + strlen(p);
        return 0;
    }
    if (*p == '\n') {
        markup_new_line(m);
        *at = p + 1;
        return 0;
    }
    if (*p == '\\' && p[1])
        p++;
    buf_char(&m->text, *p);
    *at = p + 1;
    return 0;
}

int markup_runs(struct doc_text *out, const char *text, const struct values *v, struct err *e)
{
    struct markup m = {.out = out, .values = v};
    int rc = 0;

    while (rc == 0 && *text)
        rc = markup_step(&m, &text, e);
    if (rc == 0)
        markup_flush(&m);
    buf_free(&m.text);
    free(m.link);
    return rc;
}

int markup_plain(struct buf *out, const char *text, const struct values *v, struct err *e)
{
    while (*text) {
        const char *filters = NULL;
        size_t n = 0;

        if (text[0] == '{' && text[1] == '{') {
            const struct value *x = NULL;

            text += 2;
            x = markup_find(&text, v, &filters, &n, e);
            if (!x)
                return -1;
            if (x->text)
                utf8_visible(out, x->text, strlen(x->text));
        } else
            buf_char(out, *text++);
    }
    return 0;
}
