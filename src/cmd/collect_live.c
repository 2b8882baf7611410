/* keycustody collect and doctor: the way to live Azure. See collect.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "azure/record.h"
#include "azure/resume.h"
#include "base/note.h"
#include "cmd/collect.h"

#define COLLECT_DEADLINE (6 * 3600) /* seconds: what has not been read by then is a gap */

int collect_read_duration(const char *option, const char *text, int64_t *seconds, struct err *e)
{
    char *end = NULL;
    long n = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : 0;
    long unit = !end || !*end || strcmp(end, "s") == 0 ? 1
                : strcmp(end, "m") == 0                ? 60
                : strcmp(end, "h") == 0                ? 3600
                                                       : 0;

    if (n < 1 || !unit || n > 7L * 24 * 3600 / unit)
        return err_set(e, "%s: \"%.40s\": write a time like 90s, 30m or 2h, at most a week", option, text);
    *seconds = (int64_t)n * unit;
    return 0;
}

int collect_read_live(struct live_options *out, const struct cmd_args *args, struct err *e)
{
    int64_t timeout = 0;

    out->cloud = cmd_value(args, "--cloud");
    out->ca_file = cmd_value(args, "--ca-file");
    out->credential = cmd_value(args, "--credential");
    out->deadline = COLLECT_DEADLINE;
    out->stop = &collect_signal;
    if (!out->cloud)
        out->cloud = "AzureCloud";
    if (out->credential && token_check_name(out->credential, e) != 0)
        return err_context(e, "--credential");
    if (cmd_has(args, "--deadline") &&
        collect_read_duration("--deadline", cmd_value(args, "--deadline"), &out->deadline, e) != 0)
        return -1;
    if (cmd_has(args, "--timeout") &&
        collect_read_duration("--timeout", cmd_value(args, "--timeout"), &timeout, e) != 0)
        return -1;
    out->timeout = timeout > 3600 ? 3600 : (int)timeout;
    return 0;
}

/* What stands in front of Azure: what was read before, and the recorder. */
static int collect_put_before(struct transport **t, struct collect_job *job, const struct store *store,
                              struct err *e)
{
    struct resume_options resume = {.store = store,
                                    .principal_id = *job->principal ? job->principal : NULL,
                                    .subscriptions = job->scope.rows,
                                    .subscription_count = job->scope.count};

    if (cmd_has(job->args, "--resume")) {
        resume_open(t, *t, &resume);
        job->before = *t;
        note_info("resume: %lld answers are at hand%s%s%s%s", (long long)resume_state(*t)->found,
                  *resume_state(*t)->first ? ", read between " : "", resume_state(*t)->first,
                  *resume_state(*t)->first ? " and " : "", resume_state(*t)->last);
    }
    if (cmd_has(job->args, "--record")) {
        struct transport *inner = *t;

        *t = NULL; /* record_open owns it in every case */
        if (record_open(t, inner, cmd_value(job->args, "--record"), e) != 0)
            return -1;
        job->recorder = *t;
    }
    return 0;
}

int collect_open_live(struct transport **out, struct collect_job *job, struct resources *resources,
                      const struct store *store, struct err *e)
{
    const struct tokens *tokens = NULL;
    struct transport *t = NULL;
    const char *value = NULL;
    char id[37];
    int rc = -1;

    if (live_open(&t, &job->live, e) != 0)
        return -1;
    resources_for_cloud(resources, live_cloud(t)->name);
    tokens = live_tokens(t);
    note_info("signed in with %s as %s of tenant %s, %s at %s", tokens_credential(tokens),
              tokens_principal(tokens) ? tokens_principal(tokens)
                                       : "an identity that its token does not name",
              tokens_tenant(tokens) ? tokens_tenant(tokens) : "unknown", live_cloud(t)->name, t->endpoint);
    if (tokens_principal(tokens))
        memcpy(job->principal, tokens_principal(tokens), sizeof job->principal);
    else
        note_warn("the token names no object id: visibility will not be proven");
    for (int i = 0; (value = cmd_value_at(job->args, "--subscription", i)); i++) {
        if (scope_is_guid(value, id))
            scope_add(&job->scope, id, value);
        else if (scope_add_name(&job->scope, t, resources, value, e) != 0)
            goto out;
    }
    for (int i = 0; (value = cmd_value_at(job->args, "--management-group", i)); i++) {
        if (scope_add_group(&job->scope, t, resources, value, e) != 0)
            goto out;
    }
    job->azure = t;
    if (collect_put_before(&t, job, store, e) != 0)
        goto out;
    *out = t;
    t = NULL;
    rc = 0;
out:
    transport_free(t);
    return rc;
}
