/* What we read of a TrueType file ourselves (OpenType specification 1.9: cmap, hmtx, loca, glyf). */
#ifndef KC_RENDER_PDF_FONT_FILE_H
#define KC_RENDER_PDF_FONT_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Fills glyph[65536] from the file's Unicode map of the BMP and width[65536] in thousandths. Returns 0, or -1
 * when the file is not what we expect. */
int pdf_font_file_read(const unsigned char *bytes, size_t n, uint16_t *glyph, uint16_t *width);

/* Sets used[g] for the glyph and for all that it is composed of, however deep (libharu 2.3.0 goes one level
 * deep and loses the rest). `used` has `count` bytes. */
void pdf_font_file_mark(const unsigned char *bytes, size_t n, uint16_t g, unsigned char *used, size_t count);

/* Height of capitals in thousandths (OS/2 sCapHeight), or 700 when the file does not say. */
int pdf_font_file_cap_height(const unsigned char *bytes, size_t n);

#endif
