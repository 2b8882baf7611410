-- What the tests compare with.
WITH used AS (SELECT name, group_concat(check_id, ', ') AS names FROM (SELECT name, check_id FROM check_threshold ORDER BY 1, 2) GROUP BY name)
SELECT p.name, p.value, p.unit, CASE p.adopted WHEN 1 THEN 'yes' ELSE 'no: keycustody''s default' END AS adopted, p.owner,
       p.document, p.basis, p.description, coalesce(u.names, '') AS used_by, p.shipped, p.source
  FROM policy p LEFT JOIN used u ON u.name = p.name
 ORDER BY p.position
