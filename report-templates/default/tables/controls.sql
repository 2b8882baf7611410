-- Controls of a framework that a test reaches, directly or in support.
WITH informing AS (
  SELECT control, group_concat(check_id, ', ') AS names FROM (
    SELECT t.control, t.check_id FROM control_test t WHERE t.framework = :framework AND t.effective_relation = 'I' ORDER BY t.control,
      t.position)
   GROUP BY control),
demoted AS (
  SELECT control, group_concat(check_id || ' (' || not_adopted || ')', ', ') AS names FROM (
    SELECT control, check_id, not_adopted FROM control_test WHERE framework = :framework AND relation = 'D'
      AND effective_relation = 'S' ORDER BY control, position)
   GROUP BY control)
SELECT c.id AS control, c.title AS control_title, CASE c.verified WHEN 'secondary' THEN '†' ELSE '' END AS mark, 'control-' ||
  c.framework || '-' || c.id AS anchor,
       trim(CASE WHEN c.family_title = '' THEN c.family ELSE c.family || ' · ' || c.family_title END ||
            CASE WHEN c.test_kind = '' OR c.test_kind_verified = 'recalled' THEN '' ELSE ' · ' || c.test_kind END ||
            CASE WHEN c.service_provider THEN ' · asked of service providers only' ELSE '' END ||
            CASE c.obligation WHEN '' THEN '' ELSE ' · ' || c.obligation END ||
            CASE WHEN c.moderate IS NULL THEN '' ELSE ' · ' || coalesce(nullif(trim(CASE WHEN c.low THEN 'Low · ' ELSE '' END ||
              CASE WHEN c.moderate THEN 'Moderate · ' ELSE '' END || CASE WHEN c.high THEN 'High' ELSE '' END, ' ·'), ''),
                'in no baseline') END ||
            ' · source ' || c.source) AS about,
       CASE r.status WHEN 'exceptions' THEN 'fail' WHEN 'no-exceptions' THEN 'pass' WHEN 'by-hand' THEN NULL
         ELSE r.status END AS status,
       r.status_words AS words, r.reason AS why,
       CASE r.status WHEN 'not-applicable' THEN CASE r.approver WHEN '' THEN '' ELSE 'Approved by ' || r.approver || '. ' END
         ELSE '' END ||
       CASE WHEN r.population IS NULL THEN 'The population is not known; '
         ELSE r.population || CASE r.population WHEN 1 THEN ' test' ELSE ' tests' END || ' in the population, ' END ||
         r.assessed || ' assessed: ' || r.pass || ' pass, ' || r.fail || ' fail' ||
         CASE r.not_assessed WHEN 0 THEN '' ELSE '; ' || r.not_assessed || ' not assessed' END ||
         CASE r.not_applicable WHEN 0 THEN '' ELSE '; ' || r.not_applicable || ' not applicable' END ||
         CASE r.attested WHEN 0 THEN '' ELSE '; ' || r.attested || ' attested' END || '.' AS counts,
       CASE WHEN r.status = 'by-hand' AND r.supporting_checks > 0 THEN 'Supporting evidence, never a result.' ELSE '' END AS support,
       c.proves, c.cannot, c.rest, c.note, coalesce(i.names, '') AS informing, coalesce(d.names, '') AS demoted,
       r.direct_fail > 0 AS has_fail, r.direct_not_assessed > 0 AS has_unread
  FROM control c JOIN control_result r ON r.framework = c.framework AND r.control = c.id
  LEFT JOIN informing i ON i.control = c.id LEFT JOIN demoted d ON d.control = c.id
 WHERE c.framework = :framework AND r.direct_checks + r.supporting_checks > 0
 ORDER BY c.position
