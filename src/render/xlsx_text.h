/* What may stand in a cell, and how wide it is. No spreadsheet library in here. */
#ifndef KC_RENDER_XLSX_TEXT_H
#define KC_RENDER_XLSX_TEXT_H

#include <stddef.h>

#include "base/buf.h"

#define XLSX_CELL_MAX                                                                                        \
    32767 /* characters of a cell (Excel specifications and limits); longer cells are lost by the library */

/* Text as a cell shall hold it:
 *  - control characters, bidi controls, U+FFFE and wrong UTF-8 are made visible (the library writes the last
 * two raw, and then no reader opens the file);
 *  - a literal _xHHHH_ is escaped, because spreadsheets decode it to a character (ECMA-376 Part
 * 1, 22.9.2.19);
 *  - what is longer than a cell can hold is cut with the words " … [cut here, N more characters: WHERE]". */
void xlsx_text(struct buf *out, const char *text, size_t n, const char *where);

/* 1 when the text would become a formula if somebody edited the cell: it begins with = + - @, or with a
 * full-width form of them. The library writes it as text all the same; such cells also get the number format
 * "text". */
int xlsx_text_is_formula(const char *text);

/* Width in pixels at 96 dpi of text drawn in Noto Sans (mono: Noto Sans Mono) at `points`; bold 1 for its
 * bold. Characters that are not ASCII count as the widest letter of their kind. */
double xlsx_text_pixels(const char *text, double points, int mono, int bold);

/* Lines that the text needs when it is wrapped at words into `pixels`. */
int xlsx_text_lines(const char *text, double pixels, double points, int mono);

/* Column width in Excel's unit (digits of the workbook's default font) that shows `pixels`. */
double xlsx_text_width(double pixels);

/* Text for a page head or foot: & starts a code there. At most 120 characters. */
void xlsx_text_head(struct buf *out, const char *text);

#endif
