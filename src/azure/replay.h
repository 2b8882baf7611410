/* The transport that answers from a recording. */
#ifndef KC_AZURE_REPLAY_H
#define KC_AZURE_REPLAY_H

#include "azure/transport.h"

/* path: a HAR 1.2 file. Freed with transport_free. *credentials: how many entries of it hold credentials. */
int replay_open(struct transport **out, const char *path, int *credentials, struct err *e);

#endif
