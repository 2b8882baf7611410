-- resource: virtual_machine
-- title: virtual machines of node pools
-- api-version: 2025-04-01, 2024-03-01
-- audience: arm
-- after: aks_cluster
-- each: SELECT '/subscriptions/' || subscription_id || '/resourceGroups/' || min(node_rg) AS subject,
--     '/subscriptions/' || subscription_id || '/resourceGroups/' || min(node_rg) || '/providers/Microsoft.Compute/virtualMachines' AS url,
--     '/subscriptions/' || subscription_id AS scope
--   FROM aks_cluster WHERE node_rg <> '' GROUP BY node_rg_key ORDER BY node_rg_key
-- shape: list
-- permission: Microsoft.Compute/virtualMachines/read
-- must: id_key
-- known: name, scale_set_key, os_disk_key, os_des_id, secure_des_id, ephemeral, encryption_at_host
-- source: Azure REST API, Microsoft.Compute 2025-04-01, VirtualMachines_List
--   Pools of type VirtualMachines and AvailabilitySet, and nodes made by node auto-provisioning, have no scale set.

CREATE TABLE virtual_machine(
  id                 TEXT,
  id_key             TEXT PRIMARY KEY,
  name               TEXT,
  subscription_id    TEXT,
  rg_key             TEXT,
  pool_name          TEXT,  -- '' = no tag tells it
  scale_set_key      TEXT,  -- '' = belongs to none
  os_disk_key        TEXT,
  os_des_id          TEXT,  -- '' = none, NULL = not known
  os_des_key         TEXT,
  secure_des_id      TEXT,
  secure_des_key     TEXT,
  ephemeral          INTEGER,
  encryption_at_host INTEGER,
  vm_size            TEXT,
  src                INTEGER,  -- exchange.n
  ptr                TEXT,  -- of the item in that answer
  api_version        TEXT
) STRICT;
CREATE INDEX virtual_machine_rg ON virtual_machine(rg_key, pool_name);

CREATE TEMP VIEW virtual_machine_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'virtual_machine' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.storageProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.storageProfile.osDisk'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.storageProfile.osDisk.managedDisk'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.storageProfile.osDisk.diffDiskSettings'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.storageProfile.osDisk.managedDisk.diskEncryptionSet'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.storageProfile.osDisk.managedDisk.securityProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.storageProfile.osDisk.managedDisk.securityProfile.diskEncryptionSet'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.hardwareProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.securityProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.virtualMachineScaleSet'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.tags'), 'null') IN ('object', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE WHEN json_type(o, '$.id') = 'text' AND lower(o ->> '$.id') GLOB '/subscriptions/?*/providers/?*/?*' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    coalesce((SELECT t.value FROM json_each(o, '$.tags') t
      WHERE lower(t.key) IN ('aks-managed-poolname', 'karpenter.sh_nodepool') AND t.type = 'text' ORDER BY lower(t.key) LIMIT 1), '') AS pool_name,
    CASE coalesce(json_type(o, '$.properties.virtualMachineScaleSet.id'), 'null') WHEN 'text' THEN o ->> '$.properties.virtualMachineScaleSet.id'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN '' END END AS scale_set_id,
    CASE coalesce(json_type(o, '$.properties.storageProfile.osDisk.managedDisk.id'), 'null') WHEN 'text' THEN o ->> '$.properties.storageProfile.osDisk.managedDisk.id'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN '' END END AS os_disk_id,
    CASE coalesce(json_type(o, '$.properties.storageProfile.osDisk.managedDisk.diskEncryptionSet.id'), 'null') WHEN 'text' THEN o ->> '$.properties.storageProfile.osDisk.managedDisk.diskEncryptionSet.id'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN '' END END AS os_des_id,
    CASE coalesce(json_type(o, '$.properties.storageProfile.osDisk.managedDisk.securityProfile.diskEncryptionSet.id'), 'null') WHEN 'text' THEN o ->> '$.properties.storageProfile.osDisk.managedDisk.securityProfile.diskEncryptionSet.id'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN '' END END AS secure_des_id,
    CASE coalesce(json_type(o, '$.properties.storageProfile.osDisk.diffDiskSettings.option'), 'null') WHEN 'text' THEN 1 WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN 0 END END AS ephemeral,
    CASE coalesce(json_type(o, '$.properties.securityProfile.encryptionAtHost'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN 0 END END AS encryption_at_host,
    CASE coalesce(json_type(o, '$.properties.hardwareProfile.vmSize'), 'null') WHEN 'text' THEN o ->> '$.properties.hardwareProfile.vmSize'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN '' END END AS vm_size
  FROM item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key FROM read)
SELECT id, id_key, name, substr(id_key, 16, 36),
  substr(id_key, 1, 67 + instr(substr(id_key, 68) || '/', '/') - 1), pool_name, coalesce((SELECT f.key FROM fold f WHERE f.raw = scale_set_id), lower(rtrim(scale_set_id, '/'))),
  coalesce((SELECT f.key FROM fold f WHERE f.raw = os_disk_id), lower(rtrim(os_disk_id, '/'))), os_des_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = os_des_id), lower(rtrim(os_des_id, '/'))), secure_des_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = secure_des_id), lower(rtrim(secure_des_id, '/'))), ephemeral, encryption_at_host, vm_size, src, ptr, api_version
FROM keyed;
