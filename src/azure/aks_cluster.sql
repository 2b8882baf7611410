-- resource: aks_cluster
-- title: AKS clusters
-- api-version: 2026-03-01, 2025-10-01, 2024-02-01
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.ContainerService/managedClusters' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- counted: Microsoft.ContainerService/managedClusters
-- permission: Microsoft.ContainerService/managedClusters/read
-- must: id_key, cluster_identity.cluster_key, node_pool.id_key
-- known: name, location, node_rg, des_id, kms_enabled, kms_key_url, virtual_nodes, provisioning_state, node_pool.encryption_at_host, node_pool.os_disk_type, node_pool.pool_type
-- source: Azure REST API, Microsoft.ContainerService 2026-03-01, ManagedClusters_List
--   diskEncryptionSetID is written with a capital ID; absent, null and "" all mean that the cluster names no set.
--   agentPoolProfiles is the complete copy of the pools. enableEncryptionAtHost is absent on pools made in the portal
--   and false on those made by the command line: both are off. infrastructureEncryption of etcd is in no api-version
--   without -preview: where it was not returned it is unknown (kms_infra_visible 0), not off.

CREATE TABLE aks_cluster(
  id                   TEXT,
  id_key               TEXT PRIMARY KEY,
  name                 TEXT,
  location             TEXT,  -- lower case, without spaces
  subscription_id      TEXT,  -- lower-case GUID
  rg_key               TEXT,
  node_rg              TEXT,  -- as the cluster names it; never built from MC_ by us
  node_rg_key          TEXT,
  kubernetes_version   TEXT,
  des_id               TEXT,  -- '' = names none, NULL = not known
  des_key              TEXT,
  provisioning_state   TEXT,
  power_state          TEXT,
  sku_name             TEXT,
  hosted_system        INTEGER,  -- 1: system nodes live in a subscription of Microsoft
  nap                  INTEGER,  -- 1: node auto-provisioning: nodes are stand-alone VMs
  virtual_nodes        INTEGER,  -- 1: the add-on aciConnectorLinux is on: no customer-managed key there
  identity_type        TEXT,
  kms_enabled          INTEGER,
  kms_key_url          TEXT,  -- '' = none
  kms_infra_encryption TEXT,  -- '' = off, NULL = not visible
  kms_infra_visible    INTEGER,
  tags                 TEXT,  -- JSON object
  environment          TEXT,  -- value of the tag environment, env or stage; '' = none
  src                  INTEGER,  -- exchange.n
  ptr                  TEXT,  -- of the item in that answer
  api_version          TEXT
) STRICT;
CREATE INDEX aks_cluster_des ON aks_cluster(des_key);
CREATE INDEX aks_cluster_node_rg ON aks_cluster(node_rg_key);

-- The identities that act for a cluster.
CREATE TABLE cluster_identity(
  cluster_key  TEXT,
  principal_id TEXT,  -- object id, lower case; NULL: the answer leaves it out
  kind         TEXT,  -- cluster or kubelet
  src          INTEGER,
  ptr          TEXT,
  UNIQUE (cluster_key, principal_id, kind)
) STRICT;

CREATE TABLE node_pool(
  id                 TEXT,  -- cluster id + /agentPools/ + name
  id_key             TEXT PRIMARY KEY,
  cluster_id         TEXT,
  cluster_key        TEXT,
  subscription_id    TEXT,
  name               TEXT,
  mode               TEXT,  -- System, User, Gateway
  pool_type          TEXT,  -- VirtualMachineScaleSets, VirtualMachines, AvailabilitySet
  os_type            TEXT,
  vm_size            TEXT,
  node_count         INTEGER,
  os_disk_type       TEXT,  -- Managed, Ephemeral
  kubelet_disk_type  TEXT,  -- OS, Temporary
  encryption_at_host INTEGER,
  power_state        TEXT,
  provisioning_state TEXT,
  src                INTEGER,  -- exchange.n
  ptr                TEXT,  -- of the item in that answer
  api_version        TEXT
) STRICT;
CREATE INDEX node_pool_cluster ON node_pool(cluster_key);

-- The items of the lists, each as far as what hangs on it has the right shape.
CREATE TEMP VIEW aks_cluster_item AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'aks_cluster' AND e.usable AND e.status = 200
),
raw AS MATERIALIZED (
  SELECT src, api_version, '/value/' || v.key AS ptr, v.value AS r FROM body, json_each(body.b, '$.value') v WHERE v.type = 'object'
),
shaped AS MATERIALIZED (
  SELECT src, api_version, ptr,
    CASE WHEN json_type(r, '$.properties') = 'object'
      AND coalesce(json_type(r, '$.identity'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.identity.userAssignedIdentities'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.sku'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.tags'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.identityProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.securityProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.securityProfile.azureKeyVaultKms'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.securityProfile.kubernetesResourceObjectEncryptionProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.addonProfiles'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.powerState'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.hostedSystemProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.nodeProvisioningProfile'), 'null') IN ('object', 'null')
      AND coalesce(json_type(r, '$.properties.agentPoolProfiles'), 'null') IN ('array', 'null')
      THEN r ELSE '{}' END AS o
  FROM raw
)
SELECT * FROM shaped;

CREATE TEMP VIEW aks_cluster_view AS
WITH read AS (
  SELECT src, ptr, api_version,
    CASE WHEN json_type(o, '$.id') = 'text' AND lower(o ->> '$.id') GLOB '/subscriptions/?*/providers/?*/?*' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    CASE json_type(o, '$.location') WHEN 'text' THEN o ->> '$.location' END AS location,
    CASE json_type(o, '$.properties.nodeResourceGroup') WHEN 'text' THEN o ->> '$.properties.nodeResourceGroup' END AS node_rg,
    CASE json_type(o, '$.properties.kubernetesVersion') WHEN 'text' THEN o ->> '$.properties.kubernetesVersion' END AS kubernetes_version,
    CASE coalesce(json_type(o, '$.properties.diskEncryptionSetID'), 'null') WHEN 'text' THEN o ->> '$.properties.diskEncryptionSetID'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS des_id,
    CASE json_type(o, '$.properties.provisioningState') WHEN 'text' THEN o ->> '$.properties.provisioningState' END AS provisioning_state,
    CASE coalesce(json_type(o, '$.properties.powerState.code'), 'null') WHEN 'text' THEN o ->> '$.properties.powerState.code'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS power_state,
    CASE coalesce(json_type(o, '$.sku.name'), 'null') WHEN 'text' THEN o ->> '$.sku.name'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS sku_name,
    CASE coalesce(json_type(o, '$.properties.hostedSystemProfile.enabled'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2026-02-01' THEN 0 END END AS hosted_system,
    CASE coalesce(json_type(o, '$.properties.nodeProvisioningProfile.mode'), 'null') WHEN 'text' THEN (o ->> '$.properties.nodeProvisioningProfile.mode') = 'Auto'
      WHEN 'null' THEN CASE WHEN api_version >= '2025-07-01' THEN 0 END END AS nap,
    CASE json_type(o, '$.properties.addonProfiles') WHEN 'object' THEN (
      SELECT CASE WHEN count(*) = 0 THEN 0 WHEN count(*) = sum(a.t IN ('true', 'false', 'null')) THEN max(a.t = 'true') END
      FROM (SELECT CASE type WHEN 'object' THEN coalesce(json_type(value, '$.enabled'), 'null') WHEN 'null' THEN 'null' ELSE 'no object' END AS t
        FROM json_each(o, '$.properties.addonProfiles') WHERE lower(key) = 'aciconnectorlinux') a) ELSE 0 END AS virtual_nodes,
    CASE coalesce(json_type(o, '$.identity.type'), 'null') WHEN 'text' THEN o ->> '$.identity.type'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS identity_type,
    CASE coalesce(json_type(o, '$.properties.securityProfile.azureKeyVaultKms.enabled'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN 0 END END AS kms_enabled,
    CASE coalesce(json_type(o, '$.properties.securityProfile.azureKeyVaultKms.keyId'), 'null') WHEN 'text' THEN o ->> '$.properties.securityProfile.azureKeyVaultKms.keyId'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS kms_key_url,
    CASE coalesce(json_type(o, '$.properties.securityProfile.kubernetesResourceObjectEncryptionProfile.infrastructureEncryption'), 'null')
      WHEN 'text' THEN o ->> '$.properties.securityProfile.kubernetesResourceObjectEncryptionProfile.infrastructureEncryption'
      WHEN 'null' THEN CASE WHEN api_version GLOB '*-preview' AND api_version >= '2025-06-02' THEN '' END END AS kms_infra_encryption,
    coalesce(json_type(o, '$.properties.securityProfile.kubernetesResourceObjectEncryptionProfile.infrastructureEncryption'), 'null') = 'text'
      OR (api_version GLOB '*-preview' AND api_version >= '2025-06-02') AS kms_infra_visible,
    CASE coalesce(json_type(o, '$.tags'), 'null') WHEN 'object' THEN o -> '$.tags'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '{}' END END AS tags,
    coalesce((SELECT t.value FROM json_each(o, '$.tags') t
      WHERE lower(t.key) IN ('environment', 'env', 'stage') AND t.type = 'text' ORDER BY lower(t.key), t.key LIMIT 1), '') AS environment
  FROM aks_cluster_item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key FROM read)
SELECT id, id_key, name, replace(lower(location), ' ', ''), substr(id_key, 16, 36),
  substr(id_key, 1, 67 + instr(substr(id_key, 68) || '/', '/') - 1), node_rg,
  '/subscriptions/' || substr(id_key, 16, 36) || '/resourcegroups/' || coalesce((SELECT f.key FROM fold f WHERE f.raw = node_rg), lower(rtrim(node_rg, '/'))), kubernetes_version,
  des_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = des_id), lower(rtrim(des_id, '/'))), provisioning_state, power_state, sku_name,
  hosted_system, nap, virtual_nodes, identity_type, kms_enabled, kms_key_url, kms_infra_encryption, kms_infra_visible,
  tags, environment, src, ptr, api_version
FROM keyed;

-- wrong: the object id is there and is no text. One that is left out is not known, and no fault of the answer.
CREATE TEMP VIEW cluster_identity_seen AS
WITH cluster AS (SELECT src, ptr, o, o ->> '$.id' AS id FROM aks_cluster_item WHERE json_type(o, '$.id') = 'text'),
identity AS (
  SELECT id, src, ptr || '/identity' AS ptr, json_type(o, '$.identity.principalId') AS t, o ->> '$.identity.principalId' AS principal_id, 'cluster' AS kind
  FROM cluster WHERE coalesce(json_type(o, '$.identity.principalId'), 'null') <> 'null' OR lower(o ->> '$.identity.type') GLOB '*systemassigned*'
  UNION ALL
  SELECT c.id, c.src, c.ptr || '/identity/userAssignedIdentities', CASE u.type WHEN 'object' THEN json_type(u.value, '$.principalId') ELSE u.type END,
    CASE u.type WHEN 'object' THEN u.value ->> '$.principalId' END, 'cluster'
  FROM cluster c, json_each(c.o, '$.identity.userAssignedIdentities') u WHERE json_type(c.o, '$.identity.userAssignedIdentities') = 'object'
  UNION ALL
  SELECT c.id, c.src, c.ptr || '/properties/identityProfile/' || p.key, CASE p.type WHEN 'object' THEN json_type(p.value, '$.objectId') ELSE p.type END,
    CASE p.type WHEN 'object' THEN p.value ->> '$.objectId' END, 'kubelet'
  FROM cluster c, json_each(c.o, '$.properties.identityProfile') p
  WHERE json_type(c.o, '$.properties.identityProfile') = 'object' AND lower(p.key) = 'kubeletidentity'
)
SELECT coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS cluster_key, CASE t WHEN 'text' THEN lower(principal_id) END AS principal_id, kind, src, ptr,
  coalesce(t, 'null') NOT IN ('text', 'null') AS wrong
FROM identity;

CREATE TEMP VIEW cluster_identity_view AS SELECT cluster_key, principal_id, kind, src, ptr FROM cluster_identity_seen;

CREATE TEMP VIEW cluster_identity_gap AS
SELECT x.resource, x.subject, x.subject AS scope, x.url, x.status, 'cluster_identity: an item at ' || s.ptr || ' has no usable principal_id' AS reason, x.n AS exchange
FROM cluster_identity_seen s JOIN exchange x ON x.n = s.src WHERE s.wrong ORDER BY x.n, s.ptr;

CREATE TEMP VIEW node_pool_view AS
WITH whole AS MATERIALIZED (
  SELECT src, api_version, ptr, rtrim(o ->> '$.id', '/') AS cluster_id, o -> '$.properties.agentPoolProfiles' AS pools
  FROM aks_cluster_item WHERE json_type(o, '$.id') = 'text' AND json_type(o, '$.properties.agentPoolProfiles') = 'array'
),
item AS MATERIALIZED (
  SELECT w.src, w.api_version, w.ptr || '/properties/agentPoolProfiles/' || p.key AS ptr, w.cluster_id,
    CASE WHEN p.type = 'object' AND coalesce(json_type(p.value, '$.powerState'), 'null') IN ('object', 'null') THEN p.value ELSE '{}' END AS o
  FROM whole w, json_each(w.pools) p
),
read AS (
  SELECT src, ptr, api_version, cluster_id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS pool_name,
    CASE coalesce(json_type(o, '$.mode'), 'null') WHEN 'text' THEN o ->> '$.mode'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS mode,
    CASE coalesce(json_type(o, '$.type'), 'null') WHEN 'text' THEN o ->> '$.type'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS pool_type,
    CASE coalesce(json_type(o, '$.osType'), 'null') WHEN 'text' THEN o ->> '$.osType'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS os_type,
    CASE coalesce(json_type(o, '$.vmSize'), 'null') WHEN 'text' THEN o ->> '$.vmSize'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS vm_size,
    CASE json_type(o, '$.count') WHEN 'integer' THEN o ->> '$.count' END AS node_count,
    CASE coalesce(json_type(o, '$.osDiskType'), 'null') WHEN 'text' THEN o ->> '$.osDiskType'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS os_disk_type,
    CASE coalesce(json_type(o, '$.kubeletDiskType'), 'null') WHEN 'text' THEN o ->> '$.kubeletDiskType'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS kubelet_disk_type,
    CASE coalesce(json_type(o, '$.enableEncryptionAtHost'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN 0 END END AS encryption_at_host,
    CASE coalesce(json_type(o, '$.powerState.code'), 'null') WHEN 'text' THEN o ->> '$.powerState.code'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS power_state,
    CASE coalesce(json_type(o, '$.provisioningState'), 'null') WHEN 'text' THEN o ->> '$.provisioningState'
      WHEN 'null' THEN CASE WHEN api_version >= '2024-02-01' THEN '' END END AS provisioning_state
  FROM item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = cluster_id), lower(rtrim(cluster_id, '/'))) AS cluster_key FROM read)
SELECT cluster_id || '/agentPools/' || pool_name, cluster_key || '/agentpools/' || coalesce((SELECT f.key FROM fold f WHERE f.raw = pool_name), lower(rtrim(pool_name, '/'))), cluster_id, cluster_key,
  substr(cluster_key, 16, 36), pool_name, mode, pool_type, os_type, vm_size, node_count, os_disk_type, kubelet_disk_type,
  encryption_at_host, power_state, provisioning_state, src, ptr, api_version
FROM keyed;
