-- What was not assessed, by reason.
WITH one AS (
  SELECT reason, check_id, count(*) AS n, min(n) AS first FROM finding WHERE status = 'not-assessed' GROUP BY reason, check_id),
r AS (SELECT reason, sum(n) AS n, min(first) AS first, group_concat(check_id, ', ') AS tests
        FROM (SELECT o.* FROM one o JOIN check_meta m ON m.check_id = o.check_id ORDER BY o.reason, m.position) GROUP BY reason)
SELECT CASE WHEN length(r.reason) > 240 THEN substr(r.reason, 1, 240) || '…' ELSE r.reason END AS reason, r.n, f.subject,
  f.id AS finding, 'not-assessed' AS status, r.tests,
       CASE r.n WHEN 1 THEN NULL ELSE 'and ' || (r.n - 1) || ' more' END AS more_subjects
  FROM r JOIN finding f ON f.n = r.first
 ORDER BY r.n DESC, r.first
