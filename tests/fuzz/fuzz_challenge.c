/* WWW-Authenticate. What is found fits its place and stands in the header. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "azure/challenge.h"
#include "lib/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"realm", "error", "claims", "authorization", "resource"};
    char *text = malloc(size + 1), out[32];
    struct buf claims = {0};

    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int basic = 0; basic < 2; basic++) {
            if (challenge_find(text, basic ? "Basic" : "Bearer", names[i], out, sizeof out) &&
                !strstr(text, out))
                abort();
        }
    }
    if (challenge_claims(text, &claims) && json_scan(buf_str(&claims), claims.len, NULL, NULL, NULL) != 0)
        abort();
    buf_free(&claims);
    free(text);
    return 0;
}
