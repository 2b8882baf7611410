/* keycustody frameworks: which standards the findings are held against, and whether a mapping file is sound.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "judge/mapping.h"

static const struct cmd_option frameworks_options[] = {{NULL, NULL, NULL}};

/* Text wrapped at 80 columns, indented on every line; titles may hold any UTF-8, so columns are counted
 * roughly. */
static void frameworks_wrap(const char *text, int indent)
{
    int at = 0;

    while (*text) {
        int n = (int)strcspn(text, " ");

        if (at && at + 1 + n > 78) {
            putchar('\n');
            at = 0;
        }
        if (!at)
            at = printf("%*s%.*s", indent, "", n, text);
        else
            at += printf(" %.*s", n, text);
        text += n;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void frameworks_field(const char *name, const char *text)
{
    if (!text || !*text)
        return;
    printf("    %s\n", name);
    frameworks_wrap(text, 6);
}

static int frameworks_each(struct db *db, void (*row)(struct db_stmt *), struct err *e, const char *sql,
                           const char *framework, const char *control)
{
    struct db_stmt *s = NULL;
    int got = 0;

    if (db_prepare(db, &s, sql, e) != 0)
        return -1;
    if (framework)
        db_bind_text(s, 1, framework);
    if (control)
        db_bind_text(s, 2, control);
    while ((got = db_step(s, e)) == 1)
        row(s);
    db_free(s);
    return got;
}

static void frameworks_list_row(struct db_stmt *s)
{
    printf("%-14s %s: %lld controls, %lld of them with tests\n", db_text(s, 0), db_text(s, 1),
           (long long)db_int(s, 2), (long long)db_int(s, 3));
    if (*db_text(s, 4))
        printf("%-14s (%s)\n", "", db_text(s, 4));
}

static int frameworks_list(struct db *db, struct err *e)
{
    if (mapping_load_all(db, e) != 0)
        return -1;
    return frameworks_each(
        db, frameworks_list_row, e,
        "SELECT f.id, f.full_title, (SELECT count(*) FROM control c WHERE c.framework = f.id),"
        " (SELECT count(DISTINCT control) FROM relation r WHERE r.framework = f.id), f.label"
        " FROM framework f ORDER BY f.position",
        NULL, NULL);
}

static void frameworks_head_row(struct db_stmt *s)
{
    printf("%s\n", db_text(s, 0));
    if (*db_text(s, 1))
        printf("%s\n", db_text(s, 1));
    printf("%s; %s\n", db_text(s, 2), db_text(s, 3));
}

static void frameworks_note_row(struct db_stmt *s)
{
    if (*db_text(s, 0))
        printf("\n  %s%s\n", db_text(s, 0), strcmp(db_text(s, 2), "secondary") == 0 ? " *" : "");
    else
        putchar('\n');
    frameworks_wrap(db_text(s, 1), 2);
}

static void frameworks_relation_row(struct db_stmt *s)
{
    frameworks_wrap(db_text(s, 0), 6);
}

static void frameworks_control_row(struct db_stmt *s)
{
    printf("\n  %s  %s\n", db_text(s, 0), db_text(s, 1));
    if (*db_text(s, 2))
        printf("    %s\n", db_text(s, 2));
    frameworks_field("shows", db_text(s, 3));
    frameworks_field("cannot show", db_text(s, 4));
    frameworks_field("to be shown by hand", db_text(s, 5));
    frameworks_field("note", db_text(s, 6));
    if (db_int(s, 7))
        printf("    tests\n");
}

static int frameworks_show_controls(struct db *db, const char *id, struct err *e)
{
    static const char control[] =
        "SELECT id, title || CASE verified WHEN 'secondary' THEN ' *' ELSE '' END,"
        " trim(test_kind || CASE WHEN service_provider THEN '; service providers only' ELSE '' END"
        " || CASE WHEN obligation = '' THEN '' ELSE '; ' || obligation END"
        " || CASE WHEN low IS NULL THEN '' WHEN high + moderate + low = 0 THEN '; in no baseline' ELSE"
        " '; ' || CASE WHEN low THEN 'Low ' ELSE '' END || CASE WHEN moderate THEN 'Moderate ' ELSE '' END"
        " || CASE WHEN high THEN 'High' ELSE '' END END, '; '), proves, cannot, rest, note,"
        " (SELECT count(*) FROM relation r WHERE r.framework = c.framework AND r.control = c.id AND "
        "r.verified <>"
        " 'recalled') FROM control c WHERE framework = ?1 AND position = ?2";
    struct db_stmt *s = NULL;
    int rc = -1, got = 0;

    if (db_prepare(db, &s, "SELECT id, position FROM control WHERE framework = ?1 ORDER BY position", e) != 0)
        return -1;
    db_bind_text(s, 1, id);
    while ((got = db_step(s, e)) == 1) {
        char *position = mem_print("%lld", (long long)db_int(s, 1));
        int failed =
            frameworks_each(db, frameworks_control_row, e, control, id, position) != 0 ||
            frameworks_each(
                db, frameworks_relation_row, e,
                "SELECT relation || ' ' || check_id || ': ' || part FROM relation WHERE framework = ?1 AND"
                " control = ?2 AND verified <> 'recalled' ORDER BY position",
                id, db_text(s, 0)) != 0;

        free(position);
        if (failed)
            goto out;
    }
    rc = got;
out:
    db_free(s);
    return rc;
}

static int frameworks_show(struct db *db, const char *id_or_path, struct err *e)
{
    char *id = NULL;
    int rc = -1;

    if (mapping_load(db, id_or_path, e) != 0 || db_value_text(db, &id, e, "SELECT id FROM framework") != 0 ||
        frameworks_each(db, frameworks_head_row, e,
                        "SELECT full_title || ' (' || id || ')', label, 'edition: ' || edition,"
                        " 'published: ' || published FROM framework",
                        NULL, NULL) != 0)
        goto out;
    if (frameworks_each(
            db, frameworks_note_row, e,
            "SELECT name, text, verified FROM framework_note WHERE framework = ?1 AND kind <> 'source'"
            " AND verified <> 'recalled' ORDER BY kind, position",
            id, NULL) != 0 ||
        frameworks_show_controls(db, id, e) != 0)
        goto out;
    printf("\nD direct evidence, S supporting, I informs only. * read in a secondary copy, not in the "
           "original.\n");
    rc = 0;
out:
    free(id);
    return rc;
}

static int frameworks_lint(const char *id_or_path, struct err *e)
{
    struct buf problems = {0};
    int n = mapping_lint(id_or_path, &problems, e);

    fputs(buf_str(&problems), stdout);
    if (n == 0)
        printf("%s: no problem found\n", id_or_path);
    else if (n > 0)
        err_set(e, "%s: %d problem%s", id_or_path, n, n == 1 ? "" : "s");
    buf_free(&problems);
    return n == 0 ? 0 : -1;
}

static int frameworks_run(int argc, char **argv, struct err *e)
{
    struct cmd_args args;
    struct db *db = NULL;
    const char *verb = NULL, *what = NULL;
    int rc = EXIT_USAGE;

    if (cmd_parse(&args, &cmd_frameworks, argc, argv, e) != 0)
        return EXIT_USAGE;
    verb = cmd_operand(&args, 0) ? cmd_operand(&args, 0) : "list";
    what = cmd_operand(&args, 1);
    if (cmd_operand(&args, 2) || (strcmp(verb, "list") == 0) == (what != NULL)) {
        err_set(e, "frameworks: give list, show ID or lint FILE: see keycustody frameworks --help");
        goto out;
    }
    if (strcmp(verb, "list") != 0 && strcmp(verb, "show") != 0 && strcmp(verb, "lint") != 0) {
        err_set(e, "%s: no such verb of frameworks: give list, show ID or lint FILE", verb);
        goto out;
    }
    rc = EXIT_FAILED;
    if (strcmp(verb, "lint") == 0) {
        rc = frameworks_lint(what, e) == 0 ? EXIT_OK : EXIT_FAILED;
        goto out;
    }
    if (db_open(&db, NULL, DB_MEMORY, e) != 0)
        goto out;
    if ((what ? frameworks_show(db, what, e) : frameworks_list(db, e)) == 0)
        rc = EXIT_OK;
out:
    db_close(db);
    cmd_args_free(&args);
    return rc;
}

const struct cmd cmd_frameworks = {
    .name = "frameworks",
    .summary = "the standards that findings are held against; checks a mapping file",
    .usage = "keycustody frameworks [list | show ID|FILE | lint ID|FILE]",
    .options = frameworks_options,
    .examples =
        "  keycustody frameworks                      what is built in\n"
        "  keycustody frameworks show pci-dss         every control, what its tests show and cannot show\n"
        "  keycustody frameworks lint ./my.json       everything that is wrong with your own mapping\n",
    .run = frameworks_run,
};
