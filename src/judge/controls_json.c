/* controls.json, streamed from facts.db. See controls_json.h. */
#include "judge/controls_json.h"

#include <stdlib.h>

#include "base/file.h"
#include "lib/json.h"

static int controls_json_bytes(void *ctx, const char *bytes, size_t n, struct err *e)
{
    return file_add(ctx, bytes, n, e);
}

/* The statements that the writer walks, prepared once. */
struct controls_json {
    struct db_stmt *frameworks, *notes, *controls, *tests, *findings;
};

static int controls_json_prepare(struct controls_json *q, struct db *facts, struct err *e)
{
    static const char frameworks[] = "SELECT id, title, full_title, edition, label, published, publisher,"
                                     " retention, file, sha256 FROM framework ORDER BY position";
    static const char notes[] =
        "SELECT name, text, source, verified FROM framework_note WHERE framework = ?1 AND kind"
        " = ?2 AND verified <> 'recalled' ORDER BY position";
    static const char controls[] =
        "SELECT c.id, c.family, c.family_title, c.title, r.status_words, r.reason, r.approver, c.test_kind,"
        " c.obligation, c.service_provider, c.li_saas, c.low, c.moderate, c.high, c.proves, c.cannot, "
        "c.rest, c.note,"
        " c.source, c.verified, r.population, r.assessed, r.pass, r.fail, r.not_applicable, r.not_assessed, "
        "r.attested"
        " FROM control c JOIN control_result r ON r.framework = c.framework AND r.control = c.id"
        " WHERE c.framework = ?1 ORDER BY c.position";
    static const char tests[] =
        "SELECT t.check_id, t.relation, t.effective_relation, t.not_adopted, t.run, t.population, "
        "t.assessed, t.pass,"
        " t.fail, t.not_applicable, t.not_assessed, t.attested, r.part, r.rest, r.source, r.verified"
        " FROM control_test t JOIN relation r ON r.framework = t.framework AND r.control = t.control AND "
        "r.check_id ="
        " t.check_id WHERE t.framework = ?1 AND t.control = ?2 ORDER BY t.position";
    static const char findings[] =
        "SELECT finding_id FROM control_finding WHERE framework = ?1 AND control = ?2 AND"
        " check_id = ?3 AND status = ?4 ORDER BY n";

    if (db_prepare(facts, &q->frameworks, frameworks, e) != 0 ||
        db_prepare(facts, &q->notes, notes, e) != 0 || db_prepare(facts, &q->controls, controls, e) != 0 ||
        db_prepare(facts, &q->tests, tests, e) != 0 || db_prepare(facts, &q->findings, findings, e) != 0)
        return -1;
    return 0;
}

static void controls_json_free(struct controls_json *q)
{
    db_free(q->frameworks);
    db_free(q->notes);
    db_free(q->controls);
    db_free(q->tests);
    db_free(q->findings);
}

static void controls_json_number(struct json_out *o, const char *name, struct db_stmt *s, int at)
{
    if (db_is_null(s, at))
        json_put_null(o, name);
    else
        json_put_int(o, name, db_int(s, at));
}

/* population (null: not known), assessed, pass, fail, not_applicable, not_assessed, attested: seven columns.
 */
static void controls_json_counts(struct json_out *o, struct db_stmt *s, int at)
{
    static const char *const names[] = {"population",     "assessed",     "pass",    "fail",
                                        "not_applicable", "not_assessed", "attested"};

    json_object(o, "counts");
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        controls_json_number(o, names[i], s, at + i);
    json_object_end(o);
}

static int controls_json_ids(struct json_out *o, struct db_stmt *s, const char *framework,
                             const char *control, const char *check, const char *status, const char *name,
                             struct err *e)
{
    int got = 0;

    db_reset(s);
    db_bind_text(s, 1, framework);
    db_bind_text(s, 2, control);
    db_bind_text(s, 3, check);
    db_bind_text(s, 4, status);
    json_array(o, name);
    while ((got = db_step(s, e)) == 1)
        json_put_text(o, NULL, db_text(s, 0));
    json_array_end(o);
    return got;
}

static int controls_json_tests(struct json_out *o, struct controls_json *q, const char *framework,
                               const char *control, struct err *e)
{
    struct db_stmt *s = q->tests;
    int got = 0;

    db_reset(s);
    db_bind_text(s, 1, framework);
    db_bind_text(s, 2, control);
    json_array(o, "tests");
    while ((got = db_step(s, e)) == 1) {
        int recalled = db_text(s, 15)[0] == 'r';

        json_object(o, NULL);
        json_put_text(o, "check", db_text(s, 0));
        json_put_text(o, "relation", db_text(s, 1));
        json_put_text(o, "effective_relation", db_text(s, 2));
        json_put_text(o, "not_adopted", db_text(s, 3)[0] ? db_text(s, 3) : NULL);
        json_put_bool(o, "run", (int)db_int(s, 4));
        controls_json_counts(o, s, 5);
        json_put_text(o, "part", recalled ? NULL : db_text(s, 12));
        json_put_text(o, "rest", db_text(s, 13));
        json_put_text(o, "source", db_text(s, 14));
        json_put_text(o, "verified", db_text(s, 15));
        if (db_text(s, 2)[0] != 'I' && (controls_json_ids(o, q->findings, framework, control, db_text(s, 0),
                                                          "fail", "exceptions", e) != 0 ||
                                        controls_json_ids(o, q->findings, framework, control, db_text(s, 0),
                                                          "not-assessed", "not_assessed", e) != 0))
            return -1;
        json_object_end(o);
    }
    json_array_end(o);
    return got;
}

static void controls_json_baselines(struct json_out *o, struct db_stmt *s, int at)
{
    static const char *const names[] = {"li-saas", "low", "moderate", "high"};

    if (db_is_null(s, at))
        return;
    json_array(o, "baselines");
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (db_int(s, at + i))
            json_put_text(o, NULL, names[i]);
    }
    json_array_end(o);
}

/* Fields that many frameworks lack are left out where they are empty. */
static void controls_json_some(struct json_out *o, const char *name, const char *text)
{
    if (text && *text)
        json_put_text(o, name, text);
}

static int controls_json_controls(struct json_out *o, struct controls_json *q, const char *framework,
                                  struct err *e)
{
    struct db_stmt *s = q->controls;
    int got = 0;

    db_reset(s);
    db_bind_text(s, 1, framework);
    json_array(o, "controls");
    while ((got = db_step(s, e)) == 1) {
        json_object(o, NULL);
        json_put_text(o, "control", db_text(s, 0));
        json_put_text(o, "family", db_text(s, 1));
        json_put_text(o, "family_title", db_text(s, 2));
        json_put_text(o, "title", db_text(s, 3));
        json_put_text(o, "result", db_text(s, 4));
        json_put_text(o, "reason", db_text(s, 5));
        controls_json_some(o, "approver", db_text(s, 6));
        controls_json_some(o, "assessor_does", db_text(s, 7));
        controls_json_some(o, "obligation", db_text(s, 8));
        json_put_bool(o, "service_provider_only", (int)db_int(s, 9));
        controls_json_baselines(o, s, 10);
        json_put_text(o, "proves", db_text(s, 14));
        json_put_text(o, "cannot", db_text(s, 15));
        json_put_text(o, "rest", db_text(s, 16));
        controls_json_some(o, "note", db_text(s, 17));
        json_put_text(o, "source", db_text(s, 18));
        json_put_text(o, "verified", db_text(s, 19));
        controls_json_counts(o, s, 20);
        if (controls_json_tests(o, q, framework, db_text(s, 0), e) != 0)
            return -1;
        json_object_end(o);
    }
    json_array_end(o);
    return got;
}

static int controls_json_notes(struct json_out *o, struct db_stmt *s, const char *framework, const char *kind,
                               const char *name, struct err *e)
{
    int got = 0;

    db_reset(s);
    db_bind_text(s, 1, framework);
    db_bind_text(s, 2, kind);
    json_array(o, name);
    while ((got = db_step(s, e)) == 1) {
        json_object(o, NULL);
        controls_json_some(o, "title", db_text(s, 0));
        json_put_text(o, "text", db_text(s, 1));
        json_put_text(o, "source", db_text(s, 2));
        json_put_text(o, "verified", db_text(s, 3));
        json_object_end(o);
    }
    json_array_end(o);
    return got;
}

static int controls_json_frameworks(struct json_out *o, struct controls_json *q, struct err *e)
{
    static const char *const fields[] = {"framework", "title",     "full_title", "edition", "label",
                                         "published", "publisher", "retention",  "mapping", "mapping_sha256"};
    struct db_stmt *s = q->frameworks;
    int got = 0;

    json_array(o, "frameworks");
    while ((got = db_step(s, e)) == 1) {
        json_object(o, NULL);
        for (int i = 0; i < (int)(sizeof fields / sizeof *fields); i++)
            controls_json_some(o, fields[i], db_text(s, i));
        if (controls_json_notes(o, q->notes, db_text(s, 0), "note", "notes", e) != 0 ||
            controls_json_notes(o, q->notes, db_text(s, 0), "limit", "limits", e) != 0 ||
            controls_json_controls(o, q, db_text(s, 0), e) != 0)
            return -1;
        json_object_end(o);
    }
    json_array_end(o);
    return got;
}

int controls_json_write(struct db *facts, const char *path, const char *pack, struct err *e)
{
    struct controls_json q = {0};
    struct json_out o = {0};
    struct file_out *f = NULL;
    char *snapshot = NULL, *taken_at = NULL;
    int rc = -1;

    if (controls_json_prepare(&q, facts, e) != 0 ||
        db_value_text(facts, &snapshot, e, "SELECT id FROM snapshot") != 0 ||
        db_value_text(facts, &taken_at, e, "SELECT taken_at FROM snapshot") != 0 ||
        file_create(&f, path, 0600, e) != 0)
        goto out;
    o.write = controls_json_bytes;
    o.ctx = f;
    json_begin(&o);
    json_object(&o, NULL);
    json_put_int(&o, "format", 1);
    json_put_text(&o, "pack", pack);
    json_put_text(&o, "snapshot", snapshot);
    json_put_text(&o, "taken_at", taken_at);
    if (controls_json_frameworks(&o, &q, e) != 0)
        goto out;
    json_object_end(&o);
    if (json_end(&o, e) != 0)
        goto out;
    rc = file_commit(f, e);
    f = NULL;
out:
    file_abandon(f);
    buf_free(&o.buf);
    free(snapshot);
    free(taken_at);
    controls_json_free(&q);
    return rc;
}
