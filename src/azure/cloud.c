/* The clouds. See cloud.h. Sources: hashicorp/go-azure-sdk, sdk/environments (azure_gov.go, azure_china.go);
 * Microsoft Learn, "Azure Key Vault keys, secrets and certificates overview", DNS suffixes. */
#include "azure/cloud.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/limit.h"
#include "azure/retry.h"
#include "azure/url.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/note.h"
#include "lib/json.h"

#define CLOUD_ANSWER_MAX ((size_t)1 << 20)
#define CLOUD_TRIES 4 /* as for tokens */

static const struct cloud_row {
    const char *name, *arm, *authority, *vault_suffix, *hsm_suffix;
} cloud_rows[] = {
    {"AzureCloud", "https://management.azure.com", "https://login.microsoftonline.com", "vault.azure.net",
     "managedhsm.azure.net"},
    {"AzureUSGovernment", "https://management.usgovcloudapi.net", "https://login.microsoftonline.us",
     "vault.usgovcloudapi.net", "managedhsm.usgovcloudapi.net"},
    {"AzureChinaCloud", "https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn",
     "vault.azure.cn", "managedhsm.azure.cn"},
};

void cloud_free(struct cloud *c)
{
    if (!c)
        return;
    free(c->name);
    free(c->arm);
    free(c->authority);
    free(c->audience);
    free(c->vault_suffix);
    free(c->hsm_suffix);
    free(c->vault_audience);
    free(c->hsm_audience);
    *c = (struct cloud){0};
}

static void cloud_set_suffixes(struct cloud *c, const char *vault, const char *hsm)
{
    c->vault_suffix = mem_copy(vault);
    c->hsm_suffix = mem_copy(hsm);
    c->vault_audience = vault ? mem_print("https://%.*s", (int)strcspn(vault, ":"), vault) : NULL;
    c->hsm_audience = hsm ? mem_print("https://%.*s", (int)strcspn(hsm, ":"), hsm) : NULL;
}

/* The text of a member without a leading dot and trailing slashes; NULL when it is missing or empty. */
static char *cloud_text(const struct json *object, const char *name)
{
    const char *text = json_text(json_get(object, name));
    size_t n = 0;

    if (!text)
        return NULL;
    text += *text == '.';
    n = strlen(text);
    while (n && text[n - 1] == '/')
        n--;
    return n ? mem_copy_n(text, n) : NULL;
}

/* A suffix of host names, perhaps with a port: what a token for vaults will be measured by. */
static char *cloud_suffix(const struct json *suffixes, const char *name)
{
    char *text = cloud_text(suffixes, name);
    size_t n = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") : 0;

    if (text && (!strchr(text, '.') || (text[n] && (text[n] != ':' || strspn(text + n + 1, "0123456789") !=
                                                                          strlen(text + n + 1))))) {
        free(text);
        return NULL;
    }
    for (char *p = text; p && *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
    return text;
}

static int cloud_origin(struct buf *out, const char *url)
{
    if (!url || strncasecmp(url, "https://", 8) != 0)
        return -1;
    return url_origin(out, url, strlen(url));
}

/* Older api-versions answer with all clouds: the one whose Resource Manager was asked, or the only one. */
static const struct json *cloud_pick(const struct json *doc, const char *endpoint)
{
    const struct json *only = json_is(doc, JSON_ARRAY) && json_count(doc) == 1 ? json_first(doc) : NULL;

    if (json_is(doc, JSON_OBJECT))
        return doc;
    for (const struct json *one = json_is(doc, JSON_ARRAY) ? json_first(doc) : NULL; one;
         one = json_next(one)) {
        struct buf origin = {0};
        int same = cloud_origin(&origin, json_text(json_get(one, "resourceManager"))) == 0 &&
                   strcmp(buf_str(&origin), endpoint) == 0;

        buf_free(&origin);
        if (same)
            return one;
    }
    return only;
}

/* The audience that is the endpoint itself, else the first. */
static char *cloud_pick_audience(const struct json *list, const char *endpoint)
{
    const char *best = NULL;
    size_t n = 0;

    for (const struct json *one = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; one;
         one = json_next(one)) {
        const char *text = json_text(one);

        if (text && (!best || strncasecmp(text, endpoint, strlen(endpoint)) == 0))
            best = text;
    }
    n = best ? strlen(best) : 0;
    while (n && best[n - 1] == '/')
        n--;
    return n ? mem_copy_n(best, n) : NULL;
}

int cloud_read(struct cloud *out, const char *endpoint, const char *text, size_t n, struct err *e)
{
    struct cloud c = {0};
    struct json *doc = NULL;
    const struct json *one = NULL, *login = NULL;
    struct buf origin = {0};
    char *vault = NULL, *hsm = NULL;
    int rc = -1;

    if (json_parse(&doc, text, n, e) != 0) {
        err_context(e, "%s/metadata/endpoints", endpoint);
        goto out;
    }
    one = cloud_pick(doc, endpoint);
    login = json_get(one, "authentication");
    c.authority = cloud_text(login, "loginEndpoint");
    c.audience = cloud_pick_audience(json_get(login, "audiences"), endpoint);
    if (cloud_origin(&origin, c.authority) != 0 || !c.audience) {
        err_set(
            e,
            "%s/metadata/endpoints: names no https loginEndpoint and audience for this endpoint: is it an "
            "Azure Resource Manager?",
            endpoint);
        goto out;
    }
    if (json_text(json_get(login, "identityProvider")) &&
        strcasecmp(json_text(json_get(login, "identityProvider")), "AAD") != 0) {
        err_set(e, "%s: its identity provider is %.40s: only Microsoft Entra ID (AAD) is spoken", endpoint,
                json_text(json_get(login, "identityProvider")));
        goto out;
    }
    c.name = cloud_text(one, "name");
    if (!c.name)
        c.name = mem_copy(endpoint);
    c.arm = mem_copy(endpoint);
    vault = cloud_suffix(json_get(one, "suffixes"), "keyVaultDns");
    hsm = cloud_suffix(json_get(one, "suffixes"), "mhsmDns");
    cloud_set_suffixes(&c, vault, hsm);
    *out = c;
    c = (struct cloud){0};
    rc = 0;
out:
    cloud_free(&c);
    json_free(doc);
    buf_free(&origin);
    free(vault);
    free(hsm);
    return rc;
}

struct cloud_answer {
    struct cloud *out;
    const char *endpoint;
    int status;
    struct err why;
    int read, again; /* again: another try may help */
    int64_t asked;   /* milliseconds that it asks to wait; -1: nothing */
};

static int cloud_answered(void *owner, const struct http_answer *a, struct err *e)
{
    struct cloud_answer *c = owner;

    (void)e;
    c->status = a->status;
    c->again = retry_may_help(a);
    c->asked = limit_retry_after(a->header[HTTP_RETRY_AFTER], a->header[HTTP_DATE]);
    if (a->fault != HTTP_ANSWERED)
        err_set(&c->why, "%s: %s", c->endpoint, a->why);
    else if (a->status != 200)
        err_set(&c->why, "%s/metadata/endpoints: HTTP status %d: is it an Azure Resource Manager?",
                c->endpoint, a->status);
    else
        c->read = cloud_read(c->out, c->endpoint, a->body, a->size, &c->why) == 0;
    return 0;
}

static int cloud_discover(struct cloud *out, const char *endpoint, struct http *http, struct err *e)
{
    /* the newest answers with one object; Azure Stack Hub knows only the last (Microsoft Learn, "Get
     * authentication information for Azure Stack Hub") */
    static const char *const versions[] = {"2022-09-01", "2019-05-01", "2015-01-01"};
    struct cloud_answer answer = {.out = out, .endpoint = endpoint};

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        char *url = mem_print("%s/metadata/endpoints?api-version=%s", endpoint, versions[i]);
        struct http_request request = {.method = "GET",
                                       .url = url,
                                       .timeout = 30,
                                       .connect_timeout = 10,
                                       .size_max = CLOUD_ANSWER_MAX,
                                       .done = cloud_answered,
                                       .owner = &answer};
        int sent = http_call(http, &request, e);

        for (int k = 1; sent == 0 && answer.again && k < CLOUD_TRIES; k++) {
            if (http_pause(http, retry_pause_short(k, answer.asked, (uint64_t)clock_ticks())) != 0)
                break;
            sent = http_call(http, &request, e);
        }
        free(url);
        if (sent != 0)
            return err_context(e, "%s/metadata/endpoints", endpoint);
        if (answer.read)
            return 0;
        if (answer.status != 400 && answer.status != 404)
            break;
    }
    return err_set(e, "%s", answer.why.text);
}

int cloud_open(struct cloud *out, const char *name, struct http *http, struct err *e)
{
    struct buf origin = {0};
    size_t n = strlen(name);
    int rc = -1;

    *out = (struct cloud){0};
    for (size_t i = 0; i < sizeof cloud_rows / sizeof *cloud_rows; i++) {
        const struct cloud_row *row = &cloud_rows[i];

        if (strcasecmp(name, row->name) != 0)
            continue;
        out->name = mem_copy(row->name);
        out->arm = mem_copy(row->arm);
        out->authority = mem_copy(row->authority);
        out->audience = mem_copy(row->arm);
        cloud_set_suffixes(out, row->vault_suffix, row->hsm_suffix);
        return 0;
    }
    while (n && name[n - 1] == '/')
        n--;
    if (strncasecmp(name, "https://", 8) != 0 || url_origin(&origin, name, n) != 0 || origin.len > n ||
        strcspn(name + 8, "/?#") != n - 8)
        err_set(e,
                "--cloud: \"%.200s\": write AzureCloud, AzureUSGovernment, AzureChinaCloud, or the https URL "
                "of a Resource Manager endpoint",
                name);
    else
        rc = cloud_discover(out, buf_str(&origin), http, e);
    buf_free(&origin);
    return rc;
}

/* Is this host one label, a dot and the suffix? Vaults are named so; anything else is somebody else's. port:
 * with its colon, that of Resource Manager, on which the vaults of a cloud answer too; "" is https's own. */
static int cloud_is_below(const char *host, const char *suffix, const char *port)
{
    size_t label = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-"), n = suffix ? strlen(suffix) : 0;

    return n && label && host[label] == '.' && strncmp(host + label + 1, suffix, n) == 0 &&
           strcmp(host + label + 1 + n, port) == 0;
}

const char *cloud_audience(const struct cloud *c, const char *url)
{
    struct buf origin = {0};
    const char *audience = NULL, *host = NULL, *port = strrchr(c->arm, ':');

    if (strncmp(port, "://", 3) == 0)
        port = "";
    if (cloud_origin(&origin, url) == 0) {
        host = buf_str(&origin) + 8;
        if (strcmp(buf_str(&origin), c->arm) == 0)
            audience = c->audience;
        else if (cloud_is_below(host, c->vault_suffix, port))
            audience = c->vault_audience;
        else if (cloud_is_below(host, c->hsm_suffix, port))
            audience = c->hsm_audience;
    }
    buf_free(&origin);
    return audience;
}
