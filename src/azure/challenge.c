/* See challenge.h. */
#include "azure/challenge.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "lib/json.h"

#define CHALLENGE_CLAIMS_MAX 8192 /* characters, before decoding */

struct challenge_part {
    const char *at;
    size_t n;
};

static size_t challenge_token(const char *p)
{
    /* tchar of RFC 9110 section 5.6.2 */
    return strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~");
}

static int challenge_is(struct challenge_part p, const char *word)
{
    return p.n == strlen(word) && strncasecmp(p.at, word, p.n) == 0;
}

/* Takes name=value or name="value" at p. The value's quotes are left out; \x inside stays as it is. NULL: p
 * is no parameter. */
static const char *challenge_parameter(const char *p, struct challenge_part *name,
                                       struct challenge_part *value)
{
    *name = (struct challenge_part){p, challenge_token(p)};
    p += name->n;
    p += strspn(p, " \t");
    if (!name->n || *p != '=')
        return NULL;
    p++;
    p += strspn(p, " \t");
    if (*p == '"') {
        const char *from = ++p;

        while (*p && *p != '"')
            p += *p == '\\' && p[1] ? 2 : 1;
        *value = (struct challenge_part){from, (size_t)(p - from)};
        return *p ? p + 1 : p;
    }
    *value = (struct challenge_part){p, strcspn(p, ", \t")};
    return p + value->n;
}

int challenge_find(const char *header, const char *scheme, const char *name, char *out, size_t size)
{
    struct challenge_part now = {"", 0};

    for (const char *p = header ? header : ""; *p;) {
        struct challenge_part key = {0}, value = {0};
        const char *next = NULL;
        size_t n = 0;

        p += strspn(p, ", \t");
        next = challenge_parameter(p, &key, &value);
        if (next) {
            if (challenge_is(now, scheme) && challenge_is(key, name) && value.n < size) {
                memcpy(out, value.at, value.n);
                out[value.n] = '\0';
                return 1;
            }
            p = next;
            continue;
        }
        n = challenge_token(p);
        if (n)
            now = (struct challenge_part){p, n};
        p += n ? n : *p != '\0';
    }
    return 0;
}

int challenge_claims(const char *header, struct buf *out)
{
    char error[64], text[CHALLENGE_CLAIMS_MAX];

    if (!challenge_find(header, "Bearer", "error", error, sizeof error) ||
        strcmp(error, "insufficient_claims") != 0 ||
        !challenge_find(header, "Bearer", "claims", text, sizeof text))
        return 0;
    if (base64_read(out, text, strlen(text)) == 0 && json_scan(buf_str(out), out->len, NULL, NULL, NULL) == 0)
        return 1;
    buf_clear(out);
    return 0;
}
