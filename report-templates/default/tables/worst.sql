-- Page one: tests that do not hold for some subject, worst first, as many lines as the page has room for. A title of more than
-- 50 characters takes two.
WITH room AS ( -- in lines of the tables; what stands above and below them is estimated from its length
  SELECT (702 - 40 - 17 * ((length(:answer) + 87) / 88) - 75 - 39 - 27 - 34 * (SELECT count(*) FROM framework) - 22
          - 14 * ((length(:limits || :keys) + 24 + 103) / 104) - 62 - 39 - 39 - 14 * max(3,
            (length(:behind) + 49) / 50)) / 20.5 AS lines,
         (SELECT count(*) FROM check_count WHERE not_assessed > 0) AS open),
t AS (
  SELECT m.check_id, m.title AS test, c.fail, CASE WHEN c.population_known THEN c.population END AS population,
         row_number() OVER worst AS place, sum(CASE WHEN length(m.title) > 50 THEN 1.6 ELSE 1 END) OVER worst AS lines
    FROM check_count c JOIN check_meta m ON m.check_id = c.check_id WHERE c.fail > 0
  WINDOW worst AS (ORDER BY CASE m.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, c.fail DESC,
    m.position))
SELECT t.place, t.test, 'fail' AS status, f.id AS finding, f.subject,
       CASE t.fail WHEN 1 THEN NULL ELSE 'and ' || (t.fail - 1) || ' more' END AS more_subjects,
       t.fail || CASE WHEN t.population IS NULL THEN '' ELSE ' of ' || t.population END AS count
  FROM t JOIN room ON t.place = 1 OR t.lines <= room.lines - min(room.open, CASE WHEN room.lines >= 6 THEN 2 ELSE 1 END)
  JOIN finding f ON f.n = (SELECT min(x.n) FROM finding x WHERE x.check_id = t.check_id AND x.status = 'fail')
 ORDER BY t.place
