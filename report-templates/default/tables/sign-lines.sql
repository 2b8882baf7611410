-- Empty lines of the signature box.
SELECT ' ' AS a, ' ' AS b, ' ' AS c, ' ' AS d UNION ALL SELECT ' ', ' ', ' ', ' '
