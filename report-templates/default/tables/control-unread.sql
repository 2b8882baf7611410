-- Subjects behind a control that could not be assessed by its direct tests.
SELECT f.id AS finding, f.status, f.subject, f.title AS test, f.reason
  FROM control_test t JOIN finding f ON f.check_id = t.check_id AND f.status = 'not-assessed'
 WHERE t.framework = :framework AND t.control = :control AND t.effective_relation = 'D'
 ORDER BY t.position, f.n
