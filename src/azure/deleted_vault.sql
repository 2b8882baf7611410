-- resource: deleted_vault
-- title: deleted vaults
-- api-version: 2026-02-01, 2024-11-01, 2023-07-01
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.KeyVault/deletedVaults' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- permission: Microsoft.KeyVault/deletedVaults/read
-- must: id_key
-- known: name, vault_key, purge_protection
-- source: Azure REST API, Microsoft.KeyVault 2026-02-01, Vaults_ListDeleted
--   Recoverable until scheduledPurgeDate. The setting is called purgeProtectionEnabled here.

CREATE TABLE deleted_vault(
  id                   TEXT,
  id_key               TEXT PRIMARY KEY,
  name                 TEXT,
  vault_id             TEXT,
  vault_key            TEXT,
  location             TEXT,
  deletion_date        TEXT,
  scheduled_purge_date TEXT,
  purge_protection     INTEGER,
  src                  INTEGER,  -- exchange.n
  ptr                  TEXT,  -- of the item in that answer
  api_version          TEXT
) STRICT;

CREATE TEMP VIEW deleted_vault_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'deleted_vault' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    CASE json_type(o, '$.properties.vaultId') WHEN 'text' THEN o ->> '$.properties.vaultId' END AS vault_id,
    CASE json_type(o, '$.properties.location') WHEN 'text' THEN o ->> '$.properties.location' END AS location,
    CASE json_type(o, '$.properties.deletionDate') WHEN 'text' THEN o ->> '$.properties.deletionDate' END AS deletion_date,
    CASE json_type(o, '$.properties.scheduledPurgeDate') WHEN 'text' THEN o ->> '$.properties.scheduledPurgeDate' END AS scheduled_purge_date,
    CASE coalesce(json_type(o, '$.properties.purgeProtectionEnabled'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS purge_protection
  FROM item
)
SELECT id, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), name, vault_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = vault_id), lower(rtrim(vault_id, '/'))),
  replace(lower(location), ' ', ''), deletion_date, scheduled_purge_date, purge_protection, src, ptr, api_version
FROM read;
