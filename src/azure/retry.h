/* When asking once more can help, and after how long: one rule for Resource Manager, the vaults, the token
 * services and the cloud's addresses. */
#ifndef KC_AZURE_RETRY_H
#define KC_AZURE_RETRY_H

#include <stdint.h>

#include "lib/http.h"

#define RETRY_FIRST 400 /* milliseconds before the second try, then doubled */

/* Is this a status that passes by itself? */
int retry_is_passing(int status);
/* May another try give another answer? Not where TLS was not trusted, nothing was sent, or Azure said no. */
int retry_may_help(const struct http_answer *a);
/* Milliseconds to wait after `tries` tries (at least 1). asked: what the answer asked for, in milliseconds,
 * -1 nothing; then it is waited for and never less. dice: any number, spreads those who wait. */
int64_t retry_pause(int tries, int64_t asked, uint64_t dice);
/* The same where somebody waits for it: what is asked for beyond 30 seconds is not. */
int64_t retry_pause_short(int tries, int64_t asked, uint64_t dice);

#endif
