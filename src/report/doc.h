/* The document: one tree of headings, text, tables and figures that every renderer draws. It is finished when
 * it gets to a renderer: nothing in render/ counts, filters or sorts. Bounded in size: tables hold at most
 * what the template allows and say how many more there are. */
#ifndef KC_REPORT_DOC_H
#define KC_REPORT_DOC_H

#include <stddef.h>

#include "judge/verdict.h"

enum doc_look { /* bits */
                DOC_BOLD = 1,
                DOC_MONO = 2,
                DOC_QUIET = 4, /* in the quiet colour */
                DOC_SMALL = 8, /* small text, 7.5/11 */
                DOC_MARK =
                    16, /* the mark of `status` is drawn before the text, and the text takes its colour */
                DOC_LINE = 32, /* starts on a new line */
                DOC_WARN = 64  /* in the colour of not-assessed */
};

struct doc_run {
    char *text;          /* UTF-8; owned */
    unsigned look;       /* enum doc_look bits */
    enum verdict status; /* for DOC_MARK */
    char *link;          /* "#anchor" or an https URL of our own text, or NULL; owned */
};
struct doc_text {
    struct doc_run *runs;
    size_t count;
};

enum doc_kind {
    DOC_COVER,    /* text: title run by run; cover facts in table (2 columns); children: drawn at its foot */
    DOC_CONTENTS, /* the renderer fills it from the chapters (their `chapter`) and sections of level 1 */
    DOC_CHAPTER,  /* starts a page; goes into outline and contents; text: its title */
    DOC_SECTION,  /* heading with an outline entry, level in `level` (1: in the contents too; 3: small) */
    DOC_HEADING,  /* plain heading */
    DOC_LEAD,     /* lead paragraph */
    DOC_PARAGRAPH,
    DOC_BAND,    /* paragraph on the grey band */
    DOC_WARNING, /* paragraph on the warning band with its bar */
    DOC_COLUMNS, /* children side by side, two */
    DOC_COLUMN,  /* one side: children */
    DOC_TABLE,
    DOC_FIGURE,
    DOC_CODE, /* monospaced lines, wrapped visibly; numbered unless `level` is 0 */
    DOC_KEEP, /* children stay on one page where they fit on one */
    DOC_PAGE_BREAK,
    DOC_LANDSCAPE, /* pages from here on lie on their side */
    DOC_PORTRAIT
};

struct doc_cell {
    struct doc_text text;
};
struct doc_column {
    char *title;
    int right;     /* numbers: right-aligned, tabular */
    double weight; /* 0: from content; else its share of the width */
};
struct doc_table {
    char *name;                 /* the table's SQL file, for messages and the text renderer */
    struct doc_column *columns; /* all titles empty: no head is drawn */
    size_t column_count;
    struct doc_cell *cells; /* row-major, row_count x column_count */
    size_t row_count;
    char **anchors; /* row_count target names for links (NULL: none), or NULL */
    char *more;     /* "and 812 more failing subjects: workbook, sheet Findings", or NULL */
    char *empty;    /* what to say when there is no row */
};

/* A figure's data: rows of named values, made by one SELECT. What columns each kind needs stands in figure.h.
 */
struct doc_figure {
    char *kind;   /* "control-bars", "custody-chain", "status-bar", "key-timeline", "steps" */
    char **names; /* column names */
    size_t name_count;
    char **values; /* row-major; NULL for SQL NULL */
    size_t row_count;
    char *more;
};

struct doc_block {
    enum doc_kind kind;
    int level;
    char *anchor;  /* target name for links, or NULL */
    char *chapter; /* DOC_CHAPTER: short title with its number, for running head, contents, outline */
    struct doc_text text;
    struct doc_table table;
    struct doc_figure figure;
    char *code;
    struct doc_block **children;
    size_t child_count;
};

struct doc_colours { /* 0xRRGGBB, from the template */
    unsigned ink, quiet, hairline, band, warning_band, pass, fail, not_assessed, not_applicable, attested;
};

struct doc {
    char *title, *subject, *author, *language; /* PDF properties */
    char *head_left;                           /* organisation, title, period */
    char *foot_left;                           /* pack id */
    char *foot_middle;                         /* classification; "from a recording" */
    char *created;                  /* YYYY-MM-DDThh:mm:ssZ: the report's date, never the clock of the day */
    int will_sign;                  /* the box on the cover gets a signature field */
    double page_width, page_height; /* points */
    struct doc_colours colours;
    unsigned char *logo_png; /* decoded and encoded anew, or NULL */
    size_t logo_size;
    struct doc_block **blocks;
    size_t block_count;
};

/* Links never dangle: template_build takes off a link whose "#anchor" no block and no row has. */
struct doc *doc_new(void);
void doc_free(struct doc *d);
struct doc_block *doc_add(struct doc *d, enum doc_kind kind); /* at the end of the document */
struct doc_block *doc_child(struct doc_block *parent, enum doc_kind kind);
struct doc_run *doc_run(struct doc_text *t, const char *text,
                        unsigned look); /* adds a run, copies the text, clipped */

/* A page is for reading: of a text that somebody made a megabyte long, the beginning and how long it is. The
 * caller frees it. */
#define DOC_TEXT_MAX 4000 /* bytes */
char *doc_clip(const char *text);

/* Text of all runs in order, DOC_LINE as a newline; caller frees. */
char *doc_plain(const struct doc_text *t);

#endif
