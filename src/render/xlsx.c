/* The workbook: every row of every table, as a template's workbook.json orders it. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "render/render.h"
#include "render/xlsx_guard.h"
#include "render/xlsx_text.h"
#include "report/template.h"

#define XLSX_HEAD_MAX 250 /* bytes; the library refuses more than 255 characters */

/* What the pages' heads, feet and the file's properties say. */
struct xlsx_words {
    char *organisation, *title, *period, *classification, *author, *taken_at, *source;
};

static int xlsx_read(void *ctx, const char *name, struct buf *out, struct err *e)
{
    return template_read(ctx, name, out, e);
}

static int xlsx_words_load(struct xlsx_words *w, struct db *facts, const struct report_options *o,
                           struct err *e)
{
    static const char engagement[] = "SELECT value FROM engagement WHERE name = %Q";

    w->title = mem_copy(o->title ? o->title : "Key custody evidence");
    return db_value_text(facts, &w->organisation, e, engagement, "organisation") != 0 ||
                   db_value_text(facts, &w->period, e, engagement, "period-title") != 0 ||
                   db_value_text(facts, &w->classification, e, engagement, "classification") != 0 ||
                   db_value_text(facts, &w->author, e, engagement, "prepared-by") != 0 ||
                   db_value_text(facts, &w->taken_at, e, "SELECT taken_at FROM snapshot") != 0 ||
                   db_value_text(facts, &w->source, e, "SELECT source FROM snapshot") != 0
               ? -1
               : 0;
}

static void xlsx_words_free(struct xlsx_words *w)
{
    free(w->organisation);
    free(w->title);
    free(w->period);
    free(w->classification);
    free(w->author);
    free(w->taken_at);
    free(w->source);
}

static void xlsx_join(struct buf *out, const char *text)
{
    if (!text || !*text)
        return;
    if (out->len && out->data[out->len - 1] != ' ')
        buf_text(out, " · ");
    xlsx_text_head(out, text);
}

/* "&L&8 ": left part in 8 points; the blank keeps a digit that follows out of the size. */
static void xlsx_heads(struct buf *head, struct buf *foot, const struct xlsx_words *w,
                       const struct report_options *o)
{
    buf_text(head, "&L&8 ");
    xlsx_join(head, w->organisation);
    xlsx_join(head, w->title);
    xlsx_join(head, w->period);
    buf_text(head, "&R&8 &A");
    buf_text(foot, "&L&8 ");
    xlsx_join(foot, o->pack_id);
    buf_text(foot, "&C&8 ");
    xlsx_join(foot, w->classification);
    if (w->source && strcmp(w->source, "recording") == 0)
        xlsx_join(foot, "from a recording");
    buf_text(foot, "&R&8 &P of &N");
    if (head->len > XLSX_HEAD_MAX) {
        buf_clear(head);
        buf_text(head, "&R&8 &A");
    }
    if (foot->len > XLSX_HEAD_MAX) {
        buf_clear(foot);
        buf_text(foot, "&R&8 &P of &N");
    }
}

static int xlsx_properties(struct xlsx_book *b, const struct xlsx_words *w, const struct report_options *o,
                           struct err *e)
{
    static char subject[] =
        "Who holds the keys of the disks?"; /* arrays: the library's members are not const */
    static char comments[] = "The signature over tagmanifest-sha256.txt of the pack covers this file.";
    const char *as_of = o->as_of ? o->as_of : w->taken_at;
    struct buf title = {0}, author = {0}, company = {0};
    lxw_doc_properties p = {0};
    int64_t created = 0;
    lxw_error code = LXW_NO_ERROR;

    if (clock_read(as_of ? as_of : "", &created, e) != 0)
        return err_context(e, "workbook");
    xlsx_text_head(&title, w->title);
    xlsx_text_head(&author, w->author ? w->author : "");
    xlsx_text_head(&company, w->organisation ? w->organisation : "");
    p.title = title.data;
    p.subject = subject;
    p.author = author.data;
    p.company = company.data;
    p.comments = comments;
    p.created = (time_t)created; /* never the clock of the day: same input, same bytes */
    code = workbook_set_properties(b->book, &p);
    if (!code && o->pack_id)
        code = workbook_set_custom_property_string(b->book, "Pack id", o->pack_id);
    buf_free(&title);
    buf_free(&author);
    buf_free(&company);
    return xlsx_fail(e, "properties", code);
}

/* Excel tables keep all rows in memory: only when no sheet is long. */
static int xlsx_mode(struct xlsx_book *b, struct err *e)
{
    for (size_t i = 0; i < b->plan->sheet_count && !b->by_row; i++) {
        if (b->plan->sheets[i].sql &&
            xlsx_rows_over(b, &b->plan->sheets[i], b->plan->table_limit, &b->by_row, e) != 0)
            return -1;
    }
    return 0;
}

static int xlsx_fill(struct xlsx_book *b, struct err *e)
{
    if (xlsx_looks(b, e) != 0)
        return -1;
    for (size_t i = 0; i < b->plan->sheet_count; i++) {
        const struct xlsx_sheet *s = &b->plan->sheets[i];

        if ((s->sql ? xlsx_sheet_write(b, s, e) : xlsx_front_write(b, s, e)) != 0)
            return -1;
    }
    return 0;
}

static int xlsx_settle(const char *temp, const char *path, struct err *e)
{
    int fd = open(temp, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0 || fchmod(fd, 0600) != 0 || fsync(fd) != 0 || rename(temp, path) != 0) {
        err_set(e, "%s: cannot write: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

static char *xlsx_folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? mem_copy_n(path, slash == path ? 1 : (size_t)(slash - path)) : mem_copy(".");
}

static int xlsx_write(struct xlsx_book *b, const struct report_options *o, const char *temp, struct err *e)
{
    char *folder =
        xlsx_folder(temp); /* for the library's temporary files too: evidence does not go to /tmp */
    lxw_workbook_options options = {.constant_memory = (uint8_t)(b->by_row != 0), .tmpdir = folder};
    struct xlsx_words words = {0};
    struct buf head = {0}, foot = {0};
    int rc = -1;

    b->book = workbook_new_opt(temp, &options);
    if (!b->book) {
        err_set(e, "workbook: the library makes none");
        goto out;
    }
    if (xlsx_words_load(&words, b->facts, o, e) != 0)
        goto out;
    xlsx_heads(&head, &foot, &words, o);
    b->head = buf_str(&head);
    b->foot = buf_str(&foot);
    if (xlsx_properties(b, &words, o, e) != 0 || xlsx_fill(b, e) != 0)
        goto out;
    xlsx_guard_sum(b);
    rc = xlsx_fail(e, "all", workbook_close(b->book)); /* frees the workbook in every case */
    b->book = NULL;
    if (rc == 0)
        rc = xlsx_guard_end(b, e);
    if (rc == 0)
        rc = xlsx_check(temp, b, e);
    if (rc == 0 && b->by_row)
        rc = xlsx_rows_put(temp, b, e);
out:
    if (b->book)
        lxw_workbook_free(b->book);
    xlsx_words_free(&words);
    buf_free(&head);
    buf_free(&foot);
    free(folder);
    return rc;
}

int render_xlsx(struct db *facts, const char *template_name, const struct report_options *o, const char *path,
                struct err *e)
{
    struct xlsx_book b = {.facts = facts};
    struct xlsx_plan *plan = NULL;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0),
             before = (locale_t)0; /* the library prints numbers with %G */
    char *temp = mem_print("%s.%ld.tmp", path, (long)getpid());
    int confined = 0, rc = -1;

    if (c)
        before = uselocale(c);
    if (xlsx_plan_load(&plan, xlsx_read, (void *)template_name, e) != 0 ||
        report_options_bind(facts, o, e) != 0)
        goto out;
    b.plan = plan;
    confined = 1;
    if (db_exec(facts, "PRAGMA cache_size = -32768", e) != 0 || db_confine(facts, 0, e) != 0 ||
        xlsx_mode(&b, e) != 0)
        goto out;
    unlink(temp); /* ours, from a process that ended with the same number */
    if (xlsx_write(&b, o, temp, e) != 0)
        goto out;
    rc = xlsx_settle(temp, path, e);
out:
    if (rc != 0) {
        unlink(temp);
        err_context(e, "%s", path);
    }
    if (confined)
        db_unconfine(facts);
    for (size_t i = 0; i < b.part_count; i++)
        xlsx_guard_free(&b.parts[i]);
    free(b.parts);
    free(b.marks);
    xlsx_plan_free(plan);
    if (c) {
        uselocale(before);
        freelocale(c);
    }
    free(temp);
    return rc;
}
