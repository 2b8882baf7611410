/* The thresholds that checks compare with, and what the person who ordered the report said about it. Both
 * become rows: judge/policy.sql declares the tables `policy`, `engagement`, `not_applicable` and `signer`.
 *
 * An engagement file is JSON (mappings/engagement.schema.json); every field is optional, an unknown one is an
 * error:
 *   {"format": 1, "organisation": "...", "prepared-by": "...", "prepared-for": "...", "classification":
 * "...", "period": {"title": "2026 Q3", "start": "2026-07-01", "end": "2026-09-30"}, "entity-type":
 * "merchant" | "service-provider", "baseline": "low" | "moderate" | "high", "thresholds": {"cryptoperiod":
 * {"value": "P1Y", "adopted": true, "owner": "CISO", "document": "KM-04"}}, "not-applicable": [{"framework":
 * "pci-dss", "control": "3.7.6", "reason": "...", "approver": "..."}], "signers": [...], see signers.h} Rows
 * of `engagement` (absent fields have no row): organisation, prepared-by, prepared-for, classification,
 * period-title, period-start, period-end, entity-type, baseline. */
#ifndef KC_JUDGE_POLICY_H
#define KC_JUDGE_POLICY_H

#include "base/buf.h"
#include "base/err.h"
#include "lib/db.h"

#define POLICY_FILE_MAX (1024 * 1024) /* bytes of a policy or an engagement file */

/* Creates and fills the tables of judge/policy.sql: the shipped thresholds (mappings/policy.json), then what
 * the engagement file overrides. engagement_path NULL: shipped values only. The error names file, line and
 * JSON pointer. */
int policy_load(struct db *facts, const char *engagement_path, struct err *e);

/* One line per problem of an engagement file, "FILE:LINE: /pointer: what"; returns their number, -1 if it
 * cannot be read. */
int policy_lint_engagement(const char *path, struct buf *problems, struct err *e);

/* A field of the engagement (the names above); NULL when it was not given. The caller frees it. */
int policy_engagement(struct db *facts, const char *name, char **out, struct err *e);

#endif
