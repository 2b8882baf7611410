-- What could not be read.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange),
affects AS MATERIALIZED (SELECT gap_n, group_concat(check_id, ', ') AS names FROM (SELECT gap_n, check_id FROM gap_affects ORDER BY 1, 2) GROUP BY gap_n)
SELECT printf('G-%04d', g.n) AS ref, g.resource, coalesce(CAST(g.status AS TEXT), '') AS status, g.code, g.reason,
       coalesce(a.names, '') AS affects, g.subject, g.scope, coalesce(g.url, '') AS url,
       CASE WHEN g.exchange IS NULL THEN '' ELSE printf('E-%04d', g.exchange) END AS evidence, place.row AS evidence_row
  FROM gap g LEFT JOIN affects a ON a.gap_n = g.n LEFT JOIN place ON place.n = g.exchange
 ORDER BY g.n
