/* URLs of Azure Resource Manager: made from resource ids, compared, and cleaned of secrets before they are
 * kept. */
#ifndef KC_AZURE_URL_H
#define KC_AZURE_URL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define URL_VERSION 64 /* bytes for an api-version and its NUL */

/* endpoint + the id percent-encoded segment by segment (RFC 3986 section 3.3) + ?api-version=. The id is text
 * as Azure wrote it: a '?' or '%' in it is a character of a name. Refused, because they would ask for
 * something else: an id without a leading slash, the segments "." and "..", an empty segment, and a vault's
 * secrets. */
int url_build(struct buf *out, const char *endpoint, const char *id, const char *version, struct err *e);

/* The form in which two requests are compared: METHOD scheme://host[:port]/path?parameters, with host and
 * path in one letter case, percent-encoding undone, the port of the scheme left out, parameters sorted by
 * name and value. The api-version is taken out into `version` ("" when there is none). -1: not an absolute
 * http(s) URL. */
int url_canonical(struct buf *out, const char *method, const char *url, size_t n, char version[URL_VERSION]);

/* scheme://host[:port] in lower case, without a port that is the scheme's own. -1: not an absolute http(s)
 * URL, or it names a user. */
int url_origin(struct buf *out, const char *url, size_t n);

/* The URL as it may stand in evidence and messages: the values of parameters that carry secrets are replaced.
 */
void url_clean(struct buf *out, const char *url, size_t n);

#endif
