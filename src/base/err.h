/* The one error shape. A function that can fail returns 0 or -1 and takes a `struct err *` last; the text
 * reads "subject: what is wrong: what to do or where the rule comes from". Nobody below cmd/ prints it. */
#ifndef KC_BASE_ERR_H
#define KC_BASE_ERR_H

struct err {
    char text[2048]; /* UTF-8, one line, no secrets; control characters in it are shown as '?' */
};

/* Sets the text. Always returns -1, so that `return err_set(e, ...)` reads as the failure it is. `e` may be
 * NULL. */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the text that is there. Always returns -1. */
int err_context(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
