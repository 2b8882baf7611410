/* The command line, and the JSON file that may say the same (--config). */
#ifndef KC_STANDIN_OPTIONS_H
#define KC_STANDIN_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rule.h"

struct options {
    const char *recording, *cert, *key, *log, *token_list, *listen, *name;
    int port, thief_port;                       /* 0: any free one */
    const char *tenant, *client, *secret, *oid; /* who may sign in */
    const char *client_cert;                    /* PEM; checks signed assertions */
    const char *federated;                      /* a file; an assertion that equals its content is good */
    const char *identity_header;                /* X-IDENTITY-HEADER of the App Service endpoint */
    const char *arc_key;                        /* file named in Arc's challenge, its content is the key */
    const char *vaults;                         /* vault hosts are NAME.<this>; NULL: not served */
    const char *vault_keys;                     /* folder of keys that sign; NULL: none do */
    int64_t token_seconds, refresh_seconds;     /* refresh 0: no refresh_in */
    int64_t latency, streams, page; /* ms; HTTP/2 streams at once; items a made page has, 0: all */
    int http1, thief, plain, open;  /* open: no token is asked for */
    uint64_t seed;
    struct rule_row *rows; /* owned */
    size_t row_count;
    char **owned; /* texts that came from a file */
    size_t owned_count;
};

int options_read(struct options *o, int argc, char **argv, struct err *e);
void options_free(struct options *o);
void options_usage(void);

#endif
