/* Messages for the person at the terminal, on stderr, one line each. Control characters are made visible and
 * anything that looks like a token (a JWT, a SAS signature, an Authorization value) is replaced by <secret>
 * before it is printed. */
#ifndef KC_BASE_NOTE_H
#define KC_BASE_NOTE_H

#include "base/buf.h"

enum note_level { NOTE_QUIET, NOTE_NORMAL, NOTE_VERBOSE };

void note_set_level(enum note_level level);
void note_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void note_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void note_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void note_error(const char *fmt, ...)
    __attribute__((format(printf, 1, 2))); /* "keycustody: ..."; main only */

/* From now on every message is a line of JSON: {"time", "event": "note", "level", "text"}. */
void note_set_json(int on);
int note_is_json(void);
/* Something that happened, for programs that read along; only as JSON. members: ready JSON behind the time
 * and the event's name, such as "\"requests\": 7". It holds no text from outside. */
void note_event(const char *event, const char *members);
void note_json_text(struct buf *out, const char *text); /* quoted, secrets and control characters replaced */
/* One line that the next one replaces, for a person who waits; only on a terminal. "" removes it. */
void note_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int note_is_terminal(void); /* does note_status show anything? */

#endif
