/* /metadata/endpoints: where the parts of this cloud are. See place.h. The versions 2015-01-01 and 2022-09-01
 * answer one object, the others an array of clouds; Azure's begins with a byte order mark. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "place.h"

static void metadata_audiences(struct json_out *o)
{
    json_array(o, "audiences");
    json_put_text(o, NULL, "https://management.core.windows.net/");
    json_put_text(o, NULL, "https://management.azure.com/");
    json_array_end(o);
}

static void metadata_cloud(const struct server *s, struct json_out *o)
{
    json_object(o, NULL);
    json_put_text(o, "portal", s->origin);
    json_object(o, "authentication");
    json_put_text(o, "loginEndpoint", s->origin);
    metadata_audiences(o);
    json_put_text(o, "tenant", "common");
    json_put_text(o, "identityProvider", "AAD");
    json_object_end(o);
    json_put_text(o, "graph", "https://graph.windows.net/");
    json_put_text(o, "microsoftGraphResourceId", "https://graph.microsoft.com/");
    json_put_text(o, "name", "StandIn");
    json_object(o, "suffixes");
    json_put_text(o, "keyVaultDns", s->options->vaults ? s->options->vaults : "vault.azure.net");
    json_put_text(o, "mhsmDns", "managedhsm.azure.net");
    json_object_end(o);
    json_put_text(o, "resourceManager", s->origin);
    json_object_end(o);
}

static void metadata_old(const struct server *s, struct json_out *o)
{
    json_object(o, NULL);
    json_put_text(o, "galleryEndpoint", s->origin);
    json_put_text(o, "graphEndpoint", "https://graph.windows.net/");
    json_put_text(o, "portalEndpoint", s->origin);
    json_object(o, "authentication");
    json_put_text(o, "loginEndpoint", s->origin);
    metadata_audiences(o);
    json_object_end(o);
    json_object_end(o);
}

int place_metadata(struct server *s, struct exchange *x)
{
    struct json_out o = {.compact = 1};
    struct buf version = {0};

    if (strcasecmp(x->path, "/metadata/endpoints") != 0)
        return 0;
    exchange_parameter(x, "api-version", &version);
    json_begin(&o);
    if (strcmp(buf_str(&version), "2015-01-01") == 0) {
        metadata_old(s, &o);
    } else if (strcmp(buf_str(&version), "2022-09-01") == 0) {
        buf_text(&o.buf, "\xef\xbb\xbf");
        metadata_cloud(s, &o);
    } else {
        json_array(&o, NULL);
        metadata_cloud(s, &o);
        json_array_end(&o);
    }
    exchange_json(x, 200, &o);
    buf_free(&version);
    return 1;
}
