/* Recordings: whatever the bytes are, reading them ends, and what is indexed can be read again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "azure/har.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct har h = {0};
    struct err e = {""};
    char path[64];
    int fd = memfd_create("har", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (har_open(&h, path, &e) == 0) {
        for (size_t i = 0; i < h.count; i++) {
            struct har_fields f;
            struct buf canonical = {0}, body = {0};
            char version[URL_VERSION];
            const char *why = NULL;
            uint64_t key = 0;
            int found = 0;

            if (har_fields(&h, &h.entries[i], &f, &e) != 0 || har_key(&f, &canonical, &key, version) != 0 ||
                key != h.entries[i].key)
                abort();
            for (struct har_entry *one = har_find(&h, key); one; one = har_after(&h, one))
                found |= one == &h.entries[i];
            if (!found || (har_body(&f, &body, &why) != 0 && !why))
                abort();
            buf_free(&canonical);
            buf_free(&body);
        }
        har_close(&h);
    } else if (!*e.text) {
        abort();
    }
    close(fd);
    return 0;
}
