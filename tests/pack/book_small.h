/* A workbook as small as one can be, packed as libxlsxwriter packs; and any other package, file by file: for
 * tests. */
#ifndef KC_TESTS_PACK_BOOK_SMALL_H
#define KC_TESTS_PACK_BOOK_SMALL_H

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/deflate.h"
#include "lib/zip.h"

#define BOOK_XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define BOOK_RELS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define BOOK_SHEETS "application/vnd.openxmlformats-officedocument.spreadsheetml."
#define BOOK_FILES 64 /* most files of a package here */

struct book_file {
    const char *name;
    struct buf text;
};

static const char *const book_small_files[][2] = {
    {"[Content_Types].xml",
     BOOK_XML "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
              "<Default Extension=\"rels\" "
              "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
              "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
              "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" BOOK_SHEETS "sheet.main+xml\"/>"
              "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" BOOK_SHEETS
              "worksheet+xml\"/></Types>"},
    {"_rels/.rels",
     BOOK_XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
              "<Relationship Id=\"rId1\" Type=\"" BOOK_RELS "/officeDocument\" Target=\"xl/workbook.xml\"/>"
              "<Relationship Id=\"rId2\" "
              "Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/"
              "core-properties\" Target=\"docProps/core.xml\"/>"
              "<Relationship Id=\"rId3\" Type=\"" BOOK_RELS
              "/extended-properties\" Target=\"docProps/app.xml\"/></Relationships>"},
    {"docProps/app.xml", BOOK_XML "<Properties/>"},
    {"docProps/core.xml", BOOK_XML "<coreProperties/>"},
    {"xl/workbook.xml",
     BOOK_XML "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" "
              "xmlns:r=\"" BOOK_RELS "\"><sheets><sheet name=\"One\" sheetId=\"1\" r:id=\"rId1\"/></sheets>"
              "</workbook>"},
    {"xl/_rels/workbook.xml.rels",
     BOOK_XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
              "<Relationship Id=\"rId1\" Type=\"" BOOK_RELS "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
              "</Relationships>"},
    {"xl/worksheets/sheet1.xml",
     BOOK_XML "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>"
              "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>fail</t></is></c></row></sheetData>"
              "</worksheet>"},
};
#define BOOK_SMALL_FILES (sizeof book_small_files / sizeof book_small_files[0])

/* Packs files, in this order; one without a name is left out. */
static inline int book_pack(const char *path, struct book_file *files, size_t count, struct err *e)
{
    struct buf packed[BOOK_FILES] = {{0}};
    struct zip_out *z = NULL;
    int rc = count <= BOOK_FILES ? 0 : -1;

    unlink(path);
    if (rc == 0)
        rc = zip_out_create(&z, path, 315532800, e);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct zip_packed p = {.fd = -1, .size = files[i].text.len};
        struct deflate *d = NULL;

        if (!files[i].name)
            continue;
        d = deflate_new(6);
        deflate_piece(d, &packed[i], buf_str(&files[i].text), files[i].text.len);
        deflate_free(d);
        p.before = buf_str(&packed[i]);
        p.before_n = packed[i].len;
        p.after = DEFLATE_END;
        p.after_n = DEFLATE_END_SIZE;
        p.crc = deflate_crc(0, buf_str(&files[i].text), files[i].text.len);
        rc = zip_out_add_packed(z, files[i].name, &p, e);
    }
    if (rc == 0)
        rc = zip_out_commit(z, e);
    else
        zip_out_abandon(z);
    for (size_t i = 0; i < BOOK_FILES; i++)
        buf_free(&packed[i]);
    return rc;
}

static inline int book_small(const char *path, struct err *e)
{
    struct book_file files[BOOK_SMALL_FILES] = {{NULL, {0}}};
    int rc = 0;

    for (size_t i = 0; i < BOOK_SMALL_FILES; i++) {
        files[i].name = book_small_files[i][0];
        buf_text(&files[i].text, book_small_files[i][1]);
    }
    rc = book_pack(path, files, BOOK_SMALL_FILES, e);
    for (size_t i = 0; i < BOOK_SMALL_FILES; i++)
        buf_free(&files[i].text);
    return rc;
}

#endif
