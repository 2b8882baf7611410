-- What was asked for, per kind of resource, what came back, and how many items that gave.
WITH word(position, resource, words) AS (VALUES
  (1, 'subscription', 'Subscriptions'), (2, 'management_group', 'Management groups'),
    (3, 'mg_descendant', 'Rosters of management groups'),
  (4, 'aks_cluster', 'AKS clusters, with their pools'), (5, 'scale_set', 'Scale sets of nodes'),
    (6, 'virtual_machine', 'Virtual machines of nodes'),
  (7, 'disk', 'Disks'), (8, 'disk_encryption_set_list', 'Disk encryption sets, as lists'),
    (9, 'disk_encryption_set', 'Disk encryption sets, each'),
  (10, 'vault', 'Key vaults'), (11, 'managed_hsm', 'Managed HSMs'), (12, 'deleted_vault', 'Deleted vaults'),
    (13, 'crypto_key', 'Keys in use, with rotation policy'),
  (13.1, 'vault_key', 'Keys, asked at their vault'), (13.2, 'vault_key_rotation', 'Rotation policies, asked at the vault'),
  (14, 'key_version', 'Versions of keys'), (14.1, 'used_key_version', 'Versions in use that are not current'),
    (14.2, 'vault_key_version', 'Versions of keys, asked at their vault'),
    (14.3, 'vault_used_version', 'Versions in use that are not current, asked at their vault'),
  (15, 'diagnostic_setting', 'Diagnostic settings'),
    (16, 'role_assignment', 'Role assignments'),
  (17, 'role_definition', 'Role definitions'), (18, 'policy_assignment', 'Policy assignments'),
    (19, 'policy_definition', 'Policy definitions'),
  (20, 'policy_set', 'Policy initiatives'), (21, 'policy_exemption', 'Policy exemptions')),
items(resource, n) AS (
  SELECT 'subscription', count(*) FROM subscription UNION ALL SELECT 'management_group', count(*) FROM management_group
  UNION ALL SELECT 'mg_descendant', count(*) FROM mg_descendant UNION ALL SELECT 'aks_cluster', count(*) FROM aks_cluster
  UNION ALL SELECT 'scale_set', count(*) FROM scale_set UNION ALL SELECT 'virtual_machine', count(*) FROM virtual_machine
  UNION ALL SELECT 'disk', count(*) FROM disk UNION ALL SELECT 'disk_encryption_set_list', count(*) FROM listed_des
  UNION ALL SELECT 'disk_encryption_set', count(*) FROM disk_encryption_set UNION ALL SELECT 'vault', count(*) FROM vault
  UNION ALL SELECT 'managed_hsm', count(*) FROM managed_hsm UNION ALL SELECT 'deleted_vault', count(*) FROM deleted_vault
  UNION ALL SELECT 'crypto_key', count(*) FROM crypto_key UNION ALL SELECT 'key_version', count(*) FROM key_version
  UNION ALL SELECT 'vault_key', count(*) FROM vault_key UNION ALL SELECT 'vault_key_rotation', count(*) FROM vault_key_rotation
  UNION ALL SELECT 'vault_key_version', count(*) FROM vault_key_version UNION ALL SELECT 'used_key_version', count(*)
    FROM used_key_version UNION ALL SELECT 'vault_used_version', count(*) FROM vault_used_version
  UNION ALL SELECT 'diagnostic_setting', count(DISTINCT id_key) FROM diagnostic_setting UNION ALL SELECT 'role_assignment', count(*)
    FROM role_assignment
  UNION ALL SELECT 'role_definition', count(*) FROM role_definition UNION ALL SELECT 'policy_assignment', count(*)
    FROM policy_assignment
  UNION ALL SELECT 'policy_definition', count(*) FROM policy_definition UNION ALL SELECT 'policy_set', count(*) FROM policy_set
  UNION ALL SELECT 'policy_exemption', count(*) FROM policy_exemption),
asked AS (SELECT resource, count(*) AS n, sum(complete) AS complete FROM list_state GROUP BY resource),
answers AS (
  SELECT resource, sum(n) AS n, group_concat(api_version, ', ') AS versions
    FROM (SELECT resource, api_version, count(*) AS n FROM exchange GROUP BY resource, api_version ORDER BY resource, api_version)
   GROUP BY resource),
every(resource) AS (SELECT resource FROM asked UNION SELECT resource FROM answers)
SELECT coalesce(w.words, e.resource) AS words, coalesce(r.versions, '') AS versions, coalesce(a.n, 0) AS asked,
  coalesce(a.complete, 0) AS complete,
       coalesce(r.n, 0) AS answers, i.n AS items, coalesce(a.n, 0) - coalesce(a.complete, 0) AS lost,
       CASE WHEN coalesce(a.n, 0) > coalesce(a.complete, 0) THEN 'not-assessed' END AS status
  FROM every e
  LEFT JOIN word w ON w.resource = e.resource
  LEFT JOIN asked a ON a.resource = e.resource
  LEFT JOIN answers r ON r.resource = e.resource
  LEFT JOIN items i ON i.resource = e.resource
 ORDER BY coalesce(w.position, 99), e.resource
