/* Runs the checks: each SELECT confined, each row validated, and what it found kept. See judge/check.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "judge/check.h"
#include "judge/remedy.h"
#include "judge/verdict.h"
#include "lib/digest.h"

/* Above any tenant we know of, below what fills a disk: a check that yields more is wrong. */
#define FINDING_ROWS_MAX 5000000

/* The columns of a check, in order. */
enum { COL_SUBJECT, COL_STATUS, COL_OBSERVED, COL_EXPECTED, COL_REASON, COL_LIMIT, COL_EVIDENCE, COL_COUNT };
static const char *const finding_columns[COL_COUNT] = {"subject", "status", "observed", "expected",
                                                       "reason",  "limit",  "evidence"};

static const char finding_unknown[] = "population not known:";
static const char finding_none[] = "none found in scope";

struct finding_job {
    struct db *db;
    const struct check *check;
    struct db_stmt *rows; /* of the check */
    struct db_stmt *add, *exchange;
    struct remedy_unread *unread;
    struct buf remedy, key, evidence;
    int64_t n; /* rows of the check so far */
};

static int finding_fail(const struct finding_job *j, struct err *e, const char *column, const char *what)
{
    const char *subject = j->rows ? db_text(j->rows, COL_SUBJECT) : NULL;

    return err_set(e, "%s: row %lld (%.200s): %s: %s", j->check->file->name, (long long)j->n,
                   subject ? subject : "no subject", column, what);
}

/* The subject as ids are compared. */
static void finding_key(struct finding_job *j, const char *subject)
{
    size_t n = strlen(subject);

    while (n > 1 && subject[n - 1] == '/')
        n--;
    buf_clear(&j->key);
    utf8_fold(&j->key, subject, n);
}

static void finding_id(const struct finding_job *j, char id[11])
{
    struct digest *d = digest_new();
    char hex[DIGEST_HEX];

    digest_add(d, j->check->slug, strlen(j->check->slug));
    digest_add(d, "\n", 1);
    digest_add(d, buf_str(&j->key), j->key.len);
    digest_end(d, hex);
    snprintf(id, 11, "F-%.8s", hex);
}

/* Tokens "N" or "N#/pointer", each N an exchange. */
static int finding_evidence(struct finding_job *j, const char *text, struct err *e)
{
    buf_clear(&j->evidence);
    for (const char *p = text ? text : ""; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " "), digits = strspn(p, "0123456789");
        int got = 0;

        if (n == 0)
            continue;
        if (!digits || digits > 18 ||
            (digits < n && (p[digits] != '#' || (digits + 1 < n && p[digits + 1] != '/'))))
            return finding_fail(j, e, "evidence", "a token is neither N nor N#/pointer");
        db_bind_int(j->exchange, 1, strtoll(p, NULL, 10));
        got = db_step(j->exchange, e);
        db_reset(j->exchange);
        if (got < 0)
            return -1;
        if (!got)
            return finding_fail(j, e, "evidence", "names an answer that is not there");
        if (j->evidence.len)
            buf_char(&j->evidence, ' ');
        buf_add(&j->evidence, p, n);
        p += n;
    }
    return 0;
}

static int finding_validate(struct finding_job *j, enum verdict *verdict, struct err *e)
{
    const char *subject = db_text(j->rows, COL_SUBJECT), *reason = db_text(j->rows, COL_REASON);

    for (int i = 0; i < COL_COUNT; i++) {
        if (db_is_number(j->rows, i) ||
            (db_text(j->rows, i) && !utf8_valid(db_text(j->rows, i), db_size(j->rows, i))))
            return finding_fail(j, e, finding_columns[i], "is neither NULL nor text in UTF-8");
    }
    if (!subject || !*subject)
        return finding_fail(j, e, "subject", "a row has none");
    *verdict = verdict_read(db_text(j->rows, COL_STATUS));
    if (*verdict == VERDICT_NONE || *verdict == VERDICT_ATTESTED)
        return finding_fail(j, e, "status", "must be pass, fail, not-applicable or not-assessed");
    if (*verdict != VERDICT_PASS && (!reason || !*reason))
        return finding_fail(j, e, "reason", "only a pass can do without one");
    if (*verdict != VERDICT_PASS && db_size(j->rows, COL_LIMIT))
        return finding_fail(j, e, "limit", "only a pass has one");
    return finding_evidence(j, db_text(j->rows, COL_EVIDENCE), e);
}

/* NULL for what has none. */
static int finding_remedy(struct finding_job *j, enum verdict verdict, const char *subject,
                          const char **remedy, struct err *e)
{
    int own = verdict == VERDICT_FAIL ||
              (verdict == VERDICT_NOT_ASSESSED && strcmp(j->check->slug, CHECK_COMPLETE) == 0);

    *remedy = NULL;
    if (own) {
        buf_clear(&j->remedy);
        remedy_fill(&j->remedy, j->check->remedy, subject);
        *remedy = buf_str(&j->remedy);
    } else if (verdict == VERDICT_NOT_ASSESSED) {
        return remedy_unread_text(j->unread, buf_str(&j->key), remedy, e);
    }
    return 0;
}

static int finding_row(struct finding_job *j, struct err *e)
{
    const char *subject = db_text(j->rows, COL_SUBJECT), *remedy = NULL, *reason = NULL;
    const struct check *c = j->check;
    enum verdict verdict = VERDICT_NONE;
    char id[11];

    if (finding_validate(j, &verdict, e) != 0)
        return -1;
    reason = db_text(j->rows, COL_REASON) ? db_text(j->rows, COL_REASON) : "";
    finding_key(j, subject);
    finding_id(j, id);
    if (finding_remedy(j, verdict, subject, &remedy, e) != 0)
        return -1;
    db_bind_text(j->add, 1, id);
    db_bind_text(j->add, 2, c->slug);
    db_bind_text(j->add, 3, c->title);
    db_bind_text(j->add, 4, subject);
    db_bind_text(j->add, 5, buf_str(&j->key));
    db_bind_text(j->add, 6, verdict_text(verdict));
    db_bind_text(j->add, 7, c->severity);
    db_bind_text(j->add, 8, c->basis);
    db_bind_text(j->add, 9, db_text(j->rows, COL_OBSERVED));
    db_bind_text(j->add, 10, db_text(j->rows, COL_EXPECTED));
    db_bind_text(j->add, 11, reason);
    db_bind_text(j->add, 12, db_text(j->rows, COL_LIMIT));
    db_bind_text(j->add, 13, remedy);
    db_bind_text(j->add, 14, verdict == VERDICT_FAIL ? c->danger : NULL);
    db_bind_text(j->add, 15, buf_str(&j->evidence));
    db_bind_int(j->add, 16,
                verdict == VERDICT_NOT_ASSESSED &&
                    strncmp(reason, finding_unknown, sizeof finding_unknown - 1) == 0);
    return db_run(j->add, e);
}

static int finding_columns_right(struct finding_job *j, struct err *e)
{
    int right = db_columns(j->rows) == COL_COUNT;

    for (int i = 0; right && i < COL_COUNT; i++)
        right = strcmp(db_name(j->rows, i), finding_columns[i]) == 0;
    if (!right)
        return err_set(
            e, "%s: its columns must be subject, status, observed, expected, reason, \"limit\", evidence",
            j->check->file->name);
    return 0;
}

static int finding_check(struct finding_job *j, const struct check *c, struct err *e)
{
    int rc = -1, more = 0;

    j->check = c;
    j->n = 0;
    if (remedy_unread_new(&j->unread, j->db, c, e) != 0)
        goto out;
    if (db_prepare_confined(j->db, &j->rows, c->header.body, 0, e) != 0) {
        err_context(e, "%s", c->file->name);
        goto out;
    }
    if (finding_columns_right(j, e) != 0)
        goto out;
    while ((more = db_step(j->rows, e)) == 1) {
        j->n++;
        if (finding_row(j, e) != 0)
            goto out;
        if (j->n >= FINDING_ROWS_MAX) {
            finding_fail(j, e, "subject", "yields more rows than any tenant can have");
            goto out;
        }
    }
    if (more < 0) {
        err_context(e, "%s", c->file->name);
        goto out;
    }
    rc = 0;
out:
    db_free(j->rows);
    j->rows = NULL;
    db_unconfine(j->db);
    remedy_unread_free(j->unread);
    j->unread = NULL;
    return rc;
}

/* ---- what stands beside the findings */

static int finding_meta(struct db_stmt *s, const struct check *c, int position, struct err *e)
{
    const char *const texts[] = {c->slug,  c->code, c->title,  c->severity, c->basis,  c->link,  c->kind,
                                 c->needs, c->why,  c->limits, c->remedy,   c->danger, c->source};
    char hex[DIGEST_HEX];
    int at = 1;

    digest_bytes(c->file->data, embed_size(c->file), hex);
    db_bind_int(s, at++, position);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        db_bind_text(s, at++, texts[i]);
    db_bind_text_n(s, at++, c->file->data, embed_size(c->file));
    db_bind_text(s, at, hex);
    return db_run(s, e);
}

static int finding_metas(struct db *db, const struct checks *list, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1;

    if (db_prepare(db, &s,
                   "INSERT INTO check_meta VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
                   "?14, ?15, ?16)",
                   e) != 0)
        return -1;
    for (size_t i = 0; i < list->count; i++) {
        if (finding_meta(s, &list->rows[i], (int)i + 1, e) != 0) {
            err_context(e, "%s", list->rows[i].file->name);
            goto out;
        }
    }
    rc = 0;
out:
    db_free(s);
    return rc;
}

/* A threshold that does not exist would be one that nobody can adopt. */
static int finding_thresholds(struct db *db, const struct checks *list, struct err *e)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct check *c = &list->rows[i];
        char *words = mem_copy(c->threshold ? c->threshold : ""), *save = NULL;
        int64_t there = 1;
        int rc = 0;

        for (char *word = strtok_r(words, ", \n", &save); word && rc == 0 && there;
             word = strtok_r(NULL, ", \n", &save)) {
            rc = db_value_int(db, &there, e, "SELECT count(*) FROM policy WHERE name = %Q", word);
            if (rc == 0 && !there)
                rc = err_set(e, "%s: threshold: there is none named \"%s\"", c->file->name, word);
        }
        free(words);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int finding_once(struct db *db, struct err *e)
{
    char *twice = NULL;
    int rc = -1;

    if (db_exec(db,
                "CREATE INDEX finding_check ON finding(check_id, subject_key);"
                "CREATE INDEX finding_subject ON finding(subject_key);"
                "CREATE INDEX finding_status ON finding(check_id, status);"
                "CREATE INDEX finding_id ON finding(id)",
                e) != 0 ||
        db_value_text(db, &twice, e,
                      "SELECT printf('checks/%%s.sql: yields the subject %%.200s twice', check_id, subject) "
                      "FROM finding GROUP BY"
                      " check_id, subject_key HAVING count(*) > 1 ORDER BY n LIMIT 1") != 0)
        goto out;
    if (twice) {
        err_set(e, "%s", twice);
        goto out;
    }
    rc = 0;
out:
    free(twice);
    return rc;
}

static int finding_counts(struct db *db, struct err *e)
{
    return db_exec_print(db, e,
                         "INSERT INTO check_count"
                         " SELECT m.check_id, count(f.n) FILTER (WHERE NOT f.population_unknown AND NOT "
                         "(f.status = 'not-applicable' AND"
                         "   f.reason = %Q)),"
                         "  count(f.n) > 0 AND coalesce(sum(f.population_unknown), 0) = 0,"
                         "  count(f.n) FILTER (WHERE f.status IN ('pass', 'fail')), count(f.n) FILTER (WHERE "
                         "f.status = 'pass'),"
                         "  count(f.n) FILTER (WHERE f.status = 'fail'), count(f.n) FILTER (WHERE f.status = "
                         "'not-applicable'),"
                         "  count(f.n) FILTER (WHERE f.status = 'not-assessed'), count(f.n) FILTER (WHERE "
                         "f.status = 'attested')"
                         " FROM check_meta m LEFT JOIN finding f ON f.check_id = m.check_id GROUP BY "
                         "m.check_id ORDER BY m.position;"
                         "INSERT INTO gap_affects"
                         " SELECT g.n, m.check_id FROM gap g CROSS JOIN check_meta m WHERE m.check_id = %Q"
                         "  OR EXISTS (SELECT 1 FROM json_each('[\"' || replace(replace(replace(m.needs, "
                         "char(10), ''), ' ', ''), ',',"
                         "   '\",\"') || '\"]') w WHERE w.value = g.resource) ORDER BY 1, 2;",
                         finding_none, CHECK_COMPLETE);
}

int checks_run(struct db *facts, const struct checks *list, struct err *e)
{
    const struct embed_row *tables = embed_find("judge/check.sql");
    struct finding_job j = {.db = facts};
    int rc = -1;

    if (!tables)
        return err_set(e, "judge/check.sql: not built in");
    if (db_exec(facts, tables->data, e) != 0) {
        err_context(e, "judge/check.sql");
        goto out;
    }
    if (finding_thresholds(facts, list, e) != 0 || finding_metas(facts, list, e) != 0)
        goto out;
    if (db_prepare(facts, &j.add,
                   "INSERT INTO finding VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
                   "?13, ?14, ?15, ?16)",
                   e) != 0 ||
        db_prepare(facts, &j.exchange, "SELECT 1 FROM exchange WHERE n = ?1", e) != 0)
        goto out;
    for (size_t i = 0; i < list->count; i++) {
        if (finding_check(&j, &list->rows[i], e) != 0)
            goto out;
    }
    if (finding_once(facts, e) != 0 || finding_counts(facts, e) != 0)
        goto out;
    rc = 0;
out:
    db_free(j.add);
    db_free(j.exchange);
    buf_free(&j.remedy);
    buf_free(&j.key);
    buf_free(&j.evidence);
    return rc;
}
