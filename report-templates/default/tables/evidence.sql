-- The answers that were kept; of a long list, those that printed findings rest on and the first of the others, 600 in all.
WITH printed AS (
  SELECT evidence FROM (SELECT f.evidence, row_number() OVER (PARTITION BY f.check_id, f.status ORDER BY f.n) AS place FROM finding f
    WHERE f.status IN ('fail', 'not-assessed'))
   WHERE place <= 200 AND evidence <> ''),
cited AS (
  SELECT DISTINCT CAST(evidence AS INTEGER) AS n FROM printed
  UNION SELECT CAST(substr(evidence, instr(evidence, ' ') + 1) AS INTEGER) FROM printed WHERE instr(evidence, ' ') > 0
  UNION SELECT exchange FROM gap WHERE exchange IS NOT NULL),
chosen AS (SELECT e.n FROM exchange e LEFT JOIN cited c ON c.n = e.n ORDER BY c.n IS NULL, e.n LIMIT 600)
SELECT printf('E-%04d', e.n) AS ref, e.resource, e.status, CASE e.usable WHEN 1 THEN NULL ELSE 'not usable' END AS usable,
  e.received_at, CASE WHEN substr(e.url, 1, length(s.arm_endpoint)) = s.arm_endpoint THEN substr(e.url, length(s.arm_endpoint) + 1)
  ELSE e.url END AS path, e.sha256,
       coalesce(e.api_version, '') AS api_version, e.size, CASE WHEN e.status = 200 AND e.usable = 1 THEN NULL
         ELSE 'not-assessed' END AS mark, e.method
  FROM chosen c JOIN exchange e ON e.n = c.n CROSS JOIN snapshot s ORDER BY e.n
