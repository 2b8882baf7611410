/* The pack id: KC-<day of the snapshot>-<8 hex digits>, from what decides the content (contracts.md, Times,
 * ids, words): snapshot, engagement, mappings, template, options. The same input gives the same id, and
 * another input another one. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "pack/pack_job.h"
#include "report/template.h"

static void pack_id_line(struct digest *d, const char *name, const char *value)
{
    digest_add(d, name, strlen(name));
    digest_add(d, "\t", 1);
    digest_add(d, value ? value : "", value ? strlen(value) : 0);
    digest_add(d, "\n", 1);
}

static int pack_id_template(void *ctx, const char *relative, const void *bytes, size_t n, struct err *e)
{
    char hex[DIGEST_HEX];

    (void)e;
    digest_bytes(bytes, n, hex);
    pack_id_line(ctx, relative, hex);
    return 0;
}

static int pack_id_mappings(struct pack_job *j, struct digest *d, struct err *e)
{
    struct db_stmt *s = NULL;
    int step = 0;

    if (db_prepare(j->facts, &s, "SELECT id, sha256 FROM framework ORDER BY position", e) != 0)
        return -1;
    while ((step = db_step(s, e)) == 1)
        pack_id_line(d, db_text(s, 0), db_text(s, 1));
    db_free(s);
    return step;
}

int pack_id(struct pack_job *j, struct err *e)
{
    struct digest *d = digest_new();
    char hex[DIGEST_HEX] = "", engagement[DIGEST_HEX] = "";
    int rc = -1;

    if (j->o->engagement && digest_file(j->o->engagement, engagement, NULL, e) != 0)
        goto out;
    pack_id_line(d, "snapshot", j->snapshot->sha256);
    pack_id_line(d, "engagement", engagement);
    if (pack_id_mappings(j, d, e) != 0 || template_each(j->o->template_name, pack_id_template, d, e) != 0)
        goto out;
    pack_id_line(d, "as-of", j->as_of);
    pack_id_line(d, "version", KC_VERSION);
    pack_id_line(d, "signer",
                 j->o->signer ? signer_name(j->o->signer) : NULL); /* the pages name who is to sign */
    rc = 0;
out:
    digest_end(d, hex);
    snprintf(j->id, sizeof j->id, "KC-%.4s%.2s%.2s-%.8s", j->snapshot->taken_at, j->snapshot->taken_at + 5,
             j->snapshot->taken_at + 8, hex);
    return rc;
}
