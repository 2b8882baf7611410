/* Private to render/xlsx*.c: a workbook while it is written. */
#ifndef KC_RENDER_XLSX_BOOK_H
#define KC_RENDER_XLSX_BOOK_H

#include <xlsxwriter.h>

#include "base/err.h"
#include "lib/db.h"
#include "render/xlsx_plan.h"

#define XLSX_POINTS 9    /* text of cells */
#define XLSX_LINKS 65000 /* per sheet; above about 65,530 the library refuses (documents: error 25) */

struct xlsx_part { /* a sheet as it was fed: xlsx_guard.h */
    char *title;
    lxw_worksheet *sheet;     /* until the workbook is closed */
    struct xlsx_spool *spool; /* its rows, when they are written one by one, else NULL and: */
    size_t rows, cells;
    uint64_t bytes; /* of the cells' values, one behind the other */
    uint32_t sum;
    size_t links;
};

struct xlsx_book {
    lxw_workbook *book;
    const struct xlsx_plan *plan;
    struct db *facts;
    int by_row;       /* constant memory: row by row, no Excel tables */
    const char *head; /* page head and foot, with their codes; owned by xlsx.c */
    const char *foot;
    struct xlsx_part *parts;
    size_t part_count;
    struct xlsx_part strings; /* that cells of all sheets name by number */
    size_t tables;            /* Excel tables so far: their names must differ */
    /* formats */
    lxw_format *cell[XLSX_KINDS];    /* also of a link's column */
    lxw_format *wrapped[XLSX_KINDS]; /* in columns of a set width */
    lxw_format *guarded[XLSX_KINDS]; /* number format "text": for what would be a formula if it were edited */
    lxw_format *unknown, *link, *sheet_link, *head_cell, *head_right, *tint, *tint_date, *tint_head;
    lxw_format *look[XLSX_PLAIN + 1]; /* of blocks */
    lxw_format **marks;               /* per mark of the plan, for conditional formats */
};

/* xlsx_look.c */
int xlsx_looks(struct xlsx_book *b, struct err *e);
/* Marks and colours of status words in the cells from (row, col) to (last_row, col). */
int xlsx_mark_cells(struct xlsx_book *b, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
                    lxw_row_t last_row, struct err *e);

/* xlsx_cell.c */
struct xlsx_cell {
    lxw_worksheet *sheet;
    const char *title; /* of the sheet, for messages */
    lxw_row_t row;
    lxw_col_t col;
    enum xlsx_kind kind;
    int wrapped; /* the column has a set width */
};
/* Writes column `at` of the statement's row. shown: the text as written, for measuring. wrapped 1: the column
 * has a set width. link NULL: none. */
int xlsx_cell_write(struct xlsx_book *b, const struct xlsx_cell *c, struct db_stmt *s, int at,
                    const char *link, struct buf *shown, struct err *e);
int xlsx_fail(struct err *e, const char *sheet, lxw_error code); /* 0 for no error */

/* xlsx_sheet.c, xlsx_front.c: one sheet of the plan each */
int xlsx_sheet_write(struct xlsx_book *b, const struct xlsx_sheet *s, struct err *e);
int xlsx_front_write(struct xlsx_book *b, const struct xlsx_sheet *s, struct err *e);
lxw_worksheet *xlsx_part_begin(struct xlsx_book *b, const char *title,
                               struct err *e);                  /* adds the sheet, sets up its pages */
char *xlsx_part_title(const struct xlsx_sheet *s, size_t part); /* "Disks", "Disks (2)"; the caller's */
/* How many rows the SELECT yields, counted up to max + 1; names the SQL file on error. */
int xlsx_rows_over(struct xlsx_book *b, const struct xlsx_sheet *s, size_t max, int *over, struct err *e);

/* xlsx_check.c: opens the file and counts again what it was fed. */
int xlsx_check(const char *path, const struct xlsx_book *b, struct err *e);
/* xlsx_rows.c: puts the rows that were written one by one into the sheets of the file at `path`. */
int xlsx_rows_put(const char *path, const struct xlsx_book *b, struct err *e);

#endif
