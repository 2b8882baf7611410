-- check: vault-purge-protection
-- id: VLT-01
-- order: 10
-- title: A deleted key cannot be purged before its time
-- severity: high
-- basis: good-practice
-- link: vault
-- kind: vault
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault, managed_hsm,
--   deleted_vault
-- why: Whoever purges a key destroys every disk that it encrypts. With purge protection nobody can, not even an owner of the subscription,
--   until the retention period is over. Azure asks for it before a disk encryption set may use a key of the vault.
-- limits: Purge protection keeps nobody from disabling a key, deleting it recoverably, or taking a set's access away; all three stop the
--   disks too. Whether somebody would notice a deletion in time is not shown.
-- remedy: az keyvault update --subscription {subscription} --resource-group {group} --name {name} --enable-purge-protection true
--   For a managed HSM: az keyvault update-hsm --subscription {subscription} --resource-group {group} --hsm-name {name} --enable-purge-protection true
-- danger: Purge protection cannot be undone. A deleted key or vault, and its name, then stay for the whole retention period: destroying data
--   at once by purging its key is no longer possible.
-- source: https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview#purge-protection
--   Azure never stores enablePurgeProtection as false: absent, null and false all mean that it is off.

WITH store AS (
  SELECT s.vault_id, s.state, s.reason, s.evidence,
    CASE WHEN s.state = 'deleted' THEN d.purge_protection WHEN s.kind = 'hsm' THEN h.purge_protection ELSE v.purge_protection END AS purge,
    CASE s.kind WHEN 'hsm' THEN h.soft_delete_days ELSE v.soft_delete_days END AS days
  FROM vault_state s
  LEFT JOIN vault v ON v.id_key = s.vault_key
  LEFT JOIN managed_hsm h ON h.id_key = s.vault_key
  LEFT JOIN deleted_vault d ON s.state = 'deleted' AND d.src || '#' || d.ptr = s.evidence
  WHERE NOT EXISTS (SELECT 1 FROM unknown_population u WHERE u.kind = 'vault' AND u.scope_key = s.vault_key)
)
SELECT vault_id AS subject,
  CASE WHEN state = 'read' AND purge = 1 THEN 'pass' WHEN state <> 'unread' AND purge = 0 THEN 'fail' ELSE 'not-assessed' END AS status,
  CASE WHEN state = 'deleted' THEN 'the vault is deleted; purgeProtectionEnabled ' || CASE purge WHEN 1 THEN 'true' WHEN 0 THEN 'false or not set' ELSE 'not known' END
    WHEN purge = 1 THEN 'enablePurgeProtection true: a deleted key can be recovered for ' || coalesce(days || ' days', 'a time that is not known') || ' and not purged before'
    WHEN purge = 0 THEN 'enablePurgeProtection not set or false' END AS observed,
  CASE WHEN state <> 'unread' THEN 'enablePurgeProtection true' END AS expected,
  CASE WHEN state = 'unread' THEN reason
    WHEN purge IS NULL THEN 'the setting enablePurgeProtection could not be read'
    WHEN state = 'deleted' AND purge = 0 THEN reason || ', but it can be purged at any moment, and every disk with it'
    WHEN state = 'deleted' THEN reason || '; until it is recovered its settings protect nothing that is in use'
    WHEN purge = 0 THEN 'a deleted key can be purged at any moment, and every disk that it encrypts with it' END AS reason,
  NULL AS "limit", evidence
FROM store
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'vault'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'vault'
ORDER BY subject;
