/* keycustody collect: what a person sees of it on a terminal or in a log, and what a program reads with
 * --log-format json. See collect.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/note.h"
#include "cmd/collect.h"

#define SHOW_GAPS 20
#define SHOW_TERMINAL 150  /* milliseconds between two states of the line on a terminal */
#define SHOW_EVENTS 5000   /* between two events */
#define SHOW_LINES 30000   /* between two lines in a log */
#define SHOW_WINDOW 5000.0 /* over which the rate is taken */

struct collect_show {
    const struct transport *live;
    int64_t begun, shown, lined; /* clock_ticks() */
    int64_t at, sent, ended;     /* at the begin of the window */
    double rate, pace;           /* requests a second; things read to their end a second */
};

struct collect_show *collect_show_new(const struct transport *live)
{
    struct collect_show *s = mem_zero(1, sizeof *s);

    s->live = live;
    s->begun = s->at = s->shown = s->lined = clock_ticks();
    return s;
}

void collect_show_free(struct collect_show *s)
{
    free(s);
}

static void show_measure(struct collect_show *s, const struct live_state *l, const struct collect_progress *p,
                         int64_t now)
{
    double passed = (double)(now - s->at);

    if (passed < 1000)
        return;
    s->rate = (double)(l->sent - s->sent) * 1000 / passed;
    s->pace = (double)(p->ended - s->ended) * 1000 / passed;
    if (passed > SHOW_WINDOW) {
        s->at = now;
        s->sent = l->sent;
        s->ended = p->ended;
    }
}

static void show_put(const struct collect_show *s, const struct live_state *l,
                     const struct collect_progress *p, struct buf *out)
{
    int64_t left = p->planned - p->ended;

    buf_print(out, "subscriptions %lld/%lld, %lld of %lld read, %lld requests",
              (long long)p->subscriptions_read, (long long)p->subscriptions, (long long)p->ended,
              (long long)p->planned, (long long)l->sent);
    if (s->rate >= 1)
        buf_print(out, ", %.0f/s", s->rate);
    if (l->throttled)
        buf_print(out, ", %d wait for a limit (%.1f s)", l->waiting, (double)l->throttled / 1000);
    if (p->reading)
        buf_print(out, ", %s", p->reading);
    if (left > 0 && s->pace > 0)
        buf_print(out, ", at least %.0f s left", (double)left / s->pace + 0.5);
}

static void show_event(const struct collect_show *s, const struct live_state *l,
                       const struct collect_progress *p)
{
    struct buf b = {0};

    buf_print(
        &b,
        "\"subscriptions\": %lld, \"subscriptions_read\": %lld, \"planned\": %lld, \"ended\": %lld, "
        "\"requests\": %lld, \"retries\": %lld, \"bytes\": %lld, \"per_second\": %.1f, \"under_way\": %d, "
        "\"waiting\": %d, \"throttled_ms\": %lld, \"reading\": ",
        (long long)p->subscriptions, (long long)p->subscriptions_read, (long long)p->planned,
        (long long)p->ended, (long long)l->sent, (long long)l->retried, (long long)l->bytes, s->rate,
        l->under_way, l->waiting, (long long)l->throttled);
    note_json_text(&b, p->reading ? p->reading : "");
    note_event("progress", buf_str(&b));
    buf_free(&b);
}

void collect_show_progress(void *show, const struct collect_progress *p)
{
    struct collect_show *s = show;
    const struct live_state *l = NULL;
    int64_t now = clock_ticks();
    struct buf line = {0};

    if (!s->live || now - s->shown < SHOW_TERMINAL)
        return;
    l = live_state(s->live);
    show_measure(s, l, p, now);
    s->shown = now;
    if (note_is_terminal()) {
        show_put(s, l, p, &line);
        note_status("%s", buf_str(&line));
    } else if (note_is_json()) {
        if (now - s->lined >= SHOW_EVENTS) {
            show_event(s, l, p);
            s->lined = now;
        }
    } else if (now - s->lined >= SHOW_LINES) {
        show_put(s, l, p, &line);
        note_info("%s", buf_str(&line));
        s->lined = now;
    }
    buf_free(&line);
}

/* ---- the end */

/* The first gaps, and how many more there are. As events, all of them. */
int collect_show_gaps(struct evidence *ev, struct err *e)
{
    struct db_stmt *s = NULL;
    struct buf b = {0};
    int64_t more = evidence_gaps(ev) - SHOW_GAPS;
    int rc = -1, row = 0;

    if (db_prepare(evidence_db(ev), &s,
                   "SELECT resource, subject, reason, scope, code FROM snap.gap ORDER BY n LIMIT ?1", e) != 0)
        return -1;
    db_bind_int(s, 1, note_is_json() ? -1 : SHOW_GAPS);
    while ((row = db_step(s, e)) == 1) {
        if (!note_is_json()) {
            note_warn("gap: %s%s%s: %s", db_text(s, 0), *db_text(s, 1) ? " of " : "", db_text(s, 1),
                      db_text(s, 2));
            continue;
        }
        buf_clear(&b);
        for (int i = 0; i < 5; i++) {
            buf_print(&b, "%s\"%s\": ", i ? ", " : "", db_name(s, i));
            note_json_text(&b, db_text(s, i));
        }
        note_event("gap", buf_str(&b));
    }
    if (row == 0 && more > 0 && !note_is_json())
        note_warn("and %lld more gaps: assess and the report list all of them", (long long)more);
    rc = row;
    buf_free(&b);
    db_free(s);
    return rc;
}

/* Rows of each resource's first table, in the order of the files: the population. */
int collect_show_population(struct evidence *ev, const struct resources *resources, struct err *e)
{
    struct buf line = {0};
    int rc = -1;

    for (size_t i = 0; i < resources->count; i++) {
        const struct resource *r = &resources->rows[i];
        const char *table = strstr(r->header.body, "CREATE TABLE ");
        char name[64];
        int64_t rows = 0;

        if (!*r->each || !table || sscanf(table + 13, "%63[a-z_0-9]", name) != 1)
            continue;
        if (db_value_int(evidence_db(ev), &rows, e, "SELECT count(*) FROM main.\"%w\"", name) != 0)
            goto out;
        if (rows)
            buf_print(&line, "%s%lld %s", line.len ? ", " : "", (long long)rows, r->title);
    }
    note_info("seen: %s", line.len ? buf_str(&line) : "nothing");
    rc = 0;
out:
    buf_free(&line);
    return rc;
}

void collect_show_end(const struct collect_show *show, const struct store_snapshot *snapshot,
                      const struct collect_sum *sum)
{
    const struct live_state *l = show->live ? live_state(show->live) : NULL;
    double seconds = (double)(clock_ticks() - show->begun) / 1000;
    struct buf b = {0};

    note_status("%s", "");
    note_info("snapshot %s of %s, %s: %s", snapshot->id, snapshot->taken_at,
              sum->sealed ? "sealed" : "hashed, not signed", snapshot->path);
    buf_print(&b, "%lld %s in scope, %lld requests, %lld answers kept (%.1f MB), %lld %s",
              (long long)sum->subscriptions, sum->subscriptions == 1 ? "subscription" : "subscriptions",
              (long long)(l ? l->sent : sum->requests), (long long)sum->exchanges, (double)sum->bytes / 1e6,
              (long long)sum->gaps, sum->gaps == 1 ? "gap" : "gaps");
    if (l)
        buf_print(&b, "; %lld tries repeated, %.1f MB received, %.1f s", (long long)l->retried,
                  (double)l->bytes / 1e6, seconds);
    note_info("%s", buf_str(&b));
    buf_clear(&b);
    buf_print(&b,
              "\"snapshot\": \"%s\", \"taken_at\": \"%s\", \"subscriptions\": %lld, \"requests\": %lld, "
              "\"answers\": %lld, \"answer_bytes\": %lld, \"gaps\": %lld, \"retries\": %lld, "
              "\"received_bytes\": %lld, \"seconds\": %.1f",
              snapshot->id, snapshot->taken_at, (long long)sum->subscriptions,
              (long long)(l ? l->sent : sum->requests), (long long)sum->exchanges, (long long)sum->bytes,
              (long long)sum->gaps, (long long)(l ? l->retried : 0), (long long)(l ? l->bytes : 0), seconds);
    note_event("summary", buf_str(&b));
    buf_free(&b);
}
