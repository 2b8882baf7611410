/* From findings to controls: the rules are SQL (judge/control.sql); here is what they need besides, and the
 * call. */
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/header.h"
#include "base/mem.h"
#include "base/note.h"
#include "judge/mapping.h"

/* The check "checks/disk-cmk.sql" names its thresholds in the header line `threshold:`, comma separated. */
static int control_insert_thresholds(struct db_stmt *s, const struct embed_row *row, struct err *e)
{
    struct header h = {0};
    char *slug = NULL, *names = NULL, *save = NULL;
    int rc = -1;

    if (header_read(&h, row->name, row->data, e) != 0)
        return -1;
    slug = mem_copy_n(row->name + strlen("checks/"), strlen(row->name) - strlen("checks/") - strlen(".sql"));
    names = mem_copy(header_get(&h, "threshold"));
    for (char *name = names ? strtok_r(names, ", \n", &save) : NULL; name;
         name = strtok_r(NULL, ", \n", &save)) {
        db_bind_text(s, 1, slug);
        db_bind_text(s, 2, name);
        if (db_run(s, e) != 0)
            goto out;
    }
    rc = 0;
out:
    free(slug);
    free(names);
    header_free(&h);
    return rc;
}

static int control_thresholds(struct db *facts, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1;

    if (db_exec(facts,
                "-- Which thresholds a check rests on: its header line `threshold`.\n"
                "CREATE TABLE IF NOT EXISTS check_threshold(check_id TEXT NOT NULL, name TEXT NOT NULL,"
                " PRIMARY KEY (check_id, name)) STRICT",
                e) != 0 ||
        db_prepare(facts, &s, "INSERT OR IGNORE INTO check_threshold VALUES (?1, ?2)", e) != 0)
        return -1;
    for (const struct embed_row *row = embed_next(NULL, "checks/", ".sql"); row;
         row = embed_next(row, "checks/", ".sql")) {
        if (control_insert_thresholds(s, row, e) != 0)
            goto out;
    }
    rc = 0;
out:
    db_free(s);
    return rc;
}

/* A control that is declared not applicable must exist, or the declaration would silently have no effect. */
static int control_check_declared(struct db *facts, struct err *e)
{
    char *stray = NULL, *elsewhere = NULL;
    int rc = -1;

    if (db_value_text(
            facts, &stray, e,
            "SELECT n.framework || ' ' || n.control FROM not_applicable n JOIN framework f ON f.id ="
            " n.framework LEFT JOIN control c ON c.framework = n.framework AND c.id = n.control"
            " WHERE c.id IS NULL ORDER BY 1") != 0 ||
        db_value_text(
            facts, &elsewhere, e,
            "SELECT group_concat(framework, ', ') FROM (SELECT DISTINCT framework FROM not_applicable"
            " WHERE framework NOT IN (SELECT id FROM framework) ORDER BY 1)") != 0)
        goto out;
    if (stray) {
        err_set(e,
                "engagement file: not-applicable names %s, which the mapping does not have: see keycustody"
                " frameworks show",
                stray);
        goto out;
    }
    if (elsewhere)
        note_warn("the engagement file declares controls of %s not applicable; that is not reported here",
                  elsewhere);
    rc = 0;
out:
    free(stray);
    free(elsewhere);
    return rc;
}

int control_roll_up(struct db *facts, struct err *e)
{
    const struct embed_row *rules = embed_find("judge/control.sql");

    if (!rules)
        return err_set(e, "judge/control.sql: not built in");
    if (control_check_declared(facts, e) != 0 || control_thresholds(facts, e) != 0)
        return -1;
    if (db_exec(facts, rules->data, e) != 0)
        return err_context(e, "judge/control.sql");
    return 0;
}
