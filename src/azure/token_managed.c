/* Tokens of a managed identity, from the service that runs beside the machine. Sources: azure-sdk-for-cpp,
 * managed_identity_source.cpp; Microsoft Learn, "How managed identities work in App Service", "Authenticate
 * against Azure resources with Azure Arc-enabled servers", "Azure Instance Metadata Service". */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "azure/challenge.h"
#include "azure/token_source.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/wipe.h"

#define TOKEN_IMDS "http://169.254.169.254"
#define TOKEN_ARC_FOLDER "/var/opt/azcmagent/tokens"
#define TOKEN_ARC_MAX 4096

/* base?api-version=…&resource=…[&name=client id] */
static char *token_managed_url(const char *base, const char *version, const char *resource, const char *name)
{
    struct buf url = {0}, query = {0};
    const char *client = token_variable("AZURE_CLIENT_ID");

    token_form(&query, "api-version", version);
    token_form(&query, "resource", resource);
    if (client && name)
        token_form(&query, name, client);
    buf_print(&url, "%s?%s", base, buf_str(&query));
    buf_free(&query);
    return buf_take(&url);
}

static enum token_outcome token_managed_ask(const struct token_wanted *w, char *url, const char *line,
                                            const int *retry, int *status, struct token_found *out,
                                            struct err *why)
{
    const char *const lines[] = {line, NULL};
    struct http_request request = {
        .method = "GET", .url = url, .headers = lines, .timeout = 30, .connect_timeout = 2, .metadata = 1};
    enum token_outcome outcome = token_ask(w, &request, retry, status, out, why);

    free(url);
    return outcome;
}

static enum token_outcome token_app_service(const struct token_wanted *w, struct token_found *out,
                                            struct err *why)
{
    const char *endpoint = token_variable("IDENTITY_ENDPOINT"), *key = token_variable("IDENTITY_HEADER");
    int old = !endpoint || !key, status = 0;
    char *line = NULL;
    enum token_outcome outcome = TOKEN_FAILED;

    if (old) {
        endpoint = token_variable("MSI_ENDPOINT");
        key = token_variable("MSI_SECRET");
    }
    line = mem_print("%s: %s", old ? "secret" : "X-IDENTITY-HEADER", key);
    outcome = token_managed_ask(w,
                                token_managed_url(endpoint, old ? "2017-09-01" : "2019-08-01", w->audience,
                                                  old ? "clientid" : "client_id"),
                                line, NULL, &status, out, why);
    wipe_text(line);
    if (outcome != TOKEN_GIVEN)
        err_context(why, "App Service, %s", endpoint);
    return outcome;
}

static enum token_outcome token_cloud_shell(const struct token_wanted *w, struct token_found *out,
                                            struct err *why)
{
    static const char *const lines[] = {"Metadata: true", NULL};
    const char *endpoint = token_variable("MSI_ENDPOINT");
    struct buf form = {0};
    struct http_request request = {.method = "POST",
                                   .url = endpoint,
                                   .headers = lines,
                                   .body_type = "application/x-www-form-urlencoded",
                                   .timeout = 30,
                                   .connect_timeout = 2,
                                   .metadata = 1};
    enum token_outcome outcome = TOKEN_FAILED;
    int status = 0;

    token_form(&form, "resource", w->audience);
    request.body = buf_str(&form);
    request.body_size = form.len;
    outcome = token_ask(w, &request, NULL, &status, out, why);
    buf_free(&form);
    if (outcome != TOKEN_GIVEN)
        err_context(why, "Cloud Shell, %s", endpoint);
    return outcome;
}

/* ---- Azure Arc: a first answer 401 names a file that only a member of the agent's group can read */

struct token_arc {
    char path[512];
    int status;
    struct err why;
};

static int token_arc_challenged(void *owner, const struct http_answer *a, struct err *e)
{
    struct token_arc *arc = owner;

    (void)e;
    arc->status = a->status;
    if (a->fault != HTTP_ANSWERED)
        err_set(&arc->why, "%s", a->why);
    else if (a->status != 401 ||
             !challenge_find(a->header[HTTP_AUTHENTICATE], "Basic", "realm", arc->path, sizeof arc->path))
        err_set(&arc->why, "HTTP status %d where a challenge with the path of a key file was expected",
                a->status);
    return 0;
}

/* Only a file of the agent: another path could make us hand any file of this machine to who asks. */
static int token_arc_key(const char *path, struct buf *out, struct err *why)
{
    char real[4096], *folder = NULL, *copy = NULL;
    size_t n = strlen(path);
    int rc = -1;

    if (!realpath(path, real))
        return err_set(why, "%s: the key file of the agent cannot be read", path);
    copy = mem_copy(real);
    folder = dirname(copy);
    if (n < 5 || strcmp(path + n - 4, ".key") != 0 || strcmp(folder, TOKEN_ARC_FOLDER) != 0 ||
        strncmp(path, TOKEN_ARC_FOLDER "/", sizeof TOKEN_ARC_FOLDER) != 0 || !file_is_regular(real))
        err_set(why, "%s: the agent names a key file that is not its own: refused", path);
    else
        rc = file_read(real, TOKEN_ARC_MAX, out, why);
    free(copy);
    return rc;
}

static enum token_outcome token_arc_get(const struct token_wanted *w, struct token_found *out,
                                        struct err *why)
{
    static const char *const lines[] = {"Metadata: true", NULL};
    struct token_arc arc = {.path = ""};
    struct buf line = {0}, key = {0};
    char *url = token_managed_url(token_variable("IDENTITY_ENDPOINT"), "2019-11-01", w->audience, NULL);
    struct http_request request = {.method = "GET",
                                   .url = url,
                                   .headers = lines,
                                   .timeout = 30,
                                   .connect_timeout = 2,
                                   .size_max = 65536,
                                   .metadata = 1,
                                   .done = token_arc_challenged,
                                   .owner = &arc};
    const char *own[3] = {NULL, "Metadata: true", NULL};
    enum token_outcome outcome = TOKEN_FAILED;
    int status = 0;

    wipe_reserve(&key, TOKEN_ARC_MAX + 1);
    if (http_call(w->http, &request, why) != 0)
        goto out;
    if (!*arc.path) {
        err_set(why, "%s", arc.why.text);
        goto out;
    }
    if (token_arc_key(arc.path, &key, why) != 0)
        goto out;
    wipe_reserve(&line, key.len + 64);
    buf_print(&line, "Authorization: Basic %s", buf_str(&key));
    own[0] = buf_str(&line);
    request.headers = own;
    outcome = token_ask(w, &request, NULL, &status, out, why);
out:
    if (outcome != TOKEN_GIVEN)
        err_context(why, "Azure Arc, %s", token_variable("IDENTITY_ENDPOINT"));
    wipe_buf(&key);
    wipe_buf(&line);
    free(url);
    return outcome;
}

/* ---- the instance metadata service */

static int token_probed(void *owner, const struct http_answer *a, struct err *e)
{
    (void)e;
    *(int *)owner = a->status;
    return 0;
}

/* Without the header Metadata the service answers 400, and answers fast: so we know whether it is there. */
static int token_probe(const struct token_wanted *w, const char *url, int *status, struct err *why)
{
    struct http_request request = {.method = "GET",
                                   .url = url,
                                   .timeout = 1,
                                   .connect_timeout = 1,
                                   .size_max = 65536,
                                   .secret = 1,
                                   .metadata = 1,
                                   .done = token_probed,
                                   .owner = status};

    return http_call(w->http, &request, why);
}

static enum token_outcome token_imds(const struct token_wanted *w, struct token_found *out, struct err *why)
{
    static const int retry[] = {404, 410, 0}; /* while the identity is being set up */
    const char *host = token_variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
    char *base = NULL, *url = NULL;
    enum token_outcome outcome = TOKEN_FAILED;
    size_t n = 0;
    int status = 0;

    if (!host)
        host = TOKEN_IMDS;
    n = strlen(host);
    while (n && host[n - 1] == '/')
        n--;
    base = mem_print("%.*s/metadata/identity/oauth2/token", (int)n, host);
    url = token_managed_url(base, "2018-02-01", w->audience, "client_id");
    if (token_probe(w, url, &status, why) != 0)
        goto out;
    if (status != 400 && status != 200) {
        err_set(why, "no instance metadata service of Azure answers at %.*s", (int)n, host);
        outcome = TOKEN_NOT_HERE;
        goto out;
    }
    outcome = token_managed_ask(w, mem_copy(url), "Metadata: true", retry, &status, out, why);
    if (outcome == TOKEN_FAILED && (status == 400 || status == 403 || status == 404))
        outcome = TOKEN_NOT_HERE; /* no identity is assigned to this machine */
    if (outcome != TOKEN_GIVEN)
        err_context(why, "%.*s", (int)n, host);
out:
    free(base);
    free(url);
    return outcome;
}

enum token_outcome token_managed(const struct token_wanted *w, struct token_found *out, struct err *why)
{
    if (token_variable("IDENTITY_ENDPOINT") && token_variable("IDENTITY_HEADER"))
        return token_app_service(w, out, why);
    if (token_variable("IDENTITY_ENDPOINT") && token_variable("IMDS_ENDPOINT"))
        return token_arc_get(w, out, why);
    if (token_variable("MSI_ENDPOINT"))
        return token_variable("MSI_SECRET") ? token_app_service(w, out, why) : token_cloud_shell(w, out, why);
    return token_imds(w, out, why);
}
