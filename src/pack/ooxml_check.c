/* Checking the signature of a workbook. See ooxml_check.h.
 *
 * Signature wrapping, duplicate Ids, unknown transforms and the like live from a verifier that finds the
 * signed element in another way than the reader of the document does. Here nothing is found: the signature is
 * written again from the parts that are there, its time, certificates and value, and must come out the same.
 */
#include "pack/ooxml_check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lib/zip.h"
#include "pack/ooxml_sign.h"

#define CHECK_CERTS 32 /* more are in no chain */

/* The next text between two marks, from *at on, which moves behind it; NULL: there is none. */
static const char *check_between(const struct buf *text, size_t *at, const char *begin, const char *end,
                                 size_t *n)
{
    const char *all = buf_str(text), *from = memmem(all + *at, text->len - *at, begin, strlen(begin));
    const char *to = NULL;

    if (!from)
        return NULL;
    from += strlen(begin);
    to = memmem(from, text->len - (size_t)(from - all), end, strlen(end));
    if (!to)
        return NULL;
    *n = (size_t)(to - from);
    *at = (size_t)(to - all);
    return from;
}

static int check_certs(const struct buf *text, size_t at, struct ooxml_terms *t, struct err *e)
{
    const char *one = NULL;
    size_t n = 0;

    t->certs = mem_zero(CHECK_CERTS, sizeof *t->certs);
    while ((one = check_between(text, &at, "<X509Certificate>", "</X509Certificate>", &n))) {
        if (t->cert_count == CHECK_CERTS)
            return err_set(e, "its signature holds more than %d certificates", CHECK_CERTS);
        if (base64_read(&t->certs[t->cert_count++], one, n) != 0)
            return err_set(e, "a certificate in its signature is not in Base64");
    }
    return t->cert_count ? 0 : err_set(e, "its signature holds no certificate");
}

/* What a signature says of its own accord; all else follows from it and from the parts. */
static int check_terms(const struct buf *text, struct ooxml_terms *t, char when[CLOCK_TEXT],
                       struct buf *value, struct err *e)
{
    struct err ignored = {""};
    const char *one = NULL;
    size_t at = 0, n = 0;
    int64_t seconds = 0;

    one = check_between(text, &at, "<SignatureValue>", "</SignatureValue>", &n);
    if (!one || base64_read(value, one, n) != 0)
        return err_set(e, "its signature has no value");
    if (check_certs(text, at, t, e) != 0)
        return -1;
    one = check_between(text, &at, "<xd:SigningTime>", "</xd:SigningTime>", &n);
    if (!one || n != CLOCK_TEXT - 1)
        return err_set(e, "its signature names no time of signing");
    memcpy(when, one, n);
    when[n] = '\0';
    if (clock_read(when, &seconds, &ignored) != 0)
        return err_set(e, "its signature names no time of signing");
    t->at = when;
    return 0;
}

static int check_signature(const struct ooxml_parts *p, const struct buf *text, struct ooxml_seen *seen,
                           struct err *e)
{
    struct ooxml_terms terms = {0};
    struct ooxml_text again = {{0}, {0}, {0}};
    struct sign_cert cert = {0};
    struct buf value = {0}, wanted = {0};
    char when[CLOCK_TEXT] = "";
    int rc = -1;

    if (check_terms(text, &terms, when, &value, e) != 0)
        goto out;
    for (size_t i = terms.cert_count; i-- > 0;) { /* the signer's own is read last, and kept */
        sign_cert_free(&cert);
        if (sign_cert_read(&terms.certs[i], &cert, e) != 0) {
            err_context(e, "its signature");
            goto out;
        }
    }
    ooxml_compose(p, &terms, &cert, &again);
    ooxml_join(&again, &value, &wanted);
    if (wanted.len != text->len || memcmp(buf_str(&wanted), buf_str(text), text->len) != 0) {
        ooxml_why(p, text, &wanted, e);
        goto out;
    }
    if (sign_raw_check(&terms.certs[0], buf_str(&again.info), again.info.len, &value, e) != 0) {
        err_context(e, "its signature");
        goto out;
    }
    seen->signer = mem_copy(cert.name);
    buf_add(&seen->cert, buf_str(&terms.certs[0]), terms.certs[0].len);
    rc = 0;
out:
    ooxml_terms_free(&terms);
    ooxml_text_free(&again);
    sign_cert_free(&cert);
    buf_free(&value);
    buf_free(&wanted);
    return rc;
}

static size_t check_count(const char *text, const char *word)
{
    size_t count = 0;

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        count++;
    return count;
}

/* A list of the package says of the signature what ooxml_sign wrote, at its end, and nothing more. */
static int check_line(const struct buf *list, const char *line, const char *end, const char *name,
                      struct err *e)
{
    char *whole = mem_print("%s%s", line, end);
    const char *at = strstr(buf_str(list), whole);
    int good =
        at && check_count(buf_str(list), "digital-signature") == check_count(line, "digital-signature");

    free(whole);
    return good ? 0 : err_set(e, "%s does not name its one signature as keycustody does", name);
}

static int check_in_folder(const char *name)
{
    return strncasecmp(name, OOXML_FOLDER, strlen(OOXML_FOLDER)) == 0;
}

/* The files of the signature are there, they alone, and the two small ones are as they are always. */
static int check_folder(struct zip_in *z, struct buf *signature, struct err *e)
{
    static const char *const known[] = {OOXML_ORIGIN_NAME, OOXML_ORIGIN_RELS_NAME, OOXML_SIGNATURE};
    struct buf origin = {0}, rels = {0};
    struct zip_entry entry = {0};
    int rc = -1;

    for (uint64_t i = 0; i < zip_in_count(z); i++) {
        int is = 0;

        if (zip_in_entry(z, i, &entry, e) != 0)
            goto out;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            is |= strcmp(entry.name, known[k]) == 0;
        if (check_in_folder(entry.name) && !is) {
            err_set(e, "it holds %.300s, a second signature or something else beside its signature",
                    entry.name);
            goto out;
        }
    }
    rc = ooxml_entry(z, OOXML_SIGNATURE, OOXML_LIST, signature, e);
    if (rc == 1)
        rc = ooxml_entry(z, OOXML_ORIGIN_NAME, OOXML_LIST, &origin, e);
    if (rc == 1)
        rc = ooxml_entry(z, OOXML_ORIGIN_RELS_NAME, OOXML_LIST, &rels, e);
    if (rc != 1)
        rc = rc == 0 ? err_set(e, "a part of its signature is missing") : -1;
    else if (origin.len || strcmp(buf_str(&rels), OOXML_ORIGIN_RELS) != 0 ||
             strlen(buf_str(&rels)) != rels.len)
        rc = err_set(e, OOXML_ORIGIN_RELS_NAME " does not lead to its one signature as keycustody writes it");
    else
        rc = 0;
out:
    buf_free(&origin);
    buf_free(&rels);
    return rc;
}

/* 1: something in the workbook speaks of a signature. */
static int check_there(struct zip_in *z, struct err *e)
{
    struct zip_entry entry = {0};
    struct buf lists = {0};
    int rc = 0;

    for (uint64_t i = 0; i < zip_in_count(z); i++) {
        if (zip_in_entry(z, i, &entry, e) != 0)
            return -1;
        if (check_in_folder(entry.name))
            return 1;
    }
    rc = ooxml_entry(z, OOXML_TYPES, OOXML_LIST, &lists, e);
    if (rc == 1)
        rc = ooxml_entry(z, OOXML_ROOT, OOXML_LIST, &lists, e);
    if (rc == 0)
        rc = err_set(e, "is no OOXML package");
    else if (rc == 1)
        rc = memmem(buf_str(&lists), lists.len, "digital-signature", strlen("digital-signature")) != NULL;
    buf_free(&lists);
    return rc;
}

static int check_uncovered(struct zip_in *z, const struct ooxml_parts *p, struct ooxml_seen *seen,
                           struct err *e)
{
    struct zip_entry entry = {0};
    struct buf names = {0};

    for (uint64_t i = 0; i < zip_in_count(z); i++) {
        int covered = 0;

        if (zip_in_entry(z, i, &entry, e) != 0) {
            buf_free(&names);
            return -1;
        }
        for (size_t k = 0; k < p->count && !covered; k++)
            covered = strcmp(p->list[k].name, entry.name) == 0;
        if (!covered && !check_in_folder(entry.name))
            buf_print(&names, "%s%s", names.len ? ", " : "", entry.name);
    }
    seen->parts = p->count;
    seen->uncovered = buf_take(&names);
    return 0;
}

/* Messages of what reads the archive begin with its path. */
static int check_said(const char *path, struct err *e)
{
    const size_t n = strlen(path);

    if (strncmp(e->text, path, n) == 0 && strncmp(e->text + n, ": ", 2) == 0)
        memmove(e->text, e->text + n + 2, strlen(e->text + n + 2) + 1);
    return -1;
}

int ooxml_check(const char *path, struct ooxml_seen *seen, struct err *e)
{
    struct ooxml_parts parts = {0};
    struct buf signature = {0};
    struct zip_in *z = NULL;
    int rc = -1;

    if (zip_in_open(&z, path, e) != 0)
        return check_said(path, e);
    rc = check_there(z, e);
    if (rc <= 0)
        goto out;
    seen->there = 1;
    rc = -1;
    if (check_folder(z, &signature, e) != 0 || ooxml_parts_read(&parts, z, path, e) != 0 ||
        check_line(&parts.types, OOXML_TYPES_LINE, "</Types>", OOXML_TYPES, e) != 0 ||
        check_line(&parts.root, OOXML_ROOT_LINE, "</Relationships>", OOXML_ROOT, e) != 0 ||
        check_signature(&parts, &signature, seen, e) != 0)
        goto out;
    rc = check_uncovered(z, &parts, seen, e);
out:
    if (rc < 0)
        check_said(path, e);
    ooxml_parts_free(&parts);
    buf_free(&signature);
    zip_in_close(z);
    return rc < 0 ? -1 : 0;
}

void ooxml_seen_free(struct ooxml_seen *seen)
{
    free(seen->uncovered);
    free(seen->signer);
    buf_free(&seen->cert);
    *seen = (struct ooxml_seen){0};
}
