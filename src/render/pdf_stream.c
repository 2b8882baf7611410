/* Deflates the pages. See pdf_stream.h. */
#include "render/pdf_stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib/deflate.h"

#define STREAM_THREADS 4
#define STREAM_WAITING 64 /* pieces that may wait for a thread, some 16 KB each */
#define STREAM_LEVEL 4    /* of operators: a tenth larger than zlib's own 6, in half the time */

struct pdf_piece {
    struct pdf_piece *next;   /* of its sheet */
    struct pdf_piece *behind; /* in the queue */
    struct buf plain, packed;
    size_t size; /* of the plain bytes */
    uint32_t sum;
};

struct pdf_pool {
    pthread_mutex_t lock;
    pthread_cond_t more, room; /* for the threads; for who draws */
    struct pdf_piece *first, *last;
    size_t waiting;
    int end;
    pthread_t threads[STREAM_THREADS];
    size_t count;
    struct deflate *own; /* where there is no thread */
};

static void stream_pack(struct deflate *d, struct buf *scratch, struct pdf_piece *p)
{
    buf_clear(scratch);
    p->sum = deflate_sum(DEFLATE_SUM, p->plain.data, p->plain.len);
    deflate_piece(d, scratch, p->plain.data, p->plain.len);
    buf_free(&p->plain);
    p->packed.data = mem_copy_n(scratch->data, scratch->len); /* no larger than it is: there are many */
    p->packed.len = scratch->len;
}

static struct pdf_piece *stream_take(struct pdf_pool *pool)
{
    struct pdf_piece *p = NULL;

    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->end)
        pthread_cond_wait(&pool->more, &pool->lock);
    p = pool->first;
    if (p) {
        pool->first = p->behind;
        pool->waiting--;
        pthread_cond_signal(&pool->room);
    }
    pthread_mutex_unlock(&pool->lock);
    return p;
}

static void *stream_thread(void *arg)
{
    struct pdf_pool *pool = arg;
    struct deflate *d = deflate_new(STREAM_LEVEL);
    struct pdf_piece *p = NULL;
    struct buf scratch = {0};

    while ((p = stream_take(pool)))
        stream_pack(d, &scratch, p);
    buf_free(&scratch);
    deflate_free(d);
    return NULL;
}

void pdf_stream_begin(struct pdf_work *w)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors < 2                ? 0
                    : processors > STREAM_THREADS ? STREAM_THREADS
                                                  : (size_t)processors - 1;
    struct pdf_pool *pool = mem_zero(1, sizeof *pool);

    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->more, NULL);
    pthread_cond_init(&pool->room, NULL);
    while (pool->count < wanted &&
           pthread_create(&pool->threads[pool->count], NULL, stream_thread, pool) == 0)
        pool->count++;
    if (pool->count == 0)
        pool->own = deflate_new(STREAM_LEVEL);
    w->pool = pool;
}

void pdf_stream_add(struct pdf_work *w, struct pdf_sheet *s, struct buf *ops)
{
    struct pdf_pool *pool = w->pool;
    struct pdf_piece *p = NULL;
    struct buf scratch = {0};

    if (ops->len == 0)
        return;
    p = mem_zero(1, sizeof *p);
    p->plain = *ops;
    p->size = ops->len;
    *ops = (struct buf){0};
    if (s->last)
        s->last->next = p;
    else
        s->first = p;
    s->last = p;
    if (pool->own) {
        stream_pack(pool->own, &scratch, p);
        buf_free(&scratch);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    while (pool->waiting >= STREAM_WAITING)
        pthread_cond_wait(&pool->room, &pool->lock);
    if (pool->first)
        pool->last->behind = p;
    else
        pool->first = p;
    pool->last = p;
    pool->waiting++;
    pthread_cond_signal(&pool->more);
    pthread_mutex_unlock(&pool->lock);
}

static void stream_finish(struct pdf_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->end = 1;
    pthread_cond_broadcast(&pool->more);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->count; i++)
        pthread_join(pool->threads[i], NULL);
    pool->count = 0;
}

/* libharu takes the Filter out of a dictionary whose stream it does not filter itself; this puts it in. */
static HPDF_STATUS stream_filter(HPDF_Dict dict, HPDF_Stream out)
{
    (void)dict;
    return HPDF_Stream_WriteStr(out, "/Filter /FlateDecode\012");
}

static void stream_drop(struct pdf_sheet *s)
{
    for (struct pdf_piece *p = s->first, *next = NULL; p; p = next) {
        next = p->next;
        buf_free(&p->plain);
        buf_free(&p->packed);
        free(p);
    }
    s->first = s->last = NULL;
}

static int stream_put(struct pdf_work *w, struct pdf_sheet *s, struct buf *whole)
{
    HPDF_Dict contents = ((HPDF_PageAttr)s->page->attr)->contents;
    HPDF_MemStreamAttr memory = contents->stream->attr;
    uint32_t sum = DEFLATE_SUM;

    buf_clear(whole);
    buf_text(whole, DEFLATE_HEAD);
    for (const struct pdf_piece *p = s->first; p; p = p->next) {
        buf_add(whole, p->packed.data, p->packed.len);
        sum = deflate_sum_join(sum, p->sum, p->size);
    }
    stream_drop(s);
    buf_add(whole, DEFLATE_END, DEFLATE_END_SIZE);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_char(whole, (char)(sum >> shift & 255));
    contents->filter = HPDF_STREAM_FILTER_NONE;
    contents->write_fn = stream_filter;
    /* one block of just that size (libharu's own have 4 KB); a full block makes it take a new one */
    memory->buf_siz = memory->w_pos = (HPDF_UINT)whole->len;
    if (HPDF_Stream_Write(contents->stream, (const HPDF_BYTE *)whole->data, (HPDF_UINT)whole->len) != HPDF_OK)
        return pdf_page_fail(w, "keeping a page");
    return 0;
}

int pdf_stream_all(struct pdf_work *w)
{
    struct buf whole = {0};
    int rc = w->failed ? -1 : 0;

    stream_finish(w->pool);
    for (size_t i = 0; i < w->sheet_count && rc == 0; i++)
        rc = stream_put(w, &w->sheets[i], &whole);
    buf_free(&whole);
    return rc;
}

void pdf_stream_end(struct pdf_work *w)
{
    struct pdf_pool *pool = w->pool;

    if (!pool)
        return;
    stream_finish(pool);
    for (size_t i = 0; i < w->sheet_count; i++)
        stream_drop(&w->sheets[i]);
    deflate_free(pool->own);
    pthread_cond_destroy(&pool->more);
    pthread_cond_destroy(&pool->room);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
    w->pool = NULL;
}
