/* The hashes of a pack's files, on all processors. See verify_hash.h. */
#include "pack/verify_hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define HASH_THREADS 8
#define HASH_ALONE (UINT64_C(8) << 20) /* bytes below which starting a thread costs more than it saves */

struct hash_work {
    const struct verify *v;
    const struct manifest *list;
    struct verify_hashed *of;
    struct hash_order {
        size_t at; /* in list->lines */
        uint64_t size;
    } * order; /* the longest first */
    pthread_mutex_t lock;
    size_t next;
};

static void hash_file(struct hash_work *w, size_t at)
{
    char *path = file_join(w->v->dir, w->list->lines[at].path);
    struct verify_hashed *to = &w->of[at];

    to->rc = digest_file(path, to->hex, &to->size, &to->why);
    free(path);
}

static void *hash_files(void *ctx)
{
    struct hash_work *w = ctx;

    for (;;) {
        size_t at = 0;

        pthread_mutex_lock(&w->lock);
        at = w->next++;
        pthread_mutex_unlock(&w->lock);
        if (at >= w->list->count)
            return NULL;
        if (w->of[w->order[at].at].rc == 0)
            hash_file(w, w->order[at].at);
    }
}

static int hash_order(const void *a, const void *b)
{
    const struct hash_order *x = a, *y = b;

    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

static void later_line(void *ctx, enum verify_result result, const char *what, const char *words)
{
    struct verify_later *l = ctx;

    l->lines = mem_grow(l->lines, l->count + 1, sizeof *l->lines);
    l->lines[l->count++] = (struct verify_line){result, mem_copy(what), mem_copy(words)};
}

void verify_hash(const struct verify *v, const struct manifest *list, struct verify_hashed *of,
                 void (*fn)(struct verify *v), struct verify_later *later)
{
    struct hash_work w = {.v = v, .list = list, .of = of};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t threads = processors > HASH_THREADS ? HASH_THREADS : processors > 1 ? (size_t)processors : 1;
    pthread_t started[HASH_THREADS];
    size_t count = 0;
    uint64_t total = 0;

    w.order = mem_zero(list->count + 1, sizeof *w.order);
    for (size_t i = 0; i < list->count; i++) {
        char *path = file_join(v->dir, list->lines[i].path);
        struct stat st;

        w.order[i].at = i;
        w.order[i].size = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
        total += w.order[i].size;
        free(path);
    }
    if (list->count)
        qsort(w.order, list->count, sizeof *w.order, hash_order);
    pthread_mutex_init(&w.lock, NULL);
    while (total > HASH_ALONE && count + 1 < threads &&
           pthread_create(&started[count], NULL, hash_files, &w) == 0)
        count++;
    if (fn) {
        later->o = *v->o;
        later->o.line = later_line;
        later->o.ctx = later;
        later->v = *v;
        later->v.o = &later->o;
        fn(&later->v);
    }
    hash_files(&w);
    while (count)
        pthread_join(started[--count], NULL);
    pthread_mutex_destroy(&w.lock);
    free(w.order);
}

void verify_later_say(struct verify *v, struct verify_later *later, void (*fn)(struct verify *v))
{
    if (!later->v.o) {
        fn(v);
        return;
    }
    for (size_t i = 0; i < later->count; i++) {
        verify_say(v, later->lines[i].result, later->lines[i].what, "%s", later->lines[i].words);
        free(later->lines[i].what);
        free(later->lines[i].words);
    }
    free(later->lines);
    *later = (struct verify_later){.count = 0};
}
