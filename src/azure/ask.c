/* See ask.h. */
#include "azure/ask.h"

#include <stdlib.h>
#include <string.h>

#include "azure/answer.h"
#include "azure/url.h"

struct ask {
    struct ask_answer *out;
    const char *what;
    enum resource_shape shape;
    int answered;
};

static int ask_answered(void *ctx, void *owner, const struct transport_answer *t, struct err *e)
{
    struct ask *ask = owner;
    struct ask_answer *out = ask->out;
    struct answer a = {0};
    int again = 0;

    (void)ctx;
    (void)e;
    answer_read(&a, t->body, t->size, t->status, ask->shape);
    again = t->again && !a.usable;
    if (!again) {
        ask->answered = 1;
        out->status = t->status;
        if (t->fault_code)
            err_set(&out->why, "%s: %s", ask->what, t->fault);
        else if (t->status != 200)
            err_set(&out->why, "%s: HTTP status %d: %.100s: %.300s", ask->what, t->status,
                    a.code ? a.code : "no code", a.message ? a.message : "no message");
        else if (a.wrong)
            err_set(&out->why, "%s: %s", ask->what, a.reason.text);
        else
            out->good = 1;
        buf_add(&out->body, t->body, t->size);
        out->next = a.next;
        a.next = NULL;
    }
    answer_free(&a);
    return again;
}

int ask(struct transport *t, const char *what, const char *url, const char *body, enum resource_shape shape,
        struct ask_answer *out, struct err *e)
{
    return ask_at(t, t->endpoint, what, url, body, shape, out, e);
}

int ask_at(struct transport *t, const char *place, const char *what, const char *url, const char *body,
           enum resource_shape shape, struct ask_answer *out, struct err *e)
{
    struct ask ask = {.out = out, .what = what, .shape = shape};
    struct transport_request request = {.method = body ? "POST" : "GET",
                                        .url = url,
                                        .body = body,
                                        .body_size = body ? strlen(body) : 0,
                                        .kind = what,
                                        .owner = &ask};
    struct buf origin = {0};
    int ours = url_origin(&origin, url, strlen(url)) == 0 && strcmp(buf_str(&origin), place) == 0;

    buf_free(&origin);
    *out = (struct ask_answer){0};
    if (!ours) {
        err_set(&out->why, "%s: a link leads elsewhere: refused", what);
        return 0;
    }
    t->done = ask_answered;
    if (t->send(t, &request, e) != 0)
        return -1;
    while (!ask.answered) {
        if (t->step(t, e) < 0)
            return -1;
        if (!ask.answered && t->stop && *t->stop) /* the answer may still come: t is not used any more */
            return err_set(e, "%s: interrupted", what);
    }
    return 0;
}

void ask_answer_free(struct ask_answer *a)
{
    buf_free(&a->body);
    free(a->next);
    *a = (struct ask_answer){0};
}
