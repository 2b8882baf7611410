/* The contents: chapters and sections of level 1, but not their own chapter. The lines are laid out when the
 * contents' turn comes; their page numbers and links are put in when all pages are drawn. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/pdf_block.h"

static void contents_line(struct pdf_work *w, const struct doc_block *b, int level)
{
    struct pdf_type type = pdf_type_text(w);
    struct pdf_text t = {0};
    double indent = level ? 14 : 0, before = level ? 0 : 5;

    type.bold = level == 0;
    if (b->chapter)
        pdf_text_plain(&t, w, b->chapter, &type);
    else
        pdf_text_set(&t, w, &b->text, &type);
    pdf_text_wrap(&t, w->width - indent - 40);
    pdf_page_need(w, before + t.height + (level ? 0 : 14));
    w->y += before;
    pdf_text_draw(&t, w, w->x + indent, w->y, w->width, 0, 0, t.row_count);
    if (!w->dry) {
        if ((w->line_count & (w->line_count - 1)) == 0)
            w->lines = mem_grow(w->lines, w->line_count ? w->line_count * 2 : 1, sizeof *w->lines);
        w->lines[w->line_count++] = (struct pdf_line){b, w->at, w->x, w->y, w->width, t.height};
        w->fresh = 0;
    }
    w->y += t.height;
    pdf_text_free(&t);
}

static void contents_list(struct pdf_work *w, struct doc_block *const *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct doc_block *b = blocks[i];
        int own = i + 1 < n && blocks[i + 1]->kind == DOC_CONTENTS; /* the contents' own chapter */

        if (b->kind == DOC_CHAPTER && !own)
            contents_line(w, b, 0);
        else if (b->kind == DOC_SECTION && b->level <= 1)
            contents_line(w, b, 1);
        else
            contents_list(w, b->children, b->child_count);
    }
}

void pdf_contents(struct pdf_work *w)
{
    contents_list(w, w->doc->blocks, w->doc->block_count);
    pdf_block_gap(w, 8);
}

void pdf_contents_numbers(struct pdf_work *w)
{
    struct pdf_type type = pdf_type_text(w);
    size_t k = 0;

    for (size_t i = 0; i < w->line_count; i++) {
        const struct pdf_line *l = &w->lines[i];
        char *number = NULL;
        size_t from = k;

        while (k < w->entry_count && w->entries[k].block != l->block)
            k++;
        if (k == w->entry_count) { /* drawn nowhere */
            k = from;
            continue;
        }
        if (w->at != l->sheet)
            pdf_page_go(w, l->sheet);
        type.bold = w->entries[k].level == 0;
        number = mem_print("%zu", w->entries[k].sheet + 1);
        pdf_text_put(w, number, &type, l->x + l->width - 40, l->y + l->height - 14, 40, 1);
        free(number);
        if ((w->link_count & (w->link_count - 1)) == 0)
            w->links = mem_grow(w->links, w->link_count ? w->link_count * 2 : 1, sizeof *w->links);
        w->links[w->link_count++] = (struct pdf_link){
            NULL, l->sheet, l->x, l->y, l->width, l->height, w->entries[k].sheet, w->entries[k].y};
    }
}
