-- check: des-auto-rotation
-- id: DES-02
-- order: 8
-- title: The disk encryption set follows new versions of its key by itself
-- severity: medium
-- basis: good-practice
-- link: rotation
-- kind: des
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set
-- why: A disk encryption set stays at the version of the key that it was given unless it is told to follow. Then a new version in the
--   vault changes nothing for the disks. After one error it follows no more, although the setting still says so.
-- limits: The setting and the last error are read, not a rotation that took place; des-current-key-version compares the versions. Nodes
--   with ephemeral OS disks take up a new version only when they are reimaged.
-- remedy: Turn it on; after an error, first repair what the error names, and give the key again:
--   az disk-encryption-set update --resource-group {group} --name {name} --enable-auto-key-rotation true
--   az disk-encryption-set update --resource-group {group} --name {name} --key-url KEY-URL --source-vault VAULT-ID --enable-auto-key-rotation true
-- danger: Old versions must stay enabled until every disk is wrapped anew, and until nodes with ephemeral OS disks are reimaged; reimaging
--   evicts pods.
-- source: https://learn.microsoft.com/azure/virtual-machines/disk-encryption#automatic-key-rotation-of-customer-managed-keys
WITH item AS (
  SELECT s.des_id, s.state, s.reason AS why, s.evidence AS des_evidence, d.auto_rotation, d.rotation_error, d.api_version,
    CASE s.state WHEN 'gone' THEN 'not-applicable' WHEN 'unread' THEN 'not-assessed'
      ELSE CASE WHEN d.rotation_error <> '' OR d.auto_rotation = 0 THEN 'fail'
        WHEN d.rotation_error IS NULL OR d.auto_rotation IS NULL THEN 'not-assessed' ELSE 'pass' END END AS status
  FROM des_state s LEFT JOIN disk_encryption_set d ON d.id_key = s.des_key AND s.state = 'read'
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT des_id AS subject, status,
    CASE state WHEN 'read' THEN 'rotationToLatestKeyVersionEnabled ' || CASE auto_rotation WHEN 1 THEN 'true' WHEN 0 THEN 'false or absent' ELSE 'not told' END
      || ', autoKeyRotationError ' || coalesce(CASE rotation_error WHEN '' THEN 'none' ELSE rotation_error END, 'not told') END AS observed,
    'rotationToLatestKeyVersionEnabled true, no autoKeyRotationError' AS expected,
    CASE status WHEN 'pass' THEN 'the set follows new versions of its key'
      WHEN 'fail' THEN CASE WHEN rotation_error <> '' THEN 'rotation has stopped: autoKeyRotationError ' || rotation_error
        || CASE auto_rotation WHEN 0 THEN '; and the set is not told to follow new versions' ELSE '' END
        ELSE 'the set stays at the version that it was given' END
      WHEN 'not-applicable' THEN why || '; des-healthy fails for it'
      ELSE CASE WHEN state = 'unread' THEN why
        WHEN auto_rotation IS NULL THEN 'rotationToLatestKeyVersionEnabled was not returned in a readable form (api-version ' || coalesce(api_version, 'unknown') || ')'
        ELSE 'autoKeyRotationError was not returned in a readable form (api-version ' || coalesce(api_version, 'unknown') || ')' END END AS reason,
    NULL AS "limit",
    nullif(des_evidence, '') AS evidence
  FROM item
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'des'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'des'
)
ORDER BY subject;
