/* Who signs. See signing.h. */
#include "cmd/signing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "azure/key_sign.h"
#include "lib/fips.h"
#include "lib/wipe.h"

#define SIGNING_TIMEOUT 30 /* seconds for one attempt at a signature in Key Vault */
#define SIGNING_VARIABLE "KEYCUSTODY_SIGN_PASS"

/* A line of a file or a terminal, without its end. -1: none, or too long. */
static int signing_line(int fd, char *out, size_t size)
{
    size_t n = 0;
    ssize_t got = 0;

    while (n < size && (got = read(fd, out + n, 1)) == 1 && out[n] != '\n')
        n++;
    if (n == size || (n == 0 && got != 1))
        return -1;
    if (n && out[n - 1] == '\r')
        n--;
    out[n] = '\0';
    return 0;
}

struct signing_from {
    const char *path; /* of --sign-pass-file, or NULL */
};

static int signing_pass(void *ctx, const char *file, char *out, size_t size)
{
    const char *from = ((const struct signing_from *)ctx)->path, *variable = getenv(SIGNING_VARIABLE);
    int fd = -1, rc = -1;

    if (from) {
        fd = open(from, O_RDONLY | O_CLOEXEC);
        rc = fd >= 0 ? signing_line(fd, out, size) : -1;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    if (variable && strlen(variable) < size) {
        memcpy(out, variable, strlen(variable) + 1);
        return 0;
    }
    return variable ? -1 : signer_prompt(file, out, size);
}

int signing_fips(const struct cmd_args *args, int *code, struct err *e)
{
    if (!cmd_has(args, "--fips") || fips_use(e) == 0)
        return 0;
    *code = EXIT_FAILED;
    return -1;
}

static int signing_vault(const struct cmd_args *args, struct signer **out, const char *key, struct err *e)
{
    const char *cloud = cmd_value(args, "--cloud");
    struct live_options live = {.cloud = cloud ? cloud : "AzureCloud",
                                .ca_file = cmd_value(args, "--ca-file"),
                                .credential = cmd_value(args, "--credential"),
                                .timeout = SIGNING_TIMEOUT};

    if (live.credential && token_check_name(live.credential, e) != 0)
        return err_context(e, "--credential");
    return key_sign_open(out, key, cmd_value(args, "--sign-cert"), &live, e);
}

int signing_open(const struct cmd_args *args, struct signer **out, int *code, struct err *e)
{
    static const char *const with[] = {"--sign-cert", "--sign-pass-file", "--sign-padding", "--tsa"};
    const char *key = cmd_value(args, "--sign-key"), *pass = cmd_value(args, "--sign-pass-file"),
               *padding = cmd_value(args, "--sign-padding");
    struct signing_from from = {pass};
    char *variable = NULL;
    int rc = -1;

    for (size_t i = 0; !key && i < sizeof with / sizeof *with; i++) {
        if (cmd_has(args, with[i])) {
            *code = EXIT_USAGE;
            return err_set(e, "%s: there is nothing to sign with: --sign-key is missing", with[i]);
        }
    }
    if (padding && strcmp(padding, "pss") != 0 && strcmp(padding, "pkcs1") != 0) {
        *code = EXIT_USAGE;
        return err_set(e, "--sign-padding: \"%.40s\": write pkcs1 or pss", padding);
    }
    if (signing_fips(args, code, e) != 0)
        return -1;
    if (!key)
        return 0;
    if (pass && access(pass, R_OK) != 0) {
        *code = EXIT_FAILED;
        return err_set(e, "--sign-pass-file %s: cannot be read", pass);
    }
    if (key_sign_is(key))
        rc = signing_vault(args, out, key, e);
    else
        rc = signer_open(out, key, cmd_value(args, "--sign-cert"), signing_pass, &from, e);
    if (rc == 0 && padding && strcmp(padding, "pss") == 0)
        rc = signer_use_pss(*out, e);
    if (rc != 0)
        *code = EXIT_FAILED;
    /* no child of ours, and no core file, needs it any more */
    variable = getenv(SIGNING_VARIABLE);
    if (variable) {
        wipe(variable, strlen(variable));
        unsetenv(SIGNING_VARIABLE);
    }
    return rc;
}
