-- Passes with a caveat, alike ones together.
SELECT m.title AS test, f.limit_text AS "limit", count(*) AS n, min(f.subject) AS subject, 'pass' AS status,
       CASE count(*) WHEN 1 THEN NULL ELSE 'and ' || (count(*) - 1) || ' more' END AS more_subjects
  FROM finding f JOIN check_meta m ON m.check_id = f.check_id
 WHERE f.status = 'pass' AND coalesce(f.limit_text, '') <> ''
 GROUP BY m.position, m.title, f.limit_text ORDER BY m.position, count(*) DESC, f.limit_text
