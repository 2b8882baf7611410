/* Archives: what comes out is what went in, twice the same bytes, in every time zone; hostile ones are
 * refused. */
#include "lib/zip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "lib/digest.h"

static char dir[] = "/tmp/kc-zip-XXXXXX";
static const int64_t day = 1790000000; /* 2026-09-21T14:13:20Z */

static char *at(const char *name)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static int setup(void **state)
{
    struct err e = {""};
    char *big = calloc(1, 3000000);

    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(file_write(at("a.txt"), "alpha\n", 6, 0600, &e), 0);
    assert_int_equal(file_write(at("zeros"), big, 3000000, 0600, &e), 0);
    assert_int_equal(file_write(at("empty"), "", 0, 0600, &e), 0);
    free(big);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir, NULL);
}

static void make(const char *name)
{
    struct zip_out *z = NULL;
    struct err e = {""};

    if (zip_out_create(&z, at(name), day, &e) != 0 || zip_out_add(z, "KC/data/a.txt", at("a.txt"), &e) != 0 ||
        zip_out_add(z, "KC/zeros", at("zeros"), &e) != 0 ||
        zip_out_add(z, "KC/empty", at("empty"), &e) != 0 || zip_out_commit(z, &e) != 0)
        fail_msg("%s", e.text);
}

static void what_went_in_comes_out(void **state)
{
    struct zip_entry entry;
    struct zip_in *z = NULL;
    struct buf b = {0};
    struct err e = {""};

    (void)state;
    make("round.zip");
    assert_int_equal(zip_in_open(&z, at("round.zip"), &e), 0);
    assert_int_equal(zip_in_count(z), 3);
    assert_int_equal(zip_in_entry(z, 1, &entry, &e), 0);
    assert_string_equal(entry.name, "KC/zeros");
    assert_int_equal(entry.size, 3000000);
    assert_int_equal(entry.mode, S_IFREG | 0644);
    assert_int_equal(entry.encrypted, 0);
    assert_int_equal(zip_in_extract(z, 0, at("out.txt"), 6, &e), 0);
    assert_int_equal(file_read(at("out.txt"), 100, &b, &e), 0);
    assert_string_equal(buf_str(&b), "alpha\n");
    assert_int_equal(zip_in_extract(z, 2, at("out.empty"), 0, &e), 0);
    assert_int_equal(zip_in_entry(z, 3, &entry, &e), -1);
    buf_free(&b);
    zip_in_close(z);
}

static void what_is_too_long_is_not_unpacked(void **state)
{
    struct zip_in *z = NULL;
    struct err e = {""};

    (void)state;
    make("long.zip");
    assert_int_equal(zip_in_open(&z, at("long.zip"), &e), 0);
    assert_int_equal(zip_in_extract(z, 1, at("zeros.out"), 2999999, &e), -1);
    assert_non_null(strstr(e.text, "more than 2999999 bytes"));
    assert_false(file_exists(at("zeros.out")));
    zip_in_close(z);
}

static void same_bytes_in_every_time_zone(void **state)
{
    char one[DIGEST_HEX], two[DIGEST_HEX];
    struct err e = {""};
    char line[600];

    (void)state;
    setenv("TZ", "Asia/Tokyo", 1);
    make("tokyo.zip");
    setenv("TZ", "America/Lima", 1);
    make("lima.zip");
    unsetenv("TZ");
    assert_int_equal(digest_file(at("tokyo.zip"), one, NULL, &e), 0);
    assert_int_equal(digest_file(at("lima.zip"), two, NULL, &e), 0);
    assert_string_equal(one, two);
    snprintf(line, sizeof line,
             "/usr/bin/python3 -c \"import zipfile,sys; z=zipfile.ZipFile('%s/lima.zip'); "
             "sys.exit(z.testzip() is not"
             " None or z.infolist()[0].date_time != (2026,9,21,14,13,20))\"",
             dir);
    assert_int_equal(system(line), 0);
}

static void nothing_is_replaced_and_nothing_is_left(void **state)
{
    struct zip_out *z = NULL;
    struct err e = {""};

    (void)state;
    make("there.zip");
    assert_int_equal(zip_out_create(&z, at("there.zip"), day, &e), -1);
    assert_non_null(strstr(e.text, "is there already"));
    /* a file that is gone when the archive is written */
    assert_int_equal(zip_out_create(&z, at("gone.zip"), day, &e), 0);
    assert_int_equal(zip_out_add(z, "absent", at("absent"), &e), 0);
    assert_int_equal(zip_out_commit(z, &e), -1);
    assert_false(file_exists(at("gone.zip")));
    assert_int_equal(zip_out_create(&z, at("left.zip"), day, &e), 0);
    zip_out_abandon(z);
    assert_false(file_exists(at("left.zip")));
    assert_int_equal(zip_out_create(&z, at("no/such/folder.zip"), day, &e), -1);
    /* a file that somebody made meanwhile stays */
    assert_int_equal(zip_out_create(&z, at("race.zip"), day, &e), 0);
    assert_int_equal(zip_out_add(z, "a", at("a.txt"), &e), 0);
    assert_int_equal(file_write(at("race.zip"), "theirs", 6, 0600, &e), 0);
    assert_int_equal(zip_out_commit(z, &e), -1);
}

static void broken_archives_are_refused(void **state)
{
    static const struct {
        const char *name, *python;
    } cases[] = {
        {"text.zip", "open(p,'w').write('hello')"},
        {"cut.zip", "b=open(d+'/good.zip','rb').read(); open(p,'wb').write(b[:-30])"},
        {"names.zip", "b=open(d+'/good.zip','rb').read(); "
                      "open(p,'wb').write(b.replace(b'KC/data/a.txt',b'KC/data/b.txt',1))"},
        {"bytes.zip", "b=bytearray(open(d+'/good.zip','rb').read()); b[45]^=255; open(p,'wb').write(b)"},
    };

    (void)state;
    make("good.zip");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct zip_in *z = NULL;
        struct err e = {""};
        char line[800];

        snprintf(line, sizeof line, "/usr/bin/python3 -c \"d='%s'; p=d+'/%s'; %s\"", dir, cases[i].name,
                 cases[i].python);
        assert_int_equal(system(line), 0);
        if (zip_in_open(&z, at(cases[i].name), &e) == 0) {
            if (zip_in_extract(z, 0, at("broken.out"), 1000, &e) == 0)
                fail_msg("%s was unpacked", cases[i].name);
            zip_in_close(z);
        }
        assert_false(file_exists(at("broken.out")));
        assert_true(e.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_went_in_comes_out),
        cmocka_unit_test(what_is_too_long_is_not_unpacked),
        cmocka_unit_test(same_bytes_in_every_time_zone),
        cmocka_unit_test(nothing_is_replaced_and_nothing_is_left),
        cmocka_unit_test(broken_archives_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
