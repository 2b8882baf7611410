/* Figures: what columns the SELECT of each kind must yield. Status columns hold a status word ("pass",
 * "fail", "not-assessed", "not-applicable", "attested") or NULL; numbers are decimal; times are seconds since
 * 1970 UTC. A column marked ? may be missing or NULL.
 *
 * control-bars    one row per framework: title, detail?, controls, no_exceptions, exceptions, not_assessed,
 * supporting, by_hand, not_applicable, words. A stacked bar in that order; `words` says the numbers under it.
 * `supporting`: to be shown by hand, with supporting evidence; `by_hand`: with none. custody-chain   one row
 * per cluster, in the order to draw: cluster, detail?, then the status of each link: declared, pool_disks,
 * data_disks, des, key, rotation, vault, identity (NULL: not applicable), etcd (drawn apart), status, weakest
 * (words: "whole" or the link's name), reason?, link? ("#anchor"). status-bar      one row per bar: label,
 * pass, fail, not_assessed, not_applicable, attested, words. key-timeline    one row per key: key, detail?,
 * start (when the version in use was created), now (the snapshot), limit? (end of the cryptoperiod),
 * expires?, earlier? (when the versions before it were created, oldest first, with spaces between), newer?
 * (when a version that is not in use was created), adopted? (when the version in use was taken up), status,
 * words. One time axis for all rows; the bar runs from the first version to now, hatched beyond limit; a tick
 * at limit, a ring at adopted, a diamond at expires. steps           one row per step: title, text. Numbered
 * boxes in a row, an arrow between them. */
#ifndef KC_REPORT_FIGURE_H
#define KC_REPORT_FIGURE_H

#include "base/err.h"
#include "report/doc.h"

/* Fails when the kind is unknown or a column that it needs is missing; the error names both. */
int figure_check(const struct doc_figure *f, struct err *e);

/* The column of that name, or -1. */
int figure_column(const struct doc_figure *f, const char *name);

/* The value of a row in the column of that name; NULL when the column is missing or the value is NULL. */
const char *figure_value(const struct doc_figure *f, size_t row, const char *name);

#endif
