/* Who signs. See signers.h. */
#include "judge/signers.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "judge/policy.h"

static const char *const signers_paddings[] = {"pkcs1", "pss", NULL};

const struct shape_field signers_shape[] = {
    {"role", SHAPE_TEXT, 1, NULL, NULL},      {"name", SHAPE_TEXT, 1, NULL, NULL},
    {"function", SHAPE_TEXT, 0, NULL, NULL},  {"reason", SHAPE_TEXT, 0, NULL, NULL},
    {"key", SHAPE_TEXT, 0, NULL, NULL},       {"certificate", SHAPE_TEXT, 0, NULL, NULL},
    {"pass-file", SHAPE_TEXT, 0, NULL, NULL}, {"padding", SHAPE_TEXT, 0, signers_paddings, NULL},
    {"tsa", SHAPE_TEXT, 0, NULL, NULL},       {NULL, SHAPE_TEXT, 0, NULL, NULL}};

int signers_is_role(const char *role)
{
    size_t n = strlen(role);

    return n >= 1 && n <= 40 && strspn(role, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static const struct json *signers_of(const struct json *doc, const char *role)
{
    const struct json *s = json_first(json_get(doc, "signers"));

    while (s && (!json_text(json_get(s, "role")) || strcmp(json_text(json_get(s, "role")), role) != 0))
        s = json_next(s);
    return s;
}

void signers_check(struct shape_report *r)
{
    static const char *const with[] = {"certificate", "pass-file", "padding"};
    const struct json *s = json_first(json_get(r->doc, "signers"));

    for (; s; s = json_next(s)) {
        const char *role = json_text(json_get(s, "role")), *key = json_text(json_get(s, "key"));

        if (role && !signers_is_role(role))
            shape_problem(r, json_get(s, "role"),
                          "write lower-case letters, digits and -, at most 40, such as reviewed-by");
        else if (role && signers_of(r->doc, role) != s)
            shape_problem(r, s, "the role \"%s\" is given twice", role);
        if (key && strstr(key, "pin-value="))
            shape_problem(r, json_get(s, "key"), "holds a PIN: leave out pin-value and use \"pass-file\"");
        for (size_t i = 0; !key && i < sizeof with / sizeof *with; i++) {
            if (json_get(s, with[i]))
                shape_problem(r, json_get(s, with[i]), "there is nothing to sign with: \"key\" is missing");
        }
    }
}

int signers_insert(struct db *db, const struct json *engagement, struct err *e)
{
    const struct json *s = json_first(json_get(engagement, "signers"));
    struct db_stmt *insert = NULL;
    int rc = -1, position = 1;

    if (db_prepare(db, &insert, "INSERT INTO signer VALUES (?1, ?2, ?3, ?4, ?5)", e) != 0)
        return -1;
    for (; s; s = json_next(s), position++) {
        const char *function = json_text(json_get(s, "function")), *reason = json_text(json_get(s, "reason"));

        db_bind_int(insert, 1, position);
        db_bind_text(insert, 2, json_text(json_get(s, "role")));
        db_bind_text(insert, 3, json_text(json_get(s, "name")));
        db_bind_text(insert, 4, function ? function : "");
        db_bind_text(insert, 5, reason ? reason : "");
        if (db_run(insert, e) != 0)
            goto out;
    }
    rc = 0;
out:
    db_free(insert);
    return rc;
}

/* A file beside the engagement file; what is no file name stays as it is. */
static char *signers_path(const char *engagement_path, const char *file)
{
    const char *slash = strrchr(engagement_path, '/');

    if (!file)
        return NULL;
    if (*file == '/' || !slash || strncmp(file, "pkcs11:", 7) == 0 || strncmp(file, "https://", 8) == 0)
        return mem_copy(file);
    return mem_print("%.*s/%s", (int)(slash - engagement_path), engagement_path, file);
}

int signers_find(const char *engagement_path, const char *role, struct signers_way *out, struct err *e)
{
    struct buf text = {0}, problems = {0};
    const struct json *s = NULL;
    struct json *doc = NULL;
    int rc = policy_lint_engagement(engagement_path, &problems, e);

    *out = (struct signers_way){0};
    if (rc > 0)
        rc = err_set(e, "%.*s", (int)strcspn(buf_str(&problems), "\n"), buf_str(&problems));
    if (rc == 0)
        rc = file_read(engagement_path, POLICY_FILE_MAX, &text, e);
    if (rc == 0)
        rc = json_parse(&doc, buf_str(&text), text.len, e);
    if (rc == 0 && (s = signers_of(doc, role))) {
        const char *padding = json_text(json_get(s, "padding")), *tsa = json_text(json_get(s, "tsa"));

        out->key = signers_path(engagement_path, json_text(json_get(s, "key")));
        out->certificate = signers_path(engagement_path, json_text(json_get(s, "certificate")));
        out->pass_file = signers_path(engagement_path, json_text(json_get(s, "pass-file")));
        out->padding = padding ? mem_copy(padding) : NULL;
        out->tsa = tsa ? mem_copy(tsa) : NULL;
    }
    json_free(doc);
    buf_free(&text);
    buf_free(&problems);
    return rc;
}

void signers_way_free(struct signers_way *w)
{
    free(w->key);
    free(w->certificate);
    free(w->pass_file);
    free(w->padding);
    free(w->tsa);
    *w = (struct signers_way){0};
}
