/* keycustody verify: what was checked, a line each, and exit 5 when one does not hold. */
#include <stdio.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "cmd/cmd.h"
#include "cmd/signing.h"
#include "lib/json.h"
#include "pack/verify.h"

#include <string.h>

static const struct cmd_option verify_option_rows[] = {
    {"--allow-unsigned", NULL, "a pack without a signature is no failure (it still proves no author)"},
    {"--format", "table|json", "default table"},
    {"--deep", NULL,
     "perform a pack's tests again, judge and write it again from its raw answers, and compare"},
    {"--tsa-trust", "CA.pem", "the same for the authority of the time stamps"},
    {"--require-time-stamp", NULL, "every signature needs a time stamp that --tsa-trust vouches for"},
    {"--fips", NULL, "compute with OpenSSL's FIPS provider alone; refused where there is none"},
    {"--trust", "CA.pem", "certificates to trust: the signer's must come from one of them"},
    {NULL, NULL, NULL},
};

struct verify_table {
    int lines;
    struct json_out *json; /* NULL: as text, at once */
};

static void verify_line(void *ctx, enum verify_result result, const char *what, const char *words)
{
    static const char *const marks[] = {"pass", "FAIL", "note"}, *const names[] = {"pass", "fail", "note"};
    struct verify_table *t = ctx;
    struct buf subject = {0}, line = {0}; /* names and words come from files that anybody may have made */

    utf8_visible(&subject, what, strlen(what));
    utf8_visible(&line, words, strlen(words));
    if (t->json) {
        json_object(t->json, NULL);
        json_put_text(t->json, "result", names[result]);
        json_put_text(t->json, "subject", buf_str(&subject));
        json_put_text(t->json, "words", buf_str(&line));
        json_object_end(t->json);
    } else {
        printf("%s  %s: %s\n", marks[result], buf_str(&subject), buf_str(&line));
    }
    buf_free(&subject);
    buf_free(&line);
    t->lines++;
}

/* The table's end: the verdict. */
static int verify_end(struct verify_table *t, const char *path, int failed, struct err *e)
{
    int rc = 0;

    if (!t->json) {
        if (failed)
            printf("\n%s: %d of %d lines do not hold\n", path, failed, t->lines);
        else
            printf("\n%s: everything that was checked holds\n", path);
        return 0;
    }
    json_array_end(t->json);
    json_put_int(t->json, "failed", failed);
    json_put_bool(t->json, "holds", failed == 0);
    json_object_end(t->json);
    rc = json_end(t->json, e);
    if (rc == 0)
        fputs(buf_str(&t->json->buf), stdout);
    return rc;
}

static int verify_command(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct json_out json = {0};
    struct verify_table table = {0};
    const char *format = NULL, *path = NULL;
    int code = EXIT_USAGE, failed = 0;
    struct verify_options options = {.line = verify_line, .ctx = &table};

    if (cmd_parse(&args, &cmd_verify, argc, argv, e) != 0)
        return EXIT_USAGE;
    if (!cmd_operand(&args, 0) || cmd_operand(&args, 1)) {
        err_set(e, "verify: name one pack (its folder or .zip) or one store");
        goto out;
    }
    path = cmd_operand(&args, 0);
    format = cmd_value(&args, "--format");
    if (format && strcmp(format, "table") != 0 && strcmp(format, "json") != 0) {
        err_set(e, "--format: \"%s\": write table or json", format);
        goto out;
    }
    if (format && strcmp(format, "json") == 0) {
        table.json = &json;
        json_begin(&json);
        json_object(&json, NULL);
        json_put_int(&json, "format", 1);
        json_put_text(&json, "path", path);
        json_array(&json, "lines");
    }
    if (signing_fips(&args, &code, e) != 0)
        goto out;
    options.trust = cmd_value(&args, "--trust");
    options.tsa_trust = cmd_value(&args, "--tsa-trust");
    options.require_stamp = cmd_has(&args, "--require-time-stamp");
    options.allow_unsigned = cmd_has(&args, "--allow-unsigned");
    options.deep = cmd_has(&args, "--deep");
    code = EXIT_FAILED;
    failed = verify_run(path, &options, e);
    if (failed < 0 || verify_end(&table, path, failed, e) != 0)
        goto out;
    code = failed ? EXIT_UNVERIFIED : EXIT_OK;
out:
    buf_free(&json.buf);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_verify = {
    .name = "verify",
    .summary = "check a pack or a store: hashes, signatures, the chain of snapshots",
    .usage = "keycustody verify PACK|PACK.zip|STORE [options]",
    .options = verify_option_rows,
    .examples = "  keycustody verify packs/KC-20260930-7f3a91c2 --trust ca.pem\n"
                "      everything, and that the signer's certificate comes from ca.pem\n"
                "  keycustody verify packs/KC-20260930-7f3a91c2.zip --allow-unsigned\n"
                "      a pack that nobody signed\n"
                "  keycustody verify packs/KC-20260930-7f3a91c2 --trust ca.pem --deep\n"
                "      and its tests performed, facts, report and workbook made again from the raw answers\n"
                "  keycustody verify packs/KC-20260930-7f3a91c2.zip --trust ca.pem --tsa-trust tsa.pem "
                "--format json\n"
                "      for programs: every line with its result\n"
                "  keycustody verify store\n"
                "      every snapshot of a store, and how they hang together\n",
    .run = verify_command,
};
