-- The comparison with other libraries: findings as they stand, 12 columns. bench.py adds how many.
SELECT f.id, replace(f.status, '-', ' ') AS status, f.severity, f.check_id, f.title, replace(f.subject, rtrim(f.subject, replace(f.subject, '/', '')), '') AS name,
       coalesce(f.observed, '') AS observed, coalesce(f.expected, '') AS expected, f.reason, coalesce(f.limit_text, '') AS limit_text,
       coalesce(f.evidence, '') AS evidence, f.subject
  FROM finding f ORDER BY f.n
