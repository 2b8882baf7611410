/* The writer of a snapshot. See evidence.h. */
#include "store/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/embed.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/note.h"
#include "base/utf8.h"
#include "lib/digest.h"
#include "lib/stamp.h"

#define EVIDENCE_BATCH 1000 /* answers between two commits */

struct evidence {
    struct store *store;
    struct db *db;
    struct db_stmt *exchange, *listing, *gap, *scope, *known, *keep, *back;
    char *partial, *scratch; /* paths */
    char id[STORE_ID];
    int64_t exchanges, gaps, bytes;
    int open; /* a transaction is under way */
    int batch;
};

/* An empty file of ours; SQLite would follow a link and ask the umask. */
static int evidence_touch(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 || fchmod(fd, 0600) != 0) {
        err_set(e, "%s: cannot write: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

static void evidence_close(struct evidence *ev)
{
    db_free(ev->exchange);
    db_free(ev->listing);
    db_free(ev->gap);
    db_free(ev->scope);
    db_free(ev->known);
    db_free(ev->keep);
    db_free(ev->back);
    ev->exchange = ev->listing = ev->gap = ev->scope = ev->known = ev->keep = ev->back = NULL;
    db_close(ev->db);
    ev->db = NULL;
}

static void evidence_remove(const char *path)
{
    static const char *const with[] = {"", "-journal", "-wal", "-shm"};

    for (size_t i = 0; path && i < sizeof with / sizeof *with; i++) {
        char *name = mem_print("%s%s", path, with[i]);

        unlink(name);
        free(name);
    }
}

void evidence_abandon(struct evidence *ev)
{
    if (!ev)
        return;
    evidence_close(ev);
    evidence_remove(ev->partial);
    evidence_remove(ev->scratch);
    free(ev->partial);
    free(ev->scratch);
    free(ev);
}

void evidence_leave(struct evidence *ev)
{
    if (!ev)
        return;
    if (ev->open)
        db_exec(ev->db, "COMMIT", NULL);
    evidence_close(ev);
    evidence_remove(ev->scratch);
    free(ev->partial);
    free(ev->scratch);
    free(ev);
}

static int evidence_prepare(struct evidence *ev, struct err *e)
{
    struct db *db = ev->db;

    if (db_prepare(db, &ev->exchange,
                   "INSERT INTO snap.exchange VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
                   "?13, ?14, ?15, "
                   "?16, ?17, ?18, ?19, ?20)",
                   e) != 0 ||
        db_prepare(db, &ev->listing, "INSERT INTO snap.listing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", e) !=
            0 ||
        db_prepare(db, &ev->gap, "INSERT INTO snap.gap VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", e) !=
            0 ||
        db_prepare(db, &ev->scope, "INSERT OR IGNORE INTO snap.scope VALUES (?1, ?2, ?3)", e) != 0 ||
        db_prepare(db, &ev->known, "SELECT 1 FROM snap.sqlar WHERE name = ?1", e) != 0 ||
        db_prepare(db, &ev->keep,
                   "INSERT INTO snap.sqlar VALUES (?1, 33152, ?2, length(?3), sqlar_compress(?3))", e) != 0 ||
        db_prepare(db, &ev->back, "SELECT sqlar_uncompress(data, sz) FROM snap.sqlar WHERE name = ?1", e) !=
            0)
        return err_context(e, "%s", ev->partial);
    return 0;
}

static int evidence_open(struct evidence *ev, struct err *e)
{
    const struct embed_row *schema = embed_find("store/evidence.sql");
    struct db *made = NULL;

    if (evidence_touch(ev->partial, e) != 0 || evidence_touch(ev->scratch, e) != 0)
        return -1;
    if (db_open(&made, ev->partial, DB_WRITE, e) != 0)
        return -1;
    if (db_exec(made, "PRAGMA synchronous = OFF; BEGIN", e) != 0 || db_exec(made, schema->data, e) != 0 ||
        db_exec(made, "COMMIT", e) != 0) {
        db_close(made);
        return err_context(e, "%s", ev->partial);
    }
    db_close(made);
    if (db_open(&ev->db, ev->scratch, DB_WRITE, e) != 0 || db_attach(ev->db, ev->partial, "snap", 0, e) != 0)
        return -1;
    /* Both files are worth nothing until they are finished, and are synced then; until then they must only
     * survive the end of the process, and the operating system sees to that. The facts do not even have to do
     * that, so they need no journal. What sorts and steps of queries hold spills into files that have no name
     * any more: memory stays flat whatever the size of the estate. */
    if (db_exec(ev->db,
                "PRAGMA temp_store = FILE; PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF; "
                "PRAGMA snap.synchronous = "
                "OFF; BEGIN",
                e) != 0)
        return err_context(e, "%s", ev->partial);
    ev->open = 1;
    return evidence_prepare(ev, e);
}

int evidence_begin(struct evidence **out, struct store *store, struct err *e)
{
    struct evidence *ev = mem_zero(1, sizeof *ev);
    struct store_snapshot const *row = NULL;

    ev->store = store;
    do {
        digest_random_hex(4, ev->id);
        row = NULL;
        for (size_t i = 0; i < store_count(store) && !row; i++)
            row = strcmp(store_at(store, i)->id, ev->id) == 0 ? store_at(store, i) : NULL;
    } while (row);
    ev->partial = mem_print("%s/snapshots/%s.db.partial", store_dir(store), ev->id);
    ev->scratch = mem_print("%s/snapshots/%s.facts.partial", store_dir(store), ev->id);
    if (evidence_open(ev, e) != 0) {
        evidence_abandon(ev);
        return -1;
    }
    *out = ev;
    return 0;
}

struct db *evidence_db(struct evidence *ev)
{
    return ev->db;
}

int64_t evidence_gaps(const struct evidence *ev)
{
    return ev->gaps;
}

int64_t evidence_exchanges(const struct evidence *ev)
{
    return ev->exchanges;
}

int64_t evidence_bytes(const struct evidence *ev)
{
    return ev->bytes;
}

int evidence_checkpoint(struct evidence *ev, struct err *e)
{
    ev->batch = 0;
    if (db_exec(ev->db, "COMMIT; BEGIN", e) != 0)
        return err_context(e, "%s", ev->partial);
    return 0;
}

int evidence_scope(struct evidence *ev, const char *subscription_id, const char *declared_by,
                   const char *declared_as, struct err *e)
{
    db_bind_text(ev->scope, 1, subscription_id);
    db_bind_text(ev->scope, 2, declared_by);
    db_bind_text(ev->scope, 3, declared_as);
    return db_run(ev->scope, e) != 0 ? err_context(e, "%s", ev->partial) : 0;
}

/* A file of the archive, once; then read back, inflated and hashed: what we will show later is what came in.
 */
static int evidence_file(struct evidence *ev, const char *name, const char *hex, int64_t mtime,
                         const void *bytes, size_t size, struct err *e)
{
    char again[DIGEST_HEX];
    int rc = -1, there = 0;

    db_bind_text(ev->known, 1, name);
    there = db_step(ev->known, e);
    db_reset(ev->known);
    if (there < 0)
        goto out;
    if (!there) {
        db_bind_text(ev->keep, 1, name);
        db_bind_int(ev->keep, 2, mtime);
        db_bind_blob(ev->keep, 3, bytes, size);
        if (db_run(ev->keep, e) != 0)
            goto out;
        db_bind_text(ev->back, 1, name);
        if (db_step(ev->back, e) != 1)
            goto out;
        digest_bytes(db_size(ev->back, 0) ? db_blob(ev->back, 0) : "", db_size(ev->back, 0), again);
        db_reset(ev->back);
        if (strcmp(again, hex) != 0) {
            err_set(e, "%s read back differs from what was written: a fault of disk or memory", name);
            goto out;
        }
        ev->bytes += (int64_t)size;
    }
    rc = 0;
out:
    db_reset(ev->back);
    return rc != 0 ? err_context(e, "%s", ev->partial) : 0;
}

int evidence_exchange(struct evidence *ev, const struct evidence_exchange *x, int64_t *n, struct err *e)
{
    struct db_stmt *s = ev->exchange;
    char hex[DIGEST_HEX], name[8 + DIGEST_HEX];
    int64_t at = 0;

    digest_bytes(x->body, x->size, hex);
    snprintf(name, sizeof name, "answers/%s", hex);
    if (clock_read(x->received_at, &at, e) != 0 || evidence_file(ev, name, hex, at, x->body, x->size, e) != 0)
        return -1;
    db_bind_int(s, 1, ev->exchanges + 1);
    db_bind_text(s, 2, x->resource);
    db_bind_text(s, 3, x->subject);
    db_bind_int(s, 4, x->page);
    db_bind_text(s, 5, x->method);
    db_bind_text(s, 6, x->url);
    db_bind_text(s, 7, x->api_version);
    db_bind_text(s, 8, x->api_version_asked);
    db_bind_int(s, 9, x->status);
    db_bind_int(s, 10, x->usable);
    db_bind_text(s, 11, x->received_at);
    db_bind_text(s, 12, x->date);
    db_bind_text(s, 13, x->request_id);
    db_bind_text(s, 14, x->correlation_id);
    db_bind_text(s, 15, x->routing_id);
    db_bind_text(s, 16, x->failure_cause);
    db_bind_text(s, 17, x->etag);
    db_bind_text(s, 18, x->principal_id);
    db_bind_int(s, 19, (int64_t)x->size);
    db_bind_text(s, 20, hex);
    if (db_run(s, e) != 0)
        return err_context(e, "%s", ev->partial);
    *n = ++ev->exchanges;
    return ++ev->batch >= EVIDENCE_BATCH ? evidence_checkpoint(ev, e) : 0;
}

static void evidence_bind_known(struct db_stmt *s, int at, int64_t value)
{
    if (value)
        db_bind_int(s, at, value);
    else
        db_bind_null(s, at);
}

int evidence_listing(struct evidence *ev, const char *resource, const char *subject, const char *url,
                     int complete, int pages, int status, const char *code, int64_t exchange, struct err *e)
{
    struct db_stmt *s = ev->listing;

    db_bind_text(s, 1, resource);
    db_bind_text(s, 2, subject);
    db_bind_text(s, 3, url);
    db_bind_int(s, 4, complete);
    db_bind_int(s, 5, pages);
    evidence_bind_known(s, 6, status);
    db_bind_text(s, 7, code);
    evidence_bind_known(s, 8, exchange);
    return db_run(s, e) != 0 ? err_context(e, "%s", ev->partial) : 0;
}

int evidence_gap(struct evidence *ev, const char *resource, const char *subject, const char *scope,
                 const char *url, int status, const char *code, const char *reason, int64_t exchange,
                 struct err *e)
{
    struct db_stmt *s = ev->gap;

    db_bind_int(s, 1, ev->gaps + 1);
    db_bind_text(s, 2, resource);
    db_bind_text(s, 3, subject);
    db_bind_text(s, 4, scope);
    db_bind_text(s, 5, url);
    evidence_bind_known(s, 6, status);
    db_bind_text(s, 7, code);
    db_bind_text(s, 8, reason);
    evidence_bind_known(s, 9, exchange);
    if (db_run(s, e) != 0)
        return err_context(e, "%s", ev->partial);
    ev->gaps++;
    return 0;
}

/* SHA256SUMS, for sha256sum -c after the archive was unpacked: two spaces, and the names in byte order. */
static int evidence_sums(struct evidence *ev, int64_t mtime, struct err *e)
{
    struct db_stmt *s = NULL;
    struct buf text = {0};
    char hex[DIGEST_HEX];
    int rc = -1, more = 0;

    if (db_prepare(ev->db, &s, "SELECT name FROM snap.sqlar ORDER BY name", e) != 0)
        goto out;
    while ((more = db_step(s, e)) == 1)
        buf_print(&text, "%s  %s\n", db_text(s, 0) + 8, db_text(s, 0));
    if (more < 0)
        goto out;
    digest_bytes(buf_str(&text), text.len, hex);
    rc = evidence_file(ev, "SHA256SUMS", hex, mtime, buf_str(&text), text.len, e);
out:
    buf_free(&text);
    db_free(s);
    return rc;
}

static void evidence_os_user(char *out, size_t n)
{
    struct passwd *pw = getpwuid(getuid());

    if (pw && utf8_valid(pw->pw_name, strlen(pw->pw_name)))
        snprintf(out, n, "%s", pw->pw_name);
    else
        snprintf(out, n, "uid %ld", (long)getuid());
}

static int evidence_statement(struct evidence *ev, const struct evidence_run *run, const char *taken_at,
                              const char *finished, struct err *e)
{
    const struct store_snapshot *last = store_last(ev->store);
    const struct evidence_origin *o = run->origin;
    char started[CLOCK_TEXT], tool[DIGEST_HEX], host[256] = "unknown", user[128];
    struct db_stmt *s = NULL;
    char *sqlite = NULL;
    int rc = -1;

    clock_text(run->started, started);
    if (gethostname(host, sizeof host - 1) != 0 || !utf8_valid(host, strlen(host)))
        snprintf(host, sizeof host, "unknown");
    evidence_os_user(user, sizeof user);
    if (digest_file("/proc/self/exe", tool, NULL, e) != 0)
        goto out;
    if (db_value_text(ev->db, &sqlite, e, "SELECT sqlite_version()") != 0)
        goto out;
    if (db_prepare(ev->db, &s,
                   "INSERT INTO snap.snapshot(id, format, taken_at, taken_at_by, started_at, finished_at, "
                   "clock_difference, source, cloud, arm_endpoint, principal_id, principal_basis, tenant_id, "
                   "recording_name, recording_sha256, recording_creator, recording_first, recording_last, "
                   "tool_name, "
                   "tool_version, tool_sha256, command_line, host, os_user, sqlite_version, previous_id, "
                   "previous_sha256) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
                   "?15, ?16, "
                   "?17, 'keycustody', ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)",
                   e) != 0)
        goto out;
    db_bind_text(s, 1, ev->id);
    db_bind_text(s, 2, taken_at);
    db_bind_text(s, 3, run->taken_at ? "operator" : "collector");
    db_bind_text(s, 4, started);
    db_bind_text(s, 5, finished);
    if (run->clock_known)
        db_bind_int(s, 6, run->clock_difference);
    db_bind_text(s, 7, o->source);
    db_bind_text(s, 8, o->cloud);
    db_bind_text(s, 9, o->arm_endpoint);
    db_bind_text(s, 10, run->principal_id);
    db_bind_text(s, 11, run->principal_id ? run->principal_basis : NULL);
    db_bind_text(s, 12, o->tenant_id);
    db_bind_text(s, 13, o->recording_name);
    db_bind_text(s, 14, o->recording_sha256);
    db_bind_text(s, 15, o->recording_creator);
    db_bind_text(s, 16, o->recording_first);
    db_bind_text(s, 17, o->recording_last);
    db_bind_text(s, 18, KC_VERSION);
    db_bind_text(s, 19, tool);
    db_bind_text(s, 20, run->command_line);
    db_bind_text(s, 21, host);
    db_bind_text(s, 22, user);
    db_bind_text(s, 23, sqlite);
    db_bind_text(s, 24, last ? last->id : NULL);
    db_bind_text(s, 25, last ? last->sha256 : NULL);
    rc = db_run(s, e);
out:
    db_free(s);
    free(sqlite);
    return rc;
}

/* The snapshot and its seal are there: what is missing beside them is said, and loses neither. */
static void evidence_keep(const char *path, const struct revocation *r)
{
    char *seal = mem_print("%s.p7s", path);
    struct err e = {""};

    if (revocation_write(seal, r, 0400, &e) != 0)
        note_warn("%s: what was learnt about the revocation of the signer's certificate is not kept", e.text);
    free(seal);
}

int evidence_finish(struct evidence *ev, const struct evidence_run *run, struct err *e)
{
    const struct store_snapshot *last = store_last(ev->store);
    char finished[CLOCK_TEXT], taken_at[CLOCK_TEXT];
    struct buf seal = {0};
    int64_t now = clock_now();
    int rc = -1;

    clock_text(now, finished);
    if (!run->taken_at && last &&
        strcmp(finished, last->taken_at) == 0) { /* two in one second: wait for the next */
        sleep(1);
        now = clock_now();
        clock_text(now, finished);
    }
    snprintf(taken_at, sizeof taken_at, "%s", run->taken_at ? run->taken_at : finished);
    if (evidence_sums(ev, now, e) != 0 || evidence_statement(ev, run, taken_at, finished, e) != 0)
        goto out;
    if (db_exec(ev->db, "COMMIT", e) != 0)
        goto out;
    evidence_close(ev);
    if (run->signer && run->revocation && revocation_renew(run->signer, run->revocation, e) != 0)
        goto out;
    if (run->signer && sign_detached_file(run->signer, ev->partial, &seal, e) != 0)
        goto out;
    if (run->signer && run->tsa)
        stamp_add(&seal, run->tsa, run->unstamped);
    if (store_add(ev->store, ev->partial, ev->id, taken_at, seal.data, seal.len, e) != 0)
        goto out;
    if (run->signer && run->revocation)
        evidence_keep(store_last(ev->store)->path, run->revocation);
    rc = 0;
out:
    buf_free(&seal);
    evidence_abandon(ev);
    return rc;
}
