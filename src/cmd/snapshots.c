/* keycustody snapshots: the snapshots of a store, oldest first, and whether the chain holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/note.h"
#include "cmd/cmd.h"
#include "lib/db.h"
#include "lib/json.h"
#include "lib/stamp.h"
#include "store/store.h"

static const struct cmd_option snapshots_option_rows[] = {
    {"--store", "DIR", "the folder of snapshots"},
    {"--format", "table|json", "default table"},
    {NULL, NULL, NULL},
};

/* What is broken, by file. */
struct snapshots_broken {
    char **file, **what;
    size_t count;
};

static void snapshots_found(void *ctx, const char *file, const char *what)
{
    struct snapshots_broken *b = ctx;

    b->file = mem_grow(b->file, b->count + 1, sizeof *b->file);
    b->what = mem_grow(b->what, b->count + 1, sizeof *b->what);
    b->file[b->count] = mem_copy(file);
    b->what[b->count++] = mem_copy(what);
}

static void snapshots_broken_free(struct snapshots_broken *b)
{
    for (size_t i = 0; i < b->count; i++) {
        free(b->file[i]);
        free(b->what[i]);
    }
    free(b->file);
    free(b->what);
}

static int snapshots_is_broken(const struct snapshots_broken *b, const char *file)
{
    for (size_t i = 0; i < b->count; i++) {
        if (strcmp(b->file[i], file) == 0)
            return 1;
    }
    return 0;
}

struct snapshots_row {
    int64_t subscriptions, exchanges, gaps;
    int known;
    char *source;
    int wanted;              /* a time stamp was asked for when it was taken */
    struct stamp_seen stamp; /* of the seal */
};

/* The stamp in the seal, whoever's it is; verify says whether it holds and whose it is. */
static void snapshots_stamp(const struct store_snapshot *s, struct snapshots_row *row)
{
    struct buf der = {0};

    if (s->seal && file_read(s->seal, 1 << 20, &der, NULL) == 0)
        stamp_check(der.data, der.len, NULL, &row->stamp, NULL);
    buf_free(&der);
}

static const char *snapshots_seal(const struct store_snapshot *s, const struct snapshots_row *row)
{
    if (!s->seal)
        return "-";
    return row->stamp.there ? "stamped" : row->wanted ? "pending" : "sealed";
}

static void snapshots_row_free(struct snapshots_row *row)
{
    free(row->source);
    stamp_seen_free(&row->stamp);
}

static void snapshots_read(const struct store_snapshot *s, struct snapshots_row *row)
{
    struct db *db = NULL;
    int64_t wanted = 0;

    *row = (struct snapshots_row){0};
    if (db_open(&db, s->path, DB_READ, NULL) != 0)
        return;
    row->known = db_value_int(db, &row->subscriptions, NULL, "SELECT count(*) FROM scope") == 0 &&
                 db_value_int(db, &row->exchanges, NULL, "SELECT count(*) FROM exchange") == 0 &&
                 db_value_int(db, &row->gaps, NULL, "SELECT count(*) FROM gap") == 0 &&
                 db_value_text(db, &row->source, NULL, "SELECT source FROM snapshot") == 0 && row->source;
    if (row->known)
        db_value_int(db, &wanted, NULL, "SELECT command_line GLOB '* --tsa *' FROM snapshot");
    row->wanted = wanted == 1;
    db_close(db);
    snapshots_stamp(s, row);
}

static void snapshots_table(const struct store *store, const struct snapshots_broken *broken)
{
    printf("%-8s  %-20s  %-9s  %5s  %7s  %5s  %-7s  %s\n", "id", "taken at", "source", "subs.", "answers",
           "gaps", "seal", "chain");
    for (size_t i = 0; i < store_count(store); i++) {
        const struct store_snapshot *s = store_at(store, i);
        struct snapshots_row row;

        snapshots_read(s, &row);
        printf("%-8s  %-20s  %-9s  %5lld  %7lld  %5lld  %-7s  %s\n", s->id, s->taken_at,
               row.known ? row.source : "?", (long long)row.subscriptions, (long long)row.exchanges,
               (long long)row.gaps, snapshots_seal(s, &row),
               snapshots_is_broken(broken, s->file) ? "BROKEN" : "holds");
        snapshots_row_free(&row);
    }
    for (size_t i = 0; i < broken->count; i++)
        printf("%s: %s\n", broken->file[i], broken->what[i]);
}

static int snapshots_json(const struct store *store, const struct snapshots_broken *broken, struct err *e)
{
    struct json_out o = {0};
    int rc = -1;

    json_begin(&o);
    json_object(&o, NULL);
    json_put_int(&o, "format", 1);
    json_array(&o, "snapshots");
    for (size_t i = 0; i < store_count(store); i++) {
        const struct store_snapshot *s = store_at(store, i);
        struct snapshots_row row;

        snapshots_read(s, &row);
        json_object(&o, NULL);
        json_put_text(&o, "id", s->id);
        json_put_text(&o, "taken_at", s->taken_at);
        json_put_text(&o, "file", s->file);
        json_put_text(&o, "sha256", s->sha256);
        json_put_text(&o, "previous", i ? store_at(store, i - 1)->id : NULL);
        json_put_text(&o, "source", row.source);
        json_put_bool(&o, "sealed", s->seal != NULL);
        json_put_text(&o, "time_stamp", row.stamp.there && *row.stamp.text ? row.stamp.text : NULL);
        json_put_bool(&o, "time_stamp_pending", s->seal && row.wanted && !row.stamp.there);
        json_put_bool(&o, "chain_holds", !snapshots_is_broken(broken, s->file));
        json_put_int(&o, "subscriptions", row.subscriptions);
        json_put_int(&o, "answers", row.exchanges);
        json_put_int(&o, "gaps", row.gaps);
        json_object_end(&o);
        snapshots_row_free(&row);
    }
    json_array_end(&o);
    json_array(&o, "broken");
    for (size_t i = 0; i < broken->count; i++) {
        json_object(&o, NULL);
        json_put_text(&o, "file", broken->file[i]);
        json_put_text(&o, "what", broken->what[i]);
        json_object_end(&o);
    }
    json_array_end(&o);
    json_object_end(&o);
    rc = json_end(&o, e);
    if (rc == 0)
        fputs(buf_str(&o.buf), stdout);
    buf_free(&o.buf);
    return rc;
}

static int snapshots_run(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct snapshots_broken broken = {0};
    struct store *store = NULL;
    const char *format = NULL;
    int code = EXIT_USAGE;

    if (cmd_parse(&args, &cmd_snapshots, argc, argv, e) != 0 || cmd_need(&args, "--store", e) != 0)
        goto out;
    format = cmd_has(&args, "--format") ? cmd_value(&args, "--format") : "table";
    if (cmd_operand(&args, 0) || (strcmp(format, "table") != 0 && strcmp(format, "json") != 0)) {
        err_set(e, "%s: snapshots takes --store DIR and --format table or json",
                cmd_operand(&args, 0) ? cmd_operand(&args, 0) : format);
        goto out;
    }
    code = EXIT_FAILED;
    if (store_open(&store, cmd_value(&args, "--store"), e) != 0 ||
        store_verify(store_dir(store), snapshots_found, &broken, e) < 0)
        goto out;
    if (strcmp(format, "table") == 0)
        snapshots_table(store, &broken);
    else if (snapshots_json(store, &broken, e) != 0)
        goto out;
    code = broken.count ? EXIT_UNVERIFIED : EXIT_OK;
out:
    store_close(store);
    snapshots_broken_free(&broken);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_snapshots = {
    .name = "snapshots",
    .summary = "list the snapshots of a store, oldest first, and say whether their chain holds",
    .usage = "keycustody snapshots --store DIR [--format table|json]",
    .options = snapshots_option_rows,
    .examples = "  keycustody snapshots --store store\n"
                "      one line per snapshot; exit 5 when the chain is broken\n"
                "  keycustody snapshots --store store --format json\n"
                "      the same for programs\n",
    .run = snapshots_run,
};
