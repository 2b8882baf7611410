/* Messages on stderr. See note.h. */
#include "base/note.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

static enum note_level note_level_now = NOTE_NORMAL;

void note_set_level(enum note_level level)
{
    note_level_now = level;
}

static int note_token_char(char c)
{
    return c && (isalnum((unsigned char)c) || strchr("-_.~+/=%", c));
}

/* Where a secret starts: a JWT ("eyJ" and two dots), a SAS signature, an Authorization value. */
static size_t note_secret(const char *p, size_t *keep)
{
    static const char *const marks[] = {
        "sig=", "bearer ", "basic ", "client_secret=", "client_assertion=", "access_token=", "password="};
    size_t n = 0;

    *keep = 0;
    if (strncmp(p, "eyJ", 3) == 0) {
        int dots = 0;

        for (; note_token_char(p[n]); n++)
            dots += p[n] == '.';
        return dots >= 2 ? n : 0;
    }
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t mark = strlen(marks[i]);

        if (strncasecmp(p, marks[i], mark) != 0)
            continue;
        for (n = mark; note_token_char(p[n]); n++)
            ;
        if (n >= mark + 6) {
            *keep = mark;
            return n;
        }
    }
    return 0;
}

static void note_line(const char *front, const char *fmt, va_list ap)
{
    struct buf shown = {0}, line = {0};
    char *text = NULL;

    if (vasprintf(&text, fmt, ap) < 0)
        return;
    utf8_visible(&shown, text, strlen(text));
    for (const char *p = buf_str(&shown); *p;) {
        size_t keep = 0, n = p == shown.data || !note_token_char(p[-1]) ? note_secret(p, &keep) : 0;

        if (n) {
            buf_add(&line, p, keep);
            buf_text(&line, "<secret>");
            p += n;
        } else {
            buf_char(&line, *p++);
        }
    }
    fprintf(stderr, "%s%s\n", front, buf_str(&line));
    free(text);
    buf_free(&shown);
    buf_free(&line);
}

void note_info(const char *fmt, ...)
{
    va_list ap;

    if (note_level_now < NOTE_NORMAL)
        return;
    va_start(ap, fmt);
    note_line("", fmt, ap);
    va_end(ap);
}

void note_warn(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note_line("warning: ", fmt, ap);
    va_end(ap);
}

void note_debug(const char *fmt, ...)
{
    va_list ap;

    if (note_level_now < NOTE_VERBOSE)
        return;
    va_start(ap, fmt);
    note_line("", fmt, ap);
    va_end(ap);
}

void note_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note_line("keycustody: ", fmt, ap);
    va_end(ap);
}
