/* Drawing a pack: every format that there is. The workbook is written by a process of its own, beside
 * everything else that the pack needs: it holds every row and takes longest; and libxlsxwriter 1.1.4, which
 * follows a NULL pointer when memory ends and writes to stderr, can then take nothing with it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "pack/pack_job.h"
#include "render/render.h"
#include "report/template.h"

static int pack_draw(const struct pack_job *j, const struct render_job *job, const struct render_format *f,
                     struct err *e)
{
    char *path = file_join(j->data, f->file);
    int rc = f->write(job, path, e);

    free(path);
    return rc;
}

static struct render_job pack_render_job(const struct pack_job *j)
{
    return (struct render_job){
        .facts = j->facts, .template_name = j->o->template_name, .options = &j->report};
}

/* In the child: a connection of its own, since those of the parent must not be used after fork (sqlite.org,
 * howtocorrupt). */
static void pack_child_run(const struct pack_job *j, const struct render_format *f, pid_t parent, int to)
{
    struct render_job job = pack_render_job(j);
    struct err e = {""};
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC), rc = -1;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) /* it does not outlive the report */
        _exit(2);
    if (quiet < 0 || dup2(quiet, STDERR_FILENO) < 0)
        err_set(&e, "/dev/null: %s", strerror(errno));
    else
        rc = db_open(&job.facts, j->judged, DB_READ, &e) == 0 ? pack_draw(j, &job, f, &e) : -1;

    if (rc != 0 && write(to, e.text, strlen(e.text)) < 0)
        _exit(2);
    _exit(rc == 0 ? 0 : 1);
}

int pack_render_begin(struct pack_job *j, struct err *e)
{
    struct pack_child *c = &j->workbook;
    int ends[2] = {-1, -1};
    pid_t parent = 0;

    /* the facts were made under a lock that lets nobody else in: it goes with the next read */
    if (db_exec(j->facts, "PRAGMA main.locking_mode = NORMAL; SELECT 1 FROM main.sqlite_schema LIMIT 1", e) !=
            0 ||
        file_make_dir(j->data, 0700, e) != 0)
        return -1;
    c->format = render_find("xlsx");
    if (!c->format)
        return 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, "%s: cannot be written: %s", c->format->file, strerror(errno));
    parent = getpid();
    c->pid = fork();
    if (c->pid == 0) {
        close(ends[0]);
        pack_child_run(j, c->format, parent, ends[1]);
    }
    close(ends[1]);
    c->said = ends[0];
    if (c->pid > 0)
        return 0;
    c->pid = 0;
    close(ends[0]);
    return err_set(e, "%s: cannot be written: %s", c->format->file, strerror(errno));
}

static int pack_child_wait(struct pack_child *c)
{
    int status = 0;

    close(c->said);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    c->pid = 0;
    return status;
}

void pack_render_stop(struct pack_job *j)
{
    struct pack_child *c = &j->workbook;

    if (c->pid <= 0)
        return;
    kill(c->pid, SIGKILL); /* what it leaves lies in the folder that is removed */
    pack_child_wait(c);
}

int pack_render_end(struct pack_job *j, struct err *e)
{
    struct pack_child *c = &j->workbook;
    char text[sizeof e->text] = "";
    size_t n = 0;
    ssize_t got = 0;
    int status = 0;

    if (c->pid <= 0)
        return 0;
    while (n + 1 < sizeof text &&
           ((got = read(c->said, text + n, sizeof text - 1 - n)) > 0 || (got < 0 && errno == EINTR)))
        n += got > 0 ? (size_t)got : 0;
    text[n] = '\0';
    status = pack_child_wait(c);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return err_set(
        e, "%s", n ? text : "evidence.xlsx: the process that writes it ended early: is there memory enough?");
}

int pack_render_pages(struct pack_job *j, struct err *e)
{
    struct render_job job = pack_render_job(j);
    struct doc *doc = NULL;
    int rc = -1;

    if (template_build(j->facts, j->o->template_name, &j->report, &doc, e) != 0)
        goto out;
    job.doc = doc;
    for (const struct render_format *f = render_formats; f->name; f++) {
        if (f != j->workbook.format && pack_draw(j, &job, f, e) != 0)
            goto out;
    }
    rc = 0;
out:
    doc_free(doc);
    return rc;
}
