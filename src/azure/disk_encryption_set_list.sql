-- resource: disk_encryption_set_list
-- title: disk encryption sets
-- api-version: 2025-01-02, 2024-03-02, 2023-10-02
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.Compute/diskEncryptionSets' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- counted: Microsoft.Compute/diskEncryptionSets
-- permission: Microsoft.Compute/diskEncryptionSets/read
-- must: id_key
-- source: Azure REST API, Microsoft.Compute 2025-01-02, DiskEncryptionSets_List
--   Only the ids are taken here; disk_encryption_set reads the same answers, with those of sets asked for one by one.

CREATE TABLE listed_des(
  id     TEXT,
  id_key TEXT PRIMARY KEY,
  src    INTEGER,
  ptr    TEXT
) STRICT;

CREATE TEMP VIEW listed_des_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'disk_encryption_set_list' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr, v.value AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, ptr,
    CASE WHEN json_type(o, '$.id') = 'text' AND lower(o ->> '$.id') GLOB '/subscriptions/?*/providers/?*/?*' THEN o ->> '$.id' END AS id
  FROM item
)
SELECT id, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), src, ptr FROM read;
