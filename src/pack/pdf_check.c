/* The shape of a signed PDF. See pdf_check.h. */
#include "pack/pdf_check.h"

#include <string.h>

#include "pack/pdf_read.h"
#include "pack/pdf_sign.h"

struct pdf_look {
    struct pdf_read r;
    struct pdf_revision first, last; /* as delivered by render/, and what pdf_sign added */
    uint64_t field, signature;       /* object numbers */
    uint64_t signature_at;           /* offset of the object */
    struct buf text;                 /* the signature dictionary */
};

static int look_wrong(const struct pdf_look *l, struct err *e, const char *what)
{
    return err_set(e, "%s: %s", l->r.path, what);
}

static struct pdf_span look_span(const struct buf *b)
{
    return (struct pdf_span){buf_str(b), b->len};
}

/* The number of the field that the revision's form has: 1, no form: 0. */
static int look_field(const struct pdf_look *l, const struct pdf_revision *v, uint64_t *field,
                      struct buf *catalog, struct err *e)
{
    struct pdf_span form = {0}, fields = {0}, first = {0};
    uint64_t at = 0;
    int got = 0;

    if (pdf_revision_object(&l->r, v, v->root, &at, catalog, e) != 1)
        return look_wrong(l, e, "its catalogue cannot be read");
    got = pdf_key(look_span(catalog), "/AcroForm", &form);
    if (got == 0)
        return 0;
    if (got < 0 || pdf_key(form, "/Fields", &fields) != 1)
        return look_wrong(l, e, "its form is not as we write it");
    first = pdf_first(fields);
    if (!pdf_reference(first, field) || fields.n == 0 ||
        strspn(first.p + first.n, " \r\n") != (size_t)(fields.p + fields.n - 1 - (first.p + first.n)))
        return look_wrong(l, e, "its form has another number of signature fields than one");
    return 1;
}

/* What a single revision is: without a form plain, with an empty field to be signed. */
static int look_unsigned(const struct pdf_look *l, enum pdf_state *state, struct err *e)
{
    struct buf catalog = {0}, widget = {0};
    struct pdf_span value = {0};
    uint64_t field = 0, at = 0;
    int got = look_field(l, &l->last, &field, &catalog, e), rc = got < 0 ? -1 : 0;

    *state = got == 1 ? PDF_AWAITED : PDF_PLAIN;
    if (rc == 0 && pdf_key(look_span(&catalog), "/Perms", &value) != 0)
        rc = look_wrong(l, e, "says that it is certified, with no update that holds a signature");
    if (got == 1 && rc == 0 &&
        (pdf_revision_object(&l->r, &l->last, field, &at, &widget, e) != 1 ||
         pdf_key(look_span(&widget), "/V", &value) != 0))
        rc = look_wrong(l, e, "says that it is signed, with no update that holds a signature");
    buf_free(&catalog);
    buf_free(&widget);
    return rc;
}

/* 1 when `now` is `before` with more entries behind its last one, and those are `more`. */
static int look_added(const struct buf *before, const struct buf *now, const char *more)
{
    size_t same = before->len - 2;
    struct buf rest = {0};
    int rc = 0;

    if (now->len < before->len || memcmp(before->data, now->data, same) != 0)
        return 0;
    buf_add(&rest, now->data + same, now->len - same);
    rc = pdf_is(look_span(&rest), more);
    buf_free(&rest);
    return rc;
}

/* The three objects of the update: catalogue and field as they were, with the signature, which is new. */
static int look_objects(struct pdf_look *l, struct err *e)
{
    struct buf catalog = {0}, widget = {0}, now = {0}, more = {0};
    struct pdf_span perms = {0}, docmdp = {0};
    uint64_t at = 0, objects = 0;
    int rc = -1;

    if (l->last.root != l->first.root || look_field(l, &l->first, &l->field, &catalog, e) != 1) {
        look_wrong(l, e, "was changed by an update that is no signature of ours");
        goto out;
    }
    for (size_t i = 0; i < l->last.section_count; i++)
        objects += l->last.sections[i].count;
    if (objects != 3 || l->last.size != l->first.size + 1) {
        look_wrong(l, e,
                   "its last update changes other objects than those of a signature: changed after it was "
                   "signed, or never signed");
        goto out;
    }
    if (pdf_revision_object(&l->r, &l->last, l->last.root, &at, &now, e) != 1 || at < l->first.end ||
        pdf_key(look_span(&now), "/Perms", &perms) != 1 || pdf_key(perms, "/DocMDP", &docmdp) != 1 ||
        !pdf_reference(docmdp, &l->signature)) {
        look_wrong(l, e, "is not certified: its catalogue names no DocMDP signature");
        goto out;
    }
    buf_print(&more, "/Perms << /DocMDP %llu 0 R >> >>", (unsigned long long)l->signature);
    if (l->signature != l->first.size || !look_added(&catalog, &now, buf_str(&more))) {
        look_wrong(l, e, "its catalogue was changed by more than the certification");
        goto out;
    }
    buf_clear(&more);
    buf_print(&more, "/V %llu 0 R >>", (unsigned long long)l->signature);
    if (pdf_revision_object(&l->r, &l->first, l->field, &at, &widget, e) != 1 ||
        pdf_revision_object(&l->r, &l->last, l->field, &at, &now, e) != 1 || at < l->first.end ||
        !look_added(&widget, &now, buf_str(&more))) {
        look_wrong(l, e, "its signature field was changed by more than the signature");
        goto out;
    }
    if (pdf_revision_object(&l->r, &l->last, l->signature, &l->signature_at, &l->text, e) != 1 ||
        l->signature_at < l->first.end) {
        look_wrong(l, e, "its signature cannot be read");
        goto out;
    }
    rc = 0;
out:
    buf_free(&catalog);
    buf_free(&widget);
    buf_free(&now);
    buf_free(&more);
    return rc;
}

static int look_words(const struct pdf_look *l, struct err *e)
{
    struct pdf_span d = look_span(&l->text), value = {0};

    if (pdf_key(d, "/Type", &value) != 1 || !pdf_is(value, "/Sig"))
        return look_wrong(l, e, "its signature is no signature dictionary");
    if (pdf_key(d, "/Filter", &value) != 1 || !pdf_is(value, "/Adobe.PPKLite") ||
        pdf_key(d, "/SubFilter", &value) != 1 || !pdf_is(value, PDF_SUBFILTER))
        return look_wrong(l, e, "its signature is not of the kind ETSI.CAdES.detached");
    if (pdf_key(d, "/Reference", &value) != 1 || !pdf_is(value, PDF_REFERENCE))
        return look_wrong(l, e, "its signature does not forbid every change (DocMDP with P 1)");
    if (!pdf_keys_known(d, PDF_KEYS))
        return look_wrong(l, e, "its signature dictionary has entries that we never write");
    return 0;
}

static int look_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The CMS out of /Contents: DER says where it ends (X.690, 8.1.3); behind it only zeros. */
static int look_contents(const struct pdf_look *l, struct pdf_span hex, struct buf *der, struct err *e)
{
    size_t length = 0, bytes = 0;

    for (size_t i = 1; i + 1 < hex.n; i += 2) {
        int high = look_hex(hex.p[i]), low = i + 2 < hex.n ? look_hex(hex.p[i + 1]) : -1;

        if (high < 0 || low < 0)
            return look_wrong(l, e, "its /Contents is not in hexadecimal");
        buf_char(der, (char)(high << 4 | low));
    }
    if (der->len < 4 || (unsigned char)der->data[0] != 0x30)
        return look_wrong(l, e, "its /Contents holds no signature");
    bytes = (unsigned char)der->data[1];
    if (bytes < 0x81 || bytes > 0x84 || der->len < 2 + (bytes & 0x7f))
        return look_wrong(l, e, "its /Contents holds no signature");
    bytes &= 0x7f;
    for (size_t i = 0; i < bytes; i++)
        length = length << 8 | (unsigned char)der->data[2 + i];
    length += 2 + bytes;
    if (length > der->len)
        return look_wrong(l, e, "its /Contents is shorter than the signature in it");
    for (size_t i = length; i < der->len; i++)
        if (der->data[i])
            return look_wrong(l, e, "bytes are hidden behind the signature in its /Contents");
    der->len = length;
    return 0;
}

static int look_range(const struct pdf_look *l, struct pdf_shape *shape, struct err *e)
{
    struct pdf_span d = look_span(&l->text), range = {0}, contents = {0};
    struct buf whole = {0}, words = {0};
    uint64_t hole = 0, behind = 0;
    const char *start = NULL;
    int rc = -1;

    if (pdf_key(d, "/ByteRange", &range) != 1)
        return look_wrong(l, e, "its signature has no /ByteRange, or two");
    if (pdf_key(d, "/Contents", &contents) != 1 || contents.n < 2 || contents.p[0] != '<' ||
        contents.p[1] == '<')
        return look_wrong(l, e, "its signature has no /Contents, or two");
    /* where the dictionary stands in the file: it was read from the object on */
    if (pdf_read_at(&l->r, l->signature_at, 64, &whole, e) != 0)
        goto out;
    start = memchr(buf_str(&whole), '<', whole.len);
    if (!start) {
        look_wrong(l, e, "its signature dictionary is not as we write it");
        goto out;
    }
    hole = l->signature_at + (uint64_t)(start - buf_str(&whole)) + (uint64_t)(contents.p - buf_str(&l->text));
    behind = hole + contents.n;
    buf_print(&words, "[ 0 %llu %llu %llu ]", (unsigned long long)hole, (unsigned long long)behind,
              (unsigned long long)(l->r.size - behind));
    if (!pdf_is(range, buf_str(&words))) {
        look_wrong(l, e, "its signature does not cover the whole file but its own /Contents");
        goto out;
    }
    shape->parts[0] = (struct sign_part){0, hole};
    shape->parts[1] = (struct sign_part){behind, l->r.size - behind};
    rc = look_contents(l, contents, &shape->der, e);
out:
    buf_free(&whole);
    buf_free(&words);
    return rc;
}

/* One revision, and one update behind it. */
static int look_update(struct pdf_look *l, struct err *e)
{
    if (l->last.previous >= l->last.table)
        return look_wrong(l, e, "its tables do not follow one another");
    if (pdf_revision_read(&l->r, l->last.previous, &l->first, e) != 0)
        return -1;
    if (l->first.later || l->first.end > l->last.table)
        return look_wrong(l, e, "has more updates than one: it was changed after it was signed, or before");
    return 0;
}

int pdf_shape(const char *path, struct pdf_shape *shape, struct err *e)
{
    struct pdf_look l = {.r.fd = -1};
    int rc = -1;

    *shape = (struct pdf_shape){0};
    if (pdf_read_open(&l.r, path, e) != 0)
        return -1;
    if (pdf_revision_last(&l.r, &l.last, e) != 0)
        goto out;
    if (!l.last.later) {
        rc = look_unsigned(&l, &shape->state, e);
        goto out;
    }
    if (look_update(&l, e) != 0 || look_objects(&l, e) != 0 || look_words(&l, e) != 0 ||
        look_range(&l, shape, e) != 0)
        goto out;
    shape->unsigned_size = l.first.end;
    shape->state = PDF_SIGNED;
    rc = 0;
out:
    pdf_read_close(&l.r);
    pdf_revision_free(&l.first);
    pdf_revision_free(&l.last);
    buf_free(&l.text);
    if (rc != 0)
        pdf_shape_free(shape);
    return rc;
}

void pdf_shape_free(struct pdf_shape *shape)
{
    buf_free(&shape->der);
}
