/* See base64.h. */
#include "base/base64.h"

#include <stdint.h>

static void base64_encode(struct buf *out, const void *bytes, size_t n, const char *alphabet, int pad)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v =
            (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);

        buf_char(out, alphabet[v >> 18]);
        buf_char(out, alphabet[v >> 12 & 63]);
        if (left > 1 || pad)
            buf_char(out, left > 1 ? alphabet[v >> 6 & 63] : '=');
        if (left > 2 || pad)
            buf_char(out, left > 2 ? alphabet[v & 63] : '=');
    }
}

void base64_put(struct buf *out, const void *bytes, size_t n)
{
    base64_encode(out, bytes, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 1);
}

void base64url_put(struct buf *out, const void *bytes, size_t n)
{
    base64_encode(out, bytes, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 0);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

int base64_read(struct buf *out, const char *text, size_t n)
{
    unsigned bits = 0;
    int have = 0, pad = 0;

    for (size_t i = 0; i < n; i++) {
        int v = base64_digit(text[i]);

        if (text[i] == '\r' || text[i] == '\n' || text[i] == ' ' || text[i] == '\t')
            continue;
        if (text[i] == '=') {
            pad++;
            continue;
        }
        if (v < 0 || pad)
            return -1;
        bits = (bits << 6 | (unsigned)v) & 0xffffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_char(out, (char)(bits >> have & 0xff));
        }
    }
    return pad > 2 || have == 6 ? -1 : 0;
}
