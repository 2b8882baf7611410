/* Signing a workbook. See ooxml_sign.h. */
#include "pack/ooxml_sign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib/deflate.h"
#include "lib/sign_raw.h"
#include "lib/zip.h"

#define SIGN_ZIP_TIME 315532800 /* 1980-01-01, as libxlsxwriter dates every part */
#define SIGN_FILES 5            /* that are new or written anew */

struct sign_file {
    const char *name;
    struct buf text, packed;
};

/* The list with one line more, before its end tag; that it is XML with this root was seen. */
static int sign_insert(struct buf *out, const struct buf *list, const char *end, const char *line,
                       const char *what, struct err *e)
{
    const char *text = buf_str(list), *at = NULL;

    for (const char *p = strstr(text, end); p; p = strstr(p + 1, end))
        at = p;
    if (!at)
        return err_set(e, "%s: has no %s", what, end);
    buf_add(out, text, (size_t)(at - text));
    buf_text(out, line);
    buf_text(out, at);
    return 0;
}

static int sign_text(struct buf *out, const struct ooxml_parts *p, const struct signer *s, const char *at,
                     struct err *e)
{
    struct ooxml_terms terms = {.at = at, .cert_count = signer_cert_count(s)};
    struct ooxml_text text = {{0}, {0}, {0}};
    struct sign_cert cert = {0};
    struct buf raw = {0};
    int rc = -1;

    terms.certs = mem_zero(terms.cert_count, sizeof *terms.certs);
    for (size_t i = 0; i < terms.cert_count; i++) {
        if (signer_cert_der(s, i, &terms.certs[i], e) != 0)
            goto out;
    }
    if (sign_cert_read(&terms.certs[0], &cert, e) != 0)
        goto out;
    if (signer_raw_kind(s) == SIGN_RAW_NONE) {
        err_set(e, "%s: signs by RSA-PSS, which readers of workbooks do not know", signer_name(s));
        goto out;
    }
    ooxml_compose(p, &terms, &cert, &text);
    if (sign_raw(s, buf_str(&text.info), text.info.len, &raw, e) != 0)
        goto out;
    ooxml_join(&text, &raw, out);
    rc = 0;
out:
    ooxml_terms_free(&terms);
    ooxml_text_free(&text);
    sign_cert_free(&cert);
    buf_free(&raw);
    return rc;
}

static int sign_files(struct sign_file files[SIGN_FILES], const struct ooxml_parts *p, const struct signer *s,
                      const char *at, struct err *e)
{
    files[0].name = OOXML_TYPES;
    files[1].name = OOXML_ROOT;
    files[2].name = OOXML_ORIGIN_RELS_NAME;
    files[3].name = OOXML_ORIGIN_NAME;
    files[4].name = OOXML_SIGNATURE;
    buf_text(&files[2].text, OOXML_ORIGIN_RELS);
    if (sign_insert(&files[0].text, &p->types, "</Types>", OOXML_TYPES_LINE, OOXML_TYPES, e) != 0 ||
        sign_insert(&files[1].text, &p->root, "</Relationships>", OOXML_ROOT_LINE, OOXML_ROOT, e) != 0)
        return -1;
    return sign_text(&files[4].text, p, s, at, e);
}

static int sign_add(struct zip_out *out, struct sign_file *f, struct err *e)
{
    struct deflate *d = deflate_new(9);
    struct zip_packed packed = {.fd = -1, .size = f->text.len};

    deflate_piece(d, &f->packed, buf_str(&f->text), f->text.len);
    deflate_free(d);
    packed.before = buf_str(&f->packed);
    packed.before_n = f->packed.len;
    packed.after = DEFLATE_END;
    packed.after_n = DEFLATE_END_SIZE;
    packed.crc = deflate_crc(0, buf_str(&f->text), f->text.len);
    return zip_out_add_packed(out, f->name, &packed, e);
}

/* The list of content types stays first, where readers of streams look for it. */
static int sign_zip(const char *temp, struct zip_in *in, struct sign_file files[SIGN_FILES], struct err *e)
{
    struct zip_out *out = NULL;
    struct zip_entry entry = {0};
    int rc = zip_out_create(&out, temp, SIGN_ZIP_TIME, e);

    if (rc != 0)
        return -1;
    for (int i = 0; rc == 0 && i < SIGN_FILES; i++)
        rc = sign_add(out, &files[i], e);
    for (uint64_t i = 0; rc == 0 && i < zip_in_count(in); i++) {
        rc = zip_in_entry(in, i, &entry, e);
        if (rc == 0 && strcmp(entry.name, OOXML_TYPES) != 0 && strcmp(entry.name, OOXML_ROOT) != 0)
            rc = zip_out_add_entry(out, entry.name, in, i, e);
    }
    if (rc == 0)
        return zip_out_commit(out, e);
    zip_out_abandon(out);
    return -1;
}

int ooxml_sign(const char *path, const struct signer *s, const char *at, struct err *e)
{
    struct sign_file files[SIGN_FILES] = {0};
    struct ooxml_parts parts = {0};
    struct zip_in *in = NULL;
    struct buf old = {0};
    char *temp = mem_print("%s.signed.tmp", path);
    int rc = -1;

    if (zip_in_open(&in, path, e) != 0)
        goto out;
    rc = ooxml_entry(in, OOXML_SIGNATURE, 1, &old, e);
    if (rc != 0) {
        rc = err_set(e, "%s: is signed already", path);
        goto out;
    }
    rc = -1;
    if (ooxml_parts_read(&parts, in, path, e) != 0 || sign_files(files, &parts, s, at, e) != 0 ||
        sign_zip(temp, in, files, e) != 0)
        goto out;
    if (rename(temp, path) != 0) {
        err_set(e, "%s: cannot write: %s", path, strerror(errno));
        unlink(temp);
        goto out;
    }
    rc = 0;
out:
    zip_in_close(in);
    ooxml_parts_free(&parts);
    for (int i = 0; i < SIGN_FILES; i++) {
        buf_free(&files[i].text);
        buf_free(&files[i].packed);
    }
    buf_free(&old);
    free(temp);
    return rc;
}
