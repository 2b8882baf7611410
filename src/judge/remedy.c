/* See remedy.h. */
#include "judge/remedy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"

/* A piece of a subject's id; n 0: the id does not have it. */
struct remedy_piece {
    const char *at;
    size_t n;
};

struct remedy_names {
    struct remedy_piece name, parent, group, subscription;
};

/* "/subscriptions/S/resourceGroups/G/providers/N/T/name/T2/name2", "https://host/keys/name" or anything else.
 */
static void remedy_read(struct remedy_names *names, const char *id)
{
    struct remedy_piece part[3] = {{0}}; /* the last three segments, the newest first */
    const char *p = id;
    int depth = 0, providers = 0, https = strncasecmp(id, "https://", 8) == 0;

    if (https)
        p += 8;
    while (*p) {
        size_t n = 0;

        p += strspn(p, "/");
        n = strcspn(p, "/");
        if (!n)
            break;
        part[2] = part[1];
        part[1] = part[0];
        part[0] = (struct remedy_piece){p, n};
        depth++;
        if (!providers && part[1].n == 13 && strncasecmp(part[1].at, "subscriptions", 13) == 0)
            names->subscription = part[0];
        if (!providers && part[1].n == 14 && strncasecmp(part[1].at, "resourceGroups", 14) == 0)
            names->group = part[0];
        if (part[0].n == 9 && strncasecmp(part[0].at, "providers", 9) == 0)
            providers = depth;
        p += n;
    }
    names->name = part[0];
    /* providers, namespace, type, name, type, name: a child has at least six */
    if (https && depth > 1)
        names->parent = (struct remedy_piece){id + 8, strcspn(id + 8, "./:")};
    else if (providers && depth - providers >= 5)
        names->parent = part[2];
}

/* One word for a shell: quoted unless it is made of letters, digits and a few signs. */
static void remedy_word(struct buf *out, const char *at, size_t n)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:";
    struct buf seen = {0};
    int bare = 1;

    utf8_visible(&seen, at, n);
    for (size_t i = 0; i < seen.len; i++)
        bare &= ((unsigned char)seen.data[i] & 0x80) || strchr(plain, seen.data[i]) != NULL;
    if (bare) {
        buf_add(out, buf_str(&seen), seen.len);
    } else {
        buf_char(out, '\'');
        for (size_t i = 0; i < seen.len; i++) {
            if (seen.data[i] == '\'')
                buf_text(out, "'\\''");
            else
                buf_char(out, seen.data[i]);
        }
        buf_char(out, '\'');
    }
    buf_free(&seen);
}

void remedy_fill(struct buf *out, const char *text, const char *subject)
{
    struct remedy_names names = {0};
    const struct {
        const char *token;
        struct remedy_piece value;
        const char *missing;
    } fields[] = {{"{id}", {subject, strlen(subject)}, "<id>"},
                  {"{name}", {0}, "<name>"},
                  {"{group}", {0}, "<resource group>"},
                  {"{subscription}", {0}, "<subscription>"},
                  {"{parent}", {0}, "<name of the parent>"}};
    struct remedy_piece values[5];

    remedy_read(&names, subject);
    values[0] = fields[0].value;
    values[1] = names.name;
    values[2] = names.group;
    values[3] = names.subscription;
    values[4] = names.parent;
    while (*text) {
        size_t i = 0, n = strcspn(text, "{");

        buf_add(out, text, n);
        text += n;
        if (!*text)
            break;
        while (i < 5 && strncmp(text, fields[i].token, strlen(fields[i].token)) != 0)
            i++;
        if (i == 5) {
            buf_char(out, *text++);
            continue;
        }
        text += strlen(fields[i].token);
        if (values[i].n)
            remedy_word(out, values[i].at, values[i].n);
        else
            buf_text(out, fields[i].missing);
    }
}

/* ---- what was not read */

struct remedy_unread {
    struct db_stmt *gaps; /* of what the check needs, in one subscription or (2) anywhere */
    char *needs;          /* what the check reads, a JSON array */
    char *all;            /* every permission that these reads ask for */
    int complete;         /* every gap counts */
    char *scope;          /* the subscription that `text` is about; NULL: none yet */
    struct buf text;
};

/* `needs` as a JSON array, for json_each. */
static char *remedy_needs(const struct check *c)
{
    struct buf b = {0};
    char *words = mem_copy(c->needs), *save = NULL;

    buf_char(&b, '[');
    for (char *word = strtok_r(words, ", \n", &save); word; word = strtok_r(NULL, ", \n", &save))
        buf_print(&b, "%s\"%s\"", b.len > 1 ? "," : "", word);
    buf_char(&b, ']');
    free(words);
    return buf_take(&b);
}

int remedy_unread_new(struct remedy_unread **out, struct db *facts, const struct check *c, struct err *e)
{
    static const char gaps[] =
        "WITH g AS MATERIALIZED (SELECT n, resource, coalesce(status, 0) IN (401, 403) AS refused,"
        "  CASE scope WHEN '' THEN 'the tenant' ELSE scope END AS scope FROM gap"
        "  WHERE (?2 OR resource IN (SELECT value FROM json_each(?1))) AND (?3 IS NULL OR scope = '' OR "
        "scope = ?3))"
        " SELECT (SELECT group_concat(op, ', ') FROM (SELECT DISTINCT p.op FROM g JOIN resource_permission p"
        "   ON p.resource = g.resource WHERE g.refused ORDER BY 1)),"
        "  (SELECT group_concat(scope, ', ') FROM (SELECT DISTINCT scope FROM g WHERE refused ORDER BY 1 "
        "LIMIT 3)),"
        "  (SELECT group_concat(ref, ', ') FROM (SELECT printf('G-%04d', n) AS ref FROM g WHERE NOT refused "
        "ORDER BY n"
        "   LIMIT 3)),"
        "  (SELECT count(*) FROM g WHERE NOT refused)";
    struct remedy_unread *r = mem_zero(1, sizeof *r);
    int rc = -1;

    r->needs = remedy_needs(c);
    r->complete = strcmp(c->slug, CHECK_COMPLETE) == 0;
    if (db_value_text(facts, &r->all, e,
                      "SELECT group_concat(op, ', ') FROM (SELECT DISTINCT op FROM resource_permission WHERE "
                      "resource IN"
                      " (SELECT value FROM json_each(%Q)) ORDER BY 1)",
                      r->needs) != 0 ||
        db_prepare(facts, &r->gaps, gaps, e) != 0)
        goto out;
    *out = r;
    r = NULL;
    rc = 0;
out:
    remedy_unread_free(r);
    return rc;
}

void remedy_unread_free(struct remedy_unread *r)
{
    if (!r)
        return;
    db_free(r->gaps);
    buf_free(&r->text);
    free(r->scope);
    free(r->all);
    free(r->needs);
    free(r);
}

/* The role Reader holds every action that ends in /read. */
static const char *remedy_reader(const char *ops)
{
    for (const char *p = ops; *p; p += strspn(p, ", ")) {
        size_t n = strcspn(p, ",");

        if (n < 5 || strncmp(p + n - 5, "/read", 5) != 0)
            return "";
        p += n;
    }
    return " (the role Reader has that)";
}

/* 1: gaps explain it; 0: there are none. */
static int remedy_from_gaps(struct remedy_unread *r, const char *scope, struct err *e)
{
    struct db_stmt *s = r->gaps;
    const char *ops = NULL, *others = NULL;
    int got = 0;

    db_bind_text(s, 1, r->needs);
    db_bind_int(s, 2, r->complete);
    db_bind_text(s, 3, scope);
    got = db_step(s, e);
    if (got != 1)
        goto out;
    ops = db_text(s, 0);
    others = db_text(s, 2);
    if (ops)
        buf_print(&r->text, "The account that collects needs %s on %s%s. ", ops, db_text(s, 1),
                  remedy_reader(ops));
    if (others)
        buf_print(&r->text, "What came back could not be used (%s%s): the gap says why. ", others,
                  db_int(s, 3) > 3 ? " and more" : "");
    if (ops || others)
        buf_text(&r->text, "Then collect again.");
    got = ops || others;
out:
    db_reset(s);
    return got;
}

int remedy_unread_text(struct remedy_unread *r, const char *subject_key, const char **text, struct err *e)
{
    char *scope = strncmp(subject_key, "/subscriptions/", 15) == 0
                      ? mem_copy_n(subject_key, 15 + strcspn(subject_key + 15, "/"))
                      : mem_copy("");
    int got = 0, rc = -1;

    *text = buf_str(&r->text);
    if (r->scope && strcmp(r->scope, scope) == 0) {
        free(scope);
        return 0;
    }
    free(r->scope);
    r->scope = scope;
    buf_clear(&r->text);
    if ((got = remedy_from_gaps(r, scope, e)) < 0 || (got == 0 && (got = remedy_from_gaps(r, NULL, e)) < 0))
        goto out;
    if (!got && r->all)
        buf_print(&r->text, "Nothing was refused: the reason says what is missing. It is read with %s%s.",
                  r->all, remedy_reader(r->all));
    else if (!got)
        buf_text(&r->text, "Nothing was refused: the reason says what is missing.");
    rc = 0;
out:
    *text = buf_str(&r->text);
    return rc;
}
