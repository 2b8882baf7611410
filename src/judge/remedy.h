/* What to do about a finding, in words that a person can follow: the header's remedy with the subject's names
 * filled in; for what was not assessed, which right is missing where. */
#ifndef KC_JUDGE_REMEDY_H
#define KC_JUDGE_REMEDY_H

#include "base/buf.h"
#include "base/err.h"
#include "judge/check.h"
#include "lib/db.h"

/* Fills {id}, {name}, {group}, {subscription} and {parent} from a subject's id. What the id does not tell
 * stays a word in angle brackets; what a shell would not take as one word is quoted. Another word in braces
 * stays as it is. */
void remedy_fill(struct buf *out, const char *text, const char *subject);

/* What has to be done so that a subject can be read, over the tables gap and resource_permission. */
struct remedy_unread;
int remedy_unread_new(struct remedy_unread **out, struct db *facts, const struct check *c, struct err *e);
void remedy_unread_free(struct remedy_unread *r); /* NULL is fine */
/* *text lives until the next call. subject_key: folded. */
int remedy_unread_text(struct remedy_unread *r, const char *subject_key, const char **text, struct err *e);

#endif
