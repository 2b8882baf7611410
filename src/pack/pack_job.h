/* Private to pack/: a pack while it is made. */
#ifndef KC_PACK_PACK_JOB_H
#define KC_PACK_PACK_JOB_H

#include <sys/types.h>

#include "lib/db.h"
#include "lib/deflate.h"
#include "lib/digest.h"
#include "lib/revocation.h"
#include "pack/pack.h"
#include "report/options.h"
#include "store/store.h"

struct pack_child {
    const struct render_format *format;
    pid_t pid; /* 0: none */
    int said;  /* its error text comes out here */
};

struct pack_large { /* a file of the pack that is deflated already */
    char *name;     /* relative to the pack */
    int fd;         /* of a file below `temp` */
    struct deflate_result result;
};

struct pack_job {
    const struct pack_options *o;
    struct store *store;
    const struct store_snapshot *snapshot;
    struct report_link *chain; /* of every snapshot; strings owned here */
    size_t chain_count;
    struct db *facts;
    char *temp;  /* OUT/.keycustody-<pid>.partial */
    char *dir;   /* temp/pack: becomes OUT/<pack id> */
    char *as_of; /* YYYY-MM-DDThh:mm:ssZ */
    char id[32];
    char tool_sha256[DIGEST_HEX];
    struct report_options report;
    char *judged, *data;        /* the path of `facts`, and of the folder data/ */
    struct pack_child workbook; /* writes evidence.xlsx */
    struct pack_large *large;
    size_t large_count;
    struct revocation revocation; /* of the signer's certificates */
};

/* pack_files.c: everything under data/ that is a copy or a list. Makes folders as needed. */
int pack_copies(struct pack_job *j, struct err *e);
char *pack_path(const struct pack_job *j, const char *relative); /* caller frees */
int pack_put(const struct pack_job *j, const char *relative, const void *bytes, size_t n, struct err *e);

/* pack_lists.c: chain.json and options.json */
int pack_chain_load(struct pack_job *j,
                    struct err *e); /* fills chain from the store; each file must have its hash */
int pack_chain_json(const struct pack_job *j, struct err *e);
int pack_options_json(const struct pack_job *j, struct err *e);

/* pack_judge.c: judges the snapshot; j->facts is the open result, in the file j->judged below j->temp. Writes
 * findings.json, controls.json and rebuild.sql. */
int pack_judge(struct pack_job *j, struct err *e);
int pack_judged_files(struct pack_job *j, struct err *e);

/* pack_render.c: every format, from j->facts. The workbook is made by a process of its own from begin to end;
 * nobody writes to the facts meanwhile. */
int pack_render_begin(struct pack_job *j, struct err *e);
int pack_render_pages(struct pack_job *j, struct err *e); /* the other formats */
int pack_render_end(struct pack_job *j, struct err *e);   /* waits for the workbook */
void pack_render_stop(struct pack_job *j);                /* when nobody wants it any more; always fine */

/* pack_book.c: signs evidence.xlsx when there is a signer whose key can; a warning otherwise. */
int pack_book_signed(const struct pack_job *j);
int pack_book(struct pack_job *j, struct err *e);

/* pack_pdf.c: the PDF's own signature, when there is a signer. */
int pack_pdf(struct pack_job *j, struct err *e);

/* pack_zip.c: the ZIP of the pack. large: deflates the large files that are there, on all processors, while
 * the workbook is still being made. */
int pack_zip_large(struct pack_job *j, struct err *e);
int pack_zip(struct pack_job *j, const char *path, struct err *e);
void pack_zip_free(struct pack_job *j);

/* pack_id.c */
int pack_id(struct pack_job *j, struct err *e);

#endif
