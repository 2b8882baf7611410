/* keycustody report: the evidence pack of a snapshot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/signing.h"
#include "pack/pack.h"

static const struct cmd_option report_option_rows[] = {
    {"--store", "DIR", "the store with the snapshots"},
    {"--out", "DIR", "where the pack goes: DIR/<pack id>/ and DIR/<pack id>.zip"},
    {"--snapshot", "ID", "which snapshot; without it the newest one"},
    {"--framework", "ID|FILE",
     "pci-dss, hipaa, fedramp-rev5 or a mapping file; can be given again; without it all three"},
    {"--template", "NAME|DIR", "how the report looks; without it \"default\""},
    {"--engagement", "FILE", "organisation, period, adopted thresholds, signers (JSON)"},
    {"--as-of", "UTC", "date of the report, YYYY-MM-DDThh:mm:ssZ; without it the snapshot's"},
    {"--strict", NULL, "exit code 4 when something in scope was not read"},
    SIGNING_ROWS("sign the pack"),
    SIGNING_AZURE_ROWS,
    {"--encrypt-to", "PEM",
     "write the zip for the holder of this certificate too (CMS, .zip.p7m); may be repeated"},
    {"--tsa", "URL",
     "and have this authority stamp the signature (RFC 3161); without its answer no pack is made"},
    {NULL, NULL, NULL},
};

/* The options that decide the content, one after the other; where things lie and who signs are written as
 * words, so that the same report from another folder has the same bytes. */
static char *report_command_line(const struct cmd_args *args)
{
    static const struct {
        const char *option, *word;
    } places[] = {{"--store", "STORE"},         {"--out", "OUT"},
                  {"--sign-key", "KEY"},        {"--sign-cert", "CERT"},
                  {"--sign-pass-file", "FILE"}, {"--tsa", "URL"},
                  {"--cloud", "CLOUD"},         {"--credential", "NAME"},
                  {"--ca-file", "CERT"},        {"--encrypt-to", "CERT"},
                  {"--engagement", "FILE"}};
    struct buf b = {0};

    buf_text(&b, "keycustody report");
    for (int i = 0; i < args->count; i++) {
        const struct cmd_word *w = &args->words[i];
        const char *value = w->value;

        if (!w->option)
            continue;
        for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
            if (strcmp(w->option->name, places[p].option) == 0)
                value = places[p].word;
        }
        if (value && strchr(value, '/')) /* a mapping or template of one's own: its bytes are in the pack */
            value = "FILE";
        buf_print(&b, " %s%s%s", w->option->name, value ? " " : "", value ? value : "");
    }
    return buf_take(&b);
}

static void report_print(const struct pack_result *r, const struct signer *signer)
{
    printf("pack      %s\nfolder    %s\nzip       %s\n", r->id, r->dir, r->zip);
    printf("read first %s/data/report.pdf\n", r->dir);
    printf("findings  %lld do not hold, %lld were not assessed\n", (long long)r->failed,
           (long long)r->not_assessed);
    if (!r->complete)
        printf("complete  no: %lld thing%s could not be read%s\n", (long long)r->gaps,
               r->gaps == 1 ? "" : "s", r->gaps ? "" : "; that the account saw everything is not proven");
    if (r->envelope)
        printf("encrypted %s\n", r->envelope);
    if (signer)
        printf("signed by %s\n", signer_name(signer));
    else
        printf("unsigned: the hashes prove no author (--sign-key, --sign-cert)\n");
}

static int report_run(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct pack_options options = {0};
    struct pack_result result = {0};
    struct signing signing = {0};
    const char **frameworks = NULL, **readers = NULL;
    struct envelope *envelope = NULL;
    size_t reader_count = 0;
    char *command_line = NULL;
    int code = EXIT_USAGE;

    if (cmd_parse(&args, &cmd_report, argc, argv, e) != 0)
        return EXIT_USAGE;
    if (cmd_need(&args, "--store", e) != 0 || cmd_need(&args, "--out", e) != 0)
        goto out;
    if (cmd_operand(&args, 0)) {
        err_set(e, "%s: report takes options only", cmd_operand(&args, 0));
        goto out;
    }
    code = EXIT_FAILED;
    if (signing_open(&args, "prepared-by", &signing, &code, e) != 0)
        goto out;
    readers = mem_zero((size_t)args.count + 1, sizeof *readers);
    while ((readers[reader_count] = cmd_value_at(&args, "--encrypt-to", (int)reader_count)))
        reader_count++;
    if (reader_count && envelope_open(&envelope, readers, reader_count, e) != 0)
        goto out;
    frameworks = mem_zero((size_t)args.count + 1, sizeof *frameworks);
    while ((frameworks[options.framework_count] =
                cmd_value_at(&args, "--framework", (int)options.framework_count)))
        options.framework_count++;
    command_line = report_command_line(&args);
    options.store = cmd_value(&args, "--store");
    options.out = cmd_value(&args, "--out");
    options.snapshot = cmd_value(&args, "--snapshot");
    options.engagement = cmd_value(&args, "--engagement");
    options.frameworks = frameworks;
    options.template_name = cmd_value(&args, "--template");
    options.as_of = cmd_value(&args, "--as-of");
    options.command_line = command_line;
    options.signer = signing.signer;
    options.readers = envelope;
    options.tsa = signing.tsa;
    if (pack_write(&options, &result, e) != 0)
        goto out;
    report_print(&result, signing.signer);
    code = cmd_has(&args, "--strict") && !result.complete ? EXIT_INCOMPLETE : EXIT_OK;
out:
    pack_result_free(&result);
    signing_close(&signing);
    envelope_free(envelope);
    free(readers);
    free(frameworks);
    free(command_line);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_report = {
    .name = "report",
    .summary = "write the evidence pack: PDF, workbook, raw answers, hashes, signature",
    .usage = "keycustody report --store DIR --out DIR [options]",
    .options = report_option_rows,
    .examples = "  keycustody report --store store --out packs --engagement engagement.json\n"
                "      the newest snapshot, for all three frameworks, unsigned\n"
                "  keycustody report --store store --out packs --framework pci-dss --sign-key key.pem "
                "--sign-cert cert.pem\n"
                "      for PCI DSS alone, signed\n"
                "  keycustody report --store store --out packs --strict\n"
                "      exit code 4 when something in scope was not read\n",
    .run = report_run,
};
