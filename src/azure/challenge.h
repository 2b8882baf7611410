/* The header WWW-Authenticate (RFC 9110 section 11.6.1): several challenges, each a scheme with parameters in
 * any order. What a server says there is a hint, never an instruction: no token goes where it points. */
#ifndef KC_AZURE_CHALLENGE_H
#define KC_AZURE_CHALLENGE_H

#include <stddef.h>

#include "base/buf.h"

/* The first parameter of this name in a challenge of this scheme, both whatever their case. 0: none, or it
 * does not fit. header may be NULL. */
int challenge_find(const char *header, const char *scheme, const char *name, char *out, size_t size);

/* The claims that a Bearer challenge with error="insufficient_claims" asks for (continuous access evaluation;
 * Microsoft identity platform, "Claims challenges, claims requests"), as JSON. 0: none. */
int challenge_claims(const char *header, struct buf *out);

#endif
