/* The part of a pack that is judged: facts.db, findings.json, controls.json, rebuild.sql. See pack_job.h. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "judge/controls_json.h"
#include "judge/facts.h"
#include "judge/findings_json.h"
#include "judge/judge.h"
#include "pack/pack_job.h"

int pack_judge(struct pack_job *j, struct err *e)
{
    const struct judge_options o = {.snapshot = j->snapshot->path,
                                    .facts = j->judged,
                                    .engagement = j->o->engagement,
                                    .frameworks = j->o->frameworks,
                                    .framework_count = j->o->framework_count};

    return judge_run(&o, &j->facts, e);
}

int pack_judged_files(struct pack_job *j, struct err *e)
{
    char *findings = pack_path(j, "data/findings.json"), *controls = pack_path(j, "data/controls.json");
    struct buf sql = {0};
    int rc = -1;

    if (findings_json_write(j->facts, findings, j->id, e) != 0 ||
        controls_json_write(j->facts, controls, j->id, e) != 0 ||
        facts_rebuild_sql(j->facts, j->report.snapshot_file, &sql, e) != 0)
        goto out;
    rc = pack_put(j, "data/rebuild.sql", buf_str(&sql), sql.len, e);
out:
    buf_free(&sql);
    free(findings);
    free(controls);
    return rc;
}
