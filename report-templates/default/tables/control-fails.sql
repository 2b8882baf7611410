-- Subjects behind a control that do not hold in its direct tests.
SELECT f.id AS finding, f.status, f.subject, f.title AS test, coalesce(f.observed, '') AS observed,
  coalesce(f.expected, '') AS expected
  FROM control_test t JOIN finding f ON f.check_id = t.check_id AND f.status = 'fail'
 WHERE t.framework = :framework AND t.control = :control AND t.effective_relation = 'D'
 ORDER BY t.position, f.n
