/* Files: whole or not at all, links not followed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"

static char *dir;

static int make_dir(void **state)
{
    char name[] = "/tmp/kc-file-XXXXXX";

    (void)state;
    dir = mem_copy(mkdtemp(name));
    return dir ? 0 : -1;
}

static int drop_dir(void **state)
{
    struct err e;
    int rc = file_remove_tree(dir, &e);

    (void)state;
    free(dir);
    return rc;
}

static void test_write_and_read(void **state)
{
    char *path = file_join(dir, "a");
    struct buf b = {0};
    struct err e = {""};
    struct stat st;

    (void)state;
    assert_int_equal(file_write(path, "one", 3, 0600, &e), 0);
    assert_int_equal(file_write(path, "two", 3, 0600, &e), 0);
    assert_int_equal(file_read(path, 10, &b, &e), 0);
    assert_string_equal(buf_str(&b), "two");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    buf_clear(&b);
    assert_int_equal(file_read(path, 2, &b, &e), -1); /* longer than allowed */
    buf_free(&b);
    free(path);
}

static void test_abandoned_leaves_nothing(void **state)
{
    char *path = file_join(dir, "b");
    struct file_out *f = NULL;
    struct err e = {""};

    (void)state;
    assert_int_equal(file_create(&f, path, 0600, &e), 0);
    assert_int_equal(file_add(f, "half", 4, &e), 0);
    assert_false(file_exists(path));
    file_abandon(f);
    assert_false(file_exists(path));
    free(path);
}

static void test_links(void **state)
{
    char *target = file_join(dir, "target"), *link_path = file_join(dir, "link"),
         *loop = file_join(dir, "loop");
    struct err e = {""};
    struct buf b = {0};

    (void)state;
    assert_int_equal(file_write(target, "kept", 4, 0600, &e), 0);
    assert_int_equal(symlink(target, link_path), 0);
    assert_int_equal(symlink(dir, loop), 0);
    assert_int_equal(file_write(link_path, "lost", 4, 0600, &e), -1);
    assert_int_equal(file_read(target, 10, &b, &e), 0);
    assert_string_equal(buf_str(&b), "kept");
    assert_int_equal(file_make_dir(loop, 0700, &e), -1);
    buf_free(&b);
    unlink(link_path);
    unlink(loop);
    free(target);
    free(link_path);
    free(loop);
}

static void test_full_disk(void **state)
{
    struct err e = {""};
    struct file_out *f = NULL;

    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    /* the stream of a file in the making, pointed at a device that is always full */
    char *path = file_join(dir, "full");
    assert_int_equal(file_create(&f, path, 0600, &e), 0);
    int fd = open("/dev/full", O_WRONLY);
    FILE **stream = (FILE **)((char *)f + 2 * sizeof(char *));
    assert_int_equal(dup2(fd, fileno(*stream)), fileno(*stream));
    close(fd);
    file_add(f, "x", 1, &e);
    assert_int_equal(file_commit(f, &e), -1);
    assert_false(file_exists(path));
    assert_true(strlen(e.text) > 0);
    free(path);
}

static int count_names(void *ctx, const char *relative, struct err *e)
{
    struct buf *seen = ctx;

    (void)e;
    buf_print(seen, "%s|", relative);
    return 0;
}

static void test_each(void **state)
{
    struct err e = {""};
    struct buf seen = {0};
    char *root = file_join(dir, "tree"), *sub = file_join(root, "b"), *one = file_join(sub, "x"),
         *two = file_join(root, "a");

    (void)state;
    assert_int_equal(file_make_dir(root, 0700, &e), 0);
    assert_int_equal(file_make_dir(sub, 0700, &e), 0);
    assert_int_equal(file_write(one, "", 0, 0600, &e), 0);
    assert_int_equal(file_write(two, "", 0, 0600, &e), 0);
    assert_int_equal(file_each(root, count_names, &seen, &e), 0);
    assert_string_equal(buf_str(&seen), "a|b/x|");
    buf_free(&seen);
    free(root);
    free(sub);
    free(one);
    free(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_and_read), cmocka_unit_test(test_abandoned_leaves_nothing),
        cmocka_unit_test(test_links),          cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_each),
    };

    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
