/* Text in columns for a terminal: cut or wrapped by the width that a person sees. Control and bidi characters
 * are made visible first. */
#ifndef KC_CMD_COLUMNS_H
#define KC_CMD_COLUMNS_H

#define COLUMNS_WIDTH 80

/* Prints text in exactly `width` columns (more than 3): padded with blanks, or cut and closed by "...".
 * Whether standard output took it is asked at the end of the program. */
void columns_cell(const char *text, int width);
/* The same for a name, which is cut in the middle: names of one kind often begin alike. */
void columns_name(const char *text, int width);
/* The same without padding. */
void columns_cut(const char *text, int width);
/* Prints text wrapped at 80 columns, each line indented; a word that is too long is broken. */
void columns_wrap(const char *text, int indent);

#endif
