-- Subjects of a test that do not hold.
SELECT f.id AS finding, f.status, f.subject, coalesce(f.observed, '') AS observed, coalesce(f.expected, '') AS expected, f.reason,
       CASE WHEN CAST(f.evidence AS INTEGER) > 0 THEN printf('E-%04d', CAST(f.evidence AS INTEGER)) END AS ref,
       CASE WHEN instr(f.evidence, ' ') > 0 THEN printf('E-%04d',
         CAST(substr(f.evidence, instr(f.evidence, ' ') + 1) AS INTEGER)) END AS ref2
  FROM finding f WHERE f.check_id = :check_id AND f.status = 'fail' ORDER BY f.n
