/* UTF-8. See utf8.h. */
#include "base/utf8.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

uint32_t utf8_next(const char **p, const char *end)
{
    const unsigned char *s = (const unsigned char *)*p;
    size_t left = (size_t)(end - *p), n = 0;
    uint32_t c = 0, least = 0;

    if (!left)
        return 0;
    if (s[0] < 0x80) {
        (*p)++;
        return s[0];
    }
    if (s[0] >= 0xc2 && s[0] <= 0xdf) {
        n = 2, c = s[0] & 0x1fu, least = 0x80;
    } else if ((s[0] & 0xf0) == 0xe0) {
        n = 3, c = s[0] & 0x0fu, least = 0x800;
    } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        n = 4, c = s[0] & 0x07u, least = 0x10000;
    }
    if (!n || n > left)
        goto bad;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            goto bad;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        goto bad;
    *p += n;
    return c;
bad:
    (*p)++;
    return 0xfffd;
}

int utf8_valid(const char *bytes, size_t n)
{
    const char *p = bytes, *end = bytes + n;

    while (p < end) {
        const char *before = p;

        if ((unsigned char)*p < 0x80) {
            p++;
            continue;
        }
        if (utf8_next(&p, end) == 0xfffd && !(p - before == 3 && memcmp(before, "\xef\xbf\xbd", 3) == 0))
            return 0;
    }
    return 1;
}

void utf8_put(struct buf *b, uint32_t c)
{
    char out[4];
    size_t n = 0;

    if (c < 0x80) {
        out[n++] = (char)c;
    } else if (c < 0x800) {
        out[n++] = (char)(0xc0 | c >> 6);
        out[n++] = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out[n++] = (char)(0xe0 | c >> 12);
        out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (c & 0x3f));
    } else {
        out[n++] = (char)(0xf0 | c >> 18);
        out[n++] = (char)(0x80 | (c >> 12 & 0x3f));
        out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (c & 0x3f));
    }
    buf_add(b, out, n);
}

/* glibc's character tables, whatever locale the caller's environment names. */
static locale_t utf8_locale(void)
{
    static locale_t locale;

    if (!locale)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return locale;
}

static uint32_t utf8_fold_one(uint32_t c)
{
    locale_t locale = utf8_locale();

    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    /* U+0130 and U+1E9E have only full or Turkic foldings in CaseFolding.txt; simple folding keeps the first
     * and maps the second to U+00DF. Up, then down, joins the letters with two lower-case forms (final sigma,
     * long s). */
    if (!locale || c == 0x130)
        return c;
    return (uint32_t)towlower_l(towupper_l((wint_t)c, locale), locale);
}

void utf8_fold(struct buf *b, const char *text, size_t n)
{
    const char *p = text, *end = text + n;

    if (n && text[n - 1] == '/')
        end--;
    while (p < end) {
        char ascii[256]; /* nearly all of nearly every id */
        size_t run = 0;

        while (p < end && run < sizeof ascii && !(*p & 0x80)) {
            ascii[run++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
            p++;
        }
        buf_add(b, ascii, run);
        if (p < end && *p & 0x80)
            utf8_put(b, utf8_fold_one(utf8_next(&p, end)));
    }
}

size_t utf8_columns(const char *text)
{
    const char *p = text, *end = text + strlen(text);
    size_t columns = 0;

    while (p < end) {
        uint32_t c = utf8_next(&p, end);

        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f))
            continue;
        /* wide: East Asian wide ranges and emoji (Unicode TR 11, by block) */
        columns += (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
                           (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                           (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                           (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
                           (c >= 0x20000 && c <= 0x3fffd)
                       ? 2
                       : 1;
    }
    return columns;
}

static int utf8_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xfffe ||
           c == 0xffff || (c >= 0xfff9 && c <= 0xfffb);
}

void utf8_visible(struct buf *b, const char *text, size_t n)
{
    const char *p = text, *end = text + n;

    while (p < end) {
        const char *run = p;
        uint32_t c = 0;

        while (p < end && *p >= 0x20 && *p < 0x7f)
            p++;
        buf_add(b, run, (size_t)(p - run));
        if (p == end)
            break;
        c = utf8_next(&p, end);
        if (c == '\t' || c == '\n' || c == '\r')
            buf_char(b, ' ');
        else if (utf8_hidden(c))
            buf_print(b, "<U+%04X>", c);
        else
            utf8_put(b, c);
    }
}
