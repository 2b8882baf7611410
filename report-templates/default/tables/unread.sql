-- Page one: tests that could not be done for some subject.
WITH t AS (
  SELECT m.check_id, m.title AS test, m.severity, c.not_assessed,
         row_number() OVER (ORDER BY CASE m.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, c.not_assessed DESC, m.position) AS place
    FROM check_count c JOIN check_meta m ON m.check_id = c.check_id WHERE c.not_assessed > 0)
SELECT t.*, 'not-assessed' AS status, f.id AS finding, f.subject, f.reason,
       CASE t.not_assessed WHEN 1 THEN NULL ELSE 'and ' || (t.not_assessed - 1) || ' more' END AS more_subjects
  FROM t JOIN finding f ON f.n = (SELECT min(x.n) FROM finding x WHERE x.check_id = t.check_id AND x.status = 'not-assessed')
 WHERE t.place <= 2
 ORDER BY t.place
