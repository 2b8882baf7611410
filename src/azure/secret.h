/* What must not enter evidence, although Azure sent it. */
#ifndef KC_AZURE_SECRET_H
#define KC_AZURE_SECRET_H

#include <stddef.h>

/* Is there a JSON Web Token (RFC 7519), the signature of a shared access signature, or a PEM private key in
 * these bytes? The name of the first that is, for a message; NULL: none. The secret itself is never repeated.
 */
const char *secret_find(const char *bytes, size_t n);

/* The value of a response header, or NULL when it holds a secret: a careless proxy may throw back what it was
 * sent. value may be NULL. */
const char *secret_header(const char *value);

/* Does a member of this name hold a password, when its value is a string that is not empty? ARM template
 * expressions
 * ("[parameters('adminPassword')]", in policy definitions) are no passwords. */
int secret_is_password(const char *name, size_t name_n, const char *value, size_t value_n);

#endif
