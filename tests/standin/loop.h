/* One thread, one epoll set, and a heap of things to do later. */
#ifndef KC_STANDIN_LOOP_H
#define KC_STANDIN_LOOP_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Something that epoll watches; first member of its owner. */
struct loop_watch {
    int fd;
    void (*ready)(struct loop_watch *w, unsigned events); /* EPOLLIN, EPOLLOUT, ... */
};

struct loop_timer {
    int64_t at;     /* ms, loop_now() */
    uint64_t order; /* those of one time run in the order in which they were set */
    void (*run)(void *arg);
    void *arg;
};

struct loop {
    int epoll;
    struct loop_timer *timers; /* binary heap */
    size_t count, cap;
    uint64_t order;
    volatile sig_atomic_t *stop;
};

int64_t loop_now(void); /* monotonic, ms */
int loop_open(struct loop *l, volatile sig_atomic_t *stop, struct err *e);
void loop_close(struct loop *l);
int loop_add(struct loop *l, struct loop_watch *w, unsigned events, struct err *e);
void loop_change(struct loop *l, struct loop_watch *w, unsigned events);
void loop_at(struct loop *l, int64_t at, void (*run)(void *arg), void *arg); /* runs once; cannot be undone */
int loop_run(struct loop *l, struct err *e);                                 /* until *stop */

#endif
