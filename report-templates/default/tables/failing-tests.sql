-- Tests with subjects that do not hold or could not be assessed, worst first.
WITH place AS (SELECT check_id, row_number() OVER (ORDER BY position) AS n FROM check_meta)
SELECT m.check_id, m.code, (SELECT CASE WHEN count(DISTINCT f.expected) = 1 AND count(f.expected) = count(*) THEN max(f.expected) END
         FROM finding f WHERE f.check_id = m.check_id AND f.status = 'fail') AS expected, m.title AS test, m.severity, m.basis, m.why,
           m.limits, coalesce(m.source, '') AS source, p.n AS place,
       coalesce(m.link, '') AS link, c.fail, c.not_assessed, c.fail > 0 AS has_fail, c.not_assessed > 0 AS has_unread,
       CASE WHEN c.population_known THEN c.population || CASE c.population WHEN 1 THEN ' subject' ELSE ' subjects' END ||
         ' in the population'
            ELSE 'Population not known' END || ', ' || c.assessed || ' assessed: ' || c.pass || ' pass, ' || c.fail || ' fail; ' ||
              c.not_assessed ||
         ' not assessed' || CASE c.not_applicable WHEN 0 THEN '' ELSE '; ' || c.not_applicable || ' not applicable' END ||
           '.' AS counts,
       CASE m.basis WHEN 'own-policy' THEN 'the organisation''s own policy' WHEN 'good-practice' THEN 'good practice'
         ELSE m.basis END AS basis_words
  FROM check_meta m JOIN check_count c ON c.check_id = m.check_id JOIN place p ON p.check_id = m.check_id
 WHERE c.fail > 0 OR c.not_assessed > 0
 ORDER BY c.fail = 0, CASE m.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, m.position
