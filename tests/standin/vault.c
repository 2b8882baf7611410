/* Key Vault's data plane: hosts of their own, tokens of their own. See place.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "place.h"

/* The name of the vault that a host is, or NULL. */
static char *vault_name(const struct server *s, const char *host)
{
    size_t n = strcspn(host, ":"), dot = strcspn(host, ".");

    if (!s->options->vaults || dot >= n || n - dot - 1 != strlen(s->options->vaults) ||
        strncasecmp(host + dot + 1, s->options->vaults, n - dot - 1) != 0)
        return NULL;
    return mem_copy_n(host, dot);
}

int place_vault(struct server *s, struct exchange *x)
{
    char *name = vault_name(s, x->host), *url = NULL;
    const struct recording_answer *a = NULL;

    if (!name)
        return 0;
    if (!place_may(s, x, place_is_vault)) {
        fields_free(&x->out);
        exchange_error(x, 401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.");
        exchange_say(x, "www-authenticate",
                     "Bearer authorization=\"%s/%s\", resource=\"https://vault.azure.net\"", s->origin,
                     s->options->tenant);
        goto out;
    }
    url = mem_print("https://%s.vault.azure.net%s", name, x->target);
    a = recording_find(&s->recording, x->method, url, buf_str(&x->asked), x->asked.len);
    if (a && !a->broken)
        exchange_borrow(x, a->status, buf_str(&a->body), a->body.len);
    else
        exchange_error(x, 404, "KeyNotFound", "A key with (name/id) %s was not found in this key vault.",
                       x->path);
out:
    free(name);
    free(url);
    return 1;
}
