/* verify --deep: the tests in a pack performed again, and the whole pack judged again from its raw answers.
 * SQL that came with the pack runs confined, against tables that are only read. See verify.h. */
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/header.h"
#include "base/mem.h"
#include "lib/db.h"
#include "pack/verify.h"

#define VERIFY_SQL_BYTES (1u << 20)

/* What a pack holds of the program's own files, and where. */
static const struct {
    const char *folder, *built_in, *suffix;
} verify_kinds[] = {
    {"data/checks", "checks/", ".sql"},
    {"data/resources", "azure/", ".sql"},
    {"data/report-templates", "report-templates/default/", ""},
    {"data/mappings", "mappings/", ".json"},
};

struct verify_texts {
    struct verify *v;
    size_t kind, same, other;
};

static int verify_text(void *ctx, const char *relative, struct err *e)
{
    struct verify_texts *t = ctx;
    char *name = mem_print("%s/%s", verify_kinds[t->kind].folder, relative),
         *path = file_join(t->v->dir, name);
    char *ours = mem_print("%s%s", verify_kinds[t->kind].built_in, relative);
    const struct embed_row *row = embed_find(ours);
    struct buf text = {0};
    int rc = file_read(path, 64 * VERIFY_SQL_BYTES, &text, e);

    if (rc == 0 && row && embed_size(row) == text.len && memcmp(row->data, buf_str(&text), text.len) == 0) {
        t->same++;
    } else if (rc == 0) {
        t->other++;
        verify_say(t->v, VERIFY_NOTE, name,
                   row ? "differs from the one built into this program" : "is not built into this program");
    }
    buf_free(&text);
    free(name);
    free(path);
    free(ours);
    return rc;
}

static int verify_texts(struct verify *v, struct err *e)
{
    struct verify_texts t = {.v = v};

    for (t.kind = 0; t.kind < sizeof verify_kinds / sizeof *verify_kinds; t.kind++) {
        char *folder = file_join(v->dir, verify_kinds[t.kind].folder);
        int rc = file_is_dir(folder) ? file_each(folder, verify_text, &t, e) : 0;

        free(folder);
        if (rc != 0)
            return -1;
    }
    if (!t.other)
        verify_say(v, VERIFY_PASS, "texts",
                   "%zu files of SQL, mappings and template are those of this program", t.same);
    return 0;
}

struct verify_tests {
    struct verify *v;
    struct db *facts;
    size_t tests, rows;
    int failed;
};

static int verify_same_text(struct db_stmt *a, int at, struct db_stmt *b, int bt)
{
    const char *x = db_text(a, at), *y = db_text(b, bt);

    return strcmp(x ? x : "", y ? y : "") == 0;
}

/* Steps the test and the findings of the report side by side. */
static int verify_rows(struct verify_tests *t, const char *name, struct db_stmt *test, struct db_stmt *told)
{
    static const char *const columns[] = {"subject", "status", "observed", "expected",
                                          "reason",  "limit",  "evidence"};
    struct err e = {""};

    for (size_t n = 1;; n++) {
        int a = db_step(test, &e), b = a < 0 ? -1 : db_step(told, &e);

        if (a < 0 || b < 0)
            return verify_say(t->v, VERIFY_FAIL, name, "cannot be performed: %s", e.text), -1;
        if (a != b)
            return verify_say(t->v, VERIFY_FAIL, name, "gives %s rows than the report shows",
                              a > b ? "more" : "fewer"),
                   -1;
        if (!a)
            return 0;
        t->rows++;
        for (int i = 0; i < (int)(sizeof columns / sizeof *columns); i++) {
            if (!verify_same_text(test, db_column(test, columns[i]), told, i))
                return verify_say(t->v, VERIFY_FAIL, name, "row %zu: another %s than the report shows", n,
                                  columns[i]),
                       -1;
        }
    }
}

static int verify_test(void *ctx, const char *relative, struct err *e)
{
    struct verify_tests *t = ctx;
    char *name = mem_print("data/checks/%s", relative), *path = file_join(t->v->dir, name), *slug = NULL;
    struct db_stmt *test = NULL, *told = NULL;
    struct header h = {0};
    struct buf text = {0};
    struct err why = {""};
    int good = 0;

    (void)e;
    if (strlen(relative) < 5 || file_read(path, VERIFY_SQL_BYTES, &text, &why) != 0 ||
        header_read(&h, name, buf_str(&text), &why) != 0 || db_prepare(t->facts, &test, h.body, &why) != 0 ||
        db_prepare(t->facts, &told,
                   "SELECT subject, status, observed, expected, reason, limit_text, evidence FROM finding "
                   "WHERE check_id = ?1 ORDER BY n",
                   &why) != 0) {
        verify_say(t->v, VERIFY_FAIL, name, "cannot be performed: %s", why.text);
    } else {
        slug = mem_copy_n(relative, strlen(relative) - strlen(".sql"));
        db_bind_text(told, 1, slug);
        good = verify_rows(t, name, test, told) == 0;
    }
    t->tests++;
    t->failed += !good;
    db_free(test);
    db_free(told);
    header_free(&h);
    buf_free(&text);
    free(slug);
    free(name);
    free(path);
    return 0;
}

/* Before any statement reads its tables: they are tables, and whole. Two views are its own, and none of ours
 * reads them. */
static int verify_sound(struct db *facts, struct err *e)
{
    char *view = NULL, *damage = NULL;
    int rc = -1;

    if (db_value_text(
            facts, &view, e,
            "SELECT name FROM sqlite_schema WHERE type = 'view' AND name NOT IN ('custody_finding', "
            "'control_finding')") != 0)
        goto out;
    if (view)
        err_set(e, "%s is a view: it would be computed whenever it is read", view);
    else if (db_value_text(facts, &damage, e,
                           "SELECT quick_check FROM pragma_quick_check(1) WHERE quick_check <> 'ok'") != 0)
        goto out;
    else if (damage)
        err_set(e, "damaged: %s", damage);
    else
        rc = 0;
out:
    free(view);
    free(damage);
    return rc;
}

static int verify_tests(struct verify *v, int *sound, struct err *e)
{
    char *path = file_join(v->dir, "data/facts.db"), *folder = file_join(v->dir, "data/checks");
    struct verify_tests t = {.v = v};
    struct err why = {""};
    int rc = 0;

    if (db_open(&t.facts, path, DB_FOREIGN, &why) != 0 || verify_sound(t.facts, &why) != 0 ||
        db_confine(t.facts, 0, &why) != 0)
        verify_say(v, VERIFY_FAIL, "data/facts.db", "%s", why.text);
    else if (!file_is_dir(folder))
        verify_say(v, VERIFY_FAIL, "data/checks", "missing");
    else
        rc = file_each(folder, verify_test, &t, e);
    *sound = !why.text[0];
    if (rc == 0 && t.tests && !t.failed)
        verify_say(v, VERIFY_PASS, "tests",
                   "%zu tests performed again on data/facts.db: %zu rows, each as the report has it", t.tests,
                   t.rows);
    db_close(t.facts);
    free(path);
    free(folder);
    return rc;
}

/* Names of the files of a folder, as paths. */
struct verify_names {
    const char *folder, *suffix;
    char **list;
    size_t count;
};

static int verify_name(void *ctx, const char *relative, struct err *e)
{
    struct verify_names *n = ctx;
    size_t size = strlen(relative), tail = strlen(n->suffix);

    (void)e;
    if (size > tail && strcmp(relative + size - tail, n->suffix) == 0) {
        n->list = mem_grow(n->list, n->count + 1, sizeof *n->list);
        n->list[n->count++] = file_join(n->folder, relative);
    }
    return 0;
}

static void verify_names_free(struct verify_names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->list[i]);
    free(n->list);
}

static int verify_snapshots(struct verify *v, struct err *e)
{
    char *snapshots = file_join(v->dir, "data/snapshots");
    struct verify_names db = {.folder = snapshots, .suffix = ".db"};
    int rc = file_is_dir(snapshots) ? file_each(snapshots, verify_name, &db, e) : 0;

    if (rc == 0 && db.count != 1)
        verify_say(v, VERIFY_FAIL, "judged again", "the pack holds %zu snapshots, not one", db.count);
    else if (rc == 0)
        rc = verify_again(v, strrchr(db.list[0], '/') + 1, e);
    verify_names_free(&db);
    free(snapshots);
    return rc;
}

int verify_deep(struct verify *v, struct err *e)
{
    int sound = 0;

    if (verify_texts(v, e) != 0 || verify_tests(v, &sound, e) != 0)
        return -1;
    return sound ? verify_snapshots(v, e) : 0;
}
