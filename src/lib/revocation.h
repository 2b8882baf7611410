/* Whether the certificates behind a signature were revoked: answers of their authorities, by OCSP (RFC 6960)
 * or, where there is none, a list (CRL, RFC 5280 section 5). They are had when it is signed, kept as files
 * beside the signature, and judged from these files alone: nobody is asked when a pack is verified. By
 * OpenSSL. */
#ifndef KC_LIB_REVOCATION_H
#define KC_LIB_REVOCATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/sign.h"

#define REVOCATION_CHAIN 4 /* certificates of a chain that are asked for: the signer's and three above */
#define REVOCATION_NAME 16 /* bytes of the longest suffix with its NUL */

struct revocation_item {
    char suffix[REVOCATION_NAME]; /* of the file: the signature's name comes before it; see below */
    int place;                    /* of the certificate that it is about: 1 the signer's, 2 its issuer's... */
    int is_list;                  /* a CRL (PEM); else an OCSP answer (DER) */
    struct buf bytes;
};
struct revocation {
    struct revocation_item items[2 * REVOCATION_CHAIN];
    size_t count;
    int64_t until; /* all of it holds till then, seconds since 1970; of what was asked */
};
void revocation_free(struct revocation *r);

/* Files beside a signature are named <signature>.ocsp-N.der and <signature>.crl-N.pem, N the place. Nothing
 * else is one. Returns the length of the name before the suffix, 0: no such name; item (may be NULL) gets
 * suffix, place and kind. */
size_t revocation_name(const char *name, struct revocation_item *item);
void revocation_item_name(struct revocation_item *item, int place, int is_list); /* an empty one */
size_t revocation_limit(const struct revocation_item *item); /* bytes of the longest such file */

/* Asks for the signer's certificate and those of its chain whose issuer is at hand, where they name an OCSP
 * responder or a CRL by http or https; all at once, for 15 seconds at most. Only what is about that very
 * certificate, signed by its issuer or by whom the issuer delegated (RFC 6960 section 4.2.2.2), and of now,
 * is taken. -1: one of them is revoked, or cannot be asked about at all. What could not be had is warned of,
 * one line for a certificate, and is not in *out. */
int revocation_ask(const struct signer *s, struct revocation *out, struct err *e);

/* Asks again where something in it does not hold any more, such as after a long collection. */
int revocation_renew(const struct signer *s, struct revocation *r, struct err *e);

/* ---- files; signature: path of the .p7s. They stand outside of a pack's tag manifest, as signatures do. */
int revocation_write(const char *signature, const struct revocation *r, int mode,
                     struct err *e); /* all or none */
void revocation_remove(const char *signature, const struct revocation *r);
/* Those that are there. A link, or one that is longer than such a file gets, is an error. */
int revocation_read(const char *signature, struct revocation *out, struct err *e);

/* ---- judging what was kept */
enum revocation_result { REVOCATION_HOLDS, REVOCATION_FAILS, REVOCATION_NOTE /* said, not judged */ };
struct revocation_view {
    const char
        *trust_pem; /* whom to trust, as for the signature; NULL: whose word it is is not established */
    int64_t when;   /* the stamped time, of a stamp that is trusted; 0: none */
    int owner;      /* the files belong to this signature: one that does not fit is a failure */
    void (*line)(void *ctx, enum revocation_result result, const char *words); /* at least once */
    void *ctx;
};
/* What the files say about the certificates of a CMS signature (DER) that holds. */
void revocation_judge(const struct revocation *kept, const void *der, size_t n,
                      const struct revocation_view *view);

#endif
