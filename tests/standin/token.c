/* Access tokens. See token.h. */
#include "token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "azure/har.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lib/json.h"

void tokens_open(struct tokens *t)
{
    *t = (struct tokens){0};
    if (RAND_bytes(t->key, sizeof t->key) != 1)
        abort(); /* OpenSSL without randomness: nothing here can work */
}

static void token_free(struct token *one)
{
    free(one->text);
    free(one->audience);
    free(one);
}

void tokens_close(struct tokens *t)
{
    for (size_t i = 0; i < t->count; i++)
        token_free(t->rows[i]);
    free(t->rows);
}

static void token_part(struct buf *out, struct json_out *o)
{
    json_end(o, NULL);
    base64url_put(out, o->buf.data, o->buf.len);
    buf_free(&o->buf);
}

static void token_write(struct tokens *t, const struct token_wish *w, int64_t now, struct buf *out)
{
    struct json_out head = {.compact = 1}, claims = {.compact = 1};
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_n = 0;
    char uti[32];

    json_begin(&head);
    json_object(&head, NULL);
    json_put_text(&head, "typ", "JWT");
    json_put_text(&head, "alg", "HS256");
    json_put_text(&head, "kid", "standin");
    json_object_end(&head);
    token_part(out, &head);
    buf_char(out, '.');
    snprintf(uti, sizeof uti, "uti-%llu", (unsigned long long)++t->given);
    json_begin(&claims);
    json_object(&claims, NULL);
    json_put_text(&claims, "aud", w->audience);
    json_put_text(&claims, "iss", w->issuer);
    json_put_int(&claims, "iat", now);
    json_put_int(&claims, "nbf", now);
    json_put_int(&claims, "exp", now + w->seconds);
    json_put_text(&claims, "appid", w->client);
    json_put_text(&claims, "appidacr", "1");
    json_put_text(&claims, "idtyp", "app");
    json_put_text(&claims, "oid", w->oid);
    json_put_text(&claims, "sub", w->oid);
    json_put_text(&claims, "tid", w->tenant);
    json_put_text(&claims, "uti", uti);
    json_put_text(&claims, "ver", "1.0");
    json_object_end(&claims);
    token_part(out, &claims);
    HMAC(EVP_sha256(), t->key, sizeof t->key, (const unsigned char *)out->data, out->len, mac, &mac_n);
    buf_char(out, '.');
    base64url_put(out, mac, mac_n);
}

struct token *tokens_give(struct tokens *t, const struct token_wish *w)
{
    struct token *one = mem_zero(1, sizeof *one);
    struct buf text = {0};
    int64_t now = clock_now();

    token_write(t, w, now, &text);
    one->hash = har_hash(text.data, text.len);
    one->text = buf_take(&text);
    one->audience = mem_copy(w->audience);
    one->expires = now + w->seconds;
    one->claims = w->claims;
    t->rows = mem_grow(t->rows, t->count + 1, sizeof(*t->rows));
    t->rows[t->count++] = one;
    return one;
}

struct token *tokens_find(const struct tokens *t, const char *text)
{
    uint64_t hash = har_hash(text, strlen(text));

    for (size_t i = t->count; i-- > 0;) {
        if (t->rows[i]->hash == hash && strcmp(t->rows[i]->text, text) == 0)
            return t->rows[i];
    }
    return NULL;
}
