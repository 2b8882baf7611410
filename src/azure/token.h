/* Signing in: the first credential that this machine has, its tokens kept, renewed and wiped. */
#ifndef KC_AZURE_TOKEN_H
#define KC_AZURE_TOKEN_H

#include <signal.h>

#include "azure/cloud.h"
#include "base/err.h"
#include "lib/http.h"

struct tokens;

struct token_options {
    const struct cloud *cloud;
    struct http *http;                 /* a client of its own: it is waited for */
    const char *credential;            /* NULL: the chain */
    const volatile sig_atomic_t *stop; /* may be NULL */
};

/* Is this a credential that --credential may name? -1 with the list of them. */
int token_check_name(const char *name, struct err *e);

/* Signs in: the token for Azure Resource Manager is there when this returns 0. The error says which
 * credentials were tried and why each did not work. */
int tokens_open(struct tokens **out, const struct token_options *options, struct err *e);
void tokens_close(struct tokens *t); /* wipes; NULL is fine */

/* The token for this audience, a new one when the old one is near its end. It stays valid until the next
 * call. *which: its number, for tokens_spoilt. */
int tokens_get(struct tokens *t, const char *audience, const char **bearer, int *which, struct err *e);
/* The token `which` was refused (401): the next tokens_get fetches another, once for all that used it.
 * claims: what the refusal asked for, or NULL. */
void tokens_spoilt(struct tokens *t, const char *audience, int which, const char *claims);

const char *tokens_credential(const struct tokens *t); /* its name */
const char *tokens_principal(const struct tokens *t);  /* object id, lower case; NULL: the token tells none */
const char *tokens_tenant(const struct tokens *t);
const char *tokens_client(const struct tokens *t); /* application id, or name of the person; NULL */

#endif
