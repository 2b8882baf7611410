/* Runs a fuzz target over files, where there is no libFuzzer: the seeds at least are tried. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        uint8_t *bytes = malloc(1 << 20);
        size_t n = f && bytes ? fread(bytes, 1, 1 << 20, f) : 0;

        if (!f || !bytes)
            return 1;
        fclose(f);
        LLVMFuzzerTestOneInput(bytes, n);
        free(bytes);
    }
    return argc > 1 ? 0 : 1;
}
