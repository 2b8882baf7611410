-- Who may work with the keys in use, by role: one row per assignment that reaches a vault in use.
WITH can AS (
  SELECT role_guid, max(purpose = 'key-use') AS use, max(purpose = 'key-other') AS manage, max(purpose = 'secret') AS secret,
    max(purpose = 'grant') AS giving
    FROM role_can WHERE purpose IN ('key-use', 'key-other', 'secret', 'grant') GROUP BY role_guid),
reach AS (
  SELECT t.key AS scope_key, count(*) AS vaults FROM used_vault u JOIN scope_node o ON o.key = u.vault_key
    JOIN scope_chain c ON c.object = o.id
    JOIN scope_node t ON t.id = c.scope GROUP BY t.key),
who AS (
  SELECT principal_id, group_concat(words, ', ') AS words FROM (
    SELECT i.principal_id, 'identity of ' || d.name AS words FROM des_identity i JOIN disk_encryption_set d ON d.id_key = i.des_key
    UNION SELECT i.principal_id, i.kind || ' identity of ' || c.name FROM cluster_identity i
      JOIN aks_cluster c ON c.id_key = i.cluster_key
    UNION SELECT principal_id, 'who collected this evidence' FROM snapshot WHERE principal_id IS NOT NULL ORDER BY 1, 2)
      GROUP BY principal_id)
SELECT a.principal_id AS principal, coalesce(nullif(a.principal_type, ''), 'kind not told') || coalesce(': ' || w.words, '') AS about,
  coalesce(d.name, a.role_guid) AS role,
       CASE a.scope_key WHEN '' THEN '/' ELSE a.scope END AS scope, r.vaults,
       trim(CASE WHEN can.use THEN 'use keys, ' ELSE '' END || CASE WHEN can.manage THEN 'manage keys, ' ELSE '' END ||
            CASE WHEN can.secret THEN 'read or change secrets, ' ELSE '' END || CASE WHEN can.giving THEN 'give rights, ' ELSE '' END,
         ', ') AS may,
       CASE WHEN a.condition = '' THEN NULL ELSE 'under a condition, which was not evaluated' END AS condition,
         printf('E-%04d', a.src) AS ref
  FROM role_assignment a JOIN reach r ON r.scope_key = a.scope_key JOIN can ON can.role_guid = a.role_guid
  LEFT JOIN role_definition d ON d.role_guid = a.role_guid
  LEFT JOIN who w ON w.principal_id = a.principal_id
 ORDER BY can.giving DESC, can.manage DESC, r.vaults DESC, role, a.scope_key, a.principal_id, a.id_key
