/* Second places to ask. See instead.h. */
#include "azure/instead.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct instead {
    struct db *db;
    struct db_stmt *waits, *keep;
};

static const char instead_tables[] =
    "CREATE TABLE main.instead_pair(resource TEXT, instead TEXT);" /* resource stands in for instead */
    "CREATE TABLE main.instead_gap(n INTEGER PRIMARY KEY, resource TEXT, subject TEXT, scope TEXT, url TEXT, "
    "status INT, code TEXT, reason TEXT, exchange INT);";

int instead_begin(struct instead **out, struct db *db, const struct resources *resources, struct err *e)
{
    struct instead *i = mem_zero(1, sizeof *i);

    *out = i;
    i->db = db;
    if (db_exec(db, instead_tables, e) != 0)
        return -1;
    for (size_t k = 0; k < resources->count; k++) {
        const struct resource *r = &resources->rows[k];

        if (*r->instead &&
            db_exec_print(db, e, "INSERT INTO main.instead_pair VALUES (%Q, %Q)", r->name, r->instead) != 0)
            return -1;
    }
    if (db_prepare(db, &i->waits, "SELECT 1 FROM main.instead_pair WHERE ?1 IN (resource, instead)", e) !=
            0 ||
        db_prepare(db, &i->keep, "INSERT INTO main.instead_gap VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                   e) != 0)
        return -1;
    return 0;
}

int instead_gap(struct instead *i, struct evidence *ev, const char *resource, const char *subject,
                const char *scope, const char *url, int status, const char *code, const char *reason,
                int64_t exchange, struct err *e)
{
    int waits = 0;

    if (i) {
        db_bind_text(i->waits, 1, resource);
        waits = db_step(i->waits, e);
        db_reset(i->waits);
    }
    if (waits < 0)
        return -1;
    if (!waits)
        return evidence_gap(ev, resource, subject, scope, url, status, code, reason, exchange, e);
    db_bind_text(i->keep, 1, resource);
    db_bind_text(i->keep, 2, subject);
    db_bind_text(i->keep, 3, scope);
    db_bind_text(i->keep, 4, url);
    db_bind_int(i->keep, 5, status);
    db_bind_text(i->keep, 6, code);
    db_bind_text(i->keep, 7, reason);
    db_bind_int(i->keep, 8, exchange);
    return db_run(i->keep, e);
}

/* A second place that was not reached at all, since a recording was made without it, or there is no token for
 * it, or it is no place of this cloud, adds nothing to the gap of the first. */
static const char instead_drop[] =
    "CREATE TABLE main.instead_closed AS SELECT p.instead AS resource, x.subject, x.url, x.exchange FROM "
    "main.instead_pair p JOIN main.collect_end x ON x.resource = p.resource WHERE x.complete AND x.status = "
    "200;"
    "DELETE FROM main.instead_gap WHERE (resource, subject) IN (SELECT resource, subject FROM "
    "main.instead_closed);"
    "DELETE FROM main.instead_gap WHERE code IN ('NotRecorded', 'ForeignHost', 'NoToken') AND resource IN "
    "(SELECT "
    "resource FROM "
    "main.instead_pair);"
    "DELETE FROM main.collect_end WHERE code IN ('NotRecorded', 'ForeignHost', 'NoToken') AND resource IN "
    "(SELECT "
    "resource FROM "
    "main.instead_pair);"
    "UPDATE main.collect_end SET complete = 1, pages = 1, status = 200, code = NULL, url = c.url, exchange = "
    "c.exchange "
    "FROM main.instead_closed c WHERE c.resource = collect_end.resource AND c.subject = collect_end.subject;";

int instead_settle(struct instead *i, struct evidence *ev, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1, more = 0;

    if (db_exec(i->db, instead_drop, e) != 0 ||
        db_prepare(i->db, &s,
                   "SELECT resource, subject, scope, url, status, code, reason, exchange FROM "
                   "main.instead_gap ORDER BY n",
                   e) != 0)
        return -1;
    while ((more = db_step(s, e)) == 1) {
        if (evidence_gap(ev, db_text(s, 0), db_text(s, 1), db_text(s, 2), db_text(s, 3), (int)db_int(s, 4),
                         db_text(s, 5), db_text(s, 6), db_int(s, 7), e) != 0)
            goto out;
    }
    rc = more;
out:
    db_free(s);
    return rc;
}

void instead_end(struct instead *i)
{
    if (!i)
        return;
    db_free(i->waits);
    db_free(i->keep);
    free(i);
}
