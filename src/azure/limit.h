/* How fast Azure may be asked: a token bucket per subscription and provider, filled at the stated rates,
 * lowered by what the answers say is left, closed while an answer says to wait. */
#ifndef KC_AZURE_LIMIT_H
#define KC_AZURE_LIMIT_H

#include <stdint.h>

#include "lib/http.h"

struct limits;
/* slow: the cloud counts reads by the hour (21Vianet) */
struct limits *limits_new(int slow);
void limits_free(struct limits *l); /* NULL is fine */

struct limit;
#define LIMIT_OF_REQUEST 3
/* The buckets that a request to this URL draws from; unused places are NULL. They live as long as l. */
void limits_find(struct limits *l, const char *url, struct limit *of[LIMIT_OF_REQUEST]);

/* Takes one token from each bucket and returns 0; or takes none and returns how many milliseconds to wait.
 * now: clock_ticks(). */
int64_t limit_take(struct limit *const of[LIMIT_OF_REQUEST], int64_t now);
/* Lowers the buckets to what an answer says is left. */
void limit_heed(struct limit *const of[LIMIT_OF_REQUEST], const struct http_answer *answer, int64_t now);
/* Nothing goes out from the buckets of this request before `until`. */
void limit_close(struct limit *const of[LIMIT_OF_REQUEST], int64_t until);

/* Retry-After (RFC 9110 section 10.2.3): seconds, or a date that is compared with `date`, the answer's own
 * Date, and without one with our clock. In milliseconds; -1: absent or no such value. */
int64_t limit_retry_after(const char *value, const char *date);

#endif
