/* A template says what the report contains, in which order and in which words: template.json (blocks),
 * tables/<x>.sql and figures/<x>.sql (SELECTs over facts.db), workbook.json and sheets/<x>.sql
 * (render/xlsx.c), an optional logo. It is a built-in name
 * ("default") or a folder; its files may not leave it: no "..", no absolute path, no link. SQL of templates
 * runs confined (lib/db.h). An error names file and place: "default/template.json: /blocks/3/table:
 * tables/x.sql: …". */
#ifndef KC_REPORT_TEMPLATE_H
#define KC_REPORT_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "lib/db.h"
#include "report/doc.h"
#include "report/options.h"

/* Builds the document from the judged facts. Confines `facts` while template SQL runs and takes that off
 * again. The caller frees *out with doc_free. name_or_dir NULL: "default". */
int template_build(struct db *facts, const char *name_or_dir, const struct report_options *o,
                   struct doc **out, struct err *e);

/* One file of a template, by its name inside it ("workbook.json", "sheets/findings.sql"). */
int template_read(const char *name_or_dir, const char *relative, struct buf *out, struct err *e);

/* Every file of a template in byte order of its names, for the copy and the hashes in a pack. fn returns 0 to
 * go on. */
int template_each(const char *name_or_dir,
                  int (*fn)(void *ctx, const char *relative, const void *bytes, size_t n, struct err *e),
                  void *ctx, struct err *e);

#endif
