/* The command line. See options.h. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/json.h"

#define OPTIONS_FILE_MAX (1 << 20)

struct options_row {
    const char *name, *what;
    size_t at; /* of the member */
    enum { OPTIONS_TEXT, OPTIONS_NUMBER, OPTIONS_FLAG } kind;
};

#define OPTIONS_ROW(name, member, kind, what)                                                                \
    {                                                                                                        \
        name, what, offsetof(struct options, member), kind                                                   \
    }

static const struct options_row options_rows[] = {
    OPTIONS_ROW("recording", recording, OPTIONS_TEXT, "HAR 1.2 file that is served"),
    OPTIONS_ROW("cert", cert, OPTIONS_TEXT, "certificate chain, PEM"),
    OPTIONS_ROW("key", key, OPTIONS_TEXT, "its private key, PEM"),
    OPTIONS_ROW("log", log, OPTIONS_TEXT, "a line of JSON for every request"),
    OPTIONS_ROW("token-list", token_list, OPTIONS_TEXT, "every token that is given, a line each"),
    OPTIONS_ROW("listen", listen, OPTIONS_TEXT, "address, in 127.0.0.0/8"),
    OPTIONS_ROW("name", name, OPTIONS_TEXT, "host name in our addresses"),
    OPTIONS_ROW("tenant", tenant, OPTIONS_TEXT, "GUID of the tenant"),
    OPTIONS_ROW("client", client, OPTIONS_TEXT, "GUID of the only client"),
    OPTIONS_ROW("secret", secret, OPTIONS_TEXT, "its secret"),
    OPTIONS_ROW("oid", oid, OPTIONS_TEXT, "its object id"),
    OPTIONS_ROW("client-cert", client_cert, OPTIONS_TEXT, "its certificate, PEM"),
    OPTIONS_ROW("federated", federated, OPTIONS_TEXT, "file with a token of another issuer that is as good"),
    OPTIONS_ROW("identity-header", identity_header, OPTIONS_TEXT, "secret of the App Service endpoint"),
    OPTIONS_ROW("arc-key", arc_key, OPTIONS_TEXT, "file that Azure Arc's challenge names"),
    OPTIONS_ROW("vaults", vaults, OPTIONS_TEXT, "vaults are served as NAME.<this>"),
    OPTIONS_ROW("vault-keys", vault_keys, OPTIONS_TEXT, "folder of keys that sign: NAME.key, NAME.crt"),
    OPTIONS_ROW("token-seconds", token_seconds, OPTIONS_NUMBER, "life of a token"),
    OPTIONS_ROW("refresh-seconds", refresh_seconds, OPTIONS_NUMBER, "refresh_in of a token"),
    OPTIONS_ROW("latency", latency, OPTIONS_NUMBER, "ms before every answer"),
    OPTIONS_ROW("streams", streams, OPTIONS_NUMBER, "HTTP/2 streams at once on a connection"),
    OPTIONS_ROW("page", page, OPTIONS_NUMBER, "items a page, of lists that are made of others"),
    OPTIONS_ROW("http1", http1, OPTIONS_FLAG, "no HTTP/2"),
    OPTIONS_ROW("thief", thief, OPTIONS_FLAG, "a listener that no token may reach"),
    OPTIONS_ROW("plain", plain, OPTIONS_FLAG, "the identity endpoints on http"),
    OPTIONS_ROW("open", open, OPTIONS_FLAG, "no token is asked for"),
};

#define OPTIONS_COUNT (sizeof options_rows / sizeof *options_rows)

void options_usage(void)
{
    printf("usage: standin --recording FILE.har --cert PEM --key PEM [options]\n"
           "       standin ... --rule NAME[,key=value]... --config FILE.json\n");
    for (size_t i = 0; i < OPTIONS_COUNT; i++)
        printf("  --%-18s %s\n", options_rows[i].name, options_rows[i].what);
    printf("  --%-18s %s\n  --%-18s %s\n  --%-18s %s\n", "port",
           "of the TLS listener (any free one); --thief-port: the same for the thief", "seed",
           "of the rules' probabilities", "rule",
           "a fault or limit; rule.h lists names and keys. --config: a JSON object with these options as "
           "members and "
           "\"rules\": [{\"rule\": NAME, key: value}]");
}

static const char *options_keep(struct options *o, char *text)
{
    o->owned = mem_grow(o->owned, o->owned_count + 1, sizeof *o->owned);
    o->owned[o->owned_count++] = text;
    return text;
}

static int options_set(struct options *o, const char *name, const char *value, struct err *e)
{
    char *end = NULL;

    if (strcmp(name, "port") == 0 || strcmp(name, "thief-port") == 0) {
        *(*name == 'p' ? &o->port : &o->thief_port) = (int)strtol(value, NULL, 10);
        return 0;
    }
    if (strcmp(name, "seed") == 0) {
        o->seed = strtoull(value, NULL, 10);
        return 0;
    }
    for (size_t i = 0; i < OPTIONS_COUNT; i++) {
        const struct options_row *row = &options_rows[i];
        char *at = (char *)o + row->at;

        if (strcmp(row->name, name) != 0)
            continue;
        if (row->kind == OPTIONS_TEXT)
            *(const char **)(void *)at = value;
        else if (row->kind == OPTIONS_FLAG)
            *(int *)(void *)at = 1;
        else
            *(int64_t *)(void *)at = strtoll(value, &end, 10);
        return end && *end ? err_set(e, "--%s: \"%s\" is no number", name, value) : 0;
    }
    return err_set(e, "--%s: no such option", name);
}

static struct rule_row *options_rule(struct options *o)
{
    o->rows = mem_grow(o->rows, o->row_count + 1, sizeof *o->rows);
    o->rows[o->row_count] = (struct rule_row){0};
    return &o->rows[o->row_count++];
}

/* A member's value as text. */
static char *options_value(const struct json *value)
{
    return json_text(value) ? mem_copy(json_text(value)) : json_raw(value);
}

static int options_read_rule(struct options *o, const struct json *object, struct err *e)
{
    struct rule_row *row = options_rule(o);
    const char *name = json_text(json_get(object, "rule"));

    if (!name || rule_kind(name, &row->kind) != 0)
        return err_set(e, "%s: no such rule", name ? name : "rule");
    for (const struct json *m = json_first(object); m; m = json_next(m)) {
        if (strcmp(json_name(m), "rule") != 0 &&
            rule_set(row, json_name(m), options_keep(o, options_value(m)), e) != 0)
            return -1;
    }
    return 0;
}

static int options_read_file(struct options *o, const char *path, struct err *e)
{
    struct buf text = {0};
    struct json *doc = NULL;
    int rc = -1;

    if (file_read(path, OPTIONS_FILE_MAX, &text, e) != 0 ||
        json_parse(&doc, buf_str(&text), text.len, e) != 0)
        goto out;
    for (const struct json *m = json_first(doc); m; m = json_next(m)) {
        if (strcmp(json_name(m), "rules") != 0) {
            if (options_set(o, json_name(m), options_keep(o, options_value(m)), e) != 0)
                goto out;
            continue;
        }
        for (const struct json *one = json_first(m); one; one = json_next(one)) {
            if (options_read_rule(o, one, e) != 0)
                goto out;
        }
    }
    rc = 0;
out:
    if (rc != 0)
        err_context(e, "%s", path);
    json_free(doc);
    buf_free(&text);
    return rc;
}

static int options_is_flag(const char *name)
{
    for (size_t i = 0; i < OPTIONS_COUNT; i++) {
        if (strcmp(options_rows[i].name, name) == 0)
            return options_rows[i].kind == OPTIONS_FLAG;
    }
    return 0;
}

int options_read(struct options *o, int argc, char **argv, struct err *e)
{
    *o = (struct options){.listen = "127.0.0.1",
                          .name = "localhost",
                          .tenant = "11111111-1111-4111-8111-111111111111",
                          .client = "22222222-2222-4222-8222-222222222222",
                          .oid = "33333333-3333-4333-8333-333333333333",
                          .token_seconds = 3600,
                          .streams = 100};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i] + 2;
        int flag = strncmp(argv[i], "--", 2) == 0 && options_is_flag(name);
        char *value = flag ? NULL : argv[i + 1];
        int rc = 0;

        if (strncmp(argv[i], "--", 2) != 0)
            return err_set(e, "%s: not an option", argv[i]);
        if (!flag && !value)
            return err_set(e, "%s: needs a value", argv[i]);
        if (strcmp(name, "rule") == 0)
            rc = rule_read(options_rule(o), value, e);
        else if (strcmp(name, "config") == 0)
            rc = options_read_file(o, value, e);
        else
            rc = options_set(o, name, value, e);
        if (rc != 0)
            return -1;
        i += !flag;
    }
    if (!o->recording || !o->cert || !o->key)
        return err_set(e, "--recording, --cert and --key are needed");
    return 0;
}

void options_free(struct options *o)
{
    for (size_t i = 0; i < o->owned_count; i++)
        free(o->owned[i]);
    free(o->owned);
    free(o->rows);
}
