/* Answers about revocation as files beside a signature (lib/revocation.h names them). They stand outside of
 * the tag manifest, as the signatures do: each carries its authority's own. */
#ifndef KC_PACK_KEPT_H
#define KC_PACK_KEPT_H

#include "base/err.h"
#include "lib/revocation.h"

/* signature: path of the .p7s. All of them or none. */
int kept_write(const char *signature, const struct revocation *r, int mode, struct err *e);
void kept_remove(const char *signature, const struct revocation *r);
/* Those that are there. A link, or one that is longer than such a file gets, is an error. */
int kept_read(const char *signature, struct revocation *out, struct err *e);

#endif
