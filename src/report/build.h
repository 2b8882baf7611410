/* The state while a template becomes a document; private to report/template.c, block.c, table.c and cell.c.
 */
#ifndef KC_REPORT_BUILD_H
#define KC_REPORT_BUILD_H

#include "lib/db.h"
#include "lib/json.h"
#include "report/doc.h"
#include "report/source.h"
#include "report/values.h"

struct build_name { /* what people call an id */
    char *id, *name;
};
struct build {
    struct db *facts;
    const struct source *source;
    const struct json *root; /* template.json */
    const struct json *at;   /* the value being read, for error messages */
    struct doc *doc;
    struct doc_block *parent; /* blocks go below it; NULL: to the end of the document */
    const struct values *values;
    struct build_name *names; /* sorted by id */
    size_t name_count;
    int64_t limit; /* rows of a table unless it says otherwise */
    int chapters;  /* numbered so far */
};

/* block.c: every block of an array, in order. */
int build_blocks(struct build *b, const struct json *list, struct err *e);

/* A new block where blocks go now. */
struct doc_block *build_add(struct build *b, enum doc_kind kind);

/* A template's text: a string, or an array of strings joined by spaces. The caller frees it. */
int build_text(struct build *b, const struct json *value, char **out, struct err *e);
int build_runs(struct build *b, const struct json *value, struct doc_text *out,
               struct err *e);                                                         /* with markup */
int build_plain(struct build *b, const struct json *value, char **out, struct err *e); /* placeholders only */

/* Prepares the SELECT in a file of the template and binds what is around. The caller frees *out. */
int build_select(struct build *b, const struct json *file, struct db_stmt **out, struct err *e);
/* db_step with the file's name before an error. */
int build_step(struct build *b, const struct json *file, struct db_stmt *s, struct err *e);

/* Members of an object that are not among `known` (one space between names) are an error. */
int build_members(struct build *b, const struct json *object, const char *known, struct err *e);
int build_number(struct build *b, const struct json *object, const char *name, int64_t missing, int64_t *out,
                 struct err *e);
/* "if": column, "unless": column: 1 when the object is wanted here, 0 when not, -1 on error. */
int build_wanted(struct build *b, const struct json *object, struct err *e);

/* "and {{more}} more": made when rows were left out, else *out stays NULL. */
int build_more(struct build *b, const struct json *text, int64_t shown, int64_t total, char **out,
               struct err *e);

/* table.c */
int build_table(struct build *b, const struct json *block, struct doc_table *out, struct err *e);
int build_figure(struct build *b, const struct json *block, struct doc_figure *out, struct err *e);

/* cell.c: one cell out of its parts, for the row in b->values. */
int build_cell(struct build *b, const struct json *column, struct doc_text *out, struct err *e);

#endif
