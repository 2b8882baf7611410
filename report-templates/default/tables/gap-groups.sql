-- What was refused or failed, alike things together; the list of each is appendix C.
WITH a AS (SELECT gap_n, group_concat(check_id, ', ') AS checks FROM (SELECT gap_n, check_id FROM gap_affects ORDER BY 1, 2)
  GROUP BY gap_n),
g AS (
  SELECT g.resource, coalesce(CAST(g.status AS TEXT), 'no answer') AS status, g.code, count(*) AS n, min(g.n) AS first,
    count(DISTINCT g.scope) AS scopes
    FROM gap g GROUP BY g.resource, g.status, g.code)
SELECT g.*, printf('G-%04d', g.first) AS ref, x.reason, coalesce(a.checks, 'none') AS checks, x.subject, 'not-assessed' AS mark
  FROM g JOIN gap x ON x.n = g.first LEFT JOIN a ON a.gap_n = g.first
 ORDER BY g.n DESC, g.first
