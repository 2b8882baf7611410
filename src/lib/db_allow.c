/* Functions that evidence SQL may call. See db_allow.h. */
#include "lib/db_allow.h"

#include <stddef.h>
#include <strings.h>

int db_function_allowed(const char *name)
{
    static const char *const allowed[] = {
        "abs",
        "avg",
        "coalesce",
        "count",
        "date",
        "datetime",
        "dense_rank",
        "first_value",
        "format",
        "glob",
        "group_concat",
        "hex",
        "ifnull",
        "iif",
        "instr",
        "json",
        "json_array",
        "json_array_length",
        "json_each",
        "json_extract",
        "json_group_array",
        "json_group_object",
        "json_object",
        "json_quote",
        "json_tree",
        "json_type",
        "json_valid",
        "julianday",
        "lag",
        "last_value",
        "lead",
        "length",
        "like",
        "lower",
        "ltrim",
        "max",
        "min",
        "nullif",
        "printf",
        "quote",
        "rank",
        "replace",
        "round",
        "row_number",
        "rtrim",
        "sqlar_uncompress",
        "strftime",
        "substr",
        "substring",
        "sum",
        "time",
        "total",
        "trim",
        "typeof",
        "unicode",
        "unixepoch",
        "upper",
        "->",
        "->>",
    };

    for (size_t i = 0; name && i < sizeof allowed / sizeof *allowed; i++) {
        if (strcasecmp(name, allowed[i]) == 0)
            return 1;
    }
    return 0;
}
