/* Links and outline, made when every target has its page. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/pdf_file.h"

/* A place on a page that keeps the reader's zoom (ISO 32000-1, 12.3.2.2): libharu refuses zoom 0 (0x1039),
 * and its destinations are objects of their own, which PDFBox's validator does not follow. */
static HPDF_Destination link_place(struct pdf_work *w, size_t sheet, double y)
{
    const struct pdf_sheet *s = &w->sheets[sheet];
    HPDF_Array d = HPDF_Array_New(w->pdf->mmgr);

    if (!d)
        return NULL;
    d->header.obj_class |= HPDF_OSUBCLASS_DESTINATION;
    if (HPDF_Array_Add(d, s->page) == HPDF_OK && HPDF_Array_AddName(d, "XYZ") == HPDF_OK &&
        HPDF_Array_AddReal(d, 0) == HPDF_OK &&
        HPDF_Array_AddReal(d, (HPDF_REAL)(s->height - y + 8)) == HPDF_OK &&
        HPDF_Array_AddNumber(d, 0) == HPDF_OK)
        return d;
    HPDF_Array_Free(d);
    return NULL;
}

static int link_compare(const void *a, const void *b)
{
    return strcmp(((const struct pdf_target *)a)->name, ((const struct pdf_target *)b)->name);
}

static int link_one(struct pdf_work *w, const struct pdf_link *l)
{
    const struct pdf_sheet *s = &w->sheets[l->sheet];
    HPDF_Rect box = {(HPDF_REAL)l->x, (HPDF_REAL)(s->height - l->y - l->height), (HPDF_REAL)(l->x + l->width),
                     (HPDF_REAL)(s->height - l->y)};
    HPDF_Annotation a = NULL;

    if (!l->to) {
        HPDF_Destination d = link_place(w, l->to_sheet, l->to_y);

        a = d ? HPDF_Page_CreateLinkAnnot(s->page, box, d) : NULL;
    } else if (l->to[0] == '#') {
        struct pdf_target key = {l->to + 1, 0, 0}, *t = NULL;
        HPDF_Destination d = NULL;

        t = w->target_count ? bsearch(&key, w->targets, w->target_count, sizeof key, link_compare) : NULL;
        if (!t)
            return 0; /* a target that a limit left out: plain text */
        d = link_place(w, t->sheet, t->y);
        a = d ? HPDF_Page_CreateLinkAnnot(s->page, box, d) : NULL;
    } else {
        a = HPDF_Page_CreateURILinkAnnot(s->page, box, l->to);
    }
    if (!a || HPDF_LinkAnnot_SetBorderStyle(a, 0, 0, 0) != HPDF_OK ||
        HPDF_Dict_AddNumber(a, "F", 4) != HPDF_OK)
        return pdf_page_fail(w, "a link"); /* F 4: it prints, as ISO 19005-1, 6.5.3 wants */
    return 0;
}

static int link_outline(struct pdf_work *w)
{
    HPDF_Encoder encoder = HPDF_GetEncoder(w->pdf, "UTF-8");
    HPDF_Outline above[8] = {NULL}; /* the last one of each level */

    for (size_t i = 0; i < w->entry_count; i++) {
        const struct pdf_entry *n = &w->entries[i];
        int level = n->level < 7 ? n->level : 7;
        char *title = n->block->chapter ? mem_copy(n->block->chapter) : doc_plain(&n->block->text);
        struct buf clean = {0};
        HPDF_Destination d = link_place(w, n->sheet, n->y);
        HPDF_Outline o = NULL;

        while (level > 0 && !above[level - 1])
            level--;
        pdf_file_clean(&clean, title, 200);
        if (encoder && d)
            o = HPDF_CreateOutline(w->pdf, level ? above[level - 1] : NULL, buf_str(&clean), encoder);
        buf_free(&clean);
        free(title);
        if (!o || HPDF_Outline_SetOpened(o, HPDF_FALSE) != HPDF_OK ||
            HPDF_Outline_SetDestination(o, d) != HPDF_OK)
            return pdf_page_fail(w, "the outline");
        above[level] = o;
        for (int k = level + 1; k < 8; k++)
            above[k] = NULL;
    }
    return 0;
}

int pdf_link_all(struct pdf_work *w)
{
    if (w->failed)
        return -1;
    if (w->target_count)
        qsort(w->targets, w->target_count, sizeof *w->targets, link_compare);
    for (size_t i = 0; i < w->link_count; i++)
        if (link_one(w, &w->links[i]) != 0)
            return -1;
    return link_outline(w);
}
