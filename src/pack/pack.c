/* The evidence pack. Everything is made in OUT/.keycustody-<pid>.partial and gets its name at the very end.
 * See pack.h. */
#include "pack/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/embed.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/note.h"
#include "judge/findings_json.h"
#include "judge/policy.h"
#include "lib/revocation.h"
#include "lib/stamp.h"
#include "pack/bag.h"
#include "pack/pack_job.h"
#include "pack/readme.h"

/* What a killed report left behind: folders of processes that are gone. */
static int pack_sweep(const char *out, struct err *e)
{
    DIR *dir = opendir(out);
    struct dirent *entry = NULL;
    int rc = 0;

    while (rc == 0 && dir && (entry = readdir(dir))) {
        char *path = file_join(out, entry->d_name), again[64] = "";
        long pid = 0;

        if (sscanf(entry->d_name, ".keycustody-%ld.partial", &pid) == 1)
            snprintf(again, sizeof again, ".keycustody-%ld.partial", pid);
        if (pid > 0 && strcmp(again, entry->d_name) == 0 && file_is_dir(path) &&
            (pid == (long)getpid() || (kill((pid_t)pid, 0) != 0 && errno == ESRCH)))
            rc = file_remove_tree(path, e);
        free(path);
    }
    if (dir)
        closedir(dir);
    return rc;
}

static int pack_begin(struct pack_job *j, struct err *e)
{
    char *name = NULL;
    int64_t seconds = 0;
    int rc = -1;

    if (store_open(&j->store, j->o->store, e) != 0 ||
        store_pick(j->store, j->o->snapshot ? j->o->snapshot : "latest", &j->snapshot, e) != 0 ||
        pack_chain_load(j, e) != 0)
        return -1;
    j->as_of = mem_copy(j->o->as_of ? j->o->as_of : j->snapshot->taken_at);
    if (clock_read(j->as_of, &seconds, e) != 0)
        return err_context(e, "--as-of");
    if (strcmp(j->as_of, j->snapshot->taken_at) < 0)
        return err_set(e, "--as-of: %s is before the snapshot was taken, %s", j->as_of,
                       j->snapshot->taken_at);
    if (digest_file("/proc/self/exe", j->tool_sha256, NULL, e) != 0 || file_make_dir(j->o->out, 0700, e) != 0)
        return -1;
    name = mem_print(".keycustody-%ld.partial", (long)getpid());
    j->temp = file_join(j->o->out, name);
    j->dir = file_join(j->temp, "pack");
    j->judged = file_join(j->temp, "facts.db");
    j->data = file_join(j->dir, "data");
    free(name);
    if (pack_sweep(j->o->out, e) != 0)
        return -1;
    rc = file_make_dir(j->temp, 0700, e);
    return rc == 0 ? file_make_dir(j->dir, 0700, e) : -1;
}

static void pack_report_options(struct pack_job *j)
{
    const char *base = strrchr(j->snapshot->file, '/');

    j->report = (struct report_options){.pack_id = j->id,
                                        .as_of = j->as_of,
                                        .snapshot_file = base ? base + 1 : j->snapshot->file,
                                        .snapshot_sha256 = j->snapshot->sha256,
                                        .command_line = j->o->command_line,
                                        .tool_version = KC_VERSION,
                                        .tool_sha256 = j->tool_sha256,
                                        .will_sign = j->o->signer != NULL,
                                        .signer = j->o->signer ? signer_name(j->o->signer) : NULL,
                                        .chain = j->chain,
                                        .chain_count = j->chain_count};
}

static int pack_refuse(const struct pack_job *j, const char *suffix, struct err *e)
{
    char *name = mem_print("%s%s", j->id, suffix), *path = file_join(j->o->out, name);
    int rc = file_exists(path)
                 ? err_set(e, "%s: is there already: the same snapshot and options give the same pack", path)
                 : 0;

    free(name);
    free(path);
    return rc;
}

static int pack_facts(struct pack_job *j, struct err *e)
{
    char *path = pack_path(j, "data/facts.db");
    int rc = -1;

    /* VACUUM keeps pages of both files, as many as the cache may hold and more, which helps nobody */
    if (db_exec(j->facts, "PRAGMA main.cache_size = -4096; PRAGMA shrink_memory", e) == 0 &&
        db_vacuum_into(j->facts, "main", path, e) == 0)
        rc = db_exec(j->facts, "PRAGMA main.cache_size = -32768", e);
    free(path);
    return rc;
}

static int pack_readme(struct pack_job *j, struct err *e)
{
    struct readme r = {.id = j->id,
                       .stamped = j->o->signer && j->o->tsa,
                       .book = pack_book_signed(j),
                       .snapshot = j->report.snapshot_file,
                       .signer = j->report.signer,
                       .sealed = j->snapshot->seal != NULL,
                       .snapshots = j->chain_count};
    const struct embed_row *check = embed_next(NULL, "checks/", ".sql");
    struct buf text = {0};
    char *source = NULL, *first = NULL;
    int rc = -1;

    if (db_value_text(j->facts, &source, e, "SELECT source FROM snapshot") != 0)
        return -1;
    for (size_t i = 0; i < j->revocation.count; i++) {
        const struct revocation_item *item = &j->revocation.items[i];

        *(item->is_list ? &r.lists : &r.answers) |= 1u << item->place;
    }
    r.recording = source && strcmp(source, "recording") == 0;
    for (const struct embed_row *row = check; row; row = embed_next(row, "checks/", ".sql"))
        r.checks++;
    first = check ? mem_copy_n(check->name + strlen("checks/"),
                               strlen(check->name) - strlen("checks/") - strlen(".sql"))
                  : mem_copy("");
    r.check = first;
    readme_text(&text, &r);
    rc = pack_put(j, BAG_README, text.data, text.len, e);
    buf_free(&text);
    free(source);
    free(first);
    return rc;
}

static int pack_bag(struct pack_job *j, struct err *e)
{
    struct bag_info info = {
        .id = j->id,
        .agent = "keycustody " KC_VERSION,
        .description = "Evidence of who holds the keys of AKS disks: README-auditor.md says how to check it"};
    char *organisation = NULL, *date = mem_copy_n(j->as_of, 10);
    int rc = policy_engagement(j->facts, "organisation", &organisation, e);

    info.organisation = organisation;
    info.date = date;
    if (rc == 0)
        rc = bag_write(j->dir, &info, e);
    free(organisation);
    free(date);
    return rc;
}

static int pack_sign(struct pack_job *j, struct err *e)
{
    char *list = pack_path(j, BAG_TAGMANIFEST), *signature = pack_path(j, BAG_SIGNATURE);
    struct buf der = {0};
    int rc = 0;

    if (j->o->signer) {
        rc = sign_detached_file(j->o->signer, list, &der, e);
        if (rc == 0 && j->o->tsa && stamp_add(&der, j->o->tsa, e) != 0) {
            err_context(e, "--tsa");
            rc = -1;
        }
        if (rc == 0)
            rc = pack_put(j, BAG_SIGNATURE, der.data, der.len, e);
        if (rc == 0)
            rc = revocation_write(signature, &j->revocation, 0600, e);
    }
    buf_free(&der);
    free(signature);
    free(list);
    return rc;
}

/* Gives a finished thing its name, unless somebody took the name meanwhile. */
static int pack_name(const char *from, const char *to, struct err *e)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if ((errno == EINVAL || errno == ENOSYS) && !file_exists(to) &&
        rename(from, to) == 0) /* a file system that cannot */
        return 0;
    return err_set(e, "%s: cannot be put there: %s", to, strerror(errno));
}

/* Gives everything its name, the folder last: until it is there nothing of it stays. */
static int pack_names(struct pack_job *j, const struct pack_result *r, const char *temp_zip,
                      const char *temp_sealed, struct err *e)
{
    int rc = -1;

    if (pack_name(temp_zip, r->zip, e) != 0)
        return -1;
    if (r->envelope && pack_name(temp_sealed, r->envelope, e) != 0)
        goto out;
    if (pack_name(j->dir, r->dir, e) != 0)
        goto out;
    rc = file_sync_dir(j->o->out, e);
    if (rc != 0) /* said to have failed, so nothing of it stays */
        file_remove_tree(r->dir, NULL);
out:
    if (rc != 0) {
        unlink(r->zip);
        if (r->envelope)
            unlink(r->envelope);
    }
    return rc;
}

static int pack_finish(struct pack_job *j, struct pack_result *r, struct err *e)
{
    char *temp_zip = file_join(j->temp, "pack.zip"), *zip_name = mem_print("%s.zip", j->id);
    char *temp_sealed = file_join(j->temp, "pack.zip.p7m");
    int rc = -1;

    r->id = mem_copy(j->id);
    r->dir = file_join(j->o->out, j->id);
    r->zip = file_join(j->o->out, zip_name);
    r->envelope = j->o->readers ? mem_print("%s.p7m", r->zip) : NULL;
    rc = pack_zip(j, temp_zip, e);
    if (rc == 0 && j->o->readers)
        rc = envelope_file(j->o->readers, temp_zip, temp_sealed, e);
    if (rc == 0)
        rc = pack_names(j, r, temp_zip, temp_sealed, e);
    free(temp_zip);
    free(temp_sealed);
    free(zip_name);
    return rc;
}

static int pack_counts(struct pack_job *j, struct pack_result *r, struct err *e)
{
    if (findings_complete(j->facts, &r->complete, e) != 0 ||
        db_value_int(j->facts, &r->gaps, e, "SELECT count(*) FROM gap") != 0 ||
        db_value_int(j->facts, &r->failed, e, "SELECT count(*) FROM finding WHERE status = 'fail'") != 0 ||
        db_value_int(j->facts, &r->not_assessed, e,
                     "SELECT count(*) FROM finding WHERE status = 'not-assessed'") != 0)
        return -1;
    return 0;
}

static void pack_free(struct pack_job *j)
{
    struct err why = {0};

    pack_render_stop(j);
    pack_zip_free(j);
    revocation_free(&j->revocation);
    db_close(j->facts);
    /* it has no pack's name and the next report takes it away, but it holds facts: say that it is there */
    if (j->temp && file_remove_tree(j->temp, &why) != 0)
        note_warn("%s; the next report into that folder removes it", why.text);
    for (size_t i = 0; i < j->chain_count; i++)
        free((char *)j->chain[i].previous_sha256);
    free(j->chain);
    store_close(j->store);
    free(j->temp);
    free(j->dir);
    free(j->judged);
    free(j->data);
    free(j->as_of);
}

int pack_write(const struct pack_options *o, struct pack_result *r, struct err *e)
{
    struct pack_job j = {.o = o};
    int rc = -1;

    if (pack_begin(&j, e) != 0)
        goto out;
    /* asked before anything is made: nothing is made by whose certificate is revoked, and README-auditor.md
     * says how to read what came */
    if (o->signer && revocation_ask(o->signer, &j.revocation, e) != 0)
        goto out;
    pack_report_options(&j);
    if (pack_judge(&j, e) != 0 || pack_id(&j, e) != 0 || pack_refuse(&j, "", e) != 0 ||
        pack_refuse(&j, ".zip", e) != 0 || (o->readers && pack_refuse(&j, ".zip.p7m", e) != 0))
        goto out;
    if (pack_render_begin(&j, e) != 0 || pack_copies(&j, e) != 0 || pack_chain_json(&j, e) != 0 ||
        pack_options_json(&j, e) != 0 || pack_readme(&j, e) != 0 || pack_judged_files(&j, e) != 0 ||
        pack_facts(&j, e) != 0 || pack_render_pages(&j, e) != 0 || pack_counts(&j, r, e) != 0 ||
        pack_zip_large(&j, e) != 0 || pack_render_end(&j, e) != 0)
        goto out;
    if (pack_pdf(&j, e) != 0 || pack_book(&j, e) != 0 || pack_bag(&j, e) != 0 || pack_sign(&j, e) != 0)
        goto out;
    rc = pack_finish(&j, r, e);
out:
    pack_free(&j);
    if (rc != 0)
        pack_result_free(r);
    return rc;
}

void pack_result_free(struct pack_result *r)
{
    free(r->id);
    free(r->dir);
    free(r->zip);
    free(r->envelope);
    *r = (struct pack_result){0};
}
