/* URLs of Azure Resource Manager. See url.h. */
#include "azure/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"

static int url_is_segment_char(unsigned char c)
{
    /* pchar of RFC 3986 without '%' */
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~!$&'()*+,;=:@", c));
}

static int url_segment_is(const char *at, size_t n, const char *word)
{
    return n == strlen(word) && strncasecmp(at, word, n) == 0;
}

int url_build(struct buf *out, const char *endpoint, const char *id, const char *version, struct err *e)
{
    const char *before = NULL, *p = id; /* before: the segment two places back */
    size_t before_n = 0, last_n = 0;
    const char *last = NULL;

    if (*p != '/')
        return err_set(e, "\"%.200s\": not a resource id: it does not begin with a slash", id);
    buf_text(out, endpoint);
    while (*p) {
        const char *seg = p + 1;
        size_t n = strcspn(seg, "/");

        if (!n && seg[n] == '\0')
            break; /* one trailing slash is fine */
        if (!n || url_segment_is(seg, n, ".") || url_segment_is(seg, n, ".."))
            return err_set(
                e, "\"%.200s\": a segment of the id is empty or a dot segment: the request is not sent", id);
        if (url_segment_is(seg, n, "secrets") && before && url_segment_is(before, before_n, "vaults"))
            return err_set(e, "\"%.200s\": secrets are never read", id);
        buf_char(out, '/');
        for (size_t i = 0; i < n; i++) {
            unsigned char c = (unsigned char)seg[i];

            if (url_is_segment_char(c))
                buf_char(out, (char)c);
            else
                buf_print(out, "%%%02X", c);
        }
        before = last;
        before_n = last_n;
        last = seg;
        last_n = n;
        p = seg + n;
    }
    buf_print(out, "?api-version=%s", version);
    return 0;
}

static int url_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes percent-encoding, but for an encoded slash: "a%2Fb" is one segment. */
static void url_decode(struct buf *out, const char *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (at[i] == '%' && i + 2 < n && url_hex(at[i + 1]) >= 0 && url_hex(at[i + 2]) >= 0) {
            int c = url_hex(at[i + 1]) * 16 + url_hex(at[i + 2]);

            if (c == '/' || c == '%' || c == 0)
                buf_print(out, "%%%02X", c);
            else
                buf_char(out, (char)c);
            i += 2;
        } else {
            buf_char(out, at[i]);
        }
    }
}

struct url_parts {
    const char *scheme, *host, *port, *path, *query;
    size_t scheme_n, host_n, port_n, path_n, query_n;
};

static int url_split(struct url_parts *u, const char *url, size_t n)
{
    const char *end = url + n, *at = NULL, *rest = NULL, *hash = memchr(url, '#', n);

    *u = (struct url_parts){0};
    if (hash)
        end = hash;
    u->scheme = url;
    if (n > 8 && strncasecmp(url, "https://", 8) == 0)
        u->scheme_n = 5;
    else if (n > 7 && strncasecmp(url, "http://", 7) == 0)
        u->scheme_n = 4;
    else
        return -1;
    at = url + u->scheme_n + 3;
    for (rest = at; rest < end && *rest != '/' && *rest != '?'; rest++) {
        /* a user before the host, or what browsers read as a slash */
        if (*rest == '@' || *rest == '\\' || (unsigned char)*rest <= ' ')
            return -1;
    }
    u->host = at;
    u->host_n = (size_t)(rest - at);
    if (u->host_n && *at == '[') { /* IPv6 */
        const char *close = memchr(at, ']', u->host_n);

        if (!close)
            return -1;
        u->host_n = (size_t)(close + 1 - at);
    } else {
        const char *colon = memchr(at, ':', u->host_n);

        if (colon)
            u->host_n = (size_t)(colon - at);
    }
    if (!u->host_n)
        return -1;
    u->port = at + u->host_n;
    u->port_n = (size_t)(rest - u->port);
    if (u->port_n) {
        if (*u->port != ':')
            return -1;
        u->port++;
        u->port_n--;
        while (u->port_n > 1 && *u->port == '0') { /* ":0443" is 443 */
            u->port++;
            u->port_n--;
        }
        for (size_t i = 0; i < u->port_n; i++) {
            if (u->port[i] < '0' || u->port[i] > '9')
                return -1;
        }
        if ((u->scheme_n == 5 && u->port_n == 3 && memcmp(u->port, "443", 3) == 0) ||
            (u->scheme_n == 4 && u->port_n == 2 && memcmp(u->port, "80", 2) == 0))
            u->port_n = 0;
    }
    u->path = rest;
    while (rest < end && *rest != '?')
        rest++;
    u->path_n = (size_t)(rest - u->path);
    if (rest < end) {
        u->query = rest + 1;
        u->query_n = (size_t)(end - rest - 1);
    }
    return 0;
}

static void url_put_origin(struct buf *out, const struct url_parts *u)
{
    buf_text(out, u->scheme_n == 5 ? "https://" : "http://");
    for (size_t i = 0; i < u->host_n; i++) {
        char c = u->host[i];

        buf_char(out, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
    }
    if (u->port_n) {
        buf_char(out, ':');
        buf_add(out, u->port, u->port_n);
    }
}

int url_origin(struct buf *out, const char *url, size_t n)
{
    struct url_parts u;

    if (url_split(&u, url, n) != 0)
        return -1;
    url_put_origin(out, &u);
    return 0;
}

static int url_text_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The parameters, sorted, names in lower case (ARM and Key Vault read them so), api-version taken out. */
static void url_put_query(struct buf *out, const struct url_parts *u, char version[URL_VERSION])
{
    const char *p = u->query, *end = p ? p + u->query_n : NULL;
    char **list = NULL;
    size_t count = 0;

    while (p && p < end) {
        const char *stop = memchr(p, '&', (size_t)(end - p)), *eq = NULL;
        struct buf one = {0};
        size_t name_n = 0;

        if (!stop)
            stop = end;
        eq = memchr(p, '=', (size_t)(stop - p));
        url_decode(&one, p, (size_t)((eq ? eq : stop) - p));
        name_n = one.len;
        for (size_t i = 0; i < name_n; i++)
            one.data[i] = (char)(one.data[i] >= 'A' && one.data[i] <= 'Z' ? one.data[i] | 0x20 : one.data[i]);
        buf_char(&one, '=');
        if (eq)
            url_decode(&one, eq + 1, (size_t)(stop - eq - 1));
        if (name_n == 11 && memcmp(one.data, "api-version", 11) == 0) {
            if (one.len - 12 < URL_VERSION) {
                memcpy(version, one.data + 12, one.len - 12);
                version[one.len - 12] = '\0';
            }
            buf_free(&one);
        } else if (one.len == 1) {
            buf_free(&one);
        } else {
            list = mem_grow(list, count + 1, sizeof *list);
            list[count++] = buf_take(&one);
        }
        p = stop + 1;
    }
    if (count)
        qsort(list, count, sizeof *list, url_text_order);
    for (size_t i = 0; i < count; i++) {
        buf_char(out, i ? '&' : '?');
        buf_text(out, list[i]);
        free(list[i]);
    }
    free(list);
}

int url_canonical(struct buf *out, const char *method, const char *url, size_t n, char version[URL_VERSION])
{
    struct url_parts u;
    struct buf path = {0};

    *version = '\0';
    if (url_split(&u, url, n) != 0)
        return -1;
    for (const char *m = method; *m; m++)
        buf_char(out, *m >= 'a' && *m <= 'z' ? (char)(*m & ~0x20) : *m);
    buf_char(out, ' ');
    url_put_origin(out, &u);
    url_decode(&path, u.path, u.path_n);
    utf8_fold(out, buf_str(&path), path.len);
    buf_free(&path);
    url_put_query(out, &u, version);
    return 0;
}

void url_clean(struct buf *out, const char *url, size_t n)
{
    static const char *const secret[] = {"sig",           "token",    "access_token", "code",
                                         "client_secret", "password", "se_sig"};
    const char *end = url + n, *p = memchr(url, '?', n);

    if (!p) {
        buf_add(out, url, n);
        return;
    }
    buf_add(out, url, (size_t)(p + 1 - url));
    for (p++; p < end;) {
        const char *stop = p, *eq = NULL;
        int hide = 0;

        while (stop < end && *stop != '&' && *stop != ';')
            stop++;
        eq = memchr(p, '=', (size_t)(stop - p));
        for (size_t i = 0; eq && i < sizeof secret / sizeof *secret; i++)
            hide |= url_segment_is(p, (size_t)(eq - p), secret[i]);
        if (hide) {
            buf_add(out, p, (size_t)(eq + 1 - p));
            buf_text(out, "<secret>");
        } else {
            buf_add(out, p, (size_t)(stop - p));
        }
        if (stop < end)
            buf_char(out, *stop++);
        p = stop;
    }
}
