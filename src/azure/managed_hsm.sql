-- resource: managed_hsm
-- title: managed HSMs
-- api-version: 2026-02-01, 2024-11-01, 2023-07-01
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.KeyVault/managedHSMs' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- counted: Microsoft.KeyVault/managedHSMs
-- permission: Microsoft.KeyVault/managedHSMs/read
-- must: id_key, hsm_host
-- known: name, purge_protection, soft_delete_days
-- source: Azure REST API, Microsoft.KeyVault 2026-02-01, ManagedHsms_ListBySubscription
--   Soft delete is always on; enablePurgeProtection absent is off; sku stands at the top, not under properties.

CREATE TABLE managed_hsm(
  id                     TEXT,
  id_key                 TEXT PRIMARY KEY,
  name                   TEXT,
  subscription_id        TEXT,
  location               TEXT,
  hsm_host               TEXT,  -- host of hsmUri, lower case
  sku                    TEXT,
  purge_protection       INTEGER,
  soft_delete_days       INTEGER,
  provisioning_state     TEXT,
  public_network_access  TEXT,
  network_default_action TEXT,
  network_bypass         TEXT,
  tenant_id              TEXT,
  src                    INTEGER,  -- exchange.n
  ptr                    TEXT,  -- of the item in that answer
  api_version            TEXT
) STRICT;
CREATE INDEX managed_hsm_host ON managed_hsm(hsm_host);

CREATE TEMP VIEW managed_hsm_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'managed_hsm' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.sku'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.networkAcls'), 'null') IN ('object', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE WHEN json_type(o, '$.id') = 'text' AND lower(o ->> '$.id') GLOB '/subscriptions/?*/providers/?*/?*' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    CASE json_type(o, '$.location') WHEN 'text' THEN o ->> '$.location' END AS location,
    CASE json_type(o, '$.properties.hsmUri') WHEN 'text' THEN o ->> '$.properties.hsmUri' END AS hsm_uri,
    CASE coalesce(json_type(o, '$.sku.name'), 'null') WHEN 'text' THEN o ->> '$.sku.name'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS sku,
    CASE coalesce(json_type(o, '$.properties.enablePurgeProtection'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS purge_protection,
    CASE coalesce(json_type(o, '$.properties.softDeleteRetentionInDays'), 'null') WHEN 'integer' THEN o ->> '$.properties.softDeleteRetentionInDays'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 90 END END AS soft_delete_days,
    CASE coalesce(json_type(o, '$.properties.provisioningState'), 'null') WHEN 'text' THEN o ->> '$.properties.provisioningState'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS provisioning_state,
    CASE coalesce(json_type(o, '$.properties.publicNetworkAccess'), 'null') WHEN 'text' THEN o ->> '$.properties.publicNetworkAccess'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS public_network_access,
    CASE coalesce(json_type(o, '$.properties.networkAcls.defaultAction'), 'null') WHEN 'text' THEN o ->> '$.properties.networkAcls.defaultAction'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS network_default_action,
    CASE coalesce(json_type(o, '$.properties.networkAcls.bypass'), 'null') WHEN 'text' THEN o ->> '$.properties.networkAcls.bypass'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS network_bypass,
    CASE coalesce(json_type(o, '$.properties.tenantId'), 'null') WHEN 'text' THEN o ->> '$.properties.tenantId'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS tenant_id
  FROM item
)
SELECT id, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), name,
  substr(coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), 16, 36), replace(lower(location), ' ', ''),
  CASE WHEN lower(hsm_uri) GLOB 'https://?*' THEN rtrim(replace(lower(rtrim(substr(hsm_uri, 9), '/')) || ' ', ':443 ', '')) END, sku, purge_protection, soft_delete_days, provisioning_state, public_network_access,
  network_default_action, network_bypass, lower(tenant_id), src, ptr, api_version
FROM read;
