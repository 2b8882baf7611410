/* The places of Azure that answer. Each returns 1 when the request is its business, then the answer is there.
 */
#ifndef KC_STANDIN_PLACE_H
#define KC_STANDIN_PLACE_H

#include "rule.h"
#include "server.h"

int place_identity(struct server *s, struct exchange *x); /* IMDS, App Service, Arc, Cloud Shell; on http */
int place_sign_in(struct server *s, struct exchange *x);  /* Entra ID and AD FS */
int place_metadata(struct server *s, struct exchange *x); /* /metadata/endpoints: the cloud's addresses */
int place_vault(struct server *s, struct exchange *x);    /* Key Vault's data plane, on hosts of its own */
/* vault_sign.c: keys that sign, certificates; any vault has them. 0: not this request. */
int vault_signs(const struct server *s, struct exchange *x);
int place_arm(struct server *s, struct exchange *x);    /* everything else */
void place_graph(struct server *s, struct exchange *x); /* Resource Graph; for place_arm */

/* A token in the form of v2.0, v1.0 or managed identities (numbers as strings). */
struct place_token {
    const char *resource;
    int claims, strings;
};
void place_give_token(struct server *s, struct exchange *x, const struct place_token *wish);
/* Is this resource (an audience, a trailing slash is nothing) ARM, or the vaults? */
int place_is_arm(const struct server *s, const char *audience);
int place_is_vault(const struct server *s, const char *audience);
/* The bearer token is ours, alive and for the right audience; else 401 is the answer, and 0. */
int place_may(struct server *s, struct exchange *x, int (*audience)(const struct server *, const char *));

/* An assertion that a client signed with its certificate (RFC 7523). -1: *why says what is wrong. */
int assertion_check(const struct options *o, const char *jwt, const char *endpoint, const char **why);

/* ---- faults (fault.c) */
int fault_answer(struct server *s, struct exchange *x,
                 const struct rule_row *rule); /* 1: instead of the answer */
void fault_spoil(struct server *s, struct exchange *x, const struct rule_row *rule); /* what becomes of it */

#endif
