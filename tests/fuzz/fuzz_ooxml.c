/* Signed workbooks: an input is an edit of one part of a workbook that was signed here. Whatever the edit,
 * looking at the workbook ends; and when its signature is still said to hold, no part that it covers is
 * another one, nor is the signature.
 *   byte 0: which part, and with 0x80: all of it is replaced; 1, 2: where; 3, 4: how many bytes go; then what
 * comes */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pack/book_small.h"
#include "pack/ooxml_check.h"
#include "pack/ooxml_sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/dev/shm/kc-fuzz-ooxml-XXXXXX";
static struct book_file parts[BOOK_FILES];
static size_t count;

static void clean(void)
{
    static const char *const names[] = {"key", "cert", "book", ""};
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)(names[i][0] ? unlink(path) : rmdir(folder));
    }
}

static void need(int good)
{
    if (!good)
        abort();
}

static char *at(const char *name)
{
    static char paths[3][128];
    static int next;
    char *path = paths[next++ % 3];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void make_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    FILE *f = fopen(at("key"), "we");

    need(key && cert && f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 864000);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)"F",
                               -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    need(X509_sign(cert, key, EVP_sha256()) > 0);
    f = fopen(at("cert"), "we");
    need(f && PEM_write_X509(f, cert) == 1 && fclose(f) == 0);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void make_book(void)
{
    struct zip_entry entry = {0};
    struct signer *s = NULL;
    struct zip_in *z = NULL;
    struct err e = {""};

    need(mkdtemp(folder) != NULL);
    atexit(clean);
    make_key();
    need(book_small(at("book"), &e) == 0 && signer_load(&s, at("key"), at("cert"), &e) == 0 &&
         ooxml_sign(at("book"), s, "2026-11-24T10:00:00Z", &e) == 0 && zip_in_open(&z, at("book"), &e) == 0);
    for (count = 0; count < zip_in_count(z); count++) {
        need(zip_in_entry(z, count, &entry, &e) == 0 &&
             ooxml_entry(z, entry.name, 1 << 20, &parts[count].text, &e) == 1);
        parts[count].name = strdup(entry.name);
    }
    zip_in_close(z);
    signer_free(s);
}

/* Spaces and the like may change in these, which are read as XML, and in what no signature covers. */
static int may_differ(const char *name)
{
    const size_t n = strlen(name);

    return strncmp(name, "docProps/", 9) == 0 || strcmp(name, OOXML_TYPES) == 0 ||
           (n > 5 && strcmp(name + n - 5, ".rels") == 0 &&
            strncmp(name, OOXML_FOLDER, strlen(OOXML_FOLDER)) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ooxml_seen seen = {0};
    struct buf was = {0}, now = {0};
    struct err e = {""};
    size_t which = 0, from = 0, gone = 0;

    if (size < 5)
        return 0;
    if (!count)
        make_book();
    which = (data[0] & 0x7f) % count;
    was = parts[which].text;
    if (!(data[0] & 0x80)) {
        from = (size_t)(data[1] << 8 | data[2]) % (was.len + 1);
        gone = (size_t)(data[3] << 8 | data[4]) % (was.len - from + 1);
        buf_add(&now, buf_str(&was), from);
    }
    buf_add(&now, data + 5, size - 5);
    if (!(data[0] & 0x80))
        buf_add(&now, buf_str(&was) + from + gone, was.len - from - gone);
    parts[which].text = now;
    need(book_pack(at("book"), parts, count, &e) == 0);
    if (ooxml_check(at("book"), &seen, &e) != 0) {
        need(*e.text != '\0' && !seen.signer);
    } else if (seen.there) {
        need(strcmp(seen.signer, "CN=F") == 0 && seen.parts == 4);
        need(may_differ(parts[which].name) ||
             (now.len == was.len && memcmp(buf_str(&now), buf_str(&was), was.len) == 0));
    } else {
        need(0); /* the other files of the signature are there */
    }
    ooxml_seen_free(&seen);
    buf_free(&now);
    parts[which].text = was;
    return 0;
}
