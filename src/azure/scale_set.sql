-- resource: scale_set
-- title: scale sets of node pools
-- api-version: 2025-04-01, 2024-03-01
-- audience: arm
-- after: aks_cluster
-- each: SELECT '/subscriptions/' || subscription_id || '/resourceGroups/' || min(node_rg) AS subject,
--     '/subscriptions/' || subscription_id || '/resourceGroups/' || min(node_rg) || '/providers/Microsoft.Compute/virtualMachineScaleSets' AS url,
--     '/subscriptions/' || subscription_id AS scope
--   FROM aks_cluster WHERE node_rg <> '' GROUP BY node_rg_key ORDER BY node_rg_key
-- shape: list
-- permission: Microsoft.Compute/virtualMachineScaleSets/read
-- must: id_key, scale_set_data_disk.scale_set_key
-- known: name, os_des_id, secure_des_id, ephemeral, data_disks, encryption_at_host, scale_set_data_disk.des_id
-- source: Azure REST API, Microsoft.Compute 2025-04-01, VirtualMachineScaleSets_List
--   An ephemeral OS disk (diffDiskSettings) has no disk resource: the model of the scale set is all that can be seen.
--   AKS writes the name of the pool into the tag aks-managed-poolName. A missing securityProfile is encryption at host off.
--   A set without virtualMachineProfile (flexible orchestration) tells nothing of its disks: has_model 0.

CREATE TABLE scale_set(
  id                 TEXT,
  id_key             TEXT PRIMARY KEY,
  name               TEXT,
  subscription_id    TEXT,
  rg_key             TEXT,
  pool_name          TEXT,  -- '' = the tag is not there
  has_model          INTEGER,  -- 0: the set describes no machines, so it tells nothing of disks
  os_des_id          TEXT,  -- '' = none, NULL = not known
  os_des_key         TEXT,
  secure_des_id      TEXT,  -- of a confidential OS disk
  secure_des_key     TEXT,
  ephemeral          INTEGER,
  data_disks         INTEGER,  -- number in the model
  encryption_at_host INTEGER,
  orchestration_mode TEXT,
  capacity           INTEGER,
  src                INTEGER,  -- exchange.n
  ptr                TEXT,  -- of the item in that answer
  api_version        TEXT
) STRICT;
CREATE INDEX scale_set_rg ON scale_set(rg_key, pool_name);

-- Data disks of the model, one row each.
CREATE TABLE scale_set_data_disk(
  scale_set_key TEXT,
  position      INTEGER,
  des_id        TEXT,  -- '' = none
  des_key       TEXT,
  src           INTEGER,
  ptr           TEXT,
  UNIQUE (scale_set_key, position)
) STRICT;

-- The items of the lists, each as far as what hangs on it has the right shape.
CREATE TEMP VIEW scale_set_item AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'scale_set' AND e.usable AND e.status = 200
),
raw AS MATERIALIZED (
  SELECT src, api_version, '/value/' || v.key AS ptr, v.value AS r FROM body, json_each(body.b, '$.value') v WHERE v.type = 'object'
),
shaped AS MATERIALIZED (
  SELECT src, api_version, ptr,
    CASE WHEN json_type(r, '$.properties') = 'object'
      AND coalesce(json_type(r, '$.sku'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.tags'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile.securityProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile.storageProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile.storageProfile.dataDisks'), 'null') IN ('array', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile.storageProfile.osDisk'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile.storageProfile.osDisk.diffDiskSettings'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile.storageProfile.osDisk.managedDisk'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.diskEncryptionSet'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.securityProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.securityProfile.diskEncryptionSet'), 'null') IN ('object', 'null')
      THEN r ELSE '{}' END AS o
  FROM raw
)
SELECT * FROM shaped;

CREATE TEMP VIEW scale_set_view AS
WITH read AS (
  SELECT src, ptr, api_version,
    CASE WHEN json_type(o, '$.id') = 'text' AND lower(o ->> '$.id') GLOB '/subscriptions/?*/providers/?*/?*' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    coalesce((SELECT t.value FROM json_each(o, '$.tags') t
      WHERE lower(t.key) = 'aks-managed-poolname' AND t.type = 'text' ORDER BY t.key LIMIT 1), '') AS pool_name,
    CASE coalesce(json_type(o, '$.properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.diskEncryptionSet.id'), 'null') WHEN 'text' THEN o ->> '$.properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.diskEncryptionSet.id'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN '' END END AS os_des_id,
    CASE coalesce(json_type(o, '$.properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.securityProfile.diskEncryptionSet.id'), 'null') WHEN 'text' THEN o ->> '$.properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.securityProfile.diskEncryptionSet.id'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN '' END END AS secure_des_id,
    CASE coalesce(json_type(o, '$.properties.virtualMachineProfile.storageProfile.osDisk.diffDiskSettings.option'), 'null') WHEN 'text' THEN 1 WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN 0 END END AS ephemeral,
    CASE coalesce(json_type(o, '$.properties.virtualMachineProfile.storageProfile.dataDisks'), 'null') WHEN 'array' THEN json_array_length(o, '$.properties.virtualMachineProfile.storageProfile.dataDisks')
      WHEN 'null' THEN 0 END AS data_disks,
    CASE coalesce(json_type(o, '$.properties.virtualMachineProfile.securityProfile.encryptionAtHost'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN 0 END END AS encryption_at_host,
    CASE coalesce(json_type(o, '$.properties.orchestrationMode'), 'null') WHEN 'text' THEN o ->> '$.properties.orchestrationMode'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN '' END END AS orchestration_mode,
    CASE json_type(o, '$.sku.capacity') WHEN 'integer' THEN o ->> '$.sku.capacity' END AS capacity,
    coalesce(json_type(o, '$.properties.virtualMachineProfile.storageProfile.osDisk'), 'null') = 'object' AS has_model
  FROM scale_set_item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key FROM read)
SELECT id, id_key, name, substr(id_key, 16, 36),
  substr(id_key, 1, 67 + instr(substr(id_key, 68) || '/', '/') - 1), pool_name,
  has_model, os_des_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = os_des_id), lower(rtrim(os_des_id, '/'))), secure_des_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = secure_des_id), lower(rtrim(secure_des_id, '/'))),
  ephemeral, data_disks, encryption_at_host, orchestration_mode, capacity, src, ptr, api_version
FROM keyed;

CREATE TEMP VIEW scale_set_data_disk_view AS
WITH disk AS (
  SELECT i.src, i.ptr || '/properties/virtualMachineProfile/storageProfile/dataDisks/' || d.key AS ptr, i.api_version, d.key AS position, i.o ->> '$.id' AS id,
    CASE WHEN d.type = 'object' THEN coalesce(json_type(d.value, '$.managedDisk'), 'null') IN ('object', 'null')
      AND coalesce(json_type(d.value, '$.managedDisk.diskEncryptionSet'), 'null') IN ('object', 'null') ELSE 0 END AS shaped,
    CASE d.type WHEN 'object' THEN d.value ELSE '{}' END AS o
  FROM scale_set_item i, json_each(i.o, '$.properties.virtualMachineProfile.storageProfile.dataDisks') d
  WHERE json_type(i.o, '$.id') = 'text' AND json_type(i.o, '$.properties.virtualMachineProfile.storageProfile.dataDisks') = 'array'
),
read AS (
  SELECT src, ptr, id, position,
    CASE WHEN shaped THEN CASE coalesce(json_type(o, '$.managedDisk.diskEncryptionSet.id'), 'null') WHEN 'text' THEN o ->> '$.managedDisk.diskEncryptionSet.id'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-03-01' THEN '' END END END AS des_id
  FROM disk
)
SELECT coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), position, des_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = des_id), lower(rtrim(des_id, '/'))), src, ptr
FROM read;
