/* What is deflated in pieces, by any number of threads, is the same bytes, and an archive that takes them
 * unpacks to what they were made of. */
#include "lib/deflate.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "lib/zip.h"

#define LONG 3000000 /* bytes: several pieces */

static char dir[] = "/tmp/kc-deflate-XXXXXX";
static char *text; /* LONG bytes that do not repeat all too much */

static int setup(void **state)
{
    uint32_t n = 1;

    (void)state;
    text = mem_alloc(LONG);
    for (size_t i = 0; i < LONG; i++) {
        n = n * 1103515245 + 12345;
        text[i] = (char)('a' + (n >> 24) % 7);
    }
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(text);
    return file_remove_tree(dir, NULL);
}

/* Deflates n bytes of the text into a file, handed over in parts of so many bytes. */
static int deflate_file(const char *name, size_t n, size_t part, size_t threads, struct deflate_result *r)
{
    char *path = file_join(dir, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct deflate_out *d = deflate_out_new(4, threads, fd);
    struct err e = {""};

    assert_true(fd >= 0);
    for (size_t i = 0; i < n; i += part)
        deflate_out_add(d, text + i, n - i < part ? n - i : part);
    assert_int_equal(deflate_out_failed(d), 0);
    if (deflate_out_end(d, r, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(r->size, n);
    assert_int_equal(r->crc, deflate_crc(0, text, n));
    free(path);
    return fd;
}

static void test_any_threads_same_bytes(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, 262143, 262144, 1000000, LONG};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf first = {0}, other = {0};
        char *a = file_join(dir, "a"), *b = file_join(dir, "b");
        struct deflate_result one, two;

        close(deflate_file("a", sizes[i], LONG, 0, &one));
        assert_int_equal(file_read(a, LONG, &first, NULL), 0);
        assert_int_equal(first.len, one.packed);
        for (size_t threads = 0; threads < 6; threads++) {
            close(deflate_file("b", sizes[i], 777 * (threads + 1), threads, &two));
            buf_clear(&other);
            assert_int_equal(file_read(b, LONG, &other, NULL), 0);
            assert_int_equal(first.len, other.len);
            assert_memory_equal(buf_str(&first), buf_str(&other), first.len);
        }
        buf_free(&first);
        buf_free(&other);
        free(a);
        free(b);
    }
}

static int test_collect(void *ctx, const void *bytes, size_t n, struct err *e)
{
    (void)e;
    buf_add(ctx, bytes, n);
    return 0;
}

/* Before, a file, behind; then one whose sum is wrong. */
static void test_archive_takes_pieces(void **state)
{
    char *path = file_join(dir, "pieces.zip");
    struct deflate *d = deflate_new(6);
    struct buf before = {0}, after = {0}, got = {0};
    struct deflate_result r;
    struct zip_packed packed = {.fd = deflate_file("c", 1000000, 65536, 2, &r)}, wrong;
    struct zip_out *out = NULL;
    struct zip_in *in = NULL;
    struct err e = {""};

    (void)state;
    deflate_piece(d, &before, "head ", 5);
    deflate_piece(d, &after, " tail", 5);
    buf_add(&after, DEFLATE_END, DEFLATE_END_SIZE);
    packed.before = before.data;
    packed.before_n = before.len;
    packed.fd_n = r.packed;
    packed.after = after.data;
    packed.after_n = after.len;
    packed.size = r.size + 10;
    packed.crc = deflate_crc_join(deflate_crc(0, "head ", 5), r.crc, r.size);
    packed.crc = deflate_crc_join(packed.crc, deflate_crc(0, " tail", 5), 5);
    wrong = packed;
    wrong.crc ^= 1;
    if (zip_out_create(&out, path, 0, &e) != 0 || zip_out_add_packed(out, "right", &packed, &e) != 0 ||
        zip_out_add_packed(out, "wrong", &wrong, &e) != 0 || zip_out_commit(out, &e) != 0 ||
        zip_in_open(&in, path, &e) != 0 || zip_in_read(in, 0, LONG, test_collect, &got, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(got.len, 1000010);
    assert_memory_equal(got.data, "head ", 5);
    assert_memory_equal(got.data + 5, text, 1000000);
    assert_memory_equal(got.data + 1000005, " tail", 5);
    assert_int_equal(zip_in_read(in, 1, LONG, test_collect, &got, &e), -1);
    zip_in_close(in);
    close(packed.fd);
    deflate_free(d);
    buf_free(&before);
    buf_free(&after);
    buf_free(&got);
    free(path);
}

/* An entry moves from one archive into another as it is. */
static void test_archive_takes_entries(void **state)
{
    char *from = file_join(dir, "from.zip"), *to = file_join(dir, "to.zip"), *plain = file_join(dir, "plain");
    struct zip_out *out = NULL;
    struct zip_in *in = NULL, *moved = NULL;
    struct buf got = {0};
    struct err e = {""};

    (void)state;
    if (file_write(plain, text, 500000, 0600, &e) != 0 || zip_out_create(&out, from, 0, &e) != 0 ||
        zip_out_add(out, "x", plain, &e) != 0 || zip_out_commit(out, &e) != 0 ||
        zip_in_open(&in, from, &e) != 0 || zip_out_create(&out, to, 0, &e) != 0 ||
        zip_out_add_entry(out, "y", in, 0, &e) != 0 || zip_out_commit(out, &e) != 0 ||
        zip_in_open(&moved, to, &e) != 0 || zip_in_read(moved, 0, LONG, test_collect, &got, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(got.len, 500000);
    assert_memory_equal(got.data, text, 500000);
    zip_in_close(in);
    zip_in_close(moved);
    buf_free(&got);
    free(from);
    free(to);
    free(plain);
}

static void test_full_disk_is_noticed(void **state)
{
    struct deflate_result r;
    struct err e = {""};

    (void)state;
    for (size_t threads = 0; threads < 3; threads++) {
        int fd = open("/dev/full", O_WRONLY);
        struct deflate_out *d = deflate_out_new(1, threads, fd);

        deflate_out_add(d, text, LONG);
        assert_int_equal(deflate_out_end(d, &r, &e), -1);
        assert_non_null(strstr(e.text, strerror(ENOSPC)));
        close(fd);
    }
}

static void test_sums_join(void **state)
{
    (void)state;
    for (size_t n = 0; n < 5000; n += 613) {
        assert_int_equal(deflate_sum_join(deflate_sum(DEFLATE_SUM, text, n),
                                          deflate_sum(DEFLATE_SUM, text + n, 5000 - n), 5000 - n),
                         deflate_sum(DEFLATE_SUM, text, 5000));
        assert_int_equal(
            deflate_crc_join(deflate_crc(0, text, n), deflate_crc(0, text + n, 5000 - n), 5000 - n),
            deflate_crc(0, text, 5000));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_threads_same_bytes), cmocka_unit_test(test_archive_takes_pieces),
        cmocka_unit_test(test_archive_takes_entries), cmocka_unit_test(test_full_disk_is_noticed),
        cmocka_unit_test(test_sums_join)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
