/* keycustody assess: judges a snapshot and prints what was found. Data on standard output, counts for a gate
 * on standard error. */
#include "cmd/assess.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/note.h"
#include "cmd/cmd.h"
#include "judge/check.h"
#include "judge/findings_json.h"
#include "judge/judge.h"
#include "lib/digest.h"
#include "lib/json.h"
#include "store/store.h"

static const struct cmd_option assess_options[] = {
    {"--store", "DIR", "the folder of snapshots"},
    {"--snapshot", "ID|latest", "which one; default: the latest"},
    {"--engagement", "FILE", "thresholds of the organisation instead of the shipped ones"},
    {"--format", "table|json|csv", "default table"},
    {"--check", "SLUG", "show this check only, with every subject; repeatable"},
    {"--severity", "LEVEL", "show checks of this severity and above: critical, high, medium, low"},
    {"--fail-on", "LEVEL", "exit 3 when a shown check of this severity or above fails"},
    {NULL, NULL, NULL},
};

static const char *const assess_severities[] = {"critical", "high", "medium", "low"};
static const char *const assess_formats[] = {"table", "json", "csv"};

/* The place of a word in a list of n; -1 when it is none. */
static int assess_place(const char *const *words, int n, const char *word)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

/* Words that the command line may name, before any work is done. */
static int assess_usage(const struct cmd_args *args, struct err *e)
{
    const char *format = cmd_value(args, "--format"), *slug = NULL;
    static const char *const levels[] = {"--severity", "--fail-on"};
    struct checks checks = {0};
    int rc = -1;

    if (cmd_need(args, "--store", e) != 0)
        return -1;
    if (cmd_operand(args, 0))
        return err_set(e, "%s: assess takes options only", cmd_operand(args, 0));
    if (format && assess_place(assess_formats, 3, format) < 0)
        return err_set(e, "--format: \"%s\": give table, json or csv", format);
    for (int i = 0; i < 2; i++) {
        const char *level = cmd_value(args, levels[i]);

        if (level && assess_place(assess_severities, 4, level) < 0)
            return err_set(e, "%s: \"%s\": give critical, high, medium or low", levels[i], level);
    }
    if (checks_load(&checks, e) != 0)
        return -1;
    for (int i = 0; (slug = cmd_value_at(args, "--check", i)); i++) {
        if (!checks_find(&checks, slug)) {
            err_set(e, "--check: there is no check \"%s\": see keycustody checks list", slug);
            goto out;
        }
    }
    rc = 0;
out:
    checks_free(&checks);
    return rc;
}

/* The snapshot is the one that the chain names, byte by byte. */
static int assess_snapshot(const struct store *store, const char *name, const struct store_snapshot **out,
                           struct err *e)
{
    char hex[DIGEST_HEX];

    if (store_pick(store, name, out, e) != 0 || digest_file((*out)->path, hex, NULL, e) != 0)
        return -1;
    if (strcmp(hex, (*out)->sha256) != 0)
        return err_set(e, "%s: changed since it was taken: keycustody verify %s says more", (*out)->path,
                       store_dir(store));
    return 0;
}

/* The checks that are shown, as a JSON array; NULL: all. */
static int assess_only(const struct cmd_args *args, struct db *facts, char **only, struct err *e)
{
    struct json_out o = {.compact = 1};
    const char *slug = NULL, *severity = cmd_value(args, "--severity");
    int rc = -1;

    *only = NULL;
    if (!severity && !cmd_has(args, "--check"))
        return 0;
    json_begin(&o);
    json_array(&o, NULL);
    for (int i = 0; (slug = cmd_value_at(args, "--check", i)); i++)
        json_put_text(&o, NULL, slug);
    json_array_end(&o);
    if (json_end(&o, e) != 0)
        goto out;
    rc = db_value_text(
        facts, only, e,
        "SELECT json_group_array(check_id) FROM (SELECT check_id FROM check_meta WHERE"
        " (%d OR check_id IN (SELECT value FROM json_each(%Q))) AND (%d OR instr(%Q, severity) > 0)"
        " ORDER BY position)",
        !cmd_has(args, "--check"), buf_str(&o.buf), !severity,
        !severity || strcmp(severity, "low") == 0 ? "critical high medium low"
        : strcmp(severity, "medium") == 0         ? "critical high medium"
        : strcmp(severity, "high") == 0           ? "critical high"
                                                  : "critical");
out:
    buf_free(&o.buf);
    return rc;
}

static int assess_bytes(void *ctx, const char *bytes, size_t n, struct err *e)
{
    (void)e;
    fwrite(bytes, 1, n, ctx); /* cmd.c asks standard output at the end */
    return 0;
}

static int assess_json(const struct assess *a, struct err *e)
{
    struct json_out o = {.write = assess_bytes, .ctx = stdout};
    int rc = -1;

    json_begin(&o);
    if (findings_json_put(a->facts, &o, NULL, a->only, e) == 0)
        rc = json_end(&o, e);
    buf_free(&o.buf);
    return rc;
}

static void assess_count(struct buf *out, int64_t n, const char *one, const char *many)
{
    if (n)
        buf_print(out, "%s%lld %s", out->len ? "; " : "", (long long)n, n == 1 ? one : many);
}

int assess_missing(struct db *facts, char **missing, struct err *e)
{
    int64_t gaps = 0, unknown = 0, unproven = 0;
    struct buf b = {0};
    int complete = 0;

    *missing = NULL;
    if (findings_complete(facts, &complete, e) != 0 ||
        db_value_int(facts, &gaps, e, "SELECT count(*) FROM gap") != 0 ||
        db_value_int(facts, &unknown, e, "SELECT count(*) FROM check_count WHERE NOT population_known") !=
            0 ||
        db_value_int(
            facts, &unproven, e,
            "SELECT count(*) FROM finding WHERE check_id = %Q AND status IN ('fail', 'not-assessed')",
            CHECK_COMPLETE) != 0)
        return -1;
    if (complete)
        return 0;
    assess_count(&b, gaps, "gap (something could not be read)", "gaps (things that could not be read)");
    assess_count(&b, unknown, "check whose population is not known", "checks whose population is not known");
    assess_count(&b, unproven, "subscription of which it is not proven that everything was read and visible",
                 "subscriptions of which it is not proven that everything was read and visible");
    if (!b.len)
        buf_text(&b, "nothing shows that everything was visible");
    *missing = buf_take(&b);
    return 0;
}

/* Says on standard error what a gate needs to know; returns the exit code. */
static int assess_code(const struct assess *a, const char *fail_on, struct err *e)
{
    int64_t failing = 0;
    char *missing = NULL;

    if (assess_missing(a->facts, &missing, e) != 0)
        return EXIT_FAILED;
    for (int i = 0; fail_on && i <= assess_place(assess_severities, 4, fail_on); i++) {
        int64_t n = 0;

        if (db_value_int(a->facts, &n, e,
                         "SELECT count(*) FROM finding WHERE status = 'fail' AND severity = %Q AND (%Q IS "
                         "NULL OR check_id"
                         " IN (SELECT value FROM json_each(%Q)))",
                         assess_severities[i], a->only, a->only) != 0) {
            free(missing);
            return EXIT_FAILED;
        }
        failing += n;
    }
    if (fail_on)
        note_info("%lld finding%s of severity %s%s failed", (long long)failing, failing == 1 ? "" : "s",
                  fail_on, strcmp(fail_on, "critical") == 0 ? "" : " or above");
    if (!missing)
        return failing ? EXIT_FINDINGS : EXIT_OK;
    note_info("not complete: %s", missing);
    free(missing);
    return EXIT_INCOMPLETE;
}

static int assess_print(const struct assess *a, const char *format, struct err *e)
{
    if (!format || strcmp(format, "table") == 0)
        return assess_table(a, e);
    return strcmp(format, "json") == 0 ? assess_json(a, e) : assess_csv(a, e);
}

static int assess_run(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct assess a = {0};
    struct judge_options options = {.facts = ""};
    const struct store_snapshot *snapshot = NULL;
    struct store *store = NULL;
    int code = EXIT_USAGE;

    if (cmd_parse(&args, &cmd_assess, argc, argv, e) != 0 || assess_usage(&args, e) != 0)
        goto out;
    code = EXIT_FAILED;
    if (store_open(&store, cmd_value(&args, "--store"), e) != 0 ||
        assess_snapshot(store, cmd_has(&args, "--snapshot") ? cmd_value(&args, "--snapshot") : "latest",
                        &snapshot, e) != 0)
        goto out;
    options.snapshot = snapshot->path;
    options.engagement = cmd_value(&args, "--engagement");
    a.all_subjects = cmd_has(&args, "--check");
    if (judge_run(&options, &a.facts, e) != 0 || assess_only(&args, a.facts, &a.only, e) != 0 ||
        assess_print(&a, cmd_value(&args, "--format"), e) != 0)
        goto out;
    code = assess_code(&a, cmd_value(&args, "--fail-on"), e);
out:
    free(a.only);
    db_close(a.facts);
    store_close(store);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_assess = {
    .name = "assess",
    .summary = "judge a snapshot and print what does not hold, worst first",
    .usage = "keycustody assess --store DIR [options]",
    .options = assess_options,
    .examples =
        "  keycustody assess --store store\n"
        "      what failed and what could not be assessed, and key custody per cluster\n"
        "  keycustody assess --store store --check disk-cmk\n"
        "      every subject of one check\n"
        "  keycustody assess --store store --fail-on high\n"
        "      for CI: exit 3 when something of severity high or critical failed, 4 when not all was read\n"
        "  keycustody assess --store store --format csv > findings.csv\n",
    .run = assess_run,
};
