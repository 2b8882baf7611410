/* What an answer says. See answer.h. */
#include "azure/answer.h"

#include <stdlib.h>
#include <string.h>

#include "azure/secret.h"
#include "base/buf.h"
#include "base/mem.h"
#include "lib/json.h"

#define ANSWER_LEVELS 4

struct answer_walk {
    struct answer *a;
    struct answer_name {
        const char *at;
        size_t n;
    } name[ANSWER_LEVELS], last; /* last: of the newest member, at any depth */
    int last_depth;              /* 0: none */
    enum json_event top;         /* kind of the whole body */
    enum json_event value;       /* kind of `value`; JSON_NAME: absent */
    enum json_event item;        /* what items must be */
    int bad_item, bad_next;
    char *code[2], *message[2]; /* [0] inside `error`, [1] without the wrapper */
    char *inner;                /* code of `error.innererror`: why Key Vault says Forbidden */
};

static int answer_is(struct answer_name name, const char *word)
{
    return name.at && name.n == strlen(word) && memcmp(name.at, word, name.n) == 0;
}

static char *answer_text(const char *at, size_t n)
{
    struct buf b = {0};

    json_unescape(&b, at, n);
    return buf_take(&b);
}

static void answer_keep(char **slot, const char *at, size_t n)
{
    if (!*slot)
        *slot = answer_text(at, n);
}

static void answer_string(struct answer_walk *w, const char *at, size_t n, int depth)
{
    struct answer *a = w->a;

    if (w->last_depth == depth && secret_is_password(w->last.at, w->last.n, at, n))
        a->secret = "a password";
    if (memchr(at, '\\', n)) { /* escapes may hide what the pass over the raw bytes looks for */
        struct buf plain = {0};

        json_unescape(&plain, at, n);
        if (!a->secret)
            a->secret = secret_find(buf_str(&plain), plain.len);
        buf_free(&plain);
    }
    if (depth == 1 && answer_is(w->name[1], "nextLink") && n)
        a->next = answer_text(at, n);
    else if (depth == 1 && (answer_is(w->name[1], "code") ||
                            answer_is(w->name[1], "error"))) /* OAuth's: {"error":"invalid_client", ...} */
        answer_keep(&w->code[1], at, n);
    else if (depth == 1 && answer_is(w->name[1], "message"))
        answer_keep(&w->message[1], at, n);
    else if (depth == 2 && answer_is(w->name[1], "error") && answer_is(w->name[2], "code"))
        answer_keep(&w->code[0], at, n);
    else if (depth == 2 && answer_is(w->name[1], "error") && answer_is(w->name[2], "message"))
        answer_keep(&w->message[0], at, n);
    else if (depth == 3 && answer_is(w->name[1], "error") && answer_is(w->name[2], "innererror") &&
             answer_is(w->name[3], "code"))
        answer_keep(&w->inner, at, n);
}

static int answer_event(void *ctx, enum json_event event, const char *at, size_t n, int depth, struct err *e)
{
    struct answer_walk *w = ctx;

    (void)e;
    if (event == JSON_OBJECT_END || event == JSON_ARRAY_END)
        return 0;
    if (event == JSON_NAME) {
        if (depth < ANSWER_LEVELS)
            w->name[depth] = (struct answer_name){at, n};
        w->last = (struct answer_name){at, n};
        w->last_depth = depth;
        return 0;
    }
    if (depth == 0)
        w->top = event;
    if (depth == 1 && w->top == JSON_OBJECT && answer_is(w->name[1], "value"))
        w->value = event;
    if (depth == 1 && w->top == JSON_OBJECT && answer_is(w->name[1], "nextLink") && event != JSON_STRING &&
        event != JSON_NULL)
        w->bad_next = 1;
    if (depth == 2 && w->value == JSON_ARRAY && answer_is(w->name[1], "value")) {
        w->a->items++;
        w->bad_item |= event != w->item;
    }
    if (event == JSON_STRING && w->top == JSON_OBJECT)
        answer_string(w, at, n, depth);
    if (event == JSON_ARRAY || event == JSON_OBJECT)
        w->last_depth = 0;
    return 0;
}

static int answer_is_html(const char *body, size_t n)
{
    size_t i = 0;

    if (n >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0)
        i = 3;
    while (i < n && strchr(" \t\r\n", body[i]) && body[i])
        i++;
    return i < n && body[i] == '<';
}

static void answer_wrong(struct answer *a, const char *code, const char *text)
{
    a->wrong = code;
    err_set(&a->reason, "%s", text);
}

static void answer_shape(struct answer_walk *w, enum resource_shape shape)
{
    struct answer *a = w->a;

    if (w->top != JSON_OBJECT)
        answer_wrong(a, "WrongShape", "the answer is no JSON object");
    else if (shape == RESOURCE_ONE)
        return;
    else if (w->value == JSON_NAME)
        answer_wrong(a, "WrongShape", "the answer has no value: a list was expected");
    else if (w->value != JSON_ARRAY)
        answer_wrong(a, "WrongShape", "the answer's value is no array: a list was expected");
    else if (w->bad_item)
        answer_wrong(a, "WrongShape",
                     shape == RESOURCE_LIST ? "an item of the list is no object"
                                            : "an item of the list is no string");
    else if (w->bad_next)
        answer_wrong(a, "WrongShape", "nextLink is no string: whether the list goes on is not known");
}

void answer_read(struct answer *a, const char *body, size_t n, int status, enum resource_shape shape)
{
    struct answer_walk w = {
        .a = a, .value = JSON_NAME, .item = shape == RESOURCE_LIST ? JSON_OBJECT : JSON_STRING};
    struct err e = {0};

    *a = (struct answer){0};
    a->secret = secret_find(body, n);
    if (json_scan(body, n, answer_event, &w, &e) != 0) {
        a->items = 0;
        free(a->next);
        a->next = NULL;
        if (answer_is_html(body, n))
            answer_wrong(a, "NotJson",
                         "HTML or XML where JSON was expected, as a proxy or a sign-in page sends it");
        else if (n == 0)
            answer_wrong(a, "MalformedBody", "the body is empty");
        else
            answer_wrong(a, "MalformedBody", e.text);
    } else {
        a->usable = 1;
        if (status < 300)
            answer_shape(&w, shape);
    }
    if (a->usable) {
        int bare = !w.code[0];

        a->code = w.code[bare];
        a->message = w.message[bare];
        w.code[bare] = w.message[bare] = NULL;
        if (w.inner && *w.inner && a->code && strcmp(a->code, "Forbidden") == 0) {
            free(a->code);
            a->code = w.inner;
            w.inner = NULL;
        }
    }
    free(w.inner);
    for (int i = 0; i < 2; i++) {
        free(w.code[i]);
        free(w.message[i]);
    }
}

void answer_free(struct answer *a)
{
    if (!a)
        return;
    free(a->next);
    free(a->code);
    free(a->message);
    *a = (struct answer){0};
}
