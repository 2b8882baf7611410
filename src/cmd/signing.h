/* The options of commands that sign: --sign-key, --sign-cert, --sign-pass-file, --tsa. */
#ifndef KC_CMD_SIGNING_H
#define KC_CMD_SIGNING_H

#include "cmd/cmd.h"
#include "lib/sign.h"

#define SIGNING_ROWS(what)                                                                                   \
    {"--sign-key", "FILE", what " with this private key: PEM, PKCS#12, or pkcs11:URI in a token"},           \
        {"--fips", NULL, "compute with OpenSSL's FIPS provider alone; refused where there is none"},         \
        {"--sign-cert", "PEM", "its certificate, with the chain behind it (PKCS#12 holds its own)"},         \
    {                                                                                                        \
        "--sign-pass-file", "FILE",                                                                          \
            "the key's pass phrase is the first line of this file (else KEYCUSTODY_SIGN_PASS, else a "       \
            "prompt)"                                                                                        \
    }

/* Obeys --fips, before anything is computed. */
int signing_fips(const struct cmd_args *args, int *code, struct err *e);
/* --fips, and the signer that the options name, NULL where they name none. -1: *code says what to exit with.
 */
int signing_open(const struct cmd_args *args, struct signer **out, int *code, struct err *e);

#endif
