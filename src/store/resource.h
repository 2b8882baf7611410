/* Resource files: azure/<resource>.sql says what to ask Azure for and how facts come out of the answers.
 * Their header is read here, once, for the collector and for whoever builds facts; both take them in
 * dependency order. */
#ifndef KC_STORE_RESOURCE_H
#define KC_STORE_RESOURCE_H

#include <stddef.h>

#include "base/embed.h"
#include "base/err.h"
#include "base/header.h"

enum resource_shape {
    RESOURCE_LIST,      /* {"value": [objects], "nextLink": …} */
    RESOURCE_TEXT_LIST, /* the same with strings */
    RESOURCE_ONE        /* one object */
};

struct resource {
    const struct embed_row *file;
    struct header header;
    const char *name;    /* header `resource`; also the word in exchange.resource */
    const char *title;   /* for people: "disks" */
    const char *each;    /* SELECT of subject, url [, scope]; "" asks for nothing */
    const char *instead; /* the resource that this one stands in for: an answer of it about the same subject
                            counts as that one's; "" none */
    int at_vault;        /* asked of vaults and managed HSMs themselves, not of Resource Manager */
    const char *permission; /* ARM actions that the read needs; may be "" */
    const char *declares;   /* SELECT of subscription_id, name: the subscriptions that are visible; "" in all
                               files but one */
    char **versions;        /* api-versions, the pin first; closed by NULL */
    char **after, **must;   /* lists of words; closed by NULL */
    char **known;           /* columns whose NULL is a gap, though the row stays a fact; as `must` */
    enum resource_shape shape;
    int gone; /* 404 is an answer */
};

struct resources {
    struct resource
        *rows; /* in an order in which each comes after what it needs; by name where that leaves a choice */
    size_t count;
};

int resources_load(struct resources *out, struct err *e); /* the files inside the program */
/* One file; out is the caller's, freed with resource_free. */
int resource_read(struct resource *out, const struct embed_row *file, struct err *e);
/* Clouds lag behind: where a file has the header api-version-CLOUD (any letter case), its versions are asked
 * for in that cloud. */
void resources_for_cloud(struct resources *list, const char *cloud);
void resource_free(struct resource *r);
void resources_free(struct resources *list);

#endif
