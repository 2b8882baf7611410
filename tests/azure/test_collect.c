/* The collector over recordings: paging, faults of answers, gaps, api-versions. The resource files here are
 * the test's own: the collector knows none by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "azure/collect.h"
#include "azure/replay.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/note.h"
#include "lib/json.h"

#define SUB "11111111-1111-1111-1111-111111111111"
#define ARM "https://management.azure.com"
#define LIST ARM "/subscriptions?api-version=2022-12-01"
#define THINGS ARM "/subscriptions/" SUB "/providers/T.T/things?api-version=2"
#define ONE_SUB "{\"value\":[{\"id\":\"/subscriptions/" SUB "\"}]}"
#define THING_ID "/subscriptions/" SUB "/rg/x/things/Ä"

static const char sub_sql[] =
    "-- resource: sub\n-- title: subscriptions\n-- api-version: 2022-12-01\n-- after:\n"
    "-- each: SELECT '' AS subject, '/subscriptions' AS url\n-- shape: list\n-- permission: read\n-- must: "
    "id\n"
    "-- declares: SELECT subscription_id, name FROM sub\n"
    "CREATE TABLE sub(id TEXT PRIMARY KEY, subscription_id TEXT, name TEXT, src INT, ptr TEXT) STRICT;\n"
    "CREATE TEMP VIEW sub_view AS WITH body AS MATERIALIZED (SELECT e.n AS src, "
    "CAST(sqlar_uncompress(s.data, s.sz) AS "
    "TEXT) AS b FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256 WHERE e.resource = 'sub' AND "
    "e.usable "
    "AND e.status = 200) SELECT v.value ->> '$.id', substr(v.value ->> '$.id', 16), 'n', src, v.fullkey FROM "
    "body, "
    "json_each(b, '$.value') v;\n";

static const char thing_sql[] =
    "-- resource: thing\n-- title: things\n-- api-version: 2, 1\n-- after: sub\n"
    "-- each: SELECT '/subscriptions/' || subscription_id AS subject,\n"
    "--   '/subscriptions/' || subscription_id || '/providers/T.T/things' AS url FROM sub JOIN scope USING "
    "(subscription_id)\n-- shape: list\n-- permission: T.T/things/read\n-- must: id\n"
    "CREATE TABLE thing(id TEXT PRIMARY KEY, src INT, ptr TEXT) STRICT;\n"
    "CREATE TEMP VIEW thing_view AS WITH body AS MATERIALIZED (SELECT e.n AS src, "
    "CAST(sqlar_uncompress(s.data, s.sz) AS "
    "TEXT) AS b FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256 WHERE e.resource = 'thing' "
    "AND e.usable "
    "AND e.status = 200) SELECT CASE json_type(v.value, '$.id') WHEN 'text' THEN v.value ->> '$.id' END AS "
    "id, src, '/' || "
    "v.key FROM body, json_each(ltrim(b, char(65279)), '$.value') v WHERE v.type = 'object';\n";

static const char part_sql[] =
    "-- resource: part\n-- title: parts\n-- api-version: 7\n-- after: thing\n"
    "-- each: SELECT id AS subject, id AS url FROM thing\n-- shape: one\n-- gone: 404\n-- permission: p\n"
    "CREATE TABLE part(id TEXT PRIMARY KEY, src INT, ptr TEXT) STRICT;\n";

struct entry {
    const char *url;
    int status;
    const char *body;
};

struct run_case {
    const char *name;
    struct entry entries[8];
    const char *gaps;     /* codes, blank-separated, in order */
    const char *listings; /* resource=complete/pages/status, in order of resource and subject */
    int things;
};

static char *dir;

static int make_dir(void **state)
{
    char name[] = "/tmp/kc-collect-XXXXXX";

    (void)state;
    note_set_level(NOTE_QUIET);
    dir = mem_copy(mkdtemp(name));
    return dir ? 0 : -1;
}

static int drop_dir(void **state)
{
    int rc = file_remove_tree(dir, NULL);

    (void)state;
    free(dir);
    return rc;
}

static char *write_har(const struct entry *entries, size_t max)
{
    struct json_out o = {0};
    char *path = file_join(dir, "case.har");

    json_begin(&o);
    json_object(&o, NULL);
    json_object(&o, "log");
    json_put_text(&o, "version", "1.2");
    json_object(&o, "creator");
    json_put_text(&o, "name", "test");
    json_put_text(&o, "version", "1");
    json_object_end(&o);
    json_array(&o, "entries");
    for (size_t i = 0; i < max && entries[i].url; i++) {
        json_object(&o, NULL);
        json_put_text(&o, "startedDateTime", "2026-11-24T10:00:00.5+01:00");
        json_object(&o, "request");
        json_put_text(&o, "method", "GET");
        json_put_text(&o, "url", entries[i].url);
        json_object_end(&o);
        json_object(&o, "response");
        json_put_int(&o, "status", entries[i].status);
        json_object(&o, "content");
        if (entries[i].body)
            json_put_text(&o, "text", entries[i].body);
        json_object_end(&o);
        json_object_end(&o);
        json_object_end(&o);
    }
    json_array_end(&o);
    json_object_end(&o);
    json_object_end(&o);
    assert_int_equal(json_end(&o, NULL), 0);
    assert_int_equal(file_write(path, buf_str(&o.buf), o.buf.len, 0600, NULL), 0);
    buf_free(&o.buf);
    return path;
}

static void column(struct db *db, const char *sql, struct buf *out)
{
    struct db_stmt *s = NULL;
    struct err e = {""};

    if (db_prepare(db, &s, sql, &e) != 0)
        fail_msg("%s", e.text);
    while (db_step(s, &e) == 1)
        buf_print(out, "%s%s", out->len ? " " : "", db_text(s, 0));
    db_free(s);
}

static void load(struct resources *list)
{
    static const char *const text[] = {part_sql, thing_sql, sub_sql};
    static struct embed_row rows[3];
    static const size_t order[] = {2, 1, 0};

    list->rows = mem_zero(3, sizeof *list->rows);
    list->count = 3;
    for (size_t i = 0; i < 3; i++) {
        struct err e = {""};

        rows[i] = (struct embed_row){"test.sql", text[order[i]], text[order[i]] + strlen(text[order[i]])};
        if (resource_read(&list->rows[i], &rows[i], &e) != 0)
            fail_msg("%s", e.text);
    }
}

/* Runs one collection and gives back what the snapshot holds. */
static void collect(const struct entry *entries, size_t max, const struct collect_subscription *subs,
                    size_t sub_count, struct buf *gaps, struct buf *listings, int64_t *things,
                    struct buf *versions)
{
    char *har = write_har(entries, max), *path = file_join(dir, "store");
    struct resources resources = {0};
    struct collect_options options = {
        .resources = &resources, .subscriptions = subs, .subscription_count = sub_count};
    struct collect_result result = {0};
    struct transport *t = NULL;
    struct store *store = NULL;
    struct evidence *ev = NULL;
    struct err e = {""};
    int locked = 0, credentials = 0;

    load(&resources);
    if (replay_open(&t, har, &credentials, &e) != 0 || store_open_to_add(&store, path, &locked, &e) != 0 ||
        evidence_begin(&ev, store, &e) != 0 || collect_run(t, ev, &options, &result, &e) != 0)
        fail_msg("%s", e.text);
    column(evidence_db(ev), "SELECT code FROM snap.gap ORDER BY n", gaps);
    column(evidence_db(ev),
           "SELECT resource || '=' || complete || '/' || pages || '/' || coalesce(status, '-') FROM "
           "snap.listing ORDER BY "
           "resource DESC, subject",
           listings);
    if (versions)
        column(evidence_db(ev), "SELECT resource || ':' || api_version FROM snap.exchange ORDER BY n",
               versions);
    assert_int_equal(db_value_int(evidence_db(ev), things, &e, "SELECT count(*) FROM main.thing"), 0);
    evidence_abandon(ev);
    store_close(store);
    transport_free(t);
    resources_free(&resources);
    assert_int_equal(file_remove_tree(path, NULL), 0);
    free(har);
    free(path);
}

#define PAGE(id, next) "{\"value\":[{\"id\":\"" id "\"}],\"nextLink\":" next "}"
#define ERROR(code) "{\"error\":{\"code\":\"" code "\",\"message\":\"m\"}}"

static const struct run_case cases[] = {
    {"whole",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[],\"nextLink\":null}"}},
     "",
     "thing=1/1/200 sub=1/1/200",
     0},
    {"two pages, the last one empty, the link verbatim and in another case",
     {{LIST, 200, ONE_SUB},
      {THINGS, 200, PAGE("/a", "\"" ARM ":443/SUBSCRIPTIONS/" SUB "/providers/t.t/things?b=2&%24a=1\"")},
      {ARM "/subscriptions/" SUB "/providers/T.T/things?$A=1&b=2", 200, "{\"value\":[],\"nextLink\":\"\"}"},
      {ARM "/a?api-version=7", 404, ERROR("ResourceNotFound")}},
     "",
     "thing=1/2/200 sub=1/1/200 part=1/1/404",
     1},
    {"a conflict of another kind",
     {{LIST, 200, ONE_SUB}, {THINGS, 409, ERROR("Conflict")}},
     "Conflict",
     "thing=0/1/409 sub=1/1/200",
     0},
    {"the same word with another status",
     {{LIST, 200, ONE_SUB}, {THINGS, 403, ERROR("MissingSubscriptionRegistration")}},
     "MissingSubscriptionRegistration",
     "thing=0/1/403 sub=1/1/200",
     0},
    {"a subscription of another tenant",
     {{LIST, 200, ONE_SUB}, {THINGS, 401, ERROR("InvalidAuthenticationTokenTenant")}},
     "InvalidAuthenticationTokenTenant",
     "thing=0/1/401 sub=1/1/200",
     0},
    {"a foreign link",
     {{LIST, 200, ONE_SUB},
      {THINGS, 200, "{\"value\":[],\"nextLink\":\"https://management.azure.com.evil.test/x\"}"}},
     "ForeignNextLink",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"another port",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[],\"nextLink\":\"" ARM ":444/x\"}"}},
     "ForeignNextLink",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"another scheme",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[],\"nextLink\":\"http://management.azure.com/x\"}"}},
     "ForeignNextLink",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"a user in the link",
     {{LIST, 200, ONE_SUB},
      {THINGS, 200, "{\"value\":[],\"nextLink\":\"https://management.azure.com@evil.test/x\"}"}},
     "ForeignNextLink",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"a relative link",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[],\"nextLink\":\"/subscriptions/x\"}"}},
     "ForeignNextLink",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"a link to itself",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[],\"nextLink\":\"" THINGS "\"}"}},
     "PaginationLoop",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"a link that is a number",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[],\"nextLink\":7}"}},
     "WrongShape",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"a second page that was not recorded",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[],\"nextLink\":\"" ARM "/x?p=2\"}"}},
     "NotRecorded",
     "thing=0/1/- sub=1/1/200",
     0},
    {"nothing recorded for it", {{LIST, 200, ONE_SUB}}, "NotRecorded", "thing=0/0/- sub=1/1/200", 0},
    {"refused",
     {{LIST, 200, ONE_SUB}, {THINGS, 403, ERROR("AuthorizationFailed")}},
     "AuthorizationFailed",
     "thing=0/1/403 sub=1/1/200",
     0},
    {"an error without its wrapper",
     {{LIST, 200, ONE_SUB}, {THINGS, 403, "{\"code\":\"Denied\",\"message\":\"m\"}"}},
     "Denied",
     "thing=0/1/403 sub=1/1/200",
     0},
    {"an error without a body that says why",
     {{LIST, 200, ONE_SUB}, {THINGS, 500, "{}"}},
     "Http500",
     "thing=0/1/500 sub=1/1/200",
     0},
    {"a sign-in page with status 200",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "<html>"}},
     "NotJson",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"an empty body",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, ""}},
     "MalformedBody",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"no body in the recording",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, NULL}},
     "BodyNotRecorded",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"truncated",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":["}},
     "MalformedBody",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"a name twice",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[],\"value\":[]}"}},
     "MalformedBody",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"value null",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":null}"}},
     "WrongShape",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"value missing",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{}"}},
     "WrongShape",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"no object at all",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "[]"}},
     "WrongShape",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"an item that is no object",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[7]}"}},
     "WrongShape",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"an item without its id",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[{\"id\":7}]}"}},
     "WrongType",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"a byte order mark is no fault",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, "\xef\xbb\xbf{\"value\":[]}"}},
     "",
     "thing=1/1/200 sub=1/1/200",
     0},
    {"a token in the body",
     {{LIST, 200, ONE_SUB},
      {THINGS, 200,
       "{\"value\":[{\"t\":\"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLWhlcmU\"}]}"}},
     "SecretInBody",
     "thing=0/1/200 sub=1/1/200",
     0},
    {"an older api-version answers",
     {{LIST, 200, ONE_SUB},
      {ARM "/subscriptions/" SUB "/providers/T.T/things?api-version=1", 200, "{\"value\":[]}"}},
     "",
     "thing=1/1/200 sub=1/1/200",
     0},
    {"the pin is not served: one step down",
     {{LIST, 200, ONE_SUB},
      {THINGS, 400,
       "{\"error\":{\"code\":\"NoRegisteredProviderFound\",\"message\":\"The supported api-versions are '1, "
       "0'.\"}}"},
      {ARM "/subscriptions/" SUB "/providers/T.T/things?api-version=1", 200, "{\"value\":[]}"}},
     "",
     "thing=1/1/200 sub=1/1/200",
     0},
    {"no version of ours is served",
     {{LIST, 200, ONE_SUB},
      {THINGS, 400,
       "{\"error\":{\"code\":\"NoRegisteredProviderFound\",\"message\":\"The supported api-versions are "
       "'0'.\"}}"}},
     "NoRegisteredProviderFound",
     "thing=0/1/400 sub=1/1/200",
     0},
    {"the provider is not registered: none there",
     {{LIST, 200, ONE_SUB}, {THINGS, 409, ERROR("MissingSubscriptionRegistration")}},
     "",
     "thing=1/1/409 sub=1/1/200",
     0},
    {"throttled, then answered",
     {{LIST, 200, ONE_SUB}, {THINGS, 429, "{}"}, {THINGS, 503, ""}, {THINGS, 200, "{\"value\":[]}"}},
     "",
     "thing=1/1/200 sub=1/1/200",
     0},
    {"throttled to the end",
     {{LIST, 200, ONE_SUB}, {THINGS, 429, ERROR("TooManyRequests")}},
     "TooManyRequests",
     "thing=0/1/429 sub=1/1/200",
     0},
    {"no rights anywhere", {{LIST, 200, "{\"value\":[]}"}}, "NoSubscriptions", "sub=0/1/200", 0},
    {"the subscription of a thing that is gone is gone too: no answer about the thing",
     {{LIST, 200, ONE_SUB},
      {THINGS, 200, PAGE("/a", "null")},
      {ARM "/a?api-version=7", 404, ERROR("SubscriptionNotFound")}},
     "SubscriptionNotFound",
     "thing=1/1/200 sub=1/1/200 part=0/1/404",
     1},
    {"a proxy's 404 is no answer about the thing",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, PAGE("/a", "null")}, {ARM "/a?api-version=7", 404, "<html>"}},
     "NotJson",
     "thing=1/1/200 sub=1/1/200 part=0/1/404",
     1},
    {"ids are encoded for the URL and matched decoded",
     {{LIST, 200, ONE_SUB},
      {THINGS, 200, PAGE("/a b/%3F/\xc3\x84?x", "null")},
      {ARM "/a%20b/%253F/%c3%a4%3Fx?api-version=7", 200, "{}"}},
     "",
     "thing=1/1/200 sub=1/1/200 part=1/1/200",
     1},
    {"an id that climbs is not asked for",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, PAGE("/a/../b", "null")}},
     "BadId",
     "thing=1/1/200 sub=1/1/200 part=0/0/-",
     1},
    {"secrets are not asked for",
     {{LIST, 200, ONE_SUB}, {THINGS, 200, PAGE("/providers/Microsoft.KeyVault/Vaults/v/Secrets/s", "null")}},
     "BadId",
     "thing=1/1/200 sub=1/1/200 part=0/0/-",
     1},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf gaps = {0}, listings = {0};
        int64_t things = 0;

        collect(cases[i].entries, 8, NULL, 0, &gaps, &listings, &things, NULL);
        if (strcmp(buf_str(&gaps), cases[i].gaps) != 0 ||
            strcmp(buf_str(&listings), cases[i].listings) != 0 || things != cases[i].things)
            fail_msg("%s: gaps \"%s\", listings \"%s\", things %d", cases[i].name, buf_str(&gaps),
                     buf_str(&listings), (int)things);
        buf_free(&gaps);
        buf_free(&listings);
    }
}

static void test_declared_scope(void **state)
{
    static const struct entry entries[] = {
        {LIST, 200, ONE_SUB}, {THINGS, 200, "{\"value\":[]}"}, {NULL, 0, NULL}};
    static const struct collect_subscription other = {"22222222-2222-2222-2222-222222222222", "as written"};
    struct buf gaps = {0}, listings = {0};
    int64_t things = 0;

    (void)state;
    collect(entries, 3, &other, 1, &gaps, &listings, &things, NULL);
    assert_string_equal(buf_str(&gaps), "SubscriptionNotVisible");
    assert_string_equal(buf_str(&listings),
                        "sub=1/1/200"); /* and nothing of the other subscription was asked for */
    buf_free(&gaps);
    buf_free(&listings);
}

static void test_the_version_that_answered(void **state)
{
    static const struct entry entries[] = {
        {LIST, 200, ONE_SUB},
        {ARM "/subscriptions/" SUB "/providers/T.T/things?api-version=2019-01-01-preview", 200,
         "{\"value\":[]}"},
        {ARM "/subscriptions/" SUB "/providers/T.T/things?api-version=1", 200, "{\"value\":[]}"},
        {NULL, 0, NULL}};
    struct buf gaps = {0}, listings = {0}, versions = {0};
    int64_t things = 0;

    (void)state;
    collect(entries, 4, NULL, 0, &gaps, &listings, &things, &versions);
    assert_string_equal(buf_str(&versions), "sub:2022-12-01 thing:1");
    buf_clear(&gaps);
    buf_clear(&listings);
    buf_clear(&versions);
    collect(entries, 2, NULL, 0, &gaps, &listings, &things, &versions);
    assert_string_equal(buf_str(&versions), "sub:2022-12-01 thing:2019-01-01-preview");
    buf_free(&gaps);
    buf_free(&listings);
    buf_free(&versions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_declared_scope),
        cmocka_unit_test(test_the_version_that_answered),
    };

    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
