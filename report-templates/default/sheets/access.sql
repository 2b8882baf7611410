-- Who may work with the keys in use: roles at or above their vaults that permit a watched operation, and access policies.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange),
role AS MATERIALIZED (
  SELECT role_guid, group_concat(op, ', ') AS ops, max(purpose = 'key-use') AS use, max(purpose = 'key-other') AS manage,
         max(purpose = 'secret') AS secret, max(purpose = 'grant') AS giving
    FROM (SELECT role_guid, op, purpose FROM role_can WHERE purpose IN ('key-use', 'key-other', 'secret', 'grant') ORDER BY 1, 2) GROUP BY role_guid),
reached AS (
  SELECT u.vault_id, u.vault_key, a.* FROM used_vault u
    JOIN scope_node o ON o.key = u.vault_key
    JOIN scope_chain c ON c.object = o.id
    JOIN scope_node t ON t.id = c.scope
    JOIN role_assignment a ON a.scope_key = t.key),
row AS (
  SELECT r.vault_id, 'role assignment' AS how, r.principal_type, r.principal_id, coalesce(d.name, r.role_guid) AS role,
         trim(CASE WHEN role.use THEN 'use keys, ' ELSE '' END || CASE WHEN role.manage THEN 'manage keys, ' ELSE '' END ||
              CASE WHEN role.secret THEN 'read or change secrets, ' ELSE '' END || CASE WHEN role.giving THEN 'give rights, ' ELSE '' END, ', ') AS may,
         role.ops AS permits, coalesce(r.condition, '') AS condition, r.scope, r.src
    FROM reached r JOIN role ON role.role_guid = r.role_guid LEFT JOIN role_definition d ON d.role_guid = r.role_guid
  UNION ALL
  SELECT u.vault_id, 'access policy', '', p.object_id, '', '',
         CASE WHEN json_valid(p.key_permissions) THEN coalesce((SELECT group_concat(value, ', ') FROM json_each(p.key_permissions)), '') END,
         '', u.vault_id, p.src
    FROM used_vault u JOIN vault_access_policy p ON p.vault_key = u.vault_key)
SELECT vault_id AS vault, how, principal_type, principal_id, role, may, permits,
       condition, scope, printf('E-%04d', src) AS evidence, place.row AS evidence_row
  FROM row LEFT JOIN place ON place.n = row.src
 ORDER BY vault_id, how, principal_type, principal_id, role, scope
