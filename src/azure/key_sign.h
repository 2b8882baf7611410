/* Signing with a key that stays in Azure Key Vault or in a managed HSM: digests go there, signatures come
 * back. Facts: Key Vault REST API 7.5, "Sign" and "Get Certificate". */
#ifndef KC_AZURE_KEY_SIGN_H
#define KC_AZURE_KEY_SIGN_H

#include "azure/live.h"
#include "base/err.h"
#include "lib/sign.h"

/* Is this --sign-key one for us? */
int key_sign_is(const char *key);

/* key: https://VAULT/keys/NAME[/VERSION], with the certificate in the PEM file; or
 * https://VAULT/certificates/NAME[/VERSION], whose certificate is asked of the vault (the file, which may be
 * NULL, then adds the chain). The secret behind a certificate, which may hold the private key, is never asked
 * for. Signs in, and signs one digest of nothing, so that a missing permission shows now. Needs of the
 * identity: keys/sign (role Key Vault Crypto User), and certificates/get for the second form. */
int key_sign_open(struct signer **out, const char *key, const char *cert_pem, const struct live_options *live,
                  struct err *e);

#endif
