/* The subscriptions that a person asked for, by id, by name, or all below a management group. */
#ifndef KC_AZURE_SCOPE_H
#define KC_AZURE_SCOPE_H

#include <stddef.h>

#include "azure/collect.h"
#include "azure/transport.h"
#include "base/err.h"
#include "store/resource.h"

struct scope {
    struct collect_subscription *rows; /* each subscription once */
    size_t count;
    char **words; /* what `written` points to */
    size_t word_count;
};

int scope_is_guid(const char *text, char out[37]); /* 1, and it in lower case */
void scope_add(struct scope *s, const char *id, const char *written);
/* Asks Azure who is called so: exactly one subscription must be. */
int scope_add_name(struct scope *s, struct transport *t, const struct resources *resources, const char *name,
                   struct err *e);
/* Asks Azure for the whole subtree of the group: at least one subscription must be in it. */
int scope_add_group(struct scope *s, struct transport *t, const struct resources *resources,
                    const char *group, struct err *e);
void scope_free(struct scope *s); /* NULL is fine */

#endif
