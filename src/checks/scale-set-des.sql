-- check: scale-set-des
-- id: NPL-03
-- order: 3
-- title: The machines of a pool use the disk encryption set of the cluster
-- severity: high
-- basis: own-policy
-- link: pool-disks
-- kind: scale-set
-- needs: subscription, aks_cluster, scale_set, virtual_machine
-- threshold: cmk-required
-- why: The model of a scale set says which disk encryption set new nodes get. For ephemeral OS disks, which are no resource of their
--   own, it is the only place where that can be seen.
-- limits: The model is judged, not each instance: nodes that were made before the model changed keep what they had. Data disks of
--   stand-alone machines are judged by disk-cmk.
-- remedy: The set of a pool comes from its cluster and cannot be given to a pool. Reimage the nodes (the node resource group does not name
--   the cluster: fill in):
--   az aks nodepool upgrade --resource-group CLUSTER-GROUP --cluster-name CLUSTER --name POOL --node-image-only
--   Where that does not help, replace the pool with az aks nodepool add and az aks nodepool delete. A cluster without a disk
--   encryption set must be rebuilt: az aks create --node-osdisk-diskencryptionset-id DES-ID
-- danger: Reimaging and draining evict pods. A cluster without a disk encryption set must be rebuilt.
-- source: https://learn.microsoft.com/azure/aks/azure-disk-customer-managed-keys
WITH required AS (  -- waived: only where the organisation adopted it
  SELECT max(p.value = 'false' AND p.adopted) AS waived, max('cmk-required ' || t.value || ' ' || t.words) AS said
  FROM policy p JOIN threshold t ON t.name = p.name WHERE p.name = 'cmk-required'
),
-- Node resource groups and the set that their cluster names; NULL where it is not known or two clusters disagree.
place AS (
  SELECT node_rg_key, CASE WHEN count(des_key) = count(*) AND min(des_key) = max(des_key) THEN min(des_key) END AS cluster_des,
    min(des_id) AS des_id, min(src || '#' || ptr) AS evidence
  FROM aks_cluster WHERE node_rg <> '' GROUP BY node_rg_key
),
data AS (
  SELECT x.scale_set_key, count(*) AS listed, count(x.des_key) AS known, sum(x.des_key = '') AS bare,
    sum(x.des_key <> '' AND x.des_key <> p.cluster_des) AS other
  FROM scale_set_data_disk x JOIN scale_set s ON s.id_key = x.scale_set_key JOIN place p ON p.node_rg_key = s.rg_key
  GROUP BY x.scale_set_key
),
item AS (
  SELECT s.id AS subject, s.rg_key, s.has_model, s.os_des_id, s.os_des_key, s.secure_des_id, s.secure_des_key, s.ephemeral, s.data_disks,
    coalesce(d.listed, 0) AS listed, coalesce(d.known, 0) AS known, coalesce(d.bare, 0) AS bare, coalesce(d.other, 0) AS other,
    s.capacity, s.api_version, s.src || '#' || s.ptr AS evidence
  FROM scale_set s LEFT JOIN data d ON d.scale_set_key = s.id_key
  UNION ALL
  SELECT v.id, v.rg_key, 1, v.os_des_id, v.os_des_key, v.secure_des_id, v.secure_des_key, v.ephemeral, 0, 0, 0, 0, 0, 1, v.api_version, v.src || '#' || v.ptr
  FROM virtual_machine v
  WHERE NOT EXISTS (SELECT 1 FROM scale_set s WHERE s.id_key = v.scale_set_key AND s.has_model = 1)
),
-- os_des: of a confidential OS disk the set in its security profile counts; NULL where it is not known which.
placed AS (
  SELECT i.*, p.cluster_des, p.des_id, p.evidence AS cluster_evidence,
    CASE WHEN i.secure_des_key <> '' THEN i.secure_des_key WHEN i.secure_des_key = '' THEN i.os_des_key END AS os_des
  FROM item i JOIN place p ON p.node_rg_key = i.rg_key
),
seen AS (
  SELECT *,
    CASE WHEN os_des = '' THEN 'the OS disk has no disk encryption set' END AS bare_os,
    CASE WHEN (os_des <> '' AND os_des <> cluster_des) OR (os_des_key <> '' AND os_des_key <> cluster_des) THEN
      CASE cluster_des WHEN '' THEN 'the OS disk has a disk encryption set although the cluster names none'
        ELSE 'the OS disk has another disk encryption set than the cluster names' END END AS other_os,
    CASE WHEN bare > 0 THEN bare || ' of ' || listed || ' data disks of the model have no disk encryption set' END AS bare_data,
    CASE WHEN other > 0 THEN other || ' of ' || listed || ' data disks of the model have another disk encryption set than the cluster names' END AS other_data,
    CASE WHEN coalesce(has_model, 0) <> 1 THEN 'the scale set describes no machines, so it tells nothing of their disks'
      WHEN os_des IS NULL THEN 'which disk encryption set the OS disk has was not returned in a readable form (api-version ' || coalesce(api_version, 'unknown') || ')'
      WHEN data_disks IS NULL OR data_disks <> listed OR known < listed THEN
        'which disk encryption sets the data disks of the model have was not returned in a readable form (api-version ' || coalesce(api_version, 'unknown') || ')'
      WHEN cluster_des IS NULL THEN 'which disk encryption set the cluster names is not known' END AS unknown
  FROM placed
),
judged AS (
  SELECT s.*, r.waived, r.said,
    CASE WHEN coalesce(s.has_model, 0) <> 1 THEN 'not-assessed'
      WHEN s.other_os IS NOT NULL OR s.other_data IS NOT NULL THEN 'fail'
      WHEN s.bare_os IS NOT NULL OR s.bare_data IS NOT NULL THEN
        CASE WHEN r.waived = 1 AND s.cluster_des = '' THEN CASE WHEN s.unknown IS NULL THEN 'not-applicable' ELSE 'not-assessed' END ELSE 'fail' END
      WHEN s.unknown IS NOT NULL THEN 'not-assessed' ELSE 'pass' END AS status,
    CASE WHEN s.ephemeral = 1 THEN 'the OS disk is ephemeral: no disk resource shows its key, and a change of key reaches a node only when it is reimaged or the pool is scaled to zero'
      WHEN s.ephemeral IS NULL THEN 'whether the OS disk is ephemeral is not known' END AS on_ephemeral,
    CASE WHEN s.capacity = 0 THEN 'no machine runs at present: the model is judged' END AS on_capacity
  FROM seen s CROSS JOIN required r
),
-- Pools of a group that was read, of which no scale set (or machine) carries the name: their machines are not known. Scale sets
-- and machines without a name may be theirs; so a pool is missing only where there are fewer of those than pools.
wanted AS (
  SELECT p.id, p.name, p.node_count, p.power_state, p.src || '#' || p.ptr AS evidence, c.node_rg_key,
    '/subscriptions/' || c.subscription_id || '/resourceGroups/' || c.node_rg AS group_id, coalesce(p.pool_type, '') IN ('VirtualMachines', 'AvailabilitySet') AS machines
  FROM node_pool p JOIN aks_cluster c ON c.id_key = p.cluster_key
  WHERE c.node_rg <> ''
    AND NOT EXISTS (SELECT 1 FROM unknown_population u WHERE u.kind = 'scale-set' AND u.scope_key = c.node_rg_key)
),
lonely AS (
  SELECT w.*, count(*) OVER (PARTITION BY w.node_rg_key, w.machines) AS pools,
    CASE w.machines WHEN 1 THEN (SELECT count(*) FROM virtual_machine v WHERE v.rg_key = w.node_rg_key AND coalesce(v.pool_name, '') = '' AND coalesce(v.scale_set_key, '') = '')
      ELSE (SELECT count(*) FROM scale_set s WHERE s.rg_key = w.node_rg_key AND coalesce(s.pool_name, '') = '') END AS nameless,
    CASE WHEN w.node_count = 0 OR lower(w.power_state) = 'stopped' THEN 'the pool ' || w.name || ' has no nodes at present, so what its disks use cannot be observed'
      WHEN w.machines THEN 'no virtual machine of the pool ' || w.name || ' was seen'
      ELSE 'no scale set of the pool ' || w.name || ' was seen (tag aks-managed-poolName)' END AS why
  FROM wanted w
  WHERE NOT CASE w.machines WHEN 1 THEN EXISTS (SELECT 1 FROM virtual_machine v WHERE v.rg_key = w.node_rg_key AND v.pool_name = w.name)
    ELSE EXISTS (SELECT 1 FROM scale_set s WHERE s.rg_key = w.node_rg_key AND s.pool_name = w.name) END
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT subject, status,
    CASE WHEN has_model = 1 THEN 'OS disk: ' || CASE WHEN os_des IS NULL THEN 'not told' WHEN secure_des_id <> '' THEN secure_des_id || ' (confidential disk)' WHEN os_des_id <> '' THEN os_des_id ELSE 'no disk encryption set' END
      || CASE WHEN listed > 0 THEN '; data disks of the model: ' || listed ELSE '' END END AS observed,
    CASE WHEN cluster_des <> '' THEN 'the disk encryption set of the cluster, ' || des_id WHEN cluster_des = '' THEN 'a disk encryption set; the cluster names none'
      ELSE 'the disk encryption set of the cluster' END || '; ' || coalesce(said, 'cmk-required') AS expected,
    CASE status WHEN 'pass' THEN 'the machines get the disk encryption set of the cluster'
      WHEN 'fail' THEN substr(coalesce('; ' || other_os, '') || coalesce('; ' || bare_os, '') || coalesce('; ' || other_data, '') || coalesce('; ' || bare_data, ''), 3)
      WHEN 'not-applicable' THEN 'neither the cluster nor the machines name a disk encryption set, and none is required: ' || said
      ELSE unknown END AS reason,
    CASE status WHEN 'pass' THEN nullif(coalesce(on_ephemeral, '') || CASE WHEN on_ephemeral IS NOT NULL AND on_capacity IS NOT NULL THEN '; ' ELSE '' END
      || coalesce(on_capacity, ''), '') END AS "limit",
    evidence || ' ' || cluster_evidence AS evidence
  FROM judged
  UNION ALL
  SELECT group_id, 'not-assessed', NULL, NULL, 'population not known: ' || group_concat(why, '; '), NULL, group_concat(evidence, ' ')
  FROM (SELECT * FROM lonely WHERE nameless < pools ORDER BY node_rg_key, id) GROUP BY node_rg_key
  UNION ALL
  SELECT c.id, 'not-assessed', NULL, NULL, 'population not known: ' || CASE c.hosted_system WHEN 1 THEN 'system nodes of the cluster run in a subscription of Microsoft and cannot be seen here'
    ELSE 'whether system nodes of the cluster run in a subscription of Microsoft is not visible at api-version ' || coalesce(c.api_version, 'unknown') END, NULL, c.src || '#' || c.ptr
  FROM aks_cluster c
  WHERE (c.hosted_system = 1 OR (c.hosted_system IS NULL AND lower(c.sku_name) = 'automatic'))
    AND NOT EXISTS (SELECT 1 FROM unknown_population u WHERE u.kind = 'scale-set' AND u.scope_key = c.id_key)
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'scale-set'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'scale-set'
)
ORDER BY subject;
