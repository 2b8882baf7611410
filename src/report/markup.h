/* The little markup of template text, and only of template text: what comes out of a SELECT is never parsed.
 *   **bold**   `mono`   ~~small and quiet~~   [words](#anchor)   a newline starts a new line   \ takes the
 * next mark as it is
 *   {{name}}             the value of a column
 *   {{name|bold mono quiet small warn}}   the same with a look
 *   {{name|mark:column}} the mark and colour of the status in that column before it
 *   {{name|hash}}        a hash shortened in the middle
 *   {{name|lines}}       its newlines start new lines (elsewhere they are spaces) */
#ifndef KC_REPORT_MARKUP_H
#define KC_REPORT_MARKUP_H

#include "base/buf.h"
#include "base/err.h"
#include "report/doc.h"
#include "report/values.h"

int markup_runs(struct doc_text *out, const char *text, const struct values *v, struct err *e);

/* Only the placeholders, for titles, anchors and links. */
int markup_plain(struct buf *out, const char *text, const struct values *v, struct err *e);

/* Words "bold mono quiet small warn line" as bits of enum doc_look; the error names a word that is none. */
int markup_look(unsigned *look, const char *words, struct err *e);

/* The first four and the last two characters of a hash; what is shorter than 12 stays. */
void markup_hash(struct buf *out, const char *hash);

#endif
