#include "report/options.h"

#include <string.h>

static int report_option_put(struct db_stmt *s, const char *name, const char *value, struct err *e)
{
    if (!value)
        return 0;
    db_bind_text(s, 1, name);
    db_bind_text(s, 2, value);
    return db_run(s, e);
}

static int report_option_rows(struct db_stmt *s, const struct report_options *o, struct err *e)
{
    const struct {
        const char *name, *value;
    } rows[] = {
        {"pack-id", o->pack_id},
        {"as-of", o->as_of},
        {"title", o->title},
        {"snapshot-file", o->snapshot_file},
        {"snapshot-sha256", o->snapshot_sha256},
        {"command-line", o->command_line},
        {"tool-version", o->tool_version},
        {"tool-sha256", o->tool_sha256},
        {"will-sign", o->will_sign ? "1" : "0"},
        {"signer", o->signer},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (report_option_put(s, rows[i].name, rows[i].value, e) != 0)
            return -1;
    return 0;
}

static int report_chain_rows(struct db_stmt *s, const struct report_options *o, struct err *e)
{
    for (size_t i = 0; i < o->chain_count; i++) {
        const struct report_link *k = &o->chain[i];

        db_bind_int(s, 1, (int64_t)i + 1);
        db_bind_text(s, 2, k->id);
        db_bind_text(s, 3, k->taken_at);
        db_bind_text(s, 4, k->file);
        db_bind_text(s, 5, k->sha256);
        db_bind_text(s, 6, k->previous_sha256);
        db_bind_int(s, 7, k->signed_seal);
        if (db_run(s, e) != 0)
            return -1;
    }
    return 0;
}

int report_options_bind(struct db *facts, const struct report_options *o, struct err *e)
{
    struct db_stmt *option = NULL, *link = NULL;
    int rc = -1;

    if (db_exec(facts,
                "CREATE TEMP TABLE IF NOT EXISTS report_option(name TEXT NOT NULL PRIMARY KEY, value TEXT "
                "NOT NULL) STRICT;"
                "CREATE TEMP TABLE IF NOT EXISTS report_chain(position INTEGER PRIMARY KEY, id TEXT, "
                "taken_at TEXT,"
                "  file TEXT, sha256 TEXT, previous_sha256 TEXT, signed INTEGER NOT NULL) STRICT;"
                "DELETE FROM report_option; DELETE FROM report_chain;",
                e) != 0)
        return -1;
    if (db_prepare(facts, &option, "INSERT INTO temp.report_option VALUES(?1, ?2)", e) != 0 ||
        db_prepare(facts, &link, "INSERT INTO temp.report_chain VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", e) != 0)
        goto out;
    if (report_option_rows(option, o, e) != 0 || report_chain_rows(link, o, e) != 0)
        goto out;
    rc = 0;
out:
    db_free(option);
    db_free(link);
    return rc;
}
