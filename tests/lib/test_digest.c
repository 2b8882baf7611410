/* SHA-256 against the vectors of FIPS 180-4 (NIST, examples with intermediate values) and of a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "lib/digest.h"

static void test_vectors(void **state)
{
    char hex[DIGEST_HEX];

    (void)state;
    digest_bytes("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_bytes("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_file(void **state)
{
    char hex[DIGEST_HEX];
    uint64_t size = 0;
    struct err e = {""};
    char path[] = "/tmp/kc-digest-XXXXXX";

    (void)state;
    close(mkstemp(path));
    assert_int_equal(file_write(path, "abc", 3, 0600, &e), 0);
    assert_int_equal(digest_file(path, hex, &size, &e), 0);
    assert_int_equal(size, 3);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    unlink(path);
    assert_int_equal(digest_file(path, hex, &size, &e), -1);
    assert_int_equal(digest_file("/tmp", hex, &size, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
