/* Tokens that a program of the person's own gives out: the Azure CLI and the Azure Developer CLI, started
 * without a shell. Sources: azure-cli, command_modules/profile/custom.py; azure-dev, cmd/auth_token.go;
 * azure-sdk-for-cpp, azure_cli_credential.cpp (which characters may stand in an argument). */
#include <stdlib.h>
#include <string.h>

#include "azure/token_source.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/process.h"
#include "lib/wipe.h"

#define TOKEN_COMMAND_MAX 65536
#define TOKEN_COMMAND_TIME 60 /* seconds; az is slow where it must renew its own token */

static enum token_outcome token_run(const struct token_wanted *w, const char *const *argv, const char *hint,
                                    struct token_found *out, struct err *why)
{
    struct process_job job = {
        .argv = argv, .timeout = TOKEN_COMMAND_TIME, .out_max = TOKEN_COMMAND_MAX, .stop = w->stop};
    struct buf text = {0}, complaint = {0};
    enum token_outcome outcome = TOKEN_FAILED;
    enum process_end end = PROCESS_BROKEN;
    int status = 0;

    wipe_reserve(&text, TOKEN_COMMAND_MAX + 1);
    end = process_run(&job, &text, &complaint, &status, why);
    if (end == PROCESS_NOT_FOUND) {
        outcome = TOKEN_NOT_HERE;
    } else if (end == PROCESS_DONE && status != 0) {
        const char *said = buf_str(&complaint);

        err_set(why, "%s ends with status %d: %.*s: %s", argv[0], status, (int)strcspn(said, "\r\n"), said,
                hint);
        outcome = TOKEN_NOT_HERE; /* not signed in there: the next may be */
    } else if (end == PROCESS_DONE) {
        if (token_read(out, buf_str(&text), text.len, clock_now(), why) == 0)
            outcome = TOKEN_GIVEN;
        else
            err_context(why, "%s", argv[0]);
    }
    wipe_buf(&text);
    buf_free(&complaint);
    return outcome;
}

/* The audience comes from a cloud's description, so it is looked at before it becomes an argument. */
static char *token_scope(const struct token_wanted *w, struct err *why)
{
    if (*w->audience == '-' ||
        strspn(w->audience, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:/") !=
            strlen(w->audience)) {
        err_set(why, "the audience \"%.100s\" is no argument for a program", w->audience);
        return NULL;
    }
    return mem_print("%s/.default", w->audience);
}

enum token_outcome token_az(const struct token_wanted *w, struct token_found *out, struct err *why)
{
    char *scope = token_scope(w, why);
    const char *const argv[] = {"az",  "account", "get-access-token", "--output", "json", "--scope",
                                scope, NULL};
    enum token_outcome outcome = TOKEN_FAILED;

    if (w->claims)
        err_set(why, "Azure asks for another sign-in: run az login again");
    else if (scope)
        outcome = token_run(w, argv, "is az signed in (az login)?", out, why);
    free(scope);
    return outcome;
}

enum token_outcome token_azd(const struct token_wanted *w, struct token_found *out, struct err *why)
{
    struct buf claims = {0};
    char *scope = token_scope(w, why);
    const char *argv[] = {"azd", "auth", "token", "--output", "json", "--scope", scope, NULL, NULL, NULL};
    enum token_outcome outcome = TOKEN_FAILED;

    if (w->claims) {
        base64_put(&claims, w->claims, strlen(w->claims));
        argv[7] = "--claims";
        argv[8] = buf_str(&claims);
    }
    if (scope)
        outcome = token_run(w, argv, "is azd signed in (azd auth login)?", out, why);
    buf_free(&claims);
    free(scope);
    return outcome;
}
