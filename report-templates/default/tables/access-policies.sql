-- Who may work with the keys in use, by access policies of vaults.
WITH who AS (SELECT i.principal_id, group_concat(d.name, ', ') AS words FROM des_identity i
  JOIN disk_encryption_set d ON d.id_key = i.des_key GROUP BY i.principal_id)
SELECT u.vault_id AS subject, p.object_id AS principal, CASE WHEN w.words IS NULL THEN NULL
  ELSE 'identity of ' || w.words END AS about,
       CASE WHEN json_valid(p.key_permissions) THEN coalesce((SELECT group_concat(value, ', ') FROM json_each(p.key_permissions)),
         'none') ELSE 'not known' END AS keys,
       CASE WHEN p.secret_permissions = '[]' AND p.certificate_permissions = '[]' THEN NULL
            WHEN p.secret_permissions IS NULL OR p.certificate_permissions IS NULL THEN 'secrets and certificates: not known'
            ELSE 'also secrets or certificates' END AS others, printf('E-%04d', p.src) AS ref
  FROM used_vault u JOIN vault_access_policy p ON p.vault_key = u.vault_key LEFT JOIN who w ON w.principal_id = p.object_id
 ORDER BY u.vault_key, p.position
