/* The colour profile: always the same bytes, laid out as ICC.1:1998-09 says, and the curve of sRGB. */
#include "render/pdf_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/digest.h"

static unsigned u32(const struct buf *b, size_t at)
{
    const unsigned char *p = (const unsigned char *)b->data + at;

    assert_true(at + 4 <= b->len);
    return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
}

/* Judged once by LittleCMS: no colour differs from its own sRGB by more than 1 of 255. */
static void always_the_same(void **state)
{
    char hex[DIGEST_HEX] = "";
    struct buf icc = {0};

    (void)state;
    pdf_profile(&icc);
    digest_bytes(icc.data, icc.len, hex);
    assert_string_equal(hex, "bf68e808a29913b3c61c02cc2d6969edfa5eb59eff31690ac4ade9e01d93cff5");
    buf_free(&icc);
}

static void tags_lie_inside(void **state)
{
    struct buf icc = {0};
    size_t curve = 0;

    (void)state;
    pdf_profile(&icc);
    assert_int_equal(u32(&icc, 0), icc.len);
    assert_memory_equal(icc.data + 12, "mntrRGB XYZ ", 12);
    assert_memory_equal(icc.data + 36, "acsp", 4);
    for (unsigned i = 0; i < u32(&icc, 128); i++) {
        size_t at = u32(&icc, 132 + 12 * i + 4), n = u32(&icc, 132 + 12 * i + 8);

        assert_true(at % 4 == 0 && at >= 132 && at + n <= icc.len);
        if (memcmp(icc.data + 132 + 12 * (size_t)i, "rTRC", 4) == 0)
            curve = at;
    }
    /* IEC 61966-2-1: the middle grey of 128/255 is 0.2159 of the light; ends are 0 and 1 */
    assert_int_equal(u32(&icc, curve + 8), 1024);
    assert_int_equal(u32(&icc, curve + 12) >> 16, 0);
    assert_in_range(u32(&icc, curve + 12 + 2 * 513) >> 16, 14100, 14210);
    assert_int_equal(u32(&icc, curve + 12 + 2 * 1022) & 0xffff, 65535);
    /* the primaries add up to the white point, within 16/65536, as the usual rounded ones do */
    for (size_t axis = 0; axis < 3; axis++) {
        size_t white = u32(&icc, 132 + 12 * 2 + 4), sum = 0;

        for (size_t k = 3; k < 6; k++)
            sum += u32(&icc, u32(&icc, 132 + 12 * k + 4) + 8 + 4 * axis);
        assert_in_range(sum + 16 - u32(&icc, white + 8 + 4 * axis), 0, 32);
    }
    buf_free(&icc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(always_the_same),
        cmocka_unit_test(tags_lie_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
