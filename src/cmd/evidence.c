/* keycustody evidence show SHA256: one raw answer, byte by byte, on standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "lib/db.h"
#include "lib/digest.h"
#include "store/store.h"

static const struct cmd_option evidence_option_rows[] = {
    {"--store", "DIR", "the folder of snapshots"},
    {"--snapshot", "ID", "look in this snapshot only (default: all, newest first)"},
    {NULL, NULL, NULL},
};

/* 1: found and written; 0: not in this snapshot. */
static int evidence_show(const struct store_snapshot *s, const char *prefix, struct err *e)
{
    struct db *db = NULL;
    struct db_stmt *find = NULL;
    char hex[DIGEST_HEX], *pattern = mem_print("answers/%s*", prefix);
    int rc = -1, row = 0;

    if (db_open(&db, s->path, DB_READ, e) != 0 ||
        db_prepare(
            db, &find,
            "SELECT name, sqlar_uncompress(data, sz), (SELECT count(*) FROM sqlar WHERE name GLOB ?1) FROM "
            "sqlar WHERE name GLOB ?1",
            e) != 0)
        goto out;
    db_bind_text(find, 1, pattern);
    row = db_step(find, e);
    if (row != 1) {
        rc = row;
        goto out;
    }
    if (db_int(find, 2) > 1) {
        err_set(e, "more than one answer begins with \"%s\": write more of the hash", prefix);
        goto out;
    }
    digest_bytes(db_size(find, 1) ? db_blob(find, 1) : "", db_size(find, 1), hex);
    if (strcmp(db_text(find, 0) + 8, hex) != 0) {
        err_set(e, "%s: %s: its bytes do not have this hash: keycustody verify names what is wrong", s->file,
                db_text(find, 0));
        goto out;
    }
    if (db_size(find, 1) && fwrite(db_blob(find, 1), 1, db_size(find, 1), stdout) != db_size(find, 1)) {
        err_set(e, "standard output: cannot write");
        goto out;
    }
    rc = 1;
out:
    if (rc < 0)
        err_context(e, "%s", s->path);
    db_free(find);
    db_close(db);
    free(pattern);
    return rc;
}

static int evidence_is_hash(const char *text)
{
    size_t n = text ? strlen(text) : 0;

    return n >= 8 && n <= 64 && strspn(text, "0123456789abcdef") == n;
}

static int evidence_run_command(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct store *store = NULL;
    const struct store_snapshot *only = NULL;
    const char *hash = NULL;
    int code = EXIT_USAGE, shown = 0;

    if (cmd_parse(&args, &cmd_evidence, argc, argv, e) != 0 || cmd_need(&args, "--store", e) != 0)
        goto out;
    hash = cmd_operand(&args, 1);
    if (!cmd_operand(&args, 0) || strcmp(cmd_operand(&args, 0), "show") != 0 || !evidence_is_hash(hash) ||
        cmd_operand(&args, 2)) {
        err_set(e, "evidence: write: evidence show SHA256, in lower case (at least its first 8 digits)");
        goto out;
    }
    code = EXIT_FAILED;
    if (store_open(&store, cmd_value(&args, "--store"), e) != 0)
        goto out;
    if (cmd_has(&args, "--snapshot") && store_pick(store, cmd_value(&args, "--snapshot"), &only, e) != 0)
        goto out;
    for (size_t i = store_count(store); i > 0 && !shown; i--) {
        if (!only || only == store_at(store, i - 1))
            shown = evidence_show(store_at(store, i - 1), hash, e);
    }
    if (shown == 0)
        err_set(e, "%s: no answer with the hash %s", store_dir(store), hash);
    code = shown == 1 ? EXIT_OK : EXIT_FAILED;
out:
    store_close(store);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_evidence = {
    .name = "evidence",
    .summary = "show a raw answer of Azure, byte by byte",
    .usage = "keycustody evidence show SHA256 --store DIR [--snapshot ID]",
    .options = evidence_option_rows,
    .examples = "  keycustody evidence show 9f86d081884c7d65 --store store | jq .\n"
                "      the answer whose SHA-256 begins so; the report's evidence index names them\n",
    .run = evidence_run_command,
};
