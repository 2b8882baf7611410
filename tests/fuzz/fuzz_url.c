/* nextLinks and other URLs. The one that matters: where we read our endpoint or one of our vaults, curl,
 * which will send the token, must read the same host. And ids become URLs that stay at the endpoint. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "azure/cloud.h"
#include "azure/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_host(const struct cloud *c, const char *url)
{
    const char *audience = cloud_audience(c, url);
    CURLU *u = NULL;
    char *host = NULL, *scheme = NULL, *user = NULL;
    size_t n = 0;

    for (const char *p = url; *p; p++) {
        if ((unsigned char)*p <= ' ' || *p == 0x7f) /* refused before it is asked for */
            return;
    }
    if (!audience)
        return;
    u = curl_url();
    if (u && curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK) {
        n = strlen(host);
        if (strcasecmp(scheme, "https") != 0 || curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK ||
            (strcasecmp(host, "management.azure.com") != 0 &&
             !(n > 16 && strcasecmp(host + n - 16, ".vault.azure.net") == 0) &&
             !(n > 21 && strcasecmp(host + n - 21, ".managedhsm.azure.net") == 0)))
            abort();
    }
    curl_free(host);
    curl_free(scheme);
    curl_free(user);
    curl_url_cleanup(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cloud cloud;
    struct buf origin = {0}, canonical = {0}, clean = {0}, built = {0}, again = {0};
    char version[URL_VERSION], *text = malloc(size + 1);

    if (!text || (!cloud.arm && cloud_open(&cloud, "AzureCloud", NULL, NULL) != 0))
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    same_host(&cloud, text);
    if (url_origin(&origin, text, strlen(text)) == 0 && url_origin(&again, buf_str(&origin), origin.len) != 0)
        abort(); /* an origin is its own origin */
    url_canonical(&canonical, "GET", text, strlen(text), version);
    url_clean(&clean, text, strlen(text));
    if (url_build(&built, cloud.arm, text, "1", NULL) == 0) {
        buf_clear(&again);
        if (url_origin(&again, buf_str(&built), built.len) != 0 || strcmp(buf_str(&again), cloud.arm) != 0)
            abort();
        same_host(&cloud, buf_str(&built));
    }
    buf_free(&origin);
    buf_free(&canonical);
    buf_free(&clean);
    buf_free(&built);
    buf_free(&again);
    free(text);
    return 0;
}
