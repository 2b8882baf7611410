/* What must not enter evidence. See secret.h. */
#include "azure/secret.h"

#include <string.h>
#include <strings.h>

static int secret_is_base64url(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static size_t secret_run(const char *p, const char *end)
{
    const char *from = p;

    while (p < end && secret_is_base64url(*p))
        p++;
    return (size_t)(p - from);
}

/* Three parts of base64url between dots; the first two are JSON objects, so they begin with "eyJ" ({"). */
static int secret_jwt_at(const char *p, const char *end)
{
    size_t n = secret_run(p, end);

    if (n < 10 || end - p < (ptrdiff_t)n + 4 || p[n] != '.' || strncmp(p + n + 1, "eyJ", 3) != 0)
        return 0;
    p += n + 1;
    n = secret_run(p, end);
    return n >= 10 && p + n < end && p[n] == '.' && secret_run(p + n + 1, end) >= 10;
}

/* sig= as a parameter: behind ? & or ; (also as &amp; or \u0026), with a value. */
static int secret_sas_at(const char *start, const char *p, const char *end)
{
    const char *v = p + 4;
    int before = p == start || strchr("?&;\"", p[-1]) != NULL ||
                 (p - start >= 4 && memcmp(p - 4, "0026", 4) == 0) ||
                 (p - start >= 3 && (strncasecmp(p - 3, "%26", 3) == 0 || strncasecmp(p - 3, "%3f", 3) == 0));

    while (v < end && (secret_is_base64url(*v) || strchr("%+/=", *v)) && *v)
        v++;
    return before && v - (p + 4) >= 10;
}

const char *secret_find(const char *bytes, size_t n)
{
    const char *end = bytes + n, *p = bytes;

    while ((p = memmem(p, (size_t)(end - p), "eyJ", 3))) {
        if ((p == bytes || !secret_is_base64url(p[-1])) && secret_jwt_at(p, end))
            return "a JSON Web Token";
        p += 3;
    }
    for (p = bytes; (p = memchr(p, '=', (size_t)(end - p))); p++) {
        if (p - bytes >= 3 && strncasecmp(p - 3, "sig", 3) == 0 && secret_sas_at(bytes, p - 3, end))
            return "the signature of a shared access signature";
    }
    for (p = bytes; (p = memmem(p, (size_t)(end - p), "PRIVATE KEY-----", 16)); p += 16) {
        const char *from = p - bytes > 40 ? p - 40 : bytes;

        if (memmem(from, (size_t)(p - from), "-----BEGIN ", 11))
            return "a private key";
    }
    return NULL;
}

int secret_is_password(const char *name, size_t name_n, const char *value, size_t value_n)
{
    static const char *const ends[] = {"password", "passwd", "pwd"};

    if (!value_n || (value[0] == '[' && value[value_n - 1] == ']'))
        return 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t m = strlen(ends[i]);

        if (name_n >= m && strncasecmp(name + name_n - m, ends[i], m) == 0)
            return 1;
    }
    return 0;
}

const char *secret_header(const char *value)
{
    return value && !secret_find(value, strlen(value)) ? value : NULL;
}
