/* A small report of an invented company, for the tests of the PDF: the pages of an answer, of key custody and
 * of a control. */
#ifndef KC_TESTS_PDF_SAMPLE_H
#define KC_TESTS_PDF_SAMPLE_H

#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "report/doc.h"

static inline struct doc *sample_new(void)
{
    struct doc *d = doc_new();
    const struct doc_colours colours = {0x1b1f24, 0x5b6470, 0xd5dae0, 0xf3f5f7, 0xfbf6ec,
                                        0x1f7a4d, 0xb3261e, 0x8a5a00, 0x5b6470, 0x3b5ba5};

    d->title = mem_copy("Key custody evidence, 2026 Q3");
    d->subject = mem_copy("Who holds the keys of the disks");
    d->author = mem_copy("Contoso Health Ltd");
    d->language = mem_copy("en");
    d->head_left = mem_copy("Contoso Health Ltd · Key custody evidence · 2026 Q3");
    d->foot_left = mem_copy("KC-20260930-7f3a91c2");
    d->foot_middle = mem_copy("Confidential · from a recording");
    d->created = mem_copy("2026-09-30T08:00:00Z");
    d->page_width = 595;
    d->page_height = 842;
    d->colours = colours;
    return d;
}

static inline struct doc_block *sample_text(struct doc_block *parent, struct doc *d, enum doc_kind kind,
                                            const char *text)
{
    struct doc_block *b = parent ? doc_child(parent, kind) : doc_add(d, kind);

    doc_run(&b->text, text, 0);
    return b;
}

static inline struct doc_block *sample_chapter(struct doc *d, const char *head, const char *title)
{
    struct doc_block *b = sample_text(NULL, d, DOC_CHAPTER, title);

    b->chapter = mem_copy(head);
    return b;
}

/* titles: one "|" between two, a leading ">" for right-aligned; cells the same. In a cell "!x " before the
 * text sets the mark of a status (p f u n a), "`" the mono face, "\n" a small quiet line. */
static inline void sample_cell(struct doc_text *t, const char *text)
{
    static const char letters[] = "fupan"; /* as in enum verdict */
    unsigned look = 0;
    enum verdict v = VERDICT_NONE;
    char *copy = mem_copy(text), *rest = NULL;

    text = copy;
    rest = strchr(copy, '\n');
    if (rest)
        *rest++ = '\0';
    if (text[0] == '!') {
        v = (enum verdict)(strchr(letters, text[1]) - letters + 1);
        look = DOC_MARK | DOC_BOLD;
        text += 3;
    }
    if (*text == '`') {
        look |= DOC_MONO;
        text++;
    }
    doc_run(t, text, look)->status = v;
    if (rest)
        doc_run(t, rest, DOC_LINE | DOC_SMALL | DOC_QUIET);
    free(copy);
}

static inline void sample_split(const char *text, void (*fn)(void *ctx, size_t i, const char *part),
                                void *ctx)
{
    for (size_t i = 0;; i++) {
        size_t n = strcspn(text, "|");
        char *part = mem_copy_n(text, n);

        fn(ctx, i, part);
        free(part);
        if (!text[n])
            return;
        text += n + 1;
    }
}

static inline void sample_title(void *ctx, size_t i, const char *part)
{
    struct doc_table *t = ctx;

    t->columns = mem_grow(t->columns, i + 1, sizeof *t->columns);
    t->columns[i] = (struct doc_column){mem_copy(*part == '>' ? part + 1 : part), *part == '>', 0};
    t->column_count = i + 1;
}

static inline void sample_value(void *ctx, size_t i, const char *part)
{
    struct doc_table *t = ctx;

    sample_cell(&t->cells[(t->row_count - 1) * t->column_count + i].text, part);
}

static inline struct doc_table *sample_table(struct doc_block *b, const char *titles)
{
    b->table.name = mem_copy("tables/sample.sql");
    sample_split(titles, sample_title, &b->table);
    return &b->table;
}

static inline void sample_row(struct doc_table *t, const char *cells)
{
    size_t n = ++t->row_count * t->column_count;

    t->cells = mem_grow(t->cells, n, sizeof *t->cells);
    memset(t->cells + n - t->column_count, 0, t->column_count * sizeof *t->cells);
    sample_split(cells, sample_value, t);
}

static inline void sample_name(void *ctx, size_t i, const char *part)
{
    struct doc_figure *f = ctx;

    f->names = mem_grow(f->names, i + 1, sizeof *f->names);
    f->names[i] = mem_copy(part);
    f->name_count = i + 1;
}

static inline void sample_number(void *ctx, size_t i, const char *part)
{
    struct doc_figure *f = ctx;

    f->values[(f->row_count - 1) * f->name_count + i] = *part ? mem_copy(part) : NULL;
}

static inline struct doc_figure *sample_figure(struct doc_block *b, const char *kind, const char *names)
{
    b->figure.kind = mem_copy(kind);
    sample_split(names, sample_name, &b->figure);
    return &b->figure;
}

static inline void sample_values(struct doc_figure *f, const char *values)
{
    size_t n = ++f->row_count * f->name_count;

    f->values = mem_grow(f->values, n, sizeof *f->values);
    memset(f->values + n - f->name_count, 0, f->name_count * sizeof *f->values);
    sample_split(values, sample_number, f);
}

/* ---- pages */

static inline void sample_cover(struct doc *d)
{
    struct doc_block *b = doc_add(d, DOC_COVER), *foot = NULL;
    struct doc_table *t = NULL;

    doc_run(&b->text, "Key custody evidence", DOC_BOLD);
    doc_run(&b->text, "Disks of Azure Kubernetes Service, 2026 Q3", DOC_LINE);
    t = sample_table(b, "|");
    sample_row(t, "Organisation|Contoso Health Ltd");
    sample_row(t, "Period|1 July to 30 September 2026");
    sample_row(t, "Frameworks|PCI DSS 4.0.1 · HIPAA Security Rule · FedRAMP Rev. 5 (legacy Rev5)");
    sample_row(t, "Classification|Confidential");
    sample_row(t, "Pack|`KC-20260930-7f3a91c2");
    foot = sample_text(b, d, DOC_PARAGRAPH, "To be signed by");
    foot->text.runs[0].look = DOC_BOLD;
    sample_text(b, d, DOC_PARAGRAPH, "D. Okafor, head of platform security");
    sample_text(b, d, DOC_PARAGRAPH, "Signatures: tagmanifest-sha256.txt.p7s, beside this file.");
}

static inline void sample_answer(struct doc *d)
{
    struct doc_block *b = sample_chapter(d, "The answer on one page", "Who holds the keys of the disks?"),
                     *side = NULL;
    struct doc_figure *f = NULL;
    struct doc_table *t = NULL;

    b->anchor = mem_copy("answer");
    sample_text(
        NULL, d, DOC_LEAD,
        "In 92 of 92 snapshots between 1 July and 30 September 2026, the recorded settings of 8 of 12 "
        "clusters "
        "showed a key in Contoso’s own vaults at every link. Three did not; one could not be judged, because "
        "its vault could not be read.");
    b = doc_add(d, DOC_BAND);
    doc_run(&b->text, "Is this complete?", DOC_BOLD);
    doc_run(
        &b->text,
        "  3 of 3 subscriptions read, rights proven · 12 of 12 clusters · 41 node pools · 218 disks · 6 of 7 "
        "vaults, ",
        0);
    doc_run(&b->text, "1 not readable", DOC_BOLD | DOC_WARN);
    doc_run(&b->text, " · 92 of 92 daily snapshots · counts agree with Azure Resource Graph. ", 0);
    doc_run(&b->text,
            "Section 3 lists every request that was refused. Between snapshots nothing was observed.",
            DOC_SMALL | DOC_QUIET);
    sample_text(NULL, d, DOC_HEADING, "What the tests show, by framework");
    f = sample_figure(
        doc_add(d, DOC_FIGURE), "control-bars",
        "title|detail|controls|no_exceptions|exceptions|not_assessed|supporting|by_hand|not_applicable|"
        "words");
    sample_values(
        f, "PCI DSS 4.0.1|service provider|38|2|1|1|25|9|0|2 without exceptions, 1 with, 1 not assessed, 25 "
           "supporting only, 9 by hand");
    sample_values(
        f, "HIPAA Security Rule|45 CFR 164 subpart C|24|1|0|1|16|6|0|1 without exceptions, 0 with, 1 not "
           "assessed, 16 supporting only, 6 by hand");
    sample_values(f,
                  "FedRAMP Rev. 5|Moderate, legacy Rev5|29|4|1|1|19|4|0|4 without exceptions, 1 with, 1 not "
                  "assessed, 19 supporting only, 4 by hand");
    b = doc_add(d, DOC_WARNING);
    doc_run(&b->text, "What this cannot show.", DOC_BOLD);
    doc_run(&b->text,
            " Disk encryption alone does not render PAN unreadable on these disks (PCI DSS 3.5.1.2). None of "
            "the three "
            "frameworks requires customer-managed keys; that test rests on Contoso’s own policy KM-04.",
            0);
    sample_text(NULL, d, DOC_HEADING, "What does not hold");
    t = sample_table(doc_add(d, DOC_TABLE), "Finding|Subject|Seen|Standing");
    sample_row(
        t, "!f F-5c01a9e2|`aks-claims-prod\npvc-4c7e…dfef|50 snapshots, since 12 August|open, due 30 Oct");
    doc_run(&t->cells[0].text, " Disk under a platform key in a cluster that declares a DES", 0);
    sample_row(t, "!f F-91d7b30c|`des-billing|92 snapshots|accepted deviation D-3, until 31 Dec");
    doc_run(&t->cells[4].text, " DES pinned to a key version of 431 days", 0);
    sample_row(t, "!f F-0e44fa17|`kv-lab-keys|92 snapshots|open, due 15 Nov");
    doc_run(&t->cells[8].text, " Purge protection off", 0);
    t->cells[0].text.runs[0].link = mem_copy("#F-5c01a9e2");
    sample_text(NULL, d, DOC_HEADING, "Not assessed");
    t = sample_table(doc_add(d, DOC_TABLE), "|||");
    sample_row(t, "!u F-c2b8d6f3|`kv-partner-eu|92 snapshots|access asked, T-4471");
    doc_run(&t->cells[0].text, " Vault refused: 403 AuthorizationFailed", 0);
    b = doc_add(d, DOC_COLUMNS);
    side = doc_child(b, DOC_COLUMN);
    sample_text(side, d, DOC_HEADING, "What changed since 2026 Q2");
    sample_text(side, d, DOC_PARAGRAPH,
                "Fixed 7 · broken 2 · new clusters 1 · retired 0\nKey versions: 11 of 14 changed; longest "
                "gap 203 days");
    side = doc_child(b, DOC_COLUMN);
    sample_text(side, d, DOC_HEADING, "Who is to stand behind it");
    sample_text(side, d, DOC_PARAGRAPH,
                "Prepared by D. Okafor, reviewed by M. Lindqvist.\nSignatures: this file and "
                "tagmanifest-sha256.txt.p7s");
}

static inline void sample_custody(struct doc *d, int clusters)
{
    static const char *rows[] = {"aks-core-prod|uksouth · cardholder data · 6 "
                                 "pools|pass|pass|pass|pass|pass|pass|pass|pass|pass|pass|whole|",
                                 "aks-claims-prod|uksouth · ePHI · 4 "
                                 "pools|pass|pass|fail|pass|pass|pass|pass|pass|pass|fail|data disks|1 of 38 "
                                 "under a platform key, F-5c01a9e2",
                                 "aks-billing-prod|uksouth · cardholder data · 5 "
                                 "pools|pass|pass|pass|pass|pass|fail|pass|pass|fail|fail|"
                                 "rotation|version of 431 days, F-91d7b30c",
                                 "aks-portal-prod|westeurope · 3 pools, ephemeral "
                                 "OS|pass|pass||pass|pass|pass|pass|pass|pass|pass|whole|",
                                 "aks-partner-prod|northeurope · ePHI · 3 "
                                 "pools|pass|pass|pass|pass|not-assessed|not-assessed|not-assessed|"
                                 "not-assessed|pass|not-assessed|key|vault refused, 403, F-c2b8d6f3",
                                 "aks-fed-prod|usgovvirginia · boundary A · 8 "
                                 "pools|pass|pass|pass|pass|pass|pass|attested|pass|pass|pass|"
                                 "whole|",
                                 "aks-lab|uksouth · no regulated data · 2 "
                                 "pools|fail|fail|fail||||||fail|fail|declared|platform keys; outside "
                                 "PCI by rule S-2"};
    struct doc_block *b = sample_chapter(d, "5 Key custody", "Key custody, link by link");
    struct doc_figure *f = NULL;

    b->anchor = mem_copy("custody");
    sample_text(NULL, d, DOC_LEAD,
                "A key that Contoso controls protects a disk only when every link holds, from the cluster’s "
                "declaration "
                "to the vault that keeps a deleted key recoverable. The weakest link is the verdict. Secrets "
                "in etcd are "
                "a control of their own, shown apart.");
    f = sample_figure(
        doc_add(d, DOC_FIGURE), "custody-chain",
        "cluster|detail|declared|pool_disks|data_disks|des|key|rotation|vault|identity|etcd|status|weakest|"
        "reason");
    for (int i = 0; i < clusters; i++)
        sample_values(f, rows[i % 7]);
    f->more = mem_copy(
        "Twelve clusters in scope; five whole chains without remark are summed in the workbook, sheet "
        "Chains.");
    sample_text(NULL, d, DOC_HEADING, "How old the keys are");
    f = sample_figure(doc_add(d, DOC_FIGURE), "key-timeline",
                      "key|detail|start|now|limit|expires|status|words");
    sample_values(
        f, "aks-core-key|kv-core-prod|1767225600|1790755200|1798761600|1801353600|pass|272 days of 365");
    sample_values(f, "claims-key|kv-claims-prod|1782864000|1790755200|1814400000||pass|91 days of 365");
    sample_values(
        f, "billing-key|kv-billing|1753747200|1790755200|1785283200||fail|428 days of 365: 63 days beyond");
    sample_values(f, "partner-key|kv-partner-eu||1790755200|||not-assessed|not read");
}

static inline void sample_control(struct doc *d)
{
    struct doc_block *b = doc_add(d, DOC_CHAPTER), *side = NULL;
    struct doc_table *t = NULL;

    b->chapter = mem_copy("6 PCI DSS 4.0.1");
    b->anchor = mem_copy("pci-3.7.4");
    doc_run(&b->text, "3.7.4", DOC_QUIET);
    doc_run(&b->text, "  Keys are changed at the end of their cryptoperiod", 0);
    b = doc_add(d, DOC_PARAGRAPH);
    doc_run(&b->text,
            "Requirement 3 · Protect stored account data · examine, interview, observe · direct evidence "
            "for: “keys are "
            "changed”; the rest by hand",
            DOC_SMALL | DOC_QUIET);
    t = sample_table(doc_add(d, DOC_TABLE), "Test performed|>Population|>Assessed|>Pass|>Fail|>Not assessed");
    sample_row(t, "key-age Version in use is younger than the cryptoperiod\ndirect · SQL in appendix "
                  "B.17|14|13|12|1|1");
    sample_row(t, "key-rotation-policy The key rotates by itself in time\nsupporting · SQL in appendix "
                  "B.16|14|13|13|0|1");
    sample_row(t, "des-auto-rotation The disk encryption set follows the key\nsupporting · SQL in appendix "
                  "B.8|11|11|10|1|0");
    b = doc_add(d, DOC_BAND);
    doc_run(&b->text, "Result: ", DOC_BOLD);
    doc_run(&b->text, "exceptions noted", DOC_BOLD | DOC_MARK)->status = VERDICT_FAIL;
    doc_run(&b->text,
            "   39 tests in the population, 37 assessed: 35 pass, 2 fail; 2 not assessed. One failure is "
            "under accepted "
            "deviation D-3 until 31 December 2026; the raw result stands.",
            0);
    b = doc_add(d, DOC_COLUMNS);
    side = doc_child(b, DOC_COLUMN);
    sample_text(side, d, DOC_HEADING, "What this shows");
    sample_text(side, d, DOC_PARAGRAPH,
                "For twelve of thirteen keys the version in use was created at most 365 days before the "
                "snapshot; 365 "
                "days is the period that Contoso adopted (KM-04, owner CISO).");
    side = doc_child(b, DOC_COLUMN);
    sample_text(side, d, DOC_HEADING, "What it cannot show");
    sample_text(
        side, d, DOC_PARAGRAPH,
        "That 365 days is the right period; that data was encrypted anew (rotation wraps the same data key "
        "again); the keys of the field-level encryption that protects PAN itself.");
    sample_text(NULL, d, DOC_HEADING, "Exceptions");
    t = sample_table(doc_add(d, DOC_TABLE), "Finding|Subject|Observed|Expected|Remedy|Evidence");
    sample_row(t, "!f 91d7b30c|`des-billing\nrg-keys · prod-payments|version of 2025-07-29, 431 days; a "
                  "newer one since "
                  "2026-02-02|at most 365 days|turn on auto rotation; then reimage ephemeral pools (evicts "
                  "pods)|`E-0412 "
                  "E-0413");
    t->anchors = mem_zero(1, sizeof *t->anchors);
    t->anchors[0] = mem_copy("F-5c01a9e2");
    sample_text(NULL, d, DOC_HEADING, "Not assessed");
    t = sample_table(doc_add(d, DOC_TABLE), "|||");
    sample_row(
        t, "!u c2b8d6f3|`kv-partner-eu|403 AuthorizationFailed on vaults/read; population not known|`G-0007");
    sample_text(NULL, d, DOC_HEADING, "To be shown by hand");
    sample_text(NULL, d, DOC_PARAGRAPH,
                "The definition of the cryptoperiod and its basis (attestation A-2, document hashed, due 31 "
                "March 2027) · "
                "interview of the key custodians.");
}

static inline struct doc *sample_doc(void)
{
    struct doc *d = sample_new();

    sample_cover(d);
    sample_answer(d);
    sample_chapter(d, "Contents", "Contents");
    doc_add(d, DOC_CONTENTS);
    sample_custody(d, 7);
    sample_control(d);
    return d;
}

#endif
