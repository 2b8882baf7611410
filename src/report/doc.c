#include "report/doc.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

struct doc *doc_new(void)
{
    return mem_zero(1, sizeof(struct doc));
}

static void doc_free_text(struct doc_text *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->runs[i].text);
        free(t->runs[i].link);
    }
    free(t->runs);
}

static void doc_free_table(struct doc_table *t)
{
    for (size_t i = 0; i < t->column_count; i++)
        free(t->columns[i].title);
    for (size_t i = 0; i < t->row_count * t->column_count; i++)
        doc_free_text(&t->cells[i].text);
    for (size_t i = 0; t->anchors && i < t->row_count; i++)
        free(t->anchors[i]);
    free(t->name);
    free(t->columns);
    free(t->cells);
    free(t->anchors);
    free(t->more);
    free(t->empty);
}

static void doc_free_figure(struct doc_figure *f)
{
    for (size_t i = 0; i < f->name_count; i++)
        free(f->names[i]);
    for (size_t i = 0; i < f->row_count * f->name_count; i++)
        free(f->values[i]);
    free(f->kind);
    free(f->names);
    free(f->values);
    free(f->more);
}

static void doc_free_block(struct doc_block *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->child_count; i++)
        doc_free_block(b->children[i]);
    free(b->children);
    free(b->anchor);
    free(b->chapter);
    free(b->code);
    doc_free_text(&b->text);
    doc_free_table(&b->table);
    doc_free_figure(&b->figure);
    free(b);
}

void doc_free(struct doc *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->block_count; i++)
        doc_free_block(d->blocks[i]);
    free(d->blocks);
    free(d->title);
    free(d->subject);
    free(d->author);
    free(d->language);
    free(d->head_left);
    free(d->foot_left);
    free(d->foot_middle);
    free(d->created);
    free(d->logo_png);
    free(d);
}

static struct doc_block *doc_push(struct doc_block ***list, size_t *count, enum doc_kind kind)
{
    struct doc_block *b = mem_zero(1, sizeof *b);

    /* room for a power of two: grow when the count is one */
    if ((*count & (*count - 1)) == 0)
        *list = mem_grow(*list, *count ? *count * 2 : 1, sizeof **list);
    b->kind = kind;
    (*list)[(*count)++] = b;
    return b;
}

struct doc_block *doc_add(struct doc *d, enum doc_kind kind)
{
    return doc_push(&d->blocks, &d->block_count, kind);
}

struct doc_block *doc_child(struct doc_block *parent, enum doc_kind kind)
{
    return doc_push(&parent->children, &parent->child_count, kind);
}

char *doc_clip(const char *text)
{
    size_t n = strlen(text);

    if (n <= DOC_TEXT_MAX)
        return mem_copy(text);
    for (n = DOC_TEXT_MAX; n && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
        ;
    return mem_print("%.*s… (cut: %zu bytes in all, in data/facts.db)", (int)n, text, strlen(text));
}

struct doc_run *doc_run(struct doc_text *t, const char *text, unsigned look)
{
    struct doc_run *r = NULL;

    if ((t->count & (t->count - 1)) == 0)
        t->runs = mem_grow(t->runs, t->count ? t->count * 2 : 1, sizeof *t->runs);
    r = &t->runs[t->count++];
    memset(r, 0, sizeof *r);
    r->text = doc_clip(text ? text : "");
    r->look = look;
    return r;
}

char *doc_plain(const struct doc_text *t)
{
    struct buf b = {0};

    for (size_t i = 0; i < t->count; i++) {
        if ((t->runs[i].look & DOC_LINE) && b.len)
            buf_char(&b, '\n');
        buf_text(&b, t->runs[i].text);
    }
    return buf_take(&b);
}
