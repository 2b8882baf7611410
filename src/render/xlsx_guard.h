/* libxlsxwriter 1.1.4 writes everything through temporary files and does not look whether the disk took it:
 * one write that fails alone leaves a workbook that opens, with rows gone. So rows that are written one by
 * one do not go through it: they are deflated while they come, on a thread of their own, and put into the
 * finished file; and what is known of all the rest is summed up, and the file held against it. */
#ifndef KC_RENDER_XLSX_GUARD_H
#define KC_RENDER_XLSX_GUARD_H

#include "lib/deflate.h"
#include "render/xlsx_book.h"

/* Row by row: the sheet's rows, all of <sheetData>, go through a stream of ours into the library's temporary
 * file. */
int xlsx_guard_begin(struct xlsx_book *b, struct xlsx_part *part, lxw_worksheet *sheet, struct err *e);
/* When all is fed, before the workbook is closed: what the file has to hold. */
void xlsx_guard_sum(struct xlsx_book *b);
/* When it is closed: did all rows arrive? */
int xlsx_guard_end(const struct xlsx_book *b, struct err *e);
/* The open file with the deflated rows of a sheet that was written row by row; -1: it was not. */
int xlsx_guard_rows(const struct xlsx_part *part, struct deflate_result *r);
void xlsx_guard_free(struct xlsx_part *part); /* after the workbook is closed or freed */

#endif
