-- The tests of a control, direct ones first, with their denominators.
WITH place AS (SELECT check_id, row_number() OVER (ORDER BY position) AS n FROM check_meta)
SELECT t.check_id, coalesce(m.title, 'not a test of this version') AS test, t.population, t.assessed, t.pass, t.fail,
  t.not_applicable, t.not_assessed,
       CASE t.effective_relation WHEN 'D' THEN 'direct' ELSE 'supporting' END ||
       CASE WHEN r.verified = 'recalled' OR t.part = '' THEN ''
         ELSE ' · “' || t.part || '”' || CASE r.verified WHEN 'secondary' THEN ' †' ELSE '' END END AS part,
       CASE WHEN t.run THEN p.n END AS place, 'sql-' || t.check_id AS anchor,
       CASE WHEN t.fail > 0 OR t.not_assessed > 0 THEN '#test-' || t.check_id ELSE '#sql-' || t.check_id END AS link,
       CASE WHEN t.fail > 0 THEN 'fail' END AS fail_mark, CASE WHEN t.not_assessed > 0 THEN 'not-assessed' END AS unread_mark
  FROM control_test t
  JOIN relation r ON r.framework = t.framework AND r.control = t.control AND r.check_id = t.check_id
  LEFT JOIN check_meta m ON m.check_id = t.check_id
  LEFT JOIN place p ON p.check_id = t.check_id
 WHERE t.framework = :framework AND t.control = :control AND t.effective_relation IN ('D', 'S')
 ORDER BY t.effective_relation, t.position
