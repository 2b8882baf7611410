/* The options of commands that sign: --sign-key, --sign-cert, --sign-pass-file, --tsa. */
#ifndef KC_CMD_SIGNING_H
#define KC_CMD_SIGNING_H

#include "cmd/cmd.h"
#include "judge/signers.h"
#include "lib/sign.h"

#define SIGNING_ROWS(what)                                                                                   \
    {"--sign-key", "FILE|URI",                                                                               \
     what " with this key: PEM, PKCS#12, pkcs11:... or https://VAULT.vault.azure.net/keys/NAME"},            \
        {"--sign-cert", "PEM", "its certificate, with the chain behind it (PKCS#12 holds its own)"},         \
        {"--sign-pass-file", "FILE",                                                                         \
         "the key's pass phrase is the first line of this file (else KEYCUSTODY_SIGN_PASS, else a prompt)"}, \
        {"--sign-padding", "pkcs1|pss", "of an RSA key: PKCS#1 v1.5 (default) or PSS"},                      \
    {                                                                                                        \
        "--fips", NULL, "compute with OpenSSL's FIPS provider alone; refused where there is none"            \
    }
/* The Azure of a key in Key Vault, for commands that do not ask Azure for anything else. */
#define SIGNING_AZURE_ROWS                                                                                   \
    {"--cloud", "CLOUD", "of a key in Key Vault, as collect takes it (default AzureCloud)"},                 \
        {"--credential", "NAME", "who signs in for that key, as collect takes it"},                          \
    {                                                                                                        \
        "--ca-file", "PEM", "trust these authorities too for that, beside the system's"                      \
    }

/* Who signs, and how. */
struct signing {
    struct signer *signer;  /* NULL: nobody */
    const char *tsa;        /* NULL: no stamp */
    struct signers_way way; /* what the engagement file said */
};

/* Obeys --fips, before anything is computed. */
int signing_fips(const struct cmd_args *args, int *code, struct err *e);
/* --fips, and the signer that the options name, or, where they name none, the one with this role in the file
 * of --engagement (role NULL: nobody). -1: *code says what to exit with. */
int signing_open(const struct cmd_args *args, const char *role, struct signing *out, int *code,
                 struct err *e);
void signing_close(struct signing *s);

#endif
