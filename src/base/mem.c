/* Memory that is there or the program ends. See mem.h. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one place where out of memory is handled. No clean-up runs: files in the making carry temporary names,
 * and the next run removes them. */
static _Noreturn void mem_gone(void)
{
    static const char text[] = "keycustody: out of memory: nothing was written; try with more memory\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);

    (void)ignored;
    _exit(1);
}

void *mem_alloc(size_t size)
{
    void *p = malloc(size ? size : 1);

    if (!p)
        mem_gone();
    return p;
}

void *mem_zero(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);

    if (!p)
        mem_gone();
    return p;
}

void *mem_grow(void *old, size_t count, size_t size)
{
    void *p = NULL;

    if (size && count > SIZE_MAX / size)
        mem_gone();
    p = realloc(old, count && size ? count * size : 1);
    if (!p)
        mem_gone();
    return p;
}

char *mem_copy(const char *text)
{
    return text ? mem_copy_n(text, strlen(text)) : NULL;
}

char *mem_copy_n(const char *bytes, size_t n)
{
    char *p = mem_alloc(n + 1);

    if (n)
        memcpy(p, bytes, n);
    p[n] = '\0';
    return p;
}

char *mem_print(const char *fmt, ...)
{
    va_list ap;
    char *text = NULL;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        mem_gone();
    va_end(ap);
    return text;
}
