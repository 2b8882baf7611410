#!/usr/bin/python3
"""The rules of SQL over evidence that SQLite does not enforce: the same answer tomorrow (no clock, no chance), in the stock
shell from 3.38 on, and no join that compares anything but keys. Held against resource files, helpers and checks; before that
every rule shows that it catches what it forbids."""
import glob, os, re, sys

root = os.environ.get("SOURCE_DIR", ".")
TOKEN = re.compile(r"""--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*|\d+|\n|\s|.""", re.S)
AGGREGATES = {"group_concat", "json_group_array", "json_group_object", "sum", "total", "avg", "count", "min", "max", "string_agg"}
IN_JOIN = {"like", "glob", "match", "regexp", "lower", "upper", "instr", "substr", "substring", "trim", "ltrim", "rtrim", "replace"}
CLOCK = {"current_time", "current_date", "current_timestamp", "random", "randomblob"}
NEWER = {"concat", "concat_ws", "string_agg", "octet_length", "timediff", "unhex", "json_error_position", "jsonb", "json_pretty"}
ENDS_ON = {"join", "left", "inner", "cross", "where", "group", "order", "limit", "union", "except", "intersect", "having", "window", "right", "full"}


def tokens(text):
    """(line, word) of what counts: no blanks, no comments; words in lower case, strings as they are."""
    line, out = 1, []
    for m in TOKEN.finditer(text):
        word = m.group(0)
        if not word.isspace() and not word.startswith("--"):
            out.append((line, word if word[0] in "'\"" else word.lower()))
        line += word.count("\n")
    return out


def depths(words):
    depth, out = 0, []
    for _, word in words:
        if word == ")":
            depth -= 1
        out.append(depth)
        if word == "(":
            depth += 1
    return out


def faults(text):
    words = tokens(text)
    depth = depths(words)
    at = lambda i: words[i][1] if 0 <= i < len(words) else ""
    for i, (line, word) in enumerate(words):
        if word.startswith("'") and word.strip("'").lower() == "now":
            yield line, "'now': compare with snapshot.taken_at"
        if word in CLOCK:
            yield line, f"{word}: the same facts must give the same answer"
        if word == "natural":
            yield line, "NATURAL: name the columns"
        if word in ("right", "full") and at(i + 1) in ("join", "outer"):
            yield line, f"{word.upper()} JOIN: not in SQLite 3.38"
        if word == "distinct" and at(i + 1) == "from" and at(i - 1) in ("is", "not"):
            yield line, "IS DISTINCT FROM: not in SQLite 3.38"
        if word in NEWER and at(i + 1) == "(":
            yield line, f"{word}(): not in SQLite 3.38"
        if word in AGGREGATES and at(i + 1) == "(":
            for j in range(i + 2, len(words)):
                if depth[j] <= depth[i] and words[j][1] == ")":
                    break
                if words[j][1] == "order" and depth[j] == depth[i] + 1:
                    yield words[j][0], f"ORDER BY inside {word}(): not in SQLite 3.38; order a subquery"
        if word == "join":
            j = i + 1
            while j < len(words) and not (depth[j] == depth[i] and words[j][1] in ENDS_ON | {"on", "using", ";"}) and depth[j] >= depth[i]:
                j += 1
            if at(j) != "on":
                continue
            j += 1
            while j < len(words) and depth[j] >= depth[i] and not (depth[j] == depth[i] and words[j][1] in ENDS_ON | {",", ";"}):
                if words[j][1] in IN_JOIN and (at(j + 1) == "(" or words[j][1] in ("like", "glob", "match", "regexp")):
                    yield words[j][0], f"{words[j][1]} in the condition of a JOIN: join keys with ="
                j += 1


def self_test():
    bad = ["SELECT date('now')", "SELECT CURRENT_TIMESTAMP", "SELECT random()", "SELECT * FROM a NATURAL JOIN b", "SELECT * FROM a RIGHT JOIN b ON a.x = b.x",
           "SELECT * FROM a FULL OUTER JOIN b ON a.x = b.x", "SELECT group_concat(x, ' ' ORDER BY y) FROM a", "SELECT a IS DISTINCT FROM b", "SELECT concat(a, b)",
           "SELECT * FROM a JOIN b ON b.x LIKE a.x", "SELECT * FROM a LEFT JOIN b ON b.x = 1 AND lower(a.y) = b.y WHERE 1",
           "SELECT * FROM a JOIN (SELECT * FROM c WHERE x GLOB 'y') b ON instr(a.x, b.x)", "SELECT (SELECT 1 FROM a JOIN b ON substr(a.x, 1, 2) = b.x)"]
    good = ["SELECT 'know', x AS now_x FROM a -- 'now' CURRENT_DATE", "SELECT * FROM a JOIN b ON a.x = b.x WHERE lower(a.y) = 'z' AND a.z GLOB '*'",
            "SELECT group_concat(x, ' ') FROM (SELECT x FROM a ORDER BY x)", "SELECT * FROM a JOIN (SELECT lower(x) AS k FROM b) c ON c.k = a.k ORDER BY lower(a.k)",
            "SELECT max(x) FROM a GROUP BY y ORDER BY y", "SELECT row_number() OVER (PARTITION BY x ORDER BY y) FROM a", "SELECT count(DISTINCT x) FROM a",
            "SELECT (SELECT 1 FROM a JOIN b ON a.x = b.x) FROM c WHERE substr(c.x, 1, 1) = 'y'"]
    for text in bad:
        if not list(faults(text)):
            print(f"self-test: not caught: {text}")
            return 1
    for text in good:
        if list(faults(text)):
            print(f"self-test: wrongly caught: {text}: {list(faults(text))}")
            return 1
    return 0


if self_test():
    sys.exit(1)
wrong, seen = 0, 0
for pattern in ("src/azure/*.sql", "src/judge/*.sql", "src/checks/*.sql"):
    for path in sorted(glob.glob(os.path.join(root, pattern))):
        seen += 1
        for line, what in faults(open(path, encoding="utf-8").read()):
            print(f"{os.path.relpath(path, root)}:{line}: {what}")
            wrong += 1
print(f"{seen} files, {wrong} faults")
sys.exit(1 if wrong or not seen else 0)
