-- Page one: tests that could not be done for some subject, one or two (tables/worst.sql).
WITH room AS ( -- in lines of the tables; what stands above and below them is estimated from its length
  SELECT (702 - 40 - 17 * ((length(:answer) + 87) / 88) - 75 - 39 - 27 - 34 * (SELECT count(*) FROM framework) - 22
          - 14 * ((length(:limits || :keys) + 24 + 103) / 104) - 62 - 39 - 39 - 14 * max(3,
            (length(:behind) + 49) / 50)) / 20.5 AS lines,
         (SELECT count(*) FROM check_count WHERE not_assessed > 0) AS open),
t AS (
  SELECT m.check_id, m.title AS test, c.not_assessed,
         row_number() OVER (ORDER BY CASE m.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END,
           c.not_assessed DESC, m.position) AS place
    FROM check_count c JOIN check_meta m ON m.check_id = c.check_id WHERE c.not_assessed > 0)
SELECT t.place, t.test, 'not-assessed' AS status, f.id AS finding, f.subject, f.reason,
       CASE t.not_assessed WHEN 1 THEN NULL ELSE 'and ' || (t.not_assessed - 1) || ' more' END AS more_subjects
  FROM t JOIN room ON t.place <= CASE WHEN room.lines >= 6 THEN 2 ELSE 1 END
  JOIN finding f ON f.n = (SELECT min(x.n) FROM finding x WHERE x.check_id = t.check_id AND x.status = 'not-assessed')
 ORDER BY t.place
