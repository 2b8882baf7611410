-- The caller's own role assignments: what it could see.
WITH reads AS (SELECT role_guid, count(*) AS n FROM role_can WHERE purpose = 'collect' GROUP BY role_guid),
every AS (SELECT count(*) AS n FROM watched_operation WHERE purpose = 'collect')
SELECT coalesce(d.name, a.role_guid) AS role, CASE a.scope_key WHEN '' THEN '/' ELSE a.scope END AS scope,
       CASE WHEN d.role_guid IS NULL THEN 'its definition was not read' ELSE coalesce(r.n, 0) || ' of ' || every.n END AS reads,
       printf('E-%04d', a.src) AS evidence
  FROM snapshot s JOIN role_assignment a ON a.principal_id = s.principal_id CROSS JOIN every
  LEFT JOIN role_definition d ON d.role_guid = a.role_guid
  LEFT JOIN reads r ON r.role_guid = a.role_guid
 ORDER BY a.scope_key, role, a.id_key
