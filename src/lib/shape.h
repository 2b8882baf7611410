/* What fields a JSON document of ours may have. A mapping, an engagement file and a policy are each described
 * by a table; what is not in the table is an error, so that a misspelt field is never silently ignored.
 * Problems are collected, all of them, each with file, line and JSON pointer. */
#ifndef KC_LIB_SHAPE_H
#define KC_LIB_SHAPE_H

#include "base/buf.h"
#include "lib/json.h"

enum shape_kind {
    SHAPE_TEXT,    /* a string that is not empty */
    SHAPE_BLANK,   /* a string that may be empty */
    SHAPE_INT,     /* an integer */
    SHAPE_BOOL,    /* true or false */
    SHAPE_SCALAR,  /* a string that is not empty, an integer or a boolean */
    SHAPE_OBJECT,  /* an object with `fields` */
    SHAPE_OBJECTS, /* an array of such objects */
    SHAPE_MAP,     /* an object whose members, whatever their names, are such objects */
    SHAPE_TEXTS    /* an array of strings, each one of `words` if those are given */
};

struct shape_field {
    const char *name; /* a row without a name closes the table */
    enum shape_kind kind;
    int required;
    const char *const *words;         /* the values allowed for a text, closed by NULL; NULL: any */
    const struct shape_field *fields; /* of the object, or of each object in the array or map */
};

struct shape_report {
    const char *file; /* printed before each problem */
    const char *text; /* the document as read, for line numbers */
    size_t size;
    const struct json *doc;
    struct buf lines; /* one problem a line, owned */
    int problems;
};

/* Checks one object and everything below it. */
void shape_check(struct shape_report *r, const struct json *object, const struct shape_field *fields);
/* Adds a problem at a value: "FILE:LINE: /pointer: what". */
void shape_problem(struct shape_report *r, const struct json *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The line, from 1, where the value at a JSON pointer starts; 0 when there is none. */
int shape_line(const char *text, size_t size, const char *pointer);
/* The first problem alone, into e. Returns -1 if there was one, else 0. */
int shape_error(const struct shape_report *r, struct err *e);

#endif
