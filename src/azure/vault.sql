-- resource: vault
-- title: Key Vaults
-- api-version: 2026-02-01, 2024-11-01, 2023-07-01
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.KeyVault/vaults' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- counted: Microsoft.KeyVault/vaults
-- permission: Microsoft.KeyVault/vaults/read
-- must: id_key, vault_host, vault_access_policy.vault_key
-- known: name, location, purge_protection, soft_delete, soft_delete_days, rbac, sku, vault_access_policy.object_id,
--   vault_access_policy.key_permissions, vault_access_policy.secret_permissions, vault_access_policy.certificate_permissions
-- source: Azure REST API, Microsoft.KeyVault 2026-02-01, Vaults_ListBySubscription
--   enablePurgeProtection is never stored as false: absent, null and false all mean off. enableSoftDelete absent is a vault older
--   than the setting: -1 here, apart from false. softDeleteRetentionInDays absent is 90, the default. enableRbacAuthorization
--   false, null or absent: access policies decide.

CREATE TABLE vault(
  id                     TEXT,
  id_key                 TEXT PRIMARY KEY,
  name                   TEXT,
  subscription_id        TEXT,
  location               TEXT,
  vault_host             TEXT,  -- host of vaultUri, lower case
  sku                    TEXT,  -- lower case
  purge_protection       INTEGER,
  soft_delete            INTEGER,  -- -1: not set (legacy)
  soft_delete_days       INTEGER,
  rbac                   INTEGER,  -- 0: access policies
  public_network_access  TEXT,
  network_default_action TEXT,
  network_bypass         TEXT,
  provisioning_state     TEXT,
  tenant_id              TEXT,
  src                    INTEGER,  -- exchange.n
  ptr                    TEXT,  -- of the item in that answer
  api_version            TEXT
) STRICT;
CREATE INDEX vault_host ON vault(vault_host);

-- Access policies, also of vaults in RBAC mode, where they decide nothing.
CREATE TABLE vault_access_policy(
  vault_key               TEXT,
  position                INTEGER,
  object_id               TEXT,  -- lower case
  tenant_id               TEXT,
  application_id          TEXT,  -- '' = none
  key_permissions         TEXT,  -- JSON array, lower case
  secret_permissions      TEXT,
  certificate_permissions TEXT,
  src                     INTEGER,
  ptr                     TEXT,
  UNIQUE (vault_key, position)
) STRICT;
CREATE INDEX vault_access_policy_object ON vault_access_policy(object_id);

-- The items of the lists, each as far as what hangs on it has the right shape.
CREATE TEMP VIEW vault_item AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'vault' AND e.usable AND e.status = 200
),
shaped AS MATERIALIZED (
  SELECT src, api_version, '/value/' || v.key AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.sku'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.networkAcls'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.accessPolicies'), 'null') IN ('array', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
)
SELECT * FROM shaped;

CREATE TEMP VIEW vault_view AS
WITH read AS (
  SELECT src, ptr, api_version,
    CASE WHEN json_type(o, '$.id') = 'text' AND lower(o ->> '$.id') GLOB '/subscriptions/?*/providers/?*/?*' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    CASE json_type(o, '$.location') WHEN 'text' THEN o ->> '$.location' END AS location,
    CASE json_type(o, '$.properties.vaultUri') WHEN 'text' THEN o ->> '$.properties.vaultUri' END AS vault_uri,
    CASE json_type(o, '$.properties.sku.name') WHEN 'text' THEN o ->> '$.properties.sku.name' END AS sku,
    CASE coalesce(json_type(o, '$.properties.enablePurgeProtection'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS purge_protection,
    CASE coalesce(json_type(o, '$.properties.enableSoftDelete'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN -1 END END AS soft_delete,
    CASE coalesce(json_type(o, '$.properties.softDeleteRetentionInDays'), 'null') WHEN 'integer' THEN o ->> '$.properties.softDeleteRetentionInDays'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 90 END END AS soft_delete_days,
    CASE coalesce(json_type(o, '$.properties.enableRbacAuthorization'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS rbac,
    CASE coalesce(json_type(o, '$.properties.publicNetworkAccess'), 'null') WHEN 'text' THEN o ->> '$.properties.publicNetworkAccess'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS public_network_access,
    CASE coalesce(json_type(o, '$.properties.networkAcls.defaultAction'), 'null') WHEN 'text' THEN o ->> '$.properties.networkAcls.defaultAction'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS network_default_action,
    CASE coalesce(json_type(o, '$.properties.networkAcls.bypass'), 'null') WHEN 'text' THEN o ->> '$.properties.networkAcls.bypass'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS network_bypass,
    CASE coalesce(json_type(o, '$.properties.provisioningState'), 'null') WHEN 'text' THEN o ->> '$.properties.provisioningState'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS provisioning_state,
    CASE coalesce(json_type(o, '$.properties.tenantId'), 'null') WHEN 'text' THEN o ->> '$.properties.tenantId'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS tenant_id
  FROM vault_item
)
SELECT id, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), name,
  substr(coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), 16, 36), replace(lower(location), ' ', ''),
  CASE WHEN lower(vault_uri) GLOB 'https://?*' THEN rtrim(replace(lower(rtrim(substr(vault_uri, 9), '/')) || ' ', ':443 ', '')) END, lower(sku), purge_protection, soft_delete, soft_delete_days, rbac,
  public_network_access, network_default_action, network_bypass, provisioning_state, lower(tenant_id), src, ptr, api_version
FROM read;

-- A list of verbs with anything but texts in it is not known: what was dropped might be the one that matters.
CREATE TEMP VIEW vault_access_policy_view AS
WITH item AS (
  SELECT w.src, w.ptr || '/properties/accessPolicies/' || p.key AS ptr, w.o ->> '$.id' AS id, p.key AS position,
    CASE p.type WHEN 'object' THEN coalesce(json_type(p.value, '$.permissions'), 'null') IN ('object', 'null') ELSE 0 END AS shaped,
    CASE p.type WHEN 'object' THEN p.value ELSE '{}' END AS o
  FROM vault_item w, json_each(w.o, '$.properties.accessPolicies') p
  WHERE json_type(w.o, '$.id') = 'text' AND json_type(w.o, '$.properties.accessPolicies') = 'array'
),
verbs AS (
  SELECT i.src, i.ptr, k.kind, CASE WHEN i.shaped THEN
    CASE coalesce(json_type(i.o, k.path), 'null') WHEN 'null' THEN '[]'
      WHEN 'array' THEN (SELECT CASE WHEN count(*) = 0 THEN '[]' WHEN count(*) = sum(x.type = 'text') THEN json_group_array(lower(x.value)) END FROM json_each(i.o, k.path) x) END END AS list
  FROM item i, (SELECT 'keys' AS kind, '$.permissions.keys' AS path UNION ALL SELECT 'secrets', '$.permissions.secrets' UNION ALL SELECT 'certificates', '$.permissions.certificates') k
),
list AS (
  SELECT src, ptr, max(CASE kind WHEN 'keys' THEN list END) AS key_permissions, max(CASE kind WHEN 'secrets' THEN list END) AS secret_permissions,
    max(CASE kind WHEN 'certificates' THEN list END) AS certificate_permissions
  FROM verbs GROUP BY src, ptr
)
SELECT coalesce((SELECT f.key FROM fold f WHERE f.raw = i.id), lower(rtrim(i.id, '/'))), i.position,
  CASE json_type(i.o, '$.objectId') WHEN 'text' THEN lower(i.o ->> '$.objectId') END,
  CASE json_type(i.o, '$.tenantId') WHEN 'text' THEN lower(i.o ->> '$.tenantId') END,
  CASE coalesce(json_type(i.o, '$.applicationId'), 'null') WHEN 'text' THEN lower(i.o ->> '$.applicationId') WHEN 'null' THEN '' END,
  l.key_permissions, l.secret_permissions, l.certificate_permissions, i.src, i.ptr
FROM item i JOIN list l ON l.src = i.src AND l.ptr = i.ptr;
