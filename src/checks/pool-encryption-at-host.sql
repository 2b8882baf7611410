-- check: pool-encryption-at-host
-- id: NPL-02
-- order: 2
-- title: Temporary disks and caches of the pool are encrypted at the host
-- severity: medium
-- basis: own-policy
-- link: pool-disks
-- kind: pool
-- needs: subscription, aks_cluster, virtual_machine
-- why: Encryption at rest of a managed disk does not reach the temporary disk and the caches on the host. Encryption at host
--   does: caches of a disk use the key of that disk, temporary and ephemeral disks a key of the platform.
-- limits: Whether the host encrypts, not with whose key. Sizes from v5 on encrypt temporary and ephemeral disks by themselves; the size
--   is printed, not judged.
-- remedy: Make a new pool with encryption at host, move the workloads to it and delete the old one; the subscription needs the feature
--   Microsoft.Compute/EncryptionAtHost (az feature register --namespace Microsoft.Compute --name EncryptionAtHost):
--   az aks nodepool add --resource-group {group} --cluster-name {parent} --name NEW-NAME --enable-encryption-at-host
--   az aks nodepool delete --resource-group {group} --cluster-name {parent} --name {name}
-- danger: It can only be set when a pool is made. Draining the old pool evicts its pods.
-- source: https://learn.microsoft.com/azure/aks/enable-host-encryption
WITH pool AS (
  SELECT p.id AS subject, p.encryption_at_host AS on_host, p.vm_size, p.kubelet_disk_type, p.os_disk_type, p.api_version,
    'enableEncryptionAtHost' AS field, p.src || '#' || p.ptr AS evidence
  FROM node_pool p
),
-- Machines that belong to no pool (node auto-provisioning). Those of a pool without scale sets are judged with their pool.
machine AS (
  SELECT v.id AS subject, v.encryption_at_host AS on_host, v.vm_size, 'OS' AS kubelet_disk_type, CASE v.ephemeral WHEN 0 THEN 'Managed' WHEN 1 THEN 'Ephemeral' END AS os_disk_type,
    v.api_version, 'securityProfile.encryptionAtHost' AS field, v.src || '#' || v.ptr AS evidence
  FROM virtual_machine v
  WHERE coalesce(v.scale_set_key, '') = '' AND v.rg_key IN (SELECT node_rg_key FROM aks_cluster)
    AND NOT EXISTS (SELECT 1 FROM aks_cluster c JOIN node_pool p ON p.cluster_key = c.id_key WHERE c.node_rg_key = v.rg_key
      AND (p.name = v.pool_name OR (coalesce(v.pool_name, '') = '' AND p.pool_type IN ('VirtualMachines', 'AvailabilitySet'))))
),
judged AS (
  SELECT *, CASE on_host WHEN 1 THEN 'pass' WHEN 0 THEN 'fail' ELSE 'not-assessed' END AS status,
    CASE WHEN kubelet_disk_type IS NULL THEN 'where the kubelet keeps its data is not known'
      WHEN lower(kubelet_disk_type) = 'temporary' THEN 'images and emptyDir volumes lie on the temporary disk (kubeletDiskType Temporary), whose key is the platform''s' END AS on_kubelet,
    CASE WHEN os_disk_type IS NULL THEN 'whether the OS disk is ephemeral is not known'
      WHEN lower(os_disk_type) = 'ephemeral' THEN 'the OS disk is ephemeral: Microsoft''s pages differ on whose key encrypts it under encryption at host' END AS on_os
  FROM (SELECT * FROM pool UNION ALL SELECT * FROM machine)
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT subject, status,
    CASE WHEN on_host IS NOT NULL THEN field || CASE on_host WHEN 1 THEN ' true' ELSE ' false or absent' END
      || ', VM size ' || coalesce(nullif(vm_size, ''), 'not told') END AS observed,
    field || ' true' AS expected,
    CASE status WHEN 'pass' THEN 'the host encrypts temporary disks and caches'
      WHEN 'fail' THEN 'the host does not encrypt caches, and temporary disks are encrypted only where the VM size does it by itself (sizes from v5 on)'
      ELSE field || ' was not returned in a readable form (api-version ' || coalesce(api_version, 'unknown') || ')' END AS reason,
    CASE status WHEN 'pass' THEN nullif(coalesce(on_kubelet, '') || CASE WHEN on_kubelet IS NOT NULL AND on_os IS NOT NULL THEN '; ' ELSE '' END
      || coalesce(on_os, ''), '') END AS "limit",
    evidence
  FROM judged
  UNION ALL
  SELECT c.id, 'not-assessed', NULL, NULL, 'population not known: ' || CASE c.hosted_system WHEN 1 THEN 'system nodes of the cluster run in a subscription of Microsoft and cannot be seen here'
    ELSE 'whether system nodes of the cluster run in a subscription of Microsoft is not visible at api-version ' || coalesce(c.api_version, 'unknown') END, NULL, c.src || '#' || c.ptr
  FROM aks_cluster c
  WHERE (c.hosted_system = 1 OR (c.hosted_system IS NULL AND lower(c.sku_name) = 'automatic'))
    AND NOT EXISTS (SELECT 1 FROM unknown_population u WHERE u.kind = 'pool' AND u.scope_key = c.id_key)
  UNION ALL
  SELECT '/subscriptions/' || min(c.subscription_id) || '/resourceGroups/' || min(c.node_rg), 'not-assessed', NULL, NULL,
    'population not known: ' || coalesce(l.reason, 'virtual machines: not asked for'), NULL, l.evidence
  FROM aks_cluster c LEFT JOIN list_state l ON l.resource = 'virtual_machine' AND l.subject_key = c.node_rg_key
  WHERE coalesce(c.nap, 1) = 1 AND c.node_rg <> '' AND coalesce(l.complete, 0) = 0
  GROUP BY c.node_rg_key
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'pool'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'pool'
)
ORDER BY subject;
