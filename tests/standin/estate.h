/* The resources of a recorded tenant, one by one, for requests that were not recorded as such: GET of one id
 * out of a list, the list of a resource group out of that of its subscription, stubs, node pools of a
 * cluster. */
#ifndef KC_STANDIN_ESTATE_H
#define KC_STANDIN_ESTATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct recording;

struct estate_item {
    char *key;        /* id, folded as ids are compared */
    char *type;       /* "microsoft.compute/disks", "subscription", "resourcegroup"; lower case */
    const char *json; /* in the recording's body */
    size_t n;
    uint64_t hash;
};

struct estate {
    struct estate_item *items; /* in recorded order, one per id */
    size_t count, cap;
    uint32_t *slots; /* index + 1 by hash; a power of two */
    size_t slot_count;
    int read;
};

void estate_read(struct estate *e, struct recording *r); /* once; later calls return at once */
void estate_free(struct estate *e);
char *estate_key(const char *path, size_t n); /* a path as sent, decoded and folded; caller frees */
char *estate_type(const char *key);           /* of a folded id or of the path of a list; caller frees */
const struct estate_item *estate_find(const struct estate *e, const char *key);
/* The members of the list at this (folded) path; *known 0: no such list can be here. */
size_t estate_list(const struct estate *e, const char *key, const struct estate_item ***out, int *known);

#endif
