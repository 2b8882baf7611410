/* The empty signature field over the box on the cover (ISO 32000-1, 12.7.4.5), for a report that is to be
 * signed. Its appearance is empty, since the box is drawn on the page: nothing of it changes when
 * pack/pdf_sign fills the field, and no font is needed that is not embedded. */
#include "render/pdf_file.h"

#define FIELD_FLAGS 132 /* printed and locked (12.5.3) */
#define FIELD_SIGNED 3  /* SigFlags: there is a signature field; only append to the file (12.7.2) */

static HPDF_Array field_box(struct pdf_work *w, double x1, double y1, double x2, double y2)
{
    HPDF_Array box = HPDF_Array_New(w->pdf->mmgr);

    if (box && HPDF_Array_AddReal(box, (HPDF_REAL)x1) == HPDF_OK &&
        HPDF_Array_AddReal(box, (HPDF_REAL)y1) == HPDF_OK &&
        HPDF_Array_AddReal(box, (HPDF_REAL)x2) == HPDF_OK &&
        HPDF_Array_AddReal(box, (HPDF_REAL)y2) == HPDF_OK)
        return box;
    return NULL;
}

static HPDF_STATUS field_text(struct pdf_work *w, HPDF_Dict d, const char *key, const char *text)
{
    HPDF_String s = HPDF_String_New(w->pdf->mmgr, text, NULL);

    return s ? HPDF_Dict_Add(d, key, s) : HPDF_FAILD_TO_ALLOC_MEM;
}

static HPDF_Dict field_appearance(struct pdf_work *w)
{
    const struct pdf_field *f = &w->field;
    HPDF_Dict form = HPDF_DictStream_New(w->pdf->mmgr, w->pdf->xref);
    HPDF_Dict resources = HPDF_Dict_New(w->pdf->mmgr), states = HPDF_Dict_New(w->pdf->mmgr);
    HPDF_Array box = field_box(w, 0, 0, f->width, f->height);

    if (form && resources && states && box && HPDF_Dict_AddName(form, "Type", "XObject") == HPDF_OK &&
        HPDF_Dict_AddName(form, "Subtype", "Form") == HPDF_OK &&
        HPDF_Dict_Add(form, "BBox", box) == HPDF_OK &&
        HPDF_Dict_Add(form, "Resources", resources) == HPDF_OK && HPDF_Dict_Add(states, "N", form) == HPDF_OK)
        return states;
    return NULL;
}

static HPDF_STATUS field_on_page(struct pdf_work *w, HPDF_Dict page, HPDF_Dict field)
{
    HPDF_Array all = HPDF_Dict_GetItem(page, "Annots", HPDF_OCLASS_ARRAY);

    if (all)
        return HPDF_Array_Add(all, field);
    all = HPDF_Array_New(w->pdf->mmgr);
    if (!all || HPDF_Dict_Add(page, "Annots", all) != HPDF_OK)
        return HPDF_FAILD_TO_ALLOC_MEM;
    return HPDF_Array_Add(all, field);
}

static HPDF_STATUS field_form(struct pdf_work *w, HPDF_Dict field)
{
    HPDF_Dict form = HPDF_Dict_New(w->pdf->mmgr);
    HPDF_Array fields = HPDF_Array_New(w->pdf->mmgr);

    if (form && fields && HPDF_Dict_Add(form, "Fields", fields) == HPDF_OK &&
        HPDF_Array_Add(fields, field) == HPDF_OK &&
        HPDF_Dict_AddNumber(form, "SigFlags", FIELD_SIGNED) == HPDF_OK)
        return HPDF_Dict_Add(w->pdf->catalog, "AcroForm", form);
    return HPDF_FAILD_TO_ALLOC_MEM;
}

int pdf_field(struct pdf_work *w)
{
    const struct pdf_field *f = &w->field;
    const struct pdf_sheet *s = &w->sheets[f->sheet]; /* without a box: the first page, and no area */
    HPDF_Dict field = NULL, states = NULL;
    HPDF_Array box = NULL;

    if (!w->doc->will_sign)
        return 0;
    field = HPDF_Dict_New(w->pdf->mmgr);
    states = field_appearance(w);
    box = field_box(w, f->x, s->height - f->y - f->height, f->x + f->width, s->height - f->y);
    if (field && states && box && HPDF_Xref_Add(w->pdf->xref, field) == HPDF_OK &&
        HPDF_Dict_AddName(field, "Type", "Annot") == HPDF_OK &&
        HPDF_Dict_AddName(field, "Subtype", "Widget") == HPDF_OK &&
        HPDF_Dict_AddName(field, "FT", "Sig") == HPDF_OK &&
        field_text(w, field, "T", "Signature") == HPDF_OK && HPDF_Dict_Add(field, "Rect", box) == HPDF_OK &&
        HPDF_Dict_AddNumber(field, "F", FIELD_FLAGS) == HPDF_OK &&
        HPDF_Dict_Add(field, "P", s->page) == HPDF_OK && HPDF_Dict_Add(field, "AP", states) == HPDF_OK &&
        field_on_page(w, s->page, field) == HPDF_OK && field_form(w, field) == HPDF_OK)
        return 0;
    return pdf_page_fail(w, "the signature field");
}
