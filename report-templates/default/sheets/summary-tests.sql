-- Tests with a subject that does not hold or could not be assessed, worst first.
SELECT m.title, m.severity, c.fail, c.not_assessed, c.pass, CASE WHEN c.population_known THEN c.population END AS population
  FROM check_count c JOIN check_meta m ON m.check_id = c.check_id
 WHERE c.fail > 0 OR c.not_assessed > 0
 ORDER BY c.fail = 0, CASE m.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, c.fail DESC,
          c.not_assessed DESC, m.position
