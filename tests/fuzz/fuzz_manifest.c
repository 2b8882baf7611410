/* Manifests of packs: whatever the bytes are, reading them ends; and what is read is what sha256sum would
 * read, names that a pack may hold, none twice, in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "pack/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No name that fits leaves a folder, whatever way it is looked at. */
static void stays(const char *name)
{
    char *copy = mem_copy(name), *at = copy;

    if (*name == '/' || !*name || strlen(name) > 255)
        abort();
    for (char *part = NULL; (part = strsep(&at, "/"));) {
        if (!*part || strcmp(part, ".") == 0 || strcmp(part, "..") == 0)
            abort();
        for (const char *p = part; *p; p++) {
            if (*p <= ' ' || (unsigned char)*p >= 0x7f || *p == '\\' || *p == ':')
                abort();
        }
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest m = {0}, again = {0};
    struct buf text = {0}, whole = {0};
    struct err e = {""};
    char *name = mem_copy_n((const char *)data, size);
    size_t lines = 0;

    if (manifest_name_fits(name))
        stays(name);
    buf_add(&whole, (const char *)data, size);
    if (manifest_read(&m, "manifest", buf_str(&whole), whole.len, &e) == 0) {
        for (size_t i = 0; i < size; i++)
            lines += data[i] == '\n';
        if (lines != m.count)
            abort();
        for (size_t i = 0; i < m.count; i++) {
            stays(m.lines[i].path);
            if ((i && strcmp(m.lines[i - 1].path, m.lines[i].path) >= 0) ||
                manifest_find(&m, m.lines[i].path) != &m.lines[i])
                abort();
        }
        manifest_text(&m, &text);
        if (text.len != size || manifest_read(&again, "again", buf_str(&text), text.len, &e) != 0 ||
            again.count != m.count)
            abort();
    } else if (!e.text[0]) {
        abort();
    }
    manifest_free(&m);
    manifest_free(&again);
    buf_free(&text);
    buf_free(&whole);
    free(name);
    return 0;
}
