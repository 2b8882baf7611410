/* The formats of a report. A format is one file in render/ and one row in render.c. */
#ifndef KC_RENDER_RENDER_H
#define KC_RENDER_RENDER_H

#include "base/err.h"
#include "lib/db.h"
#include "report/doc.h"
#include "report/options.h"

/* What every format gets; it uses what it needs. Nothing in render/ counts, filters or sorts. */
struct render_job {
    const struct doc *doc;     /* the pages */
    struct db *facts;          /* for the workbook's full tables */
    const char *template_name; /* built-in name or folder; NULL: "default" */
    const struct report_options *options;
};

struct render_format {
    const char *name; /* "pdf" */
    const char *file; /* its name in a pack's data/: "report.pdf" */
    int (*write)(const struct render_job *job, const char *path,
                 struct err *e); /* whole or not at all, mode 0600 */
};
extern const struct render_format render_formats[]; /* closed by a row whose name is NULL */

const struct render_format *render_find(const char *name); /* NULL when there is none */

int render_text(const struct doc *d, const char *path, struct err *e);                       /* text.c */
int render_pdf(const struct doc *d, const char *path, struct err *e);                        /* pdf.c */
int render_xlsx(struct db *facts, const char *template_name, const struct report_options *o, /* xlsx.c */
                const char *path, struct err *e);

#endif
