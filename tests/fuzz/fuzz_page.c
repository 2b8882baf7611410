/* Pages and error bodies: the first byte says what is expected. What is called usable passes the strict
 * reader, and what holds a token is found whatever stands around it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "azure/answer.h"
#include "lib/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum resource_shape shapes[] = {RESOURCE_LIST, RESOURCE_TEXT_LIST, RESOURCE_ONE};
    static const int statuses[] = {200, 400, 404, 429};
    static const char token[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJlLXg ";
    struct answer a = {0};
    char *body = NULL;
    size_t n = size ? size - 1 : 0;

    if (!size)
        return 0;
    body = malloc(n + sizeof token);
    if (!body)
        abort();
    memcpy(body, data + 1, n);
    body[n] = '\0';
    answer_read(&a, body, n, statuses[data[0] / 3 % 4], shapes[data[0] % 3]);
    if (a.usable != (json_scan(body, n, NULL, NULL, NULL) == 0) || (a.wrong && !*a.reason.text) ||
        (!a.usable && (a.next || a.items)))
        abort();
    answer_free(&a);
    memmove(body + sizeof token - 1, body, n);
    memcpy(body, token, sizeof token - 1);
    answer_read(&a, body, n + sizeof token - 1, 200, RESOURCE_LIST);
    if (!a.secret)
        abort();
    answer_free(&a);
    free(body);
    return 0;
}
