/* How an archive lies in its file. libzip reads by the list at the end; other programs read from the front,
 * or take names from a second place. An archive in which they could see another pack is refused. */
#ifndef KC_LIB_ZIP_LAYOUT_H
#define KC_LIB_ZIP_LAYOUT_H

#include "base/err.h"

/* Entries, list and end lie one behind the other and fill the file (PKWARE's APPNOTE.TXT 4.3.6): nothing
 * before, between, over or behind them; no comments, no second names. */
int zip_layout(const char *path, struct err *e);

#endif
