-- Every test with its denominators.
WITH place AS (SELECT check_id, row_number() OVER (ORDER BY position) AS n FROM check_meta)
SELECT m.check_id, m.title AS test, m.severity, m.basis, c.population, c.population_known, c.assessed, c.pass, c.fail,
  c.not_applicable, c.not_assessed,
       p.n AS place,
       CASE WHEN c.fail > 0 OR c.not_assessed > 0 THEN '#test-' || m.check_id ELSE '#sql-' || m.check_id END AS link,
       CASE WHEN c.fail > 0 THEN 'fail' END AS fail_mark, CASE WHEN c.not_assessed > 0 THEN 'not-assessed' END AS unread_mark
  FROM check_meta m JOIN check_count c ON c.check_id = m.check_id JOIN place p ON p.check_id = m.check_id
 ORDER BY m.position
