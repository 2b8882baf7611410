/* Messages on stderr. See note.h. */
#include "base/note.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

static enum note_level note_level_now = NOTE_NORMAL;
static int note_json;
static int note_status_shown; /* a status line stands on the terminal */

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

/* The text without secrets and control characters. */
static void note_clean(struct buf *line, const char *text)
{
    struct buf shown = {0};

    utf8_visible(&shown, text, strlen(text));
    for (const char *p = buf_str(&shown); *p;) {
        size_t keep = 0, n = p == shown.data || !note_token_char(p[-1]) ? note_secret(p, &keep) : 0;

        if (n) {
            buf_add(line, p, keep);
            buf_text(line, "<secret>");
            p += n;
        } else {
            buf_char(line, *p++);
        }
    }
    buf_free(&shown);
}

void note_json_text(struct buf *out, const char *text)
{
    struct buf clean = {0};

    note_clean(&clean, text ? text : "");
    buf_char(out, '"');
    for (const char *p = buf_str(&clean); *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_char(out, '\\');
        buf_char(out, *p);
    }
    buf_char(out, '"');
    buf_free(&clean);
}

static void note_put_json(const char *event, const char *members)
{
    char now[CLOCK_TEXT];

    clock_text(clock_now(), now);
    fprintf(stderr, "{\"time\": \"%s\", \"event\": \"%s\"%s%s}\n", now, event, *members ? ", " : "", members);
}

void note_set_json(int on)
{
    note_json = on;
}

int note_is_json(void)
{
    return note_json;
}

void note_event(const char *event, const char *members)
{
    if (note_json)
        note_put_json(event, members);
}

int note_is_terminal(void)
{
    return !note_json && note_level_now >= NOTE_NORMAL && isatty(STDERR_FILENO) == 1;
}

static void note_clear_status(void)
{
    if (note_status_shown)
        fputs("\r\033[K", stderr);
    note_status_shown = 0;
}

void note_status(const char *fmt, ...)
{
    struct winsize size = {0};
    struct buf line = {0};
    char *text = NULL;
    size_t width = 80, n = 0;
    va_list ap;

    if (!note_is_terminal())
        return;
    va_start(ap, fmt);
    n = (size_t)vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n == (size_t)-1)
        return;
    note_clean(&line, text);
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        width = size.ws_col;
    for (n = line.len; n && utf8_columns(buf_str(&line)) >= width; n--) /* one line, whatever its width */
        line.data[n - 1] = '\0';
    note_clear_status();
    fputs(buf_str(&line), stderr);
    fflush(stderr);
    note_status_shown = *buf_str(&line) != '\0';
    free(text);
    buf_free(&line);
}

static void note_line(const char *level, const char *front, const char *fmt, va_list ap)
{
    struct buf line = {0};
    char *text = NULL;

    if (vasprintf(&text, fmt, ap) < 0)
        return;
    if (note_json) {
        buf_print(&line, "\"level\": \"%s\", \"text\": ", level);
        note_json_text(&line, text);
        note_put_json("note", buf_str(&line));
    } else {
        note_clear_status();
        note_clean(&line, text);
        fprintf(stderr, "%s%s\n", front, buf_str(&line));
    }
    free(text);
    buf_free(&line);
}

void note_info(const char *fmt, ...)
{
    va_list ap;

    if (note_level_now < NOTE_NORMAL)
        return;
    va_start(ap, fmt);
    note_line("info", "", fmt, ap);
    va_end(ap);
}

void note_warn(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note_line("warning", "warning: ", fmt, ap);
    va_end(ap);
}

void note_debug(const char *fmt, ...)
{
    va_list ap;

    if (note_level_now < NOTE_VERBOSE)
        return;
    va_start(ap, fmt);
    note_line("debug", "", fmt, ap);
    va_end(ap);
}

void note_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note_line("error", "keycustody: ", fmt, ap);
    va_end(ap);
}
