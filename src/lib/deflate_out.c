/* A long run of bytes, deflated beside its maker. See deflate.h. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib/deflate.h"

#define OUT_PIECE ((1u << 18) - 1) /* bytes: with the NUL behind them a power of two */
#define OUT_THREADS 4
#define OUT_SLOTS (2 * OUT_THREADS)

enum out_state { OUT_FREE, OUT_FULL, OUT_TAKEN, OUT_DONE };

struct out_slot {
    struct buf plain, packed;
    uint32_t crc;
    enum out_state state;
};

struct deflate_out {
    int level, fd, failed;
    struct deflate_result result;
    struct buf plain;    /* of the piece in the making */
    struct deflate *own; /* where there is no thread */
    /* pieces on their way, in a ring: `head` is the next to be written, `tail` the next to be filled */
    struct out_slot slots[OUT_SLOTS];
    size_t head, tail, taken;
    pthread_mutex_t lock;
    pthread_cond_t full, done;
    pthread_t threads[OUT_THREADS];
    size_t count, wanted;
    int end;
};

static void out_pack(struct deflate *d, struct out_slot *s)
{
    buf_clear(&s->packed);
    deflate_piece(d, &s->packed, s->plain.data, s->plain.len);
    s->crc = deflate_crc(0, s->plain.data, s->plain.len);
}

static void *out_thread(void *arg)
{
    struct deflate_out *d = arg;
    struct deflate *z = deflate_new(d->level);

    pthread_mutex_lock(&d->lock);
    for (;;) {
        struct out_slot *s = &d->slots[d->taken % OUT_SLOTS];

        if (d->taken == d->tail) {
            if (d->end)
                break;
            pthread_cond_wait(&d->full, &d->lock);
            continue;
        }
        d->taken++;
        s->state = OUT_TAKEN;
        pthread_mutex_unlock(&d->lock);
        out_pack(z, s);
        pthread_mutex_lock(&d->lock);
        s->state = OUT_DONE;
        pthread_cond_signal(&d->done);
    }
    pthread_mutex_unlock(&d->lock);
    deflate_free(z);
    return NULL;
}

struct deflate_out *deflate_out_new(int level, size_t threads, int fd)
{
    struct deflate_out *d = mem_zero(1, sizeof *d);

    d->level = level;
    d->fd = fd;
    d->wanted = threads < OUT_THREADS ? threads : OUT_THREADS;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->full, NULL);
    pthread_cond_init(&d->done, NULL);
    return d;
}

static void out_write(struct deflate_out *d, const struct out_slot *s)
{
    size_t done = 0;

    d->result.crc = deflate_crc_join(d->result.crc, s->crc, s->plain.len);
    d->result.size += s->plain.len;
    d->result.packed += s->packed.len;
    while (done < s->packed.len && !d->failed) {
        ssize_t got = write(d->fd, s->packed.data + done, s->packed.len - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            d->failed = errno ? errno : EIO;
        else
            done += (size_t)got;
    }
}

/* Writes the oldest piece when it is ready. */
static void out_drain(struct deflate_out *d)
{
    struct out_slot *s = &d->slots[d->head % OUT_SLOTS];

    pthread_mutex_lock(&d->lock);
    while (s->state != OUT_DONE)
        pthread_cond_wait(&d->done, &d->lock);
    pthread_mutex_unlock(&d->lock);
    out_write(d, s);
    s->state = OUT_FREE;
    d->head++;
}

static void out_submit(struct deflate_out *d)
{
    struct out_slot *s = NULL;
    struct buf swap = d->plain;

    if (d->tail - d->head == OUT_SLOTS)
        out_drain(d);
    s = &d->slots[d->tail % OUT_SLOTS];
    d->plain = s->plain;
    buf_clear(&d->plain);
    s->plain = swap;
    while (d->count < d->wanted && pthread_create(&d->threads[d->count], NULL, out_thread, d) == 0)
        d->count++;
    if (d->count == 0) {
        if (!d->own)
            d->own = deflate_new(d->level);
        out_pack(d->own, s);
        out_write(d, s);
        return;
    }
    pthread_mutex_lock(&d->lock);
    s->state = OUT_FULL;
    d->tail++;
    pthread_cond_signal(&d->full);
    pthread_mutex_unlock(&d->lock);
}

void deflate_out_add(struct deflate_out *d, const void *bytes, size_t n)
{
    const char *at = bytes;

    while (n) {
        size_t room = OUT_PIECE - d->plain.len, some = n < room ? n : room;

        buf_add(&d->plain, at, some);
        at += some;
        n -= some;
        if (d->plain.len == OUT_PIECE)
            out_submit(d);
    }
}

int deflate_out_failed(const struct deflate_out *d)
{
    return d->failed;
}

int deflate_out_end(struct deflate_out *d, struct deflate_result *r, struct err *e)
{
    int failed = 0;

    if (!d->tail)
        d->wanted = d->count; /* a short run needs no thread of its own */
    if (d->plain.len)
        out_submit(d);
    while (d->head < d->tail)
        out_drain(d);
    pthread_mutex_lock(&d->lock);
    d->end = 1;
    pthread_cond_broadcast(&d->full);
    pthread_mutex_unlock(&d->lock);
    for (size_t i = 0; i < d->count; i++)
        pthread_join(d->threads[i], NULL);
    *r = d->result;
    failed = d->failed;
    for (size_t i = 0; i < OUT_SLOTS; i++) {
        buf_free(&d->slots[i].plain);
        buf_free(&d->slots[i].packed);
    }
    buf_free(&d->plain);
    deflate_free(d->own);
    pthread_cond_destroy(&d->full);
    pthread_cond_destroy(&d->done);
    pthread_mutex_destroy(&d->lock);
    free(d);
    return failed ? err_set(e, "a temporary file: cannot write: %s", strerror(failed)) : 0;
}
