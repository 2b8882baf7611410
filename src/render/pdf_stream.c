/* Deflates the pages. See pdf_stream.h. */
#include "render/pdf_stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/deflate.h"

#define STREAM_BATCH 256 /* pages; a batch is deflated by all threads, then put in place by one */
#define STREAM_THREADS 8
#define STREAM_LEVEL 4 /* of operators: a tenth larger than zlib's own 6, in half the time */

struct stream_batch {
    const struct pdf_sheet *sheets; /* the first page of the batch */
    struct buf *deflated;           /* one a page */
    size_t count;
};
struct stream_share { /* pages first, first + step, ... of a batch: one thread's */
    struct stream_batch *batch;
    size_t first, step;
};

static void *stream_share_run(void *arg)
{
    const struct stream_share *s = arg;
    struct buf plain = {0};

    for (size_t i = s->first; i < s->batch->count; i += s->step) {
        HPDF_Stream stream = s->batch->sheets[i].stream;
        HPDF_UINT parts = HPDF_MemStream_GetBufCount(stream);

        buf_clear(&plain);
        for (HPDF_UINT k = 0; k < parts; k++) {
            HPDF_UINT n = 0;
            const HPDF_BYTE *part = HPDF_MemStream_GetBufPtr(stream, k, &n);

            if (part)
                buf_add(&plain, part, n);
        }
        deflate_add(&s->batch->deflated[i], buf_str(&plain), plain.len, STREAM_LEVEL);
    }
    buf_free(&plain);
    return NULL;
}

/* Pages are independent of each other, so who deflates which changes nothing. */
static void stream_deflate(struct stream_batch *b, size_t threads)
{
    struct stream_share share[STREAM_THREADS];
    pthread_t thread[STREAM_THREADS];
    int runs[STREAM_THREADS] = {0};

    for (size_t i = 0; i < threads; i++)
        share[i] = (struct stream_share){b, i, threads};
    for (size_t i = 1; i < threads; i++)
        runs[i] = pthread_create(&thread[i], NULL, stream_share_run, &share[i]) == 0;
    stream_share_run(&share[0]);
    for (size_t i = 1; i < threads; i++) {
        if (runs[i])
            pthread_join(thread[i], NULL);
        else
            stream_share_run(&share[i]);
    }
}

/* libharu takes the Filter out of a dictionary whose stream it does not filter itself; this puts it in. */
static HPDF_STATUS stream_filter(HPDF_Dict dict, HPDF_Stream out)
{
    (void)dict;
    return HPDF_Stream_WriteStr(out, "/Filter /FlateDecode\012");
}

static int stream_put(struct pdf_work *w, const struct pdf_sheet *sheet, const struct buf *deflated)
{
    HPDF_Dict contents = ((HPDF_PageAttr)sheet->page->attr)->contents;

    HPDF_MemStream_FreeData(sheet->stream);
    contents->filter = HPDF_STREAM_FILTER_NONE;
    contents->write_fn = stream_filter;
    if (HPDF_Stream_Write(sheet->stream, (const HPDF_BYTE *)deflated->data, (HPDF_UINT)deflated->len) !=
        HPDF_OK)
        return pdf_page_fail(w, "keeping a page");
    return 0;
}

int pdf_stream_all(struct pdf_work *w)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t threads = processors > STREAM_THREADS ? STREAM_THREADS : processors > 1 ? (size_t)processors : 1;
    struct buf deflated[STREAM_BATCH] = {{0}};
    int rc = w->failed ? -1 : 0;

    for (size_t at = 0; at < w->sheet_count && rc == 0; at += STREAM_BATCH) {
        size_t left = w->sheet_count - at;
        struct stream_batch b = {w->sheets + at, deflated, left < STREAM_BATCH ? left : STREAM_BATCH};

        stream_deflate(&b, threads);
        for (size_t i = 0; i < b.count; i++) {
            if (rc == 0)
                rc = stream_put(w, &w->sheets[at + i], &deflated[i]);
            buf_clear(&deflated[i]);
        }
    }
    for (size_t i = 0; i < STREAM_BATCH; i++)
        buf_free(&deflated[i]);
    return rc;
}
