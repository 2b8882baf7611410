/* workbook.json of a template: which sheets the workbook has, which SELECT fills each, what each column says.
 */
#ifndef KC_RENDER_XLSX_PLAN_H
#define KC_RENDER_XLSX_PLAN_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/json.h"

enum xlsx_kind {
    XLSX_TEXT,   /* one line, the column as wide as the widest text, up to 60 digits */
    XLSX_WRAP,   /* wrapped into "width" */
    XLSX_MONO,   /* ids, in the mono font, one line */
    XLSX_NUMBER, /* right; what is no finite number, or longer than 15 digits, is written as text */
    XLSX_STATUS, /* a word that has a mark */
    XLSX_NAME,   /* of a resource id its name: the part behind the last slash */
    XLSX_KINDS
};

struct xlsx_column {
    char *name, *title, *about; /* name: of the SELECT's column */
    enum xlsx_kind kind;
    double width;                /* in digits; 0: measured */
    char *link_sheet, *link_row; /* id of a sheet, and the SELECT's column that says which of its rows (1: the
                                    first); or NULL */
};

struct xlsx_mark {              /* how a status word looks */
    char *words, *mark, *about; /* about: what the word says, or NULL */
    unsigned colour;            /* 0xRRGGBB */
};

struct xlsx_series { /* of a chart: a column of the table beside it */
    char *name;
    unsigned colour;
    int hatched;
};

struct xlsx_block { /* of the first sheets. words: the marks with what they say. columns: every sheet's
                       columns */
    enum xlsx_block_kind { XLSX_BLOCK_TEXT, XLSX_BLOCK_TABLE, XLSX_BLOCK_WORDS, XLSX_BLOCK_COLUMNS } kind;
    enum xlsx_look { XLSX_TITLE, XLSX_LEAD, XLSX_BAND, XLSX_WARNING, XLSX_HEADING, XLSX_PLAIN } look;
    char *text;           /* of the template, or NULL */
    char *sql, *sql_name; /* else rows of one text each, or the table */
    struct xlsx_column *columns;
    size_t column_count;
    char *chart,
        *chart_column; /* title of the chart beside the table, or NULL; the column with its categories */
    struct xlsx_series *series;
    size_t series_count;
    char *empty;
};

struct xlsx_sheet {
    char *id, *title, *about, *empty;
    char *sql, *sql_name; /* NULL: blocks */
    struct xlsx_column *columns;
    size_t column_count;
    struct xlsx_block *blocks;
    size_t block_count;
    int auditor;    /* the auditor's columns stand at the right */
    int freeze;     /* columns that stay in sight */
    double *widths; /* of the columns of a sheet of blocks, in digits */
    size_t width_count;
};

struct xlsx_plan {
    char *font, *mono;
    unsigned ink, quiet, hairline, band, warning_band, tint, link;
    int letter;         /* paper: US Letter and Tabloid, else A4 and A3 */
    size_t table_limit; /* rows of a sheet above which the workbook is written row by row, without Excel
                           tables */
    size_t row_limit;   /* rows of a sheet, head not counted, before a second sheet is begun */
    char **conclusions; /* the drop-down of the auditor's column */
    size_t conclusion_count;
    struct xlsx_mark *marks;
    size_t mark_count;
    struct xlsx_sheet *sheets;
    size_t sheet_count;
};

/* Reads one of the template's files; `name` is relative to the template. */
typedef int xlsx_reader(void *ctx, const char *name, struct buf *out, struct err *e);

/* Every error names the file and the place in it. */
int xlsx_plan_load(struct xlsx_plan **out, xlsx_reader *read, void *ctx, struct err *e);
void xlsx_plan_free(struct xlsx_plan *p); /* NULL is fine */
const struct xlsx_mark *xlsx_plan_mark(const struct xlsx_plan *p,
                                       const char *words);      /* NULL when it has none */
int xlsx_plan_sheet(const struct xlsx_plan *p, const char *id); /* its place, -1 when there is none */

#endif
