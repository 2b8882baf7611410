/* The answers of a recording (HAR 1.2), served from our own address: the recorded endpoint of ARM inside the
 * bodies becomes ours, and so do the vaults' hosts where vaults are served. */
#ifndef KC_STANDIN_RECORDING_H
#define KC_STANDIN_RECORDING_H

#include <stddef.h>

#include "azure/har.h"
#include "base/buf.h"
#include "base/err.h"

struct recording_answer {
    char *canonical; /* of the request */
    char version[URL_VERSION];
    int status, broken, read; /* broken: no body was recorded; read: the body is there */
    struct buf body;          /* decoded, with our address in it */
    char *etag;               /* NULL: none */
};

struct recording {
    struct har har;
    struct recording_answer *answers; /* one per entry of har */
    char *endpoint;                   /* of the recorded requests to ARM */
    const char *origin;               /* ours */
    char *vault_from, *vault_to;      /* ".vault.azure.net" and ".SUFFIX:PORT"; NULL: vaults are left alone */
};

int recording_open(struct recording *r, const char *path, struct err *e);
void recording_close(struct recording *r);
/* What was answered to this request: the exact api-version first, then any. url: absolute, at the recorded
 * endpoint. Repeated entries come in recorded order, the last of them again; attempts that were repeated are
 * passed over. NULL: nothing was recorded. */
const struct recording_answer *recording_find(struct recording *r, const char *method, const char *url,
                                              const char *body, size_t size);
const struct recording_answer *recording_read(struct recording *r, size_t entry);

#endif
