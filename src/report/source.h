/* The files of a template: built in, or a folder that they may not leave. */
#ifndef KC_REPORT_SOURCE_H
#define KC_REPORT_SOURCE_H

#include "base/buf.h"
#include "base/err.h"

#define SOURCE_FILE_MAX (1024 * 1024)

struct source {
    const char *name; /* as the person wrote it, for messages; the caller's */
    int built_in;
};

/* Finds the template: a built-in name first, else a folder. NULL: "default". */
int source_open(struct source *s, const char *name_or_dir, struct err *e);

/* Reads one file. Refuses names that could lead outside ("..", absolute, empty parts, backslashes), links,
 * and files above SOURCE_FILE_MAX. */
int source_read(const struct source *s, const char *relative, struct buf *out, struct err *e);

#endif
