/* From a snapshot to results, in one database. See judge.h. */
#include "judge/judge.h"

#include "judge/check.h"
#include "judge/custody.h"
#include "judge/facts.h"
#include "judge/mapping.h"

static int judge_checks(struct db *db, struct err *e)
{
    struct checks list = {0};
    int rc = -1;

    if (checks_load(&list, e) != 0)
        return -1;
    if (!list.count)
        err_set(e, "this program was built without checks");
    else
        rc = checks_run(db, &list, e);
    checks_free(&list);
    return rc;
}

static int judge_controls(struct db *db, const struct judge_options *o, struct err *e)
{
    if (!o->framework_count && mapping_load_all(db, e) != 0)
        return -1;
    for (size_t i = 0; i < o->framework_count; i++) {
        if (mapping_load(db, o->frameworks[i], e) != 0)
            return -1;
    }
    return control_roll_up(db, e);
}

int judge_run(const struct judge_options *o, struct db **facts, struct err *e)
{
    struct db *db = NULL;
    int rc = -1;

    if (db_open(&db, o->facts, o->facts ? DB_CREATE : DB_MEMORY, e) != 0 ||
        facts_build(db, o->snapshot, o->engagement, e) != 0)
        goto out;
    if (db_exec(db, "BEGIN", e) != 0 || judge_checks(db, e) != 0 || custody_run(db, e) != 0 ||
        judge_controls(db, o, e) != 0 || db_exec(db, "ANALYZE main; COMMIT", e) != 0)
        goto out;
    *facts = db;
    db = NULL;
    rc = 0;
out:
    db_close(db);
    return rc;
}
