/* See custody.h. */
#include "judge/custody.h"

#include <stddef.h>

#include "base/embed.h"

const char *const custody_links[] = {"declared", "pool-disks", "data-disks", "des", "key",
                                     "rotation", "vault",      "identity",   NULL};

int custody_run(struct db *facts, struct err *e)
{
    const struct embed_row *file = embed_find("judge/custody.sql");

    if (!file)
        return err_set(e, "judge/custody.sql: not built in");
    if (db_exec(facts, file->data, e) != 0)
        return err_context(e, "judge/custody.sql");
    return 0;
}
