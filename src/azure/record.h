/* A transport in front of another one that writes down what comes in: a recording (HAR 1.2) for replay. */
#ifndef KC_AZURE_RECORD_H
#define KC_AZURE_RECORD_H

#include "azure/transport.h"

/* inner becomes out's own, also on failure. Nothing stands at path before record_finish. */
int record_open(struct transport **out, struct transport *inner, const char *path, struct err *e);
/* Closes the recording; without this, transport_free leaves none. */
int record_finish(struct transport *t, struct err *e);

#endif
