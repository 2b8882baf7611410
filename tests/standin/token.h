/* Access tokens: JWTs in the form that Entra ID gives them. The stand-in knows every token that it gave, so
 * asking whether one is good is a look-up. */
#ifndef KC_STANDIN_TOKEN_H
#define KC_STANDIN_TOKEN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

struct token {
    char *text;
    char *audience;
    uint64_t hash;
    int64_t expires; /* seconds since 1970 */
    int claims;      /* asked for with claims, as after a claims challenge */
    int revoked;
};
struct tokens {
    struct token **rows;
    size_t count;
    unsigned char key[32]; /* signs them: HS256, nobody but us can check it */
    uint64_t given;
};

struct token_wish {
    const char *audience, *tenant, *client, *oid, *issuer;
    int64_t seconds; /* how long it lives */
    int claims;
};

void tokens_open(struct tokens *t);
void tokens_close(struct tokens *t);
struct token *tokens_give(struct tokens *t, const struct token_wish *wish);
struct token *tokens_find(const struct tokens *t, const char *text); /* NULL: not one of ours */

#endif
