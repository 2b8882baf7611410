/* Findings as CSV (RFC 4180) for spreadsheets: every cell is quoted, and none can be taken for a formula. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "cmd/assess.h"

static void csv_cell(const char *text, int last)
{
    struct buf seen = {0};

    utf8_visible(&seen, text ? text : "", text ? strlen(text) : 0);
    putchar('"');
    if (seen.len && strchr("=+-@", seen.data[0])) /* OWASP, CSV injection */
        putchar('\'');
    for (size_t i = 0; i < seen.len; i++) {
        if (seen.data[i] == '"')
            putchar('"');
        putchar(seen.data[i]);
    }
    putchar('"');
    putchar(last ? '\n' : ',');
    buf_free(&seen);
}

int assess_csv(const struct assess *a, struct err *e)
{
    struct db_stmt *s = NULL;
    int got = 0;

    if (db_prepare(a->facts, &s,
                   "SELECT id, check_id AS \"check\", title, subject, status, severity, basis, observed, "
                   "expected, reason,"
                   " limit_text AS \"limit\", remedy, danger, evidence FROM finding"
                   " WHERE ?1 IS NULL OR check_id IN (SELECT value FROM json_each(?1)) ORDER BY n",
                   e) != 0)
        return -1;
    db_bind_text(s, 1, a->only);
    for (int i = 0; i < db_columns(s); i++)
        csv_cell(db_name(s, i), i + 1 == db_columns(s));
    while ((got = db_step(s, e)) == 1) {
        for (int i = 0; i < db_columns(s); i++)
            csv_cell(db_text(s, i), i + 1 == db_columns(s));
    }
    db_free(s);
    return got;
}
