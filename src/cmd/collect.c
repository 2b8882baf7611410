/* keycustody collect: takes a snapshot. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "azure/collect.h"
#include "azure/replay.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/note.h"
#include "cmd/cmd.h"
#include "lib/sign.h"
#include "store/evidence.h"
#include "store/store.h"

#define COLLECT_GAPS_SHOWN 20

static const struct cmd_option collect_option_rows[] = {
    {"--store", "DIR", "the folder of snapshots; made when it is missing"},
    {"--replay", "FILE.har", "answers come from this recording (HAR 1.2)"},
    {"--subscription", "ID", "look at this subscription; may be repeated (default: all that are visible)"},
    {"--taken-at", "UTC", "date of the snapshot, 2026-11-24T09:30:00Z; only with --replay"},
    {"--principal", "OBJECT-ID", "who made the recording: without it, visibility is not proven"},
    {"--sign-key", "PEM", "seal the snapshot with this private key"},
    {"--sign-cert", "PEM", "and this certificate"},
    {NULL, NULL, NULL},
};

static volatile sig_atomic_t collect_signal;

static void collect_on_signal(int number)
{
    collect_signal = number;
}

static void collect_catch(void)
{
    struct sigaction action = {0};

    action.sa_handler = collect_on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* A GUID in lower case. */
static int collect_guid(const char *text, char out[37])
{
    if (strlen(text) != 36)
        return -1;
    for (int i = 0; i < 36; i++) {
        char c = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
        int dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return -1;
        out[i] = c;
    }
    out[36] = '\0';
    return 0;
}

/* The command line as it could be typed again. */
static char *collect_command_line(int argc, char **argv)
{
    struct buf b = {0};

    buf_text(&b, "keycustody collect");
    for (int i = 0; i < argc; i++) {
        const char *p = argv[i];

        buf_char(&b, ' ');
        if (*p && strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%") ==
                      strlen(p)) {
            buf_text(&b, p);
            continue;
        }
        buf_char(&b, '\'');
        for (; *p; p++) {
            if (*p == '\'')
                buf_text(&b, "'\\''");
            else
                buf_char(&b, *p);
        }
        buf_char(&b, '\'');
    }
    return buf_take(&b);
}

/* What the person asked for. */
struct collect_job {
    const char *store, *replay, *taken_at;
    struct collect_subscription *subscriptions;
    size_t subscription_count;
    char principal[37];
    struct signer *signer;
};

static int collect_read_job(struct collect_job *job, const struct cmd_args *args, struct err *e)
{
    const char *value = NULL;
    int64_t when = 0;

    if (cmd_need(args, "--store", e) != 0 || cmd_need(args, "--replay", e) != 0)
        return -1;
    job->store = cmd_value(args, "--store");
    job->replay = cmd_value(args, "--replay");
    job->taken_at = cmd_value(args, "--taken-at");
    if (cmd_operand(args, 0))
        return err_set(e, "%s: collect takes no operands", cmd_operand(args, 0));
    if (job->taken_at &&
        (clock_read(job->taken_at, &when, NULL) != 0 || strlen(job->taken_at) != CLOCK_TEXT - 1))
        return err_set(e, "--taken-at: \"%s\": write a UTC time like 2026-11-24T09:30:00Z", job->taken_at);
    if (cmd_has(args, "--sign-key") != cmd_has(args, "--sign-cert"))
        return err_set(e, "--sign-key and --sign-cert go together");
    if ((value = cmd_value(args, "--principal")) && collect_guid(value, job->principal) != 0)
        return err_set(e, "--principal: \"%s\": write the object id, a GUID", value);
    for (int i = 0; (value = cmd_value_at(args, "--subscription", i)); i++) {
        struct collect_subscription one = {.written = value};
        int again = 0;

        if (collect_guid(value, one.id) != 0)
            return err_set(e, "--subscription: \"%s\": write the subscription's id, a GUID", value);
        for (size_t k = 0; k < job->subscription_count; k++)
            again |= strcmp(job->subscriptions[k].id, one.id) == 0;
        if (again)
            continue;
        job->subscriptions = mem_grow(job->subscriptions, job->subscription_count + 1, sizeof one);
        job->subscriptions[job->subscription_count++] = one;
    }
    return 0;
}

static int collect_print_gap(struct db_stmt *s)
{
    note_warn("gap: %s%s%s: %s", db_text(s, 0), *db_text(s, 1) ? " of " : "", db_text(s, 1), db_text(s, 2));
    return 0;
}

/* The first gaps, and how many more there are. */
static int collect_print_gaps(struct evidence *ev, struct err *e)
{
    struct db_stmt *s = NULL;
    int64_t more = evidence_gaps(ev) - COLLECT_GAPS_SHOWN;
    int rc = -1, row = 0;

    if (db_prepare(evidence_db(ev), &s, "SELECT resource, subject, reason FROM snap.gap ORDER BY n LIMIT ?1",
                   e) != 0)
        return -1;
    db_bind_int(s, 1, COLLECT_GAPS_SHOWN);
    while ((row = db_step(s, e)) == 1)
        collect_print_gap(s);
    if (row == 0 && more > 0)
        note_warn("and %lld more gaps: assess and the report list all of them", (long long)more);
    rc = row;
    db_free(s);
    return rc;
}

static void collect_print_end(const struct store *store, const struct collect_result *result,
                              int64_t exchanges, int64_t bytes, int64_t gaps, int sealed)
{
    const struct store_snapshot *last = store_last(store);

    note_info("snapshot %s of %s, %s: %s", last->id, last->taken_at, sealed ? "sealed" : "hashed, not signed",
              last->path);
    note_info("%lld %s in scope, %lld requests, %lld answers kept (%.1f MB), %lld %s",
              (long long)result->subscriptions, result->subscriptions == 1 ? "subscription" : "subscriptions",
              (long long)result->requests, (long long)exchanges, (double)bytes / 1e6, (long long)gaps,
              gaps == 1 ? "gap" : "gaps");
}

/* Rows of each resource's first table, in the order of the files: the population. */
static int collect_print_population(struct evidence *ev, const struct resources *resources, struct err *e)
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

/* The collection itself, under the lock. Returns an exit code. */
static int collect_take(const struct collect_job *job, struct store *store, struct transport *transport,
                        const char *command_line, struct err *e)
{
    struct resources resources = {0};
    struct evidence *ev = NULL;
    struct collect_options options = {.resources = &resources,
                                      .subscriptions = job->subscriptions,
                                      .subscription_count = job->subscription_count,
                                      .principal_id = *job->principal ? job->principal : NULL,
                                      .stop = &collect_signal};
    struct collect_result result = {0};
    struct evidence_run run = {.origin = transport->origin,
                               .principal_id = options.principal_id,
                               .principal_basis = "operator",
                               .taken_at = job->taken_at,
                               .command_line = command_line,
                               .started = clock_now(),
                               .signer = job->signer};
    int64_t exchanges = 0, bytes = 0, gaps = 0;
    int code = EXIT_FAILED, finished = 0;

    if (resources_load(&resources, e) != 0 || evidence_begin(&ev, store, e) != 0)
        goto out;
    if (collect_run(transport, ev, &options, &result, e) != 0)
        goto out;
    if (result.interrupted) {
        note_warn("interrupted: nothing was added to the store");
        code = EXIT_INTERRUPTED;
        goto out;
    }
    exchanges = evidence_exchanges(ev);
    bytes = evidence_bytes(ev);
    gaps = evidence_gaps(ev);
    if (collect_print_gaps(ev, e) != 0 || collect_print_population(ev, &resources, e) != 0)
        goto out;
    finished = evidence_finish(ev, &run, e);
    ev = NULL;
    if (finished != 0)
        goto out;
    collect_print_end(store, &result, exchanges, bytes, gaps, job->signer != NULL);
    code = gaps ? EXIT_INCOMPLETE : EXIT_OK;
out:
    evidence_abandon(ev);
    resources_free(&resources);
    return code;
}

/* A date that cannot follow the newest snapshot is better told before the work than after it. */
static int collect_check_time(const struct collect_job *job, const struct store *store, struct err *e)
{
    const struct store_snapshot *last = store_last(store);
    char now[CLOCK_TEXT];

    if (!last)
        return 0;
    clock_text(clock_now(), now);
    if (job->taken_at && strcmp(job->taken_at, last->taken_at) <= 0)
        return err_set(e, "--taken-at: %s is not later than the newest snapshot of the store, %s",
                       job->taken_at, last->taken_at);
    if (!job->taken_at && strcmp(now, last->taken_at) < 0)
        return err_set(e, "%s: its newest snapshot is dated %s, later than now: a chain goes forward in time",
                       store_dir(store), last->taken_at);
    return 0;
}

static int collect_run_command(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct collect_job job = {0};
    struct store *store = NULL;
    struct transport *transport = NULL;
    char *command_line = NULL;
    int code = EXIT_USAGE, locked = 0, credentials = 0;

    if (cmd_parse(&args, &cmd_collect, argc, argv, e) != 0 || collect_read_job(&job, &args, e) != 0)
        goto out;
    code = EXIT_FAILED;
    collect_catch();
    if (cmd_has(&args, "--sign-key") &&
        signer_load(&job.signer, cmd_value(&args, "--sign-key"), cmd_value(&args, "--sign-cert"), e) != 0)
        goto out;
    if (replay_open(&transport, job.replay, &credentials, e) != 0)
        goto out;
    if (credentials)
        note_warn("%s holds credentials (in %d of its entries): they are not kept; guard or delete that file",
                  job.replay, credentials);
    if (store_open_to_add(&store, job.store, &locked, e) != 0) {
        code = locked ? EXIT_LOCKED : EXIT_FAILED;
        goto out;
    }
    if (collect_check_time(&job, store, e) != 0)
        goto out;
    command_line = collect_command_line(argc, argv);
    code = collect_take(&job, store, transport, command_line, e);
out:
    free(command_line);
    store_close(store);
    transport_free(transport);
    signer_free(job.signer);
    free(job.subscriptions);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_collect = {
    .name = "collect",
    .summary = "take a snapshot of what Azure says about clusters, disks and keys",
    .usage = "keycustody collect --store DIR --replay FILE.har [options]",
    .options = collect_option_rows,
    .examples =
        "  keycustody collect --store store --replay tenant.har\n"
        "      a snapshot of every subscription in the recording\n"
        "  keycustody collect --store store --replay tenant.har --taken-at 2026-11-24T09:30:00Z \\\n"
        "      --principal 11111111-2222-3333-4444-555555555555\n"
        "      dated by you (the recording's own times stay beside it), visibility can be proven\n"
        "  keycustody collect --store store --replay tenant.har --sign-key key.pem --sign-cert cert.pem\n"
        "      and sealed\n",
    .run = collect_run_command,
};
