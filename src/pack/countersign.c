/* See countersign.h. */
#include "pack/countersign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "judge/signers.h"
#include "lib/revocation.h"
#include "lib/stamp.h"
#include "lib/zip.h"
#include "pack/bag.h"
#include "pack/verify.h"

struct countersign_fault {
    char text[512];
};

static void countersign_line(void *ctx, enum verify_result result, const char *what, const char *words)
{
    struct countersign_fault *f = ctx;

    if (result == VERIFY_FAIL && !*f->text)
        snprintf(f->text, sizeof f->text, "%s: %s", what, words);
}

/* Whoever signs vouches for the whole: what is not whole gets no signature. */
static int countersign_whole(const char *pack, struct err *e)
{
    struct countersign_fault fault = {""};
    struct verify_options options = {.allow_unsigned = 1, .line = countersign_line, .ctx = &fault};
    int failed = verify_run(pack, &options, e);

    if (failed > 0)
        return err_set(e, "%s: not signed: it does not verify: %s", pack, fault.text);
    return failed;
}

/* Where in the archive: the pack's folder, and the entry with the tag manifest. */
static int countersign_find(struct zip_in *zip, const char *path, char **top, uint64_t *at, struct err *e)
{
    for (uint64_t i = 0; i < zip_in_count(zip); i++) {
        struct zip_entry entry;
        const char *slash = NULL;

        if (zip_in_entry(zip, i, &entry, e) != 0)
            return -1;
        slash = strchr(entry.name, '/');
        if (slash && strcmp(slash + 1, BAG_TAGMANIFEST) == 0) {
            *top = mem_copy_n(entry.name, (size_t)(slash - entry.name));
            *at = i;
            return 0;
        }
    }
    return err_set(e, "%s: holds no " BAG_TAGMANIFEST, path);
}

static int countersign_unzip(const char *zip, const char *to, struct err *e)
{
    struct zip_in *in = NULL;
    char *top = NULL;
    uint64_t at = 0;
    int rc = -1;

    if (zip_in_open(&in, zip, e) == 0 && countersign_find(in, zip, &top, &at, e) == 0)
        rc = zip_in_extract(in, at, to, (uint64_t)1 << 24, e);
    zip_in_close(in);
    free(top);
    return rc;
}

/* What is new in the archive: the signature and what is kept beside it, in the folder it was made in. */
static int countersign_zip_add(struct zip_out *out, const char *top, const char *name, const char *file,
                               const struct revocation *kept, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; i <= kept->count && rc == 0; i++) {
        const char *suffix = i ? kept->items[i - 1].suffix : "";
        char *entry = mem_print("%s/%s%s", top, name, suffix), *path = mem_print("%s%s", file, suffix);

        rc = zip_out_add(out, entry, path, e);
        free(entry);
        free(path);
    }
    return rc;
}

/* The archive once more, every entry as it is there and the new ones behind them; then it takes the old one's
 * place. */
static int countersign_zip(const char *zip, const char *name, const char *file, const struct revocation *kept,
                           struct err *e)
{
    char *next = mem_print("%s.%ld.partial", zip, (long)getpid()), *top = NULL;
    struct zip_in *in = NULL;
    struct zip_out *out = NULL;
    uint64_t at = 0;
    int rc = -1;

    unlink(next);
    if (zip_in_open(&in, zip, e) != 0 || countersign_find(in, zip, &top, &at, e) != 0 ||
        zip_out_create(&out, next, clock_now(), e) != 0)
        goto out;
    for (uint64_t i = 0; i < zip_in_count(in); i++) {
        struct zip_entry old;

        if (zip_in_entry(in, i, &old, e) != 0 || zip_out_add_entry(out, old.name, in, i, e) != 0)
            goto out;
    }
    if (countersign_zip_add(out, top, name, file, kept, e) != 0)
        goto out;
    rc = zip_out_commit(out, e);
    out = NULL;
    if (rc == 0 && rename(next, zip) != 0)
        rc = err_set(e, "%s: cannot be replaced", zip);
out:
    zip_out_abandon(out);
    zip_in_close(in);
    if (rc != 0)
        unlink(next);
    free(next);
    free(top);
    return rc;
}

static int countersign_role(const char *role, struct err *e)
{
    if (signers_is_role(role))
        return 0;
    return err_set(e, "--role: \"%.60s\": write lower-case letters, digits and -, such as reviewed-by", role);
}

/* Into the folder. What is kept goes with its signature: without it that would belong to nothing. */
static int countersign_put(const char *path, const struct buf *der, const struct revocation *kept,
                           struct err *e)
{
    if (file_write(path, der->data, der->len, 0600, e) != 0)
        return -1;
    if (revocation_write(path, kept, 0600, e) == 0)
        return 0;
    unlink(path);
    return -1;
}

int countersign(const char *pack, const char *role, const struct signer *signer, const char *tsa, char **name,
                struct err *e)
{
    int folder = file_is_dir(pack);
    size_t n = strlen(pack);
    char *dir = NULL, *zip = NULL, *work = NULL, *list = NULL, *made = NULL, *inside = NULL;
    struct revocation kept = {.count = 0};
    struct buf der = {0};
    int rc = -1;

    *name = mem_print(BAG_TAGMANIFEST ".%s.p7s", role);
    while (folder && n > 1 && pack[n - 1] == '/')
        n--;
    if (countersign_role(role, e) != 0 || countersign_whole(pack, e) != 0)
        goto out;
    if (!folder && (n < 5 || strcmp(pack + n - 4, ".zip") != 0)) {
        err_set(e, "%s: name a pack's folder or its .zip", pack);
        goto out;
    }
    dir = mem_copy_n(pack, folder ? n : n - 4);
    zip = mem_print("%s.zip", dir);
    work = mem_print("%s.%ld.partial", dir, (long)getpid());
    inside = file_join(dir, *name);
    if (file_make_dir(work, 0700, e) != 0)
        goto out;
    list = file_join(work, BAG_TAGMANIFEST);
    made = file_join(work, *name);
    if (folder) {
        free(list);
        list = file_join(dir, BAG_TAGMANIFEST);
    } else if (countersign_unzip(zip, list, e) != 0) {
        goto out;
    }
    if (folder && file_exists(inside)) {
        err_set(e, "%s: there already: take another --role", inside);
        goto out;
    }
    if (revocation_ask(signer, &kept, e) != 0 || sign_detached_file(signer, list, &der, e) != 0)
        goto out;
    if (tsa && stamp_add(&der, tsa, e) != 0) {
        err_context(e, "--tsa");
        goto out;
    }
    if (countersign_put(made, &der, &kept, e) != 0)
        goto out;
    if (file_exists(zip) && countersign_zip(zip, *name, made, &kept, e) != 0)
        goto out;
    if (file_is_dir(dir) && countersign_put(inside, &der, &kept, e) != 0)
        goto out;
    rc = 0;
out:
    if (work)
        file_remove_tree(work, NULL);
    revocation_free(&kept);
    buf_free(&der);
    free(dir);
    free(zip);
    free(work);
    free(list);
    free(made);
    free(inside);
    return rc;
}
