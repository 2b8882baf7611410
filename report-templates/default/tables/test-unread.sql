-- Subjects of a test that could not be assessed.
WITH g AS MATERIALIZED (SELECT exchange, printf('G-%04d', min(n)) AS ref FROM gap WHERE exchange IS NOT NULL GROUP BY exchange)
SELECT f.id AS finding, f.status, f.subject, f.reason,
       CASE WHEN CAST(f.evidence AS INTEGER) > 0 THEN printf('E-%04d', CAST(f.evidence AS INTEGER)) END AS ref, g.ref AS gap
  FROM finding f LEFT JOIN g ON g.exchange = CAST(f.evidence AS INTEGER)
 WHERE f.check_id = :check_id AND f.status = 'not-assessed' ORDER BY f.n
