-- Empty lines for whoever hands the evidence on.
WITH RECURSIVE line(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM line WHERE n < 6)
SELECT ' ' AS empty FROM line ORDER BY n
