#include "lib/picture.h"

#include <png.h>
#include <stdlib.h>

#include "base/mem.h"

int picture_clean(const void *bytes, size_t n, unsigned char **out, size_t *out_n, struct err *e)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color white = {255, 255, 255};
    unsigned char *pixels = NULL, *again = NULL;
    png_alloc_size_t size = 0;
    int rc = -1;

    if (n > PICTURE_BYTES_MAX)
        return err_set(e, "picture: %zu bytes: at most %d are read", n, PICTURE_BYTES_MAX);
    if (!png_image_begin_read_from_memory(&image, bytes, n)) {
        err_set(e, "picture: no PNG: %s", image.message);
        goto out;
    }
    if (image.width > PICTURE_SIDE_MAX || image.height > PICTURE_SIDE_MAX) {
        err_set(e, "picture: %u x %u pixels: at most %d a side", image.width, image.height, PICTURE_SIDE_MAX);
        goto out;
    }
    image.format = PNG_FORMAT_RGB;
    pixels = mem_alloc(PNG_IMAGE_SIZE(image));
    if (!png_image_finish_read(&image, &white, pixels, 0, NULL)) {
        err_set(e, "picture: damaged PNG: %s", image.message);
        goto out;
    }
    image.flags = 0;
    size = PNG_IMAGE_PNG_SIZE_MAX(image);
    again = mem_alloc(size);
    if (!png_image_write_to_memory(&image, again, &size, 0, pixels, 0, NULL)) {
        err_set(e, "picture: cannot be written: %s", image.message);
        goto out;
    }
    *out = again;
    *out_n = size;
    again = NULL;
    rc = 0;
out:
    png_image_free(&image);
    free(pixels);
    free(again);
    return rc;
}
