/* keycustody verify: what was checked, a line each, and exit 5 when one does not hold. */
#include <stdio.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "cmd/cmd.h"
#include "pack/verify.h"

#include <string.h>

static const struct cmd_option verify_option_rows[] = {
    {"--allow-unsigned", NULL, "a pack without a signature is no failure (it still proves no author)"},
    {"--deep", NULL, "perform a pack's tests again and judge it again from its raw answers"},
    {"--tsa-trust", "CA.pem", "the same for the authority of the time stamps"},
    {"--require-time-stamp", NULL, "every signature needs a time stamp that --tsa-trust vouches for"},
    {"--trust", "CA.pem", "certificates to trust: the signer's must come from one of them"},
    {NULL, NULL, NULL},
};

static void verify_line(void *ctx, enum verify_result result, const char *what, const char *words)
{
    static const char *const marks[] = {"pass", "FAIL", "note"};
    struct buf line = {0}; /* names and words come from files that anybody may have made */

    utf8_visible(&line, what, strlen(what));
    buf_text(&line, ": ");
    utf8_visible(&line, words, strlen(words));
    printf("%s  %s\n", marks[result], buf_str(&line));
    buf_free(&line);
    (*(int *)ctx)++;
}

static int verify_command(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    int code = EXIT_USAGE, failed = 0, lines = 0;
    struct verify_options options = {.line = verify_line, .ctx = &lines};

    if (cmd_parse(&args, &cmd_verify, argc, argv, e) != 0)
        return EXIT_USAGE;
    if (!cmd_operand(&args, 0) || cmd_operand(&args, 1)) {
        err_set(e, "verify: name one pack (its folder or .zip) or one store");
        goto out;
    }
    options.trust = cmd_value(&args, "--trust");
    options.tsa_trust = cmd_value(&args, "--tsa-trust");
    options.require_stamp = cmd_has(&args, "--require-time-stamp");
    options.allow_unsigned = cmd_has(&args, "--allow-unsigned");
    options.deep = cmd_has(&args, "--deep");
    code = EXIT_FAILED;
    failed = verify_run(cmd_operand(&args, 0), &options, e);
    if (failed < 0)
        goto out;
    if (failed)
        printf("\n%s: %d of %d lines do not hold\n", cmd_operand(&args, 0), failed, lines);
    else
        printf("\n%s: everything that was checked holds\n", cmd_operand(&args, 0));
    code = failed ? EXIT_UNVERIFIED : EXIT_OK;
out:
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
                "      and its tests performed again, from the raw answers on\n"
                "  keycustody verify store\n"
                "      every snapshot of a store, and how they hang together\n",
    .run = verify_command,
};
