-- What the tests compare with.
WITH used AS (SELECT name, group_concat(check_id, ', ') AS names FROM (SELECT name, check_id FROM check_threshold ORDER BY 1, 2)
  GROUP BY name)
SELECT p.name, p.description, p.value, CASE p.unit WHEN 'duration' THEN 'ISO 8601 duration' WHEN 'boolean' THEN ''
  ELSE p.unit END AS unit,
       CASE p.adopted WHEN 1 THEN 'adopted' ELSE CASE p.value
         WHEN p.shipped THEN 'keycustody''s default, not adopted by the organisation'
         ELSE 'set for this engagement, not adopted by the organisation' END END AS adopted,
       CASE p.adopted WHEN 1 THEN trim(p.owner || ' · ' || p.document, ' ·') END AS owner,
       CASE WHEN p.value = p.shipped THEN NULL ELSE 'shipped: ' || p.shipped END AS shipped, coalesce(u.names, 'no test') AS tests,
         p.source
  FROM policy p LEFT JOIN used u ON u.name = p.name ORDER BY p.position
