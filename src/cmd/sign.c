/* keycustody sign: one more signature for a finished pack. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/signing.h"
#include "pack/countersign.h"

static const struct cmd_option sign_option_rows[] = {
    SIGNING_ROWS("sign the pack"),
    SIGNING_AZURE_ROWS,
    {"--engagement", "FILE", "take key, certificate and authority of the signer with that role from here"},
    {"--role", "ROLE",
     "what the signer is to the pack: becomes part of the file's name (default reviewed-by)"},
    {"--tsa", "URL", "and have this authority stamp the signature (RFC 3161)"},
    {NULL, NULL, NULL},
};

static int sign_run(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct signing signing = {0};
    const char *role = NULL;
    char *name = NULL;
    int code = EXIT_USAGE;

    if (cmd_parse(&args, &cmd_sign, argc, argv, e) != 0)
        return EXIT_USAGE;
    if (!cmd_operand(&args, 0) || cmd_operand(&args, 1)) {
        err_set(e, "sign: name one pack: its folder or its .zip");
        goto out;
    }
    role = cmd_has(&args, "--role") ? cmd_value(&args, "--role") : "reviewed-by";
    if (!cmd_has(&args, "--engagement") && cmd_need(&args, "--sign-key", e) != 0)
        goto out;
    if (signing_open(&args, role, &signing, &code, e) != 0)
        goto out;
    code = EXIT_FAILED;
    if (!signing.signer) {
        err_set(e, "%s: gives no key of a signer %s: give --sign-key", cmd_value(&args, "--engagement"),
                role);
        goto out;
    }
    if (countersign(cmd_operand(&args, 0), role, signing.signer, signing.tsa, &name, e) != 0)
        goto out;
    printf("signed by %s\nsignature %s\n", signer_name(signing.signer), name);
    code = EXIT_OK;
out:
    free(name);
    signing_close(&signing);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_sign = {
    .name = "sign",
    .summary = "add a signature to a finished pack, such as the reviewer's",
    .usage = "keycustody sign PACK|PACK.zip [--sign-key FILE] [options]",
    .options = sign_option_rows,
    .examples =
        "  keycustody sign packs/KC-20260930-7f3a91c2 --sign-key reviewer.p12 --role reviewed-by\n"
        "      beside the maker's signature, over the same list of hashes, in folder and zip\n"
        "  keycustody sign KC-20260930-7f3a91c2.zip --sign-key key.pem --sign-cert cert.pem --tsa "
        "http://timestamp.example.org\n"
        "      a zip alone, with a time stamp\n"
        "  keycustody sign packs/KC-20260930-7f3a91c2 --engagement engagement.json --role approved-by\n"
        "      as the signer whom the engagement file names for that role\n",
    .run = sign_run,
};
