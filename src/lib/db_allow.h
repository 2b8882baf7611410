/* Functions that evidence SQL may call: pure, bounded, the same in the stock shell. Private to lib/db.c. */
#ifndef KC_LIB_DB_ALLOW_H
#define KC_LIB_DB_ALLOW_H

int db_function_allowed(const char *name);

#endif
