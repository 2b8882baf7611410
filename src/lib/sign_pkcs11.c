/* Keys in a token (PKCS#11: a smart card, an HSM, SoftHSM), named by a URI (RFC 7512), through OpenSSL's
 * engine "pkcs11" of libp11. Its own file because engines are the one deprecated part of OpenSSL that we
 * need: Debian 12 has no provider for tokens. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/sign_key.h"

/* The engine's answer to "load the certificate of this URI" (libp11, eng_back.c: CMD_LOAD_CERT_CTRL). */
struct signer_token_cert {
    const char *uri;
    X509 *cert;
};

static ENGINE *signer_engine(const char *uri, struct err *e)
{
    const char *module = getenv("PKCS11_MODULE_PATH"); /* libp11 and p11tool read the same variable */
    ENGINE *engine = NULL;

    ENGINE_load_builtin_engines();
    engine = ENGINE_by_id("pkcs11");
    if (!engine) {
        ERR_clear_error();
        err_set(e, "%s: OpenSSL has no engine for tokens here: install libengine-pkcs11-openssl", uri);
        return NULL;
    }
    if ((module && ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", module, 0) != 1) ||
        ENGINE_init(engine) != 1) {
        sign_fail(e, uri, "the token's library cannot be loaded (PKCS11_MODULE_PATH names it)");
        ENGINE_free(engine);
        return NULL;
    }
    return engine;
}

int signer_read_token(struct signer *s, const char *uri, signer_pass *pass, void *ctx, struct err *e)
{
    struct signer_token_cert found = {.uri = uri};
    char pin[SIGNER_PASS] = "";
    ENGINE *engine = NULL;
    int rc = -1;

    if (strstr(uri, "pin-value="))
        return err_set(e,
                       "pkcs11: a PIN in the command line can be read by others on this machine: leave out "
                       "pin-value and use --sign-pass-file");
    engine = signer_engine(uri, e);
    if (!engine)
        return -1;
    s->token = engine;
    if (pass && pass(ctx, uri, pin, sizeof pin) == 0 && ENGINE_ctrl_cmd_string(engine, "PIN", pin, 0) != 1) {
        sign_fail(e, uri, "its PIN is not taken");
        goto out;
    }
    s->key = ENGINE_load_private_key(engine, uri, NULL, NULL);
    if (!s->key) {
        sign_fail(e, uri, "the token gives no private key: is it there, and the PIN right?");
        goto out;
    }
    if (ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &found, NULL, 0) == 1)
        s->cert = found.cert;
    ERR_clear_error(); /* no certificate there is no fault: --sign-cert gives it */
    rc = 0;
out:
    OPENSSL_cleanse(pin, sizeof pin);
    return rc;
}

void signer_close_token(struct signer *s)
{
    if (!s->token)
        return;
    ENGINE_finish(s->token);
    ENGINE_free(s->token);
    s->token = NULL;
}
