/* Cross-reference tables and objects. See pdf_read.h. */
#include "pack/pdf_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_TAIL 64       /* "startxref", 10 digits, "%%EOF" and line ends */
#define READ_TRAILER 8192  /* bytes */
#define READ_OBJECT 131072 /* bytes: a signature's /Contents is its largest part */
#define READ_ROW 20        /* of the table (7.5.4) */

int pdf_read_open(struct pdf_read *r, const char *path, struct err *e)
{
    struct stat st;

    *r = (struct pdf_read){open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), path, 0};
    if (r->fd < 0)
        return err_set(e, "%s: cannot read: %s", path, strerror(errno));
    if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        pdf_read_close(r);
        return err_set(e, "%s: is no regular file", path);
    }
    r->size = (uint64_t)st.st_size;
    return 0;
}

void pdf_read_close(struct pdf_read *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
}

int pdf_read_at(const struct pdf_read *r, uint64_t at, size_t n, struct buf *out, struct err *e)
{
    char block[4096];

    buf_clear(out);
    if (at > r->size)
        return err_set(e, "%s: an offset beyond its end", r->path);
    if (n > r->size - at)
        n = (size_t)(r->size - at);
    while (out->len < n) {
        size_t want = n - out->len < sizeof block ? n - out->len : sizeof block;
        ssize_t got = pread(r->fd, block, want, (off_t)(at + out->len));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_set(e, "%s: cannot read: %s", r->path, got < 0 ? strerror(errno) : "it ends early");
        buf_add(out, block, (size_t)got);
    }
    return 0;
}

static size_t read_line_end(const char *p, size_t n) /* bytes of the line end there: 0, 1 or 2 */
{
    if (n >= 2 && p[0] == '\r' && p[1] == '\n')
        return 2;
    return n >= 1 && (p[0] == '\n' || p[0] == '\r');
}

/* Digits from *at on; moves *at behind them. */
static int read_digits(const struct buf *b, size_t *at, uint64_t *number)
{
    struct pdf_span digits = {buf_str(b) + *at, 0};

    while (*at + digits.n < b->len && digits.p[digits.n] >= '0' && digits.p[digits.n] <= '9')
        digits.n++;
    *at += digits.n;
    return pdf_number(digits, number);
}

/* "startxref", the table's offset, "%%EOF", each on its line; *at: behind it. */
static int read_closing(const struct buf *b, size_t *at, uint64_t *table)
{
    size_t n = 0;

    if (b->len - *at < 9 || memcmp(buf_str(b) + *at, "startxref", 9) != 0)
        return -1;
    *at += 9;
    n = read_line_end(buf_str(b) + *at, b->len - *at);
    *at += n;
    if (n == 0 || !read_digits(b, at, table))
        return -1;
    *at += read_line_end(buf_str(b) + *at, b->len - *at);
    if (b->len - *at < 5 || memcmp(buf_str(b) + *at, "%%EOF", 5) != 0)
        return -1;
    *at += 5;
    *at += read_line_end(buf_str(b) + *at, b->len - *at);
    return 0;
}

/* Sections of the table; *at: offset behind the word "trailer". */
static int read_sections(const struct pdf_read *r, struct pdf_revision *v, uint64_t *at, struct err *e)
{
    const uint64_t end = r->size;
    struct buf line = {0};
    int rc = -1;

    *at = v->table;
    if (pdf_read_at(r, *at, 6, &line, e) != 0 || line.len < 6 || memcmp(buf_str(&line), "xref", 4) != 0)
        goto out;
    *at += 4 + read_line_end(buf_str(&line) + 4, 2);
    for (;;) {
        uint64_t first = 0, count = 0;
        size_t used = 0;

        if (pdf_read_at(r, *at, 48, &line, e) != 0)
            goto out;
        if (line.len >= 7 && memcmp(buf_str(&line), "trailer", 7) == 0)
            break;
        if (v->section_count == PDF_SECTIONS || !read_digits(&line, &used, &first) || used >= line.len ||
            buf_str(&line)[used++] != ' ' || !read_digits(&line, &used, &count) || count > end / READ_ROW)
            goto out;
        used += buf_str(&line)[used] == ' ';
        if (read_line_end(buf_str(&line) + used, line.len - used) == 0)
            goto out;
        used += read_line_end(buf_str(&line) + used, line.len - used);
        v->sections[v->section_count].first = first;
        v->sections[v->section_count].count = count;
        v->sections[v->section_count++].rows = *at + used;
        *at += used + count * READ_ROW;
        if (*at >= end)
            goto out;
    }
    *at += 7;
    rc = 0;
out:
    buf_free(&line);
    return rc == 0 ? 0 : err_set(e, "%s: its cross-reference table is not of the plain kind", r->path);
}

int pdf_revision_read(const struct pdf_read *r, uint64_t table, struct pdf_revision *v, struct err *e)
{
    struct buf text = {0};
    struct pdf_span dict = {0}, value = {0};
    uint64_t at = 0, again = 0;
    size_t used = 0;
    int got = 0, rc = -1;

    *v = (struct pdf_revision){.table = table};
    if (read_sections(r, v, &at, e) != 0 || pdf_read_at(r, at, READ_TRAILER, &text, e) != 0)
        goto out;
    dict = pdf_dictionary((struct pdf_span){buf_str(&text), text.len});
    if (dict.n == 0 || pdf_key(dict, "/Root", &value) != 1 || !pdf_reference(value, &v->root) ||
        pdf_key(dict, "/Size", &value) != 1 || !pdf_number(value, &v->size) ||
        pdf_key(dict, "/XRefStm", &value) != 0 || pdf_key(dict, "/Encrypt", &value) != 0 ||
        (got = pdf_key(dict, "/Prev", &value)) < 0 || (got && !pdf_number(value, &v->previous))) {
        err_set(e, "%s: its trailer is not of the plain kind", r->path);
        goto out;
    }
    v->later = got;
    buf_add(&v->trailer, dict.p, dict.n);
    used = (size_t)(dict.p - buf_str(&text)) + dict.n;
    used += read_line_end(buf_str(&text) + used, text.len - used);
    if (read_closing(&text, &used, &again) != 0 || again != table) {
        err_set(e, "%s: a trailer does not end with the place of its own table", r->path);
        goto out;
    }
    v->end = at + used;
    rc = 0;
out:
    buf_free(&text);
    return rc;
}

int pdf_revision_last(const struct pdf_read *r, struct pdf_revision *v, struct err *e)
{
    uint64_t from = r->size > READ_TAIL ? r->size - READ_TAIL : 0, table = 0;
    struct buf tail = {0};
    size_t at = 0;
    int rc = pdf_read_at(r, from, READ_TAIL, &tail, e);

    *v = (struct pdf_revision){0};
    for (size_t i = 0; i + 9 <= tail.len; i++) /* the last one */
        if (memcmp(buf_str(&tail) + i, "startxref", 9) == 0)
            at = i;
    if (rc == 0 && (read_closing(&tail, &at, &table) != 0 || at != tail.len))
        rc = err_set(e, "%s: does not end as a PDF does (startxref, offset, %%%%EOF): cut short, or added to",
                     r->path);
    if (rc == 0)
        rc = pdf_revision_read(r, table, v, e);
    if (rc == 0 && v->end != r->size)
        rc = err_set(e, "%s: bytes lie behind the end of its last revision", r->path);
    buf_free(&tail);
    return rc;
}

void pdf_revision_free(struct pdf_revision *v)
{
    buf_free(&v->trailer);
}

/* "N 0 obj" at that place, then text up to "endobj". */
static int read_object(const struct pdf_read *r, uint64_t at, uint64_t number, struct buf *text,
                       struct err *e)
{
    struct buf block = {0};
    struct pdf_span value = {0};
    uint64_t found = 0;
    size_t used = 0;
    int rc = -1;

    if (pdf_read_at(r, at, READ_OBJECT, &block, e) != 0)
        goto out;
    if (!read_digits(&block, &used, &found) || found != number || block.len - used < 6 ||
        memcmp(buf_str(&block) + used, " 0 obj", 6) != 0)
        goto out;
    used += 6;
    value = pdf_dictionary((struct pdf_span){buf_str(&block) + used, block.len - used});
    if (value.n == 0)
        goto out;
    buf_clear(text);
    buf_add(text, value.p, value.n);
    used = (size_t)(value.p - buf_str(&block)) + value.n;
    used += read_line_end(buf_str(&block) + used, block.len - used);
    rc = block.len - used >= 6 && memcmp(buf_str(&block) + used, "endobj", 6) == 0 ? 0 : -1;
out:
    buf_free(&block);
    return rc == 0 ? 0
                   : err_set(e, "%s: no dictionary with the number %llu where the table says", r->path,
                             (unsigned long long)number);
}

int pdf_revision_object(const struct pdf_read *r, const struct pdf_revision *v, uint64_t number, uint64_t *at,
                        struct buf *text, struct err *e)
{
    struct buf row = {0};
    int rc = 0;

    for (size_t i = 0; i < v->section_count; i++) {
        uint64_t nth = number - v->sections[i].first;

        if (number < v->sections[i].first || nth >= v->sections[i].count)
            continue;
        if (rc == 1) {
            rc = err_set(e, "%s: object %llu stands twice in one table", r->path, (unsigned long long)number);
            break;
        }
        rc = -1;
        if (pdf_read_at(r, v->sections[i].rows + nth * READ_ROW, READ_ROW, &row, e) != 0)
            break;
        if (row.len != READ_ROW || memcmp(buf_str(&row) + 10, " 00000 n", 8) != 0 ||
            !pdf_number((struct pdf_span){buf_str(&row), 10}, at)) {
            err_set(e, "%s: object %llu is not in use", r->path, (unsigned long long)number);
            break;
        }
        if (read_object(r, *at, number, text, e) != 0)
            break;
        rc = 1;
    }
    buf_free(&row);
    return rc;
}
