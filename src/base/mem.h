/* Memory that is there or the program ends: out of memory is handled in one place (message, exit 1), so that
 * no caller has a branch for it. Everything returned is freed with free(). */
#ifndef KC_BASE_MEM_H
#define KC_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);              /* size 0 counts as 1 */
void *mem_zero(size_t count, size_t size); /* zeroed; ends the program on overflow of count * size */
void *mem_grow(void *old, size_t count, size_t size);
char *mem_copy(const char *text);              /* NULL gives NULL */
char *mem_copy_n(const char *bytes, size_t n); /* n bytes and a NUL */
char *mem_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
