-- check: cluster-uses-des
-- id: CLU-01
-- order: 1
-- title: The cluster names a disk encryption set
-- severity: high
-- basis: own-policy
-- link: declared
-- kind: cluster
-- needs: subscription, aks_cluster
-- threshold: cmk-required
-- why: The disk encryption set of a cluster decides which key wraps the OS disks of all its pools and, where a StorageClass
--   names no other, those of its volumes. Without one, Azure uses a key of its own.
-- limits: Only the declaration is read. What the scale sets and disks really use is judged by scale-set-des and disk-cmk.
-- remedy: Build a new cluster with the set, move the workloads to it and delete the old one; a cluster cannot be given a set later:
--   az aks create --resource-group {group} --name NEW-NAME --node-osdisk-diskencryptionset-id DES-ID
-- danger: A cluster without a disk encryption set must be rebuilt. Moving volumes to the new cluster means downtime or copying them.
-- source: https://learn.microsoft.com/azure/aks/azure-disk-customer-managed-keys
WITH required AS (  -- waived: only where the organisation adopted it
  SELECT max(p.value = 'false' AND p.adopted) AS waived, max('cmk-required ' || t.value || ' ' || t.words) AS said
  FROM policy p JOIN threshold t ON t.name = p.name WHERE p.name = 'cmk-required'
),
judged AS (
  SELECT c.*, r.waived, r.said,
    CASE WHEN c.des_id IS NULL THEN 'not-assessed'
      WHEN c.des_id = '' THEN CASE r.waived WHEN 1 THEN 'not-applicable' ELSE 'fail' END
      WHEN c.des_key GLOB '/subscriptions/?*/resourcegroups/?*/providers/microsoft.compute/diskencryptionsets/?*' THEN 'pass'
      ELSE 'not-assessed' END AS status,
    CASE WHEN c.virtual_nodes = 1
      THEN 'virtual nodes are on: their containers run on Azure Container Instances, where the set of the cluster has no effect' END AS on_virtual,
    CASE WHEN c.hosted_system = 1 THEN 'system nodes run in a subscription of Microsoft and cannot be seen here'
      WHEN c.hosted_system IS NULL AND lower(c.sku_name) = 'automatic'
      THEN 'whether system nodes run in a subscription of Microsoft is not visible at api-version ' || c.api_version END AS on_hosted,
    CASE WHEN c.nap = 1 THEN 'node auto-provisioning is on: its nodes are in no pool, and scale-set-des judges their machines' END AS on_nap
  FROM aks_cluster c CROSS JOIN required r
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT id AS subject, status,
    CASE WHEN des_id IS NOT NULL THEN 'diskEncryptionSetID: ' || coalesce(nullif(des_id, ''), 'none') END AS observed,
    'diskEncryptionSetID names a disk encryption set; ' || coalesce(said, 'cmk-required') AS expected,
    CASE status
      WHEN 'pass' THEN 'the cluster names a disk encryption set'
      WHEN 'fail' THEN 'the cluster names no disk encryption set: its OS disks use a key of the platform'
      WHEN 'not-applicable' THEN 'the cluster names no disk encryption set, and none is required: ' || said
      ELSE CASE WHEN des_id IS NULL THEN 'diskEncryptionSetID was not returned in a readable form (api-version ' || coalesce(api_version, 'unknown') || ')'
        ELSE 'diskEncryptionSetID is not the id of a disk encryption set: ' || des_id END
    END AS reason,
    CASE status WHEN 'pass' THEN nullif(coalesce(on_virtual, '') || CASE WHEN on_virtual IS NOT NULL AND on_hosted IS NOT NULL THEN '; ' ELSE '' END
      || coalesce(on_hosted, '') || CASE WHEN coalesce(on_virtual, on_hosted) IS NOT NULL AND on_nap IS NOT NULL THEN '; ' ELSE '' END
      || coalesce(on_nap, ''), '') END AS "limit",
    src || '#' || ptr AS evidence
  FROM judged
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'cluster'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'cluster'
)
ORDER BY subject;
