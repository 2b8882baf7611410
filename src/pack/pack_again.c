/* A pack's files made again from what lies in the pack alone. See pack_again.h. */
#include "pack/pack_again.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/json.h"
#include "pack/manifest.h"
#include "pack/pack_job.h"
#include "render/render.h"
#include "report/template.h"

#define AGAIN_LIST_BYTES (16u << 20)
#define AGAIN_NO_ENGAGEMENT "{\"format\": 1}\n" /* what pack_policy puts where none was given */

struct again {
    struct json *options, *chain; /* of the pack */
    struct pack_options o;
    struct store_snapshot snapshot;
    struct pack_job job;
    char **frameworks;
    char *engagement, *templates;
};

static int again_json(struct json **out, const char *dir, const char *name, struct err *e)
{
    char *path = file_join(dir, name);
    struct buf text = {0};
    int rc = -1;

    if (file_read(path, AGAIN_LIST_BYTES, &text, e) == 0)
        rc = json_parse(out, buf_str(&text), text.len, e);
    buf_free(&text);
    free(path);
    return rc == 0 ? 0 : err_context(e, "%s", name);
}

/* A name of a file in a folder of the pack, as its lists give it. */
static int again_name(const char *name)
{
    return name && manifest_name_fits(name) && !strchr(name, '/');
}

static int again_chain(struct again *a, const char *dir, struct err *e)
{
    const struct json *list = json_get(a->chain, "snapshots");

    a->job.chain = mem_zero(json_count(list) + 1, sizeof *a->job.chain);
    for (const struct json *o = json_first(list); o; o = json_next(o)) {
        struct report_link *link = &a->job.chain[a->job.chain_count];
        const char *previous = json_text(json_get(o, "previous"));

        *link = (struct report_link){.id = json_text(json_get(o, "id")),
                                     .taken_at = json_text(json_get(o, "taken_at")),
                                     .file = json_text(json_get(o, "file")),
                                     .sha256 = json_text(json_get(o, "sha256")),
                                     .signed_seal = json_true(json_get(o, "sealed"))};
        if (!link->id || strlen(link->id) != STORE_ID - 1 || !link->taken_at ||
            strlen(link->taken_at) != CLOCK_TEXT - 1 || !link->sha256 ||
            strlen(link->sha256) != DIGEST_HEX - 1 || !again_name(link->file))
            return err_set(e, "data/chain.json: entry %zu is not id, taken_at, file, sha256, previous",
                           a->job.chain_count + 1);
        link->previous_sha256 = previous ? mem_copy(previous) : NULL;
        a->job.chain_count++;
        if (json_true(json_get(o, "in_pack")) && !a->snapshot.path) {
            memcpy(a->snapshot.id, link->id, STORE_ID);
            memcpy(a->snapshot.taken_at, link->taken_at, CLOCK_TEXT);
            memcpy(a->snapshot.sha256, link->sha256, DIGEST_HEX);
            a->snapshot.file = mem_print("snapshots/%s", link->file);
            a->snapshot.path = mem_print("%s/data/snapshots/%s", dir, link->file);
        }
    }
    return a->snapshot.path ? 0 : err_set(e, "data/chain.json: no snapshot of it lies in the pack");
}

/* Mappings in the order of the report. One that is built in and the same goes by its id, as it went. */
static int again_frameworks(struct again *a, const char *dir, struct err *e)
{
    const struct json *list = json_get(a->options, "frameworks");

    a->frameworks = mem_zero(json_count(list) + 1, sizeof *a->frameworks);
    for (const struct json *o = json_first(list); o; o = json_next(o)) {
        const char *file = json_text(json_get(o, "file")), *id = json_text(json_get(o, "id"));
        const struct embed_row *row = NULL;
        char *built_in = NULL, *path = NULL;
        struct buf text = {0};
        int rc = -1;

        if (!again_name(file) || !id)
            return err_set(e, "data/options.json: entry %zu of frameworks is not id and file",
                           a->o.framework_count + 1);
        path = mem_print("%s/data/mappings/%s", dir, file);
        built_in = mem_print("mappings/%s", file);
        row = json_true(json_get(o, "built_in")) ? embed_find(built_in) : NULL;
        rc = file_read(path, AGAIN_LIST_BYTES, &text, e);
        if (row && embed_size(row) == text.len && memcmp(row->data, buf_str(&text), text.len) == 0) {
            free(path);
            path = mem_copy(id);
        }
        a->frameworks[a->o.framework_count++] = path;
        free(built_in);
        buf_free(&text);
        if (rc != 0)
            return -1;
    }
    a->o.frameworks = (const char *const *)a->frameworks;
    return 0;
}

static int again_options(struct again *a, const char *dir, struct err *e)
{
    const struct json *tool = json_get(a->options, "tool");
    const char *id = json_text(json_get(a->options, "pack")),
               *as_of = json_text(json_get(a->options, "as_of")),
               *sha256 = json_text(json_get(tool, "sha256")),
               *line = json_text(json_get(a->options, "command_line")),
               *version = json_text(json_get(tool, "version"));
    struct buf text = {0};

    if (!id || strlen(id) >= sizeof a->job.id || !as_of || !line || !version || !sha256 ||
        strlen(sha256) != DIGEST_HEX - 1)
        return err_set(e, "data/options.json: does not say with which program and options it was made");
    snprintf(a->job.id, sizeof a->job.id, "%s", id);
    memcpy(a->job.tool_sha256, sha256, DIGEST_HEX);
    a->job.as_of = mem_copy(as_of);
    a->engagement = mem_print("%s/data/engagement.json", dir);
    if (file_read(a->engagement, AGAIN_LIST_BYTES, &text, e) != 0)
        return -1;
    if (strcmp(buf_str(&text), AGAIN_NO_ENGAGEMENT) != 0)
        a->o.engagement = a->engagement;
    buf_free(&text);
    a->templates = mem_print("%s/data/report-templates", dir);
    a->o.template_name = a->templates;
    a->job.report = (struct report_options){.pack_id = a->job.id,
                                            .as_of = a->job.as_of,
                                            .snapshot_file = strchr(a->snapshot.file, '/') + 1,
                                            .snapshot_sha256 = a->snapshot.sha256,
                                            .command_line = line,
                                            .tool_version = version,
                                            .tool_sha256 = a->job.tool_sha256,
                                            .signer = json_text(json_get(a->options, "signer")),
                                            .chain = a->job.chain,
                                            .chain_count = a->job.chain_count};
    a->job.report.will_sign = a->job.report.signer != NULL;
    return 0;
}

static void again_others(const struct again *a, struct pack_again *out)
{
    static const char *const ours[][2] = {
        {"libharu", KC_LIBHARU}, {"libxlsxwriter", KC_XLSXWRITER}, {"zlib", KC_ZLIB}};
    const struct json *versions = json_get(a->options, "versions");
    const char *program = json_text(json_get(json_get(a->options, "tool"), "version"));
    struct buf b = {0};

    if (program && strcmp(program, KC_VERSION) != 0)
        buf_print(&b, "keycustody %s here, %s there", KC_VERSION, program);
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        const char *theirs = json_text(json_get(versions, ours[i][0]));

        if (theirs && strcmp(theirs, ours[i][1]) != 0)
            buf_print(&b, "%s%s %s here, %s there", b.len ? "; " : "", ours[i][0], ours[i][1], theirs);
    }
    out->others = b.len ? buf_take(&b) : NULL;
    buf_free(&b);
}

/* Whether a mapping was built in is a fact about the program that made the pack. */
static int again_built_in(struct again *a, struct err *e)
{
    int rc = 0;

    for (const struct json *o = json_first(json_get(a->options, "frameworks")); o && rc == 0;
         o = json_next(o))
        rc = db_exec_print(a->job.facts, e, "UPDATE framework SET built_in = %d WHERE id = %Q AND file = %Q",
                           json_true(json_get(o, "built_in")), json_text(json_get(o, "id")),
                           json_text(json_get(o, "file")));
    return rc;
}

/* Text and PDF; a PDF that cannot be drawn here, for want of a font say, is no reason not to look at the
 * rest.
 */
static int again_pages(struct again *a, struct pack_again *out, struct err *e)
{
    struct render_job job = {
        .facts = a->job.facts, .template_name = a->o.template_name, .options = &a->job.report};
    struct doc *doc = NULL;
    int rc = template_build(job.facts, job.template_name, job.options, &doc, e);

    job.doc = doc;
    for (const struct render_format *f = render_formats; rc == 0 && f->name; f++) {
        char *path = file_join(a->job.data, f->file);
        struct err why = {""};

        if (strcmp(f->name, "xlsx") != 0 && f->write(&job, path, &why) != 0) {
            if (strcmp(f->name, "pdf") == 0)
                out->undrawn = mem_copy(why.text);
            else
                rc = err_set(e, "%s", why.text);
        }
        free(path);
    }
    doc_free(doc);
    return rc;
}

static int again_make(struct again *a, struct pack_again *out, struct err *e)
{
    struct pack_job *j = &a->job;

    if (pack_judge(j, e) != 0 || again_built_in(a, e) != 0 || pack_render_begin(j, e) != 0)
        return -1;
    if (pack_judged_files(j, e) != 0 || again_pages(a, out, e) != 0 || pack_render_end(j, e) != 0) {
        pack_render_stop(j);
        return -1;
    }
    return 0;
}

static void again_free(struct again *a)
{
    for (size_t i = 0; i < a->o.framework_count; i++)
        free(a->frameworks[i]);
    free(a->frameworks);
    for (size_t i = 0; i < a->job.chain_count; i++)
        free((char *)a->job.chain[i].previous_sha256);
    free(a->job.chain);
    free(a->job.as_of);
    free(a->job.judged);
    free(a->job.data);
    free(a->job.dir);
    free(a->snapshot.file);
    free(a->snapshot.path);
    free(a->engagement);
    free(a->templates);
    json_free(a->options);
    json_free(a->chain);
}

int pack_again(struct pack_again *out, const char *dir, const char *temp, struct err *e)
{
    struct again a = {0};
    int rc = -1;

    *out = (struct pack_again){0};
    a.job.o = &a.o;
    a.job.snapshot = &a.snapshot;
    a.job.dir = file_join(temp, "pack");
    a.job.data = file_join(a.job.dir, "data");
    a.job.judged = file_join(temp, "facts.db");
    if (file_make_dir(a.job.dir, 0700, e) != 0 || again_json(&a.options, dir, "data/options.json", e) != 0 ||
        again_json(&a.chain, dir, "data/chain.json", e) != 0 || again_chain(&a, dir, e) != 0 ||
        again_frameworks(&a, dir, e) != 0 || again_options(&a, dir, e) != 0)
        goto out;
    again_others(&a, out);
    if (again_make(&a, out, e) != 0)
        goto out;
    out->data = mem_copy(a.job.data);
    rc = 0;
out:
    out->facts = a.job.facts;
    again_free(&a);
    return rc;
}

void pack_again_free(struct pack_again *a)
{
    db_close(a->facts);
    free(a->data);
    free(a->undrawn);
    free(a->others);
    *a = (struct pack_again){0};
}
