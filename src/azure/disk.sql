-- resource: disk
-- title: managed disks
-- api-version: 2025-01-02, 2024-03-02, 2023-10-02
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.Compute/disks' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- counted: Microsoft.Compute/disks
-- permission: Microsoft.Compute/disks/read
-- must: id_key
-- known: name, encryption_type, des_id, secure_des_id, security_type, ade_enabled, managed_by, os_type, pv_name
-- source: Azure REST API, Microsoft.Compute 2025-01-02, Disks_List
--   Names of tags compare without regard to case. encryption.type can be absent while diskEncryptionSetId is set. A confidential disk names its set in securityProfile.
--   Disks of persistent volumes carry the tags kubernetes.io-created-for-pv-name, -pvc-name and -pvc-namespace
--   (azuredisk-csi-driver, driver parameters) and may lie in any resource group.

CREATE TABLE disk(
  id              TEXT,
  id_key          TEXT PRIMARY KEY,
  name            TEXT,
  subscription_id TEXT,
  rg_key          TEXT,
  location        TEXT,
  encryption_type TEXT,  -- '' = not told
  des_id          TEXT,  -- '' = none
  des_key         TEXT,
  secure_des_id   TEXT,
  secure_des_key  TEXT,
  security_type   TEXT,
  ade_enabled     INTEGER,  -- 1: guest-level Azure Disk Encryption
  managed_by      TEXT,  -- '' = not attached
  managed_by_key  TEXT,
  vm_rg_key       TEXT,  -- resource group of the machine it is attached to
  os_type         TEXT,  -- '' = a data disk
  disk_state      TEXT,
  size_gb         INTEGER,
  pv_name         TEXT,  -- '' = no volume of Kubernetes by its tags
  pvc_name        TEXT,
  pvc_namespace   TEXT,
  created_by      TEXT,
  src             INTEGER,  -- exchange.n
  ptr             TEXT,  -- of the item in that answer
  api_version     TEXT
) STRICT;
CREATE INDEX disk_rg ON disk(rg_key);
CREATE INDEX disk_vm_rg ON disk(vm_rg_key);
CREATE INDEX disk_des ON disk(des_key);

CREATE TEMP VIEW disk_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'disk' AND e.usable AND e.status = 200
),
raw AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr, v.value AS r FROM body, json_each(body.b, '$.value') v WHERE v.type = 'object'
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, ptr,
    CASE WHEN json_type(r, '$.properties') = 'object'
      AND coalesce(json_type(r, '$.properties.encryption'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.securityProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.encryptionSettingsCollection'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.tags'), 'null') IN ('object', 'null')
      THEN r ELSE '{}' END AS o
  FROM raw
),
read AS MATERIALIZED (
  SELECT src, subject, ptr, api_version,
    CASE WHEN json_type(o, '$.id') = 'text' AND lower(o ->> '$.id') GLOB '/subscriptions/?*/providers/?*/?*' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    CASE json_type(o, '$.location') WHEN 'text' THEN o ->> '$.location' END AS location,
    CASE coalesce(json_type(o, '$.properties.encryption.type'), 'null') WHEN 'text' THEN o ->> '$.properties.encryption.type'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS encryption_type,
    CASE coalesce(json_type(o, '$.properties.encryption.diskEncryptionSetId'), 'null') WHEN 'text' THEN o ->> '$.properties.encryption.diskEncryptionSetId'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS des_id,
    CASE coalesce(json_type(o, '$.properties.securityProfile.secureVMDiskEncryptionSetId'), 'null') WHEN 'text' THEN o ->> '$.properties.securityProfile.secureVMDiskEncryptionSetId'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS secure_des_id,
    CASE coalesce(json_type(o, '$.properties.securityProfile.securityType'), 'null') WHEN 'text' THEN o ->> '$.properties.securityProfile.securityType'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS security_type,
    CASE coalesce(json_type(o, '$.properties.encryptionSettingsCollection.enabled'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN 0 END END AS ade_enabled,
    CASE coalesce(json_type(o, '$.managedBy'), 'null') WHEN 'text' THEN o ->> '$.managedBy'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS managed_by,
    CASE coalesce(json_type(o, '$.properties.osType'), 'null') WHEN 'text' THEN o ->> '$.properties.osType'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS os_type,
    CASE coalesce(json_type(o, '$.properties.diskState'), 'null') WHEN 'text' THEN o ->> '$.properties.diskState'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS disk_state,
    CASE json_type(o, '$.properties.diskSizeGB') WHEN 'integer' THEN o ->> '$.properties.diskSizeGB' END AS size_gb,
    (SELECT CASE WHEN count(*) = sum(t.type = 'text') THEN min(t.value) WHEN count(*) = 0 THEN '' END FROM json_each(o, '$.tags') t
      WHERE lower(t.key) = 'kubernetes.io-created-for-pv-name') AS pv_name,
    coalesce((SELECT min(t.value) FROM json_each(o, '$.tags') t WHERE lower(t.key) = 'kubernetes.io-created-for-pvc-name' AND t.type = 'text'), '') AS pvc_name,
    coalesce((SELECT min(t.value) FROM json_each(o, '$.tags') t WHERE lower(t.key) = 'kubernetes.io-created-for-pvc-namespace' AND t.type = 'text'), '') AS pvc_namespace,
    coalesce((SELECT t.value FROM json_each(o, '$.tags') t WHERE lower(t.key) IN ('k8s-azure-created-by', 'created-by') AND t.type = 'text' ORDER BY lower(t.key) DESC, t.key LIMIT 1), '') AS created_by
  FROM item
),
keyed AS MATERIALIZED (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key, coalesce((SELECT f.key FROM fold f WHERE f.raw = managed_by), lower(rtrim(managed_by, '/'))) AS managed_by_key FROM read)
SELECT id, id_key, name, substr(id_key, 16, 36),
  substr(id_key, 1, 67 + instr(substr(id_key, 68) || '/', '/') - 1), replace(lower(location), ' ', ''), encryption_type, des_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = des_id), lower(rtrim(des_id, '/'))),
  secure_des_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = secure_des_id), lower(rtrim(secure_des_id, '/'))), security_type, ade_enabled, managed_by, managed_by_key,
  CASE WHEN managed_by_key <> '' THEN substr(managed_by_key, 1, 67 + instr(substr(managed_by_key, 68) || '/', '/') - 1) ELSE managed_by_key END,
  os_type, disk_state, size_gb, pv_name, pvc_name, pvc_namespace, created_by, src, ptr, api_version
FROM keyed;
