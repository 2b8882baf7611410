/* Drawing a pack: every format that there is. The workbook is written by a process of its own, beside the
 * others: it holds every row and takes as long as all of them together; and libxlsxwriter 1.1.4, which
 * follows a NULL pointer when memory ends and writes to stderr, can then take nothing with it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "pack/pack_job.h"
#include "render/render.h"
#include "report/template.h"

struct pack_child {
    const struct render_format *format;
    pid_t pid;
    int said; /* the child's error text comes out here */
};

static int pack_draw(struct pack_job *j, const struct render_job *job, const struct render_format *f,
                     struct err *e)
{
    char *name = mem_print("data/%s", f->file), *path = pack_path(j, name);
    int rc = f->write(job, path, e);

    free(name);
    free(path);
    return rc;
}

/* In the child: a connection of its own, since those of the parent must not be used after fork (sqlite.org,
 * howtocorrupt). */
static void pack_child_run(struct pack_job *j, struct render_job job, const struct render_format *f, int to)
{
    char *facts = pack_path(j, "data/facts.db");
    struct err e = {""};
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC), rc = -1;

    if (quiet < 0 || dup2(quiet, STDERR_FILENO) < 0)
        err_set(&e, "/dev/null: %s", strerror(errno));
    else
        rc = db_open(&job.facts, facts, DB_READ, &e) == 0 ? pack_draw(j, &job, f, &e) : -1;

    if (rc != 0 && write(to, e.text, strlen(e.text)) < 0)
        _exit(2);
    _exit(rc == 0 ? 0 : 1);
}

static int pack_child_start(struct pack_job *j, const struct render_job *job, struct pack_child *c,
                            struct err *e)
{
    int ends[2] = {-1, -1};

    if (pipe(ends) != 0)
        return err_set(e, "%s: cannot be written: %s", c->format->file, strerror(errno));
    c->pid = fork();
    if (c->pid == 0) {
        close(ends[0]);
        pack_child_run(j, *job, c->format, ends[1]);
    }
    close(ends[1]);
    c->said = ends[0];
    if (c->pid > 0)
        return 0;
    close(ends[0]);
    return err_set(e, "%s: cannot be written: %s", c->format->file, strerror(errno));
}

static int pack_child_end(struct pack_child *c, struct err *e)
{
    char text[sizeof e->text] = "";
    size_t n = 0;
    ssize_t got = 0;
    int status = 0;

    while (n + 1 < sizeof text &&
           ((got = read(c->said, text + n, sizeof text - 1 - n)) > 0 || (got < 0 && errno == EINTR)))
        n += got > 0 ? (size_t)got : 0;
    text[n] = '\0';
    close(c->said);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return err_set(
        e, "%s", n ? text : "evidence.xlsx: the process that writes it ended early: is there memory enough?");
}

int pack_render(struct pack_job *j, struct err *e)
{
    struct render_job job = {.facts = j->facts, .template_name = j->o->template_name, .options = &j->report};
    struct pack_child child = {.format = NULL};
    struct err why = {""};
    struct doc *doc = NULL;
    int rc = -1;

    child.format = render_find("xlsx");
    if (child.format && pack_child_start(j, &job, &child, e) != 0)
        return -1;
    if (template_build(j->facts, j->o->template_name, &j->report, &doc, e) != 0)
        goto out;
    job.doc = doc;
    for (const struct render_format *f = render_formats; f->name; f++) {
        if (f != child.format && pack_draw(j, &job, f, e) != 0)
            goto out;
    }
    rc = 0;
out:
    if (child.format && pack_child_end(&child, &why) != 0 && rc == 0)
        rc = err_set(e, "%s", why.text);
    doc_free(doc);
    return rc;
}
