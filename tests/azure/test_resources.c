/* Every resource file against answers of Azure: tests/azure/<resource>/<case>.expect beside the answers it
 * names. The collector itself runs over them, as a recording, so paging and the strict reader are part of it.
 *
 * Lines of an .expect file; a line that starts with # is a remark, an empty line ends a section:
 *   let NAME TEXT                {NAME} in any later line stands for TEXT
 *   GET PATH STATUS FILE         an answer of Resource Manager, or where PATH is a URL, of that place: the
 *                                body is the file, in the same folder, or what stands here if it starts with
 *                                { or [; "-" is an empty body. One subscription, S, is there unless the case
 *                                answers /subscriptions itself.
 *   rows TABLE: COLUMN, ...      then every row of the table, in order of these columns: a | b | NULL | ''
 *   gaps                         then every gap: resource | code | words of the reason. What was not recorded
 *                                counts for this resource alone.
 *   listings                     then, for this resource, subject | complete
 *
 * Every resource has a folder and in it a case named mutilated*, with gaps; together the cases look at every
 * column of its tables. Arguments: resource [case]. Prints what those cases give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "azure/collect.h"
#include "azure/replay.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/note.h"
#include "lib/json.h"

#define SUB "11111111-1111-1111-1111-111111111111"
#define ARM "https://management.azure.com"
#define FILE_MAX (1024 * 1024)
#define LETS 16

static const char one_subscription[] =
    "{\"value\":[{\"id\":\"/subscriptions/" SUB "\",\"subscriptionId\":\"" SUB
    "\",\"displayName\":\"One\",\"tenantId\":\"00000000-0000-0000-0000-00000000000a\",\"state\":\"Enabled\"}]"
    "}";

static struct resources resources;
static char *dir;                             /* scratch */
static const char *only_resource, *only_case; /* arguments */

/* What one folder's cases have looked at and shown, and the case that is being read. */
struct folder {
    const struct resource *resource;
    char *path;
    struct buf seen; /* "table.column\n" */
    int cases, mutilated;
    char **names; /* of its cases */
    size_t count;
};

struct expect {
    struct folder *folder;
    const char *name;
    char *let_name[LETS], *let_text[LETS];
    size_t lets;
    struct json_out har;
    int subscriptions; /* answered by the case itself */
    struct db *db;     /* once collected */
    struct evidence *evidence;
    struct store *store;
    int gaps_wanted, wrong;
};

/* ---- reading a case ---- */

static char *resolve(const struct expect *x, const char *line)
{
    struct buf out = {0};

    while (*line) {
        size_t i = 0, n = 0;

        for (i = 0; *line == '{' && i < x->lets; i++) {
            n = strlen(x->let_name[i]);
            if (strncmp(line + 1, x->let_name[i], n) == 0 && line[n + 1] == '}')
                break;
        }
        if (*line == '{' && i < x->lets) {
            buf_text(&out, x->let_text[i]);
            line += n + 2;
        } else {
            buf_char(&out, *line++);
        }
    }
    return buf_take(&out);
}

static void let(struct expect *x, const char *name, const char *text)
{
    assert_true(x->lets < LETS);
    x->let_name[x->lets] = mem_copy(name);
    x->let_text[x->lets++] = mem_copy(text);
}

static void har_entry(struct json_out *o, const char *path, int status, const char *body)
{
    char *url = strncmp(path, "https://", 8) == 0 ? mem_copy(path) : mem_print(ARM "%s", path);

    json_object(o, NULL);
    json_put_text(o, "startedDateTime", "2026-09-30T06:00:00Z");
    json_object(o, "request");
    json_put_text(o, "method", "GET");
    json_put_text(o, "url", url);
    json_object_end(o);
    json_object(o, "response");
    json_put_int(o, "status", status);
    json_object(o, "content");
    json_put_text(o, "text", body);
    json_object_end(o);
    json_object_end(o);
    json_object_end(o);
    free(url);
}

static void har_begin(struct json_out *o)
{
    json_begin(o);
    json_object(o, NULL);
    json_object(o, "log");
    json_put_text(o, "version", "1.2");
    json_object(o, "creator");
    json_put_text(o, "name", "test");
    json_put_text(o, "version", "1");
    json_object_end(o);
    json_array(o, "entries");
}

/* GET PATH STATUS FILE */
static void answer(struct expect *x, char *rest)
{
    char *path = strtok_r(rest, " ", &rest), *status = strtok_r(NULL, " ", &rest);
    struct buf body = {0};
    struct err e = {""};

    if (!path || !status || !rest || !*rest) {
        fail_msg("%s/%s: GET wants a path, a status and a body", x->folder->resource->name, x->name);
        return;
    }
    if (*rest == '{' || *rest == '[') {
        buf_text(&body, rest);
    } else if (strcmp(rest, "-") != 0) {
        char *file = file_join(x->folder->path, rest);

        if (file_read(file, FILE_MAX, &body, &e) != 0)
            fail_msg("%s", e.text);
        free(file);
    }
    x->subscriptions |= strncmp(path, "/subscriptions?", 15) == 0;
    har_entry(&x->har, path, atoi(status), buf_str(&body));
    buf_free(&body);
}

static void collect(struct expect *x)
{
    struct collect_options options = {.resources = &resources};
    struct collect_result result = {0};
    struct transport *t = NULL;
    struct err e = {""};
    int locked = 0, credentials = 0;
    char *har = file_join(dir, "case.har"), *store = file_join(dir, "store");

    if (!x->subscriptions)
        har_entry(&x->har, "/subscriptions?api-version=2022-12-01", 200, one_subscription);
    json_array_end(&x->har);
    json_object_end(&x->har);
    json_object_end(&x->har);
    assert_int_equal(json_end(&x->har, NULL), 0);
    assert_int_equal(file_write(har, buf_str(&x->har.buf), x->har.buf.len, 0600, NULL), 0);
    if (replay_open(&t, har, &credentials, &e) != 0 ||
        store_open_to_add(&x->store, store, &locked, &e) != 0 ||
        evidence_begin(&x->evidence, x->store, &e) != 0 ||
        collect_run(t, x->evidence, &options, &result, &e) != 0)
        fail_msg("%s/%s: %s", x->folder->resource->name, x->name, e.text);
    x->db = evidence_db(x->evidence);
    transport_free(t);
    free(har);
    free(store);
}

static void expect_free(struct expect *x)
{
    char *store = file_join(dir, "store");

    evidence_abandon(x->evidence);
    store_close(x->store);
    if (x->store)
        assert_int_equal(file_remove_tree(store, NULL), 0);
    free(store);
    buf_free(&x->har.buf);
    for (size_t i = 0; i < x->lets; i++) {
        free(x->let_name[i]);
        free(x->let_text[i]);
    }
}

/* ---- comparing ---- */

static void print_value(struct buf *out, const char *text)
{
    if (!text || !*text) {
        buf_text(out, text ? "''" : "NULL");
        return;
    }
    for (; *text; text++) {
        if (*text == '\n')
            buf_text(out, "\\n");
        else
            buf_char(out, *text);
    }
}

static void report(struct expect *x, const char *section, const char *what, const char *text)
{
    printf("%s/%s: %s: %s %s\n", x->folder->resource->name, x->name, section, what, text);
    x->wrong++;
}

/* The rows of a query against the lines up to an empty one. words: the last column need only hold the words.
 */
static void compare(struct expect *x, const char *section, const char *sql, int words, char **rest)
{
    struct db_stmt *s = NULL;
    struct err e = {""};
    int more = 0;

    if (db_prepare(x->db, &s, sql, &e) != 0)
        fail_msg("%s/%s: %s: %s", x->folder->resource->name, x->name, section, e.text);
    while ((more = db_step(s, &e)) == 1) {
        struct buf row = {0};
        char *line = **rest && **rest != '\n' ? strsep(rest, "\n") : NULL, *wanted = NULL, *tail = NULL;
        int columns = db_columns(s), same = 0;

        for (int i = 0; i < columns; i++) {
            buf_text(&row, i ? " | " : "");
            print_value(&row, db_text(s, i));
        }
        wanted = line ? resolve(x, line) : NULL;
        same = wanted && strcmp(wanted, buf_str(&row)) == 0;
        tail = wanted && words ? strrchr(wanted, '|') : NULL;
        if (tail && !same && strncmp(wanted, buf_str(&row), (size_t)(tail - wanted)) == 0)
            same = strstr(buf_str(&row) + (tail - wanted), tail + 2) != NULL;
        if (only_case)
            printf("%s\n", buf_str(&row));
        if (!wanted)
            report(x, section, "not expected:", buf_str(&row));
        else if (!same) {
            report(x, section, "expected:", wanted);
            report(x, section, "but found:", buf_str(&row));
        }
        free(wanted);
        buf_free(&row);
    }
    if (more < 0)
        fail_msg("%s/%s: %s: %s", x->folder->resource->name, x->name, section, e.text);
    while (*rest && **rest && **rest != '\n')
        report(x, section, "missing:", strsep(rest, "\n"));
    db_free(s);
}

static void compare_rows(struct expect *x, const char *head, char **rest)
{
    const char *colon = strchr(head, ':');
    char *table = NULL, *columns = NULL, *order = NULL, *sql = NULL;
    int n = 1;

    if (!colon) {
        fail_msg("%s/%s: rows %s: name its columns", x->folder->resource->name, x->name, head);
        return;
    }
    table = mem_copy_n(head, (size_t)(colon - head));
    columns = mem_copy(colon + 1 + strspn(colon + 1, " "));
    for (char *at = columns, *word = NULL; (word = strsep(&at, ","));) {
        word += strspn(word, " ");
        buf_print(&x->folder->seen, "%s.%s\n", table, word);
        if (at)
            at[-1] = ',';
        n++;
    }
    order = mem_copy("1");
    for (int i = 2; i < n; i++) {
        char *longer = mem_print("%s, %d", order, i);

        free(order);
        order = longer;
    }
    sql = mem_print("SELECT %s FROM main.\"%s\" ORDER BY %s", colon + 1, table, order);
    compare(x, table, sql, 0, rest);
    free(table);
    free(columns);
    free(order);
    free(sql);
}

static void section(struct expect *x, const char *line, char **rest)
{
    const char *resource = x->folder->resource->name;

    if (!x->db)
        collect(x);
    if (only_case)
        printf("%s\n", line);
    if (strncmp(line, "rows ", 5) == 0) {
        compare_rows(x, line + 5, rest);
    } else if (strcmp(line, "gaps") == 0) {
        char *sql = mem_print("SELECT resource, code, reason FROM snap.gap WHERE code <> 'NotRecorded' OR "
                              "resource = '%s' ORDER BY n",
                              resource);

        x->gaps_wanted = **rest && **rest != '\n';
        compare(x, "gaps", sql, 1, rest);
        free(sql);
    } else if (strcmp(line, "listings") == 0) {
        char *sql = mem_print(
            "SELECT subject, complete FROM snap.listing WHERE resource = '%s' ORDER BY subject", resource);

        compare(x, "listings", sql, 0, rest);
        free(sql);
    } else {
        fail_msg("%s/%s: what does this mean: %s", resource, x->name, line);
    }
}

static void case_holds(struct folder *folder, const char *name)
{
    struct expect x = {.folder = folder, .name = name};
    char *path = file_join(folder->path, name), *rest = NULL;
    struct buf text = {0};
    struct err e = {""};

    if (file_read(path, FILE_MAX, &text, &e) != 0)
        fail_msg("%s", e.text);
    har_begin(&x.har);
    let(&x, "S", "/subscriptions/" SUB);
    rest = text.data;
    while (rest && *rest) {
        char *raw = strsep(&rest, "\n"), *line = resolve(&x, raw);

        if (strncmp(line, "let ", 4) == 0) {
            char *at = line + 4, *word = strsep(&at, " ");

            let(&x, word, at ? at : "");
        } else if (strncmp(line, "GET ", 4) == 0) {
            answer(&x, line + 4);
        } else if (*line && *line != '#') {
            section(&x, line, &rest);
        }
        free(line);
    }
    if (!x.db)
        report(&x, "it", "expects nothing", "");
    folder->cases++;
    folder->mutilated += strncmp(name, "mutilated", 9) == 0 && x.gaps_wanted;
    expect_free(&x);
    buf_free(&text);
    free(path);
    if (x.wrong)
        fail_msg("%d differences", x.wrong);
}

/* ---- all folders ---- */

static int add_case(void *ctx, const char *relative, struct err *e)
{
    struct folder *folder = ctx;
    size_t n = strlen(relative);

    (void)e;
    if (n < 8 || strcmp(relative + n - 7, ".expect") != 0)
        return 0;
    if (only_case && (strncmp(relative, only_case, n - 7) != 0 || only_case[n - 7]))
        return 0;
    folder->names = mem_grow(folder->names, folder->count + 1, sizeof *folder->names);
    folder->names[folder->count++] = mem_copy(relative);
    return 0;
}

/* Columns of the tables of the resource that no case looks at. src and api_version are the same everywhere.
 */
static int columns_unseen(const struct folder *folder)
{
    struct db *db = NULL;
    struct db_stmt *s = NULL;
    struct err e = {""};
    int unseen = 0;

    if (db_open(&db, NULL, DB_MEMORY, &e) != 0 || db_exec(db, folder->resource->header.body, &e) != 0 ||
        db_prepare(
            db, &s,
            "SELECT t.name || '.' || c.name FROM main.sqlite_schema t, pragma_table_info(t.name, 'main') c "
            "WHERE t.type = 'table' AND c.name NOT IN ('src', 'api_version') ORDER BY 1",
            &e) != 0)
        fail_msg("%s", e.text);
    while (db_step(s, &e) == 1) {
        char *word = mem_print("%s\n", db_text(s, 0));
        const char *at = strstr(buf_str(&folder->seen), word);

        if (!at || (at > buf_str(&folder->seen) && at[-1] != '\n')) {
            printf("%s: no case looks at %s", folder->resource->name, word);
            unseen++;
        }
        free(word);
    }
    db_free(s);
    db_close(db);
    return unseen;
}

static void resource_holds(void **state)
{
    struct folder folder = {.resource = *state};
    const char *root = getenv("SOURCE_DIR");
    struct err e = {""};
    int wrong = 0;

    folder.path = mem_print("%s/tests/azure/%s", root ? root : ".", folder.resource->name);
    if (file_each(folder.path, add_case, &folder, &e) != 0)
        fail_msg("%s: every resource has cases: %s", folder.resource->name, e.text);
    for (size_t i = 0; i < folder.count; i++)
        case_holds(&folder, folder.names[i]);
    if (!only_case) {
        wrong = columns_unseen(&folder);
        if (!folder.mutilated) {
            printf("%s: wants a case mutilated*.expect with gaps\n", folder.resource->name);
            wrong++;
        }
    }
    for (size_t i = 0; i < folder.count; i++)
        free(folder.names[i]);
    free(folder.names);
    free(folder.path);
    buf_free(&folder.seen);
    if (wrong)
        fail_msg("%d wishes are open", wrong);
}

static int make_dir(void **state)
{
    char memory[] = "/dev/shm/kc-resources-XXXXXX", disk[] = "/tmp/kc-resources-XXXXXX";

    (void)state;
    note_set_level(NOTE_QUIET);
    dir = mem_copy(mkdtemp(memory)); /* a store waits for the disk again and again */
    if (!dir)
        dir = mem_copy(mkdtemp(disk));
    return dir ? 0 : -1;
}

static int drop_dir(void **state)
{
    int rc = file_remove_tree(dir, NULL);

    (void)state;
    free(dir);
    return rc;
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests = NULL;
    struct err e = {""};
    size_t n = 0;
    int failed = 0;

    only_resource = argc > 1 ? argv[1] : NULL;
    only_case = argc > 2 ? argv[2] : NULL;
    if (resources_load(&resources, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    tests = mem_zero(resources.count, sizeof *tests);
    for (size_t i = 0; i < resources.count; i++) {
        if (!only_resource || strcmp(only_resource, resources.rows[i].name) == 0)
            tests[n++] = (struct CMUnitTest){.name = resources.rows[i].name,
                                             .test_func = resource_holds,
                                             .initial_state = &resources.rows[i]};
    }
    failed = _cmocka_run_group_tests("resources", tests, n, make_dir, drop_dir);
    free(tests);
    resources_free(&resources);
    return failed;
}
