/* Files, written whole or not at all: a temporary name beside the target, fsync, rename, fsync of the folder.
 * Links are never followed where we write. */
#ifndef KC_BASE_FILE_H
#define KC_BASE_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

int file_read(const char *path, size_t max, struct buf *out,
              struct err *e); /* regular files only; more than max fails */
int file_write(const char *path, const void *bytes, size_t n, int mode,
               struct err *e); /* replaces atomically */

/* A file in the making, for what is too long for memory. Until file_commit its final name does not change. */
struct file_out;
int file_create(struct file_out **out, const char *path, int mode, struct err *e);
int file_add(struct file_out *f, const void *bytes, size_t n, struct err *e); /* errors stick */
int file_commit(struct file_out *f,
                struct err *e);        /* frees f in every case; on failure nothing is left behind */
void file_abandon(struct file_out *f); /* removes what was written; NULL is fine */

int file_make_dir(const char *path, int mode,
                  struct err *e); /* one level; an existing folder is fine, a link is not */
int file_remove_tree(const char *path, struct err *e); /* does not follow links */
int file_sync_dir(const char *path, struct err *e);
int file_exists(const char *path);     /* anything at that name, a dangling link too */
int file_is_dir(const char *path);     /* a real folder, no link */
int file_is_regular(const char *path); /* a real file, no link */
/* Calls fn for each regular file below `dir`, path relative to it, in byte order of the paths. A link or a
 * special file is an error: it is named. fn returns 0 to go on. */
int file_each(const char *dir, int (*fn)(void *ctx, const char *relative, struct err *e), void *ctx,
              struct err *e);
char *file_join(const char *a, const char *b); /* caller frees */

#endif
