-- Everything that was refused or failed.
WITH a AS (SELECT gap_n, group_concat(check_id, ', ') AS checks FROM (SELECT gap_n, check_id FROM gap_affects ORDER BY 1, 2)
  GROUP BY gap_n)
SELECT printf('G-%04d', g.n) AS ref, g.resource, g.subject, CASE g.subject WHEN '' THEN 'the tenant' END AS tenant,
  coalesce(CAST(g.status AS TEXT), 'no answer') || ' ' || g.code AS code, g.reason,
       coalesce(a.checks, 'none') AS checks, CASE WHEN g.exchange IS NOT NULL THEN printf('E-%04d', g.exchange) END AS evidence,
         coalesce(g.url, '') AS url, 'not-assessed' AS status
  FROM gap g LEFT JOIN a ON a.gap_n = g.n ORDER BY g.n
