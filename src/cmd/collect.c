/* keycustody collect: takes a snapshot. */
#include "cmd/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "azure/key_sign.h"
#include "azure/record.h"
#include "azure/replay.h"
#include "azure/resume.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/note.h"
#include "cmd/signing.h"

static const struct cmd_option collect_option_rows[] = {
    {"--store", "DIR", "the folder of snapshots; made when it is missing"},
    {"--subscription", "ID|NAME",
     "look at this subscription; may be repeated (default: all that are visible)"},
    {"--management-group", "ID", "look at every subscription below this group; may be repeated"},
    {"--cloud", "CLOUD", "AzureCloud (default), AzureUSGovernment, AzureChinaCloud, or an https endpoint"},
    {"--credential", "NAME",
     "sign in with this one alone: Environment, WorkloadIdentity, ManagedIdentity, "
     "AzureCLI or AzureDeveloperCLI"},
    {"--control-plane-only", NULL, "ask no vault or managed HSM for keys that Resource Manager refuses"},
    {"--ca-file", "PEM", "trust these authorities too, beside the system's"},
    {"--deadline", "TIME", "what is not read by then is a gap: 90s, 30m, 2h (default 6h)"},
    {"--timeout", "TIME", "for one try of one request (default 100s)"},
    {"--log-format", "FORMAT", "text (default) or json: one event a line"},
    {"--resume", NULL, "go on from what a collection that was cut off had read, in the last 24 hours"},
    {"--record", "FILE.har", "write what comes in as a recording (HAR 1.2), without secrets"},
    {"--replay", "FILE.har", "no Azure: answers come from this recording (HAR 1.2)"},
    {"--taken-at", "UTC", "date of the snapshot, 2026-11-24T09:30:00Z; only with --replay"},
    {"--principal", "OBJECT-ID", "who made the recording: without it, visibility is not proven"},
    SIGNING_ROWS("seal the snapshot"),
    {"--tsa", "URL", "and have this authority stamp the seal (RFC 3161)"},
    {NULL, NULL, NULL},
};

volatile sig_atomic_t collect_signal;

static void collect_on_signal(int number)
{
    collect_signal = number;
}

void collect_catch_signals(void)
{
    struct sigaction action = {0};

    action.sa_handler = collect_on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a connection that breaks is an error to its reader, not to the program */
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

/* Which of the two transports: options of the other one are a mistake. */
static int collect_check_mix(const struct cmd_args *args, struct err *e)
{
    static const char *const live[] = {"--deadline", "--timeout",    "--management-group",
                                       "--cloud",    "--credential", "--ca-file"};
    static const char *const replay[] = {"--taken-at", "--principal"};
    const char *signs = cmd_value(args, "--sign-key");
    /* the last three also say how to reach a key that seals */
    size_t count = sizeof live / sizeof *live - (signs && key_sign_is(signs) ? 3 : 0);

    for (size_t i = 0; cmd_has(args, "--replay") && i < count; i++) {
        if (cmd_has(args, live[i]))
            return err_set(e, "%s: there is no Azure behind --replay", live[i]);
    }
    for (size_t i = 0; !cmd_has(args, "--replay") && i < sizeof replay / sizeof *replay; i++) {
        if (cmd_has(args, replay[i]))
            return err_set(e, "%s: only with --replay: Azure itself says when and as whom it was read",
                           replay[i]);
    }
    return 0;
}

static int collect_read_job(struct collect_job *job, const struct cmd_args *args, struct err *e)
{
    const char *value = NULL;
    char id[37];
    int64_t when = 0;

    job->args = args;
    if (cmd_need(args, "--store", e) != 0)
        return -1;
    if (cmd_operand(args, 0))
        return err_set(e, "%s: collect takes no operands", cmd_operand(args, 0));
    if (collect_check_mix(args, e) != 0 || collect_read_live(&job->live, args, e) != 0)
        return -1;
    job->store = cmd_value(args, "--store");
    job->replay = cmd_value(args, "--replay");
    job->taken_at = cmd_value(args, "--taken-at");
    if (job->taken_at &&
        (clock_read(job->taken_at, &when, NULL) != 0 || strlen(job->taken_at) != CLOCK_TEXT - 1))
        return err_set(e, "--taken-at: \"%s\": write a UTC time like 2026-11-24T09:30:00Z", job->taken_at);
    if ((value = cmd_value(args, "--principal")) && !scope_is_guid(value, job->principal))
        return err_set(e, "--principal: \"%s\": write the object id, a GUID", value);
    for (int i = 0; job->replay && (value = cmd_value_at(args, "--subscription", i)); i++) {
        if (!scope_is_guid(value, id))
            return err_set(e, "--subscription: \"%s\": write the subscription's id, a GUID", value);
        scope_add(&job->scope, id, value);
    }
    if ((value = cmd_value(args, "--log-format")) && strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
        return err_set(e, "--log-format: \"%s\": write text or json", value);
    note_set_json(value && strcmp(value, "json") == 0);
    return 0;
}

/* Was Azure reached at all? A run without one answer is a failure, not a snapshot. */
static int collect_check_reached(const struct transport *t, struct evidence *ev, struct err *e)
{
    char *reason = NULL;

    if (strcmp(t->origin->source, "azure") != 0 || evidence_exchanges(ev))
        return 0;
    if (db_value_text(evidence_db(ev), &reason, e, "SELECT reason FROM snap.gap ORDER BY n LIMIT 1") == 0)
        err_set(e, "%s: nothing could be read: %s", t->endpoint, reason ? reason : "no answer");
    free(reason);
    return -1;
}

/* Every list was counted a second way. */
static void collect_show_tie(const struct tie_result *r)
{
    if (*r->not_possible.text)
        note_warn("lists could not be counted a second way: %s", r->not_possible.text);
    else
        note_info("%lld lists counted a second way (Resource Graph): %lld of them lack something%s",
                  (long long)r->compared, (long long)r->lacking,
                  r->behind || r->stale ? "; it runs behind in places, which proves nothing" : "");
}

/* The snapshot begins with the oldest answer in it. */
static int collect_count_before(const struct transport *before, struct evidence_run *run, struct err *e)
{
    const struct resume_state *s = resume_state(before);

    if (!s->used)
        return 0;
    note_info("%lld of the answers are from the collection before: this snapshot spans the time since %s",
              (long long)s->used, s->first);
    return clock_read(s->first, &run->started, e);
}

/* The collection itself, under the lock. Returns an exit code. */
static int collect_take(const struct collect_job *job, struct store *store, struct transport *transport,
                        const struct resources *resources, const char *command_line, struct err *e)
{
    const struct live_state *live = job->azure ? live_state(job->azure) : NULL;
    struct collect_show *show = collect_show_new(job->azure);
    struct tie_result tie = {0};
    struct evidence *ev = NULL;
    struct collect_options options = {.resources = resources,
                                      .subscriptions = job->scope.rows,
                                      .subscription_count = job->scope.count,
                                      .principal_id = *job->principal ? job->principal : NULL,
                                      .tie = live ? &tie : NULL,
                                      .control_plane_only = cmd_has(job->args, "--control-plane-only"),
                                      .stop = &collect_signal,
                                      .progress = collect_show_progress,
                                      .progress_ctx = show};
    struct collect_result result = {0};
    struct err unstamped = {""};
    struct evidence_run run = {.origin = transport->origin,
                               .principal_id = options.principal_id,
                               .principal_basis = live ? "token" : "operator",
                               .taken_at = job->taken_at,
                               .command_line = command_line,
                               .started = clock_now(),
                               .signer = job->signing.signer,
                               .revocation = job->revocation,
                               .tsa = cmd_value(job->args, "--tsa"),
                               .unstamped = &unstamped};
    struct collect_sum sum = {.sealed = job->signing.signer != NULL};
    int code = EXIT_FAILED, finished = 0;

    if (evidence_begin(&ev, store, e) != 0 || collect_run(transport, ev, &options, &result, e) != 0)
        goto out;
    note_status("%s", "");
    if (result.interrupted) {
        note_warn("interrupted: nothing was added to the store%s",
                  live ? "; collect --resume goes on from what was read" : "");
        if (live) {
            evidence_leave(ev);
            ev = NULL;
        }
        code = EXIT_INTERRUPTED;
        goto out;
    }
    if (collect_check_reached(transport, ev, e) != 0)
        goto out;
    if (live) {
        collect_show_tie(&tie);
        run.clock_difference = live->clock_difference;
        run.clock_known = live->clock_known;
    }
    if (job->before && collect_count_before(job->before, &run, e) != 0)
        goto out;
    sum.subscriptions = result.subscriptions;
    sum.requests = result.requests;
    sum.exchanges = evidence_exchanges(ev);
    sum.bytes = evidence_bytes(ev);
    sum.gaps = evidence_gaps(ev);
    if (collect_show_gaps(ev, e) != 0 || collect_show_population(ev, resources, e) != 0)
        goto out;
    if (job->recorder && record_finish(job->recorder, e) != 0)
        goto out;
    finished = evidence_finish(ev, &run, e);
    ev = NULL;
    if (finished != 0 || store_drop_partials(store, e) != 0)
        goto out;
    collect_show_end(show, store_last(store), &sum);
    if (*unstamped.text)
        note_warn("time stamp pending: %s: keycustody seal --store %s --tsa URL mends it", unstamped.text,
                  job->store);
    code = sum.gaps ? EXIT_INCOMPLETE : EXIT_OK;
out:
    note_status("%s", "");
    evidence_abandon(ev);
    collect_show_free(show);
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

/* The recording or Azure, signed in. */
static int collect_open(struct transport **out, struct collect_job *job, struct resources *resources,
                        const struct store *store, struct err *e)
{
    int credentials = 0;

    if (!job->replay)
        return collect_open_live(out, job, resources, store, e);
    if (replay_open(out, job->replay, &credentials, e) != 0)
        return -1;
    if (credentials)
        note_warn("%s holds credentials (in %d of its entries): they are not kept; guard or delete that file",
                  job->replay, credentials);
    return 0;
}

static int collect_run_command(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct revocation revocation = {.count = 0};
    struct collect_job job = {.revocation = &revocation};
    struct resources resources = {0};
    struct store *store = NULL;
    struct transport *transport = NULL;
    char *command_line = NULL;
    int code = EXIT_USAGE, locked = 0;

    if (cmd_parse(&args, &cmd_collect, argc, argv, e) != 0 || collect_read_job(&job, &args, e) != 0)
        goto out;
    /* may ask somebody, and an authority then: ^C ends that at once */
    if (signing_open(&args, NULL, &job.signing, &code, e) != 0)
        goto out;
    code = EXIT_FAILED;
    if (job.signing.signer && revocation_ask(job.signing.signer, &revocation, e) != 0)
        goto out;
    collect_catch_signals();
    if (resources_load(&resources, e) != 0)
        goto out;
    /* a recording that cannot be read, or a store that cannot be written, is told before anything else */
    if (job.replay && collect_open(&transport, &job, &resources, NULL, e) != 0)
        goto out;
    if ((cmd_has(&args, "--resume") ? store_open_to_resume : store_open_to_add)(&store, job.store, &locked,
                                                                                e) != 0) {
        code = locked ? EXIT_LOCKED : EXIT_FAILED;
        goto out;
    }
    if (collect_check_time(&job, store, e) != 0)
        goto out;
    if (!transport && collect_open(&transport, &job, &resources, store, e) != 0) {
        if (collect_signal)
            code = EXIT_INTERRUPTED;
        goto out;
    }
    command_line = collect_command_line(argc, argv);
    code = collect_take(&job, store, transport, &resources, command_line, e);
out:
    free(command_line);
    transport_free(transport);
    store_close(store);
    resources_free(&resources);
    revocation_free(&revocation);
    signing_close(&job.signing);
    scope_free(&job.scope);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_collect = {
    .name = "collect",
    .summary = "take a snapshot of what Azure says about clusters, disks and keys",
    .usage = "keycustody collect --store DIR [options]",
    .options = collect_option_rows,
    .examples =
        "  keycustody collect --store store\n"
        "      a snapshot of every subscription that your identity sees (az login is enough)\n"
        "  keycustody collect --store store --management-group prod --credential ManagedIdentity\n"
        "      from a machine in Azure, everything below one management group\n"
        "  keycustody collect --store store --replay tenant.har --taken-at 2026-11-24T09:30:00Z \\\n"
        "      --principal 11111111-2222-3333-4444-555555555555\n"
        "      from a recording, dated by you (its own times stay beside it), visibility can be proven\n"
        "  keycustody collect --store store --replay tenant.har --sign-key key.pem --sign-cert cert.pem\n"
        "      and sealed\n",
    .run = collect_run_command,
};
