/* Who signs. See signing.h. */
#include "cmd/signing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "azure/key_sign.h"
#include "base/mem.h"
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

static int signing_vault(const struct cmd_args *args, const char *key, const char *cert, struct signer **out,
                         struct err *e)
{
    const char *cloud = cmd_value(args, "--cloud");
    struct live_options live = {.cloud = cloud ? cloud : "AzureCloud",
                                .ca_file = cmd_value(args, "--ca-file"),
                                .credential = cmd_value(args, "--credential"),
                                .timeout = SIGNING_TIMEOUT};

    if (live.credential && token_check_name(live.credential, e) != 0)
        return err_context(e, "--credential");
    return key_sign_open(out, key, cert, &live, e);
}

static int signing_key(const struct cmd_args *args, const struct signers_way *way, struct signer **out,
                       struct err *e)
{
    struct signing_from from = {way->pass_file};
    char *variable = NULL;
    int rc = -1;

    if (way->pass_file && access(way->pass_file, R_OK) != 0)
        return err_set(e, "--sign-pass-file %s: cannot be read", way->pass_file);
    if (key_sign_is(way->key))
        rc = signing_vault(args, way->key, way->certificate, out, e);
    else
        rc = signer_open(out, way->key, way->certificate, signing_pass, &from, e);
    if (rc == 0 && way->padding && strcmp(way->padding, "pss") == 0)
        rc = signer_use_pss(*out, e);
    /* no child of ours, and no core file, needs it any more */
    variable = getenv(SIGNING_VARIABLE);
    if (variable) {
        wipe(variable, strlen(variable));
        unsetenv(SIGNING_VARIABLE);
    }
    return rc;
}

/* An option goes before what the engagement file says; where the key is the option's, the file's other words
 * about the key are about another one. */
static void signing_choose(const struct cmd_args *args, struct signers_way *way)
{
    const struct {
        const char *option;
        char **value;
    } rows[] = {{"--sign-cert", &way->certificate},
                {"--sign-pass-file", &way->pass_file},
                {"--sign-padding", &way->padding},
                {"--tsa", &way->tsa}};
    char *tsa = way->tsa;

    if (cmd_has(args, "--sign-key")) {
        way->tsa = NULL;
        signers_way_free(way);
        way->tsa = tsa;
        way->key = mem_copy(cmd_value(args, "--sign-key"));
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (cmd_has(args, rows[i].option)) {
            free(*rows[i].value);
            *rows[i].value = mem_copy(cmd_value(args, rows[i].option));
        }
    }
}

int signing_open(const struct cmd_args *args, const char *role, struct signing *out, int *code, struct err *e)
{
    static const char *const with[] = {"--sign-cert", "--sign-pass-file", "--sign-padding", "--tsa"};
    const char *engagement = role ? cmd_value(args, "--engagement") : NULL,
               *padding = cmd_value(args, "--sign-padding");

    if (padding && strcmp(padding, "pss") != 0 && strcmp(padding, "pkcs1") != 0) {
        *code = EXIT_USAGE;
        return err_set(e, "--sign-padding: \"%.40s\": write pkcs1 or pss", padding);
    }
    if (signing_fips(args, code, e) != 0)
        return -1;
    if (engagement && signers_find(engagement, role, &out->way, e) != 0) {
        *code = EXIT_FAILED;
        return -1;
    }
    for (size_t i = 0; !cmd_has(args, "--sign-key") && !out->way.key && i < sizeof with / sizeof *with; i++) {
        if (cmd_has(args, with[i])) {
            *code = EXIT_USAGE;
            return err_set(e, "%s: there is nothing to sign with: --sign-key is missing", with[i]);
        }
    }
    signing_choose(args, &out->way);
    if (!out->way.key)
        return 0;
    if (signing_key(args, &out->way, &out->signer, e) != 0) {
        *code = EXIT_FAILED;
        return -1;
    }
    out->tsa = out->way.tsa;
    return 0;
}

void signing_close(struct signing *s)
{
    signer_free(s->signer);
    signers_way_free(&s->way);
    *s = (struct signing){0};
}
