/* Signed PDFs: whatever the bytes are, looking at them ends; and what counts as signed is covered but for the
 * hexadecimal digits of its own signature. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pdf_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void covered(const uint8_t *data, size_t size, const struct pdf_shape *s)
{
    size_t hole = (size_t)s->parts[0].size, end = (size_t)s->parts[1].at;

    if (s->parts[0].at != 0 || hole >= end || end + s->parts[1].size != size || data[hole] != '<' ||
        data[end - 1] != '>' || s->der.len == 0 || 2 * s->der.len > end - hole - 2 || s->unsigned_size == 0 ||
        s->unsigned_size >= hole)
        abort();
    for (size_t i = hole + 1; i < end - 1; i++)
        if (!memchr("0123456789abcdef", data[i], 16) || (i > hole + 2 * s->der.len && data[i] != '0'))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pdf_shape shape = {0};
    struct err e = {""};
    static char path[64];
    FILE *f = NULL;

    if (*path == '\0') /* a regular file: links, which /proc/self/fd has, are not followed */
        snprintf(path, sizeof path, "/dev/shm/kc-fuzz-pdf-%ld", (long)getpid());
    f = fopen(path, "wbe");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        abort();
    if (pdf_shape(path, &shape, &e) == 0) {
        if (shape.state == PDF_SIGNED)
            covered(data, size, &shape);
        else if (shape.der.len)
            abort();
        pdf_shape_free(&shape);
    } else if (!*e.text) {
        abort();
    }
    unlink(path);
    return 0;
}
