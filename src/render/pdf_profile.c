/* sRGB (IEC 61966-2-1) as a display profile of ICC version 2.1 (ICC.1:1998-09, which PDF 1.4 names): three
 * primaries and one curve. Made here and not shipped as a file: it is 60 numbers, needs no licence and no
 * package. */
#include "render/pdf_profile.h"

#include <math.h>
#include <string.h>

#define PROFILE_CURVE 1024 /* points of the curve from device to light */
#define PROFILE_TAGS 9

/* Red, green, blue as XYZ, adapted to D50 by Bradford's method and rounded as most profiles of sRGB have it,
 * and D50 itself; in units of 1/65536. */
static const unsigned profile_xyz[4][3] = {
    {0x6FA2, 0x38F5, 0x0390}, {0x6299, 0xB785, 0x18DA}, {0x24A0, 0x0F84, 0xB6CF}, {0xF6D6, 0x10000, 0xD32D}};

static void profile_u16(struct buf *b, unsigned n)
{
    buf_char(b, (char)(n >> 8 & 0xff));
    buf_char(b, (char)(n & 0xff));
}

static void profile_u32(struct buf *b, size_t n)
{
    profile_u16(b, (unsigned)(n >> 16 & 0xffff));
    profile_u16(b, (unsigned)(n & 0xffff));
}

static void profile_zeros(struct buf *b, size_t n)
{
    while (n--)
        buf_char(b, '\0');
}

static void profile_text(struct buf *b, const char *text) /* with its closing NUL */
{
    buf_add(b, text, strlen(text) + 1);
}

/* A colour's XYZ (6.5.22), white point included. */
static void profile_colour(struct buf *b, const unsigned xyz[3])
{
    buf_text(b, "XYZ ");
    profile_zeros(b, 4);
    for (int i = 0; i < 3; i++)
        profile_u32(b, xyz[i]);
}

static void profile_curve(struct buf *b) /* 6.5.2; the same for the three of them */
{
    buf_text(b, "curv");
    profile_zeros(b, 4);
    profile_u32(b, PROFILE_CURVE);
    for (int i = 0; i < PROFILE_CURVE; i++) {
        double v = (double)i / (PROFILE_CURVE - 1);
        double light = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);

        profile_u16(b, (unsigned)lround(light * 65535));
    }
}

static void profile_name(struct buf *b, const char *name) /* 6.5.16: in ASCII, none in Unicode and Script */
{
    buf_text(b, "desc");
    profile_zeros(b, 4);
    profile_u32(b, strlen(name) + 1);
    profile_text(b, name);
    profile_zeros(b, 4 + 4 + 2 + 1 + 67);
}

static void profile_head(struct buf *out, size_t size) /* 6.1 */
{
    profile_u32(out, size);
    profile_zeros(out, 4);
    profile_u32(out, 0x02100000);
    buf_text(out, "mntrRGB XYZ ");
    profile_u16(out, 2026); /* a date has to be there; it says nothing */
    profile_u16(out, 1);
    profile_u16(out, 1);
    profile_zeros(out, 6);
    buf_text(out, "acsp");
    profile_zeros(out, 28);
    for (int i = 0; i < 3; i++)
        profile_u32(out, profile_xyz[3][i]); /* D50 */
    profile_zeros(out, 48);
}

void pdf_profile(struct buf *out)
{
    static const char tags[PROFILE_TAGS][5] = {"desc", "cprt", "wtpt", "rXYZ", "gXYZ",
                                               "bXYZ", "rTRC", "gTRC", "bTRC"};
    size_t from[PROFILE_TAGS] = {0}, length[PROFILE_TAGS] = {0};
    const size_t head = 128 + 4 + 12 * PROFILE_TAGS;
    struct buf data = {0};

    for (int i = 0; i < PROFILE_TAGS; i++) {
        from[i] = data.len;
        if (i == 0) {
            profile_name(&data, "sRGB IEC61966-2.1");
        } else if (i == 1) {
            buf_text(&data, "text");
            profile_zeros(&data, 4);
            profile_text(&data, "No copyright, use freely");
        } else if (i < 6) {
            profile_colour(&data, profile_xyz[i == 2 ? 3 : i - 3]);
        } else if (i == 6) {
            profile_curve(&data);
        } else {
            from[i] = from[6];
        }
        length[i] = i > 6 ? length[6] : data.len - from[i];
        profile_zeros(&data, (4 - data.len % 4) % 4);
    }
    profile_head(out, head + data.len);
    profile_u32(out, PROFILE_TAGS);
    for (int i = 0; i < PROFILE_TAGS; i++) {
        buf_text(out, tags[i]);
        profile_u32(out, head + from[i]);
        profile_u32(out, length[i]);
    }
    buf_add(out, data.data, data.len);
    buf_free(&data);
}
