#include "report/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void values_clear(struct values *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->items[i].name);
        free(v->items[i].text);
    }
    free(v->items);
    v->items = NULL;
    v->count = 0;
}

void values_read(struct values *v, struct db_stmt *s)
{
    values_clear(v);
    v->count = (size_t)db_columns(s);
    v->items = mem_zero(v->count, sizeof *v->items);
    for (size_t i = 0; i < v->count; i++) {
        v->items[i].name = mem_copy(db_name(s, (int)i));
        v->items[i].text = mem_copy(db_text(s, (int)i));
        v->items[i].number = db_is_number(s, (int)i);
    }
}

const struct value *values_find(const struct values *v, const char *name, size_t n)
{
    for (; v; v = v->outer)
        for (size_t i = 0; i < v->count; i++)
            if (strncmp(v->items[i].name, name, n) == 0 && v->items[i].name[n] == '\0')
                return &v->items[i];
    return NULL;
}

int values_bind(const struct values *v, struct db_stmt *s, struct err *e)
{
    const char *name = NULL;

    for (int at = 1; (name = db_parameter(s, at)) != NULL; at++) {
        const struct value *x = name[0] == ':' ? values_find(v, name + 1, strlen(name + 1)) : NULL;

        if (!x)
            return err_set(e, "SQL: parameter %s: no row around this block has a column of that name", name);
        if (x->number && x->text)
            db_bind_int(s, at, strtoll(x->text, NULL, 10));
        else
            db_bind_text(s, at, x->text);
    }
    return 0;
}
