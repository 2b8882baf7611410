/* The event loop. See loop.h. */
#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define LOOP_EVENTS 256

int64_t loop_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int loop_open(struct loop *l, volatile sig_atomic_t *stop, struct err *e)
{
    *l = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC), .stop = stop};
    return l->epoll < 0 ? err_set(e, "epoll: %s", strerror(errno)) : 0;
}

void loop_close(struct loop *l)
{
    if (l->epoll >= 0)
        close(l->epoll);
    free(l->timers);
}

int loop_add(struct loop *l, struct loop_watch *w, unsigned events, struct err *e)
{
    struct epoll_event event = {.events = events, .data.ptr = w};

    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &event) != 0)
        return err_set(e, "epoll: %s", strerror(errno));
    return 0;
}

void loop_change(struct loop *l, struct loop_watch *w, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = w};

    epoll_ctl(l->epoll, EPOLL_CTL_MOD, w->fd, &event);
}

static int loop_before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void loop_at(struct loop *l, int64_t at, void (*run)(void *arg), void *arg)
{
    struct loop_timer one = {at, l->order++, run, arg};
    size_t i = l->count++;

    if (l->count > l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->timers = mem_grow(l->timers, l->cap, sizeof *l->timers);
    }
    for (; i && loop_before(&one, &l->timers[(i - 1) / 2]); i = (i - 1) / 2)
        l->timers[i] = l->timers[(i - 1) / 2];
    l->timers[i] = one;
}

static struct loop_timer loop_pop(struct loop *l)
{
    struct loop_timer top = l->timers[0], last = l->timers[--l->count];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= l->count)
            break;
        if (child + 1 < l->count && loop_before(&l->timers[child + 1], &l->timers[child]))
            child++;
        if (!loop_before(&l->timers[child], &last))
            break;
        l->timers[i] = l->timers[child];
        i = child;
    }
    l->timers[i] = last;
    return top;
}

int loop_run(struct loop *l, struct err *e)
{
    struct epoll_event events[LOOP_EVENTS];

    while (!*l->stop) {
        int64_t now = loop_now();
        int wait = 1000, n = 0;

        while (l->count && l->timers[0].at <= now) {
            struct loop_timer t = loop_pop(l);

            t.run(t.arg);
        }
        if (l->count && l->timers[0].at - now < wait)
            wait = (int)(l->timers[0].at - now);
        n = epoll_wait(l->epoll, events, LOOP_EVENTS, wait);
        if (n < 0 && errno != EINTR)
            return err_set(e, "epoll: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
            struct loop_watch *w = events[i].data.ptr;

            w->ready(w, events[i].events);
        }
    }
    return 0;
}
