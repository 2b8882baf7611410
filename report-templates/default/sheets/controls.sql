-- One row per control of each framework.
WITH tests AS (
  SELECT framework, control, effective_relation AS side, group_concat(check_id, ', ') AS names
    FROM (SELECT framework, control, effective_relation, check_id FROM control_test ORDER BY framework, control, position)
   GROUP BY framework, control, effective_relation)
SELECT f.title AS framework, c.id AS control, trim(c.family || ' ' || c.family_title) AS family, c.title,
       r.status_words AS status, r.reason, coalesce(d.names, '') AS direct, r.direct_population, r.direct_pass, r.direct_fail,
       r.direct_not_assessed, coalesce(s.names, '') AS supporting, r.supporting_pass, r.supporting_fail, r.supporting_not_assessed,
       c.proves, c.cannot, c.rest, CASE c.verified WHEN 'secondary' THEN '† a copy or a report by others' ELSE 'the publisher''s own document' END AS wording, CASE c.test_kind_verified WHEN 'recalled' THEN '' ELSE c.test_kind END AS test_kind
  FROM control_result r
  JOIN framework f ON f.id = r.framework
  JOIN control c ON c.framework = r.framework AND c.id = r.control
  LEFT JOIN tests d ON d.framework = r.framework AND d.control = r.control AND d.side = 'D'
  LEFT JOIN tests s ON s.framework = r.framework AND s.control = r.control AND s.side = 'S'
 ORDER BY f.position, r.position
