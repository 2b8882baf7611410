/* keycustody doctor: can this identity read what a collection needs? Signs in, tries one call of every kind
 * in every subscription, keeps nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/note.h"
#include "base/utf8.h"
#include "cmd/collect.h"

static const struct cmd_option doctor_option_rows[] = {
    {"--subscription", "ID|NAME", "try this subscription; may be repeated (default: all that are visible)"},
    {"--management-group", "ID", "try every subscription below this group; may be repeated"},
    {"--cloud", "CLOUD", "AzureCloud (default), AzureUSGovernment, AzureChinaCloud, or an https endpoint"},
    {"--credential", "NAME",
     "sign in with this one alone: Environment, WorkloadIdentity, ManagedIdentity, "
     "AzureCLI or AzureDeveloperCLI"},
    {"--control-plane-only", NULL, "ask no vault or managed HSM for keys that Resource Manager refuses"},
    {"--ca-file", "PEM", "trust these authorities too, beside the system's"},
    {"--deadline", "TIME", "give up after this time: 90s, 30m (default 6h)"},
    {"--timeout", "TIME", "for one try of one request (default 100s)"},
    {NULL, NULL, NULL},
};

#define DOCTOR_COLUMNS 96
#define DOCTOR_INDENT 13

struct doctor {
    struct db *db;
    const struct resources *resources;
    const char *principal;
    int64_t refused;
};

/* Adds to a list of titles, in lines of bearable length. */
static void doctor_add(struct buf *list, const char *title)
{
    const char *line = list->len ? strrchr(buf_str(list), '\n') : NULL;
    size_t used = list->len - (line ? (size_t)(line - buf_str(list)) : 0);

    if (!list->len)
        buf_text(list, title);
    else if (used + strlen(title) + 2 > DOCTOR_COLUMNS - (line ? 0 : DOCTOR_INDENT))
        buf_print(list, ",\n%*s%s", DOCTOR_INDENT, "", title);
    else
        buf_print(list, ", %s", title);
}

/* Titles of the resources whose lists of this scope ended well. */
static int doctor_readable(struct doctor *d, const char *scope, struct err *e)
{
    struct buf line = {0};
    int rc = -1;

    for (size_t i = 0; i < d->resources->count; i++) {
        const struct resource *r = &d->resources->rows[i];
        int64_t good = 0;

        if (db_value_int(
                d->db, &good, e,
                "SELECT count(*) FROM snap.listing WHERE resource = %Q AND CASE WHEN length(subject) "
                ">= 51 AND lower(subject) GLOB '/subscriptions/*' THEN lower(substr(subject, 1, 51)) "
                "ELSE '' END = %Q AND (complete OR status = 200)",
                r->name, scope) != 0)
            goto out;
        if (good)
            doctor_add(&line, r->title);
    }
    if (line.len)
        printf("  readable   %s\n", buf_str(&line));
    rc = 0;
out:
    buf_free(&line);
    return rc;
}

static const struct resource *doctor_resource(const struct doctor *d, const char *name)
{
    for (size_t i = 0; i < d->resources->count; i++) {
        if (strcmp(d->resources->rows[i].name, name) == 0)
            return &d->resources->rows[i];
    }
    return NULL;
}

static int doctor_is_denial(int64_t status, const char *code)
{
    if (strcmp(code, "InvalidAuthenticationTokenTenant") == 0 || strcmp(code, "ForbiddenByFirewall") == 0)
        return 0; /* no right of this identity would help */
    return status == 401 || status == 403 || strcmp(code, "ForbiddenByRbac") == 0;
}

/* What of this scope could not be read, and what would help. */
static int doctor_refused(struct doctor *d, const char *scope, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1, more = 0;

    if (db_prepare(d->db, &s,
                   "SELECT resource, subject, status, code, reason FROM snap.gap WHERE scope = ?1 AND status "
                   "IS NOT 200 ORDER BY n",
                   e) != 0)
        return -1;
    db_bind_text(s, 1, scope);
    while ((more = db_step(s, e)) == 1) {
        const struct resource *r = doctor_resource(d, db_text(s, 0));
        struct buf reason = {0};

        d->refused++;
        utf8_visible(&reason, db_text(s, 4), strlen(db_text(s, 4)));
        if (r && *r->permission && doctor_is_denial(db_int(s, 2), db_text(s, 3)))
            printf("  MISSING    %s: the %saction %s%s%s (%s)\n", r->title, r->at_vault ? "data " : "",
                   r->permission, strcmp(db_text(s, 1), scope) != 0 ? " on " : "",
                   strcmp(db_text(s, 1), scope) != 0 ? db_text(s, 1) : "", db_text(s, 3));
        else
            printf("  NOT READ   %s: %s\n", r ? r->title : "scope", buf_str(&reason));
        buf_free(&reason);
    }
    rc = more;
    db_free(s);
    return rc;
}

/* Lists answer with what the caller may see, so a whole list proves nothing unless the caller's own rights do
 * (the check collection-complete says the same, more strictly). */
static int doctor_visibility(struct doctor *d, const char *scope, struct err *e)
{
    struct db_stmt *s = NULL;
    int rc = -1, more = 0, any = 0;

    if (!d->principal)
        return 0;
    if (db_prepare(
            d->db, &s,
            "SELECT DISTINCT coalesce(d.name, a.role_guid), CASE a.scope_key WHEN '' THEN '/' ELSE "
            "a.scope END FROM main.role_assignment a LEFT JOIN main.role_definition d ON d.role_guid = "
            "a.role_guid WHERE a.principal_id = ?1 AND (a.scope_key IN ('', ?2) OR a.scope_key GLOB "
            "'/providers/microsoft.management/managementgroups/*') ORDER BY 1, 2",
            e) != 0)
        return -1;
    db_bind_text(s, 1, d->principal);
    db_bind_text(s, 2, scope);
    while ((more = db_step(s, e)) == 1) {
        struct buf role = {0};

        utf8_visible(&role, db_text(s, 0), strlen(db_text(s, 0)));
        printf("  %s %s at %s\n", any++ ? "          " : "rights    ", buf_str(&role), db_text(s, 1));
        buf_free(&role);
    }
    if (more == 0 && !any)
        printf("  rights     none of this identity's own at or above the subscription (members of groups are "
               "not "
               "looked up): that lists are whole will not be proven\n");
    rc = more;
    db_free(s);
    return rc;
}

/* Resources of which nothing was tried anywhere: there was nothing to ask about. */
static int doctor_untried(struct doctor *d, struct err *e)
{
    struct buf line = {0};
    int rc = -1;

    for (size_t i = 0; i < d->resources->count; i++) {
        const struct resource *r = &d->resources->rows[i];
        int64_t tried = 0;

        if (!*r->each)
            continue;
        if (db_value_int(d->db, &tried, e, "SELECT count(*) FROM snap.listing WHERE resource = %Q",
                         r->name) != 0)
            goto out;
        if (!tried)
            doctor_add(&line, r->title);
    }
    if (line.len)
        printf("\nnothing to try these on was found:\n%*s%s\n", DOCTOR_INDENT, "", buf_str(&line));
    rc = 0;
out:
    buf_free(&line);
    return rc;
}

/* The names of the subscriptions come from the one resource file that declares them. */
static char *doctor_names(const struct doctor *d)
{
    const char *declares = "";

    for (size_t i = 0; i < d->resources->count; i++) {
        if (*d->resources->rows[i].declares)
            declares = d->resources->rows[i].declares;
    }
    return mem_print("SELECT s.subscription_id, coalesce((SELECT v.name FROM (SELECT NULL AS "
                     "subscription_id, NULL AS name WHERE 0 UNION ALL SELECT * FROM (%s)) v WHERE "
                     "v.subscription_id = s.subscription_id), 'not visible') FROM snap.scope s ORDER BY 2, 1",
                     declares);
}

static int doctor_print(struct doctor *d, struct err *e)
{
    struct db_stmt *s = NULL;
    char *names = doctor_names(d);
    struct buf missing = {0};
    int rc = -1, more = 0;

    printf("\ntenant\n");
    if (doctor_readable(d, "", e) != 0 || doctor_refused(d, "", e) != 0 ||
        db_prepare(d->db, &s, names, e) != 0)
        goto out;
    while ((more = db_step(s, e)) == 1) {
        char *scope = mem_print("/subscriptions/%s", db_text(s, 0));
        int64_t before = d->refused;
        struct buf name = {0};
        int told = 0;

        utf8_visible(&name, db_text(s, 1), strlen(db_text(s, 1)));
        printf("\nsubscription %s (%s)\n", buf_str(&name), db_text(s, 0));
        told = doctor_visibility(d, scope, e) == 0 && doctor_readable(d, scope, e) == 0 &&
               doctor_refused(d, scope, e) == 0;
        if (d->refused > before)
            buf_print(&missing, "  az role assignment create --role Reader --assignee %s --scope %s\n",
                      d->principal ? d->principal : "OBJECT-ID", scope);
        buf_free(&name);
        free(scope);
        if (!told)
            goto out;
    }
    if (more < 0 || doctor_untried(d, e) != 0)
        goto out;
    if (missing.len)
        printf(
            "\nwhat is MISSING comes with the role Reader, at each subscription or at the management group "
            "above:\n%s"
            "docs/permissions.md has a custom role with exactly these actions.\n",
            buf_str(&missing));
    printf("\n%s\n", d->refused ? "not everything can be read: see above"
                                : "everything that was tried can be read: keycustody collect --store DIR");
    rc = 0;
out:
    db_free(s);
    free(names);
    buf_free(&missing);
    return rc;
}

/* A collection into a folder that is gone afterwards. */
static int doctor_try(struct doctor *d, const struct collect_job *job, struct transport *t, const char *dir,
                      int *interrupted, struct err *e)
{
    struct collect_options options = {.resources = d->resources,
                                      .subscriptions = job->scope.rows,
                                      .subscription_count = job->scope.count,
                                      .principal_id = d->principal,
                                      .probe = 1,
                                      .control_plane_only = cmd_has(job->args, "--control-plane-only"),
                                      .stop = &collect_signal};
    struct collect_result result = {0};
    struct store *store = NULL;
    struct evidence *ev = NULL;
    int locked = 0, rc = -1;

    if (store_open_to_add(&store, dir, &locked, e) != 0 || evidence_begin(&ev, store, e) != 0 ||
        collect_run(t, ev, &options, &result, e) != 0)
        goto out;
    *interrupted = result.interrupted;
    if (!result.interrupted) {
        d->db = evidence_db(ev);
        if (doctor_print(d, e) != 0)
            goto out;
    }
    rc = 0;
out:
    evidence_abandon(ev);
    store_close(store);
    return rc;
}

static int doctor_run(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct collect_job job = {.args = &args};
    struct resources resources = {0};
    struct doctor d = {.resources = &resources};
    struct transport *t = NULL;
    const char *tmp = getenv("TMPDIR");
    char *dir = NULL;
    int code = EXIT_USAGE, interrupted = 0;

    if (cmd_parse(&args, &cmd_doctor, argc, argv, e) != 0 || collect_read_live(&job.live, &args, e) != 0)
        goto out;
    if (cmd_operand(&args, 0)) {
        err_set(e, "%s: doctor takes no operands", cmd_operand(&args, 0));
        goto out;
    }
    code = EXIT_FAILED;
    collect_catch_signals();
    dir = mem_print("%s/keycustody-doctor-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
    if (!mkdtemp(dir)) {
        err_set(e, "%s: no folder can be made there", dir);
        free(dir);
        dir = NULL;
        goto out;
    }
    if (resources_load(&resources, e) != 0 || collect_open_live(&t, &job, &resources, NULL, e) != 0) {
        if (collect_signal)
            code = EXIT_INTERRUPTED;
        goto out;
    }
    d.principal = *job.principal ? job.principal : NULL;
    if (doctor_try(&d, &job, t, dir, &interrupted, e) != 0)
        goto out;
    code = interrupted ? EXIT_INTERRUPTED : d.refused ? EXIT_INCOMPLETE : EXIT_OK;
out:
    transport_free(t);
    if (dir)
        file_remove_tree(dir, NULL);
    free(dir);
    resources_free(&resources);
    scope_free(&job.scope);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_doctor = {
    .name = "doctor",
    .summary = "sign in and say what this identity can read, and which right is missing",
    .usage = "keycustody doctor [options]",
    .options = doctor_option_rows,
    .examples =
        "  keycustody doctor\n"
        "      with whatever this machine is signed in with: environment, managed identity, az login\n"
        "  keycustody doctor --credential AzureCLI --management-group prod\n",
    .run = doctor_run,
};
