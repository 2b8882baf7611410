#include "report/figure.h"

#include <string.h>

static const struct {
    const char *kind;
    const char *needs; /* column names, one space between them */
} figure_kinds[] = {
    {"control-bars",
     "title controls no_exceptions exceptions not_assessed supporting by_hand not_applicable words"},
    {"custody-chain",
     "cluster declared pool_disks data_disks des key rotation vault identity etcd status weakest"},
    {"status-bar", "label pass fail not_assessed not_applicable attested words"},
    {"key-timeline", "key start now status words"},
    {"steps", "title text"},
};

static int figure_column_n(const struct doc_figure *f, const char *name, size_t n)
{
    for (size_t i = 0; i < f->name_count; i++)
        if (strncmp(f->names[i], name, n) == 0 && f->names[i][n] == '\0')
            return (int)i;
    return -1;
}

int figure_column(const struct doc_figure *f, const char *name)
{
    return figure_column_n(f, name, strlen(name));
}

int figure_check(const struct doc_figure *f, struct err *e)
{
    for (size_t i = 0; i < sizeof figure_kinds / sizeof figure_kinds[0]; i++) {
        const char *p = figure_kinds[i].needs;

        if (strcmp(figure_kinds[i].kind, f->kind) != 0)
            continue;
        while (*p) {
            size_t n = strcspn(p, " ");

            if (figure_column_n(f, p, n) < 0)
                return err_set(e, "figure %s: its SELECT has no column %.*s", f->kind, (int)n, p);
            p += n + (p[n] == ' ');
        }
        return 0;
    }
    return err_set(e, "figure %s: no such kind: control-bars, custody-chain, status-bar, key-timeline, steps",
                   f->kind);
}

const char *figure_value(const struct doc_figure *f, size_t row, const char *name)
{
    int at = figure_column(f, name);

    return at < 0 ? NULL : f->values[row * f->name_count + (size_t)at];
}
