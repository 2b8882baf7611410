/* The bag around a pack's data (BagIt 1.0, RFC 8493): data/ is the payload, manifest-sha256.txt lists it, and
 * tagmanifest-sha256.txt lists everything else but signatures and time stamps, which are made over it. */
#ifndef KC_PACK_BAG_H
#define KC_PACK_BAG_H

#include "base/err.h"

#define BAG_DECLARATION "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#define BAG_MANIFEST "manifest-sha256.txt"
#define BAG_TAGMANIFEST "tagmanifest-sha256.txt"
#define BAG_SIGNATURE BAG_TAGMANIFEST ".p7s"
#define BAG_README "README-auditor.md"

struct bag_info {
    const char *id;           /* pack id */
    const char *organisation; /* NULL: not said */
    const char *date;         /* YYYY-MM-DD of the report */
    const char *agent;        /* "keycustody 0.1.0" */
    const char *description;
};

/* Writes bagit.txt, bag-info.txt and both manifests into `dir`, which holds data/ and the other tag files. */
int bag_write(const char *dir, const struct bag_info *info, struct err *e);

/* 1 when a file of the bag's top folder stands outside the tag manifest: the tag manifest itself, *.p7s,
 * *.tsr, and what is kept about revocation beside a *.p7s. */
int bag_is_outside(const char *path);

#endif
