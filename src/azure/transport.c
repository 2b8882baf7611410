/* See transport.h. */
#include "azure/transport.h"

void transport_free(struct transport *t)
{
    if (t)
        t->free(t);
}
