#include "render/render.h"

#include <string.h>

static int render_text_job(const struct render_job *job, const char *path, struct err *e)
{
    return render_text(job->doc, path, e);
}

static int render_pdf_job(const struct render_job *job, const char *path, struct err *e)
{
    return render_pdf(job->doc, path, e);
}

static int render_xlsx_job(const struct render_job *job, const char *path, struct err *e)
{
    return render_xlsx(job->facts, job->template_name, job->options, path, e);
}

const struct render_format render_formats[] = {
    {"pdf", "report.pdf", render_pdf_job},
    {"text", "report.txt", render_text_job},
    {"xlsx", "evidence.xlsx", render_xlsx_job},
    {NULL, NULL, NULL},
};

const struct render_format *render_find(const char *name)
{
    const struct render_format *f = NULL;

    for (f = render_formats; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}
