/* Messages for the person at the terminal, on stderr, one line each. Control characters are made visible and
 * anything that looks like a token (a JWT, a SAS signature, an Authorization value) is replaced by <secret>
 * before it is printed. */
#ifndef KC_BASE_NOTE_H
#define KC_BASE_NOTE_H

enum note_level { NOTE_QUIET, NOTE_NORMAL, NOTE_VERBOSE };

void note_set_level(enum note_level level);
void note_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void note_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void note_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void note_error(const char *fmt, ...)
    __attribute__((format(printf, 1, 2))); /* "keycustody: ..."; main only */

#endif
