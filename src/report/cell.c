/* Cells of tables: parts with a look, ids as people read them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "report/build.h"
#include "report/markup.h"

#define CELL_PARTS "title right weight parts col text look mark line link as null if unless"

static int cell_compare(const void *a, const void *b)
{
    return strcasecmp(((const struct build_name *)a)->id, ((const struct build_name *)b)->id);
}

static const char *cell_name(const struct build *b, const char *id)
{
    struct build_name key = {(char *)id, NULL};
    const struct build_name *found =
        b->name_count ? bsearch(&key, b->names, b->name_count, sizeof *b->names, cell_compare) : NULL;

    return found ? found->name : id;
}

/* The parts of an ARM id that a reader looks for. Each is a copy or NULL. */
struct cell_id {
    char *subscription, *group, *kind, *name;
};

/* /subscriptions/S[/resourceGroups/G][/providers/NS/TYPE/NAME[/TYPE/NAME]...]; fails softly: name = the whole
 * text. */
static void cell_split(struct cell_id *out, const char *id)
{
    const char *p = id, *word[64], *type = NULL;
    size_t size[64], n = 0;
    struct buf name = {0};

    while (*p && n < 64) {
        size_t k = 0;

        p += *p == '/';
        k = strcspn(p, "/");
        word[n] = p;
        size[n++] = k;
        p += k;
    }
#define CELL_IS(i, text) (size[i] == strlen(text) && strncasecmp(word[i], text, size[i]) == 0)
    if (id[0] != '/' || *p) {
        out->name = mem_copy(id);
        return;
    }
    for (size_t i = 0; i + 1 < n;) {
        if (i == 0 && CELL_IS(i, "subscriptions"))
            out->subscription = mem_copy_n(word[i + 1], size[i + 1]);
        else if (i == 2 && CELL_IS(i, "resourceGroups"))
            out->group = mem_copy_n(word[i + 1], size[i + 1]);
        else if (CELL_IS(i, "providers")) { /* the namespace; the pairs of type and name follow */
            buf_clear(&name);
            i += 2;
            continue;
        } else {
            if (name.len)
                buf_char(&name, '/');
            buf_add(&name, word[i + 1], size[i + 1]);
            type = word[i];
        }
        i += 2;
    }
#undef CELL_IS
    if (name.len)
        out->name = buf_take(&name);
    if (type)
        out->kind = mem_copy_n(type, strcspn(type, "/"));
    buf_free(&name);
}

static void cell_id_free(struct cell_id *id)
{
    free(id->subscription);
    free(id->group);
    free(id->kind);
    free(id->name);
}

static struct doc_run *cell_run(struct doc_text *out, const char *text, unsigned look)
{
    struct buf b = {0};
    struct doc_run *r = NULL;

    utf8_visible(&b, text, strlen(text));
    r = doc_run(out, buf_str(&b), look);
    buf_free(&b);
    return r;
}

/* How much of an id is shown. */
enum cell_id_as { CELL_RESOURCE, CELL_NAME, CELL_SHORT };

/* A name of more than CELL_SHORT_MAX characters without its middle: disks and scale sets carry long numbers.
 */
#define CELL_SHORT_MAX 20
#define CELL_SHORT_HEAD 10
#define CELL_SHORT_TAIL 4

static void cell_shorten(struct doc_text *out, const char *name, unsigned look)
{
    struct buf shown = {0};
    size_t n = 0, at = 0, head = 0, tail = 0;

    for (const char *p = name; *p; p++)
        n += ((unsigned char)*p & 0xc0) != 0x80; /* not the middle of a character */
    for (const char *p = name; *p; p++) {
        if (((unsigned char)*p & 0xc0) == 0x80)
            continue;
        if (at == CELL_SHORT_HEAD)
            head = (size_t)(p - name);
        if (at == n - CELL_SHORT_TAIL)
            tail = (size_t)(p - name);
        at++;
    }
    if (n > CELL_SHORT_MAX) {
        buf_add(&shown, name, head);
        buf_text(&shown, "…");
        buf_text(&shown, name + tail);
    }
    cell_run(out, n > CELL_SHORT_MAX ? buf_str(&shown) : name, look);
    buf_free(&shown);
}

/* The name in mono, small under it where it lies; a scope (subscription, resource group) says what it is. */
static void cell_resource(struct build *b, struct doc_text *out, const char *id, unsigned look,
                          enum cell_id_as as)
{
    struct cell_id x = {0};
    struct buf where = {0};
    const char *name = NULL;

    cell_split(&x, id);
    name = x.name ? x.name : x.group ? x.group : x.subscription ? cell_name(b, x.subscription) : id;
    if (as == CELL_SHORT) { /* a key is known by its own name, a pool by its cluster's too */
        if (x.kind && strcasecmp(x.kind, "keys") == 0 && strrchr(name, '/'))
            name = strrchr(name, '/') + 1;
        cell_shorten(out, name, look | DOC_MONO);
    } else
        cell_run(out, name, look | DOC_MONO);
    if (x.name && x.group)
        buf_text(&where, x.group);
    else if (!x.name && x.group)
        buf_text(&where, "resource group");
    else if (!x.name && x.subscription)
        buf_text(&where, "subscription");
    else if (x.name && !x.subscription && x.kind && strcasecmp(x.kind, "managementGroups") == 0)
        buf_text(&where, "management group");
    if (x.subscription && (x.name || x.group)) {
        buf_text(&where, where.len ? " · " : "");
        buf_text(&where, cell_name(b, x.subscription));
    }
    if (where.len && as == CELL_RESOURCE)
        cell_run(out, buf_str(&where), DOC_LINE | DOC_SMALL | DOC_QUIET);
    buf_free(&where);
    cell_id_free(&x);
}

static int cell_value(struct build *b, const struct json *part, const char *as, const char *text,
                      unsigned look, struct doc_text *out, struct err *e)
{
    struct buf h = {0};

    if (!as)
        cell_run(out, text, look);
    else if (strcmp(as, "resource") == 0)
        cell_resource(b, out, text, look, CELL_RESOURCE);
    else if (strcmp(as, "name") == 0)
        cell_resource(b, out, text, look, CELL_NAME);
    else if (strcmp(as, "short") == 0)
        cell_resource(b, out, text, look, CELL_SHORT);
    else if (strcmp(as, "hash") == 0) {
        markup_hash(&h, text);
        cell_run(out, buf_str(&h), look);
    } else if (strcmp(as, "lines") == 0) {
        for (const char *p = text;;) {
            size_t n = strcspn(p, "\n");
            char *line = mem_copy_n(p, n);

            cell_run(out, line, p == text ? look : look | DOC_LINE);
            free(line);
            if (!p[n])
                break;
            p += n + 1;
        }
    } else {
        b->at = json_get(part, "as");
        return err_set(e, "\"%s\": known are resource, name, short, hash, lines", as);
    }
    buf_free(&h);
    return 0;
}

/* Mark and link belong to the first run that the part made. */
static int cell_dress(struct build *b, const struct json *part, struct doc_text *out, size_t first,
                      struct err *e)
{
    const struct json *mark = json_get(part, "mark"), *link = json_get(part, "link");
    char *target = NULL;

    if (first == out->count)
        return 0;
    if (mark) {
        const char *name = json_text(mark);
        const struct value *x = name ? values_find(b->values, name, strlen(name)) : NULL;

        b->at = mark;
        if (!x)
            return err_set(e, "mark: there is no column \"%s\" here", name ? name : "");
        out->runs[first].status = verdict_read(x->text);
        if (out->runs[first].status != VERDICT_NONE)
            out->runs[first].look |= DOC_MARK;
    }
    if (link) {
        if (build_plain(b, link, &target, e) != 0)
            return -1;
        if (strlen(target) > 1)
            out->runs[first].link = target;
        else
            free(target);
    }
    return 0;
}

static int cell_part(struct build *b, const struct json *part, struct doc_text *out, struct err *e)
{
    const struct json *col = json_get(part, "col"), *text = json_get(part, "text"),
                      *look = json_get(part, "look");
    size_t first = out->count;
    unsigned bits = 0;
    int wanted = 0;

    if (build_members(b, part, CELL_PARTS, e) != 0 || (wanted = build_wanted(b, part, e)) < 0)
        return -1;
    if (!wanted)
        return 0;
    if (look) {
        b->at = look;
        if (markup_look(&bits, json_text(look) ? json_text(look) : "?", e) != 0)
            return -1;
    }
    if (json_true(json_get(part, "line")))
        bits |= DOC_LINE;
    if (!first)
        bits &= ~(unsigned)DOC_LINE;
    b->at = part;
    if (!col == !text)
        return err_set(e, "a part has either \"col\" or \"text\"");
    if (text) {
        char *plain = NULL;

        if (build_plain(b, text, &plain, e) != 0)
            return -1;
        if (*plain)
            doc_run(out, plain, bits);
        free(plain);
    } else {
        const char *name = json_text(col);
        const struct value *x = name ? values_find(b->values, name, strlen(name)) : NULL;
        const char *shown = x && x->text ? x->text : json_text(json_get(part, "null"));

        b->at = col;
        if (!x)
            return err_set(e, "there is no column \"%s\" here", name ? name : "");
        if (shown && *shown &&
            cell_value(b, part, x->text ? json_text(json_get(part, "as")) : NULL, shown, bits, out, e) != 0)
            return -1;
    }
    return cell_dress(b, part, out, first, e);
}

int build_cell(struct build *b, const struct json *column, struct doc_text *out, struct err *e)
{
    const struct json *parts = json_get(column, "parts");

    if (!parts)
        return cell_part(b, column, out, e);
    for (const struct json *p = json_first(parts); p; p = json_next(p)) {
        /* a space between parts of one line */
        size_t before = out->count;
        int spaced = before && !json_true(json_get(p, "line"));

        if (spaced)
            doc_run(out, " ", 0);
        if (cell_part(b, p, out, e) != 0)
            return -1;
        if (spaced && out->count == before + 1) { /* nothing came: take the space back */
            free(out->runs[before].text);
            out->count = before;
        }
    }
    return 0;
}
