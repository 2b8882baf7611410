/* OpenSSL's validated module alone (its FIPS provider), for those who must show that nothing else signed. */
#ifndef KC_LIB_FIPS_H
#define KC_LIB_FIPS_H

#include "base/err.h"

/* From now on OpenSSL computes with nothing but its FIPS provider. -1 where there is none: whoever asked for
 * it goes no further. A key in a token is used by the token, whose own validation counts there. */
int fips_use(struct err *e);

#endif
