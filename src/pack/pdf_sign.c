/* The one incremental update. See pdf_sign.h. Nothing is held in memory but the update itself: the signature
 * is over the file as it lies on the disk, with room for the signature in it. */
#include "pack/pdf_sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "pack/pdf_read.h"

/* Room for the CMS, bytes: as it usually is (RSA-3072 with two certificates: 2 KiB, a time stamp: 4 to 7 KiB
 * more), and what a string may have in PDF/A-1 (65,535: ISO 19005-1, 6.1.12) in hex digits. */
#define SIGN_ROOM 8192
#define SIGN_ROOM_STAMPED 16384
#define SIGN_ROOM_MORE 2048 /* above what the first try needed: a second stamp may be longer */
#define SIGN_ROOM_MOST 32767

#define SIGN_NUMBER 10 /* digits kept free for each offset; the table's rows end there too */

struct pdf_update {
    const char *path;
    int fd;
    uint64_t base; /* size of the unsigned file */
    uint64_t root, field, size;
    struct buf catalog, widget, trailer; /* dictionaries of the unsigned file */
    struct buf text;                     /* the update */
    uint64_t hole, hole_size;            /* "<000...>": offset in the file, bytes */
};

static int sign_no_field(const char *path, struct err *e)
{
    return err_set(e, "%s: has no signature field that waits for a signature", path);
}

/* The catalogue and the one field of the form. */
static int sign_find(struct pdf_update *u, const struct pdf_read *r, const struct pdf_revision *v,
                     struct err *e)
{
    struct pdf_span catalog = {0}, form = {0}, fields = {0}, widget = {0}, value = {0};
    uint64_t at = 0;
    int got = 0;

    if (v->later)
        return err_set(e, "%s: was changed or signed before", u->path);
    if ((got = pdf_revision_object(r, v, v->root, &at, &u->catalog, e)) != 1)
        return got < 0 ? -1 : sign_no_field(u->path, e);
    catalog = (struct pdf_span){buf_str(&u->catalog), u->catalog.len};
    if (pdf_key(catalog, "/AcroForm", &form) != 1 || pdf_key(catalog, "/Perms", &value) != 0 ||
        pdf_key(form, "/Fields", &fields) != 1 || !pdf_reference(pdf_first(fields), &u->field))
        return sign_no_field(u->path, e);
    if ((got = pdf_revision_object(r, v, u->field, &at, &u->widget, e)) != 1)
        return got < 0 ? -1 : sign_no_field(u->path, e);
    widget = (struct pdf_span){buf_str(&u->widget), u->widget.len};
    if (pdf_key(widget, "/FT", &value) != 1 || !pdf_is(value, "/Sig") || pdf_key(widget, "/V", &value) != 0)
        return sign_no_field(u->path, e);
    u->root = v->root;
    u->size = v->size;
    buf_add(&u->trailer, buf_str(&v->trailer), v->trailer.len);
    return 0;
}

/* An object of the unsigned file again, with one more entry. */
static uint64_t sign_again(struct pdf_update *u, uint64_t number, const struct buf *dictionary,
                           const char *more)
{
    uint64_t at = u->base + u->text.len;

    buf_print(&u->text, "%llu 0 obj\n", (unsigned long long)number);
    buf_add(&u->text, buf_str(dictionary), dictionary->len - 2);
    buf_print(&u->text, "%s\n>>\nendobj\n", more);
    return at;
}

static void sign_trailer(struct pdf_update *u, uint64_t table, uint64_t before)
{
    static const char *const kept[] = {"/Root", "/Info", "/ID"};
    struct pdf_span old = {buf_str(&u->trailer), u->trailer.len}, value = {0};
    const unsigned long long size = u->size + 1;

    buf_print(&u->text, "trailer\n<<\n/Size %llu\n", size);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (pdf_key(old, kept[i], &value) == 1)
            buf_print(&u->text, "%s %.*s\n", kept[i], (int)value.n, value.p);
    }
    buf_print(&u->text, "/Prev %llu\n>>\nstartxref\n%llu\n%%%%EOF\n", (unsigned long long)before,
              (unsigned long long)table);
}

/* The update with a hole for `room` bytes of CMS. Its length is known before the numbers in it are, since
 * they have fixed widths. */
static int sign_compose(struct pdf_update *u, size_t room, const char *at, uint64_t before, struct err *e)
{
    uint64_t rows[3] = {0, 0, 0}, numbers[3] = {u->root, u->field, u->size}, table = 0, range = 0;
    char *zeros = mem_alloc(2 * room + 1), *more = NULL, numbers_text[64];
    unsigned long long behind = 0, rest = 0;
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;

    if (sscanf(at, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6) {
        free(zeros);
        return err_set(e, "%s: no time as YYYY-MM-DDThh:mm:ssZ", at);
    }
    buf_clear(&u->text);
    more = mem_print("/Perms << /DocMDP %llu 0 R >>", (unsigned long long)u->size);
    rows[0] = sign_again(u, u->root, &u->catalog, more);
    free(more);
    more = mem_print("/V %llu 0 R", (unsigned long long)u->size);
    rows[1] = sign_again(u, u->field, &u->widget, more);
    free(more);
    rows[2] = u->base + u->text.len;
    buf_print(&u->text,
              "%llu 0 obj\n<<\n/Type /Sig\n/Filter /Adobe.PPKLite\n/SubFilter " PDF_SUBFILTER
              "\n/M (D:%04d%02d%02d%02d%02d%02d+00'00')\n/Reason (Evidence as recorded; no change is "
              "permitted)\n/Reference " PDF_REFERENCE "\n/ByteRange [ 0 ",
              (unsigned long long)u->size, year, month, day, hour, minute, second);
    range = u->text.len;
    buf_print(&u->text, "%*s %*s %*s ]\n/Contents ", SIGN_NUMBER, "", SIGN_NUMBER, "", SIGN_NUMBER, "");
    u->hole = u->base + u->text.len;
    u->hole_size = 2 * room + 2;
    memset(zeros, '0', 2 * room);
    zeros[2 * room] = '\0';
    buf_print(&u->text, "<%s>\n>>\nendobj\n", zeros);
    free(zeros);
    table = u->base + u->text.len;
    buf_text(&u->text, "xref\n");
    for (size_t i = 0; i < 3;
         i++) { /* in the order of their numbers, as 7.5.4 wants; the new one is the last */
        size_t k = i < 2 && u->field < u->root ? 1 - i : i;

        buf_print(&u->text, "%llu 1\n%010llu 00000 n\r\n", (unsigned long long)numbers[k],
                  (unsigned long long)rows[k]);
    }
    sign_trailer(u, table, before);
    behind = u->hole + u->hole_size;
    rest = u->base + u->text.len - behind;
    snprintf(numbers_text, sizeof numbers_text, "%-*llu %-*llu %-*llu", SIGN_NUMBER,
             (unsigned long long)u->hole, SIGN_NUMBER, behind, SIGN_NUMBER, rest);
    if (strlen(numbers_text) != 3 * SIGN_NUMBER + 2)
        return err_set(e, "%s: too long for a classic cross-reference table", u->path);
    memcpy(u->text.data + range, numbers_text, strlen(numbers_text));
    return 0;
}

static int sign_put(const struct pdf_update *u, uint64_t at, const char *bytes, size_t n, struct err *e)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pwrite(u->fd, bytes + done, n - done, (off_t)(at + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_set(e, "%s: cannot write: %s", u->path, strerror(errno));
        done += (size_t)got;
    }
    return 0;
}

/* Writes the update and signs what lies there. *need: bytes of the CMS; the file is finished when they fit.
 */
static int sign_once(struct pdf_update *u, const struct signer *s, const struct sign_terms *terms,
                     size_t *need, struct err *e)
{
    const struct sign_part parts[] = {
        {0, u->hole}, {u->hole + u->hole_size, u->base + u->text.len - u->hole - u->hole_size}};
    unsigned char digest[SIGN_DIGEST] = {0};
    struct buf der = {0}, hex = {0};
    size_t n = 0;
    int rc = -1;

    if (sign_put(u, u->base, buf_str(&u->text), u->text.len, e) != 0 ||
        sign_parts_digest(u->path, parts, 2, signer_hash(s), digest, &n, e) != 0 ||
        sign_digest(s, terms, digest, n, &der, e) != 0)
        goto out;
    *need = der.len;
    for (size_t i = 0; i < der.len; i++)
        buf_print(&hex, "%02x", (unsigned char)der.data[i]);
    rc = hex.len + 2 > u->hole_size ? 0 : sign_put(u, u->hole + 1, buf_str(&hex), hex.len, e);
out:
    buf_free(&der);
    buf_free(&hex);
    return rc;
}

static int sign_fit(struct pdf_update *u, const struct signer *s, const struct sign_terms *terms,
                    const char *at, uint64_t before, struct err *e)
{
    size_t room = terms && terms->tsa ? SIGN_ROOM_STAMPED : SIGN_ROOM, need = 0;

    for (int tries = 0; tries < 2; tries++) {
        if (sign_compose(u, room, at, before, e) != 0 || sign_once(u, s, terms, &need, e) != 0)
            return -1;
        if (need <= room)
            return fsync(u->fd) == 0 ? 0 : err_set(e, "%s: cannot write: %s", u->path, strerror(errno));
        if (ftruncate(u->fd, (off_t)u->base) != 0)
            return err_set(e, "%s: cannot write: %s", u->path, strerror(errno));
        room = need + SIGN_ROOM_MORE;
        if (room > SIGN_ROOM_MOST)
            break;
    }
    return err_set(e,
                   "%s: a signature of %zu bytes with its certificates and time stamp: %d is the most that "
                   "PDF/A-1 has room for",
                   u->path, need, SIGN_ROOM_MOST);
}

int pdf_sign(const char *path, const struct signer *s, const struct sign_terms *terms, const char *at,
             struct err *e)
{
    struct sign_terms mine = terms ? *terms : (struct sign_terms){0};
    struct pdf_update u = {.path = path, .fd = -1};
    struct pdf_revision v = {0};
    struct pdf_read r = {.fd = -1};
    int rc = -1;

    mine.pades = 1;
    if (pdf_read_open(&r, path, e) != 0)
        return -1;
    u.base = r.size;
    if (pdf_revision_last(&r, &v, e) != 0 || sign_find(&u, &r, &v, e) != 0)
        goto out;
    u.fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (u.fd < 0) {
        err_set(e, "%s: cannot write: %s", path, strerror(errno));
        goto out;
    }
    rc = sign_fit(&u, s, &mine, at, v.table, e);
    if (rc != 0 && ftruncate(u.fd, (off_t)u.base) != 0)
        err_context(e, "%s: not put back as it was", path);
out:
    if (u.fd >= 0 && close(u.fd) != 0 && rc == 0)
        rc = err_set(e, "%s: cannot write: %s", path, strerror(errno));
    pdf_read_close(&r);
    pdf_revision_free(&v);
    buf_free(&u.catalog);
    buf_free(&u.widget);
    buf_free(&u.trailer);
    buf_free(&u.text);
    return rc;
}
