/* The folder of snapshots. See store.h. */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/note.h"
#include "store/chain.h"

struct store {
    char *dir, *snapshots; /* snapshots: the folder in it */
    struct chain chain;
    int lock; /* descriptor, -1: not held */
    char **partials;
    size_t partial_count;
};

static void store_forget_partials(struct store *s)
{
    for (size_t i = 0; i < s->partial_count; i++)
        free(s->partials[i]);
    free(s->partials);
    s->partials = NULL;
    s->partial_count = 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->lock >= 0)
        close(s->lock);
    chain_free(&s->chain);
    store_forget_partials(s);
    free(s->dir);
    free(s->snapshots);
    free(s);
}

const char *store_dir(const struct store *s)
{
    return s->dir;
}

size_t store_count(const struct store *s)
{
    return s->chain.count;
}

const struct store_snapshot *store_at(const struct store *s, size_t at)
{
    return at < s->chain.count ? &s->chain.rows[at] : NULL;
}

const struct store_snapshot *store_last(const struct store *s)
{
    return s->chain.count ? &s->chain.rows[s->chain.count - 1] : NULL;
}

int store_pick(const struct store *s, const char *name, const struct store_snapshot **out, struct err *e)
{
    size_t n = strlen(name), hits = 0;

    if (!s->chain.count)
        return err_set(e, "%s: no snapshot in this store: take one with keycustody collect", s->dir);
    if (strcmp(name, "latest") == 0) {
        *out = store_last(s);
        return 0;
    }
    for (size_t i = 0; n && i < s->chain.count; i++) {
        if (strncmp(s->chain.rows[i].id, name, n) == 0) {
            *out = &s->chain.rows[i];
            hits++;
        }
    }
    if (hits == 0)
        return err_set(e, "%s: no snapshot \"%.64s\": keycustody snapshots --store %s lists them", s->dir,
                       name, s->dir);
    if (hits > 1)
        return err_set(e, "%s: %zu snapshots begin with \"%.64s\": write more of the id", s->dir, hits, name);
    return 0;
}

static struct store *store_new(const char *dir)
{
    struct store *s = mem_zero(1, sizeof *s);
    size_t n = strlen(dir);

    while (n > 1 && dir[n - 1] == '/')
        n--;
    s->dir = mem_copy_n(dir, n);
    s->snapshots = file_join(s->dir, "snapshots");
    s->lock = -1;
    return s;
}

int store_open(struct store **out, const char *dir, struct err *e)
{
    struct store *s = store_new(dir);
    int rc = -1;

    if (!file_is_dir(s->dir)) {
        err_set(e, "%s: no store there (links are not followed): take a snapshot with keycustody collect",
                s->dir);
        goto out;
    }
    if (!file_is_dir(s->snapshots)) {
        err_set(e, "%s: not a store: it has no folder \"snapshots\"", s->dir);
        goto out;
    }
    if (chain_read(&s->chain, s->dir, NULL, NULL, e) != 0)
        goto out;
    *out = s;
    s = NULL;
    rc = 0;
out:
    store_close(s);
    return rc;
}

static int store_take_lock(struct store *s, int *locked, struct err *e)
{
    char *path = file_join(s->dir, "lock");
    struct stat st;
    int rc = -1;

    s->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (s->lock < 0 || fstat(s->lock, &st) != 0 || !S_ISREG(st.st_mode)) {
        err_set(e, "%s: cannot lock: %s", path, s->lock < 0 ? strerror(errno) : "not a regular file");
        goto out;
    }
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        *locked = errno == EWOULDBLOCK;
        err_set(e,
                *locked ? "%s: another collection is writing to this store: wait until it has ended"
                        : "%s: cannot lock this store",
                s->dir);
        goto out;
    }
    rc = 0;
out:
    free(path);
    return rc;
}

/* What a killed process can leave: *.partial with SQLite's journals, and *.tmp of file_write. Under the lock
 * nobody else is writing, so they belong to nobody. */
static int store_is_left_over(const char *name)
{
    static const char *const ends[] = {".partial", ".partial-journal", ".partial-wal", ".partial-shm",
                                       ".tmp"};
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t m = strlen(ends[i]);

        if (n > m && strcmp(name + n - m, ends[i]) == 0)
            return 1;
    }
    return 0;
}

static int store_is_partial(const char *name)
{
    const char *end = strstr(name, ".db.partial");

    return end && strlen(end) == 11;
}

/* keep: not what a collection had read, nor the journal without which it cannot be opened */
static int store_sweep(const char *dir, int keep, struct err *e)
{
    DIR *d = opendir(dir);
    struct dirent *entry = NULL;
    int rc = 0;

    if (!d)
        return err_set(e, "%s: cannot read the folder: %s", dir, strerror(errno));
    while (rc == 0 && (entry = readdir(d))) {
        char *path = NULL;

        if (!store_is_left_over(entry->d_name) || (keep && strstr(entry->d_name, ".db.partial")))
            continue;
        path = file_join(dir, entry->d_name);
        if (unlink(path) != 0)
            rc = err_set(e, "%s: cannot remove what a collection left behind: %s", path, strerror(errno));
        else if (store_is_partial(entry->d_name))
            note_info("%s: removed: a collection that was cut off", path);
        free(path);
    }
    closedir(d);
    return rc;
}

/* The new snapshot will name the head of the chain by its hash: that file must be there and be that one. A
 * folder that holds snapshots without a chain has lost its chain, and must not get a new one without a person
 * looking. */
static int store_check_head(const struct store *s, struct err *e)
{
    const struct store_snapshot *last = store_last(s);
    char hex[DIGEST_HEX];
    DIR *d = NULL;
    struct dirent *entry = NULL;

    if (last) {
        if (!file_is_regular(last->path) || digest_file(last->path, hex, NULL, NULL) != 0 ||
            strcmp(hex, last->sha256) != 0)
            return err_set(
                e,
                "%s: the newest snapshot of the chain, %s, is missing or was changed: nothing is added to a "
                "broken chain: keycustody verify %s names what is wrong",
                s->dir, last->file, s->dir);
        return 0;
    }
    d = opendir(s->snapshots);
    while (d && (entry = readdir(d))) {
        size_t n = strlen(entry->d_name);

        if (n > 3 && strcmp(entry->d_name + n - 3, ".db") == 0) {
            closedir(d);
            return err_set(e,
                           "%s: it holds snapshots but no SHA256SUMS that lists them: keycustody verify %s",
                           s->dir, s->dir);
        }
    }
    if (d)
        closedir(d);
    return 0;
}

static int store_find_partials(struct store *s, struct err *e)
{
    DIR *d = opendir(s->snapshots);
    struct dirent *entry = NULL;

    if (!d)
        return err_set(e, "%s: cannot read the folder: %s", s->snapshots, strerror(errno));
    while ((entry = readdir(d))) {
        char *path = NULL;

        if (!store_is_partial(entry->d_name))
            continue;
        path = file_join(s->snapshots, entry->d_name);
        if (!file_is_regular(path)) {
            free(path);
            continue;
        }
        s->partials = mem_grow(s->partials, s->partial_count + 1, sizeof *s->partials);
        s->partials[s->partial_count++] = path;
    }
    closedir(d);
    return 0;
}

size_t store_partial_count(const struct store *s)
{
    return s->partial_count;
}

const char *store_partial(const struct store *s, size_t at)
{
    return at < s->partial_count ? s->partials[at] : NULL;
}

int store_drop_partials(struct store *s, struct err *e)
{
    static const char *const with[] = {"", "-journal", "-wal", "-shm"};

    for (size_t i = 0; i < s->partial_count; i++) {
        for (size_t k = 0; k < sizeof with / sizeof *with; k++) {
            char *path = mem_print("%s%s", s->partials[i], with[k]);
            int rc = unlink(path) != 0 && errno != ENOENT;

            if (rc)
                err_set(e, "%s: cannot remove what a collection left behind: %s", path, strerror(errno));
            free(path);
            if (rc)
                return -1;
        }
    }
    store_forget_partials(s);
    return 0;
}

static int store_open_adding(struct store **out, const char *dir, int keep, int *locked, struct err *e)
{
    struct store *s = store_new(dir);
    int rc = -1;

    *locked = 0;
    if (file_make_dir(s->dir, 0700, e) != 0 || store_take_lock(s, locked, e) != 0)
        goto out;
    if (file_make_dir(s->snapshots, 0700, e) != 0)
        goto out;
    if (store_sweep(s->dir, 0, e) != 0 || store_sweep(s->snapshots, keep, e) != 0)
        goto out;
    if (keep && store_find_partials(s, e) != 0)
        goto out;
    if (chain_read(&s->chain, s->dir, NULL, NULL, e) != 0 || chain_recover(&s->chain, s->dir, e) != 0)
        goto out;
    if (store_check_head(s, e) != 0)
        goto out;
    *out = s;
    s = NULL;
    rc = 0;
out:
    store_close(s);
    return rc;
}

int store_open_to_add(struct store **out, const char *dir, int *locked, struct err *e)
{
    return store_open_adding(out, dir, 0, locked, e);
}

int store_open_to_resume(struct store **out, const char *dir, int *locked, struct err *e)
{
    return store_open_adding(out, dir, 1, locked, e);
}

/* Read-only and safely on disk. */
static int store_settle(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = 0;

    if (fd < 0 || fchmod(fd, 0400) != 0 || fsync(fd) != 0)
        rc = err_set(e, "%s: cannot settle: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

int store_add(struct store *s, const char *partial, const char *id, const char *taken_at, const void *seal,
              size_t seal_size, struct err *e)
{
    char *file = mem_print("snapshots/%.4s%.2s%.2sT%.2s%.2s%.2sZ-%s.db", taken_at, taken_at + 5, taken_at + 8,
                           taken_at + 11, taken_at + 14, taken_at + 17, id);
    char *path = file_join(s->dir, file), *next = file_join(s->dir, "SHA256SUMS.next");
    char *sums = file_join(s->dir, "SHA256SUMS"), *seal_path = mem_print("%s.p7s", path);
    char hex[DIGEST_HEX];
    struct buf text = {0};
    int rc = -1, announced = 0;

    if (s->lock < 0) {
        err_set(e, "%s: not open to add", s->dir);
        goto out;
    }
    if (store_last(s) && strcmp(taken_at, store_last(s)->taken_at) <= 0) {
        err_set(e, "%s: a snapshot of %s cannot follow one of %s: the time must be later", s->dir, taken_at,
                store_last(s)->taken_at);
        goto out;
    }
    if (file_exists(path)) {
        err_set(e, "%s: there already", path);
        goto out;
    }
    if (store_settle(partial, e) != 0 || digest_file(partial, hex, NULL, e) != 0)
        goto out;
    chain_put(&text, &s->chain, s->chain.count);
    buf_print(&text, "%s  %s\n", hex, file);
    if (file_write(next, buf_str(&text), text.len, 0600, e) != 0)
        goto out;
    announced = 1;
    if (seal && file_write(seal_path, seal, seal_size, 0400, e) != 0)
        goto out;
    if (rename(partial, path) != 0) {
        err_set(e, "%s: cannot rename: %s", partial, strerror(errno));
        goto out;
    }
    announced = 0; /* from here on the snapshot is whole and announced: nothing is taken back */
    if (file_sync_dir(s->snapshots, e) != 0)
        goto out;
    if (rename(next, sums) != 0) {
        err_set(e, "%s: cannot rename: %s", next, strerror(errno));
        goto out;
    }
    if (file_sync_dir(s->dir, e) != 0)
        goto out;
    if (!chain_add(&s->chain, s->dir, file, hex)) {
        err_set(e, "%s: not a name of a snapshot", file);
        goto out;
    }
    rc = 0;
out:
    if (announced) {
        if (seal)
            unlink(seal_path);
        unlink(next);
    }
    buf_free(&text);
    free(file);
    free(path);
    free(next);
    free(sums);
    free(seal_path);
    return rc;
}
