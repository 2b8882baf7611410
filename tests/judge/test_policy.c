/* Thresholds and engagement files: what is shipped is adopted by nobody, what is misspelt is an error with
 * its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "judge/policy.h"

/* A file with this text; the caller removes and frees. */
static char *engagement(const char *text)
{
    char *path = mem_copy("/tmp/keycustody-test-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static void assert_value(struct db *db, const char *expected, const char *sql)
{
    struct err e = {""};
    char *got = NULL;

    if (db_value_text(db, &got, &e, "%s", sql) != 0)
        fail_msg("%s: %s", sql, e.text);
    if (expected)
        assert_string_equal(got ? got : "(null)", expected);
    else
        assert_null(got);
    free(got);
}

static void shipped_values(void **state)
{
    struct db *db = NULL;
    struct err e = {""};

    (void)state;
    assert_int_equal(db_open(&db, NULL, DB_MEMORY, &e), 0);
    if (policy_load(db, NULL, &e) != 0)
        fail_msg("%s", e.text);
    assert_value(db, "P1Y", "SELECT value FROM policy WHERE name = 'cryptoperiod'");
    assert_value(db, "90 days", "SELECT value || ' ' || unit FROM policy WHERE name = 'soft-delete-days'");
    assert_value(db, "2048", "SELECT value FROM policy WHERE name = 'rsa-bits'");
    assert_value(db, "3072", "SELECT value FROM policy WHERE name = 'rsa-bits-advised'");
    assert_value(db, "true", "SELECT value FROM policy WHERE name = 'hsm-keys'");
    assert_value(db, "0",
                 "SELECT count(*) FROM policy WHERE adopted OR document <> '' OR owner <> 'keycustody'");
    assert_value(db, "0", "SELECT count(*) FROM engagement");
    assert_value(db, "0", "SELECT count(*) FROM not_applicable");
    db_close(db);
}

static void overrides(void **state)
{
    char *path = engagement(
        "{\"format\": 1, \"organisation\": \"Zürich & Co\", \"prepared-by\": \"A\", \"prepared-for\": "
        "\"B\",\n"
        " \"classification\": \"Confidential\", \"entity-type\": \"merchant\", \"baseline\": \"moderate\",\n"
        " \"period\": {\"title\": \"2026 Q3\", \"start\": \"2026-07-01\", \"end\": \"2026-09-30\"},\n"
        " \"thresholds\": {\"cryptoperiod\": {\"value\": \"P2Y\", \"adopted\": true, \"owner\": \"CISO\","
        " \"document\": \"KM-04\", \"basis\": \"contract\"},\n"
        "  \"rsa-bits\": {\"value\": 3072}, \"hsm-keys\": {\"value\": false}},\n"
        " \"not-applicable\": [{\"framework\": \"pci-dss\", \"control\": \"3.7.6\", \"reason\": \"r\","
        " \"approver\": \"a\"}],\n"
        " \"signers\": [{\"role\": \"prepared-by\", \"name\": \"N\", \"function\": \"F\", \"reason\": \"R\", "
        "\"key\": "
        "\"k.pem\"},"
        " {\"role\": \"reviewed-by\", \"name\": \"M\"}]}");
    struct db *db = NULL;
    struct err e = {""};
    char *value = NULL;

    (void)state;
    assert_int_equal(db_open(&db, NULL, DB_MEMORY, &e), 0);
    if (policy_load(db, path, &e) != 0)
        fail_msg("%s", e.text);
    assert_value(
        db, "P2Y|1|CISO|KM-04|contract|P1Y",
        "SELECT value || '|' || adopted || '|' || owner || '|' || document || '|' || basis || '|' || shipped"
        " FROM policy WHERE name = 'cryptoperiod'");
    assert_value(db, "3072|0|2048",
                 "SELECT value || '|' || adopted || '|' || shipped FROM policy WHERE name = 'rsa-bits'");
    assert_value(db, "false", "SELECT value FROM policy WHERE name = 'hsm-keys'");
    assert_value(db, "Zürich & Co", "SELECT value FROM engagement WHERE name = 'organisation'");
    assert_value(db, "2026-09-30", "SELECT value FROM engagement WHERE name = 'period-end'");
    assert_value(db, "9", "SELECT count(*) FROM engagement");
    assert_value(db, "r|a|", "SELECT reason || '|' || approver || '|' || document FROM not_applicable");
    assert_value(db, "1 prepared-by N F R;2 reviewed-by M  ",
                 "SELECT group_concat(position || ' ' || role || ' ' || name || ' ' || function || ' ' || "
                 "reason, ';') FROM (SELECT * FROM signer ORDER BY position)");
    assert_int_equal(policy_engagement(db, "baseline", &value, &e), 0);
    assert_string_equal(value, "moderate");
    free(value);
    assert_int_equal(policy_engagement(db, "nothing", &value, &e), 0);
    assert_null(value);
    db_close(db);
    unlink(path);
    free(path);
}

/* an engagement file, and what is said about it (without the file's name) */
static const char *const wrong[][2] = {
    {"{\"format\": 1,\n \"organization\": \"x\"}", ":2: /organization: unknown field \"organization\""},
    {"{}", ":1: /: the field \"format\" is missing"},
    {"{\"format\": 2}", ":1: /format: format 2 is not known: this version reads format 1"},
    {"{\"format\": 1, \"entity-type\": \"shop\"}",
     ":1: /entity-type: \"shop\" is none of: merchant, service-provider"},
    {"{\"format\": 1, \"baseline\": \"li-saas\"}",
     ":1: /baseline: \"li-saas\" is none of: low, moderate, high"},
    {"{\"format\": 1, \"thresholds\": {\n\"cryptoperod\": {\"value\": \"P1Y\"}}}",
     ":2: /thresholds/cryptoperod: unknown threshold \"cryptoperod\""},
    {"{\"format\": 1, \"thresholds\": {\"cryptoperiod\": {\"value\": \"1 year\"}}}",
     ":1: /thresholds/cryptoperiod/value: must be an ISO 8601 duration such as \"P1Y\", \"P90D\" or "
     "\"PT1H\""},
    {"{\"format\": 1, \"thresholds\": {\"cryptoperiod\": {\"value\": 365}}}",
     ":1: /thresholds/cryptoperiod/value: must be an ISO 8601 duration such as \"P1Y\", \"P90D\" or "
     "\"PT1H\""},
    {"{\"format\": 1, \"thresholds\": {\"soft-delete-days\": {\"value\": \"90\"}}}",
     ":1: /thresholds/soft-delete-days/value: must be a number of days"},
    {"{\"format\": 1, \"thresholds\": {\"soft-delete-days\": {\"value\": 91}}}",
     ":1: /thresholds/soft-delete-days/value: 91 days is beyond the bound of 90"},
    {"{\"format\": 1, \"thresholds\": {\"rsa-bits\": {\"value\": 1024}}}",
     ":1: /thresholds/rsa-bits/value: 1024 bits is beyond the bound of 2048"},
    {"{\"format\": 1, \"thresholds\": {\"hsm-keys\": {\"value\": \"yes\"}}}",
     ":1: /thresholds/hsm-keys/value: must be true or false"},
    {"{\"format\": 1, \"thresholds\": {\"cryptoperiod\": {\"adopted\": true, \"owner\": \"CISO\"}}}",
     ":1: /thresholds/cryptoperiod/adopted: an adopted threshold needs its \"owner\" and \"document\""},
    {"{\"format\": 1, \"thresholds\": {\"cryptoperiod\": {\"value\": \"P1Y\", \"note\": \"x\"}}}",
     ":1: /thresholds/cryptoperiod/note: unknown field \"note\""},
    {"{\"format\": 1, \"period\": {\"start\": \"2026-02-29\", \"end\": \"2026-03-01\"}}",
     ":1: /period/start: must be a date as YYYY-MM-DD"},
    {"{\"format\": 1, \"period\": {\"start\": \"2026-07-01\", \"end\": \"2026-06-30\"}}",
     ":1: /period/end: the period ends before it starts"},
    {"{\"format\": 1, \"not-applicable\": [{\"framework\": \"hipaa\", \"control\": \"x\", \"reason\": "
     "\"r\"}]}",
     ":1: /not-applicable/0: the field \"approver\" is missing"},
    {"{\"format\": 1, \"not-applicable\": [\n{\"framework\": \"f\", \"control\": \"x\", \"reason\": \"r\","
     " \"approver\": \"a\"},\n{\"framework\": \"f\", \"control\": \"x\", \"reason\": \"q\", \"approver\": "
     "\"a\"}]}",
     ":3: /not-applicable/1: f x is declared twice"},
    {"{\"format\": 1, \"organisation\": \"\"}", ":1: /organisation: is empty"},
    {"{\"format\": 1, \"signers\": [{\"role\": \"reviewed-by\"}]}",
     ":1: /signers/0: the field \"name\" is missing"},
    {"{\"format\": 1, \"signers\": [{\"role\": \"Reviewed by\", \"name\": \"N\"}]}",
     ":1: /signers/0/role: write lower-case letters, digits and -, at most 40, such as reviewed-by"},
    {"{\"format\": 1, \"signers\": [{\"role\": \"a\", \"name\": \"N\"},\n{\"role\": \"a\", \"name\": "
     "\"M\"}]}",
     ":2: /signers/1: the role \"a\" is given twice"},
    {"{\"format\": 1, \"signers\": [{\"role\": \"a\", \"name\": \"N\", \"certificate\": \"c.pem\"}]}",
     ":1: /signers/0/certificate: there is nothing to sign with: \"key\" is missing"},
    {"{\"format\": 1, \"signers\": [{\"role\": \"a\", \"name\": \"N\", \"key\": "
     "\"pkcs11:id=1;pin-value=1\"}]}",
     ":1: /signers/0/key: holds a PIN: leave out pin-value and use \"pass-file\""},
    {"{\"format\": 1, \"signers\": [{\"role\": \"a\", \"name\": \"N\", \"key\": \"k\", \"padding\": "
     "\"oaep\"}]}",
     ":1: /signers/0/padding: \"oaep\" is none of: pkcs1, pss"},
    {"{\"format\": 1, \"signers\": [{\"role\": \"a\", \"name\": \"N\", \"pass\": \"secret\"}]}",
     ":1: /signers/0/pass: unknown field \"pass\""},
};

static void wrong_files_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *path = engagement(wrong[i][0]), *expected = mem_print("%s%s", path, wrong[i][1]);
        struct buf problems = {0};
        struct db *db = NULL;
        struct err e = {""};

        assert_int_equal(policy_lint_engagement(path, &problems, &e), 1);
        assert_memory_equal(buf_str(&problems), expected, strlen(expected));
        assert_int_equal(db_open(&db, NULL, DB_MEMORY, &e), 0);
        assert_int_equal(policy_load(db, path, &e), -1);
        assert_string_equal(e.text, expected);
        db_close(db);
        unlink(path);
        buf_free(&problems);
        free(expected);
        free(path);
    }
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        int good;
    } cases[] = {{"P1Y", 1},  {"P1Y6M", 1}, {"P2W", 1},  {"P90D", 1},  {"PT1H", 1},    {"P1DT12H30M5S", 1},
                 {"P10Y", 1}, {"P", 0},     {"PT", 0},   {"P1M2Y", 0}, {"P1.5D", 0},   {"P01D", 0},
                 {"1Y", 0},   {"P1", 0},    {"P1H", 0},  {"PT1D", 0},  {"P0D", 0},     {"P1DT", 0},
                 {"P1D ", 0}, {"p1d", 0},   {"P-1D", 0}, {"P1Y1Y", 0}, {"PT1HT1M", 0}, {"P9999999D", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = mem_print("{\"format\": 1, \"thresholds\": {\"cryptoperiod\": {\"value\": \"%s\"}}}",
                               cases[i].text);
        char *path = engagement(text);
        struct buf problems = {0};
        struct err e = {""};

        if (policy_lint_engagement(path, &problems, &e) != !cases[i].good)
            fail_msg("%s", cases[i].text);
        unlink(path);
        buf_free(&problems);
        free(path);
        free(text);
    }
}

static void no_file_and_no_json(void **state)
{
    struct buf problems = {0};
    struct err e = {""};
    char *path = engagement("{\"format\": 1, \"format\": 1}");

    (void)state;
    assert_int_equal(policy_lint_engagement("/nonexistent/engagement.json", &problems, &e), -1);
    assert_non_null(strstr(e.text, "/nonexistent/engagement.json"));
    assert_int_equal(policy_lint_engagement(path, &problems, &e), -1);
    assert_non_null(strstr(e.text, "line 1 column"));
    unlink(path);
    free(path);
    buf_free(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shipped_values), cmocka_unit_test(overrides),
                                       cmocka_unit_test(wrong_files_are_named), cmocka_unit_test(durations),
                                       cmocka_unit_test(no_file_and_no_json)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
