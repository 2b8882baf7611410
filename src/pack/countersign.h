/* Another signature for a finished pack: of who reviewed it, beside that of who made it. */
#ifndef KC_PACK_COUNTERSIGN_H
#define KC_PACK_COUNTERSIGN_H

#include "base/err.h"
#include "lib/sign.h"

/* Signs the tag manifest of a pack (its folder or its .zip) into a file of its own,
 * tagmanifest-sha256.txt.<role>.p7s, and puts it into the folder and into the .zip beside it, whichever are
 * there. Nothing that is signed already is touched. The pack must be whole. role: lower-case letters, digits,
 * '-'. tsa: URL, or NULL. A signature of that role that is there is refused. *name: of the file, the
 * caller's. */
int countersign(const char *pack, const char *role, const struct signer *signer, const char *tsa, char **name,
                struct err *e);

#endif
