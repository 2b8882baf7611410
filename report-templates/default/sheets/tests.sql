-- Every test with its denominators.
SELECT m.check_id, m.title, m.severity, coalesce(m.link, 'none') AS link,
       CASE WHEN c.population_known THEN c.population END AS population, c.assessed, c.pass, c.fail, c.not_assessed,
       c.not_applicable, c.attested, m.basis, m.why, m.limits, m.sha256
  FROM check_meta m LEFT JOIN check_count c ON c.check_id = m.check_id
 ORDER BY m.position
