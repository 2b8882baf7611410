/* Who signs, as the engagement file names them, in order:
 *   "signers": [{"role": "prepared-by", "name": "...", "function": "...", "reason": "...", "key": "...",
 *                "certificate": "...", "pass-file": "...", "padding": "pkcs1" | "pss", "tsa": "..."}]
 * role, name, function and reason become rows of `signer` (judge/policy.sql), which the report prints. The
 * rest says how that person signs; it never holds a secret, since the whole file goes into the pack. */
#ifndef KC_JUDGE_SIGNERS_H
#define KC_JUDGE_SIGNERS_H

#include "base/err.h"
#include "lib/db.h"
#include "lib/shape.h"

extern const struct shape_field signers_shape[]; /* of one of them */
void signers_check(struct shape_report *r);      /* what the shape cannot say */
int signers_insert(struct db *db, const struct json *engagement, struct err *e);

/* How one of them signs; files are relative to the engagement file's folder, and come out as paths that can
 * be opened from here. A member that is not given is NULL. */
struct signers_way {
    char *key, *certificate, *pass_file, *padding, *tsa;
};
/* The one with this role. *out: all NULL where nobody has it. -1: the file is wrong. */
int signers_find(const char *engagement_path, const char *role, struct signers_way *out, struct err *e);
void signers_way_free(struct signers_way *w);

/* Is this a role, as it also stands in the name of a signature's file: [a-z0-9-], 1 to 40 characters? */
int signers_is_role(const char *role);

#endif
