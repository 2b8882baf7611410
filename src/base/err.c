/* Error texts. See err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void err_clean(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
}

int err_set(struct err *e, const char *fmt, ...)
{
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    err_clean(e->text);
    return -1;
}

int err_context(struct err *e, const char *fmt, ...)
{
    char front[sizeof e->text];
    char whole[2 * sizeof e->text + 3];
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, fmt);
    vsnprintf(front, sizeof front, fmt, ap);
    va_end(ap);
    snprintf(whole, sizeof whole, "%s: %s", front, e->text);
    whole[sizeof e->text - 1] = '\0';
    memcpy(e->text, whole, strlen(whole) + 1);
    err_clean(e->text);
    return -1;
}
