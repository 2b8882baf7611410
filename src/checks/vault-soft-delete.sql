-- check: vault-soft-delete
-- id: VLT-02
-- order: 11
-- title: Deleted keys and vaults stay recoverable long enough
-- severity: medium
-- basis: good-practice
-- link: vault
-- kind: vault
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault, managed_hsm,
--   deleted_vault
-- threshold: soft-delete-days
-- why: Within the retention period a deleted key or vault comes back with everything that it encrypts. How long that is was fixed when
--   the vault was made.
-- limits: Without purge protection a deleted key can be purged before the period ends; that is a test of its own. Role assignments on
--   a vault vanish when it is deleted and do not come back with it. A recovery was not tried.
-- remedy: az keyvault update --subscription {subscription} --resource-group {group} --name {name} --enable-soft-delete true
--   The retention cannot be lengthened. Make a new vault (az keyvault create --retention-days 90 --enable-purge-protection true), a new key
--   in it, and point the disk encryption set at it (az disk-encryption-set update --key-url).
-- danger: Soft delete cannot be switched off again. Keep the old key enabled until every disk has taken up the new one, or the disks stop.
-- source: https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
--   Azure Policy 1e66c121-a66a-4b1f-9b83-0fd99bf0fc2d (Key vaults should have soft delete enabled) counts a vault without the setting as off.

WITH store AS (
  SELECT s.vault_id, s.state, s.kind, s.reason, s.evidence, t.words, CAST(t.value AS INTEGER) AS wanted,
    CASE s.kind WHEN 'hsm' THEN 1 ELSE v.soft_delete END AS soft,
    CASE s.kind WHEN 'hsm' THEN h.soft_delete_days ELSE v.soft_delete_days END AS days
  FROM vault_state s
  LEFT JOIN vault v ON v.id_key = s.vault_key
  LEFT JOIN managed_hsm h ON h.id_key = s.vault_key
  LEFT JOIN threshold t ON t.name = 'soft-delete-days'
  WHERE NOT EXISTS (SELECT 1 FROM unknown_population u WHERE u.kind = 'vault' AND u.scope_key = s.vault_key)
)
SELECT vault_id AS subject,
  CASE WHEN state <> 'read' THEN 'not-assessed'
    WHEN soft IN (0, -1) OR days < wanted THEN 'fail'
    WHEN soft = 1 AND days >= wanted THEN 'pass' ELSE 'not-assessed' END AS status,
  CASE WHEN state <> 'read' THEN NULL
    WHEN kind = 'hsm' THEN 'soft delete is always on for a managed HSM'
    WHEN soft = 1 THEN 'enableSoftDelete true' WHEN soft = 0 THEN 'enableSoftDelete false' WHEN soft = -1 THEN 'enableSoftDelete not set (legacy)'
    ELSE 'enableSoftDelete not known' END || CASE WHEN soft IN (0, -1) THEN '' ELSE coalesce('; softDeleteRetentionInDays ' || days, '') END AS observed,
  CASE WHEN state = 'read' THEN 'soft delete on, for at least ' || wanted || ' days ' || words END AS expected,
  CASE WHEN state <> 'read' THEN reason
    WHEN soft = 0 THEN 'soft delete is off: a deleted key is gone at once, and every disk that it encrypts with it'
    WHEN soft = -1 THEN 'the vault is older than the setting and does not say that soft delete is on; Azure Policy counts that as off'
    WHEN days < wanted THEN 'a deleted key can be recovered for ' || days || ' days, not for ' || wanted
    WHEN soft IS NULL THEN 'the setting enableSoftDelete could not be read'
    WHEN days IS NULL THEN 'softDeleteRetentionInDays could not be read'
    WHEN wanted IS NULL THEN 'the threshold soft-delete-days is not set' END AS reason,
  NULL AS "limit", evidence
FROM store
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'vault'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'vault'
ORDER BY subject;
