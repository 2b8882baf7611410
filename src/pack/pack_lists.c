/* data/chain.json: every snapshot of the store and how they hang together. data/options.json: what the report
 * was made with. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/json.h"
#include "pack/pack_job.h"

/* What a snapshot says about the one before it. */
static int pack_previous(const char *path, char **previous, struct err *e)
{
    struct db *db = NULL;
    int rc = -1;

    if (db_open(&db, path, DB_READ, e) == 0)
        rc = db_value_text(db, previous, e, "SELECT previous_sha256 FROM snapshot");
    db_close(db);
    return rc;
}

int pack_chain_load(struct pack_job *j, struct err *e)
{
    size_t count = store_count(j->store);

    j->chain = mem_zero(count + 1, sizeof *j->chain);
    for (size_t i = 0; i < count; i++) {
        const struct store_snapshot *s = store_at(j->store, i);
        struct report_link *link = &j->chain[i];
        const char *base = strrchr(s->file, '/');
        char hex[DIGEST_HEX], *previous = NULL;

        if (digest_file(s->path, hex, NULL, e) != 0)
            return -1;
        if (strcmp(hex, s->sha256) != 0)
            return err_set(e, "%s: changed since it was taken: keycustody verify %s says more", s->path,
                           store_dir(j->store));
        if (pack_previous(s->path, &previous, e) != 0)
            return -1;
        *link = (struct report_link){.id = s->id,
                                     .taken_at = s->taken_at,
                                     .file = base ? base + 1 : s->file,
                                     .sha256 = s->sha256,
                                     .previous_sha256 = previous,
                                     .signed_seal = s->seal != NULL};
        j->chain_count++;
        if (i && (!previous || strcmp(previous, link[-1].sha256) != 0))
            return err_set(
                e, "%s: does not name the hash of the snapshot before it: keycustody verify %s says more",
                s->path, store_dir(j->store));
    }
    return 0;
}

static int pack_put_json(const struct pack_job *j, const char *name, struct json_out *out, struct err *e)
{
    int rc = json_end(out, e);

    if (rc == 0)
        rc = pack_put(j, name, buf_str(&out->buf), out->buf.len, e);
    buf_free(&out->buf);
    return rc;
}

int pack_chain_json(const struct pack_job *j, struct err *e)
{
    struct json_out out = {0};

    json_begin(&out);
    json_object(&out, NULL);
    json_put_int(&out, "format", 1);
    json_put_text(&out, "pack", j->id);
    json_put_text(&out, "judged", j->snapshot->id);
    json_array(&out, "snapshots");
    for (size_t i = 0; i < j->chain_count; i++) {
        const struct report_link *link = &j->chain[i];

        json_object(&out, NULL);
        json_put_text(&out, "id", link->id);
        json_put_text(&out, "taken_at", link->taken_at);
        json_put_text(&out, "file", link->file);
        json_put_text(&out, "sha256", link->sha256);
        json_put_text(&out, "previous", link->previous_sha256);
        json_put_bool(&out, "sealed", link->signed_seal);
        json_put_bool(&out, "in_pack", strcmp(link->id, j->snapshot->id) == 0);
        json_object_end(&out);
    }
    json_array_end(&out);
    json_object_end(&out);
    return pack_put_json(j, "data/chain.json", &out, e);
}

static int pack_frameworks(const struct pack_job *j, struct json_out *out, struct err *e)
{
    struct db_stmt *s = NULL;
    int step = 0;

    if (db_prepare(j->facts, &s, "SELECT id, file, sha256, built_in FROM framework ORDER BY position", e) !=
        0)
        return -1;
    json_array(out, "frameworks");
    while ((step = db_step(s, e)) == 1) {
        json_object(out, NULL);
        json_put_text(out, "id", db_text(s, 0));
        json_put_text(out, "file", db_text(s, 1));
        json_put_text(out, "sha256", db_text(s, 2));
        json_put_bool(out, "built_in", db_int(s, 3) != 0);
        json_object_end(out);
    }
    json_array_end(out);
    db_free(s);
    return step;
}

int pack_options_json(const struct pack_job *j, struct err *e)
{
    struct json_out out = {0};
    char *sqlite = NULL;
    int rc = -1;

    if (db_value_text(j->facts, &sqlite, e, "SELECT sqlite_version()") != 0)
        return -1;
    json_begin(&out);
    json_object(&out, NULL);
    json_put_int(&out, "format", 1);
    json_put_text(&out, "pack", j->id);
    json_object(&out, "tool");
    json_put_text(&out, "name", "keycustody");
    json_put_text(&out, "version", KC_VERSION);
    json_put_text(&out, "sha256", j->tool_sha256);
    json_object_end(&out);
    json_put_text(&out, "command_line", j->o->command_line);
    json_put_text(&out, "snapshot", j->snapshot->id);
    json_put_text(&out, "as_of", j->as_of);
    json_put_text(&out, "template", j->o->template_name ? "report-templates" : "default");
    json_put_text(&out, "signer", j->o->signer ? signer_name(j->o->signer) : NULL);
    json_put_bool(&out, "time_stamp", j->o->signer && j->o->tsa); /* so that its absence shows */
    json_object(&out, "versions");
    json_put_text(&out, "sqlite", sqlite);
    json_put_text(&out, "libharu", KC_LIBHARU);
    json_put_text(&out, "libxlsxwriter", KC_XLSXWRITER);
    json_put_text(&out, "libzip", KC_LIBZIP);
    json_put_text(&out, "zlib", KC_ZLIB);
    json_put_text(&out, "openssl", KC_OPENSSL);
    json_put_text(&out, "cjson", KC_CJSON);
    json_object_end(&out);
    rc = pack_frameworks(j, &out, e);
    json_object_end(&out);
    free(sqlite);
    if (rc != 0) {
        buf_free(&out.buf);
        return -1;
    }
    return pack_put_json(j, "data/options.json", &out, e);
}
