/* Where tokens come from: one file per kind, one row each in token.c's table, in DefaultAzureCredential's
 * order. */
#ifndef KC_AZURE_TOKEN_SOURCE_H
#define KC_AZURE_TOKEN_SOURCE_H

#include <signal.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/http.h"

struct token_wanted {
    const char *authority; /* no trailing slash */
    const char *audience;  /* no trailing slash, without /.default */
    const char *claims;    /* what a challenge asked for beside it, JSON; NULL: nothing */
    int chosen;            /* the person named this credential: it is tried harder */
    struct http *http;
    const volatile sig_atomic_t *stop; /* may be NULL */
};

struct token_found {
    struct buf bearer;      /* freed with wipe_buf */
    int64_t expires, renew; /* seconds since 1970; renew: from when a new one should be fetched */
};

enum token_outcome {
    TOKEN_GIVEN,
    TOKEN_NOT_HERE, /* not set up on this machine: the next one is tried; why says what is missing */
    TOKEN_FAILED    /* set up, but refused: nobody else is asked, since that would be another identity */
};

typedef enum token_outcome token_get(const struct token_wanted *wanted, struct token_found *out,
                                     struct err *why);

token_get token_environment, token_workload, token_managed, token_az, token_azd;

/* ---- what they share */

/* An environment variable, NULL when unset or empty. */
const char *token_variable(const char *name);
/* Asks a token service, again where that can help (408, 429, 5xx, no answer), and reads what it says. retry:
 * further statuses to ask again for, closed by 0; may be NULL. *status: of the answer, 0 for none. */
enum token_outcome token_ask(const struct token_wanted *wanted, const struct http_request *request,
                             const int *retry, int *status, struct token_found *out, struct err *why);
/* Reads {access_token, expires_in or expires_on, refresh_in}, az's {accessToken, expires_on, expiresOn} and
 * azd's {token, expiresOn}; numbers may be strings. Nothing of the text is left behind. */
int token_read(struct token_found *out, const char *text, size_t n, int64_t now, struct err *why);
/* Adds name=value to an application/x-www-form-urlencoded text, leaving no copies. */
void token_form(struct buf *form, const char *name, const char *value);

#endif
