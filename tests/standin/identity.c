/* Managed identities as Azure offers them on plain http: the instance metadata service, App Service, Azure
 * Arc, Cloud Shell. See place.h. Facts: "How managed identities for Azure resources work"; "Use managed
 * identities for App Service"; "Authenticate against Azure resources with Azure Arc-enabled servers". */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "place.h"

static void identity_refuse(struct exchange *x, int status, const char *error, const char *text)
{
    struct json_out o = {.compact = 1};

    json_begin(&o);
    json_object(&o, NULL);
    json_put_text(&o, "error", error);
    json_put_text(&o, "error_description", text);
    json_object_end(&o);
    exchange_json(x, status, &o);
}

static int identity_header_is(const struct exchange *x, const char *name, const char *value)
{
    const char *is = exchange_header(x, name);

    return is && value && strcmp(is, value) == 0;
}

/* Parameters that name the identity: ours is the only one. */
static int identity_is_ours(const struct server *s, const struct exchange *x)
{
    static const char *const names[] = {"client_id",    "clientid",  "object_id",
                                        "principal_id", "mi_res_id", "msi_res_id"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf value = {0};
        int given = exchange_parameter(x, names[i], &value);
        int ours = !given || strcasecmp(buf_str(&value), i < 2 ? s->options->client : s->options->oid) == 0;

        buf_free(&value);
        if (!ours)
            return 0;
    }
    return 1;
}

static void identity_give(struct server *s, struct exchange *x)
{
    struct buf resource = {0};
    struct place_token wish = {.strings = 1};
    int given = strcasecmp(x->method, "POST") == 0 ? exchange_form(x, "resource", &resource)
                                                   : exchange_parameter(x, "resource", &resource);

    wish.resource = buf_str(&resource);
    if (!given)
        identity_refuse(x, 400, "invalid_request", "Required audience parameter not specified");
    else if (!identity_is_ours(s, x))
        identity_refuse(x, 400, "invalid_request", "Identity not found");
    else if (!place_is_arm(s, wish.resource) && !place_is_vault(s, wish.resource))
        identity_refuse(x, 400, "invalid_resource",
                        "AADSTS500011: The resource principal was not found in the tenant.");
    else
        place_give_token(s, x, &wish);
    buf_free(&resource);
}

static void identity_arc(struct server *s, struct exchange *x)
{
    const char *given = exchange_header(x, "authorization");
    struct buf key = {0};

    if (!s->options->arc_key || file_read(s->options->arc_key, 4096, &key, NULL) != 0) {
        identity_refuse(x, 400, "invalid_request", "no agent of Azure Arc runs here");
    } else if (!given) {
        identity_refuse(x, 401, "unauthorized", "read the file of the challenge");
        exchange_say(x, "www-authenticate", "Basic realm=%s", s->options->arc_key);
    } else if (strncasecmp(given, "Basic ", 6) != 0 || strcmp(given + 6, buf_str(&key)) != 0) {
        identity_refuse(x, 401, "unauthorized", "that is not what the file holds");
    } else {
        identity_give(s, x);
    }
    buf_free(&key);
}

int place_identity(struct server *s, struct exchange *x)
{
    struct buf version = {0};
    int metadata = identity_header_is(x, "metadata", "true") && !exchange_header(x, "x-forwarded-for");
    int get = strcasecmp(x->method, "GET") == 0;

    exchange_parameter(x, "api-version", &version);
    if (strcasecmp(x->path, "/metadata/identity/oauth2/token") == 0 && get) {
        if (!metadata)
            identity_refuse(x, 400, "invalid_request", "Required metadata header not specified");
        else if (strcmp(buf_str(&version), "2019-11-01") == 0 && s->options->arc_key)
            identity_arc(s, x);
        else
            identity_give(s, x);
    } else if (strcasecmp(x->path, "/msi/token") == 0 && get) {
        const char *header = strcmp(buf_str(&version), "2017-09-01") == 0 ? "secret" : "x-identity-header";

        if (!identity_header_is(x, header, s->options->identity_header))
            identity_refuse(x, 401, "unauthorized",
                            "the header that proves where the request is from is wrong");
        else
            identity_give(s, x);
    } else if (strcasecmp(x->path, "/oauth2/token") == 0 && !get && metadata) {
        identity_give(s, x); /* Cloud Shell */
    } else {
        identity_refuse(x, 404, "not_found", "no identity endpoint is here");
    }
    buf_free(&version);
    return 1;
}
