/* OpenSSL's FIPS provider. See fips.h; fips_module(7) says how it is installed. */
#include "lib/fips.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <string.h>

int fips_use(struct err *e)
{
    OSSL_PROVIDER *fips = OSSL_PROVIDER_load(NULL, "fips"), *base = NULL;
    EVP_MD *md = NULL;
    int good = 0;

    /* base: reads and writes keys and certificates, and computes nothing */
    if (fips && (base = OSSL_PROVIDER_load(NULL, "base")) && EVP_default_properties_enable_fips(NULL, 1) == 1)
        md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    good = md && strcmp(OSSL_PROVIDER_get0_name(EVP_MD_get0_provider(md)), "fips") == 0;
    EVP_MD_free(md);
    ERR_clear_error();
    if (good)
        return 0; /* both stay for as long as the program runs */
    OSSL_PROVIDER_unload(base);
    OSSL_PROVIDER_unload(fips);
    return err_set(e, "--fips: OpenSSL has no working FIPS provider here, and nothing was done without it: "
                      "fips_module(7) says how to install it");
}
