/* See limit.h. Sources of the numbers: Microsoft Learn, "Understand how Azure Resource Manager throttles
 * requests" (250 reads, then 25 a second, per subscription and principal; the same at tenant scope); "Limits
 * for resources, SKUs, and regions in AKS" (LIST of clusters 500, then 1 a second; other calls 60, then 1 a
 * second); a recorded answer of the Compute provider (240 costly reads in 3 minutes); "Azure Key Vault
 * service limits" (4,000 transactions in 10 seconds per vault, half of it for HSM keys); "Guidance for
 * throttled requests in Azure Resource Graph" (15 queries in 5 seconds). The tables of Azure operated by
 * 21Vianet still count 12,000 reads an hour. */
#include "azure/limit.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"

#define LIMIT_SLOTS 1024 /* of the hash table; a power of two */

static const struct limit_row {
    const char *provider; /* behind /providers/, lower case; "": every request to Resource Manager */
    const char *type;     /* the list that the URL ends with; NULL: any */
    double burst, rate;   /* tokens at the start; tokens a second */
} limit_rows[] = {
    {"microsoft.containerservice", "managedclusters", 500, 1},
    {"microsoft.containerservice", NULL, 60, 1},
    {"microsoft.compute", NULL, 240, 240 / 180.0},
    {"microsoft.resourcegraph", NULL, 15, 3},
};
static const struct limit_row limit_manager = {"", NULL, 250, 25};
static const struct limit_row limit_hour = {"", NULL, 12000, 12000 / 3600.0};
static const struct limit_row limit_vault = {"", NULL, 2000, 200};

struct limit {
    struct limit *next; /* in its slot */
    const struct limit_row *row;
    char *where; /* subscription, "" for the tenant, or the host of a vault */
    double tokens;
    int64_t filled, closed_until; /* clock_ticks() */
};

struct limits {
    int slow;
    struct limit *slots[LIMIT_SLOTS];
};

struct limits *limits_new(int slow)
{
    struct limits *l = mem_zero(1, sizeof *l);

    l->slow = slow;
    return l;
}

void limits_free(struct limits *l)
{
    for (size_t i = 0; l && i < LIMIT_SLOTS; i++) {
        while (l->slots[i]) {
            struct limit *next = l->slots[i]->next;

            free(l->slots[i]->where);
            free(l->slots[i]);
            l->slots[i] = next;
        }
    }
    free(l);
}

static struct limit *limits_get(struct limits *l, const struct limit_row *row, const char *where, size_t n)
{
    uint64_t hash = UINT64_C(1469598103934665603) ^ (uintptr_t)row;
    struct limit **slot = NULL, *one = NULL;
    char *key = mem_copy_n(where, n);

    for (char *p = key; *p; p++) {
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    }
    slot = &l->slots[hash % LIMIT_SLOTS];
    for (one = *slot; one; one = one->next) {
        if (one->row == row && strcmp(one->where, key) == 0) {
            free(key);
            return one;
        }
    }
    one = mem_zero(1, sizeof *one);
    one->row = row;
    one->where = key;
    one->tokens = row->burst;
    one->filled = clock_ticks();
    one->next = *slot;
    *slot = one;
    return one;
}

/* The last provider of a path: an extension such as Microsoft.Insights counts, not what it hangs on. */
static const struct limit_row *limit_row_of(const char *path, size_t n)
{
    const char *at = NULL, *last = NULL;

    for (const char *p = path; p + 11 < path + n; p++) {
        if (strncasecmp(p, "/providers/", 11) == 0)
            at = p + 11;
    }
    if (!at)
        return NULL;
    for (const char *p = at; p < path + n; p++) {
        if (*p == '/')
            last = p + 1;
    }
    for (size_t i = 0; i < sizeof limit_rows / sizeof *limit_rows; i++) {
        const struct limit_row *row = &limit_rows[i];
        size_t m = strlen(row->provider);

        if (strncasecmp(at, row->provider, m) != 0 || at[m] != '/')
            continue;
        if (!row->type || (last && (size_t)(path + n - last) == strlen(row->type) &&
                           strncasecmp(last, row->type, strlen(row->type)) == 0))
            return row;
    }
    return NULL;
}

void limits_find(struct limits *l, const char *url, struct limit *of[LIMIT_OF_REQUEST])
{
    const char *host = strstr(url, "://"), *path = NULL, *where = "";
    size_t host_n = 0, n = 0, where_n = 0;
    const struct limit_row *row = NULL;
    int count = 0, vault = 0;

    host = host ? host + 3 : url;
    host_n = strcspn(host, "/?#");
    path = host + host_n;
    n = strcspn(path, "?#");
    while (n && path[n - 1] == '/')
        n--;
    for (int i = 0; i < LIMIT_OF_REQUEST; i++)
        of[i] = NULL;
    if (n > 15 && strncasecmp(path, "/subscriptions/", 15) == 0) {
        where = path + 15;
        where_n = strcspn(where, "/?#");
    }
    vault = n >= 5 && (strncasecmp(path, "/keys", 5) == 0 || strncasecmp(path, "/settings", 9) == 0 ||
                       strncasecmp(path, "/deletedkeys", 12) == 0);
    if (vault) { /* the data plane: no path of Resource Manager begins so */
        of[count] = limits_get(l, &limit_vault, host, host_n);
        return;
    }
    of[count++] = limits_get(l, &limit_manager, where, where_n);
    row = limit_row_of(path, n);
    if (row)
        of[count++] = limits_get(l, row, where, where_n);
    if (l->slow)
        of[count] = limits_get(l, &limit_hour, where, where_n);
}

static void limit_fill(struct limit *l, int64_t now)
{
    if (now <= l->filled)
        return;
    l->tokens += (double)(now - l->filled) / 1000.0 * l->row->rate;
    if (l->tokens > l->row->burst)
        l->tokens = l->row->burst;
    l->filled = now;
}

int64_t limit_take(struct limit *const of[LIMIT_OF_REQUEST], int64_t now)
{
    int64_t wait = 0;

    for (int i = 0; i < LIMIT_OF_REQUEST && of[i]; i++) {
        int64_t own = 0;

        limit_fill(of[i], now);
        if (of[i]->closed_until > now)
            own = of[i]->closed_until - now;
        else if (of[i]->tokens < 1)
            own = (int64_t)((1 - of[i]->tokens) / of[i]->row->rate * 1000) + 1;
        if (own > wait)
            wait = own;
    }
    for (int i = 0; !wait && i < LIMIT_OF_REQUEST && of[i]; i++)
        of[i]->tokens -= 1;
    return wait;
}

static void limit_lower(struct limit *l, double left)
{
    if (l && left >= 0 && left < l->tokens)
        l->tokens = left;
}

static double limit_number(const char *text)
{
    char *end = NULL;
    double v = text ? strtod(text, &end) : -1;

    return text && end != text ? v : -1;
}

/* "Microsoft.Compute/HighCostGet3Min;239,Microsoft.Compute/HighCostGet30Min;1917": the least of them. */
static double limit_least(const char *text)
{
    double least = -1;

    for (const char *p = text; p && (p = strchr(p, ';')); p++) {
        double v = limit_number(p + 1);

        if (v >= 0 && (least < 0 || v < least))
            least = v;
    }
    return least;
}

void limit_heed(struct limit *const of[LIMIT_OF_REQUEST], const struct http_answer *a, int64_t now)
{
    if (!of[0] || of[0]->row != &limit_manager)
        return;
    limit_fill(of[0], now);
    limit_lower(of[0], limit_number(a->header[HTTP_LEFT_SUBSCRIPTION]));
    limit_lower(of[0], limit_number(a->header[HTTP_LEFT_GLOBAL]));
    limit_lower(of[0], limit_number(a->header[HTTP_LEFT_TENANT]));
    if (of[1] && of[1]->row != &limit_hour) {
        limit_fill(of[1], now);
        limit_lower(of[1], limit_least(a->header[HTTP_LEFT_RESOURCE]));
        limit_lower(of[1], limit_number(a->header[HTTP_QUOTA_LEFT]));
    }
}

void limit_close(struct limit *const of[LIMIT_OF_REQUEST], int64_t until)
{
    for (int i = 0; i < LIMIT_OF_REQUEST && of[i]; i++) {
        if (of[i]->closed_until < until)
            of[i]->closed_until = until;
    }
}

int64_t limit_retry_after(const char *value, const char *date)
{
    int64_t at = 0, from = 0;
    char *end = NULL;
    long seconds = value ? strtol(value, &end, 10) : -1;

    if (!value)
        return -1;
    if (end != value && *end == '\0')
        return seconds >= 0 && seconds < 86400 ? (int64_t)seconds * 1000 : -1;
    if (clock_read_http(value, &at, NULL) != 0)
        return -1;
    if (!date || clock_read_http(date, &from, NULL) != 0)
        from = clock_now();
    return at <= from ? 0 : at - from < 86400 ? (at - from) * 1000 : -1;
}
