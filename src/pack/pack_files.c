/* What a pack holds besides what was judged and drawn: the snapshot, the SQL, the mappings, the template, the
 * thresholds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/mem.h"
#include "judge/mapping.h"
#include "lib/revocation.h"
#include "pack/manifest.h"
#include "pack/pack_job.h"
#include "report/template.h"

#define PACK_ENGAGEMENT_BYTES (1 << 20)
#define PACK_SEAL_BYTES (1 << 20)

char *pack_path(const struct pack_job *j, const char *relative)
{
    return file_join(j->dir, relative);
}

static int pack_folders(const struct pack_job *j, const char *relative, struct err *e)
{
    for (const char *slash = strchr(relative, '/'); slash; slash = strchr(slash + 1, '/')) {
        char *part = mem_copy_n(relative, (size_t)(slash - relative)), *path = pack_path(j, part);
        int rc = file_make_dir(path, 0700, e);

        free(part);
        free(path);
        if (rc != 0)
            return -1;
    }
    return 0;
}

int pack_put(const struct pack_job *j, const char *relative, const void *bytes, size_t n, struct err *e)
{
    char *path = pack_path(j, relative);
    int rc = -1;

    if (!manifest_name_fits(relative))
        err_set(e, "%s: a pack holds no file of such a name: letters, digits and . _ - + only", relative);
    else if (pack_folders(j, relative, e) == 0)
        rc = file_write(path, bytes, n, 0600, e);
    free(path);
    return rc;
}

/* Copies a file of any size and compares its hash on the way. */
static int pack_copy(const struct pack_job *j, const char *from, const char *relative, const char *sha256,
                     struct err *e)
{
    char *to = pack_path(j, relative), hex[DIGEST_HEX] = "";
    struct digest *d = digest_new();
    struct file_out *out = NULL;
    FILE *in = fopen(from, "rbe");
    char block[65536];
    size_t n = 0;
    int rc = -1;

    if (!in) {
        err_set(e, "%s: cannot read", from);
        goto out;
    }
    if (pack_folders(j, relative, e) != 0 || file_create(&out, to, 0600, e) != 0)
        goto out;
    while ((n = fread(block, 1, sizeof block, in)) > 0) {
        digest_add(d, block, n);
        if (file_add(out, block, n, e) != 0)
            goto out;
    }
    digest_end(d, hex);
    d = NULL;
    if (ferror(in) || strcmp(hex, sha256) != 0) {
        err_set(e, "%s: changed while it was copied", from);
        goto out;
    }
    rc = file_commit(out, e);
    out = NULL;
out:
    if (d)
        digest_end(d, hex);
    file_abandon(out);
    if (in)
        fclose(in);
    free(to);
    return rc;
}

/* What is kept beside the seal about revocation. */
static int pack_snapshot_kept(const struct pack_job *j, const char *seal, struct err *e)
{
    struct revocation kept = {.count = 0};
    char *path = pack_path(j, seal);
    int rc = revocation_read(j->snapshot->seal, &kept, e);

    if (rc == 0)
        rc = revocation_write(path, &kept, 0600, e);
    revocation_free(&kept);
    free(path);
    return rc;
}

/* The judged snapshot and its seal. The others stay in the store: chain.json names them. */
static int pack_snapshot(const struct pack_job *j, struct err *e)
{
    char *name = mem_print("data/snapshots/%s", j->report.snapshot_file), *seal = mem_print("%s.p7s", name);
    struct buf der = {0};
    int rc = pack_copy(j, j->snapshot->path, name, j->snapshot->sha256, e);

    if (rc == 0 && j->snapshot->seal) {
        rc = file_read(j->snapshot->seal, PACK_SEAL_BYTES, &der, e);
        if (rc == 0)
            rc = pack_put(j, seal, buf_str(&der), der.len, e);
        if (rc == 0)
            rc = pack_snapshot_kept(j, seal, e);
    }
    buf_free(&der);
    free(name);
    free(seal);
    return rc;
}

static int pack_embedded(const struct pack_job *j, const char *prefix, const char *suffix, const char *folder,
                         struct err *e)
{
    for (const struct embed_row *row = embed_next(NULL, prefix, suffix); row;
         row = embed_next(row, prefix, suffix)) {
        char *name = mem_print("%s/%s", folder, row->name + strlen(prefix));
        int rc = pack_put(j, name, row->data, embed_size(row), e);

        free(name);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int pack_mapping(const struct pack_job *j, const char *id_or_path, struct err *e)
{
    struct buf text = {0};
    char *file = NULL, *name = NULL;
    int rc = mapping_text(id_or_path, &text, &file, e);

    if (rc == 0) {
        name = mem_print("data/mappings/%s", file);
        rc = pack_put(j, name, buf_str(&text), text.len, e);
    }
    buf_free(&text);
    free(file);
    free(name);
    return rc;
}

static int pack_mappings(const struct pack_job *j, struct err *e)
{
    struct db_stmt *s = NULL;
    int step = 0, rc = -1;

    for (size_t i = 0; i < j->o->framework_count; i++) {
        if (pack_mapping(j, j->o->frameworks[i], e) != 0)
            return -1;
    }
    if (j->o->framework_count)
        return 0;
    if (db_prepare(j->facts, &s, "SELECT id FROM framework ORDER BY position", e) != 0)
        return -1;
    while ((step = db_step(s, e)) == 1) {
        if (pack_mapping(j, db_text(s, 0), e) != 0)
            goto out;
    }
    rc = step;
out:
    db_free(s);
    return rc;
}

static int pack_policy(const struct pack_job *j, struct err *e)
{
    const struct embed_row *row = embed_find("mappings/policy.json");
    struct buf text = {0};
    int rc = -1;

    if (!row)
        return err_set(e, "mappings/policy.json: not in this program");
    if (j->o->engagement && file_read(j->o->engagement, PACK_ENGAGEMENT_BYTES, &text, e) != 0)
        goto out;
    if (!j->o->engagement)
        buf_text(&text, "{\"format\": 1}\n");
    rc = pack_put(j, "data/policy.json", row->data, embed_size(row), e);
    if (rc == 0)
        rc = pack_put(j, "data/engagement.json", buf_str(&text), text.len, e);
out:
    buf_free(&text);
    return rc;
}

static int pack_template_file(void *ctx, const char *relative, const void *bytes, size_t n, struct err *e)
{
    char *name = mem_print("data/report-templates/%s", relative);
    int rc = pack_put(ctx, name, bytes, n, e);

    free(name);
    return rc;
}

int pack_copies(struct pack_job *j, struct err *e)
{
    if (pack_snapshot(j, e) != 0 || pack_embedded(j, "azure/", ".sql", "data/resources", e) != 0 ||
        pack_embedded(j, "checks/", ".sql", "data/checks", e) != 0 || pack_mappings(j, e) != 0 ||
        pack_policy(j, e) != 0)
        return -1;
    return template_each(j->o->template_name, pack_template_file, j, e);
}
