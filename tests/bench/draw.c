/* Draws a template over facts that are there already, as PDF and as workbook, by the code that `report` uses
 * and as it does: side by side, in two processes. For the comparison with libraries that do no more than
 * this. draw FACTS.db TEMPLATE OUT.pdf OUT.xlsx */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render/render.h"
#include "report/template.h"

static int draw_file(const char *facts, const char *template_name, const char *format, const char *path)
{
    struct report_options options = {0};
    struct render_job job = {.template_name = template_name, .options = &options};
    struct doc *doc = NULL;
    struct err e = {""};
    int rc = -1;

    if (db_open(&job.facts, facts, DB_READ, &e) != 0)
        goto out;
    if (strcmp(format, "xlsx") != 0 && template_build(job.facts, template_name, &options, &doc, &e) != 0)
        goto out;
    job.doc = doc;
    rc = render_find(format)->write(&job, path, &e);
out:
    if (rc != 0)
        fprintf(stderr, "draw: %s\n", e.text);
    doc_free(doc);
    db_close(job.facts);
    return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    int status = 0, code = 0;
    pid_t child = 0;

    if (argc != 5) {
        fprintf(stderr, "usage: draw FACTS.db TEMPLATE OUT.pdf OUT.xlsx\n");
        return 2;
    }
    child = strcmp(argv[4], "-") != 0 ? fork() : -1;
    if (child == 0)
        _exit(draw_file(argv[1], argv[2], "xlsx", argv[4]));
    code = strcmp(argv[3], "-") != 0 ? draw_file(argv[1], argv[2], "pdf", argv[3]) : 0;
    if (child > 0 && (waitpid(child, &status, 0) != child || status != 0))
        return 1;
    return code;
}
