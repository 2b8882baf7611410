/* The file: document properties, XMP, colour profile, ID, and its bytes on disk. */
#include "render/pdf_file.h"

#include <hpdf_info.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lib/digest.h"
#include "render/pdf_profile.h"

#define FILE_PROPERTY 1000 /* characters; a PDF string ends at 65,535 bytes (libharu: 0x105B) */

void pdf_file_clean(struct buf *out, const char *text, size_t max)
{
    struct buf visible = {0};
    const char *p = NULL, *end = NULL;

    utf8_visible(&visible, text, strlen(text));
    p = buf_str(&visible);
    end = p + visible.len;
    while (p < end && max--) {
        uint32_t c = utf8_next(&p, end);

        if (c > 0xffff)
            buf_print(out, "<U+%04X>", (unsigned)c);
        else
            utf8_put(out, c);
    }
    buf_free(&visible);
}

static int file_property(struct pdf_work *w, HPDF_InfoType type, const char *text)
{
    struct buf clean = {0};
    HPDF_STATUS rc = HPDF_OK;

    pdf_file_clean(&clean, text ? text : "", FILE_PROPERTY);
    if (clean.len)
        rc = HPDF_SetInfoAttr(w->pdf, type, buf_str(&clean));
    buf_free(&clean);
    return rc == HPDF_OK ? 0 : pdf_page_fail(w, "a document property");
}

static int file_date(struct pdf_work *w, HPDF_InfoType type)
{
    HPDF_Date d = {.ind = '+'}; /* with 'Z' libharu writes Z00'00', which PDF/A refuses */
    int64_t seconds = 0;

    if (clock_read(w->doc->created ? w->doc->created : "", &seconds, NULL) != 0)
        return 0;
    sscanf(w->doc->created, "%d-%d-%dT%d:%d:%d", &d.year, &d.month, &d.day, &d.hour, &d.minutes, &d.seconds);
    return HPDF_SetInfoDateAttr(w->pdf, type, d) == HPDF_OK ? 0 : pdf_page_fail(w, "a document date");
}

int pdf_file_begin(struct pdf_work *w)
{
    HPDF_Doc pdf = w->pdf;

    /* Without a current encoder titles that are not ASCII are written byte by byte as PDFDocEncoding. */
    if (HPDF_UseUTFEncodings(pdf) != HPDF_OK || HPDF_SetCurrentEncoder(pdf, "UTF-8") != HPDF_OK ||
        HPDF_SetCompressionMode(pdf, HPDF_COMP_ALL) != HPDF_OK ||
        HPDF_SetPagesConfiguration(pdf, 200) != HPDF_OK) /* else 32,767 pages are the end */
        return pdf_page_fail(w, "beginning a document");
    pdf->pdf_version = HPDF_VER_14;
    return 0;
}

/* ---- XMP (ISO 16684-1) */

static void file_xml(struct buf *out, const char *before, const char *text, const char *after)
{
    struct buf clean = {0};

    pdf_file_clean(&clean, text ? text : "", FILE_PROPERTY);
    buf_text(out, before);
    for (const char *p = buf_str(&clean); *p; p++) {
        if (*p == '&')
            buf_text(out, "&amp;");
        else if (*p == '<')
            buf_text(out, "&lt;");
        else if (*p == '>')
            buf_text(out, "&gt;");
        else
            buf_char(out, *p);
    }
    buf_text(out, after);
    buf_free(&clean);
}

static HPDF_Dict file_stream(struct pdf_work *w, const void *bytes, size_t n)
{
    HPDF_Dict s = HPDF_DictStream_New(w->pdf->mmgr, w->pdf->xref);

    if (!s || HPDF_Stream_Write(s->stream, bytes, (HPDF_UINT)n) != HPDF_OK)
        return NULL;
    return s;
}

static int file_metadata(struct pdf_work *w)
{
    const struct doc *d = w->doc;
    const char *producer = HPDF_GetInfoAttr(w->pdf, HPDF_INFO_PRODUCER);
    struct buf x = {0};
    HPDF_Dict s = NULL;
    int rc = -1;

    buf_text(&x, "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                 "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
                 "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
                 "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
                 "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" "
                 "xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n");
    if (d->title && *d->title)
        file_xml(&x, "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">", d->title,
                 "</rdf:li></rdf:Alt></dc:title>\n");
    if (d->subject && *d->subject)
        file_xml(&x, "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">", d->subject,
                 "</rdf:li></rdf:Alt></dc:description>\n");
    if (d->author && *d->author)
        file_xml(&x, "<dc:creator><rdf:Seq><rdf:li>", d->author, "</rdf:li></rdf:Seq></dc:creator>\n");
    buf_text(&x, "<dc:format>application/pdf</dc:format>\n<xmp:CreatorTool>keycustody</xmp:CreatorTool>\n");
    if (producer && *producer)
        file_xml(&x, "<pdf:Producer>", producer, "</pdf:Producer>\n");
    if (clock_read(d->created ? d->created : "", &(int64_t){0}, NULL) == 0) {
        buf_print(&x, "<xmp:CreateDate>%.19s+00:00</xmp:CreateDate>\n", d->created);
        buf_print(&x, "<xmp:ModifyDate>%.19s+00:00</xmp:ModifyDate>\n", d->created);
    }
    buf_text(&x,
             "<pdfaid:part>1</pdfaid:part>\n<pdfaid:conformance>B</pdfaid:conformance>\n</rdf:Description>\n"
             "</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n");
    s = file_stream(w, x.data, x.len); /* without a filter: it is to be found by plain search */
    if (s && HPDF_Dict_AddName(s, "Type", "Metadata") == HPDF_OK &&
        HPDF_Dict_AddName(s, "Subtype", "XML") == HPDF_OK &&
        HPDF_Dict_Add(w->pdf->catalog, "Metadata", s) == HPDF_OK)
        rc = 0;
    buf_free(&x);
    return rc == 0 ? 0 : pdf_page_fail(w, "the metadata");
}

static HPDF_STATUS file_string(struct pdf_work *w, HPDF_Dict d, const char *key, const char *text)
{
    HPDF_String s = HPDF_String_New(w->pdf->mmgr, text, NULL);

    return s ? HPDF_Dict_Add(d, key, s) : HPDF_FAILD_TO_ALLOC_MEM;
}

/* sRGB: what "0.5 0.5 0.5 rg" means, as ISO 19005-1, 6.2.2 wants it said. */
static int file_colours(struct pdf_work *w)
{
    struct buf icc = {0};
    HPDF_Array intents = HPDF_Array_New(w->pdf->mmgr);
    HPDF_Dict intent = HPDF_Dict_New(w->pdf->mmgr), profile = NULL;
    int rc = -1;

    pdf_profile(&icc);
    profile = file_stream(w, icc.data, icc.len);
    if (intents && intent && profile && HPDF_Dict_AddNumber(profile, "N", 3) == HPDF_OK &&
        HPDF_Dict_Add(w->pdf->catalog, "OutputIntents", intents) == HPDF_OK &&
        HPDF_Array_Add(intents, intent) == HPDF_OK &&
        HPDF_Dict_AddName(intent, "Type", "OutputIntent") == HPDF_OK &&
        HPDF_Dict_AddName(intent, "S", "GTS_PDFA1") == HPDF_OK &&
        file_string(w, intent, "OutputConditionIdentifier", "sRGB IEC61966-2.1") == HPDF_OK &&
        file_string(w, intent, "Info", "sRGB IEC61966-2.1") == HPDF_OK &&
        HPDF_Dict_Add(intent, "DestOutputProfile", profile) == HPDF_OK)
        rc = 0;
    if (rc != 0)
        pdf_page_fail(w, "the colour profile");
    buf_free(&icc);
    return rc;
}

/* The same document has the same ID: it is made from what identifies it, never from the clock (libharu's own
 * is the MD5 of the time of day). */
static int file_id(struct pdf_work *w)
{
    const struct doc *d = w->doc;
    char *text = mem_print("%s\n%s\n%s\n%s\n%zu", d->title ? d->title : "", d->foot_left ? d->foot_left : "",
                           d->head_left ? d->head_left : "", d->created ? d->created : "", w->sheet_count);
    HPDF_Array id = HPDF_Array_New(w->pdf->mmgr);
    HPDF_BYTE bytes[16] = {0};
    char hex[DIGEST_HEX] = {0};
    int rc = id ? 0 : -1;

    digest_bytes(text, strlen(text), hex);
    free(text);
    for (int i = 0; i < 16; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        bytes[i] = (HPDF_BYTE)strtoul(two, NULL, 16);
    }
    for (int i = 0; i < 2 && rc == 0; i++) {
        HPDF_Binary b = HPDF_Binary_New(w->pdf->mmgr, bytes, sizeof bytes);

        rc = b && HPDF_Array_Add(id, b) == HPDF_OK ? 0 : -1;
    }
    if (rc == 0 && HPDF_Dict_Add(w->pdf->trailer, "ID", id) != HPDF_OK)
        rc = -1;
    return rc == 0 ? 0 : pdf_page_fail(w, "the document's ID");
}

int pdf_file_end(struct pdf_work *w)
{
    const struct doc *d = w->doc;

    if (w->failed || file_property(w, HPDF_INFO_TITLE, d->title) != 0 ||
        file_property(w, HPDF_INFO_SUBJECT, d->subject) != 0 ||
        file_property(w, HPDF_INFO_AUTHOR, d->author) != 0 ||
        file_property(w, HPDF_INFO_CREATOR, "keycustody") != 0 ||
        file_date(w, HPDF_INFO_CREATION_DATE) != 0 || file_date(w, HPDF_INFO_MOD_DATE) != 0)
        return -1;
    if (file_string(w, w->pdf->catalog, "Lang", d->language && *d->language ? d->language : "en") !=
            HPDF_OK ||
        HPDF_SetPageMode(w->pdf, HPDF_PAGE_MODE_USE_OUTLINE) != HPDF_OK)
        return pdf_page_fail(w, "the catalogue");
    if (file_metadata(w) != 0 || file_colours(w) != 0 || file_id(w) != 0)
        return -1;
    if (pdf_font_finish(&w->fonts, &w->err) != 0) {
        w->failed = 1;
        return -1;
    }
    return 0;
}

struct file_sink {
    struct file_out *out;
    struct err *e;
};

static HPDF_STATUS file_sink(HPDF_Stream stream, const HPDF_BYTE *bytes, HPDF_UINT n)
{
    const struct file_sink *s = stream->attr;

    return file_add(s->out, bytes, n, s->e) == 0 ? HPDF_OK : HPDF_FILE_IO_ERROR;
}

/* What HPDF_SaveToFile does, into a file of ours: that one does not look at what fclose says, and a full disk
 * goes unseen; HPDF_SaveToStream would hold the whole file in memory beside the document. */
static int file_save(struct pdf_work *w, struct file_sink *sink)
{
    HPDF_Doc pdf = w->pdf;
    HPDF_Stream to = HPDF_CallbackWriter_New(pdf->mmgr, file_sink, sink);
    HPDF_STATUS rc =
        to ? HPDF_Stream_WriteStr(to, "%PDF-1.4\012%\267\276\255\252\012") : HPDF_FAILD_TO_ALLOC_MEM;

    if (rc == HPDF_OK)
        rc = HPDF_Dict_Add(pdf->trailer, "Root", pdf->catalog);
    if (rc == HPDF_OK)
        rc = HPDF_Dict_Add(pdf->trailer, "Info", pdf->info);
    if (rc == HPDF_OK)
        rc = HPDF_Xref_WriteToStream(pdf->xref, to, NULL);
    if (to)
        HPDF_Stream_Free(to);
    return rc == HPDF_OK ? 0 : pdf_page_fail(w, "writing the document");
}

int pdf_file_write(struct pdf_work *w, const char *path, struct err *e)
{
    struct err why = {""};
    struct file_sink sink = {.e = &why};

    if (HPDF_GetError(w->pdf) != HPDF_OK) {
        pdf_page_fail(w, "writing the document");
        return err_set(e, "%s: %s", path, w->err.text);
    }
    if (file_create(&sink.out, path, 0600, e) != 0)
        return -1;
    if (file_save(w, &sink) == 0)
        return file_commit(sink.out, e);
    file_abandon(sink.out);
    return err_set(e, "%s: %s", path, why.text[0] ? why.text : w->err.text);
}
