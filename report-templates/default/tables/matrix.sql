-- Every control of a framework.
SELECT c.id AS control, c.title, CASE c.verified WHEN 'secondary' THEN '†' ELSE '' END AS mark, c.family || ' ' ||
  c.family_title AS family,
       CASE WHEN c.service_provider THEN 'service providers only'
            WHEN c.moderate IS NOT NULL THEN coalesce(nullif(trim(CASE WHEN c.low THEN 'Low · ' ELSE '' END || CASE
              WHEN c.moderate THEN 'Moderate · ' ELSE '' END ||
              CASE WHEN c.high THEN 'High' ELSE '' END, ' ·'), ''), 'in no baseline')
            ELSE c.obligation END AS membership,
       CASE r.status WHEN 'exceptions' THEN 'fail' WHEN 'no-exceptions' THEN 'pass' WHEN 'by-hand' THEN NULL
         ELSE r.status END AS status,
       r.status_words AS words, CASE r.status WHEN 'not-applicable' THEN r.reason END AS reason,
       CASE WHEN r.direct_checks = 0 THEN NULL ELSE r.direct_pass || ' pass, ' || r.direct_fail || ' fail' ||
         CASE r.direct_not_assessed WHEN 0 THEN '' ELSE ', ' || r.direct_not_assessed || ' not assessed' END END AS direct,
       CASE WHEN r.supporting_checks = 0 THEN NULL ELSE r.supporting_pass || ' pass, ' || r.supporting_fail || ' fail' ||
         CASE r.supporting_not_assessed WHEN 0 THEN '' ELSE ', ' || r.supporting_not_assessed ||
           ' not assessed' END END AS supporting,
       c.rest, 'control-' || c.framework || '-' || c.id AS anchor
  FROM control c JOIN control_result r ON r.framework = c.framework AND r.control = c.id
 WHERE c.framework = :framework
 ORDER BY c.position
