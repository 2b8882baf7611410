/* libxlsxwriter 1.1.4 writes everything through temporary files and does not look whether the disk took it:
 * one write that fails alone leaves a workbook that opens, with rows gone. So what was fed is summed up on
 * its way, and the finished file is held against it. */
#ifndef KC_RENDER_XLSX_GUARD_H
#define KC_RENDER_XLSX_GUARD_H

#include "render/xlsx_book.h"

/* Row by row: the sheet's rows, all of <sheetData>, go through a stream of ours into the library's temporary
 * file. */
int xlsx_guard_begin(struct xlsx_book *b, struct xlsx_part *part, lxw_worksheet *sheet, struct err *e);
/* When all is fed, before the workbook is closed: what the file has to hold. */
void xlsx_guard_sum(struct xlsx_book *b);
/* What the temporary files said while the workbook was closed. */
int xlsx_guard_end(const struct xlsx_book *b, struct err *e);
/* 1: the sheet was written row by row, and <sheetData> holds so many bytes of that sum. */
int xlsx_guard_rows(const struct xlsx_part *part, uint64_t *bytes, uint32_t *sum);
void xlsx_guard_free(struct xlsx_part *part); /* after the workbook is closed or freed */

#endif
