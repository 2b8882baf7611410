/* Which Azure: where its Resource Manager is, who issues its tokens, and which hosts a token may go to. */
#ifndef KC_AZURE_CLOUD_H
#define KC_AZURE_CLOUD_H

#include <stddef.h>

#include "base/err.h"
#include "lib/http.h"

struct cloud {
    char *name;      /* AzureCloud, ...; for one that was discovered, as it calls itself */
    char *arm;       /* scheme, host and port of Resource Manager, lower case, no trailing slash */
    char *authority; /* of the tokens, no trailing slash */
    char *audience;  /* of a token for arm */
    /* hosts of vaults and managed HSMs end with a dot and this; NULL: no token goes to any */
    char *vault_suffix, *hsm_suffix;
    char *vault_audience, *hsm_audience;
};

/* name: AzureCloud, AzureUSGovernment, AzureChinaCloud, or an https URL of Resource Manager, which is then
 * asked what it is (GET /metadata/endpoints). */
int cloud_open(struct cloud *out, const char *name, struct http *http, struct err *e);
/* The answer to that question; endpoint: the one that was asked. */
int cloud_read(struct cloud *out, const char *endpoint, const char *json, size_t n, struct err *e);
void cloud_free(struct cloud *c); /* NULL is fine */

/* The audience whose tokens may go to this URL; NULL: none, nothing is to be sent there. */
const char *cloud_audience(const struct cloud *c, const char *url);

#endif
