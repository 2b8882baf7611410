/* What libharu 2.3.0 writes wrongly or not at all about its fonts, put right before the document is saved:
 *  - ToUnicode is an encoding map (begincidrange), which readers refuse with a warning: ISO 32000-1, 9.10.3;
 *  - the font descriptor has no CapHeight (9.8.1) and no CIDSet (ISO 19005-1, 6.3.5);
 *  - CIDSystemInfo says (Identity-H) where (Identity) and, for Unicode, (UCS) are meant (9.7.3);
 *  - widths and the map from characters to glyphs hold the whole font. */
#include <string.h>

#include "base/mem.h"
#include "render/pdf_font.h"
#include "render/pdf_font_file.h"

#define CODES 65536u

static HPDF_STATUS finish_stream(HPDF_Dict dict, const struct buf *text)
{
    HPDF_MemStream_FreeData(dict->stream);
    return HPDF_Stream_Write(dict->stream, (const HPDF_BYTE *)buf_str(text), (HPDF_UINT)text->len);
}

/* Next run of used characters from *first on, not across a multiple of 256 (as bfrange wants); 0 at the end.
 */
static int finish_run(const struct pdf_font *x, unsigned *first, unsigned *last)
{
    while (*first < CODES && !x->used[*first])
        (*first)++;
    if (*first >= CODES)
        return 0;
    for (*last = *first; (*last & 0xff) != 0xff && x->used[*last + 1];)
        (*last)++;
    return 1;
}

static HPDF_STATUS finish_ordering(HPDF_Dict dict, const char *ordering)
{
    HPDF_Dict info = HPDF_Dict_GetItem(dict, "CIDSystemInfo", HPDF_OCLASS_DICT);
    HPDF_String name = HPDF_String_New(dict->mmgr, ordering, NULL);

    if (!info || !name)
        return HPDF_DICT_ITEM_NOT_FOUND;
    return HPDF_Dict_Add(info, "Ordering", name);
}

static HPDF_STATUS finish_unicode(const struct pdf_font *x)
{
    HPDF_Dict map = HPDF_Dict_GetItem(x->font, "ToUnicode", HPDF_OCLASS_DICT);
    struct buf text = {0}, rows = {0};
    unsigned count = 0;
    HPDF_STATUS rc = HPDF_OK;

    if (!map)
        return HPDF_DICT_ITEM_NOT_FOUND;
    buf_text(&text,
             "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry "
             "(Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 "
             "def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
    for (unsigned first = 0, last = 0; finish_run(x, &first, &last); first = last + 1) {
        buf_print(&rows, "<%04X> <%04X> <%04X>\n", first, last, first);
        if (++count == 100) { /* at most 100 rows in a block */
            buf_print(&text, "%u beginbfrange\n%sendbfrange\n", count, buf_str(&rows));
            buf_clear(&rows);
            count = 0;
        }
    }
    if (count)
        buf_print(&text, "%u beginbfrange\n%sendbfrange\n", count, buf_str(&rows));
    buf_text(&text, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    rc = finish_stream(map, &text);
    buf_free(&text);
    buf_free(&rows);
    return rc == HPDF_OK ? finish_ordering(map, "UCS") : rc;
}

static HPDF_STATUS finish_widths(const struct pdf_font *x, HPDF_Dict descendant)
{
    HPDF_Array all = HPDF_Array_New(descendant->mmgr);
    HPDF_STATUS rc = HPDF_OK;

    if (!all)
        return HPDF_FAILD_TO_ALLOC_MEM;
    for (unsigned first = 0, last = 0; rc == HPDF_OK && finish_run(x, &first, &last); first = last + 1) {
        HPDF_Array run = HPDF_Array_New(descendant->mmgr);

        if (!run || HPDF_Array_AddNumber(all, (HPDF_INT32)first) != HPDF_OK ||
            HPDF_Array_Add(all, run) != HPDF_OK)
            rc = HPDF_FAILD_TO_ALLOC_MEM;
        for (unsigned c = first; rc == HPDF_OK && c <= last; c++)
            rc = HPDF_Array_AddNumber(run, x->width[c]);
    }
    return rc == HPDF_OK ? HPDF_Dict_Add(descendant, "W", all) : rc;
}

static HPDF_STATUS finish_maps(const struct pdf_font *x, HPDF_Dict descriptor, HPDF_Xref xref)
{
    HPDF_Dict map = ((HPDF_FontAttr)x->font->attr)->map_stream;
    HPDF_Dict set = HPDF_DictStream_New(x->font->mmgr, xref);
    unsigned end = CODES;
    unsigned char *bits = mem_zero(CODES / 8, 1);
    struct buf glyphs = {0}, present = {0};
    HPDF_STATUS rc = HPDF_FAILD_TO_ALLOC_MEM;

    while (end && !x->used[end - 1])
        end--;
    for (unsigned c = 0; c < end; c++) {
        uint16_t g = x->used[c] ? x->glyph[c] : 0;

        buf_char(&glyphs, (char)(g >> 8));
        buf_char(&glyphs, (char)(g & 0xff));
        if (x->used[c])
            bits[c / 8] |= (unsigned char)(0x80 >> c % 8);
    }
    bits[0] |= 0x80; /* .notdef */
    buf_add(&present, bits, (end + 7) / 8);
    if (map && set) {
        set->filter = x->font->filter;
        rc = finish_stream(map, &glyphs);
        if (rc == HPDF_OK)
            rc = finish_stream(set, &present);
        if (rc == HPDF_OK)
            rc = HPDF_Dict_Add(descriptor, "CIDSet", set);
    }
    buf_free(&glyphs);
    buf_free(&present);
    free(bits);
    return rc;
}

static HPDF_STATUS finish_font(struct pdf_fonts *f, struct pdf_font *x)
{
    HPDF_FontAttr attr = x->font->attr;
    HPDF_Dict descendant = attr->descendant_font, descriptor = NULL;
    HPDF_STATUS rc = HPDF_OK;

    x->font->filter =
        f->pdf->compression_mode & HPDF_COMP_TEXT ? HPDF_STREAM_FILTER_FLATE_DECODE : HPDF_STREAM_FILTER_NONE;
    rc = x->font->before_write_fn(x->font); /* makes the descriptor; when saving it finds it made */
    if (rc != HPDF_OK)
        return rc;
    descriptor = attr->fontdef->descriptor;
    if (!descriptor)
        return HPDF_FAILD_TO_ALLOC_MEM;
    rc = finish_ordering(descendant, "Identity");
    if (rc == HPDF_OK)
        rc =
            HPDF_Dict_AddNumber(descriptor, "CapHeight",
                                pdf_font_file_cap_height((const unsigned char *)x->bytes.data, x->bytes.len));
    if (rc == HPDF_OK)
        rc = finish_maps(x, descriptor, attr->xref);
    if (rc == HPDF_OK)
        rc = finish_widths(x, descendant);
    return rc == HPDF_OK ? finish_unicode(x) : rc;
}

int pdf_font_finish(struct pdf_fonts *f, struct err *e)
{
    if (f->failed)
        return err_set(e, "%s", f->err.text);
    for (int i = 0; pdf_font_rows[i].name; i++) {
        HPDF_STATUS rc = f->all[i].font ? finish_font(f, &f->all[i]) : HPDF_OK;

        if (rc != HPDF_OK)
            return err_set(e, "%s: libharu cannot embed it (error 0x%04lX)", pdf_font_rows[i].path,
                           (unsigned long)rc);
    }
    return 0;
}
