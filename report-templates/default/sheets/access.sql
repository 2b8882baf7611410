-- Who may work with the keys in use: roles at or above their vaults that permit a watched operation, and access policies.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange),
role AS MATERIALIZED (SELECT role_guid, group_concat(op, ', ') AS ops FROM (SELECT role_guid, op FROM role_can ORDER BY 1, 2) GROUP BY role_guid),
reached AS (
  SELECT u.vault_id, u.vault_key, a.* FROM used_vault u
    JOIN scope_node o ON o.key = u.vault_key
    JOIN scope_chain c ON c.object = o.id
    JOIN scope_node t ON t.id = c.scope
    JOIN role_assignment a ON a.scope_key = t.key),
row AS (
  SELECT r.vault_id, 'role assignment' AS how, r.principal_type, r.principal_id, coalesce(d.name, r.role_guid) AS role,
         role.ops AS permits, coalesce(r.condition, '') AS condition, r.scope, r.src
    FROM reached r JOIN role ON role.role_guid = r.role_guid LEFT JOIN role_definition d ON d.role_guid = r.role_guid
  UNION ALL
  SELECT u.vault_id, 'access policy', '', p.object_id, '',
         CASE WHEN json_valid(p.key_permissions) THEN coalesce((SELECT group_concat(value, ', ') FROM json_each(p.key_permissions)), '') END,
         '', u.vault_id, p.src
    FROM used_vault u JOIN vault_access_policy p ON p.vault_key = u.vault_key)
SELECT vault_id AS vault, how, principal_type, principal_id, role, permits,
       condition, scope, printf('E-%04d', src) AS evidence, place.row AS evidence_row
  FROM row LEFT JOIN place ON place.n = row.src
 ORDER BY vault_id, how, principal_type, principal_id, role, scope
