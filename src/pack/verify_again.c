/* verify --deep: the pack made again from its raw answers, and what it comes to compared with what was
 * delivered, down to the first difference. See verify.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "lib/db.h"
#include "pack/pack_again.h"
#include "pack/pdf_check.h"
#include "pack/verify.h"
#include "pack/verify_same.h"

#define VERIFY_VALUE 160 /* bytes of a value that a message shows */

static const char *again_shown(struct db_stmt *s, int at)
{
    return db_is_null(s, at) ? "NULL" : db_text(s, at);
}

static int again_same_value(struct db_stmt *a, struct db_stmt *b, int at)
{
    const char *x = db_text(a, at), *y = db_text(b, at);
    size_t n = db_size(a, at);

    return db_is_null(a, at) == db_is_null(b, at) && n == db_size(b, at) && (!n || memcmp(x, y, n) == 0);
}

struct again_tables {
    struct verify *v;
    struct db *ours, *theirs;
    size_t tables;
    int64_t rows, findings, controls;
};

static void again_table_says(const struct again_tables *t, const char *table, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void again_table_says(const struct again_tables *t, const char *table, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    verify_say(t->v, VERIFY_FAIL, "data/facts.db", "its table %s%s", table, text);
}

/* Their row b against ours. 0: the same. */
static int again_row(const struct again_tables *t, const char *table, int64_t n, struct db_stmt *a,
                     struct db_stmt *b)
{
    for (int i = 0; i < db_columns(a); i++) {
        if (strcmp(db_name(a, i), db_name(b, i)) == 0 && again_same_value(a, b, i))
            continue;
        again_table_says(t, table, ", row %lld (%.*s, %.*s), %s: %.*s; the answers give: %.*s", (long long)n,
                         VERIFY_VALUE, again_shown(b, 0), VERIFY_VALUE,
                         db_columns(b) > 1 ? again_shown(b, 1) : "", db_name(a, i), VERIFY_VALUE,
                         again_shown(b, i), VERIFY_VALUE, again_shown(a, i));
        return 1;
    }
    return 0;
}

/* Both were filled by the same statements, and copying a database keeps the order of its rows. 0: the same,
 * 1: not. */
static int again_table(struct again_tables *t, const char *table, struct err *e)
{
    char *sql = mem_print("SELECT * FROM \"%s\"", table);
    struct db_stmt *a = NULL, *b = NULL;
    struct err why = {""};
    int64_t n = 0;
    int rc = -1, ours = 0, theirs = 0, differs = 0;

    if (db_prepare(t->ours, &a, sql, e) != 0)
        goto out;
    if (db_prepare(t->theirs, &b, sql, &why) != 0 || db_columns(b) != db_columns(a)) {
        again_table_says(t, table, " is not the one that the answers give: %s",
                         why.text[0] ? why.text : "other columns");
        rc = 1;
        goto out;
    }
    while (!differs && (ours = db_step(a, e)) >= 0) {
        theirs = db_step(b, &why);
        if (!ours && !theirs)
            break;
        n++;
        if (ours == 1 && theirs == 1) {
            differs = again_row(t, table, n, a, b);
            continue;
        }
        differs = 1;
        again_table_says(t, table, ", row %lld: %s", (long long)n,
                         theirs < 0    ? why.text
                         : theirs == 0 ? "is missing: the answers give one"
                                       : "is one that the answers do not give");
    }
    if (ours < 0)
        goto out;
    t->rows += n;
    if (strcmp(table, "finding") == 0)
        t->findings = n;
    if (strcmp(table, "control_result") == 0)
        t->controls = n;
    rc = differs;
out:
    db_free(a);
    db_free(b);
    free(sql);
    return rc;
}

static int again_count(struct db *db, int64_t *tables, struct err *e)
{
    return db_value_int(db, tables, e,
                        "SELECT count(*) FROM main.sqlite_schema WHERE name NOT GLOB 'sqlite_*' AND type <> "
                        "'index'");
}

static int again_facts(struct verify *v, struct pack_again *again, const char *snapshot, struct err *e)
{
    char *path = file_join(v->dir, "data/facts.db");
    struct again_tables t = {.v = v, .ours = again->facts};
    struct db_stmt *tables = NULL;
    struct err why = {""};
    int64_t ours = 0, theirs = 0;
    int more = 0, rc = -1, differ = 0;

    if (db_open(&t.theirs, path, DB_FOREIGN, &why) != 0 || again_count(t.theirs, &theirs, &why) != 0 ||
        db_confine(t.theirs, 0, &why) != 0) {
        verify_say(v, VERIFY_FAIL, "data/facts.db", "%s", why.text);
        rc = 0;
        goto out;
    }
    if (again_count(t.ours, &ours, e) != 0 ||
        db_prepare(t.ours, &tables,
                   "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' "
                   "ORDER BY name <> 'finding', name <> 'control_result', name",
                   e) != 0)
        goto out;
    while ((more = db_step(tables, e)) == 1) {
        int one = again_table(&t, db_text(tables, 0), e);

        if (one < 0)
            goto out;
        differ += one;
        t.tables++;
    }
    if (more < 0)
        goto out;
    if (ours != theirs) {
        verify_say(v, VERIFY_FAIL, "data/facts.db", "holds %lld tables and views; the answers give %lld",
                   (long long)theirs, (long long)ours);
        differ++;
    }
    if (!differ)
        verify_say(v, VERIFY_PASS, "judged again",
                   "from the answers in %s this program comes to the same %lld findings and %lld results of "
                   "controls: %zu tables, %lld rows",
                   snapshot, (long long)t.findings, (long long)t.controls, t.tables, (long long)t.rows);
    rc = 0;
out:
    db_free(tables);
    db_close(t.theirs);
    free(path);
    return rc;
}

/* Files of text, line by line. */
static void again_texts(struct verify *v, const struct pack_again *again)
{
    static const struct {
        const char *name, *aside; /* lines after this one, up to a closing bracket, name the program */
    } files[] = {{"report.txt", NULL},
                 {"findings.json", "  \"tool\": {\n"},
                 {"controls.json", "  \"tool\": {\n"},
                 {"rebuild.sql", NULL}};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *name = mem_print("data/%s", files[i].name), *theirs = file_join(v->dir, name),
             *ours = file_join(again->data, files[i].name);
        struct err e = {""};
        size_t lines = 0;

        if (same_text(theirs, ours, files[i].aside, &lines, &e) != 0)
            verify_say(v, VERIFY_FAIL, name, "%s", e.text);
        else
            verify_say(v, VERIFY_PASS, name, "written again it is the same, %zu lines", lines);
        free(name);
        free(theirs);
        free(ours);
    }
}

/* Why the same content may have other bytes: said, and no excuse. */
static void again_differs(struct verify *v, const char *name, const struct pack_again *again,
                          const struct err *e)
{
    verify_say(v, VERIFY_FAIL, name, "%s%s%s%s", e->text, again->others ? " (" : "",
               again->others ? again->others : "", again->others ? ")" : "");
}

static void again_drawn(struct verify *v, const struct pack_again *again)
{
    char *theirs = file_join(v->dir, "data/report.pdf"), *ours = file_join(again->data, "report.pdf");
    struct pdf_shape shape = {0};
    struct err e = {""};
    size_t pages = 0;

    if (again->undrawn)
        verify_say(v, VERIFY_NOTE, "data/report.pdf", "not drawn again: %s", again->undrawn);
    else if (pdf_shape(theirs, &shape, &e) != 0 ||
             same_pdf(theirs, shape.state == PDF_SIGNED ? shape.unsigned_size : 0, ours, &pages, &e) != 0)
        again_differs(v, "data/report.pdf", again, &e);
    else
        verify_say(v, VERIFY_PASS, "data/report.pdf", "drawn again it is the same, %zu pages%s", pages,
                   shape.state == PDF_SIGNED ? ", before it was signed" : "");
    pdf_shape_free(&shape);
    free(theirs);
    free(ours);
    theirs = file_join(v->dir, "data/evidence.xlsx");
    ours = file_join(again->data, "evidence.xlsx");
    if (same_book(theirs, ours, &pages, &e) != 0)
        again_differs(v, "data/evidence.xlsx", again, &e);
    else
        verify_say(v, VERIFY_PASS, "data/evidence.xlsx", "written again it is the same, %zu sheets", pages);
    free(theirs);
    free(ours);
}

int verify_again(struct verify *v, const char *snapshot, struct err *e)
{
    const char *place = getenv("TMPDIR");
    char *temp = mem_print("%s/keycustody-again-XXXXXX", place && *place ? place : "/tmp");
    struct pack_again again = {0};
    struct err why = {""};
    int rc = -1;

    if (!mkdtemp(temp)) {
        err_set(e, "%s: cannot work here: set TMPDIR to a folder with room", temp);
        free(temp);
        return -1;
    }
    if (pack_again(&again, v->dir, temp, &why) != 0) {
        verify_say(v, VERIFY_FAIL, "judged again", "%s", why.text);
        rc = 0;
    } else {
        rc = again_facts(v, &again, snapshot, e);
        again_texts(v, &again);
        again_drawn(v, &again);
    }
    pack_again_free(&again);
    file_remove_tree(temp, NULL);
    free(temp);
    return rc;
}
