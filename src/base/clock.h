/* Times as YYYY-MM-DDThh:mm:ssZ, always UTC, Gregorian, years 1970 to 9999. The clock of the day is read in
 * one place. */
#ifndef KC_BASE_CLOCK_H
#define KC_BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"

#define CLOCK_TEXT 21 /* bytes for a time and its NUL */

int64_t clock_now(void);   /* seconds since 1970-01-01T00:00:00Z */
int64_t clock_ticks(void); /* milliseconds of a clock that nobody sets, from any start: for waiting only */
void clock_text(int64_t seconds, char out[CLOCK_TEXT]);
/* Reads exactly YYYY-MM-DDThh:mm:ssZ (a fraction of a second and +00:00 are accepted and dropped). */
int clock_read(const char *text, int64_t *seconds, struct err *e);
/* Reads the Date header of HTTP (RFC 9110 section 5.6.7, IMF-fixdate only). */
int clock_read_http(const char *text, int64_t *seconds, struct err *e);

#endif
