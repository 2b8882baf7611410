/* The statuses of a finding, inside the program. Text exists only at the edges (SQL, JSON, pages); this
 * file's table is the one place that translates. */
#ifndef KC_JUDGE_VERDICT_H
#define KC_JUDGE_VERDICT_H

enum verdict {
    VERDICT_NONE,
    VERDICT_FAIL,
    VERDICT_NOT_ASSESSED,
    VERDICT_PASS,
    VERDICT_ATTESTED,
    VERDICT_NOT_APPLICABLE
};

enum verdict verdict_read(const char *text); /* "not-assessed" ...; VERDICT_NONE for anything else or NULL */
const char *verdict_text(enum verdict v);    /* "not-assessed" */
const char *verdict_words(enum verdict v);   /* "not assessed" */

#endif
